"""Day and month are told by the file or asked for; no column is ever turned around in silence."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingest.helper.dates import read_dates, short_pattern
from warehouse.clock import TimeFormat, parse_instant

DAYS = st.lists(st.dates(dt.date(2001, 1, 1), dt.date(2099, 12, 31)), min_size=1, max_size=30)
WRITTEN = {"dmy": "{0.day}/{0.month}/{0.year}", "mdy": "{0.month}/{0.day}/{0.year}", "ymd": "{0:%Y-%m-%d}"}


@pytest.mark.parametrize(
    ("values", "orders"),
    [
        (["13/02/2026", "01/02/2026"], ("dmy",)),
        (["02/13/2026", "01/02/2026"], ("mdy",)),
        (["01/02/2026", "03/04/2026"], ("dmy", "mdy")),
        (["13/02/2026", "02/13/2026"], ()),
        (["2026-02-01", "2026-03-04"], ("ymd",)),
        (["2026/02/01 10:00"], ("ymd",)),
        (["1.2.2026 9:05", "31.12.2026 10:00"], ("dmy",)),
        (["2/1/2026 9:05 PM", "12/31/2026 10:00 AM"], ("mdy",)),
        (["2026-03-01T10:00:00"], ("ymd",)),
        (["2026-03-01T10:00:00Z"], ()),
    ],
)
def test_every_order_that_all_values_fit_is_told(values: list[str], orders: tuple[str, ...]) -> None:
    dates = read_dates(values)
    assert dates is not None
    assert dates.orders == orders


@pytest.mark.parametrize("values", [["01/02/2026", "03/04/2026"], ["13/02/2026", "02/13/2026"]])
def test_what_the_values_do_not_settle_is_open(values: list[str]) -> None:
    dates = read_dates(values)
    assert dates is not None
    assert dates.is_open


@pytest.mark.parametrize(
    "values", [["13/02/2026"], ["2026-03-01T10:00:00Z"], ["1 Mar 2026"], ["1772359200000"], ["2026-03-01"]]
)
def test_what_settles_itself_is_not_asked_about(values: list[str]) -> None:
    dates = read_dates(values)
    assert dates is not None
    assert not dates.is_open


@pytest.mark.parametrize("values", [["hello"], ["12"], ["10:30"], ["1.5"], [], ["99/99/2026"] * 0])
def test_what_is_no_date_is_none(values: list[str]) -> None:
    assert read_dates(values) is None


def test_why_is_said_with_how_many_rows_decide_it() -> None:
    dates = read_dates(["13/02/2026", "14/02/2026", "01/02/2026"])
    assert dates is not None
    assert dates.why == "the first number is above 12 in 2 of 3 rows, so it is the day"


def test_a_year_of_two_digits_becomes_a_pattern_in_the_order_that_was_answered() -> None:
    assert short_pattern(["1/2/26 9:05 PM"], "mdy") == "%m/%d/%y %I:%M %p"
    assert short_pattern(["1.2.26 09:05"], "dmy") == "%d.%m.%y %H:%M"
    assert short_pattern(["1/2/2026"], "dmy") is None


@given(DAYS, st.sampled_from(sorted(WRITTEN)))
def test_the_order_they_were_written_in_is_never_ruled_out(days: list[dt.date], order: str) -> None:
    dates = read_dates([WRITTEN[order].format(day) for day in days])
    assert dates is not None
    assert order in dates.orders


@given(DAYS, st.sampled_from(["dmy", "mdy"]))
def test_where_one_order_is_told_every_value_means_the_day_it_meant(days: list[dt.date], order: str) -> None:
    values = [WRITTEN[order].format(day) for day in days]
    dates = read_dates(values)
    assert dates is not None
    if not dates.is_open:
        style = TimeFormat(zone="UTC", order=dates.orders[0])
        assert [parse_instant(text, style).date() for text in values] == days
