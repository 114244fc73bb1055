"""Messages to copy and steps to take, by the reason a pair is listed for; the texts are in drafts.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("drafts.toml")
OTHERWISE = "otherwise"


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that names nobody, with its title and whom it is for."""

    key: str
    title: str
    to: str
    text: str


@dataclass(frozen=True, slots=True)
class Playbook:
    """What to do about one reason: the drafts that suit it, the likeliest first, and steps."""

    drafts: tuple[Draft, ...]
    steps: tuple[str, ...]


@cache
def drafts() -> dict[str, Draft]:
    """Every draft by its key, in the order of the file."""
    return {
        key: Draft(key, found["title"], found["to"], found["text"].strip())
        for key, found in _catalogue()["draft"].items()
    }


def playbook(code: str | None) -> Playbook:
    """What to do about a reason; a reason without a playbook of its own gets the common one."""
    books = _catalogue()["playbook"]
    found = books.get(code or OTHERWISE, books[OTHERWISE])
    return Playbook(tuple(drafts()[key] for key in found["drafts"]), tuple(found["steps"]))


@cache
def _catalogue() -> dict[str, dict[str, Any]]:
    return tomllib.loads(FILE.read_text("utf-8"))
