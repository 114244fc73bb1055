"""Match: two people are brought together."""

from __future__ import annotations

from warehouse.events.base import Annotated, Count, Id, Literal, Party, Person, Word, event, note

MatchMode = Literal["assigned", "suggested", "chosen"]


@event("match.proposed")
class MatchProposed:
    """A pair was proposed. In a peer pair `mentee_id` and `mentor_id` name the two peers."""

    mentee_id: Person
    mentor_id: Person
    match_mode: Annotated[MatchMode, note("who chose")] | None = None
    is_reporting_line: Annotated[bool, note("one reports to the other: a conflict")] | None = None


@event("match.accepted")
class MatchAccepted:
    """A side, or both, accepted; the relationship's clock starts when both sides are in."""

    mentee_id: Person | None = None
    mentor_id: Person | None = None
    match_mode: MatchMode | None = None


@event("match.declined")
class MatchDeclined:
    """A side declined the proposal."""

    party: Party
    reason: Word | None = None


@event("match.fit_rated")
class MatchFitRated:
    """How well a side thinks the two fit, usually after the first session."""

    party: Party
    fit: Literal["good", "deciding", "poor"]


@event("match.rematched")
class MatchRematched:
    """A person of an ended pair was matched again."""

    person_id: Person
    new_pair_id: Id
    n_matches_before: Count | None = None
