"""Calendar entries and meeting reports into records: which pair, which session, what happened.

A calendar entry names its session by its UID and, in a series, by the start it had there. A report's session
is the call it was. That both are one session is found out by `core.session_key`, so that the order in which
they come does not matter. An event's id is made of what it says: said again, it is the same event.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import duckdb

from pipelines.ingest.mapping import Mapping
from pipelines.ingest.readers.attendance import Call, Stay
from pipelines.ingest.readers.ics import Entry, Invited, Occurrence
from pipelines.ingest.sessions import MAX_MINUTES, Fact, Side, Span, met, met_in_total, waited_alone
from pipelines.ingest.who import AMBIGUOUS, NO_PAIR, SEVERAL_PAIRS, UNKNOWN, Directory, Relationship
from warehouse.clock import naive_utc
from warehouse.errors import EventRejected
from warehouse.events.base import TYPE_PREFIX
from warehouse.policy import Policy
from warehouse.waiting import Asked, PersonWaits

ERASED = "subject.erased"
_NO_INVITATION = frozenset({"REPLY", "DECLINECOUNTER", "REFRESH"})

_PLANNED = """
select distinct pair_id from log.typed_event
where list_contains($pairs, pair_id)
    and event_type in ('session.proposed', 'session.confirmed', 'session.rescheduled')
    and starts_at between $earliest and $latest
"""
"""The pairs, of some, that planned a session around an instant."""


@dataclass(frozen=True, slots=True)
class Given:
    """Somebody a file names: by an address, or else by one of several names."""

    address: str | None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part in a meeting, as far as the vault knows them.

    `erased` are those whom nobody may take in again; `has_others` says that they, or people to be ignored,
    were there.
    """

    known: dict[Given, str]
    unknown: tuple[Asked, ...]
    has_ambiguous: bool
    erased: frozenset[Given]
    has_others: bool

    @property
    def people(self) -> frozenset[str]:
        return frozenset(self.known.values())

    @property
    def n_people(self) -> int:
        return len(self.people) + len(self.unknown)

    def wait(self) -> PersonWaits:
        """Why a meeting cannot be a pair's yet."""
        code = AMBIGUOUS if self.has_ambiguous else UNKNOWN
        hint = "nobody knows yet who took part in this meeting: say it with `kinkeeper people`"
        return PersonWaits(code, None, hint, self.unknown)


class _Meetings:
    """What calendars and reports have in common; `left_out` counts, by reason, rows that became no event."""

    def __init__(self, mapping: Mapping, namespace: str, who: Directory, policy: Policy) -> None:
        self._mapping = mapping
        self._namespace = namespace
        self._who = who
        self._policy = policy
        self.left_out: Counter[str] = Counter()

    def notes(self) -> Iterator[str]:
        """What a person should know about rows that became no event, on purpose."""
        return (f"{why}: {n_rows}" for why, n_rows in sorted(self.left_out.items()))

    def _cast(self, given: Iterable[Given]) -> Cast:
        known: dict[Given, str] = {}
        unknown: dict[Asked, str] = {}
        erased: set[Given] = set()
        has_others = False
        for one in dict.fromkeys(given):
            try:
                known[one] = self._person(one)
            except PersonWaits as wait:
                if wait.code in (UNKNOWN, AMBIGUOUS):
                    unknown |= dict.fromkeys(wait.asked, wait.code)
                else:
                    has_others = True
            except EventRejected as error:
                if error.code != ERASED:
                    raise
                erased.add(one)
        has_ambiguous = AMBIGUOUS in unknown.values()
        return Cast(known, tuple(unknown), has_ambiguous, frozenset(erased), has_others or bool(erased))

    def _person(self, given: Given) -> str:
        if given.address is not None:
            return self._who.person(self._namespace, given.address, kind="email", field="email")
        *others, last = reversed(given.names)
        for name in reversed(others):
            try:
                return self._who.person(self._namespace, name, kind="name", field="name")
            except PersonWaits as wait:
                if wait.code == AMBIGUOUS:
                    raise
        return self._who.person(self._namespace, last, kind="name", field="name")

    def _is_nobody(self, names: Iterable[str]) -> bool:
        patterns = self._mapping.meeting.ignore_names
        return any(fnmatchcase(name.casefold(), pattern.casefold()) for name in names for pattern in patterns)

    def _skips(self, cast: Cast) -> bool:
        return self._mapping.meeting.strangers == "skip" and bool(cast.unknown)


