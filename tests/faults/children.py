"""Processes that a test starts in order to kill them, to fill their disk or to let them race.

A `Point` is a named moment of a real run: just before or just after one call of a product function. `at`
makes something happen there, in the child alone; product code knows nothing of it. Children are forked
from a server that has imported the house already, so that each costs milliseconds instead of seconds.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import json
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import duckdb

from pipelines import build as building
from pipelines import cli
from pipelines.build import build_home
from pipelines.ingest import archive, drops, ingest_into_home
from pipelines.ingest.drain import drain
from pipelines.ingest.requested import carry_out_requests
from warehouse import actions, log, models, publish, requests, vault
from warehouse.database import writer_lock
from warehouse.errors import HomeBusy, LogConflict
from warehouse.operations import open_operations
from warehouse.settings import load_settings

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.faults.children", "pipelines.build"])

Act = Callable[[], None]

MARTS = ("cohort", "pair", "pair_event", "watchlist")
N_ROWS = 1_000


@dataclass(frozen=True)
class Point:
    """Before or after a call of `owner.name`; `sql` narrows it to statements that begin so."""

    owner: Any
    name: str
    is_after: bool = False
    sql: str = ""


def statement(sql: str, *, is_after: bool = False) -> Point:
    return Point(duckdb.DuckDBPyConnection, "execute", is_after, sql)


INGEST = {
    "the file is hashed": Point(drops, "sha256_of", is_after=True),
    "its key is made": Point(vault.Vault, "file_key", is_after=True),
    "the archive is half written": Point(archive, "seal_stream", is_after=True),
    "the archive is written": Point(drops, "seal_file", is_after=True),
    "the transaction has begun": statement("begin", is_after=True),
    "the rows come next": statement("insert into log.event "),
    "the rows are in": statement("insert into log.event ", is_after=True),
    "refused lines are in quarantine": statement("insert into log.quarantine", is_after=True),
    "the vault has learnt the people": Point(vault.Vault, "flush", is_after=True),
    "the commit comes next": statement("commit"),
    "the commit is done": statement("commit", is_after=True),
    "the checkpoint comes next": statement("checkpoint"),
    "the checkpoint is done": statement("checkpoint", is_after=True),
    "the mark is half written": Point(json, "dump", is_after=True),
    "the mark is written": Point(log, "write_high_water", is_after=True),
    "the inbox file goes next": Point(drops, "_take_away"),
    "the inbox file is gone": Point(drops, "_take_away", is_after=True),
}
"""Where an ingest is killed, in the order in which a file passes them."""

PUBLISH = {
    "the file is begun": statement("create schema publication.ref"),
    "the run is copied": statement("create or replace table publication.ref.run", is_after=True),
    "the marts are copied": statement("checkpoint publication"),
    "the checkpoint is done": statement("checkpoint publication", is_after=True),
    "the file is closed": statement("detach publication", is_after=True),
    "the pointer comes next": Point(publish, "_swap_pointer"),
    "the pointer is swapped": Point(publish, "_swap_pointer", is_after=True),
}
"""Where a publication is killed."""

REQUESTS = {
    "the request is begun": Point(requests.Requests, "start", is_after=True),
    "the commit comes next": statement("commit"),
    "the commit is done": statement("commit", is_after=True),
    "the mark is written": Point(log, "write_high_water", is_after=True),
    "the request is closed": Point(requests.Requests, "finish", is_after=True),
}
"""Where a build is killed while it does what was asked for on a screen."""

ACTIONS = {
    "the file is archived": Point(drops, "seal_file", is_after=True),
    "the commit comes next": statement("commit"),
    "the commit is done": statement("commit", is_after=True),
    "the mark is written": Point(log, "write_high_water", is_after=True),
    "the actions are closed": Point(actions.Actions, "drained", is_after=True),
}
"""Where a build is killed while it brings actions into the log."""

FULL = {
    "archive": Point(archive, "seal_stream"),
    "vault": Point(vault.Vault, "flush"),
    "log": statement("commit"),
    "checkpoint": statement("checkpoint"),
    "mark": Point(log, "write_high_water"),
    "build": Point(models, "build_one"),
    "publication": Point(publish, "_copy"),
    "pointer": Point(publish, "_swap_pointer"),
}
"""Where the disk runs full."""


def at(point: Point, nth: int, act: Act) -> Act:
    """Let `act` happen at the nth passing of a point in this thread; the answer takes it back."""
    real = getattr(point.owner, point.name)
    passings, here = itertools.count(1), threading.get_ident()

    def patched(*args: Any, **options: Any) -> Any:
        is_meant = threading.get_ident() == here and (not point.sql or args[1].startswith(point.sql))
        is_here = is_meant and next(passings) == nth
        if is_here and not point.is_after:
            act()
        # DuckDB looks for a table of that name where it is called: there is one frame more now.
        stage = sys._getframe(1).f_locals.get("stage")  # noqa: F841
        result = real(*args, **options)
        if is_here and point.is_after:
            act()
        return result

    setattr(point.owner, point.name, patched)
    return lambda: setattr(point.owner, point.name, real)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_within(seconds: float) -> Act:
    """Dies at any instruction, also inside DuckDB: an alarm nobody handles ends a process like SIGKILL."""

    def set_alarm() -> None:
        signal.setitimer(signal.ITIMER_REAL, seconds)

    return set_alarm


def die_at_call(nth: int) -> None:
    """Die at the nth call of any function, Python's own and C's included."""
    calls = itertools.count(1)

    def count(_frame: Any, event: str, _argument: Any) -> None:
        if event in ("call", "c_call") and next(calls) == nth:
            die()

    sys.setprofile(count)


def count_calls(home: Path, inbox: Path) -> int:
    """How many calls an ingest makes."""
    calls = itertools.count()

    def count(_frame: Any, event: str, _argument: Any) -> None:
        if event in ("call", "c_call"):
            next(calls)

    sys.setprofile(count)
    ingest(home, inbox)
    sys.setprofile(None)
    return next(calls)


def fill(folder: Path) -> Act:
    """Leaves not one byte of room on the disk of a folder."""

    def write() -> None:
        with (folder / "ballast").open("wb", buffering=0) as ballast:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while ballast.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue

    return write


def start(target: Callable[..., None], *args: Any) -> multiprocessing.process.BaseProcess:
    process = CONTEXT.Process(target=target, args=args, daemon=True)
    process.start()
    return process


def exit_code(target: Callable[..., None], *args: Any) -> int | None:
    """Run a child to its end."""
    process = start(target, *args)
    process.join(120)
    return process.exitcode


def ask(target: Callable[..., Any], *args: Any) -> Callable[[], Any]:
    """Start a child; the result waits for its answer, which is None where it died without one."""
    receiver, sender = CONTEXT.Pipe(duplex=False)
    process = start(_answer, sender, target, *args)
    sender.close()

    def wait() -> Any:
        try:
            return receiver.recv()
        except EOFError:
            return None
        finally:
            process.join(120)
            receiver.close()

    return wait


def _answer(sender: Connection, target: Callable[..., Any], *args: Any) -> None:
    sender.send(target(*args))


@dataclass(frozen=True)
class Kill:
    """When an ingest dies: some `seconds` after the `nth` passing of a named point.

    Without a point it is the `nth` call of any function. If the run is over before, it dies at its end.
    """

    point: str | None
    nth: int
    seconds: float = 0

    def arm(self) -> None:
        if self.point is None:
            die_at_call(self.nth)
        else:
            at(INGEST[self.point], self.nth, die_within(self.seconds) if self.seconds else die)


def ingest_and_die(home: Path, inbox: Path, kill: Kill) -> None:
    kill.arm()
    ingest(home, inbox)
    die()


def ingest(home: Path, inbox: Path) -> list[str]:
    """Status of each file."""
    results, _ = ingest_into_home(load_settings(home), [inbox])
    return [result.status for result in results]


@dataclass(frozen=True)
class Answer:
    """What became of one of several writers: the status of each of its files, or who kept it waiting."""

    pid: int
    statuses: list[str]
    busy: str | None = None


def ingest_or_say_who(home: Path, folder: Path, wait_seconds: float) -> Answer:
    drops.writer_lock = partial(drops.writer_lock, wait_seconds=wait_seconds)
    try:
        return Answer(os.getpid(), ingest(home, folder))
    except HomeBusy as busy:
        return Answer(os.getpid(), [], str(busy))


def models_of(generation: int) -> duckdb.DuckDBPyConnection:
    """Marts of which every row says the same: the generation, which is also the run's minute."""
    con = duckdb.connect()
    con.execute("create schema ref; create schema mart")
    con.execute(
        "create table ref.run as select ''::varchar as build_id, as_of, as_of as known_at, "
        "'abc'::varchar as policy_fingerprint "
        "from (select timestamp '2026-03-01 00:00:00' + to_minutes(?::bigint) as as_of)",
        [generation],
    )
    for table in MARTS:
        con.execute(
            f"create table mart.{table} as select ?::bigint as generation from range({N_ROWS})", [generation]
        )
    return con


