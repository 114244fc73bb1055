"""The sample holds something for every row of the guide."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from warehouse.coverage import Element, elements
from warehouse.settings import load_settings

SIGNAL = re.compile(r"(\w+)\.(\w+)\.(\w+)(?:\[(\w+)\])?")
CODE_OF = {"kpi": "kpi", "funnel": "step", "practice": "practice", "choice": "choice"}
"""Table of many numbers -> the column that says which one a row is."""


@pytest.fixture(scope="module")
def con(demo_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The models of the sample; its published file holds the marts alone."""
    with duckdb.connect(str(load_settings(demo_home).models_file), read_only=True) as con:
        yield con


@pytest.mark.parametrize("element", elements(), ids=lambda element: str(element.row))
def test_every_column_of_a_row_of_the_guide_has_a_value(
    element: Element, con: duckdb.DuckDBPyConnection
) -> None:
    for signal in element.columns:
        layer, model, column, code = SIGNAL.fullmatch(signal).groups()  # type: ignore[union-attr]
        table = f'{layer}."{model}"'
        one = f"where {CODE_OF[model]} = '{code}'" if code else ""
        ((n,),) = con.execute(f'select count("{column}") from {table} {one}').fetchall()
        assert n > 0, signal


def test_a_flag_or_count_of_a_pair_is_not_the_same_everywhere(con: duckdb.DuckDBPyConnection) -> None:
    names = {
        signal.split(".")[2]
        for element in elements()
        for signal in element.columns
        if "pair_practice" in signal
    }
    alike = [
        name
        for name in sorted(names)
        if con.execute(f"select count(distinct {name}) from mart.pair_practice").fetchall()[0][0] < 2
    ]
    assert alike == []


def test_public_holidays_are_those_of_the_places_in_the_roster(con: duckdb.DuckDBPyConnection) -> None:
    places = con.execute("select distinct country, subdivision from ref.holiday order by all").fetchall()
    assert ("US", "CA") in places
    assert ("IN", "") in places
    assert not {country for country, _ in places} & {"FR", ""}


def test_a_mentor_carries_more_than_they_can(con: duckdb.DuckDBPyConnection) -> None:
    assert con.execute("select count(*) from mart.mentor where is_overloaded").fetchall()[0][0] > 0


def test_declared_free_hours_decide_over_the_working_hours(con: duckdb.DuckDBPyConnection) -> None:
    pair = "pair-bengaluru-san-francisco"
    found = con.execute(
        "select is_declared, overlap_hours from feature.overlap where pair_id = ?", [pair]
    ).fetchall()
    # 20:00-23:00 in Kolkata is 14:30-17:30 UTC; 7:00-9:30 in Los Angeles is 15:00-17:30 UTC in winter.
    assert found == [(True, 12.5)]
