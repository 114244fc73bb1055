"""What the numbers on the screens mean: the tables of docs/words.md and docs/method.md, by code.

The pages are written once, for people who read them as pages; the help of the screens shows the same rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

NAMED = ("Numbers of a group", "Practices of a group", "Numbers by kind", "Steps of the funnel")
"""The sections of docs/words.md whose rows are numbers on a screen."""

_ROW = re.compile(r"^\| `([a-z0-9_.]+)` \|(.+)\|$", re.MULTILINE)


@dataclass(frozen=True)
class Meaning:
    """One number: its name, what it says and, where the method tells so, how it is counted of what."""

    code: str
    name: str
    words: str
    counted: str = ""
    of: str = ""
    left_out: str = ""


def anchor(code: str) -> str:
    """The place of a number on the screen of definitions."""
    return f"number-{code}"


@cache
def meanings() -> dict[str, tuple[Meaning, ...]]:
    """Section -> its numbers, in the order of the page."""
    counted = {code: cells for code, cells in _rows(_page("method.md")) if len(cells) == 4}
    page = _page("words.md")
    found = {}
    for section in NAMED:
        text = page.partition(f"### {section}\n")[2].partition("\n#")[0]
        found[section] = tuple(
            Meaning(code, cells[0], cells[1], *counted.get(code, ("", "", ""))[:3])
            for code, cells in _rows(text)
        )
    return found


def _rows(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [
        (row[1], tuple(cell.strip() for cell in row[2].replace("`", "").split(" | ")))
        for row in _ROW.finditer(text)
    ]


def _page(name: str) -> str:
    """A page of docs/, which travels inside this package where it was installed from a wheel."""
    inside = Path(__file__).with_name("docs") / name
    beside = Path(__file__).parents[1] / "docs" / name
    return (inside if inside.exists() else beside).read_text("utf-8")