class ReportMapper(_Meetings):
    """Rows of meeting reports into records, by what the whole call was."""

    def __init__(
        self, mapping: Mapping, namespace: str, who: Directory, policy: Policy, con: duckdb.DuckDBPyConnection
    ) -> None:
        super().__init__(mapping, namespace, who, policy)
        self._con = con
        self._casts: dict[Call, Cast] = {}

    def __call__(self, content: dict[str, Any]) -> list[dict[str, Any]]:
        """The records of one participant's stay, and those of the session it is part of.

        Each row of a session brings the session's events too: said twice, they are the same events, and any
        row that comes out of quarantine alone brings them.
        """
        call, stay = content["call"], content["stay"]
        if call.n_unreadable:
            hint = (
                "another row of this meeting cannot be read, so who was there is not certain: mend the file"
            )
            raise EventRejected("report.incomplete", None, hint)
        given = _given(stay)
        if self._is_nobody(given.names):
            return self._without_event("participants that are no people")
        if call not in self._casts:
            rows = (_given(other) for other in call.stays)
            self._casts[call] = self._cast(one for one in rows if not self._is_nobody(one.names))
        cast = self._casts[call]
        if cast.n_people > self._policy.session_people:
            return self._without_event("rows of gatherings too large to be a pair's session")
        if given in cast.erased:
            raise _erased()
        pairs = self._pairs(call, cast)
        person_id = cast.known.get(given)
        mine = [pair for pair in pairs if person_id in pair.mentors | pair.mentees]
        if not mine:
            return self._without_event("rows of guests")
        return [record for pair in mine for record in self._records(call, stay, pair, cast)]

    def _pairs(self, call: Call, cast: Cast) -> list[Relationship]:
        """The pairs whose session the call is; raises EventRejected while that cannot be said."""
        at = call.starts_at
        pairs = self._who.pairs_among(cast.people, at)
        if pairs or cast.has_others or self._skips(cast):
            return pairs
        if cast.unknown:
            raise cast.wait()
        if len(cast.people) > 1:
            hint = "these people are no pair: ingest the roster of pairs first"
            raise EventRejected(NO_PAIR, None, hint)
        return [self._pair_waiting(next(iter(cast.people)), at)] if cast.people else []

    def _pair_waiting(self, person_id: str, at: dt.datetime) -> Relationship:
        """The pair of somebody who was alone in a call: their only one, or the one that planned to meet."""
        pairs = self._who.pairs_with(person_id, at)
        if not pairs:
            raise EventRejected(
                NO_PAIR, None, "this person is in no pair yet: ingest the roster of pairs first"
            )
        if len(pairs) > 1:
            planned = self._planned([pair.pair_id for pair in pairs], at)
            pairs = [pair for pair in pairs if pair.pair_id in planned]
        if len(pairs) != 1:
            hint = (
                "alone in the call, and in several pairs: ingest the calendar that says whom they waited for"
            )
            raise EventRejected(SEVERAL_PAIRS, None, hint)
        return pairs[0]

    def _planned(self, pairs: list[str], at: dt.datetime) -> set[str]:
        around = dt.timedelta(hours=self._policy.session_match_hours)
        naive = naive_utc(at)
        rows = self._con.execute(
            _PLANNED, {"pairs": pairs, "earliest": naive - around, "latest": naive + around}
        ).fetchall()
        return {pair_id for (pair_id,) in rows}

    def _records(self, call: Call, stay: Stay, pair: Relationship, cast: Cast) -> Iterator[dict[str, Any]]:
        person_id = cast.known[_given(stay)]
        session_id = _session_of_call(call, pair)
        present = _present(call, pair, cast)
        facts = [
            Fact("session.joined", stay.joined_at, {"person_id": person_id}, person_id),
            Fact("session.left", stay.left_at, {"person_id": person_id}, person_id),
        ]
        if stay.total is not None:
            facts = list(self._facts_of_totals(present, stay))
        elif present["mentor"] and present["mentee"]:
            facts += met(_spans(present), self._policy)
        else:
            side: Side = "mentor" if present["mentor"] else "mentee"
            facts += waited_alone(side, _spans(present)[side], self._policy)
        link = None if call.number is None else (call.tool, call.number)
        return (_record(fact, pair.pair_id, session_id, link) for fact in facts)

    def _facts_of_totals(self, present: dict[Side, list[Stay]], stay: Stay) -> Iterator[Fact]:
        """What a call was whose report only adds up: of several people of a side the longest counts."""
        none = dt.timedelta()
        totals = {side: max(one.total or none for one in stays) for side, stays in present.items() if stays}
        begin, end = stay.joined_at, stay.left_at
        if len(totals) == len(present):
            return met_in_total(totals, (begin, end), self._policy)
        ((side, total),) = totals.items()
        return waited_alone(side, [(begin, begin + total)], self._policy)

    def _without_event(self, why: str) -> list[dict[str, Any]]:
        self.left_out[why] += 1
        return []


