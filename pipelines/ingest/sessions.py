"""From who was in a call when to what became of the pair's session: pure functions, no I/O.

Each returns facts: an event's type, its time and its payload, without ids. What counts as late, as waiting in
vain or as having met is policy (warehouse/policy.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

from warehouse.policy import Policy

Side = Literal["mentor", "mentee"]
Span = tuple[dt.datetime, dt.datetime]

MAX_MINUTES = 24 * 60
"""The longest a meeting may take in the catalogue."""

OTHER: dict[Side, Side] = {"mentor": "mentee", "mentee": "mentor"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened in a session; `person_id` is who did it."""

    type: str
    at: dt.datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    person_id: str | None = None
    evidence: str | None = None


def together(mentors: Sequence[Span], mentees: Sequence[Span]) -> list[Span]:
    """When both sides were there; the spans of a side may overlap and come in any order."""
    edges = sorted({edge for span in (*mentors, *mentees) for edge in span})
    return [
        (begin, end)
        for begin, end in pairwise(edges)
        if all(any(start <= begin and end <= stop for start, stop in side) for side in (mentors, mentees))
    ]


def minutes_of(spans: Sequence[Span]) -> int:
    """Their length in whole minutes, rounded."""
    seconds = sum((end - begin).total_seconds() for begin, end in spans)
    return round(seconds / 60)


def met(present: Mapping[Side, Sequence[Span]], policy: Policy) -> Iterator[Fact]:
    """What a call with both sides in it was: held and late, or missed where they never met.

    The session begins when both are there. A side is late by how long the other waited for it.
    """
    both = together(present["mentor"], present["mentee"])
    came = {side: min(begin for begin, _ in spans) for side, spans in present.items()}
    last: Side = "mentor" if came["mentor"] > came["mentee"] else "mentee"
    waited = minutes_of([(came[OTHER[last]], came[last])])
    if minutes_of(both) >= policy.held_minutes:
        length = {"minutes": min(minutes_of(both), MAX_MINUTES), "mode": "video"}
        yield Fact("session.held", both[0][0], length, evidence="observed")
        if waited >= policy.late_minutes:
            yield Fact("session.late", came[last], {"party": last, "minutes": min(waited, MAX_MINUTES)})
    elif waited >= policy.no_show_minutes:
        yield Fact("session.no_show", came[OTHER[last]], {"party": last}, evidence="inferred")


def met_in_total(total: Mapping[Side, dt.timedelta], call: Span, policy: Policy) -> Iterator[Fact]:
    """What a call was of which is known how long each side was there, and not when.

    Both cannot have missed each other where together they were there longer than the call was: what is over
    is how long they met at least. Less than that says nothing, neither that they met nor that they did not.
    """
    begin, end = call
    over = sum(total.values(), begin - end)
    at_least = minutes_of([(begin, begin + over)])
    if at_least >= policy.held_minutes:
        length = {"minutes": min(at_least, MAX_MINUTES), "mode": "video"}
        yield Fact("session.held", begin, length, evidence="inferred")


def waited_alone(side: Side, spans: Sequence[Span], policy: Policy) -> Iterator[Fact]:
    """What a call with one side in it was: the other did not come, if this one waited long enough."""
    if minutes_of(spans) >= policy.no_show_minutes:
        began_at = min(begin for begin, _ in spans)
        yield Fact("session.no_show", began_at, {"party": OTHER[side]}, evidence="inferred")
