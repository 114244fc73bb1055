"""What a manager is looking at: one value that a link can carry.

The address of the watchlist is the only place that remembers filters, so that a copied link, the back
button and a bookmark all show the same list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs, parse_qsl, urlencode

from dashboards.behind import Behind, parse_behind
from warehouse.words import BAND, OWNER, STAGE, STATE, TYPE

View = Literal["week", "new", "watchlist", "snoozed", "all"]
VIEWS: tuple[View, ...] = ("week", "new", "watchlist", "snoozed", "all")
CHOICES = {
    "program": "programs",
    "cohort": "cohorts",
    "type": "kinds",
    "stage": "stages",
    "band": "bands",
    "state": "states",
    "owner": "owners",
}
"""Key of an address -> the filter that its values are, any of which a pair may meet."""

CHOICE_WORDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "program": ("Program", {}),
    "cohort": ("Cohort", {}),
    "type": ("Type", TYPE),
    "stage": ("Stage", STAGE),
    "band": ("Band", BAND),
    "state": ("State", STATE),
    "owner": ("Taken on by", OWNER),
}
"""What a filter is called, and the words of its codes; cohorts and programs have names of their own."""

BEHIND = "behind"
"""The key under which an address names the number whose pairs are listed."""

KEYS = frozenset({*CHOICES, BEHIND, "q", "view"})

PAGE = "watchlist-page"
"""Which page of the list is shown, as the grid writes it: another list begins on its first."""

Values = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class FilterState:
    """Which pairs a list shows; empty tuples and an empty search let everything through."""

    programs: tuple[str, ...] = ()
    cohorts: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    search: str = ""
    view: View = "week"
    behind: Behind | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the view keeps pairs out."""
        return self != FilterState(view=self.view)


def from_values(values: Values) -> FilterState:
    """Filters from query values, one or several a key; keys, views and owners nobody knows are ignored.

    So `owner=anyone` is everybody, like no owner.
    """
    view = _last(values, "view")
    chosen = {name: _all(values, key) for key, name in CHOICES.items()}
    chosen["owners"] = tuple(owner for owner in chosen["owners"] if owner in OWNER)
    return FilterState(
        **chosen,
        search=" ".join(_last(values, "q").split()),
        view=view if view in VIEWS else "week",
        behind=parse_behind(_last(values, BEHIND)),
    )


def parse_filters(query: str) -> FilterState:
    """Filters from an address's query, with or without its question mark."""
    return from_values(parse_qs(query.removeprefix("?")))


def format_filters(filters: FilterState) -> str:
    """The query of an address that shows these filters; empty for the plain weekly list."""
    pairs = [(key, value) for key, name in CHOICES.items() for value in getattr(filters, name)]
    pairs += [(BEHIND, str(filters.behind))] if filters.behind else []
    pairs += [("q", filters.search)] if filters.search else []
    pairs += [("view", filters.view)] if filters.view != "week" else []
    return f"?{urlencode(pairs)}" if pairs else ""


def rewritten(query: str, filters: FilterState) -> str:
    """An address's query with these filters in the place of its own; all else but the page stays."""
    kept = [pair for pair in parse_qsl(query.removeprefix("?")) if pair[0] not in {*KEYS, PAGE}]
    pairs = [*parse_qsl(format_filters(filters).removeprefix("?")), *kept]
    return f"?{urlencode(pairs)}" if pairs else ""


def _all(values: Values, key: str) -> tuple[str, ...]:
    found = values.get(key, ())
    several = (found,) if isinstance(found, str) else found
    return tuple(dict.fromkeys(value for value in several if value))


def _last(values: Values, key: str) -> str:
    found = values.get(key, "")
    return found if isinstance(found, str) else (found[-1] if found else "")
