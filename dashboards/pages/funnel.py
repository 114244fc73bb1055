"""Lifecycle: how many pairs go on from each step to the next, and how healthy a group is in numbers."""

from __future__ import annotations

from collections.abc import Sequence

import dash
from dash import html
from dash.development.base_component import Component

from dashboards import components, data, formats
from dashboards.data.publication import Row
from dashboards.panels.groups import choice, hidden_line, label
from dashboards.panels.lifecycle import funnel_card, kpi_card
from dashboards.screen import Scene, panel, screen
from dashboards.speech import lowered, say
from warehouse.accounts import GROUPS
from warehouse.words import FUNNEL_STEP


@screen(GROUPS)
def layout(
    scene: Scene, /, program: str | list[str] = "", cohort: str | list[str] = "", **_address: str | list[str]
) -> Component:
    """The steps and the measures of one cohort or of a whole program."""
    found = data.funnel.groups(scene.publication)
    groups = [row for row in found if not row["is_hidden"]]
    hidden = hidden_line(len(found) - len(groups), scene.run["small_group"])
    if not groups:
        why = html.P("No group of pairs is large enough to be shown.")
        return components.page("Lifecycle", components.card(components.state("No steps yet", why), hidden))
    wanted = {"program_id": program, "cohort_id": cohort or None, "is_hidden": False}
    chosen = wanted if wanted in groups else groups[0]
    group = {"program_id": chosen["program_id"], "cohort_id": chosen["cohort_id"]}
    steps = data.funnel.steps(scene.publication, **group)
    return components.page(
        "Lifecycle",
        choice(groups, chosen, "/lifecycle"),
        hidden,
        panel("From step to step", lambda: funnel_card(steps, label(chosen, groups))),
        panel(
            "Health of the group in numbers",
            lambda: kpi_card(data.program.kpis(scene.publication, **group), scene.run["small_group"]),
        ),
        lead=insight(steps),
    )


def insight(steps: Sequence[Row]) -> str:
    """The step after the first talk that most pairs have not taken: how they met is up to them."""
    order = list(FUNNEL_STEP)
    later = order[order.index("first_talk") + 1 :]
    told = [row for row in steps if row["step"] in later and row["from_step"] and row["n_entered"]]
    if not told:
        return "Too few pairs have gone on after a first talk to tell where they stop."
    widest = max(told, key=lambda row: row["n_entered"] - row["n_reached"])
    entered, lost = widest["n_entered"], widest["n_entered"] - widest["n_reached"]
    return say(
        "After the first talk the widest gap is before {step}: {lost:,} of {pairs} that "
        "reached {from_step} have not reached it.",
        step=lowered(FUNNEL_STEP[widest["step"]]),
        lost=lost,
        pairs=formats.plural(entered, "pair"),
        from_step=lowered(FUNNEL_STEP[widest["from_step"]]),
    )


dash.register_page(__name__, path="/lifecycle", title="Lifecycle · Kinkeeper", layout=layout, order=2)
