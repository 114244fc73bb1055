"""What rows say to whoever reads them: sentences of a build in their language, texts of the data as they are.

A build writes in English and keeps each sentence as a message beside it (`warehouse/messages.py`). Where a
row is read, the sentence is told again from its message, with the words, numbers and days of the viewer.
Every other text of a row is a code or one of the data, such as the name of a cohort, and is marked so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from dashboards import formats
from dashboards.speech import ENGLISH, AsIs, plural, say
from dashboards.viewer import viewer
from warehouse.messages import SUFFIX, render, unpacked

Row = dict[str, Any]

OURS = frozenset({"of_what", "unit", "limits"})
"""Columns that hold texts of ours without values, which are looked up as such."""


def told(rows: list[Row]) -> list[Row]:
    """The rows in the viewer's language; in the language of builds they are as they were."""
    language = viewer().language
    if language == "en" or not rows:
        return rows
    messages = [name for name in rows[0] if name.endswith(SUFFIX)]
    for row in rows:
        row.update({name.removesuffix(SUFFIX): _told(row[name], language) for name in messages if row[name]})
    return rows if language in ENGLISH else [_marked(row) for row in rows]


def _marked(row: Row) -> Row:
    return {
        name: AsIs(value) if isinstance(value, str) and name not in OURS else value
        for name, value in row.items()
    }


class _Viewer:
    """Puts messages into the language of whoever looks."""

    def sentence(self, template: str, values: Mapping[str, Any]) -> str:
        return say(template, **{name: _as_is(value) for name, value in values.items()})

    def count(self, n: int, noun: str) -> str:
        return plural(n, noun)

    def day(self, on: dt.date, *, has_year: bool) -> str:
        return formats.day(on) if has_year else formats.day_of_year(on)


_VIEWER = _Viewer()


def _as_is(value: Any) -> Any:
    return AsIs(value) if isinstance(value, str) else value


@lru_cache(maxsize=8192)
def _told(kept: str, _language: str) -> str:
    """A list holds the same next steps over and over."""
    return AsIs(render(unpacked(kept), _VIEWER))