class CalendarMapper(_Meetings):
    """Entries of calendars into records; `landed_at` tells past meetings from those to come."""

    def __init__(
        self, mapping: Mapping, namespace: str, who: Directory, policy: Policy, landed_at: dt.datetime
    ) -> None:
        super().__init__(mapping, namespace, who, policy)
        self._landed_at = landed_at

    def __call__(self, content: dict[str, Any]) -> list[dict[str, Any]]:
        """The records of one entry; of a series, those of all its meetings within the window."""
        entry: Entry = content["entry"]
        answers = dict(_named(entry))
        if entry.is_all_day and not self._mapping.meeting.all_day:
            return self._without_event("entries of whole days")
        if len(answers) < 2:
            return self._without_event("entries that invite nobody")
        cast = self._cast(answers)
        if cast.erased:
            raise _erased()
        if cast.n_people > self._policy.session_people:
            return self._without_event("entries of gatherings too large to be a pair's session")
        if not entry.occurrences:
            return self._without_event("entries outside the time that is looked at")
        records = [
            record
            for occurrence in entry.occurrences
            for pair in self._pairs(cast, occurrence.starts_at)
            if _runs(pair, occurrence)
            for record in self._records(entry, occurrence, pair, _Room(entry, pair, cast, answers))
        ]
        if not records:
            self.left_out["entries that say nothing of a session"] += 1
        return records

    def _pairs(self, cast: Cast, at: dt.datetime) -> list[Relationship]:
        pairs = self._who.pairs_among(cast.people, at)
        if pairs or cast.has_others or self._skips(cast):
            return pairs
        if cast.unknown:
            raise cast.wait()
        raise EventRejected(NO_PAIR, None, "these people are no pair: ingest the roster of pairs first")

    def _records(
        self, entry: Entry, occurrence: Occurrence, pair: Relationship, room: _Room
    ) -> Iterator[dict[str, Any]]:
        session_id = _session_of_entry(entry, occurrence)
        facts = list(self._facts(entry, occurrence, room))
        return (_record(fact, pair.pair_id, session_id, entry.call) for fact in facts)

    def _facts(self, entry: Entry, occurrence: Occurrence, room: _Room) -> Iterator[Fact]:
        start = occurrence.starts_at
        if entry.is_cancelled or occurrence.is_excluded:
            yield _called_off(entry, occurrence, None if occurrence.is_excluded else room.side_of_organizer)
            return
        if entry.method == "COUNTER":
            yield Fact("session.proposed", entry.said_at, _plan(start, occurrence), room.counterpart)
            return
        if entry.method not in _NO_INVITATION:
            yield from _invitation(entry, occurrence, room)
        declined = room.answered("DECLINED")
        for person_id in declined:
            yield _called_off(entry, occurrence, room.sides[person_id], person_id)
        for person_id in room.answered("ACCEPTED"):
            at = min(entry.said_at, start)
            yield Fact("session.confirmed", at, {"starts_at": _text(start)}, person_id)
        is_over = occurrence.ends_at <= self._landed_at
        if is_over and not declined and room.is_agreed and entry.method not in _NO_INVITATION:
            yield Fact("session.date_passed", occurrence.ends_at, evidence="assumed")

    def _without_event(self, why: str) -> list[dict[str, Any]]:
        self.left_out[why] += 1
        return []


