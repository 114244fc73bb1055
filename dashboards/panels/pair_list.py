"""A list of pairs: a grid on a desk, cards on a phone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from dash import ClientsideFunction, Input, Output, State, clientside_callback, dcc, html
from dash.development.base_component import Component

from dashboards import components, data, formats, theme
from dashboards.data.publication import Row
from dashboards.data.watchlist import weekly_activity
from dashboards.handling import Handling
from dashboards.owning import owners
from dashboards.panels.actions import stands
from dashboards.panels.gaps import missing, missing_contact
from dashboards.panels.risk import percent, tier
from dashboards.screen import Scene
from dashboards.speech import say, translated
from dashboards.viewer import viewer
from warehouse.accounts import ACT
from warehouse.words import UNJUDGED

PHONE_LIMIT = 25
URGENCY = ("needs_check_in", "watch", "on_track", "too_early", "paused", "closing", "ended")
"""From the band that needs somebody most to the one that is over: by it "why now" is sorted."""


def pair_list(
    scene: Scene,
    rows: Sequence[Row],
    decided: Mapping[str, Handling],
    export: Component,
) -> list[Component]:
    """The pairs in their order.

    `decided` is what was decided about them; only who may act is offered to. `export` are links to the list.
    """
    can_act = scene.may(ACT)
    gaps = data.pair.gaps(scene.publication, [row["pair_id"] for row in rows])
    shown = [cells(scene, row, gaps.get(row["pair_id"], ())) for row in rows]
    if can_act:
        whose = owners(rows, decided)
        for cell in shown:
            pair_id = cell["pair_id"]
            cell.update(act_words(cell, stands(decided.get(pair_id), whose.get(pair_id, ""))))
    for cell in shown[:PHONE_LIMIT]:
        cell.update(card_words(cell))
    told = [PICK_COLUMN, *COLUMNS[1:], ACT_COLUMN] if can_act else COLUMNS
    columns = [column for column in told if viewer().shows(column["field"])]
    grid = components.grid("watchlist", columns, shown, "pair_id", YIELDING)
    return [
        html.Div(grid, className="wide-only"),
        html.Div(id="phone-list", className="phone-only can-act" if can_act else "phone-only"),
        foot(len(rows), rows[0]["n_listed"], export, can_act=can_act),
    ]


UNITS = (
    "Silence is in active days: leave and breaks do not count. Bars are events in each of 12 weeks. "
    "Risk of silence is a tier; a percentage only where percentages have held."
)


def foot(n_rows: int, n_listed: int, export: Component, *, can_act: bool) -> Component:
    """How many of the listed pairs are shown, in which units, by which keys, and links to take them along."""
    words = say("{n_rows:,} of {pairs} shown. ", n_rows=n_rows, pairs=formats.plural(n_listed, "pair"))
    more = dcc.Link("Show the whole watchlist", href="/?view=watchlist")
    rest = (more, ". ") if n_rows < n_listed else ()
    few = say(
        "A small screen lists the first {phone_limit}: filter to find the others. ", phone_limit=PHONE_LIMIT
    )
    first = html.Span(few, className="phone-only") if n_rows > PHONE_LIMIT else ""
    keys = html.Span([html.Kbd("J"), " ", html.Kbd("K"), " move, ", html.Kbd("?"), " lists all keys"])
    return html.Div(
        [
            html.P([words, *rest, first, UNITS], className="note"),
            html.P([keys if can_act else "", export], className="note wide-only keys"),
        ],
        className="under list-foot",
    )


def _headline(row: Row) -> str:
    """What is up with the pair in a few words; a calm state says nothing beside a reason that is not."""
    is_other_reason = row["state"] == "in_rhythm" and row["band"] in ("needs_check_in", "watch")
    return "" if is_other_reason else formats.state(row["state"], row["waiting_on"], row["direction"])


def cells(scene: Scene, row: Row, gaps: Sequence[Row] = ()) -> Row:
    """One row of the grid: words, colours and the numbers it sorts by; `gaps` are what may be missing."""
    activity = weekly_activity(row)
    look = theme.tone(row["band"], row["state"], row["is_success"])
    is_known = row["ended_at"] is None and row["state"] not in UNJUDGED
    days = row["silence_days"] if is_known else None
    called = (" ↔ " if row["direction"] == "peer" else " → ").join(scene.people(row))
    usual = (
        ""
        if days is None or row["expected_days"] is None
        else say("usual {expected_days:.0f}", expected_days=row["expected_days"])
    )
    return {
        "pair_id": row["pair_id"],
        "href": f"/pairs/{quote(row['pair_id'], safe='')}",
        "rank": row["rank"],
        "pair": called,
        "cohort": row["cohort_id"] or "No cohort",
        "band": look.word,
        "urgency": URGENCY.index(row["band"]),
        "mark": look.mark,
        "ink": theme.css(look.ink),
        "fill": theme.css(look.fill),
        "state": _headline(row),
        "reason": row["reason"] or "",
        "missing": missing(gaps, row["state"]) or (missing_contact(gaps) if is_known else ""),
        "next_step": row["next_step"] or formats.NONE,
        "silence_days": days,
        "silent": formats.days(days),
        "usual": usual,
        "activity": activity,
        "activity_words": _active(sum(activity)),
        "health": scene.health(row),
        "tier": tier(row),
        "percent": percent(row),
        "risk": row["risk_own"],
    }


def _active(n_events: int) -> str:
    if not n_events:
        return translated("No events in 12 weeks")
    return say("{events} in 12 weeks, newest at the right", events=formats.plural(n_events, "event"))


def _column(field: str, name: str, renderer: str | None = None, **more: Any) -> dict[str, Any]:
    return {"field": field, "headerName": name, "cellRenderer": renderer} | more


COLUMNS = [
    _column("rank", "#", width=44, minWidth=44, cellClass="quiet"),
    _column("pair", "Pair", "PairLink", width=186, autoHeight=True),
    _column(
        "state",
        "Why now",
        "WhyNow",
        valueGetter={"function": "params.data.urgency"},
        headerTooltip="Sorts by band",
        flex=5,
        minWidth=176,
        autoHeight=True,
    ),
    _column("next_step", "Do next", "Prose", flex=4, minWidth=140, autoHeight=True, sortable=False),
    _column("silence_days", "Silence", "Silence", width=122),
    _column("risk", "Risk", "Risk", width=78),
    _column("health", "Health", "Health", width=82),
]


YIELDING = ("health", "risk", "silence_days", "next_step")
"""What the list leaves out first where it is narrow; the file of the pair has it all."""

PICK_COLUMN = _column("rank", "#", "Pick", width=78, minWidth=78, resizable=False)
ACT_COLUMN = _column("handled", "Act", "Act", width=102, autoHeight=True, sortable=False)


def act_words(row: Row, state: str) -> Row:
    """What the button of a pair says, and how its item stands."""
    return {
        "act": translated("Act …"),
        "act_label": say("{act}: {called}", act=translated("Act"), called=row["pair"]),
        "handled": state,
    }


def card_words(row: Row) -> Row:
    """What the card of a pair says on a phone, beside the words of its row in the grid."""
    silent = "" if row["silence_days"] is None else say(" · silent {silent}", silent=row["silent"])
    usual = f", {row['usual']}" if row["usual"] else ""
    return {
        "card_next": say("Next: {next_step}", next_step=row["next_step"]),
        "card_note": f"{row['cohort']}{silent}{usual}",
        "pick_label": say("Select: {called}", called=row["pair"]),
    }


clientside_callback(
    ClientsideFunction("kinkeeper", "cards"),
    Output("phone-list", "children"),
    Input("watchlist", "rowData"),
    State("phone-list", "className"),
)
"""The browser draws the cards from the rows of the grid: the server need not write every pair twice."""
