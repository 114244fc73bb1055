"""Which day a screen looks at, and what was known by which: `?asof=2026-03-03&knownat=2026-03-05`.

The address alone carries it, so a link, a bookmark and the back button show the same past. Every link that a
screen draws is given it here, in one place, and whoever writes an address keeps what they do not know.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from dash.development.base_component import Component

KEYS = ("asof", "knownat")
UNDATED = ("/reports/files/", "/assets/", "/logout")
"""Addresses that are the same whatever day one looks at."""


@dataclass(frozen=True)
class Moment:
    """A day to look at, and the day whose knowledge counts; without any it is the newest publication."""

    as_of: dt.date | None = None
    known_at: dt.date | None = None

    def __bool__(self) -> bool:
        return self.as_of is not None or self.known_at is not None


PRESENT = Moment()


def from_address(values: Mapping[str, Any]) -> Moment:
    """The moment that query values name; what is no date is not there."""
    return Moment(*(_day(values.get(key)) for key in KEYS))


def parse_moment(query: str | None) -> Moment:
    """The moment of an address's query, with or without its question mark."""
    return from_address(dict(parse_qsl((query or "").removeprefix("?"))))


def format_moment(moment: Moment) -> str:
    """The query of an address that shows this moment; empty for the present."""
    named = zip(KEYS, (moment.as_of, moment.known_at), strict=True)
    pairs = [(key, day.isoformat()) for key, day in named if day is not None]
    return f"?{urlencode(pairs)}" if pairs else ""


def at(href: str, moment: Moment) -> str:
    """The same address, looked at in this moment: whatever else it names stays."""
    parts = urlsplit(href)
    kept = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key not in KEYS]
    query = urlencode([*kept, *parse_qsl(format_moment(moment).removeprefix("?"))])
    return urlunsplit(parts._replace(query=query))


def carry(node: Any, moment: Moment) -> Any:
    """Give the moment to every link of a tree that leads to another screen; answers the tree."""
    if not moment:
        return node
    for component in components_of(node):
        href = getattr(component, "href", None)
        if _is_ours(href):
            setattr(component, "href", at(href, moment))  # noqa: B010 - not every component has one
        for row in getattr(component, "rowData", None) or ():
            if _is_ours(row.get("href")):
                row["href"] = at(row["href"], moment)
    return node


def components_of(node: Any) -> Sequence[Component]:
    """Every component of a tree, the outer before the inner."""
    if isinstance(node, (list, tuple)):
        return [found for child in node for found in components_of(child)]
    if not isinstance(node, Component):
        return []
    return [node, *components_of(getattr(node, "children", None))]


def _is_ours(href: Any) -> bool:
    return isinstance(href, str) and href.startswith("/") and not href.startswith(("//", *UNDATED))


def _day(value: Any) -> dt.date | None:
    text = value[-1] if isinstance(value, (list, tuple)) and value else value
    try:
        return dt.date.fromisoformat(text) if isinstance(text, str) and len(text) == 10 else None
    except ValueError:
        return None
