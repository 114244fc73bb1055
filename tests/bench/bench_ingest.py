"""Ingest of a million native lines, and the search for known ids in a long log, against bare DuckDB.

Each variant runs in a process of its own, several times in turn; the best run counts. `EVENTS=100000` makes
it shorter.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

N_EVENTS = int(os.environ.get("EVENTS", "1000000"))
N_LOGGED = 10 * N_EVENTS
REPEATS = 3
START = dt.datetime(2023, 11, 14, tzinfo=dt.UTC)

DATA = {
    "session.held": '{{"session_id":"s-{0}","minutes":45,"mode":"video"}}',
    "session.proposed": '{{"session_id":"s-{0}","starts_at":"2026-01-05T10:00:00Z","minutes":30}}',
    "session.confirmed": '{{"session_id":"s-{0}"}}',
    "session.joined": '{{"session_id":"s-{0}","person_id":"u-{1}"}}',
    "exchange.message_sent": '{{"channel":"chat","to_id":"u-{1}","is_reply_expected":true}}',
    "exchange.message_replied": '{{"channel":"chat","reply_to":"m-{0}"}}',
    "survey.answered": '{{"instrument":"pulse","item":"q1","wave":"w1","score":4,"score_max":5}}',
    "prep.agenda_shared": '{{"session_id":"s-{0}","hours_before":26.5,"by_party":"mentee"}}',
    "followup.thanks_sent": '{{"session_id":"s-{0}","hours_after":3}}',
}
ENVELOPE = (
    "specversion", "id", "source", "type", "time", "recordedat", "subject", "programid", "cohortid",
    "actorid", "actorrole",
)  # fmt: skip


def write_feed(path: Path, n_events: int) -> None:
    """Lines as a platform writes them: 2 % come twice, 3 % nine days late, 0.3 % with a time that is none."""
    chance = random.Random(7)
    kinds = list(DATA)
    again: list[str] = []
    with path.open("w") as file:
        for number in range(n_events):
            kind = chance.choice(kinds)
            happened = START + dt.timedelta(seconds=20 * number)
            delay = 86_400 * 9 if chance.random() < 0.03 else chance.randrange(3_600)
            recorded = happened + dt.timedelta(seconds=delay)
            pair = chance.randrange(10_000)
            time_text = "tomorrow" if chance.random() < 0.003 else f"{happened:%Y-%m-%dT%H:%M:%SZ}"
            line = (
                f'{{"specversion":"1.0","id":"evt-{number:09}","source":"platform",'
                f'"type":"mentorship.{kind}.v1","time":"{time_text}",'
                f'"recordedat":"{recorded:%Y-%m-%dT%H:%M:%SZ}","subject":"relationship/pair-{pair:05}",'
                f'"programid":"prog-1","cohortid":"cohort-{pair % 50:02}",'
                f'"actorid":"u-{2 * pair + number % 2}","actorrole":"{("mentor", "mentee")[number % 2]}",'
                f'"data":{DATA[kind].format(number, pair)}}}\n'
            )
            file.write(line)
            if chance.random() < 0.02:
                again.append(line)
            if len(again) > 50:
                file.write(again.pop(chance.randrange(50)))
        file.writelines(again)


def bare_table(feed: str, target: str) -> None:
    """The floor: the same file into a table of texts, committed and checkpointed."""
    columns = ", ".join(f"{name}: 'VARCHAR'" for name in ENVELOPE)
    with duckdb.connect(target) as con:
        con.execute(
            f"create table event as from read_json('{feed}', format = 'newline_delimited', "
            f"columns = {{{columns}, data: 'JSON'}}); checkpoint"
        )


def ingest(feed: str, target: str) -> None:
    """The product: strict, deduplicated, quarantined, archived, chained, durable."""
    from pipelines.ingest import ingest_into_home  # the floor must not pay for it
    from warehouse.settings import load_settings

    (result,), n_events = ingest_into_home(load_settings(Path(target)), [Path(feed)])
    assert result.lines_in == result.accepted + result.duplicate + result.quarantined
    assert n_events == result.accepted > 0.9 * result.lines_in


VARIANTS: dict[str, Callable[[str, str], None]] = {"bare create table as": bare_table, "ingest": ingest}


def test_ingest_of_native_lines_against_a_bare_table(tmp_path: Path) -> None:
    feed = tmp_path / "feed.ndjson"
    write_feed(feed, N_EVENTS)
    runs: dict[str, list[tuple[float, float, float]]] = {name: [] for name in VARIANTS}
    for repeat in range(REPEATS):
        for name in VARIANTS:
            target = tmp_path / f"{name.replace(' ', '-')}-{repeat}"
            command = [sys.executable, __file__, name, str(feed), str(target)]
            told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            runs[name].append((told["wall"], told["cpu"], told["peak_mb"]))
    best = {name: [min(column) for column in zip(*figures, strict=True)] for name, figures in runs.items()}
    floor = best["bare create table as"]
    print(f"\nnative lines, {N_EVENTS:,} events, {feed.stat().st_size / 1e6:,.0f} MB")
    print(f"{'':24}{'seconds':>9}{'CPU s':>8}{'events/s':>11}{'x wall':>8}{'x CPU':>8}{'peak MB':>9}")
    for name, (wall, cpu, peak) in best.items():
        print(
            f"{name:24}{wall:9.2f}{cpu:8.2f}{N_EVENTS / wall:11,.0f}"
            f"{wall / floor[0]:8.2f}{cpu / floor[1]:8.2f}{peak:9,.0f}"
        )
    assert all(len(figures) == REPEATS for figures in runs.values())


def test_known_ids_are_found_without_an_index(tmp_path: Path) -> None:
    """A batch of 1,000 lines, 100 of them known, against a long log: our scan, and a primary key."""
    from warehouse.batches import CONTENDED

    numbers = range(N_LOGGED - 100, N_LOGGED + 900)
    batch_ids = [hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest() for number in numbers]
    batch = pa.table(
        {
            "row": np.arange(1_000),
            "line": np.arange(1_000),
            "event_id": batch_ids,
            "content_hash": [b"x"] * 1_000,
        }
    )
    logged = f"select md5(range::varchar)::uuid as event_id, 'x'::blob as content_hash from range({N_LOGGED})"
    with duckdb.connect(str(tmp_path / "log.duckdb")) as con:
        con.execute(f"create table event as {logged}")
        con.register("stage", batch)
        ours = best_of(lambda: con.execute(CONTENDED).fetchall())
        assert len(con.execute(CONTENDED).fetchall()) == 100
    with duckdb.connect(str(tmp_path / "keyed.duckdb")) as con:
        con.execute("create table event (event_id uuid primary key, content_hash blob)")
        con.execute(f"insert into event {logged}")
        con.register("stage", batch)
        con.execute("create table fresh as select event_id::uuid as event_id, content_hash from stage")

        def keyed() -> None:
            con.execute("begin; insert into event select * from fresh on conflict do nothing; rollback")

        theirs = best_of(keyed)
    print(f"\n1,000 lines against {N_LOGGED:,} events")
    print(f"scan without index {1e3 * ours:8.1f} ms   0 index bytes")
    print(f"primary key        {1e3 * theirs:8.1f} ms   ratio {ours / theirs:.2f}")


def best_of(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def main(name: str, feed: str, target: str) -> None:
    started = time.perf_counter()
    VARIANTS[name](feed, target)
    wall = time.perf_counter() - started
    usage = resource.getrusage(resource.RUSAGE_SELF)
    # Not ru_maxrss: a child begins with what its parent had.
    peak_mb = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
    print(json.dumps({"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak_mb": peak_mb}))


if __name__ == "__main__":
    main(*sys.argv[1:])
