"""Surveys and impact: who answers, what they say, what changed from before to after."""

from __future__ import annotations

from collections.abc import Sequence

import dash
from dash import html
from dash.development.base_component import Component

from dashboards import components, data, formats
from dashboards.data.publication import Row
from dashboards.panels.survey_change import change_card, change_sentence, impact_card
from dashboards.panels.surveys import (
    group_card,
    in_sentence,
    links,
    mean,
    response_card,
    scale_card,
    side_name,
    spread_card,
    told_waves,
)
from dashboards.screen import Scene, panel, screen
from dashboards.speech import lowered, say
from warehouse.accounts import GROUPS

TITLE = "Surveys and impact"
TOTAL = "total"


@screen(GROUPS)
def layout(
    scene: Scene,
    /,
    program: str | list[str] = "",
    instrument: str | list[str] = "",
    wave: str | list[str] = "",
    **_address: str | list[str],
) -> Component:
    """One instrument of a program: its waves, its scales, its changes; then what else tells of impact."""
    found = data.surveys.instruments(scene.publication)
    if not found:
        return components.page(TITLE, nothing_yet())
    programs = sorted({row["program_id"] for row in found})
    chosen = program if isinstance(program, str) and program in programs else programs[0]
    offered = [row for row in found if row["program_id"] == chosen]
    survey = next((row for row in offered if row["instrument"] == instrument), offered[0])
    surveys = [(row["title"], address_of(row)) for row in offered]
    choices = [
        links([(each, {"program": each}) for each in programs], chosen, "Programs"),
        links(surveys, survey["title"], "Surveys"),
    ]
    return of_survey(scene, survey, choices, wave if isinstance(wave, str) else "")


def address_of(survey: Row) -> dict[str, str]:
    """What the screen's address says of an instrument of a program."""
    return {"program": survey["program_id"], "instrument": survey["instrument"]}


def of_survey(scene: Scene, survey: Row, choices: Sequence[Component | None], wave: str) -> Component:
    """The screen of one instrument of one program, below what else can be chosen."""
    smallest, program_id = scene.run["small_group"], survey["program_id"]
    about = (scene.publication, program_id, survey["instrument"])
    scores, changes = data.surveys.scores(*about), data.surveys.changes(*about)
    change = panel("Before and after", lambda: change_card(changes, smallest, scene.run["effect_pairs"]))
    return components.page(
        TITLE,
        *choices,
        panel("Who answers", lambda: response_card(data.surveys.responses(*about), smallest)),
        spread(scene, survey, told_waves(scores), wave),
        change if changes else None,
        panel("How the scales stand, wave by wave", lambda: scale_card(scores, smallest)),
        panel("By cohort and form", lambda: group_card(scores, smallest)),
        None if changes else change,
        panel(
            "Impact beside surveys",
            lambda: impact_card(
                data.practices.numbers(scene.publication, "growth", program_id, None), changes
            ),
        ),
        lead=insight(survey["title"], scores, changes),
    )


def spread(scene: Scene, survey: Row, waves: Sequence[str], wave: str) -> Component | None:
    """How the answers of a wave are spread: of the one asked for, else of the first that can be told."""
    if not waves:
        return None
    shown = wave if wave in waves else waves[0]
    about = (scene.publication, survey["program_id"], survey["instrument"], shown)
    return panel(
        "How answers are spread",
        lambda: spread_card(data.surveys.shares(*about), waves, shown, address_of(survey)),
    )


def nothing_yet() -> Component:
    """No survey has been answered, or none by a scale we know."""
    why = html.P(
        "Send the pulse, or bring the answers of a survey tool with a mapping that names its instrument. "
        "Waves called pre and post tell what changed."
    )
    return components.card(components.state("No survey can be told of yet", why))


def insight(title: str, scores: Sequence[Row], changes: Sequence[Row]) -> str:
    """How the whole scale stands in its newest wave and, of an outcome, what changed."""
    told = [row for row in scores if row["field"] == "wave" and not row["is_hidden"]]
    total = [row for row in told if row["subscale"] == TOTAL] or told
    if not total:
        return say("Too few answers to tell what {title} says.", title=title)
    newest = max(total, key=lambda row: (row["from_on"], row["group_value"]))["group_value"]
    sides = [
        say("{side} {value}", side=lowered(side_name(row["side"])), value=mean(row))
        for row in total
        if row["group_value"] == newest
    ]
    words = say(
        "{title}, {wave}: {sides}, of {top}.",
        title=title,
        wave=in_sentence(newest),
        sides=", ".join(sides),
        top=formats.count(total[0]["scale_max"]),
    )
    changed = change_sentence(changes)
    return f"{words} {changed}" if changed else words


dash.register_page(__name__, path="/surveys", title=f"{TITLE} · Kinkeeper", layout=layout, order=2)
