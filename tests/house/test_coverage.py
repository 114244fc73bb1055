"""docs/coverage.md: every row of the guide is there, and a column that answers it exists and is shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from warehouse import words
from warehouse.coverage import Element, elements
from warehouse.events.docs import catalogue_markdown
from warehouse.models import discover

ROOT = Path(__file__).parents[2]
ELEMENTS = elements()
TYPES = set(re.findall(r"^### `mentorship\.(.+)\.v\d+`$", catalogue_markdown(), re.MULTILINE))
COLUMNS = {f"{model.name}.{column.name}" for model in discover().values() for column in model.columns}
PAGES = {path.stem for path in (ROOT / "dashboards/pages").glob("*.py")}
SIGNAL = re.compile(r"(?P<column>[a-z_]+\.[a-z_]+\.[a-z0-9_]+)(?:\[(?P<code>[a-z_]+)\])?")

ROWS_OF_MANY = {
    "mart.kpi.value": words.KPI,
    "mart.funnel.rate": words.FUNNEL_STEP,
    "mart.practice.value": words.PRACTICE,
    "mart.choice.rate": words.CHOICE,
}
"""Columns whose rows are different numbers: which one answers an element has to be said."""

SAYS_NOTHING = {"position", "ordinal", "pair_id", "program_id", "cohort_id", "event_type", "reached_at"}
"""Columns that only tell that something is there: near an answer, and none."""


def test_all_rows_of_the_guide_are_there_in_order() -> None:
    assert [element.row for element in ELEMENTS] == list(range(1, 69))


@pytest.mark.parametrize("element", ELEMENTS, ids=lambda element: str(element.row))
def test_a_row_is_whole_and_names_what_exists(element: Element) -> None:
    assert element.name
    assert element.events
    assert set(element.events) - TYPES == set()
    assert element.columns, "kept as events only"
    assert element.screen in PAGES - {"not_found_404", "help_metrics"}
    for signal in element.columns:
        found = SIGNAL.fullmatch(signal)
        assert found, signal
        assert found["column"] in COLUMNS
        assert found["column"].rpartition(".")[2] not in SAYS_NOTHING


@pytest.mark.parametrize("element", ELEMENTS, ids=lambda element: str(element.row))
def test_a_column_of_many_numbers_says_which_one_answers(element: Element) -> None:
    for signal in element.columns:
        found = SIGNAL.fullmatch(signal)
        assert found
        codes = ROWS_OF_MANY.get(found["column"])
        assert (found["code"] in codes) if codes is not None else (found["code"] is None)


def test_every_number_by_kind_answers_some_row_of_the_guide() -> None:
    named = {signal for element in ELEMENTS for signal in element.columns}
    idle = {code for code in words.CHOICE if f"mart.choice.rate[{code}]" not in named}
    assert idle <= {"fit_by_mode", "goal_kind", "sustained_by_voluntary"}, "told beside what answers"
