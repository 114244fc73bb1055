"""Outreach: the first message, before there is a relationship."""

from __future__ import annotations

from warehouse.events.base import Annotated, Count, Id, Literal, Minutes, Person, Word, event, note


@event("outreach.sent")
class OutreachSent:
    """A mentee wrote to a possible mentor; the text stays with them."""

    outreach_id: Id
    to_id: Person
    ask_kind: Annotated[
        Literal["conversation", "mentor"], note("a short talk, or 'will you be my mentor'")
    ] = "conversation"
    minutes_asked: Minutes | None = None
    is_personalised: bool | None = None
    n_checklist: (
        Annotated[Count, note("of subject, opening, purpose, ask, easy exit: how many were there, 0-5")]
        | None
    ) = None


@event("outreach.replied")
class OutreachReplied:
    """The person asked said something."""

    outreach_id: Id


@event("outreach.declined")
class OutreachDeclined:
    """The person asked said no."""

    outreach_id: Id
    reason: Word | None = None


@event("outreach.expired")
class OutreachExpired:
    """No reply in the program's time limit; this is never ghosting."""

    outreach_id: Id


@event("outreach.bounced")
class OutreachBounced:
    """The message could not be delivered."""

    outreach_id: Id
