"""Endings: of what relationships end, at what age, and how cohorts compare at the same age."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import dash
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import components, data
from dashboards.access import caller
from dashboards.data.publication import Row
from dashboards.panels.cohort_life import triangle_card
from dashboards.panels.endings import Curves, comparison_card, curves_card, hidden_line
from dashboards.screen import Scene, panel, screen
from dashboards.speech import say
from warehouse.accounts import GROUPS, PAIRS

NOT_EARLY = ("still_active", "natural", "unclear")


@screen(GROUPS)
def layout(
    scene: Scene, /, program: str | list[str] = "", cohort: str | list[str] = "", **_address: str | list[str]
) -> Component:
    """The curves of one cohort or of a whole program, and all cohorts compared at the same age."""
    groups = data.endings.groups(scene.publication)
    comparisons = data.endings.comparisons(scene.publication)
    hidden = hidden_line(comparisons)
    if not groups:
        why = html.P("No group of accepted pairs is large enough to be shown.")
        return components.page("Endings", components.card(components.state("No curves yet", why), hidden))
    wanted = {"program_id": program, "cohort_id": cohort or None}
    chosen = wanted if wanted in groups else groups[0]
    curves = data.endings.curves(scene.publication, **chosen)
    smallest = scene.run["small_group"] if caller().may(PAIRS) else None
    return components.page(
        "Endings",
        choice(groups, chosen),
        panel(
            "Curves of endings",
            lambda: curves_card(curves, label(chosen, groups), standing(scene), smallest),
        ),
        panel("Cohorts at the same age", lambda: comparison_card(comparisons, hidden)),
        panel(
            "Still active, by month",
            lambda: triangle_card(
                data.endings.match_months(scene.publication, chosen["program_id"]), smallest
            ),
        ),
        lead=f"{insight(curves)} {compared(comparisons, chosen)}".strip(),
    )


def standing(scene: Scene) -> Sequence[Row]:
    """How all pairs stand; nothing for whoever sees groups, whom their sum could tell of a few."""
    return data.bands.standing(scene.publication) if caller().may(PAIRS) else ()


def insight(curves: Curves) -> str:
    """What has become of the pairs by the oldest age shown."""
    last = {name: points[-1] for name, points in curves.items()}
    rate = {name: row["rate"] for name, row in last.items()}
    early = sum(value for name, value in rate.items() if name not in NOT_EARLY)
    return say(
        "By day {day}, {natural:.0%} of relationships have come to a natural end, {early:.0%} "
        "have ended early and {still_active:.0%} are still active.",
        day=last["still_active"]["day"],
        natural=rate.get("natural", 0),
        early=early,
        still_active=rate["still_active"],
    )


def compared(comparisons: Sequence[Row], group: Row) -> str:
    """How the early ends of a cohort compare with those of the others; nothing of a whole program."""
    told = (
        row["sentence"] for row in comparisons if row["outcome"] == "early" and group.items() <= row.items()
    )
    return next(told, "")


def choice(groups: Sequence[Row], chosen: Row) -> Component:
    """One link for each group that has curves."""
    links = []
    for group in groups:
        named = {"program": group["program_id"], "cohort": group["cohort_id"]}
        query = urlencode({name: value for name, value in named.items() if value is not None})
        link = dcc.Link(
            label(group, groups),
            href=f"/endings?{query}",
            className="chosen" if group == chosen else "",
        )
        links.append(link)
    return html.Nav(links, className="choice", **{"aria-label": "Groups"})


def label(group: Row, groups: Sequence[Row]) -> str:
    """What a group is called: its cohort, or the program where there are several."""
    if group["cohort_id"] is not None:
        cohort: str = group["cohort_id"]
        return cohort
    is_only = len({other["program_id"] for other in groups}) == 1
    return "All cohorts" if is_only else say("All of {program_id}", program_id=group["program_id"])


dash.register_page(__name__, path="/endings", title="Endings · Kinkeeper", layout=layout, order=2)
