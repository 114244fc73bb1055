"""What docs/coverage.md says of a row of the guide holds: the screen it names shows what answers it.

On the sample program, which has something to say about every row.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dashboards.data.publication import Publication
from tests.conftest import DEMO_NOW
from warehouse import words
from warehouse.coverage import Element, elements

ELEMENTS = elements()
SIGNAL = re.compile(r"(?P<table>mart\.[a-z_]+)\.[a-z0-9_]+(?:\[(?P<code>[a-z_]+)\])?")
NAMES = {
    "mart.kpi": words.KPI,
    "mart.practice": words.PRACTICE,
    "mart.choice": words.CHOICE,
    "mart.funnel": words.FUNNEL_STEP,
}
"""Tables whose rows are different numbers: what each is called on a screen."""


@dataclass(frozen=True)
class Drawn:
    """A screen: the published tables that were read for it, and what it says."""

    tables: frozenset[str]
    text: str

    def shows(self, signal: str) -> bool:
        """Whether a number is on it, by its name, or else whether its table was read."""
        found = SIGNAL.fullmatch(signal)
        if found is None or found["table"] not in self.tables:
            return False
        return found["code"] is None or NAMES[found["table"]][found["code"]] in self.text


@pytest.fixture(scope="module")
def drawn(demo_home: Path, make_screens: Callable[..., Any]) -> dict[str, Drawn]:
    """Every screen that answers a row, as it is drawn of the sample."""
    queries: list[str] = []
    rows = Publication.rows
    screens = make_screens(demo_home, now=DEMO_NOW)

    def noted(self: Publication, sql: str, **parameters: Any) -> Any:
        queries.append(sql)
        return rows(self, sql, **parameters)

    def draw(page: str) -> Drawn:
        address = {"pair_id": "pair-safety-flag"} if page == "pair" else {}
        queries.clear()
        text = screens.words(page, **address)
        return Drawn(frozenset(re.findall(r"mart\.[a-z_]+", "\n".join(queries))), text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Publication, "rows", noted)
        return {page: draw(page) for page in sorted({element.screen for element in ELEMENTS})}


@pytest.mark.parametrize("element", ELEMENTS, ids=lambda element: str(element.row))
def test_the_screen_of_a_row_shows_what_answers_it(element: Element, drawn: dict[str, Drawn]) -> None:
    assert any(drawn[element.screen].shows(signal) for signal in element.columns)
