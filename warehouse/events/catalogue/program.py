"""Program: the frame every relationship lives in."""

from __future__ import annotations

import datetime as dt

from msgspec import Meta

from warehouse.events.base import Annotated, Count, Id, Word, Zone, event, note

Setting = Annotated[str, Meta(min_length=1, max_length=10_000)]
"""A setting of the policy with its value, or with both."""


@event("program.created")
class ProgramCreated:
    """A program exists."""

    program: Word
    time_zone: Zone | None = None


@event("program.term_opened")
class ProgramTermOpened:
    """A cohort's term begins."""

    term: Word
    starts_on: dt.date
    ends_on: dt.date | None = None
    planned_pairs: Annotated[Count, note("how many relationships the term was planned for")] | None = None


@event("program.term_closed")
class ProgramTermClosed:
    """A cohort's term is over."""

    term: Word
    ends_on: dt.date


@event("program.policy_set")
class ProgramPolicySet:
    """A run judged by other settings than the one before; Kinkeeper notes it by itself."""

    policy_fingerprint: Id
    changes: Annotated[tuple[Setting, ...], note("what differs from before: name: old -> new")] = ()
    settings: Annotated[tuple[Setting, ...], note("all that is in force: name = value")] = ()


@event("program.break_declared")
class ProgramBreakDeclared:
    """Nobody is expected to meet between these dates, both included."""

    starts_on: dt.date
    ends_on: dt.date


@event("program.gathering_held")
class ProgramGatheringHeld:
    """A cohort met as a group, for example on a cohort call: no contact of any one pair."""

    gathering_id: Id


@event("program.label_set")
class ProgramLabelSet:
    """Something every screen must say about this program, for example that its people are synthetic."""

    label: Word
