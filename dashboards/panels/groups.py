"""Which groups a screen can show, a program and its cohorts, and the links between them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from dash import dcc, html
from dash.development.base_component import Component

from dashboards import formats
from dashboards.data.publication import Row
from dashboards.speech import say


def hidden_line(n_hidden: int, smallest: int) -> Component | None:
    """How many cohorts are too small to be shown, and what too small means."""
    if not n_hidden:
        return None
    words = say(
        "{cohorts_are} not shown. Too small to show: fewer than {smallest} pairs, {smallest} "
        "people or 3 mentors.",
        cohorts_are=formats.plural(n_hidden, "cohort is", "cohorts are"),
        smallest=smallest,
    )
    return html.P(words, className="note under")


def choice(groups: Sequence[Row], chosen: Row, path: str) -> Component:
    """One link for each group that is shown, to the same screen."""
    links = []
    for group in groups:
        named = {"program": group["program_id"], "cohort": group["cohort_id"]}
        query = urlencode({name: value for name, value in named.items() if value is not None})
        place = "chosen" if group == chosen else ""
        links.append(dcc.Link(label(group, groups), href=f"{path}?{query}", className=place))
    return html.Nav(links, className="choice", **{"aria-label": "Groups"})


def label(group: Row, groups: Sequence[Row]) -> str:
    """What a group is called: its cohort, or the program where there are several."""
    if group["cohort_id"] is not None:
        cohort: str = group["cohort_id"]
        return cohort
    is_only = len({other["program_id"] for other in groups}) == 1
    return "All cohorts" if is_only else say("All of {program_id}", program_id=group["program_id"])
