"""Participant: a person's way into, through and out of a program."""

from __future__ import annotations

import datetime as dt

from warehouse.events.base import (
    Annotated,
    Count,
    Hours,
    Literal,
    Person,
    Private,
    Role,
    Word,
    Zone,
    event,
    note,
)


@event("participant.invited")
class ParticipantInvited:
    """A person was asked to join."""

    person_id: Person
    role: Role


@event("participant.registered")
class ParticipantRegisteredOnce:
    """A person joined in a role; name and address go to the vault."""

    person_id: Person
    role: Role
    name: Private | None = None
    email: Private | None = None
    time_zone: Zone | None = None
    country: Annotated[Word, note("ISO 3166 alpha-2")] | None = None
    subdivision: (
        Annotated[Word, note("of the country, for its holidays: ISO 3166-2, as CA of US-CA")] | None
    ) = None
    was_mentee: Annotated[bool, note("a mentor who was a mentee before: paying it forward")] | None = None


@event("participant.registered", version=2)
class ParticipantRegistered(ParticipantRegisteredOnce):
    """A person joined in a role; name and address go to the vault."""

    is_voluntary: Annotated[bool, note("a mentor who offered it; false: who was appointed")] | None = None


@event("participant.profile_completed")
class ParticipantProfileCompleted:
    """A person described what they offer or need."""

    person_id: Person
    expertise: tuple[Word, ...] = ()
    time_zone: Zone | None = None


@event("participant.consented")
class ParticipantConsented:
    """A person agreed to one use of their data."""

    person_id: Person
    purpose: Word


@event("participant.consent_withdrawn")
class ParticipantConsentWithdrawn:
    """A person took a consent back."""

    person_id: Person
    purpose: Word


@event("participant.trained")
class ParticipantTrained:
    """A person finished a training, for example on working across cultures."""

    person_id: Person
    topic: Word


@event("participant.capacity_set")
class ParticipantCapacitySet:
    """How many relationships a mentor can carry."""

    person_id: Person
    capacity: Annotated[Count, note("relationships at the same time")]


@event("participant.availability_declared")
class ParticipantAvailabilityDeclared:
    """A person is away, or free to meet every week, between these dates, both included.

    Away (leave) their clock stands still; free, the hours are those of their own clock.
    """

    person_id: Person
    starts_on: dt.date
    ends_on: dt.date
    kind: Literal["leave", "busy", "free"] = "leave"
    weekday: Annotated[int, note("free on this day of the week: 1 Monday - 7 Sunday")] | None = None
    from_hour: Annotated[Hours, note("free from this hour of that day, local time")] | None = None
    until_hour: Annotated[Hours, note("free until this hour, local time")] | None = None


@event("participant.paused")
class ParticipantPaused:
    """A person stepped back for a while."""

    person_id: Person


@event("participant.resumed")
class ParticipantResumed:
    """A person is back."""

    person_id: Person


@event("participant.withdrew")
class ParticipantWithdrew:
    """A person left the program."""

    person_id: Person
    reason: Word | None = None


@event("participant.erased")
class ParticipantErased:
    """A person's entry in the vault is gone; the pseudonym stays and names nobody."""

    person_id: Person
