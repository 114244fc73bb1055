"""The history of days: many days folded at once are each day alone; what is kept is what would be found.

Twelve pairs of the sample program, whole lives of them.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from pipelines.build import fold_only, open_build, whole_second_after
from pipelines.ingest import ingest_into_home
from pipelines.sample import write_sample
from warehouse import database, models, publish
from warehouse.errors import ModelError
from warehouse.policy import Policy
from warehouse.replay import Replay, numbered_sql, replay
from warehouse.run import Run, write_run
from warehouse.settings import Settings, load_settings

UNTIL = dt.date(2026, 11, 22)
TODAY = dt.datetime(2026, 11, 22, 18, tzinfo=dt.UTC)
END = dt.datetime.combine(UNTIL, dt.time.max, dt.UTC)
N_PAIRS, N_DAYS = 12, 14
SIGNALS = ("signal.pair", "signal.pair_day", "signal.pair_reason", "signal.health_part")


def end_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.max, dt.UTC)


def days_before(n: int) -> dt.datetime:
    return end_of(UNTIL - dt.timedelta(days=n))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("history")
    write_sample(folder / "sample", until=UNTIL)
    files = sorted((folder / "sample").glob("platform/events-2*.ndjson"))
    lines = [line for file in files for line in file.read_text("utf-8").splitlines(keepends=True)]
    pairs = sorted({json.loads(line).get("subject") or "" for line in lines} - {""})
    chosen = {"", *random.Random(5).sample(pairs, N_PAIRS)}
    (folder / "some.ndjson").write_text(
        "".join(line for line in lines if (json.loads(line).get("subject") or "") in chosen)
    )
    settings = replace(load_settings(folder / "home"), policy=Policy(history_days=N_DAYS))
    (result,), _ = ingest_into_home(settings, [folder / "some.ndjson"])
    assert result.quarantined == 0
    return settings


@pytest.fixture
def con(settings: Settings, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_build(settings, tmp_path / "models.duckdb") as con:
        yield con


def folded(con: duckdb.DuckDBPyConnection, settings: Settings, as_of: dt.datetime) -> str:
    """Judge all pairs from all that is known; the hash of what the signals found."""
    fold_only(con, Run(as_of, END, settings.policy), SIGNALS)
    return models.mart_hash(con, SIGNALS)


@pytest.fixture(scope="module")
def last_day(settings: Settings) -> tuple[Path, str]:
    """The tables as of the last day, found with nothing kept, and their hash; who changes them copies."""
    file = settings.home / "last-day.duckdb"
    with open_build(settings, file) as con:
        return file, folded(con, settings, END)


def read_by(name: str, found: dict[str, models.Model]) -> dict[str, models.Model]:
    """A model and all that it is folded from."""
    if name not in found:
        return {}
    beneath = (read_by(table, found) for table in found[name].depends_on)
    return {name: found[name]} | {key: model for group in beneath for key, model in group.items()}


def test_many_days_at_once_are_each_day_alone(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    run = Run(TODAY, TODAY, settings.policy)
    found = models.discover()
    instants = [days_before(n).replace(tzinfo=None) for n in (200, 31, 30, 1)]
    together = pd.concat(replay(con, Replay(found, "feature.pair", run), instants), ignore_index=True)

    needed = read_by("feature.pair", found)
    for at in instants:
        write_run(con, Run(at.replace(tzinfo=dt.UTC), TODAY, settings.policy))
        models.build(con, needed)
        alone = con.execute("select * from feature.pair order by pair_id").df()
        same = together[together["as_of"] == at].drop(columns="as_of").reset_index(drop=True)
        assert len(alone) > 0
        pd.testing.assert_frame_equal(same, alone.astype(same.dtypes))  # a column of NULLs alone has no type


def test_a_replay_leaves_the_connection_as_it_was(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    before = con.execute("select current_database(), current_schema()").fetchall()
    asked = Replay(models.discover(), "feature.pair", Run(TODAY, TODAY, settings.policy))
    next(replay(con, asked, [days_before(1).replace(tzinfo=None)]))
    assert con.execute("select current_database(), current_schema()").fetchall() == before
    assert con.execute(
        "select count(*) from information_schema.tables where table_catalog = 'replayed'"
    ).fetchall() == [(0,)]


def test_what_is_kept_is_what_would_be_found(
    con: duckdb.DuckDBPyConnection, settings: Settings, last_day: tuple[Path, str]
) -> None:
    for n in (3, 2, 0):
        grown = folded(con, settings, days_before(n))
    assert grown == last_day[1]
    n_kept, n_days = con.execute("select count(*), count(distinct as_of) from kept.day").fetchall()[0]
    assert n_kept == n_days >= N_DAYS


def test_a_day_is_only_folded_again_when_something_about_it_changed(
    con: duckdb.DuckDBPyConnection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folds: list[list[int]] = []

    def counting(con: Any, asked_for: Replay, instants: Any) -> Iterator[pd.DataFrame]:
        folds[-1].append(len(instants))
        return replay(con, asked_for, instants)

    monkeypatch.setattr("pipelines.history.replay", counting)
    for as_of in (days_before(2), days_before(2), days_before(1)):
        folds.append([])
        fold_only(con, Run(as_of, as_of, settings.policy), SIGNALS)
    first, again, next_day = folds
    assert first[0] == N_DAYS
    assert again == []
    assert 1 <= sum(next_day) < N_DAYS


def test_what_a_version_with_other_columns_kept_is_found_anew(
    settings: Settings, last_day: tuple[Path, str], tmp_path: Path
) -> None:
    file, found = last_day
    with open_build(settings, Path(shutil.copy(file, tmp_path))) as con:
        con.execute("alter table kept.verdict drop column coverage")
        assert folded(con, settings, END) == found


def test_a_later_build_shows_for_a_day_what_a_build_of_that_day_shows(
    settings: Settings, last_day: tuple[Path, str], tmp_path: Path
) -> None:
    columns = "pair_id, stage, state, band, band_raw, waiting_on, health, coverage, health_frozen_on"
    for n in (N_DAYS - 2, 3):
        day = days_before(n)
        with open_build(settings, tmp_path / f"{n}.duckdb") as then:
            folded(then, settings, day)
            shown_then = then.execute(
                f"select {columns} from signal.pair "
                "where pair_id in (select pair_id from signal.pair_day) order by 1"
            ).fetchall()
        with database.open_read_only(last_day[0]) as con:
            shown = con.execute(
                f"select {columns} from signal.pair_day where day = ? order by 1", [day.date()]
            ).fetchall()
        assert len(shown) > 5
        assert shown == shown_then


def test_every_accepted_pair_has_every_day_once(last_day: tuple[Path, str]) -> None:
    with database.open_read_only(last_day[0]) as con:
        holes = con.execute(
            """
            select pair_id from signal.pair_day group by pair_id
            having count(*) <> date_diff('day', min(day), max(day)) + 1 or max(day) <> ?
            """,
            [UNTIL],
        ).fetchall()
        others = con.execute(
            "select count(*) from signal.pair as now join signal.pair_day as day using (pair_id) "
            "where day.day = ? and (day.band, day.state) is distinct from (now.band, now.state)",
            [UNTIL],
        ).fetchall()
    assert holes == []
    assert others == [(0,)]


@pytest.mark.parametrize(
    ("sql", "numbered"),
    [
        (
            "select a.x, count(*) as n from core.a as a left join core.b as b on a.x = b.x group by a.x",
            "SELECT a.x, COUNT(*) AS n, a.as_of_no AS as_of_no FROM core.a AS a LEFT JOIN core.b AS b "
            "ON a.x = b.x AND a.as_of_no = b.as_of_no GROUP BY a.x, a.as_of_no",
        ),
        (
            "select a.x from core.a as a cross join ref.run as run",
            "SELECT a.x, a.as_of_no AS as_of_no FROM core.a AS a INNER JOIN ref.run AS run "
            "ON a.as_of_no = run.as_of_no",
        ),
        (
            "select f.x from log.typed_event as f cross join ref.run as run",
            "SELECT f.x, run.as_of_no AS as_of_no FROM log.typed_event AS f CROSS JOIN ref.run AS run",
        ),
        (
            "select row_number() over (partition by a.x order by a.y) as n from core.a as a",
            "SELECT ROW_NUMBER() OVER (PARTITION BY a.x, a.as_of_no ORDER BY a.y) AS n, "
            "a.as_of_no AS as_of_no FROM core.a AS a",
        ),
        ("select t.x from ref.kind as t", "SELECT t.x FROM ref.kind AS t"),
    ],
    ids=["join and group", "run", "log", "window", "untouched"],
)
def test_rows_of_different_days_never_meet(sql: str, numbered: str) -> None:
    assert numbered_sql(sql, frozenset({"core.a", "core.b", "ref.run"})) == numbered


@pytest.mark.parametrize(
    "sql",
    [
        "select x from (select x from core.a)",
        "select a.x from core.a as a where a.x in (select b.x from core.b as b)",
        "select a.x from core.a as a union all select t.x from ref.kind as t",
    ],
    ids=["from", "where", "union with rows of no day"],
)
def test_what_would_mix_days_is_refused(sql: str) -> None:
    with pytest.raises(ModelError):
        numbered_sql(sql, frozenset({"core.a", "core.b", "ref.run"}))


def test_the_publication_holds_the_days(demo_home: Path) -> None:
    tables = publish.current(demo_home / "published").tables
    assert tables["mart.pair_day"] > tables["mart.pair"]
    with publish.open_current(demo_home / "published") as con:
        assert con.execute("select count(*) from mart.pair_day where band is null").fetchall() == [(0,)]


def test_what_landed_this_very_second_counts() -> None:
    landed = dt.datetime(2026, 3, 1, 10, 0, 0, 400_000, dt.UTC)
    assert whole_second_after(landed) == dt.datetime(2026, 3, 1, 10, 0, 1, tzinfo=dt.UTC)
    assert whole_second_after(landed.replace(microsecond=0)) == landed.replace(microsecond=0)
