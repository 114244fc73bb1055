"""The sample's people: plainly synthetic names, real time zones, and the hours they keep."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

from warehouse.events.base import Role

ZONES = {
    "Asia/Kolkata": "IN",
    "America/Los_Angeles": "US",
    "Africa/Lagos": "NG",
    "Europe/London": "GB",
    "America/New_York": "US",
    "Europe/Berlin": "DE",
    "America/Sao_Paulo": "BR",
    "Africa/Nairobi": "KE",
    "Asia/Singapore": "SG",
    "Australia/Sydney": "AU",
    "Asia/Tokyo": "JP",
    "Europe/Warsaw": "PL",
}
"""IANA zone -> country of the people who live there."""

NAMES = (
    "Asha", "Bola", "Chen", "Dana", "Emeka", "Farah", "Goran", "Hana", "Ines", "Jomo", "Kavya", "Lena",
    "Maya", "Noor", "Olu", "Priya", "Quinn", "Rosa", "Sami", "Tala", "Uma", "Vera", "Wanja", "Yuki", "Zofia",
)  # fmt: skip

SUBDIVISIONS = {"America/Los_Angeles": "CA", "America/New_York": "NY"}
"""IANA zone -> part of the country, where holidays differ by it."""

MEETING_HOURS = range(2, 18)
"""UTC hours a meeting may start: what is done just before and after stays on the same UTC date."""


@dataclass(frozen=True, slots=True)
class Person:
    """One row of the roster. `leaves` are spans of active days ago, the earlier day first."""

    person_id: str
    name: str
    email: str
    role: Role
    time_zone: str
    registered_at: dt.datetime
    capacity: int | None = None
    was_mentee: bool = False
    is_voluntary: bool | None = None
    leaves: tuple[tuple[int, int], ...] = ()

    @property
    def country(self) -> str:
        return ZONES[self.time_zone]

    @property
    def subdivision(self) -> str:
        return SUBDIVISIONS.get(self.time_zone, "")

    def is_away(self, ago: int) -> bool:
        return any(start >= ago >= end for start, end in self.leaves)


class People:
    """Registers people one after the other; the roster is what it has registered."""

    def __init__(self, rng: Random) -> None:
        self.roster: list[Person] = []
        self._rng = rng
        self._n_people = 0

    def register(
        self,
        role: Role,
        by: dt.date,
        *,
        time_zone: str | None = None,
        capacity: int | None = None,
        leaves: tuple[tuple[int, int], ...] = (),
    ) -> Person:
        """A new person who registered in the week before the date `by`."""
        self._n_people += 1
        name = NAMES[self._n_people % len(NAMES)]
        zone = time_zone or self._rng.choice(tuple(ZONES))
        date = by - dt.timedelta(days=self._rng.randint(1, 7))
        person = Person(
            person_id=f"person-{self._n_people:03d}",
            name=f"Synthetic {name} {self._n_people:03d}",
            email=f"{name.lower()}.{self._n_people:03d}@example.invalid",
            role=role,
            time_zone=zone,
            registered_at=awake_at(date, zone, self._rng).astimezone(ZoneInfo(zone)),
            capacity=capacity,
            is_voluntary=self._n_people % 3 > 0 if role == "mentor" else None,
            leaves=leaves,
        )
        self.roster.append(person)
        return person

    def register_again(self, person: Person, by: dt.date, capacity: int) -> Person:
        """A former mentee comes back as a mentor, paying it forward."""
        date = by - dt.timedelta(days=self._rng.randint(1, 7))
        registered_at = awake_at(date, person.time_zone, self._rng).astimezone(ZoneInfo(person.time_zone))
        mentor = replace(
            person,
            role="mentor",
            registered_at=registered_at,
            capacity=capacity,
            was_mentee=True,
            is_voluntary=True,
        )
        self.roster.append(mentor)
        return mentor


@cache
def _awake_hours(date: dt.date, zone: str) -> tuple[int, ...]:
    """UTC hours of the date at which it is between 8 and 20 o'clock in the zone."""
    return tuple(hour for hour in range(24) if 8 <= _local_hour(date, hour, zone) < 20)


def awake_at(date: dt.date, zone: str, rng: Random) -> dt.datetime:
    """An instant on the UTC date at which a person in the zone is up."""
    hour = rng.choice(_awake_hours(date, zone))
    return dt.datetime(date.year, date.month, date.day, hour, rng.randrange(60), tzinfo=dt.UTC)


@cache
def meeting_hours(date: dt.date, zone: str, other: str) -> tuple[int, ...]:
    """The UTC hours that suit two zones best: office hours for both, or the least harm to either."""
    harm = {hour: _harm(date, hour, zone) + _harm(date, hour, other) for hour in MEETING_HOURS}
    least = min(harm.values())
    return tuple(hour for hour in MEETING_HOURS if harm[hour] == least)


def _harm(date: dt.date, hour: int, zone: str) -> int:
    local = _local_hour(date, hour, zone)
    if 9 <= local < 18:
        return 0
    return 1 if 7 <= local < 21 else 5


def _local_hour(date: dt.date, hour: int, zone: str) -> int:
    at = dt.datetime(date.year, date.month, date.day, hour, tzinfo=dt.UTC)
    return at.astimezone(ZoneInfo(zone)).hour
