"""Follow-up: what a session leads to."""

from __future__ import annotations

from warehouse.events.base import Annotated, Hours, Id, Link, Word, event, note


@event("followup.thanks_sent")
class FollowupThanksSent:
    """The mentee said thank you; the habit to aim for is within 24 hours."""

    session_id: Id
    hours_after: Annotated[Hours, note("hours after the session's start")]
    is_specific: bool | None = None


@event("followup.takeaway_recorded")
class FollowupTakeawayRecorded:
    """The mentee noted what they took away; only the fact is recorded."""

    session_id: Id


@event("followup.advice_given")
class FollowupAdviceGiven:
    """The mentor gave advice to act on."""

    advice_id: Id
    topic: Word | None = None


@event("followup.advice_applied")
class FollowupAdviceApplied:
    """The mentee acted on it."""

    advice_id: Id


@event("followup.advice_reported_back")
class FollowupAdviceReportedBack:
    """The mentee told the mentor how it went."""

    advice_id: Id


@event("followup.resource_shared")
class FollowupResourceSharedOnce:
    """A side passed on something to read, hear or try."""

    topic: Word | None = None


@event("followup.resource_shared", version=2)
class FollowupResourceShared:
    """A side passed on something to read, hear or try."""

    topic: Word | None = None
    link: Annotated[Link, note("https address of what was passed on, where everybody may read it")] | None = (
        None
    )
