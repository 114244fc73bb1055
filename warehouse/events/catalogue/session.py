"""Session: meetings of the pair."""

from __future__ import annotations

from warehouse.events.base import (
    Annotated,
    Count,
    Hours,
    Id,
    Instant,
    Literal,
    Minutes,
    Party,
    Person,
    event,
    note,
)

SessionMode = Literal["in_person", "video", "call", "async"]
OpenParty = Literal["mentor", "mentee", "both"]


@event("session.proposed")
class SessionProposed:
    """A side proposed a meeting: the other side owes an answer."""

    session_id: Id
    starts_at: Instant
    minutes: Minutes | None = None


@event("session.confirmed")
class SessionConfirmed:
    """The other side said yes."""

    session_id: Id
    starts_at: Instant | None = None


@event("session.rescheduled")
class SessionRescheduled:
    """A meeting was moved; with notice this is no failure."""

    session_id: Id
    starts_at: Instant | None = None
    notice_hours: Annotated[Hours, note("hours before the old start")] | None = None


@event("session.cancelled")
class SessionCancelled:
    """A meeting was called off."""

    session_id: Id
    by_party: OpenParty | None = None
    notice_hours: Hours | None = None


@event("session.held", evidence="attested1")
class SessionHeld:
    """Both were there. `occurred_at` is the start; a ten-minute check-in counts in full."""

    session_id: Id
    minutes: Minutes | None = None
    mode: SessionMode | None = None


@event("session.joined")
class SessionJoined:
    """A person entered the meeting."""

    session_id: Id
    person_id: Person


@event("session.left")
class SessionLeft:
    """A person left the meeting."""

    session_id: Id
    person_id: Person


@event("session.no_show", evidence="attested1")
class SessionNoShow:
    """A side did not come and had not said so."""

    session_id: Id
    party: OpenParty


@event("session.late")
class SessionLate:
    """A side came late."""

    session_id: Id
    party: Party
    minutes: Minutes


@event("session.shortened")
class SessionShortened:
    """The meeting ended before its time."""

    session_id: Id
    minutes: Minutes


@event("session.overran")
class SessionOverran:
    """The meeting ran over."""

    session_id: Id
    minutes: Minutes


@event("session.date_passed", evidence="assumed")
class SessionDatePassed:
    """A confirmed meeting's date went by and nobody said whether it was held."""

    session_id: Id
    n_reminders: Count | None = None
