"""Goal: what the mentee wants from the relationship."""

from __future__ import annotations

import datetime as dt

from warehouse.events.base import Annotated, Id, Literal, Rate, Word, event, note

GoalKind = Literal["skill", "career", "network", "confidence", "project", "other"]
Guidance = Literal["technical", "career", "political", "emotional"]


@event("goal.set")
class GoalSet:
    """A goal was agreed; a long-term goal outlives the relationship and is not scored."""

    goal_id: Id
    horizon: Annotated[Literal["short", "long"], note("short: 6-12 months; long: 3-5 years")] = "short"
    goal_kind: GoalKind = "other"
    guidance: Guidance | None = None
    topic: Word | None = None
    due_on: dt.date | None = None


@event("goal.persona_defined")
class GoalPersonaDefined:
    """The mentee described the mentor they are looking for."""

    expertise: tuple[Word, ...] = ()
    guidance: Guidance | None = None


@event("goal.revised")
class GoalRevised:
    """A goal changed."""

    goal_id: Id
    due_on: dt.date | None = None


@event("goal.progressed")
class GoalProgressed:
    """How far a goal is, between 0 and 1."""

    goal_id: Id
    progress: Rate


@event("goal.achieved")
class GoalAchieved:
    """A goal was reached."""

    goal_id: Id


@event("goal.dropped")
class GoalDropped:
    """A goal was given up."""

    goal_id: Id
    reason: Word | None = None
