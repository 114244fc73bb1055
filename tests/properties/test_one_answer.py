"""The same facts give the same marts, however they arrived and wherever they are counted.

Order of arrival, splitting into files, redelivery, threads, the machine's time zone, locale and hash seed:
none of them may show in a single byte of the canonical export. `SHUFFLES` sets how many orders are tried, and
a quarter of it, at least three, how many cuts.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipelines.build import fold
from pipelines.ingest.drops import ingest_paths
from pipelines.ingest.home import OpenHome
from pipelines.sample import write_sample
from warehouse import database, models, publish, refresh
from warehouse.clock import Clock
from warehouse.log import open_log
from warehouse.operations import open_operations
from warehouse.run import Run
from warehouse.settings import load_settings
from warehouse.vault import Vault

SHUFFLES = int(os.environ.get("SHUFFLES", "24"))
CUTS_OF_A_HOME = 3
N_CUTS = max(CUTS_OF_A_HOME, SHUFFLES // 4)
UNTIL = dt.date(2026, 11, 22)
AS_OF = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
N_PAIRS = 12


class NamedVault(Vault):
    """A vault whose pseudonyms follow from the person, so that two homes can be compared."""

    def pseudonym(self, namespace: str, value: str) -> str:
        foretold = f"per_{hashlib.sha256(f'{namespace}{value}'.encode()).hexdigest()[:16]}"
        self._new_person_id = lambda: foretold
        return super().pseudonym(namespace, value)


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Some pairs of the sample program, whole lives of them, as native lines."""
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder, until=UNTIL)
    files = sorted(folder.glob("platform/events-2*.ndjson"))
    lines = [line for file in files for line in file.read_text("utf-8").splitlines(keepends=True)]
    pairs = sorted({json.loads(line).get("subject") or "" for line in lines} - {""})
    chosen = set(random.Random(3).sample(pairs, N_PAIRS))
    return [line for line in lines if (json.loads(line).get("subject") or "") in chosen]


def marts_of(lines_of_files: list[list[str]], clock: Clock, threads: int = 2) -> str:
    """The hash of all marts of a new home that got these files in this order."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ingest(folder, {f"{number:03}.ndjson": lines for number, lines in enumerate(lines_of_files)}, clock)
        return marts_in(folder, threads)


def ingest(folder: Path, files: Mapping[str, list[str]], clock: Clock) -> None:
    """Drop files into the folder's home, one after the other."""
    for name, lines in files.items():
        (folder / name).write_text("".join(lines))
    settings = load_settings(folder / "home")
    engine = open_operations(settings.operations_url)
    vault = NamedVault(engine)
    log = open_log(settings, vault)
    results = ingest_paths([folder / name for name in files], OpenHome(settings, log, vault, clock))
    log.con.close()
    engine.dispose()
    assert [result.quarantined for result in results] == [0] * len(files)


def marts_in(folder: Path, threads: int = 2, *, is_anew: bool = False) -> str:
    """Build the folder's home, over whatever was built there before or from nothing."""
    settings = load_settings(folder / "home")
    file = folder / "anew.duckdb" if is_anew else settings.models_file
    if is_anew:
        file.unlink(missing_ok=True)
    with database.open_models(file, settings.log_file) as con:
        con.execute(f"set threads = {threads}")
        fold(con, Run(AS_OF, AS_OF, settings.policy))
        con.execute("create schema if not exists carried")
        con.execute(f"create or replace table {CARRIED} as select * exclude (file_id) from mart.pair_record")
        return models.mart_hash(con, [*about_pairs(publish.mart_tables(con)), CARRIED])


CARRIED = "carried.pair_record"
"""What events carry, whichever delivery brought them."""


def about_pairs(tables: list[str]) -> list[str]:
    """Ledger, quarantine and the record of an event tell of deliveries, which are what differs here."""
    return [table for table in tables if table not in ("mart.ledger", "mart.quarantine", "mart.pair_record")]


def split(lines: list[str], chance: random.Random) -> list[list[str]]:
    """Some lines in files of any size, a few of them delivered twice."""
    cuts = sorted(chance.sample(range(1, len(lines)), chance.randint(0, 4)))
    files = [lines[start:end] for start, end in zip([0, *cuts], [*cuts, len(lines)], strict=True)]
    return [*files, chance.choice(files)]


@pytest.fixture(scope="module")
def expected(feed: list[str]) -> str:
    return marts_of([feed], lambda: AS_OF)


@pytest.mark.parametrize("seed", range(SHUFFLES))
def test_no_order_of_arrival_and_no_split_changes_a_mart(
    seed: int, feed: list[str], expected: str, clock: Clock
) -> None:
    chance = random.Random(seed)
    lines = feed.copy()
    chance.shuffle(lines)

    assert marts_of(split(lines, chance), clock, threads=chance.choice([1, 2, 4])) == expected


