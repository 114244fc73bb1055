"""Relationship: agreements between the two, pauses and the end."""

from __future__ import annotations

import datetime as dt

from warehouse.events.base import Annotated, Days, Literal, Minutes, Party, Word, event, note

Form = Literal["formal", "informal"]
Direction = Literal["standard", "peer", "reverse"]
Modality = Literal["in_person", "virtual", "mixed"]
EndReason = Literal[
    "goals_met",
    "term_completed",
    "needs_evolved",
    "moved_to_network",
    "mismatch.chemistry",
    "mismatch.expertise",
    "mismatch.goals",
    "mismatch.logistics",
    "mismatch.culture",
    "ghosted_by_mentor",
    "ghosted_by_mentee",
    "faded",
    "time_constraints",
    "life_event",
    "left_organisation",
    "program_ended",
    "conduct",
    "never_started",
    "unknown",
]
Initiator = Literal["mentor", "mentee", "both", "pm", "system"]


@event("relationship.started")
class RelationshipStarted:
    """The two agreed to go on after a first talk."""

    planned_end_on: dt.date | None = None


@event("relationship.type_set")
class RelationshipTypeSet:
    """What kind of relationship it is, on three independent axes."""

    form: Form | None = None
    direction: Direction | None = None
    modality: Modality | None = None


@event("relationship.expectations_agreed")
class RelationshipExpectationsAgreed:
    """Commitment, channels and confidentiality were talked about."""

    commitment_minutes: Annotated[Minutes, note("minutes a meeting the two agreed on")] | None = None
    channels: Annotated[tuple[Word, ...], note("preferred channels: email, chat, call ...")] = ()
    is_confidentiality_stated: bool | None = None


@event("relationship.cadence_agreed")
class RelationshipCadenceAgreed:
    """How often the two mean to be in touch; 60 days is as legitimate as 7."""

    cadence_days: Annotated[Days, note("days between contacts")]


@event("relationship.drive_shifted")
class RelationshipDriveShifted:
    """The side that drives the relationship changed."""

    party: Party


@event("relationship.paused")
class RelationshipPaused:
    """The two agreed to pause: the clock stands still."""

    until_on: dt.date | None = None


@event("relationship.light_mode_set")
class RelationshipLightModeSet:
    """The two agreed on ten-minute check-ins or asynchronous updates for a while."""

    until_on: dt.date | None = None


@event("relationship.resumed")
class RelationshipResumed:
    """The pause is over."""


@event("relationship.closing_started")
class RelationshipClosingStarted:
    """The two are bringing the relationship to its end."""


@event("relationship.ended")
class RelationshipEnded:
    """The relationship ended, for exactly one reason; a natural end is a success."""

    end_reason: EndReason
    initiator: Initiator
    is_acknowledged: Annotated[bool, note("the other side knows and said so")] | None = None
    is_goodbye_held: Annotated[bool, note("there was a last conversation")] | None = None
    is_auto_closed: Annotated[bool, note("closed by a time-out: never a success")] = False


@event("relationship.reopened")
class RelationshipReopened:
    """An ended relationship goes on."""


@event("relationship.moved_to_network")
class RelationshipMovedToNetwork:
    """The two stay in touch without a program: a professional friendship."""
