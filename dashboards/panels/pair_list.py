"""A list of pairs: a grid on a desk, cards on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from dash import dcc, html
from dash.development.base_component import Component

from dashboards import components, formats, theme
from dashboards.data import Row
from dashboards.screen import Scene
from warehouse.words import state_words

PHONE_LIMIT = 25


def pair_list(scene: Scene, rows: Sequence[Row], activity: dict[str, list[int]]) -> list[Component]:
    """The pairs in their order; `activity` are each pair's events in the last twelve weeks."""
    shown = [cells(scene, row, activity[row["pair_id"]]) for row in rows]
    n_listed = rows[0]["n_listed"]
    words = f"{len(rows):,} of {formats.plural(n_listed, 'pair')} shown. "
    more = dcc.Link("Show the whole watchlist", href="/?view=watchlist")
    units = "Silence is in active days: leave and breaks do not count. Bars are events in each of 12 weeks."
    return [
        html.Div(components.grid("watchlist", COLUMNS, shown, "pair_id"), className="wide-only"),
        html.Div([pair_card(row) for row in shown[:PHONE_LIMIT]], className="phone-only"),
        html.P([words, *([more, ". "] if len(rows) < n_listed else []), units], className="note under"),
    ]


def cells(scene: Scene, row: Row, activity: list[int]) -> Row:
    """One row of the grid: words, colours and the numbers it sorts by."""
    look = theme.tone(row["band"], row["is_success"])
    days, usual = row["silence_days"], row["expected_days"]
    return {
        "pair_id": row["pair_id"],
        "href": f"/pairs/{quote(row['pair_id'], safe='')}",
        "rank": row["rank"],
        "pair": (" ↔ " if row["direction"] == "peer" else " → ").join(scene.people(row)),
        "cohort": row["cohort_id"] or "No cohort",
        "band": look.word,
        "mark": look.mark,
        "ink": look.ink,
        "fill": look.fill,
        "state": state_words(row["state"], row["waiting_on"], row["direction"]),
        "reason": row["reason"] or "",
        "next_step": row["next_step"] or formats.NONE,
        "silence_days": days,
        "silent": formats.days(days),
        "usual": "" if usual is None else f"usual {usual:.0f}",
        "activity": activity,
        "health": row["health"],
    }


_LONG = {"autoHeight": True, "sortable": False}

COLUMNS: list[dict[str, Any]] = [
    {"field": "rank", "headerName": "#", "width": 52, "minWidth": 52, "cellClass": "quiet"},
    {"field": "pair", "headerName": "Pair", "cellRenderer": "PairLink", "width": 150},
    {"field": "band", "headerName": "Band", "cellRenderer": "BandBadge", "width": 164},
    {
        "field": "state",
        "headerName": "Why now",
        "cellRenderer": "WhyNow",
        "flex": 3,
        "minWidth": 240,
        **_LONG,
    },
    {
        "field": "next_step",
        "headerName": "Do next",
        "cellRenderer": "Prose",
        "flex": 2,
        "minWidth": 180,
        **_LONG,
    },
    {"field": "silence_days", "headerName": "Silence", "cellRenderer": "Silence", "width": 134},
    {"field": "health", "headerName": "Health", "cellRenderer": "Health", "width": 96},
]


def pair_card(row: Row) -> Component:
    """One pair on a phone."""
    look = theme.Tone(row["band"], row["mark"], row["ink"], row["fill"], row["ink"])
    silent = "" if row["silence_days"] is None else f" · silent {row['silent']}"
    usual = f", {row['usual']}" if silent and row["usual"] else ""
    return dcc.Link(
        [
            html.Div([html.Strong(row["pair"]), components.badge(look)], className="pair-card-head"),
            html.Span(row["state"], className="pair-card-state"),
            html.P(row["reason"]),
            html.P(["Next: ", row["next_step"]], className="pair-card-next"),
            html.Span(f"{row['cohort']}{silent}{usual}", className="note"),
        ],
        href=row["href"],
        className="pair-card",
    )