class _Room:
    """The people of one pair in one entry: on which side each is, and what they answered."""

    def __init__(self, entry: Entry, pair: Relationship, cast: Cast, answers: dict[Given, str]) -> None:
        self.sides: dict[str, Side] = {}
        self._answers: dict[str, str] = {}
        for given, person_id in cast.known.items():
            if person_id in pair.mentors | pair.mentees:
                self.sides[person_id] = "mentor" if person_id in pair.mentors else "mentee"
                self._answers[person_id] = answers[given] or self._answers.get(person_id, "")
        organizer = None if entry.organizer is None else cast.known.get(_who(entry.organizer))
        self.organizer = organizer if organizer in self.sides else None

    @property
    def side_of_organizer(self) -> Side | None:
        return None if self.organizer is None else self.sides[self.organizer]

    @property
    def counterpart(self) -> str | None:
        """Who of the pair answers the organiser."""
        return next((person_id for person_id in sorted(self.sides) if person_id != self.organizer), None)

    def answered(self, answer: str) -> list[str]:
        """Who of the pair gave an answer; who organises a meeting need not accept it."""
        return sorted(one for one, said in self._answers.items() if said == answer)

    @property
    def is_agreed(self) -> bool:
        """Whether somebody of each side said yes, or asked."""
        agreed = {*self.answered("ACCEPTED"), *([self.organizer] if self.organizer else [])}
        return {self.sides[person_id] for person_id in agreed} == {"mentor", "mentee"}


def _runs(pair: Relationship, occurrence: Occurrence) -> bool:
    """Whether an entry's meeting is the pair's: not after its end, and of a series not before it began."""
    on = occurrence.starts_at.date()
    has_begun = occurrence.of is None or on >= pair.starts_at.date()
    return has_begun and (pair.ends_at is None or on <= pair.ends_at.date())


def _erased() -> EventRejected:
    return EventRejected(ERASED, None, "somebody named here was erased: stop sending their data")


def _invitation(entry: Entry, occurrence: Occurrence, room: _Room) -> Iterator[Fact]:
    """That it was asked for, or moved.

    One meeting of a series that was moved says so itself. Of another entry of a later revision nobody can
    tell here whether the time changed: `feature.session` compares it with what was planned before.
    """
    start, made_at = occurrence.starts_at, entry.made_at or entry.said_at
    notice = _notice(occurrence.of or start, entry.said_at)
    if occurrence.of is not None and occurrence.of != start:
        yield _asked(min(made_at, entry.said_at), occurrence.of, occurrence, room)
        moved = {"starts_at": _text(start)} | ({} if notice is None else {"notice_hours": notice})
        yield Fact("session.rescheduled", entry.said_at, moved, room.organizer)
    elif entry.revision and entry.said_at < start:
        moved = {"starts_at": _text(start)}
        yield Fact("session.rescheduled", entry.said_at, moved, room.organizer, "inferred")
    else:
        yield _asked(made_at, start, occurrence, room)


