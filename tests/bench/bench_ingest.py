"""Ingest of a million native lines against bare DuckDB and dlt, and the search for known ids against a key.

Each variant runs in a process of its own, several times in turn; the best run counts. `EVENTS=100000` makes
it shorter. uv runs dlt in an environment of its own; without a registry to take it from, it is left out.
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
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import pyarrow as pa

if TYPE_CHECKING:
    from warehouse.settings import Settings

N_EVENTS = int(os.environ.get("EVENTS", "1000000"))
N_LOGGED = 10 * N_EVENTS
N_KNOWN = 100
BATCH_ROWS = 32_768
REPEATS = 3
DLT = ("dlt[duckdb]==1.31.0", f"duckdb=={duckdb.__version__}", f"pyarrow=={pa.__version__}")
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


Work = Callable[[], None]


def lines_of(feed: str) -> str:
    """The lines of a file as DuckDB reads them, each value a text."""
    columns = ", ".join(f"{name}: 'VARCHAR'" for name in ENVELOPE)
    return f"read_json('{feed}', format = 'newline_delimited', columns = {{{columns}, data: 'JSON'}})"


def bare_table(target: str, feed: str) -> Work:
    """The floor: the same file into a table of texts, committed and checkpointed."""

    def work() -> None:
        with duckdb.connect(target) as con:
            con.execute(f"create table event as from {lines_of(feed)}; checkpoint")

    return work


def sealed_table(target: str, feed: str) -> Work:
    """The floor under any ingest that seals what it read: the file hashed and sealed, and the bare table.

    Each payload is hashed beside it. No line is checked, nobody is named, no id is looked for, nothing is
    chained and no time is read, and imports are not counted: whatever else an ingest does comes on top.
    """
    from warehouse.settings import load_settings

    seal = sealing(feed, load_settings(Path(f"{target}-home")))

    def work() -> None:
        seal()
        with duckdb.connect(target) as con:
            hashed = f"select *, unhex(sha256(data)) as content_hash from {lines_of(feed)}"
            con.execute(f"create table event as {hashed}; checkpoint")

    return work


def sealing(feed: str, settings: Settings) -> Work:
    """Hash a file and put it into the archive of a home, as ingest does; imports come before."""
    from pipelines.ingest import archive

    def work() -> None:
        with open(feed, "rb") as file:
            archive.sha256_of(file)
            file.seek(0)
            chunks = iter(partial(file.read, archive.CHUNK_BYTES), b"")
            archive.seal_aside(chunks, "sealed", bytes(32), settings)

    return work


def ingest(target: str, feed: str) -> Work:
    """The product: strict, deduplicated, quarantined, archived, chained, durable; with its imports."""

    def work() -> None:
        from pipelines.ingest import ingest_into_home
        from warehouse.settings import load_settings

        (result,), n_events = ingest_into_home(load_settings(Path(target)), [Path(feed)])
        assert result.lines_in == result.accepted + result.duplicate + result.quarantined
        assert n_events == result.accepted > 0.9 * result.lines_in

    return work


def promises(target: str, feed: str, home: str) -> Work:
    """What no ingest that seals, reads, hashes and keeps as the log does can do without, and nothing else.

    The file is hashed and sealed; DuckDB reads it and hashes each payload; the rows that ingest made of it
    are put into an empty log. Nothing is checked, named, looked for or chained.
    """

    def work() -> None:
        from warehouse import database, log, log_tables
        from warehouse.settings import load_settings

        settings = load_settings(Path(target))
        sealing(feed, settings)()
        texts = ", ".join(f"{name}: 'VARCHAR'" for name in (*ENVELOPE, "data"))
        lines = f"read_json('{feed}', format = 'newline_delimited', columns = {{{texts}}})"
        with database.open_scratch() as con:
            hashed = con.sql(f"select *, sha256(data) as content_hash from {lines}")
            assert sum(len(batch) for batch in hashed.to_arrow_reader()) >= N_EVENTS
        with database.open_log(settings.log_file) as con:
            con.execute("set threads = 1")
            con.execute(log.WRITE_MEMORY)
            log_tables.create_tables(con)
            log_tables.refresh_typed_events(con)
            con.execute(f"attach '{load_settings(Path(home)).log_file}' as made (read_only)")
            rows = con.cursor().sql("from made.event")
            typed = set(rows.columns) - log_tables.TRUTH_COLUMNS.keys()
            log_tables.add_typed_columns(con, "log.event", typed)
            for batch in rows.to_arrow_reader(BATCH_ROWS):
                database.over(con, pa.table(batch), "insert into log.event by name select * from stage")
            con.execute("checkpoint")

    return work


def search(target: str) -> Work:
    """Ours: the batch looked for among all ids, within the memory of a log, and what is new inserted."""
    from warehouse.batches import CONTENDED
    from warehouse.log import SEARCH_MEMORY, WRITE_MEMORY

    con = with_batch(target)
    con.execute("set threads = 1")
    con.execute(SEARCH_MEMORY)

    def work() -> None:
        con.execute("begin")
        known = [row for row, *_ in con.execute(CONTENDED).fetchall()]
        assert len(known) == N_KNOWN
        con.execute(WRITE_MEMORY)
        fresh = "select event_id, content_hash from stage where row not in (select unnest(?))"
        con.execute(f"insert into event {fresh}", [known])
        con.execute("rollback")

    return work


def keyed(target: str) -> Work:
    """A primary key instead, with all the memory DuckDB likes: its index does not fit into that of a log."""
    con = with_batch(target)
    add = "insert into event select event_id, content_hash from stage on conflict do nothing"

    def work() -> None:
        con.execute(f"begin; {add}; rollback")

    return work


def with_batch(target: str) -> duckdb.DuckDBPyConnection:
    """A log that was closed, open, and a thousand lines beside it; the first hundred are the log's last."""
    names = [str(number).encode() for number in range(N_LOGGED - N_KNOWN, N_LOGGED + 1_000 - N_KNOWN)]
    stage = pa.table(
        {
            "row": pa.array(range(len(names))),
            "line": pa.array(range(len(names))),
            "event_id": pa.array(
                [hashlib.md5(name, usedforsecurity=False).digest() for name in names], pa.uuid()
            ),
            "content_hash": [hashlib.sha256(name).digest() for name in names],
        }
    )
    con = duckdb.connect(target).register("stage", stage)
    con.execute("select * from stage").fetchall()  # what DuckDB imports to read it is not the search's
    return con


