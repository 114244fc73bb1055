"""Calendars of places and zones: what the libraries know, for what occurs in the log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.calendars import write_calendars
from warehouse.events.base import typed_columns
from warehouse.log_tables import ENVELOPE_COLUMNS

AS_OF = dt.datetime(2026, 6, 30)
ZONES = ("Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca")


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A log of people in five zones and four places, and the calendars of them."""
    con = duckdb.connect()
    con.execute("attach ':memory:' as log")
    columns = ", ".join(f"{name} {kind}" for name, kind in (ENVELOPE_COLUMNS | typed_columns()).items())
    con.execute(f"create table log.typed_event ({columns})")
    places = [("GB", "SCT"), ("GB", None), ("US", "CA"), ("IL", None), ("XX", None)]
    for number, (zone, (country, subdivision)) in enumerate(zip(ZONES, places, strict=True)):
        con.execute(
            "insert into log.typed_event by name select 'participant.registered' as event_type, "
            "?::timestamp as occurred_at, ?::timestamp as recorded_at, ? as person_id, ? as time_zone, "
            "? as country, ? as subdivision",
            [dt.datetime(2025, 3, 1 + number)] * 2 + [f"p{number}", zone, country, subdivision],
        )
    write_calendars(con, AS_OF, AS_OF)
    yield con
    con.close()


def day(con: duckdb.DuckDBPyConnection, country: str, subdivision: str, date: str) -> tuple[bool, str, bool]:
    """is_weekend, holiday and is_work_day of one date of a place."""
    (row,) = con.execute(
        "select is_weekend, holiday, is_work_day from ref.calendar_day "
        "where country = ? and subdivision = ? and on_date = ?",
        [country, subdivision, date],
    ).fetchall()
    return row


def test_a_subdivision_has_holidays_of_its_own(con: duckdb.DuckDBPyConnection) -> None:
    assert day(con, "GB", "SCT", "2026-11-30") == (False, "Saint Andrew's Day", False)
    assert day(con, "GB", "", "2026-11-30") == (False, None, True)
    assert day(con, "US", "CA", "2026-03-31")[1] == "Cesar Chavez Day"


def test_a_weekend_is_that_of_the_country(con: duckdb.DuckDBPyConnection) -> None:
    friday, sunday = "2026-06-26", "2026-06-28"
    assert day(con, "IL", "", friday)[0]
    assert not day(con, "IL", "", sunday)[0]


def test_a_place_nobody_knows_has_weekends_and_no_holidays(con: duckdb.DuckDBPyConnection) -> None:
    for country in ("XX", ""):
        assert day(con, country, "", "2026-12-25") == (False, None, True)
        assert day(con, country, "", "2026-06-27") == (True, None, False)


def test_calendars_reach_from_the_first_year_of_the_log_to_the_year_of_the_run(
    con: duckdb.DuckDBPyConnection,
) -> None:
    for table in ("ref.calendar_day", "ref.zone_day"):
        found = con.execute(f"select min(on_date), max(on_date) from {table}").fetchall()
        assert found == [(dt.date(2025, 1, 1), dt.date(2026, 12, 31))]


def test_working_days_are_counted_up(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute(
        "select subdivision, is_work_day, n_work_days_before from ref.calendar_day where country = 'GB' "
        "order by subdivision, on_date"
    ).fetchall()
    assert rows[-1][2] > 400
    for (place, is_work_day, before), (next_place, _, after) in pairwise(rows):
        assert after == (before + is_work_day if next_place == place else 0)


@settings(max_examples=200, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    at=st.datetimes(dt.datetime(2025, 1, 1), dt.datetime(2026, 12, 31)).map(
        lambda at: at.replace(second=0, microsecond=0)
    ),
)
def test_the_offset_at_any_instant_is_that_of_the_zone(
    con: duckdb.DuckDBPyConnection, zone: str, at: dt.datetime
) -> None:
    found = con.execute(
        "select case when ?::timestamp >= shifts_at then next_offset_hours else offset_hours end "
        "from ref.zone_day where time_zone = ? and on_date = ?",
        [at, zone, at.date()],
    ).fetchall()
    offset = at.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone)).utcoffset()
    assert offset is not None
    assert found == [(offset.total_seconds() / 3600,)]


def test_what_is_known_later_is_in_no_calendar() -> None:
    con = duckdb.connect()
    con.execute("attach ':memory:' as log")
    columns = ", ".join(f"{name} {kind}" for name, kind in (ENVELOPE_COLUMNS | typed_columns()).items())
    con.execute(f"create table log.typed_event ({columns})")
    con.execute(
        "insert into log.typed_event by name select 'participant.registered' as event_type, "
        "timestamp '2026-01-01' as occurred_at, timestamp '2026-07-01' as recorded_at, 'GB' as country"
    )
    write_calendars(con, AS_OF, AS_OF)
    assert con.execute("select count(*) from ref.calendar_day").fetchall() == [(0,)]
    con.close()
