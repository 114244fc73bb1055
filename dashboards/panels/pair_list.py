"""A list of pairs: a grid on a desk, cards on a phone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from dash import dcc, html
from dash.development.base_component import Component

from dashboards import components, data, formats, theme
from dashboards.data import Row
from dashboards.handling import Handling
from dashboards.panels.actions import handled, opener, picker
from dashboards.panels.gaps import missing, missing_contact, struck
from dashboards.panels.risk import percent, tier
from dashboards.screen import Scene
from dashboards.speech import say, translated
from warehouse.accounts import ACT
from warehouse.words import UNJUDGED

PHONE_LIMIT = 25


def pair_list(
    scene: Scene,
    rows: Sequence[Row],
    activity: dict[str, list[int]],
    decided: Mapping[str, Handling],
    export: Component,
) -> list[Component]:
    """The pairs in their order; `activity` are each pair's events in the last twelve weeks.

    `decided` is what was decided about them; only who may act is offered to. `export` are links to the list.
    """
    can_act = scene.may(ACT)
    gaps = data.gaps(scene.publication, [row["pair_id"] for row in rows])
    shown = [
        cells(scene, row, activity[row["pair_id"]], gaps.get(row["pair_id"], ()))
        | {"handled": handled(decided.get(row["pair_id"]))}
        for row in rows
    ]
    columns = [PICK_COLUMN, *COLUMNS[1:], ACT_COLUMN] if can_act else COLUMNS
    keys = html.Span([html.Kbd("J"), " ", html.Kbd("K"), " move, ", html.Kbd("?"), " lists all keys"])
    n_listed = rows[0]["n_listed"]
    words = say("{n_rows:,} of {pairs} shown. ", n_rows=len(rows), pairs=formats.plural(n_listed, "pair"))
    more = dcc.Link("Show the whole watchlist", href="/?view=watchlist")
    rest = (more, ". ") if len(rows) < n_listed else ()
    few = say(
        "A small screen lists the first {phone_limit}: filter to find the others. ", phone_limit=PHONE_LIMIT
    )
    first = html.Span(few, className="phone-only") if len(rows) > PHONE_LIMIT else ""
    units = (
        "Silence is in active days: leave and breaks do not count. Bars are events in each of 12 weeks. "
        "Risk of silence is a tier; a percentage only where percentages have held."
    )
    return [
        html.Div(components.grid("watchlist", columns, shown, "pair_id"), className="wide-only"),
        html.Div([pair_item(row, can_act=can_act) for row in shown[:PHONE_LIMIT]], className="phone-only"),
        html.Div(
            [
                html.P([words, *rest, first, units], className="note"),
                html.P([keys if can_act else "", export], className="note wide-only keys"),
            ],
            className="under list-foot",
        ),
    ]


def _headline(row: Row) -> str:
    """What is up with the pair in a few words; a calm state says nothing beside a reason that is not."""
    is_other_reason = row["state"] == "in_rhythm" and row["band"] in ("needs_check_in", "watch")
    return "" if is_other_reason else formats.state(row["state"], row["waiting_on"], row["direction"])


def cells(scene: Scene, row: Row, activity: list[int], gaps: Sequence[Row] = ()) -> Row:
    """One row of the grid: words, colours and the numbers it sorts by; `gaps` are what may be missing."""
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
        "act": translated("Act …"),
        "act_label": say("{act}: {called}", act=translated("Act"), called=called),
        "href": f"/pairs/{quote(row['pair_id'], safe='')}",
        "rank": row["rank"],
        "pair": called,
        "cohort": row["cohort_id"] or "No cohort",
        "band": look.word,
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
    _column("pair", "Pair", "PairLink", width=140, autoHeight=True),
    _column("band", "Band", "BandBadge", width=180),
    _column("state", "Why now", "WhyNow", flex=5, minWidth=176, autoHeight=True, sortable=False),
    _column("next_step", "Do next", "Prose", flex=4, minWidth=140, autoHeight=True, sortable=False),
    _column("silence_days", "Silence", "Silence", width=122),
    _column("risk", "Risk", "Risk", width=78),
    _column("health", "Health", "Health", width=82),
]


PICK_COLUMN = _column("rank", "#", "Pick", width=66, minWidth=66, resizable=False)
ACT_COLUMN = _column("handled", "Act", "Act", width=102, autoHeight=True, sortable=False)


def pair_item(row: Row, *, can_act: bool) -> Component:
    """One pair on a phone, with what can be done about it."""
    if not can_act:
        return pair_card(row)
    decided = html.Span(row["handled"], className="quiet")
    about = row["pair_id"], row["pair"]
    acts = html.Div([picker(*about), opener(*about), decided], className="pair-acts")
    return html.Div([pair_card(row), acts], className="pair-item")


def pair_card(row: Row) -> Component:
    """One pair on a phone."""
    look = theme.Tone(row["band"], row["mark"], row["ink"], row["fill"], row["ink"])
    silent = "" if row["silence_days"] is None else say(" · silent {silent}", silent=row["silent"])
    usual = f", {row['usual']}" if row["usual"] else ""
    return dcc.Link(
        [
            html.Div([html.Strong(row["pair"]), components.badge(look)], className="pair-card-head"),
            html.Span(row["state"], className="pair-card-state"),
            html.P(struck(row["reason"], row["missing"])),
            html.P(row["missing"], className="note") if row["missing"] else None,
            html.P(["Next: ", row["next_step"]], className="pair-card-next"),
            html.Span(f"{row['cohort']}{silent}{usual}", className="note"),
        ],
        href=row["href"],
        className="pair-card",
    )
