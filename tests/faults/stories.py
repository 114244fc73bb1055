"""Stories for the simulator: what comes in, when, by which clock, and where the process dies.

A story is drawn by one random number generator, so a seed is a story. With each line it is drawn what must
become of it in the end, whatever happens on the way: that is what the log is held against.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import itertools
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tests.faults.children import INGEST, PUBLISH
from tests.faults.conftest import native
from tests.faults.points import DISK, FULL_DISK

Kind = Literal["ingest", "redrive", "publish"]

START = dt.datetime(2026, 3, 30, 9, tzinfo=dt.UTC)
RIGHT = dt.datetime(2026, 4, 10, 12, tzinfo=dt.UTC)
"""When the story ends, by a clock that is right then, and judges again what other clocks have refused."""

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
WRONG = [-3650 * DAY, -400 * DAY, -3 * DAY, -HOUR, HOUR, DAY, 20 * DAY]
"""How far our clock may be off. None is so far ahead that it takes in what is of the future at the end."""

POISON = [
    "no event\n",
    '{"id": "cut off\n',
    '{"id": 17}\n',
    '{"specversion": "1.0"}\n',
    native(0, time="yesterday"),
    native(0, type="mentorship.session.dreamt.v1"),
    native(0, id=""),
    native(0, data={}),
]

Key = tuple[str, str]


@dataclass(frozen=True)
class Row:
    """A line; the event it must become, if any, and what that says: type, time, actor, payload."""

    text: str
    key: Key | None = None
    says: str = ""


@dataclass(frozen=True)
class Drop:
    """A file put into the inbox; `rows` is None where it must be refused as a whole."""

    name: str
    content: bytes
    rows: tuple[Row, ...] | None

    @property
    def source(self) -> str:
        return self.name.partition("/")[0]

    @property
    def delivery(self) -> tuple[str, str]:
        """What tells it from others in the ledger."""
        return hashlib.sha256(self.content).hexdigest(), self.source


@dataclass(frozen=True)
class Fault:
    """The nth passing of a named point, at which the process dies or finds the disk full."""

    how: Literal["dies", "full"]
    point: str
    nth: int

    def __str__(self) -> str:
        return f"{self.how} where {self.point} ({self.nth})"


@dataclass(frozen=True)
class Step:
    """What is dropped and then done, under a clock that jumps at its nth question, once for each fault."""

    kind: Kind
    clock: dt.datetime
    jump: tuple[int, dt.timedelta]
    drops: tuple[Drop, ...] = ()
    faults: tuple[Fault | None, ...] = (None,)


@dataclass(frozen=True)
class Story:
    steps: tuple[Step, ...]

    @property
    def drops(self) -> list[Drop]:
        return [drop for step in self.steps for drop in step.drops]

    def without_faults(self) -> Story:
        return Story(tuple(replace(step, faults=(None,)) for step in self.steps))

    def events(self) -> dict[Key, str]:
        """What the log must hold in the end: of each id what came first."""
        found: dict[Key, str] = {}
        for drop in self.drops:
            for row in drop.rows or ():
                if row.key is not None:
                    found.setdefault(row.key, row.says)
        return found

    def ledger(self) -> dict[tuple[str, str], tuple[int, int] | None]:
        """Each delivery: how many lines are taken and held in the end; None where it is refused."""
        first = self.events()
        return {
            drop.delivery: None if drop.rows is None else _counts(drop.rows, first) for drop in self.drops
        }


def _counts(rows: Sequence[Row], first: dict[Key, str]) -> tuple[int, int]:
    taken = sum(row.key is not None and first[row.key] == row.says for row in rows)
    return taken, len(rows) - taken


def draw(seed: int) -> Story:
    """The story of a seed."""
    return _Teller(random.Random(seed)).story()


class _Teller:
    """Draws a story; remembers what it told, to tell it again or to contradict it."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._numbers = itertools.count(1)
        self._files = itertools.count(1)
        self._told: list[Row] = []
        self._settled: list[Row] = []
        self._dropped: list[Drop] = []

    def story(self) -> Story:
        steps: list[Step] = []
        for day in range(self._chance.randint(2, 3)):
            drops = tuple(self._drop() for _ in range(self._chance.choice([1, 1, 2, 3])))
            steps.append(self._step("ingest", day, drops))
            if self._chance.random() < 0.2:
                steps.append(self._step("redrive", day))
            if self._chance.random() < 0.4:
                steps.append(self._step("publish", day))
        return Story(tuple(steps))

    def _step(self, kind: Kind, day: int, drops: tuple[Drop, ...] = ()) -> Step:
        chance = self._chance
        clock = START + day * DAY + chance.randint(0, 9 * 3600) * dt.timedelta(seconds=1)
        if chance.random() < 0.4:
            clock += chance.choice(WRONG)
        jump = chance.choice(WRONG) if chance.random() < 0.2 else dt.timedelta()
        if clock + jump > RIGHT + 20 * DAY:
            jump = dt.timedelta()
        faults = tuple(self._fault(kind) for _ in range(chance.choice([0, 1, 1, 1, 2])))
        return Step(kind, clock, (chance.randint(1, 3), jump), drops, faults or (None,))

    def _fault(self, kind: Kind) -> Fault:
        chance = self._chance
        named = list(PUBLISH if kind == "publish" else INGEST)
        if chance.random() < 0.25:
            return Fault("full", chance.choice(list(FULL_DISK)), chance.randint(1, 2))
        if chance.random() < 0.5:
            return Fault("dies", chance.choice(named), chance.choice([1, 1, 1, 2]))
        return Fault("dies", chance.choice(list(DISK)), chance.randint(1, 6))

    def _drop(self) -> Drop:
        again = self._dropped and self._chance.random() < 0.2
        drop = self._again() if again else self._chance.choices(
            [self._lines, self._roster, self._packed, self._torn], [6, 2, 1, 1]
        )[0]()  # fmt: skip
        self._dropped.append(drop)
        return drop

    def _again(self) -> Drop:
        """A file that came before: under its name, under another, or out of another folder."""
        before = self._chance.choice(self._dropped)
        folder, _, name = before.name.partition("/")
        if folder == "platform" and self._chance.random() < 0.3:
            folder = "portal"
        if self._chance.random() < 0.5:
            name = f"{next(self._files):02}{name[2:]}"
        return replace(before, name=f"{folder}/{name}")

    def _lines(self) -> Drop:
        rows = self._native_rows()
        return Drop(f"platform/{next(self._files):02}.ndjson", _text(rows), rows)

    def _packed(self) -> Drop:
        rows = self._native_rows()
        return Drop(f"platform/{next(self._files):02}.ndjson.gz", gzip.compress(_text(rows), mtime=0), rows)

    def _torn(self) -> Drop:
        """A file whose end is missing: what could be read of it is nothing that happened."""
        text = "".join(self._session(next(self._numbers)).text for _ in range(3)).encode()
        content = gzip.compress(text, mtime=0)
        return Drop(f"platform/{next(self._files):02}.ndjson.gz", content[:-9], None)

    def _roster(self) -> Drop:
        rows = []
        for _ in range(self._chance.randint(1, 4)):
            number, is_bad = next(self._numbers), self._chance.random() < 0.2
            at = "soon" if is_bad else "2026-01-05T09:00:00Z"
            says = _says(
                "participant.registered",
                "2026-01-05T09:00:00Z",
                None,
                {"person_id": f"u{number}", "role": "mentee"},
            )
            text = f"r{number},u{number},Synthetic {number},{at}\n"
            rows.append(Row(text) if is_bad else Row(text, ("roster", f"r{number}"), says))
        content = b"id,person,name,at\n" + _text(rows)
        return Drop(f"roster/{next(self._files):02}.csv", content, tuple(rows))

    def _native_rows(self) -> tuple[Row, ...]:
        kinds: list[tuple[int, Callable[[], Row]]] = [
            (8, self._good),
            (2, self._poison),
            (2, self._told_again),
            (2, self._contradiction),
            (1, self._retraction),
            (2, self._late),
            (2, self._early),
            (1, self._never),
        ]
        weights, tellers = zip(*kinds, strict=True)
        chosen = self._chance.choices(tellers, weights, k=self._chance.randint(2, 7))
        return tuple(tell() for tell in chosen)

    def _good(self) -> Row:
        return self._tell(self._session(next(self._numbers)))

    def _late(self) -> Row:
        """Of the past by every clock of the story: of such events alone the first word is sure to come in."""
        row = self._at(START - self._chance.randint(3700, 9000) * DAY)
        self._settled.append(row)
        return row

    def _early(self) -> Row:
        """Of the future by some clocks of the story, and not at its end."""
        return self._at(RIGHT + self._chance.randint(-30, 23) * HOUR)

    def _never(self) -> Row:
        """Of the future still at the end."""
        number, at = next(self._numbers), RIGHT + self._chance.randint(40, 3000) * DAY
        return Row(native(number, time=_iso(at), recordedat=_iso(at)))

    def _poison(self) -> Row:
        return Row(self._chance.choice(POISON))

    def _told_again(self) -> Row:
        """The very line, or the same event recorded at another time."""
        if not self._told:
            return self._good()
        row = self._chance.choice(self._told)
        if self._chance.random() < 0.5:
            return row
        return replace(row, text=json.dumps(json.loads(row.text) | {"recordedat": None}) + "\n")

    def _contradiction(self) -> Row:
        """Another word about something that was settled before."""
        if not self._settled:
            return self._late()
        record = json.loads(self._chance.choice(self._settled).text)
        return Row(json.dumps(record | {"data": {"session_id": f"other{next(self._numbers)}"}}) + "\n")

    def _retraction(self) -> Row:
        if not self._told:
            return self._good()
        gone = self._chance.choice(self._told).key
        assert gone is not None, "what was told is an event"
        kind, number = "ops.event_retracted", next(self._numbers)
        data = {"retracted_source": gone[0], "retracted_id": gone[1], "reason": "a test"}
        record = {
            "specversion": "1.0",
            "id": f"x{number}",
            "source": "platform",
            "type": f"mentorship.{kind}.v1",
            "time": _iso(START - DAY),
            "data": data,
        }
        says = _says(kind, _iso(START - DAY), None, data)
        return Row(json.dumps(record) + "\n", ("platform", f"x{number}"), says)

    def _at(self, at: dt.datetime) -> Row:
        return self._tell(self._session(next(self._numbers), time=_iso(at), recordedat=_iso(at)))

    def _session(self, number: int, **changes: str) -> Row:
        text = native(number, **changes)
        record = json.loads(text)
        says = _says("session.held", record["time"], record["actorid"], record["data"])
        return Row(text, ("platform", record["id"]), says)

    def _tell(self, row: Row) -> Row:
        self._told.append(row)
        return row


def _says(kind: str, time: str, actor: str | None, data: dict[str, str]) -> str:
    return f"{kind} {time} {actor} {json.dumps(data, sort_keys=True)}"


def _text(rows: Sequence[Row]) -> bytes:
    return "".join(row.text for row in rows).encode()


def _iso(at: dt.datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
