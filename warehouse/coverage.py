"""Where each element of the mentorship guide is: `python -m warehouse.coverage > docs/coverage.md`."""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "coverage.csv"

INTRODUCTION = """# Coverage of the guide

Generated from `warehouse/coverage.csv`; change that, then run
`python -m warehouse.coverage > docs/coverage.md` or `make docs`.

Each element of the mentorship guide with the events that record it, the columns that carry what is worked out
from them, and the screen that shows it. A code in brackets names the row that answers:
`mart.kpi.value[sustained]` is the value of the number `sustained` ([words.md](words.md)).

| # | element | events | columns | screen |
|---|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Element:
    """One row of the guide: event types, columns as `layer.model.column` or `...column[code]`, and a page."""

    row: int
    name: str
    events: tuple[str, ...]
    columns: tuple[str, ...]
    screen: str


def elements() -> list[Element]:
    """The rows of the guide in their order."""
    with FILE.open(newline="", encoding="utf-8") as file:
        return [
            Element(
                int(line["row"]),
                line["element"],
                tuple(line["events"].split()),
                tuple(line["signal"].split()),
                line["screen"],
            )
            for line in csv.DictReader(file, delimiter="|")
        ]


def coverage_markdown() -> str:
    """The page: one row an element."""
    return INTRODUCTION + "".join(map(_line, elements()))


def _line(element: Element) -> str:
    cells = (element.name, _code(element.events), _code(element.columns), element.screen.replace("_", " "))
    return f"| {element.row} | {' | '.join(cells)} |\n"


def _code(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    sys.stdout.write(coverage_markdown())
