"""A pair's health: what each part earned of what it could, and the difference to the cohort."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from dashboards import components, formats
from dashboards.data.publication import Row
from dashboards.screen import Scene
from dashboards.speech import lowered, say
from warehouse.words import COMPONENT


def health(scene: Scene, row: Row, parts: Sequence[Row]) -> Component:
    """The score with its parts, or why there is none yet."""
    scored = [part for part in parts if part["points_possible"]]
    if scene.health(row) is None or not scored:
        why = "Too little is known about this pair to say how good it is."
        if row["band"] == "ended":
            why = "A score tells how a current relationship is doing."
        return components.card(components.state("No score", html.P(why)), title="Relationship health")
    most = max(part["points_possible"] for part in scored)
    stands = row["health_frozen_on"]
    return components.card(
        _score(row, parts),
        html.Div([_bar(part, most) for part in scored], className="health"),
        title="Relationship health",
        about="health",
        note=say("Score and parts are those of {day} and stand still meanwhile.", day=formats.day(stands))
        if stands
        else None,
    )


def _score(row: Row, parts: Sequence[Row]) -> Component:
    missing = [lowered(COMPONENT[part["component"]]) for part in parts if not part["points_possible"]]
    rest = say(" Nothing is known yet about {missing}.", missing=" and ".join(missing)) if missing else ""
    known = say(
        " of 100, from {coverage:.0%} of the evidence there could be.{rest}",
        coverage=row["coverage"],
        rest=rest,
    )
    return html.P([html.Strong(f"{row['health']:.0f}"), known], className="score")


def _bar(part: Row, most: float) -> Component:
    against = part["contribution"]
    words = say(
        "{points:.1f} of {points_possible:.1f} points",
        points=part["points"],
        points_possible=part["points_possible"],
    )
    bar = html.Div(
        html.Div(style={"width": f"{100 * part['points'] / part['points_possible']:.0f}%"}),
        className="health-bar",
        style={"width": f"{100 * part['points_possible'] / most:.1f}%"},
        role="img",
        **{"aria-label": words},
    )
    difference = "" if against is None else say("{against:+.1f} against the cohort", against=against)
    return html.Div(
        [
            html.Span(COMPONENT[part["component"]]),
            bar,
            html.Span(words, className="health-points"),
            html.Span(difference, className="note"),
        ],
        className="health-row",
    )
