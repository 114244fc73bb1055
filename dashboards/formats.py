"""How numbers, dates and people are written on a screen. Empty values are a dash, never "nan"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton

from dashboards import viewer
from dashboards.speech import AsIs, number, plural, say, translated
from warehouse.clock import naive_utc
from warehouse.words import PARTY_SLOT, STATE, party, state_words

__all__ = [
    "NONE",
    "count",
    "country",
    "day",
    "day_of_year",
    "days",
    "in_utc",
    "instant",
    "local_time",
    "minute",
    "on_clock",
    "part",
    "person",
    "place",
    "plural",
    "share",
    "state",
    "zone_head",
]

NONE = "–"

_ROLE = {"mentee": "Mentee", "mentor": "Mentor"}
_PATTERNS = {
    "en": ("d MMM y", "EEE d MMM, HH:mm"),
    "en_US": ("MMM d, y", "EEE, MMM d, h:mm a"),
    viewer.PSEUDO: ("d MMM y", "EEE d MMM, HH:mm"),
}
"""Language -> how a day is written, and an instant of these weeks; the others as their locale has it."""

_DAYS_OF_YEAR = {"en": "d MMM", "en_US": "MMM d", viewer.PSEUDO: "d MMM"}
"""The same for a day without its year."""


def count(value: Any) -> str:
    """A whole number with thousands apart: 1,873."""
    return NONE if value is None else number(int(value))


def share(part: int, whole: int, smallest_whole: int = 1) -> str:
    """A percentage that is 0% or 100% only when exactly so; a dash for groups below `smallest_whole`."""
    if whole < max(smallest_whole, 1):
        return NONE
    percent = round(100 * part / whole)
    if percent == 100 and part < whole:
        return ">99%"
    return "<1%" if percent == 0 and part > 0 else f"{percent}%"


def part(rate: float) -> str:
    """A rate from 0 to 1 as a percentage that is 100% only when exactly so."""
    return ">99%" if round(rate, 2) == 1 and rate < 1 else number(rate, ".0%")


def day(value: dt.date | None) -> str:
    """A calendar date: 23 Nov 2026."""
    if value is None:
        return NONE
    pattern, _ = _PATTERNS.get(_language(), ("medium", ""))
    return _written(dt.date(value.year, value.month, value.day), pattern, _locale())


def day_of_year(value: dt.date) -> str:
    """A calendar date of a year that goes without saying: 23 Nov."""
    pattern = _DAYS_OF_YEAR.get(_language())
    return (
        _written(value, pattern, _locale()) if pattern else format_skeleton("MMMd", value, locale=_locale())
    )


@lru_cache(maxsize=8192)
def _written(value: dt.date, pattern: str, locale: str) -> str:
    """A day or an instant by a pattern; a list holds the same few hundred over and over."""
    write = format_datetime if isinstance(value, dt.datetime) else format_date
    return str(write(value, pattern, locale=locale))


def _to_minute(local: dt.datetime) -> dt.datetime:
    return local.replace(second=0, microsecond=0, tzinfo=None)


def instant(value: dt.datetime | None) -> str:
    """An instant to the minute in the viewer's zone, which it names: 23 Nov 2026, 06:00 UTC."""
    return NONE if value is None else f"{minute(value)} {_abbreviation(on_clock(value))}"


def minute(value: dt.datetime | None) -> str:
    """An instant to the minute in the viewer's zone, for columns whose head names it (`zone_head`)."""
    if value is None:
        return NONE
    local = on_clock(value)
    return f"{day(local)}, {_written(_to_minute(local), _clock(), _locale())}"


def zone_head(name: str) -> str:
    """The head of a column of instants: Recorded (UTC)."""
    return say("{name} ({zone})", name=name, zone=viewer.zone())


def on_clock(value: dt.datetime) -> dt.datetime:
    """A UTC instant on the viewer's clock."""
    return _local(value, viewer.zone())


def in_utc(local: dt.datetime) -> dt.datetime:
    """A time that was read off the viewer's clock, as naive UTC like in the tables."""
    return naive_utc(local.replace(tzinfo=ZoneInfo(viewer.zone())))


def local_time(value: dt.datetime | None, zone_name: str | None) -> str:
    """A naive UTC instant on the wall clock of a zone: Mon 23 Nov, 11:30 (UTC+05:30)."""
    if value is None or zone_name is None:
        return NONE
    try:
        local = _local(value, zone_name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return NONE
    _, pattern = _PATTERNS.get(_language(), ("", "EEE d MMM, HH:mm"))
    return f"{_written(_to_minute(local), pattern, _locale())} ({_offset(local)})"


def hour_of(value: dt.datetime, zone_name: str) -> int:
    """The hour of a naive UTC instant on the wall clock of a zone."""
    return _local(value, zone_name).hour


def _local(value: dt.datetime, zone_name: str) -> dt.datetime:
    """A UTC instant, naive as in the tables or not, on the wall clock of a zone."""
    return value.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone_name))


def _abbreviation(local: dt.datetime) -> str:
    name = f"{local:%Z}"
    return name if name.isalpha() else _offset(local)


def _offset(local: dt.datetime) -> str:
    offset = f"{local:%z}"
    return f"UTC{offset[:3]}:{offset[3:]}"


def _clock() -> str:
    return "h:mm a" if _language() == "en_US" else "HH:mm"


def _language() -> str:
    return viewer.viewer().language


def _locale() -> str:
    return "en" if _language() == viewer.PSEUDO else _language()


def place(zone_name: str | None) -> str:
    """The city of a zone, as people say it: Los Angeles."""
    if zone_name is None:
        return translated("Time zone not known")
    return AsIs(zone_name.rpartition("/")[2].replace("_", " "))


def country(code: str) -> str:
    """A country by its name in the viewer's language; what is no code of one stays as it is."""
    return AsIs(Locale.parse(_locale()).territories.get(code, code))


def days(value: float | None) -> str:
    """A length in whole days: 23 d."""
    return NONE if value is None else say("{value:.0f} d", value=value)


def state(code: str, waiting_on: str | None, direction: str | None) -> str:
    """A state's name on screen, naming who owes the answer where that is known (`words.state_words`)."""
    if waiting_on is None or (code, waiting_on) == ("waiting", "both"):
        return translated(state_words(code, waiting_on, direction))
    return translated(STATE[code]).replace(PARTY_SLOT, translated(party(waiting_on, direction)))


def person(side: str, person_id: str | None, direction: str | None, names: Mapping[str, str]) -> str:
    """A person without naming them, unless the reader asked for names: Mentor 91bc.

    The space does not break, so that a role never parts from its number at the end of a line. A name is
    isolated: one in Arabic, or with a direction override in it, cannot turn the sentence around it.
    """
    role = translated("Peer" if direction == "peer" else _ROLE[side])
    if person_id is None:
        return say("{role} not recorded", role=role)
    if person_id in names:
        return f"\u2068{names[person_id]}\u2069"
    return f"{role}\u00a0{person_id[-4:]}"
