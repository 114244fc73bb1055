"""How numbers, dates and people are written on a screen. Empty values are a dash, never "nan"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

NONE = "–"

_ROLE = {"mentee": "Mentee", "mentor": "Mentor"}


def count(value: Any) -> str:
    """A whole number with thousands apart: 1,873."""
    return NONE if value is None else f"{int(value):,}"


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
    return ">99%" if round(rate, 2) == 1 and rate < 1 else f"{rate:.0%}"


def plural(n: int, one: str, many: str | None = None) -> str:
    """A count with its noun: 1 pair, 1,873 pairs."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def day(value: dt.date | None) -> str:
    """A calendar date: 23 Nov 2026."""
    return NONE if value is None else f"{value.day} {value:%b %Y}"


def instant(value: dt.datetime | None) -> str:
    """A UTC instant to the minute: 23 Nov 2026, 06:00 UTC."""
    return NONE if value is None else f"{minute(value)} UTC"


def minute(value: dt.datetime | None) -> str:
    """An instant to the minute, for columns whose head names the zone."""
    return NONE if value is None else f"{day(value)}, {value:%H:%M}"


def local_time(value: dt.datetime | None, zone_name: str | None) -> str:
    """A naive UTC instant on the wall clock of a zone: Mon 23 Nov, 11:30 (UTC+05:30)."""
    if value is None or zone_name is None:
        return NONE
    try:
        local = value.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone_name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return NONE
    offset = f"{local:%z}"
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M} (UTC{offset[:3]}:{offset[3:]})"


def place(zone_name: str | None) -> str:
    """The city of a zone, as people say it: Los Angeles."""
    return "Time zone not known" if zone_name is None else zone_name.rpartition("/")[2].replace("_", " ")


def days(value: float | None) -> str:
    """A length in whole days: 23 d."""
    return NONE if value is None else f"{value:.0f} d"


def person(side: str, person_id: str | None, direction: str | None, names: Mapping[str, str]) -> str:
    """A person without naming them, unless the reader asked for names: Mentor 91bc.

    The space does not break, so that a role never parts from its number at the end of a line. A name is
    isolated: one in Arabic, or with a direction override in it, cannot turn the sentence around it.
    """
    role = "Peer" if direction == "peer" else _ROLE[side]
    if person_id is None:
        return f"{role} not recorded"
    if person_id in names:
        return f"\u2068{names[person_id]}\u2069"
    return f"{role}\u00a0{person_id[-4:]}"
