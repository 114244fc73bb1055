"""Text becomes time in one place, strictly: each row is one thing that another library reads otherwise."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.clock import (
    TimeFormat,
    parse_date,
    parse_instant,
    refuse_future,
    shape,
    system_clock,
    time_flags,
    zone,
)
from warehouse.errors import EventRejected

NEW_YORK = TimeFormat(zone="America/New_York")
INDIAN_PATTERN = TimeFormat(pattern="%d/%m/%Y %H:%M", zone="Asia/Kolkata")


PARIS = TimeFormat(zone="Europe/Paris", order="dmy")
BOSTON = TimeFormat(zone="America/New_York", order="mdy")
YEAR_FIRST = TimeFormat(order="ymd")


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("text", "style", "instant"),
    [
        ("2026-03-01T10:00:00Z", TimeFormat(), utc(2026, 3, 1, 10)),
        ("2026-03-01t10:00:00z", TimeFormat(), utc(2026, 3, 1, 10)),
        ("2026-03-01 10:00Z", TimeFormat(), utc(2026, 3, 1, 10)),
        ("2026-03-01T10:00:00+05:30", TimeFormat(), utc(2026, 3, 1, 4, 30)),
        ("2026-03-01T10:00:00-00:00", TimeFormat(), utc(2026, 3, 1, 10)),
        ("2026-03-01T10:00:00.5Z", TimeFormat(), utc(2026, 3, 1, 10, 0, 0, 500_000)),
        ("2026-03-01T10:00:00.123456789Z", TimeFormat(), utc(2026, 3, 1, 10, 0, 0, 123_456)),
        ("2016-12-31T23:59:60Z", TimeFormat(), utc(2016, 12, 31, 23, 59, 59)),
        ("2026-01-15T10:00:00", NEW_YORK, utc(2026, 1, 15, 15)),
        ("2026-07-15T10:00:00", NEW_YORK, utc(2026, 7, 15, 14)),
        ("2026-11-01T01:30:00-04:00", NEW_YORK, utc(2026, 11, 1, 5, 30)),
        ("2026-11-01T01:30:00-05:00", NEW_YORK, utc(2026, 11, 1, 6, 30)),
        ("03/04/2026 10:00", INDIAN_PATTERN, utc(2026, 4, 3, 4, 30)),
        ("2026-03-01 +0530", TimeFormat(pattern="%Y-%m-%d %z"), utc(2026, 2, 28, 18, 30)),
        ("1772359200", TimeFormat(unit="s"), utc(2026, 3, 1, 10)),
        ("03/04/2026 10:00:05", PARIS, utc(2026, 4, 3, 8, 0, 5)),
        ("3.4.2026", PARIS, utc(2026, 4, 2, 22)),
        ("03/04/2026 12:05 AM", BOSTON, utc(2026, 3, 4, 5, 5)),
        ("3/4/2026, 1:05:09 p.m.", BOSTON, utc(2026, 3, 4, 18, 5, 9)),
        ("2026-04-03 10:00:00", PARIS, utc(2026, 4, 3, 8)),
        ("2026-04-03T10:00:00Z", PARIS, utc(2026, 4, 3, 10)),
        ("2026/02/03 10:22:31 AM GMT+1", YEAR_FIRST, utc(2026, 2, 3, 9, 22, 31)),
        ("2026/02/03 10:22:31 PM UTC-05:30", YEAR_FIRST, utc(2026, 2, 4, 3, 52, 31)),
        ("01/11/2026 1:30 EDT", TimeFormat(zone="America/New_York", order="dmy"), utc(2026, 11, 1, 5, 30)),
        ("01/11/2026 1:30 EST", TimeFormat(zone="America/New_York", order="dmy"), utc(2026, 11, 1, 6, 30)),
        ("1772359200123", TimeFormat(unit="ms"), utc(2026, 3, 1, 10, 0, 0, 123_000)),
    ],
)
def test_an_instant_is_read_as_it_was_meant(text: str, style: TimeFormat, instant: dt.datetime) -> None:
    read = parse_instant(text, style)
    assert read == instant
    assert read.utcoffset() == dt.timedelta(0)


@pytest.mark.parametrize(
    ("text", "style", "code"),
    [
        ("2026-03-01 10:00", TimeFormat(), "time.no_offset"),
        ("2026-03-08T02:30:00", NEW_YORK, "time.nonexistent"),
        ("2026-11-01T01:30:00", NEW_YORK, "time.ambiguous"),
        ("2026-03-01T10:00:00", TimeFormat(zone="Mars/Olympus"), "time.zone"),
        ("2026-03-01T24:00:00Z", TimeFormat(), "time.format"),
        ("2026-03-01T10:00:61Z", TimeFormat(), "time.format"),
        ("2026-03-01T10:00:00+25:00", TimeFormat(), "time.format"),
        ("2026-03-01T10:00:00+05:75", TimeFormat(), "time.format"),
        ("2026-02-30T10:00:00Z", TimeFormat(), "time.format"),
        ("2026-3-1T10:00:00Z", TimeFormat(), "time.format"),
        ("2026-03-01", TimeFormat(), "time.format"),
        ("03/04/2026", TimeFormat(), "time.format"),
        ("now", TimeFormat(), "time.format"),
        ("epoch", TimeFormat(), "time.format"),
        ("infinity", TimeFormat(), "time.format"),
        ("1772359200", TimeFormat(), "time.format"),
        ("1772359200000", TimeFormat(), "time.format"),
        ("2026-03-01T10:00:00Z\n", TimeFormat(), "time.format"),
        (" 2026-03-01T10:00:00Z", TimeFormat(), "time.format"),
        ("２０２６-03-01T10:00:00Z", TimeFormat(), "time.format"),
        ("12/31/2026 10:00", PARIS, "time.format"),
        ("03/04/26 10:00", PARIS, "time.format"),
        ("2026/04/03 10:00", PARIS, "time.format"),
        ("03/04/2026 13:00 PM", BOSTON, "time.format"),
        ("03/04/2026 24:00", PARIS, "time.format"),
        ("03/04/2026 10:00 GMT+25", PARIS, "time.zone"),
        ("03/04/2026 10:00 EST", PARIS, "time.zone"),
        ("03/04/2026 10:00 XYZ", YEAR_FIRST, "time.format"),
        ("2026/04/03 10:00", YEAR_FIRST, "time.no_offset"),
        ("29/03/2026 02:30", PARIS, "time.nonexistent"),
        ("25/10/2026 02:30", PARIS, "time.ambiguous"),
        ("９/04/2026 10:00", INDIAN_PATTERN, "time.format"),
        ("2026-03-01T10:00:00Z", INDIAN_PATTERN, "time.format"),
        ("17723592.5", TimeFormat(unit="s"), "time.format"),
        ("9" * 15, TimeFormat(unit="s"), "time.range"),
        ("1772359200000", TimeFormat(unit="s"), "time.range"),
        ("1772359", TimeFormat(unit="s"), "time.range"),
        ("9999-01-01T00:00:00Z", TimeFormat(), "time.range"),
        ("10000-01-01T00:00:00Z", TimeFormat(), "time.range"),
        ("0001-01-01T00:00:00Z", TimeFormat(), "time.range"),
        ("1999-12-31T23:59:59Z", TimeFormat(), "time.range"),
    ],
)
def test_a_time_in_doubt_is_refused_with_the_reason(text: str, style: TimeFormat, code: str) -> None:
    with pytest.raises(EventRejected) as caught:
        parse_instant(text, style, field="time")
    assert (caught.value.code, caught.value.field) == (code, "time")


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("2026-03-01T10:00:00Z", []),
        ("2016-12-31T23:59:60Z", ["leap_second"]),
        ("2026-03-01T10:00:00.123456Z", []),
        ("2026-03-01T10:00:00.123456000Z", []),
        ("2026-03-01T10:00:00.1234567Z", ["nanoseconds"]),
        ("2016-12-31T23:59:60.000000001Z", ["leap_second", "nanoseconds"]),
        ("01.03.2026 10:00", []),
        ("1772359200", []),
    ],
)
def test_what_had_to_go_from_a_time_is_named(text: str, flags: list[str]) -> None:
    assert time_flags(text) == flags


def test_the_hour_before_and_after_a_clock_change_is_certain() -> None:
    assert parse_instant("2026-03-08T01:59:59", NEW_YORK) == utc(2026, 3, 8, 6, 59, 59)
    assert parse_instant("2026-03-08T03:00:00", NEW_YORK) == utc(2026, 3, 8, 7)
    assert parse_instant("2026-11-01T02:00:00", NEW_YORK) == utc(2026, 11, 1, 7)


@given(st.datetimes(dt.datetime(2000, 1, 2), dt.datetime(2199, 12, 30)), st.integers(-14 * 60, 14 * 60))
def test_any_offset_round_trips(wall: dt.datetime, offset_minutes: int) -> None:
    instant = wall.replace(tzinfo=dt.timezone(dt.timedelta(minutes=offset_minutes)))
    assert parse_instant(instant.isoformat()) == instant


@pytest.mark.parametrize(
    ("text", "day"), [("2026-03-01", dt.date(2026, 3, 1)), ("2024-02-29", dt.date(2024, 2, 29))]
)
def test_a_date_is_read(text: str, day: dt.date) -> None:
    assert parse_date(text) == day


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-02-30", "time.format"),
        ("20260301", "time.format"),
        ("2026-W10-1", "time.format"),
        ("01/03/2026", "time.format"),
        ("２０２６-03-01", "time.format"),
        ("today", "time.format"),
        ("9999-01-01", "time.range"),
        ("0001-01-01", "time.range"),
    ],
)
def test_a_date_in_doubt_is_refused(text: str, code: str) -> None:
    with pytest.raises(EventRejected) as caught:
        parse_date(text)
    assert caught.value.code == code


def test_what_claims_to_come_from_the_future_is_refused_after_a_day() -> None:
    received = utc(2026, 11, 24, 12)
    refuse_future(received + dt.timedelta(hours=24), received)
    with pytest.raises(EventRejected) as caught:
        refuse_future(received + dt.timedelta(hours=24, seconds=1), received)
    assert caught.value.code == "time.future"


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("US/Eastern", "America/New_York"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Europe/London", "Europe/London"),
    ],
)
def test_an_old_zone_name_is_turned_into_todays(name: str, canonical: str) -> None:
    assert zone(name).key == canonical


@pytest.mark.parametrize(
    "name", ["IST", "EST5EDT", "Mars/Olympus", "../../etc/passwd", "/etc/passwd", "", "a/\x00"]
)
def test_a_zone_that_names_no_place_is_refused(name: str) -> None:
    with pytest.raises(EventRejected) as caught:
        zone(name)
    assert caught.value.code == "time.zone"


def test_a_hint_shows_the_shape_and_not_the_words() -> None:
    assert shape("Ana 17:30") == "'aaa 99:99'"
    with pytest.raises(EventRejected) as caught:
        parse_instant("Ana 17:30")
    assert "Ana" not in str(caught.value)


def test_the_system_clock_tells_utc() -> None:
    assert system_clock().utcoffset() == dt.timedelta(0)
