"""Where a pair stands and why, with the one thing to do next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards import components, formats, theme
from dashboards.data.publication import Row
from dashboards.panels.gaps import missing, missing_contact, struck
from dashboards.panels.risk import basis, drivers, tier
from dashboards.screen import Scene
from dashboards.speech import say
from warehouse.words import END_REASON, UNJUDGED

OF_POINTS = ("low_score", "score_fell")
"""Reasons whose number is points of the score; all others tell days."""

LONG = 0.5
"""A silence longer than half of the usual ones is worth saying so."""


def verdict(
    scene: Scene, row: Row, reasons: Sequence[Row], risks: Sequence[Row], gaps: Sequence[Row] = ()
) -> Component:
    """Band, state, reasons, the next step and the numbers they rest on; `risks` say why silence is likely.

    What rests on contact that may be missing (`gaps`) is struck out.
    """
    state = formats.state(row["state"], row["waiting_on"], row["direction"])
    if row["end_reason"] is not None:
        state = say("{reason}, {day}", reason=END_REASON[row["end_reason"]], day=formats.day(row["ended_at"]))
    look = components.badge(theme.tone(row["band"], row["state"], row["is_success"]))
    told = [_reason(item, missing(gaps, item["code"])) for item in reasons] or [
        html.Li(row["reason"] or "Nothing speaks against this pair.")
    ]
    step = html.Div([html.Span("Do next"), html.P(row["next_step"])], className="next-step")
    return components.card(
        html.Div([look, html.H2(state)], className="verdict"),
        html.Ul(told, className="reasons"),
        step if row["next_step"] else None,
        drivers(row, risks),
        components.facts(_numbers(scene, row, missing_contact(gaps))),
        late_line(missing_contact(gaps)),
        basis(row),
        kind="verdict-card",
        about="verdict",
    )


def late_line(why: str) -> Component | None:
    """What has not come, in words, where something is struck out."""
    words = say("{why} What is struck out may be wrong.", why=why)
    return html.P(words, className="note under") if why else None


def _reason(item: Row, why: str) -> Component:
    """One reason: its sentence, and the number behind it beside what was expected."""
    value, expected, since = item["value"], item["expected"], item["since_on"]
    known = (
        []
        if value is None or expected is None
        else [
            say(
                "{value} against {expected:.0f} expected",
                value=formats.plural(round(value), "point" if item["code"] in OF_POINTS else "day"),
                expected=expected,
            )
        ]
    )
    is_told = since is not None and since.isoformat() in (item["reason_message"] or "")
    known += [] if since is None or is_told else [say("since {since}", since=formats.day(since))]
    return html.Li([struck(item["reason"], why), html.Span(" · ".join(known), className="note")])


def _numbers(scene: Scene, row: Row, why: str) -> list[tuple[str, Any]]:
    health, surprise = scene.health(row), row["surprise"]
    is_known = row["ended_at"] is None and row["state"] not in UNJUDGED
    is_long = is_known and surprise is not None and surprise >= LONG
    return [
        ("Silent", struck(formats.days(row["silence_days"]), why) if is_known else formats.NONE),
        ("Usual for this pair", formats.days(row["expected_days"])),
        *(
            [("Longer than", say("{surprise} of the usual", surprise=formats.part(surprise)))]
            if is_long
            else []
        ),
        ("Unanswered", struck(formats.count(row["n_unanswered"]), why)),
        (
            "Health",
            formats.NONE if health is None else struck(say("{health:.0f} of 100", health=health), why),
        ),
        *([("Risk of silence", tier(row))] if row["risk_tier"] is not None else []),
        ("Evidence", formats.NONE if row["coverage"] is None else formats.part(row["coverage"])),
    ]
