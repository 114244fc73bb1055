"""Where each element of the mentorship guide is: `python -m warehouse.coverage > docs/coverage.md`."""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "coverage.csv"
EVENT_ONLY = "event only"
NO_SCREEN = "none"

INTRODUCTION = """# Coverage of the guide

Generated from `warehouse/coverage.csv`; change that, then run
`python -m warehouse.coverage > docs/coverage.md` or `make docs`.

Each element of the mentorship guide with the events that record it, the columns that carry what is worked out
from them, and the screen that shows it. "Event only" means that the events are kept and nothing is worked out
from them yet; where a pair is named in them, its timeline shows them. "None" means that no screen does yet.

| # | element | events | columns | screen |
|---|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Element:
    """One row of the guide: event types, `layer.model.column` names or EVENT_ONLY, a page or NO_SCREEN."""

    row: int
    name: str
    events: tuple[str, ...]
    columns: tuple[str, ...]
    screen: str

    @property
    def is_event_only(self) -> bool:
        """Whether nothing is worked out from its events yet."""
        return not self.columns


def elements() -> list[Element]:
    """The rows of the guide in their order."""
    with FILE.open(newline="", encoding="utf-8") as file:
        return [
            Element(
                int(line["row"]),
                line["element"],
                tuple(line["events"].split()),
                () if line["signal"] == EVENT_ONLY else tuple(line["signal"].split()),
                line["screen"],
            )
            for line in csv.DictReader(file, delimiter="|")
        ]


def coverage_markdown() -> str:
    """The page: one row an element, and how many have no signal or no screen yet."""
    found = elements()
    n_event_only = sum(element.is_event_only for element in found)
    n_unseen = sum(element.screen == NO_SCREEN for element in found)
    return (
        INTRODUCTION
        + "".join(map(_line, found))
        + f"\nOf {len(found)} elements, {n_event_only} are kept as events only "
        + f"and {n_unseen} are on no screen.\n"
    )


def _line(element: Element) -> str:
    columns = _code(element.columns) or EVENT_ONLY
    screen = element.screen.replace("_", " ")
    return f"| {element.row} | {element.name} | {_code(element.events)} | {columns} | {screen} |\n"


def _code(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    sys.stdout.write(coverage_markdown())