def publish_generation(folder: Path, generation: int) -> publish.Publication:
    with models_of(generation) as con:
        return publish.publish(con, folder, models.mart_hash(con, publish.mart_tables(con)))


def publish_and_die(folder: Path, generation: int, point: str) -> None:
    at(PUBLISH[point], 1, die)
    publish_generation(folder, generation)


@dataclass
class Seen:
    """What a reader saw of a publication while it was replaced again and again."""

    n_reads: int = 0
    n_torn: int = 0
    n_backwards: int = 0
    last: int = -1


def follow(folder: Path, is_over: Event) -> Seen:
    """Open what the pointer names, over and over, once more after the last publication."""
    seen = Seen()
    while True:
        is_last = is_over.is_set()
        generation = generation_read(folder)
        seen.n_reads += 1
        seen.n_torn += generation is None
        if generation is not None:
            seen.n_backwards += generation < seen.last
            seen.last = generation
        if is_last:
            return seen


def generation_read(folder: Path) -> int | None:
    """The generation of the current publication, or None where its tables do not say the same."""
    with publish.open_current(folder) as con:
        (minute,) = con.execute(
            "select date_diff('minute', timestamp '2026-03-01', as_of) from ref.run"
        ).fetchall()
        found = {minute[0]}
        for table in MARTS:
            rows = con.execute(f"select generation, count(*) from mart.{table} group by 1").fetchall()
            found |= {generation if n_rows == N_ROWS else None for generation, n_rows in rows}
    return found.pop() if len(found) == 1 else None


