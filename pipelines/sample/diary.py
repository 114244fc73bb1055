"""Where stories are written down: facts and pulse answers, one pair at a time.

A story may run past `until`: what has not happened yet is simply not written.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from random import Random
from typing import Any

from pipelines.sample.days import Days
from pipelines.sample.people import Person, awake_at, meeting_hours
from warehouse.events.base import Evidence, Role
from warehouse.events.catalogue.relationship import Direction, Form, Modality

PLATFORM = "sample-platform"
CALENDAR = "sample-calendar"
CALENDAR_STOPPED = 33
"""The last day on which the calendar sent anything."""
CALENDAR_TYPES = (
    "session.proposed",
    "session.confirmed",
    "session.rescheduled",
    "session.cancelled",
    "session.held",
)
"""All that a calendar knows. It names roles and no people: its ids for them would be its own."""

CONTACT_FAMILIES = ("session.", "prep.", "exchange.", "followup.", "growth.")

ATTESTED: dict[str, Evidence] = {"session.held": "attested2"}
"""Both sides say that a session was held; everything else has its usual evidence."""

ITEMS = ("fit", "heard", "useful", "time_workable", "safe", "next_step")
"""The pulse's items on a 1-5 scale; `go_on` is a choice."""

LATE_RATE = 0.015
"""Share of facts that a source reports days after they happened."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One event, ready to be written as a CloudEvents line; times are UTC."""

    id: str
    source: str
    event_type: str
    at: dt.datetime
    recorded_at: dt.datetime
    payload: dict[str, Any]
    pair_id: str | None = None
    cohort_id: str | None = None
    actor_id: str | None = None
    actor_role: Role | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Pulse:
    """One row of the monthly survey: one side's answers about one pair."""

    response_id: str
    pair_id: str
    side: str
    answered_at: dt.datetime
    wave: str
    scores: tuple[int, ...]
    go_on: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people, the day they accepted each other and how they mean to work together."""

    pair_id: str
    cohort_id: str
    mentee: Person
    mentor: Person
    accepted: int
    cadence_days: int
    form: Form = "formal"
    direction: Direction = "standard"
    modality: Modality = "virtual"
    term_days: int | None = None
    contact_source: str = PLATFORM


@dataclass(frozen=True, slots=True)
class Asked:
    """One outcome survey sent to a side of a pair or to somebody who waits, and perhaps its answers."""

    response_id: str
    wave: str
    side: str
    sent_at: dt.datetime
    pair_id: str = ""
    person_id: str = ""
    answered_at: dt.datetime | None = None
    scores: tuple[int, ...] = ()


class Book:
    """All facts and pulses of the program, in the order in which the stories tell them."""

    def __init__(self, days: Days, seed: int) -> None:
        self.days = days
        self.seed = seed
        self.facts: list[Fact] = []
        self.pulses: list[Pulse] = []
        self.asked: list[Asked] = []
        self._rng = Random(f"{seed}/recording")

    def add(
        self,
        event_type: str,
        at: dt.datetime,
        payload: dict[str, Any],
        *,
        recorded_at: dt.datetime | None = None,
        source: str = PLATFORM,
        **envelope: Any,
    ) -> str | None:
        """Write one fact down and return its id; None when `at` has not come yet."""
        if at >= self.days.end_at:
            return None
        fact_id = f"evt-{len(self.facts) + 1:06d}"
        learnt_at = min(recorded_at or at + self._lag(), self.days.end_at - dt.timedelta(minutes=1))
        data = {name: _plain(value) for name, value in payload.items() if value is not None}
        fact = Fact(fact_id, source, event_type, at, max(at, learnt_at), data, **envelope)
        self.facts.append(fact)
        return fact_id

    def _lag(self) -> dt.timedelta:
        if self._rng.random() < LATE_RATE:
            return dt.timedelta(days=self._rng.randint(2, 9), minutes=self._rng.randrange(600))
        return dt.timedelta(seconds=self._rng.randint(1, 90))


@dataclass
class Diary:
    """Writes one pair's life; days are active days ago, sides are 'mentee' and 'mentor'.

    It remembers what a later page needs: goals (id, set, due), advice not yet reported on, sessions moved
    to another day, and how often the two have met.
    """

    book: Book
    pair: Pair
    rng: Random = field(init=False)
    goals: list[tuple[str, dt.date, dt.date]] = field(default_factory=list)
    open_advice: str | None = None
    moved_to: dict[int, str] = field(default_factory=dict)
    n_meetings: int = 0

    def __post_init__(self) -> None:
        self.rng = Random(f"{self.book.seed}/{self.pair.pair_id}")
        self._slot = self.rng.random()

    def person(self, side: str) -> Person:
        return self.pair.mentee if side == "mentee" else self.pair.mentor

    def at(self, ago: int, side: str) -> dt.datetime:
        """An instant on that day at which the side is up; the program's staff keep the mentor's hours."""
        return awake_at(self.book.days.on(ago), self.person(side).time_zone, self.rng)

    def meeting_at(self, ago: int) -> dt.datetime:
        """The pair's usual hour on that day."""
        date = self.book.days.on(ago)
        hours = meeting_hours(date, self.pair.mentee.time_zone, self.pair.mentor.time_zone)
        hour = hours[int(self._slot * len(hours))]
        return dt.datetime(date.year, date.month, date.day, hour, tzinfo=dt.UTC)

    def session_id(self, ago: int) -> str:
        """Named after the day it was first planned for."""
        return self.moved_to.get(ago) or f"{self.pair.pair_id}-{self.book.days.on(ago):%Y%m%d}"

    def write(self, event_type: str, at: dt.datetime, side: str, **payload: Any) -> str | None:
        """One fact of this pair by `side` (mentee, mentor, pm or system); returns its id."""
        source = self.pair.contact_source if event_type.startswith(CONTACT_FAMILIES) else PLATFORM
        if source == CALENDAR and not self._is_in_calendar(event_type, at):
            return None
        return self.book.add(
            event_type,
            at,
            payload,
            source=source,
            pair_id=self.pair.pair_id,
            cohort_id=self.pair.cohort_id,
            actor_id=self._actor_id(side) if source == PLATFORM else None,
            actor_role=self._actor_role(side),
            evidence=ATTESTED.get(event_type),
        )

    def answer_pulse(self, wave: str, date: dt.date, side: str, scores: tuple[int, ...], go_on: str) -> None:
        """One side's answers to one monthly survey."""
        response_id = f"{self.pair.pair_id}-{side}-{wave}"
        at = awake_at(date, self.person(side).time_zone, self.rng)
        self.book.pulses.append(Pulse(response_id, self.pair.pair_id, side, at, wave, scores, go_on))

    def _is_in_calendar(self, event_type: str, at: dt.datetime) -> bool:
        return event_type in CALENDAR_TYPES and at.date() <= self.book.days.on(CALENDAR_STOPPED)

    def _actor_id(self, side: str) -> str | None:
        if side in ("mentee", "mentor"):
            return self.person(side).person_id
        return "person-001" if side == "pm" else None

    def _actor_role(self, side: str) -> str:
        is_peer = self.pair.direction == "peer" and side in ("mentee", "mentor")
        return "peer" if is_peer else side


def other(side: str) -> str:
    """The side that is not this one."""
    return "mentor" if side == "mentee" else "mentee"


def instant(at: dt.datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _plain(value: Any) -> Any:
    """The JSON form of a payload value."""
    if isinstance(value, dt.datetime):
        return instant(value)
    return value.isoformat() if isinstance(value, dt.date) else value
