"""Program: the frame every relationship lives in."""

from __future__ import annotations

import datetime as dt

from warehouse.events.base import Annotated, Count, Id, Word, Zone, event, note


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
    """The thresholds in force changed; the policy itself is kept under its fingerprint."""

    policy_fingerprint: Id


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
