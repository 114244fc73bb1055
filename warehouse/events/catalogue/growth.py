"""Growth: feedback, stretch, introductions and advocacy."""

from __future__ import annotations

from warehouse.events.base import Annotated, Count, Id, Literal, Party, Word, event, note


@event("growth.feedback_given")
class GrowthFeedbackGivenOnce:
    """Honest feedback; for the SBI model the parts that were there, never the text."""

    by_party: Party
    n_sbi_parts: Annotated[Count, note("of situation, behaviour, impact: how many, 0-3")]
    is_situation_told: bool | None = None
    is_behaviour_told: bool | None = None
    is_impact_told: bool | None = None
    tone: Literal["reinforcing", "corrective"] | None = None


@event("growth.feedback_given", version=2)
class GrowthFeedbackGiven(GrowthFeedbackGivenOnce):
    """Honest feedback; for the SBI model the parts that were there, never the text."""

    is_intent_told: Annotated[bool, note("the intent behind the behaviour was asked for or told")] | None = (
        None
    )


@event("growth.feedback_received_ok")
class GrowthFeedbackReceivedOk:
    """The receiver found the feedback helpful, 1-5."""

    score: Annotated[int, note("1 not at all - 5 very")]


@event("growth.stretch_assigned")
class GrowthStretchAssigned:
    """The mentor set a task beyond the mentee's comfort."""

    stretch_id: Id


@event("growth.stretch_done")
class GrowthStretchDone:
    """The stretch task was done."""

    stretch_id: Id


@event("growth.introduction_made")
class GrowthIntroductionMade:
    """A side introduced the other to somebody."""

    introduction_id: Id


@event("growth.introduction_led_to")
class GrowthIntroductionLedTo:
    """An introduction led to something."""

    introduction_id: Id
    outcome: Word | None = None


@event("growth.advocated")
class GrowthAdvocated:
    """The mentor spoke up for the mentee."""

    advocacy: Literal["project", "award", "endorsement", "promotion", "other"]


@event("growth.endorsed")
class GrowthEndorsed:
    """The mentor endorsed the mentee in public."""

    channel: Word | None = None


@event("growth.award_nominated")
class GrowthAwardNominated:
    """The mentor nominated the mentee for an award."""

    topic: Word | None = None


@event("growth.failure_shared")
class GrowthFailureShared:
    """A mentor told of a failure of their own; opt-in, only the fact is recorded."""

    by_party: Party | None = None
