"""Quarters: how they are written, where they end, what comes before."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.report.quarters import Quarter
from warehouse.errors import KinkeeperError


@pytest.mark.parametrize("text", ["2026Q3", "2026-Q3", "2026q3", " 2026Q3 "])
def test_a_quarter_is_read_as_people_write_it(text: str) -> None:
    assert Quarter.parse(text) == Quarter(2026, 3)


@pytest.mark.parametrize("text", ["2026Q5", "Q3", "2026", "2026Q", "26Q3", "0000Q1", "summer", ""])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(KinkeeperError, match="such as 2026Q3"):
        Quarter.parse(text)


def test_a_quarter_ends_at_midnight_of_the_programs_zone() -> None:
    assert Quarter(2026, 3).ends_at("UTC") == dt.datetime(2026, 9, 30, 23, 59, 59, tzinfo=dt.UTC)
    assert Quarter(2026, 3).ends_at("Asia/Tokyo") == dt.datetime(2026, 9, 30, 14, 59, 59, tzinfo=dt.UTC)


@given(st.dates(dt.date(1990, 1, 1), dt.date(2090, 12, 31)))
def test_every_day_lies_in_one_quarter_whose_neighbours_touch_it(day: dt.date) -> None:
    quarter = Quarter.of(day)
    assert quarter.first_day <= day <= quarter.last_day
    assert quarter.next.before == quarter.before.next == quarter
    assert quarter.next.first_day - quarter.last_day == dt.timedelta(days=1)
    assert Quarter.parse(str(quarter)) == quarter
    assert quarter.year_before.number == quarter.number