VARIANTS: dict[str, Callable[..., Work]] = {
    "bare create table as": bare_table,
    "the same, sealed": sealed_table,
    "ingest": ingest,
    "promises alone": promises,
    "search": search,
    "primary key": keyed,
}


class Figures(NamedTuple):
    """The best of some runs."""

    wall: float
    cpu: float
    peak_mb: float


def test_ingest_of_native_lines_against_a_bare_table_and_dlt(tmp_path: Path) -> None:
    feed = tmp_path / "feed.ndjson"
    write_feed(feed, N_EVENTS)
    best = in_turn(
        {
            "bare create table as": [*own("bare create table as"), tmp_path / "bare-{}", feed],
            "the same, sealed": [*own("the same, sealed"), tmp_path / "sealed-{}", feed],
            "ingest": [*own("ingest"), tmp_path / "home-{}", feed],
            "promises alone": [*own("promises alone"), tmp_path / "floor-{}", feed, tmp_path / "home-{}"],
            "dlt, Arrow, merged": [
                *uv(DLT),
                Path(__file__).with_name("dlt_load.py"),
                tmp_path / "dlt-{}",
                feed,
            ],
        },
        tmp_path / "bytecode",
    )
    floor = best["bare create table as"]
    print(f"\nnative lines, {N_EVENTS:,} events, {feed.stat().st_size / 1e6:,.0f} MB")
    print(f"{'':24}{'seconds':>9}{'CPU s':>8}{'events/s':>11}{'x wall':>8}{'x CPU':>8}{'peak MB':>9}")
    for name, (wall, cpu, peak) in best.items():
        print(
            f"{name:24}{wall:9.2f}{cpu:8.2f}{N_EVENTS / wall:11,.0f}"
            f"{wall / floor.wall:8.2f}{cpu / floor.cpu:8.2f}{peak:9,.0f}"
        )
    assert best["ingest"].cpu > 0