def carry_out_and_die(home: Path, point: str, nth: int) -> None:
    at(REQUESTS[point], nth, die)
    settings = load_settings(home)
    with writer_lock(settings.home):
        carry_out_requests(settings)


def drain_and_die(home: Path, point: str) -> None:
    at(ACTIONS[point], 1, die)
    settings = load_settings(home)
    with writer_lock(settings.home):
        drain(settings)


def build_and_die(home: Path, as_of: dt.datetime, nth: int) -> None:
    """Dies between two models."""
    at(FULL["build"], nth, die)
    build_home(load_settings(home), as_of=as_of)


@dataclass(frozen=True)
class Found:
    """What opening and reading a log came to: a hash of its contents, or why there is none."""

    contents: str | None
    error: str | None = None


def examine(home: Path) -> Found:
    settings = load_settings(home)
    engine = open_operations(settings.operations_url)
    try:
        with closing(log.open_log(settings, vault.Vault(engine)).con) as con:
            return Found(log_contents(con))
    except (duckdb.Error, LogConflict) as error:
        return Found(None, f"{type(error).__name__}: {error}")
    finally:
        engine.dispose()


def mark(home: Path) -> None:
    """Promise all that the log holds, as if the write-ahead log were safe."""
    settings = load_settings(home)
    with duckdb.connect(str(settings.log_file)) as con:
        log.write_high_water(con, settings.high_water_file)


def log_contents(con: duckdb.DuckDBPyConnection) -> str:
    """A hash of everything the log says."""
    digest = hashlib.sha256()
    for table in ("event", "typed_event", "ledger", "quarantine"):
        for row in con.execute(f"select * from log.{table} order by all").fetchall():
            digest.update(repr(row).encode())
    return digest.hexdigest()


def command(arguments: list[str], stderr: Path, full: str | None = None, disk: Path | None = None) -> None:
    """The command line, as in a shell; from the point `full` on there is no room left on the `disk`."""
    os.dup2(os.open(stderr, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    building.run_checks = lambda *_: []  # another test's subject, and seconds to import
    if full is not None and disk is not None:
        at(FULL[full], 1, fill(disk))
    sys.argv = ["kinkeeper", *arguments]
    cli.main()
