"""docs/coverage.md: every row of the guide is there, and what it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from warehouse.coverage import NO_SCREEN, Element, elements
from warehouse.events.docs import catalogue_markdown
from warehouse.models import discover

ROOT = Path(__file__).parents[2]
ELEMENTS = elements()
TYPES = set(re.findall(r"^### `mentorship\.(.+)\.v\d+`$", catalogue_markdown(), re.MULTILINE))
COLUMNS = {f"{model.name}.{column.name}" for model in discover().values() for column in model.columns}
PAGES = {path.stem for path in (ROOT / "dashboards/pages").glob("*.py")}


def test_all_rows_of_the_guide_are_there_in_order() -> None:
    assert [element.row for element in ELEMENTS] == list(range(1, 69))


@pytest.mark.parametrize("element", ELEMENTS, ids=lambda element: str(element.row))
def test_a_row_is_whole_and_names_what_exists(element: Element) -> None:
    assert element.name
    assert element.events
    assert set(element.events) - TYPES == set()
    assert set(element.columns) - COLUMNS == set()
    assert element.screen in {*PAGES, NO_SCREEN}


def test_what_has_no_signal_is_seen_on_no_screen_but_the_timeline() -> None:
    assert {element.screen for element in ELEMENTS if element.is_event_only} <= {"pair", NO_SCREEN}