def _asked(at: dt.datetime, start: dt.datetime, occurrence: Occurrence, room: _Room) -> Fact:
    """An invitation; what was entered afterwards is a note and asks nobody."""
    asker = room.organizer if at < start else None
    return Fact("session.proposed", min(at, start), _plan(start, occurrence), asker)


def _plan(start: dt.datetime, occurrence: Occurrence) -> dict[str, Any]:
    minutes = round((occurrence.ends_at - occurrence.starts_at).total_seconds() / 60)
    return {"starts_at": _text(start)} | ({"minutes": minutes} if 0 < minutes <= MAX_MINUTES else {})


def _called_off(
    entry: Entry, occurrence: Occurrence, side: Side | None, person_id: str | None = None
) -> Fact:
    """A cancellation with its notice, which nobody knows where it was written down afterwards."""
    start = occurrence.starts_at
    notice = None if occurrence.is_excluded else _notice(start, entry.said_at)
    data: dict[str, Any] = {} if side is None else {"by_party": side}
    if notice is not None:
        data["notice_hours"] = notice
    evidence = None if notice is not None else "inferred"
    return Fact("session.cancelled", min(entry.said_at, start), data, person_id, evidence)


def _notice(start: dt.datetime, said_at: dt.datetime) -> float | None:
    hours = (start - said_at).total_seconds() / 3600
    return round(hours, 2) if 0 <= hours <= 24 * 366 else None


def _named(entry: Entry) -> Iterator[tuple[Given, str]]:
    """Everybody an entry names, and what they answered."""
    if entry.organizer is not None:
        yield _who(entry.organizer), entry.organizer.answer
    for invited in entry.invited:
        yield _who(invited), invited.answer


def _who(invited: Invited) -> Given:
    """An address counts; a name only where there is none."""
    if invited.address:
        return Given(invited.address.lower())
    return Given(None, (invited.name,) if invited.name else ("?",))


def _given(stay: Stay) -> Given:
    return Given(stay.email.lower() if stay.email else None, stay.names)


def _present(call: Call, pair: Relationship, cast: Cast) -> dict[Side, list[Stay]]:
    """The stays of each side of a pair in a call."""
    present: dict[Side, list[Stay]] = {"mentor": [], "mentee": []}
    for stay in call.stays:
        person_id = cast.known.get(_given(stay))
        if person_id is not None and person_id in pair.mentors | pair.mentees:
            side: Side = "mentor" if person_id in pair.mentors else "mentee"
            present[side].append(stay)
    return present


def _spans(present: dict[Side, list[Stay]]) -> dict[Side, list[Span]]:
    """When each side was there."""
    return {side: [(stay.joined_at, stay.left_at) for stay in stays] for side, stays in present.items()}


def _session_of_entry(entry: Entry, occurrence: Occurrence) -> str:
    of = "" if occurrence.of is None else _text(occurrence.of)
    return f"ics-{_digest(entry.uid, of)}"


def _session_of_call(call: Call, pair: Relationship) -> str:
    """The call: by its number and beginning, or by its pair and beginning where the report has no number."""
    began = call.starts_at.replace(second=0, microsecond=0)
    return f"{call.tool}-{_digest(call.number or pair.pair_id, _text(began))}"


def _record(fact: Fact, pair_id: str, session_id: str, call: tuple[str, str] | None) -> dict[str, Any]:
    """A fact as a CloudEvents object; the call it links to is kept as a hash, to compare and not to join."""
    record: dict[str, Any] = {
        "type": f"{TYPE_PREFIX}.{fact.type}.v1",
        "time": _text(fact.at),
        "subject": f"relationship/{pair_id}",
        "actorid": fact.person_id,
        "evidence": fact.evidence,
        "correlationid": None if call is None else f"call-{_digest(*call)}",
        "data": {"session_id": session_id, **fact.data},
    }
    said = json.dumps({**record, "correlationid": None}, sort_keys=True)
    return {"id": f"{session_id}.{fact.type.partition('.')[2]}.{_digest(said)}", **record}


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def _text(instant: dt.datetime) -> str:
    return instant.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
