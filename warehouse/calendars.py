"""Calendars of the places people live in: working days with public holidays, and what a zone's clocks show.

Both are facts of the world, not of the program, so libraries know them: `holidays` (by country and
subdivision) and the IANA database. They are written beside `ref.run`, for the places, zones and years of the
events a run sees and for nothing else: the same events and libraries give the same tables.
"""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Iterator
from functools import lru_cache
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd

CALENDAR_TABLES = {
    "ref.calendar_day": {
        "country": "VARCHAR",
        "subdivision": "VARCHAR",
        "on_date": "DATE",
        "is_weekend": "BOOLEAN",
        "holiday": "VARCHAR",
        "is_work_day": "BOOLEAN",
        "n_work_days_before": "INTEGER",
    },
    "ref.zone_day": {
        "time_zone": "VARCHAR",
        "on_date": "DATE",
        "offset_hours": "DOUBLE",
        "shifts_at": "TIMESTAMP",
        "next_offset_hours": "DOUBLE",
    },
}
"""The tables written here: column -> SQL type. '' stands for a country or subdivision nobody has told."""

NOWHERE = ("", "")
WEEKEND = {5, 6}
"""Saturday and Sunday, where no country is known: days of the week count from Monday = 0."""

Span = tuple[dt.date, dt.date]


def write_calendars(con: duckdb.DuckDBPyConnection, as_of: dt.datetime, known_at: dt.datetime) -> None:
    """Create `ref.calendar_day` and `ref.zone_day` for what is known of people at a run (naive UTC)."""
    span = _span(con, as_of, known_at)
    seen = [as_of, known_at]
    places = con.execute(_PLACES, seen).fetchall() if span else []
    zones = con.execute(_ZONES, seen).fetchall() if span else []
    days = [day for place in sorted({NOWHERE, *places}) for day in _calendar(place, span)] if span else []
    clocks = [clock for (zone,) in zones for clock in _clocks(zone, span)] if span else []
    _store(con, "ref.calendar_day", days)
    _store(con, "ref.zone_day", clocks)


_PLACES = """
select distinct country, coalesce(subdivision, '') from log.typed_event
where occurred_at <= ? and recorded_at <= ? and event_type = 'participant.registered' and country is not null
order by all
"""

_ZONES = """
select distinct time_zone from log.typed_event
where occurred_at <= ? and recorded_at <= ? and event_type like 'participant.%' and time_zone is not null
order by all
"""


def _span(con: duckdb.DuckDBPyConnection, as_of: dt.datetime, known_at: dt.datetime) -> Span | None:
    """From the first day of the first event's year to the last of the year a fortnight after the run."""
    ((first_at,),) = con.execute(
        "select min(occurred_at) from log.typed_event where occurred_at <= ? and recorded_at <= ?",
        [as_of, known_at],
    ).fetchall()
    if first_at is None:
        return None
    ahead = as_of + dt.timedelta(days=14)
    return dt.date(first_at.year, 1, 1), dt.date(ahead.year, 12, 31)


Day = tuple[str, str, dt.date, bool, str | None, bool, int]


@lru_cache(maxsize=1024)
def _calendar(place: tuple[str, str], span: Span) -> tuple[Day, ...]:
    """Every date of a place: weekend, holiday, and how many working days the span held before it."""
    weekend, named = _country(place, span)
    days, n_before = [], 0
    for date in _dates(span):
        is_weekend, holiday = date.weekday() in weekend, named.get(date)
        is_work_day = not is_weekend and holiday is None
        days.append((*place, date, is_weekend, holiday, is_work_day, n_before))
        n_before += is_work_day
    return tuple(days)


def _country(place: tuple[str, str], span: Span) -> tuple[set[int], dict[dt.date, str]]:
    """Weekend days and public holidays; a place the library does not know has weekends only.

    An unknown subdivision has the holidays of its whole country.
    """
    import holidays

    country, subdivision = place
    known = holidays.list_supported_countries(include_aliases=False)
    if country not in known:
        return WEEKEND, {}
    years = range(span[0].year, span[1].year + 1)
    subdiv = subdivision if subdivision in known[country] else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # years too far off have the holidays that are sure
        found = holidays.country_holidays(country, subdiv=subdiv, years=years)
        return set(found.weekend), dict(found.items())


Clock = tuple[str, dt.date, float, dt.datetime | None, float]


@lru_cache(maxsize=1024)
def _clocks(zone: str, span: Span) -> tuple[Clock, ...]:
    """For every UTC date of a zone: its offset at midnight, and when and to what it changes that day."""
    clocks, place = [], ZoneInfo(zone)
    for date in _dates(span):
        midnight = dt.datetime.combine(date, dt.time(), dt.UTC)
        offset, following = _offset(midnight, place), _offset(midnight + dt.timedelta(days=1), place)
        shifts_at = None if offset == following else _shift(midnight, offset, place)
        clocks.append((zone, date, offset, shifts_at, following))
    return tuple(clocks)


def _shift(midnight: dt.datetime, offset: float, place: ZoneInfo) -> dt.datetime:
    """The first minute of a day at which the offset is another."""
    low, high = 0, 24 * 60
    while low < high:
        middle = (low + high) // 2
        if _offset(midnight + dt.timedelta(minutes=middle), place) == offset:
            low = middle + 1
        else:
            high = middle
    return (midnight + dt.timedelta(minutes=low)).replace(tzinfo=None)


def _offset(at: dt.datetime, place: ZoneInfo) -> float:
    offset = at.astimezone(place).utcoffset()
    assert offset is not None, "a time in a zone has an offset"
    return offset.total_seconds() / 3600


def _dates(span: Span) -> Iterator[dt.date]:
    first, last = span
    return (first + dt.timedelta(days=n) for n in range((last - first).days + 1))


def _store(con: duckdb.DuckDBPyConnection, table: str, rows: list[Day] | list[Clock]) -> None:
    columns = CALENDAR_TABLES[table]
    casts = ", ".join(f"{name}::{sql_type} as {name}" for name, sql_type in columns.items())
    frame = pd.DataFrame(rows, columns=list(columns))
    con.register("calendar", frame)
    con.execute("create schema if not exists ref")
    con.execute(f"create or replace table {table} as select {casts} from calendar")
    con.unregister("calendar")
