"""Pairs that send events though nobody announced them: how long their events have waited, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards import components, formats, theme
from dashboards.data.publication import Row
from warehouse.words import PARKED, PARKED_REMEDY

TONE = {"ref.pending": theme.WARN_TONE, "ref.unknown": theme.BAD_TONE}


def announced_card(parked: Sequence[Row]) -> Component | None:
    """The pairs whose events wait, longest first; nothing where none does."""
    if not parked:
        return None
    heads = ("Pair", "State", "Source", "Events", "Since")
    return components.card(
        components.table(heads, [_row(row) for row in parked], "Pairs nobody announced", (3,)),
        html.P(PARKED_REMEDY, className="note under"),
        title="Pairs nobody announced",
        about="announced",
        note="Their events are in the log and count for no pair yet.",
    )


def _row(row: Row) -> tuple[Any, ...]:
    return (
        html.Strong(row["pair_id"]),
        components.badge(TONE[row["code"]], PARKED[row["code"]]),
        row["source"],
        formats.count(row["n_events"]),
        formats.day(row["first_recorded_at"]),
    )