def test_known_ids_are_found_without_an_index(tmp_path: Path) -> None:
    """A batch of 1,000 lines, 100 of them known, against a long log as a new process finds it."""
    logged = (
        "select md5(range::varchar)::uuid as event_id, unhex(sha256(range::varchar)) as content_hash "
        f"from range({N_LOGGED})"
    )
    log, with_key = tmp_path / "log.duckdb", tmp_path / "keyed.duckdb"
    with duckdb.connect(str(log)) as con:
        con.execute(f"create table event as {logged}")
    with duckdb.connect(str(with_key)) as con:
        con.execute("create table event (event_id uuid primary key, content_hash blob)")
        con.execute(f"insert into event {logged}")
    best = in_turn(
        {"search": [*own("search"), log], "primary key": [*own("primary key"), with_key]}, tmp_path
    )
    ours, theirs = best["search"], best["primary key"]
    index_bytes = (with_key.stat().st_size - log.stat().st_size) / N_LOGGED
    print(f"\n1,000 lines against {N_LOGGED:,} events, database opened anew")
    print(f"{'':24}{'ms':>8}{'CPU ms':>8}{'peak MB':>9}{'index bytes/event':>19}")
    for name, figures, n_bytes in (("scan without index", ours, 0), ("primary key", theirs, index_bytes)):
        spent = f"{1e3 * figures.wall:8.1f}{1e3 * figures.cpu:8.1f}"
        print(f"{name:24}{spent}{figures.peak_mb:9,.0f}{n_bytes:19.1f}")
    print(f"ratio {ours.wall / theirs.wall:.2f}, CPU {ours.cpu / theirs.cpu:.2f}")
    assert theirs.cpu > 0


def own(name: str) -> list[str]:
    """The command that runs a variant of this file."""
    return [sys.executable, __file__, name]


def uv(packages: Sequence[str]) -> list[str | Path]:
    """The command that runs Python with some packages and nothing of ours."""
    chosen = [part for package in packages for part in ("--with", package)]
    start = [Path(sys.executable).with_name("uv"), "run", "--quiet", "--no-project", "--isolated"]
    return [*start, "--python", sys.executable, *chosen, "python"]


def in_turn(commands: Mapping[str, Sequence[str | Path]], bytecode: Path) -> dict[str, Figures]:
    """Run commands one after the other, several times, `{}` being the run; those that cannot run are told."""
    runs: dict[str, list[Figures]] = {name: [] for name in commands}
    # Whoever runs a program twice has its byte code kept, so every variant has.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = kept | {"PYTHONPYCACHEPREFIX": str(bytecode)}
    for repeat in range(REPEATS):
        for name, told in runs.items():
            command = [str(part).format(repeat) for part in commands[name]]
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False, timeout=1_800
            )
            if done.returncode and command[0].endswith("uv"):
                print(f"\nleft out: {name}: {done.stderr.strip()[-200:]}")
                continue
            assert not done.returncode, done.stderr
            told.append(Figures(**json.loads(done.stdout)))
    return {name: Figures(*map(min, zip(*told, strict=True))) for name, told in runs.items() if told}


def main(name: str, target: str, *inputs: str) -> None:
    work = VARIANTS[name](target, *inputs)
    began, started = cpu_seconds(), time.perf_counter()
    work()
    wall, cpu = time.perf_counter() - started, cpu_seconds() - began
    # Not ru_maxrss: a child begins with what its parent had.
    peak_mb = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
    print(json.dumps({"wall": wall, "cpu": cpu, "peak_mb": peak_mb}))


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main(*sys.argv[1:])
