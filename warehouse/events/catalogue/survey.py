"""Survey: pulses and waves, and flags a participant raises."""

from __future__ import annotations

from warehouse.events.base import Annotated, Count, Id, Literal, Party, Word, event, note

SurveyMode = Literal["aggregate_only", "coordinator_visible"]


@event("survey.sent")
class SurveySentOnce:
    """A survey went out to one side."""

    wave: Word
    instrument: Word
    party: Party | None = None
    survey_mode: SurveyMode | None = None


@event("survey.sent", version=2)
class SurveySent(SurveySentOnce):
    """A survey went out to one side."""

    small_group: (
        Annotated[Count, note("people below which nothing of the wave is told, as promised when it went out")]
        | None
    ) = None


@event("survey.opened")
class SurveyOpened:
    """A survey was looked at."""

    wave: Word
    instrument: Word
    party: Party | None = None


@event("survey.answered", visibility="aggregate")
class SurveyAnswered:
    """One item of one survey was answered by one side; wording and comments stay outside."""

    wave: Word
    instrument: Word
    item: Word
    score: Annotated[int, note("the answer on the item's scale")]
    score_max: Annotated[int, note("the top of the scale; its bottom is 1")] = 5
    party: Party | None = None
    survey_mode: SurveyMode | None = None


@event("survey.choice_made", visibility="aggregate")
class SurveyChoiceMade:
    """One item was answered by choosing a printed option, kept as the program's own code for it."""

    wave: Word
    instrument: Word
    item: Word
    choice: Word
    party: Party | None = None
    survey_mode: SurveyMode | None = None


@event("survey.skipped")
class SurveySkipped:
    """A survey was declined."""

    wave: Word
    instrument: Word
    party: Party | None = None


@event("survey.expired")
class SurveyExpired:
    """A survey was not answered in time."""

    wave: Word
    instrument: Word
    party: Party | None = None


@event("survey.flag_raised")
class SurveyFlagRaised:
    """A participant asks the program for help."""

    flag_id: Id
    topic: Word
    severity: Literal["info", "attention", "safety"]


@event("survey.flag_resolved")
class SurveyFlagResolved:
    """The program dealt with a flag."""

    flag_id: Id
