"""Plays a story of faults in one process, and says what came of it.

`python -m tests.faults.simulator SEED` plays one alone.

The process "dies" by an exception that no handler takes for an error, raised at a named point. At that very
moment all files of the home are copied: the next life begins with the copy, and whatever the dying one still
does as it unwinds, it does to files that nobody looks at again. So the copy is what a killed process leaves
behind, but for what happens inside a single call of DuckDB or SQLite: `test_kills.py` kills there.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import sqlalchemy as sa

from pipelines.ingest import FileResult, ingest_into_home
from pipelines.ingest.home import open_home
from pipelines.ingest.quarantine import held_lines, redrive
from tests.faults.children import at, generation_read, publish_generation
from tests.faults.conftest import ROSTER, Home
from tests.faults.points import DEATHS, FULL_DISK, no_room
from tests.faults.stories import RIGHT, Fault, Step, Story, draw
from warehouse import publish
from warehouse.database import writer_lock
from warehouse.errors import KinkeeperError, NothingPublished
from warehouse.operations import open_operations
from warehouse.vault import IDENTITY

TOLD = (KinkeeperError, OSError, duckdb.Error, sa.exc.DBAPIError)
"""What a command tells its user in a line, where the disk is full."""


class Death(BaseException):
    """The process is gone."""


class Clock:
    """Goes on by a second at each question, and jumps at the nth."""

    def __init__(self, now: dt.datetime, jump: tuple[int, dt.timedelta]) -> None:
        self._now = now
        self._nth, self._by = jump

    def __call__(self) -> dt.datetime:
        self._nth -= 1
        self._now += dt.timedelta(seconds=1) + (self._by if self._nth == 0 else dt.timedelta())
        return self._now


class Simulation:
    """One story, life after life; `trace` says what happened, the same for the same story."""

    def __init__(self, folder: Path) -> None:
        self.trace: list[str] = []
        self._folder = folder
        self._home = Home(folder / "life-0")
        self._n_lives = 1
        self._log: list[tuple[Any, ...]] = []
        self._generation = self._published = 0

    def play(self, story: Story) -> list[str]:
        """To the end and one clean run more; raises AssertionError where a promise is broken."""
        mapping = self._home.settings.inbox / "roster/mapping.toml"
        mapping.parent.mkdir(parents=True)
        mapping.write_text(ROSTER)
        for step in story.steps:
            for drop in step.drops:
                self._home.drop_bytes(drop.name, drop.content)
                self._tell(f"dropped {drop.name} {drop.delivery[0][:8]}")
            for fault in step.faults:
                self._attempt(step, fault)
        kinds = {step.kind: None for step in story.steps} | {"redrive": None}
        for kind in kinds:
            self._attempt(Step(kind, RIGHT, (0, dt.timedelta())), None)
        self._assert_all_is_well(story)
        return self.trace

    def contents(self) -> list[tuple[Any, ...]]:
        """What the log says of events, apart from where, when and under which pseudonym they came in."""
        names = self._names()
        rows = self._home.rows(
            "select source, source_event_id, event_type, occurred_at, pair_id, actor_id, payload from event"
        )
        return sorted((*row[:5], names.get(row[5]), _plain(row[6], names)) for row in rows)

    def _attempt(self, step: Step, fault: Fault | None) -> None:
        """One life, or what there is of it."""
        clock = Clock(step.clock, step.jump)
        is_met: list[bool] = []
        with self._armed(fault, is_met):
            try:
                outcome = self._do(step, clock)
            except Death:
                outcome = "died"
            except TOLD as error:
                if not is_met:
                    raise AssertionError(f"{step.kind} broke off by itself: {error!r}") from error
                outcome = f"told {type(error).__name__}"
        self._tell(f"{step.kind} by {step.clock:%Y-%m-%d %H:%M}, {fault or 'no fault'}: {outcome}")
        if is_met and fault is not None and fault.how == "dies":
            assert outcome == "died", "something took death for an error"
            self._live_on()
        if step.kind == "publish":
            self._assert_readers_see_one_whole_publication()
        else:
            self._assert_the_log_only_grew()

    @contextmanager
    def _armed(self, fault: Fault | None, is_met: list[bool]) -> Iterator[None]:
        if fault is None:
            yield
            return
        point = (DEATHS if fault.how == "dies" else FULL_DISK)[fault.point]

        def act() -> None:
            is_met.append(True)
            if fault.how == "full":
                raise no_room(point)
            shutil.copytree(self._home.folder, self._next_folder)
            raise Death

        disarm = at(point, fault.nth, act)
        try:
            yield
        finally:
            disarm()

    def _do(self, step: Step, clock: Clock) -> str:
        settings = self._home.settings
        match step.kind:
            case "ingest":
                results, _ = ingest_into_home(settings, [settings.inbox], clock=clock)
                return _counts(results)
            case "redrive":
                if not settings.log_file.exists():
                    return "nothing to redrive"
                with writer_lock(settings.home), open_home(settings, clock) as home:
                    held = [line for line in held_lines(home) if not line.is_of_refused_file]
                    return f"{sum(receipt.n_events for receipt in redrive(home, held, None))} new"
            case "publish":
                self._generation += 1
                publish_generation(settings.published, self._generation)
                return f"generation {self._generation}"

    @property
    def _next_folder(self) -> Path:
        return self._folder / f"life-{self._n_lives}"

    def _live_on(self) -> None:
        """The next life finds what the last one left at the moment it died."""
        last, following = self._home, Home(self._next_folder)
        following.dropped = {
            following.folder / path.relative_to(last.folder): content
            for path, content in last.dropped.items()
        }
        shutil.rmtree(last.folder)
        self._home = following
        self._n_lives += 1

    def _assert_the_log_only_grew(self) -> None:
        """And no file has left the inbox that is not in it."""
        self._home.assert_no_file_left_the_inbox_too_early()
        log = self._home.rows("select position, event_id, recorded_at, content_hash from event order by 1")
        assert log[: len(self._log)] == self._log, "the log is another one than it was"
        self._log = log
        self._tell(f"  {len(log)} events {_digest(log)}")

    def _assert_readers_see_one_whole_publication(self) -> None:
        """The newest that was acknowledged, or the one that was being made."""
        seen = self._generation_seen()
        assert seen is not None, "a reader sees half a publication"
        assert self._published <= seen <= self._generation, "a reader sees an older publication"
        self._published = seen
        self._tell(f"  generation {seen}")

    def _generation_seen(self) -> int | None:
        try:
            return generation_read(self._home.settings.published)
        except NothingPublished:
            return 0

    def _assert_all_is_well(self, story: Story) -> None:
        settings, events = self._home.settings, story.events()
        self._home.expected = set(events)
        self._home.assert_all_is_there_once()
        said = {(row[0], row[1]): _as_drawn(row) for row in self.contents()}
        _compare("events", said, events)
        _compare("deliveries", self._ledger(), story.ledger())
        assert self._published == self._generation, "the last publication is not seen"
        assert self._home.ingest() == []
        assert {path.name for path in settings.inbox.rglob("*") if path.is_file()} == {"mapping.toml"}
        strays = [*settings.home.rglob("*.tmp"), *settings.home.rglob(f".{publish.POINTER}*")]
        assert strays == [], "something half written is left"

    def _ledger(self) -> dict[tuple[str, str], tuple[int, int] | None]:
        """As `Story.ledger` tells it."""
        rows = self._home.rows(
            "select sha256, source, status, accepted + duplicate, quarantined from ledger "
            "where status <> 'redriven'"
        )
        found = {row[:2]: None if row[2] == "refused" else (row[3], row[4]) for row in rows}
        assert len(found) == len(rows), "a delivery is in the ledger twice"
        return found

    def _names(self) -> dict[str, str]:
        engine = open_operations(self._home.settings.operations_url)
        try:
            with engine.connect() as connection:
                known = connection.execute(sa.select(IDENTITY.c.person_id, IDENTITY.c.value)).all()
        finally:
            engine.dispose()
        return {row.person_id: row.value for row in known}

    def _tell(self, line: str) -> None:
        self.trace.append(line)


def simulate(seed: int, folder: Path) -> list[str]:
    """Play the story of a seed: its trace. What a failure is told with says how to see it again."""
    simulation = Simulation(folder)
    try:
        with same_people(seed):
            return simulation.play(draw(seed))
    except AssertionError as broken:
        trace = "\n".join(simulation.trace)
        again = f"python -m tests.faults.simulator {seed}"
        raise AssertionError(f"{broken}\nseed {seed}, again by `{again}`:\n{trace}") from broken


@contextmanager
def same_people(seed: int) -> Iterator[None]:
    """Pseudonyms out of the seed, so that the same story makes the same log to the last byte."""
    chance = random.Random(seed)
    with mock.patch("secrets.token_hex", lambda n_bytes: chance.randbytes(n_bytes).hex()):
        yield


def _counts(files: list[FileResult]) -> str:
    """What became of each file, and of its lines: accepted, duplicate, quarantined."""
    told = (
        f"{Path(file.path).name} {file.status} {file.accepted}+{file.duplicate}+{file.quarantined}"
        for file in files
    )
    return ", ".join(told) or "nothing waits"


def _compare(what: str, found: Mapping[Any, Any], expected: Mapping[Any, Any]) -> None:
    """What differs is told here: no test runner takes assertions apart when one seed is played alone."""
    differ = {key for key in {*found, *expected} if found.get(key, "none") != expected.get(key, "none")}
    told = [f"{key}: {found.get(key, 'none')}, not {expected.get(key, 'none')}" for key in sorted(differ)]
    assert not told, f"{what} are not as drawn: {'; '.join(told)}"


def _digest(rows: list[tuple[Any, ...]]) -> str:
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:12]


def _plain(payload: str, names: Mapping[str, str]) -> str:
    """What was received, with people called as their source calls them."""
    data = {key: names.get(value, value) for key, value in json.loads(payload).items()}
    return json.dumps(data, sort_keys=True)


def _as_drawn(row: tuple[Any, ...]) -> str:
    """An event of the log as `Row.says` tells it."""
    _, _, kind, occurred_at, _, actor, payload = row
    return f"{kind} {occurred_at:%Y-%m-%dT%H:%M:%SZ} {actor} {payload}"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        sys.stdout.writelines(f"{line}\n" for line in simulate(int(sys.argv[1]), Path(scratch)))
