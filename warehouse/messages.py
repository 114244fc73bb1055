"""Sentences that a build writes, kept as template and values: whoever reads them decides the language.

A message is plain JSON, next to its English text in the same row:

    {"say": "{who} missed {n_sessions}.", "who": {"say": "Mentor"}, "n_sessions": {"n": 3, "of": "session"}}

`say` is the template, which is also its name in the catalogues, with a value for each of its places: another
message, a list of them, a count with its noun, a day, a number, or a text of the data, which no catalogue
touches.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

Message = Mapping[str, Any]

SUFFIX = "_message"
"""The message of a column `reason` stands in `reason_message`."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


EVENT = ("{who}: {what}", "{what} ({minutes} min)", "{what}, after the end")
"""What `mart.pair_event` is told with; its SQL writes them down itself."""


class Speaker(Protocol):
    """Who puts messages into a language."""

    def sentence(self, template: str, values: Mapping[str, Any]) -> str:
        """A template with its values in place; texts among them are in the language already."""

    def count(self, n: int, noun: str) -> str:
        """A count with its noun, which is given for one and takes an s in English."""

    def day(self, on: dt.date, *, has_year: bool) -> str:
        """A day; the year is left out where it is that of the run."""


class English:
    """The language in which builds write."""

    def sentence(self, template: str, values: Mapping[str, Any]) -> str:
        return template.format(**values)

    def count(self, n: int, noun: str) -> str:
        return f"{n} {noun}" if n == 1 else f"{n} {noun}s"

    def day(self, on: dt.date, *, has_year: bool) -> str:
        return f"{on.day} {MONTHS[on.month - 1]}" + (f" {on.year}" if has_year else "")


ENGLISH = English()


def message(template: str, /, **values: Any) -> Message:
    """A sentence, or a part of one."""
    return {"say": template, **values}


def counted(n: int, noun: str) -> Message:
    """How many of something."""
    return {"n": n, "of": noun}


def on_day(on: dt.date, *, has_year: bool) -> Message:
    """A day."""
    return {"on": on.isoformat()[:10], "year": has_year}


def joined(parts: Iterable[Any], between: str = ", ") -> Message:
    """Several messages, or texts of the data, one after the other."""
    return {"all": list(parts), "between": between}


def render(told: Any, by: Speaker = ENGLISH) -> Any:
    """A message in a language; a number or a text of the data as it is."""
    if not isinstance(told, dict):
        return told
    if "say" in told:
        values = {name: render(each, by) for name, each in told.items() if name != "say"}
        return by.sentence(told["say"], values)
    if "all" in told:
        return told["between"].join(render(each, by) for each in told["all"])
    if "of" in told:
        return by.count(told["n"], told["of"])
    return by.day(dt.date.fromisoformat(told["on"]), has_year=told["year"])


_JSON = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, default=lambda number: number.item())
"""A number of numpy is kept as the number it is."""


def packed(told: Message) -> str:
    """A message as it is kept in a table."""
    return _JSON.encode(told)


def unpacked(kept: str) -> Message:
    """A message as it was kept."""
    found: Message = json.loads(kept)
    return found