def test_no_clock_set_back_while_files_come_in_changes_a_mart(feed: list[str], expected: str) -> None:
    """The source says when it recorded what it sends; our clock says anything of the last 36 hours."""
    chance = random.Random(5)

    def wandering() -> dt.datetime:
        return AS_OF - dt.timedelta(seconds=chance.randint(0, 36 * 3600))

    assert marts_of(split(feed, chance), wandering) == expected


MEASURES_RECORDING = {
    "mart.source": "select * exclude (last_recorded_at) from mart.source",
    "mart.pair_event": "select * exclude (recorded_at, position) from mart.pair_event",
    "mart.kpi": "select * from mart.kpi where kpi <> 'late_events'",
    "mart.ending_curve": "select * exclude (n_at_risk) from mart.ending_curve",
    "mart.pair_life": "select * exclude (entered_day) from mart.pair_life",
}
"""Where it shows when a program learnt of something, also in the order of events of one instant: the rest."""


def test_where_no_source_says_when_a_clock_set_back_shows_in_recording_times_alone(
    feed: list[str], tmp_path: Path
) -> None:
    undated = [json.dumps(json.loads(line) | {"recordedat": ""}) + "\n" for line in feed]
    sane, set_back = (
        tables_of(undated, tmp_path / name, [AS_OF - dt.timedelta(hours=hours) for hours in ago])
        for name, ago in (("sane", (4, 3, 2, 1)), ("set back", (4, 3, 40, 39)))
    )
    assert sane.keys() == set_back.keys()
    assert [table for table in sane if sane[table] != set_back[table]] == []


def tables_of(lines: list[str], folder: Path, arrival: list[dt.datetime]) -> dict[str, list[str]]:
    """The rows of all marts of a new home that got these lines in files, one at each of these instants."""
    folder.mkdir()
    for number, now in enumerate(arrival):
        ingest(folder, {f"{number:03}.ndjson": lines[number :: len(arrival)]}, lambda now=now: now)
    settings = load_settings(folder / "home")
    with database.open_models(settings.models_file, settings.log_file) as con:
        fold(con, Run(AS_OF, AS_OF, settings.policy))
        queries = {table: f"select * from {table}" for table in about_pairs(publish.mart_tables(con))}
        return {
            table: sorted(map(str, con.execute(query).fetchall()))
            for table, query in (queries | MEASURES_RECORDING).items()
        }


def test_a_missing_event_does_change_a_mart(feed: list[str], expected: str, clock: Clock) -> None:
    held = next(number for number, line in enumerate(feed) if "session.held" in line)

    assert marts_of([feed[:held] + feed[held + 1 :]], clock) != expected


@pytest.mark.parametrize("seed", range(N_CUTS // CUTS_OF_A_HOME))
def test_at_any_cut_a_build_upon_earlier_builds_is_a_build_from_nothing(
    seed: int,
    feed: list[str],
    expected: str,
    clock: Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stretch of a small log touches most of its pairs: they are refreshed all the same.

    The first build is one from nothing itself, and what the last one comes to is `expected`.
    """
    monkeypatch.setattr(refresh, "WHOLE_FROM", 1.1)
    cuts = sorted(random.Random(seed).sample(range(1, len(feed)), CUTS_OF_A_HOME))
    grown = []
    for number, (start, end) in enumerate(pairwise([0, *cuts, len(feed)])):
        ingest(tmp_path, {f"{number:03}.ndjson": feed[start:end]}, clock)
        grown.append(marts_in(tmp_path))
        if end in cuts[1:]:
            assert grown[-1] == marts_in(tmp_path, is_anew=True), f"cut {number}, before line {end}"
    assert len(set(grown)) > CUTS_OF_A_HOME // 2
    assert grown[-1] == expected


ENVIRONMENTS: list[Mapping[str, str]] = [
    {"TZ": "Asia/Kolkata", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"},
    {"TZ": "America/Los_Angeles", "LC_ALL": "POSIX", "PYTHONHASHSEED": "4242"},
    {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "0"},
]
"""The two that are furthest apart come first; the third is tried where 24 orders are."""


def test_time_zone_locale_and_hash_seed_of_the_machine_do_not_show(demo_home: Path, tmp_path: Path) -> None:
    script = (
        "import datetime as dt, sys; from pathlib import Path; from pipelines.build import fold, open_build;"
        "from warehouse import models, publish; from warehouse.run import Run;"
        "from warehouse.settings import load_settings;"
        "s = load_settings(Path(sys.argv[1])); t = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC);"
        "days = s.policy.model_copy(update={'history_days': 2});"
        "c = open_build(s, Path(sys.argv[2])); fold(c, Run(t, t, days));"
        "print(models.mart_hash(c, publish.mart_tables(c)))"
    )
    hashes: dict[str, Any] = {}
    for number, environment in enumerate(ENVIRONMENTS[: max(2, SHUFFLES // 8)]):
        ran = subprocess.run(
            [sys.executable, "-c", script, str(demo_home), str(tmp_path / f"{number}.duckdb")],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        hashes[environment["TZ"]] = ran.stdout.strip()
    assert len(set(hashes.values())) == 1, hashes
