"""Goals and growth: preparation, feedback, stretch, introductions, and what people say of it."""

from __future__ import annotations

from collections.abc import Sequence

import dash
from dash.development.base_component import Component

from dashboards import components, data, formats
from dashboards.data.publication import Row
from dashboards.panels.practices import Numbers, kind_cards, practice_page, told
from dashboards.screen import Scene, panel, screen
from dashboards.speech import say
from warehouse.accounts import GROUPS

GENERATION = {1: "First", 2: "Second", 3: "Third", 4: "Fourth and later"}
BY_KIND = (
    "goal_kind",
    "done_by_kind",
    "guidance_kind",
    "reply_by_channel",
    "feedback_parts",
    "full_feedback_by_direction",
    "full_feedback_by_tone",
    "helpful_by_direction",
)


@screen(GROUPS)
def layout(
    scene: Scene, /, program: str | list[str] = "", cohort: str | list[str] = "", **_address: str | list[str]
) -> Component:
    """The numbers about goals and growth of one group, and of the program by kind."""

    def by_kind(group: Row) -> Sequence[Component | None]:
        smallest = scene.run["small_group"]
        return [
            panel("By kind", lambda: kind_cards(scene, "growth", group, BY_KIND)),
            panel("Community", lambda: community_card(data.people.generations(scene.publication), smallest)),
        ]

    about = ("Goals and growth", "growth", "/growth")
    return practice_page(scene, about, (program, cohort), insight, by_kind)


def insight(numbers: Numbers) -> str:
    """How many sessions are prepared, and how many introductions lead to something."""
    prepared, led = told(numbers, "prepared"), told(numbers, "led_to")
    if prepared is None:
        return "Too few sessions to tell how they are prepared."
    words = say("{prepared} of sessions are prepared", prepared=formats.part(prepared))
    return (
        say("{words}; {led} of introductions lead to something.", words=words, led=formats.part(led))
        if led is not None
        else f"{words}."
    )


def community_card(rows: Sequence[Row], smallest: int) -> Component:
    """Mentors by generation: who was mentored here before mentoring is one later than their own mentor."""
    title = "Community"
    if not rows:
        return components.card(components.state("No mentor has begun yet"), title=title)
    heads = ("Generation of mentors", "Mentors", "People each is linked to")
    cells = [_generation(row, row["n_mentors"] >= smallest) for row in rows]
    return components.card(
        components.table(heads, cells, title, (1, 2)),
        about="generations",
        title=title,
        note=say(
            "All cohorts: who was mentored here and has become a mentor carries the program on. A "
            "dash stands where there are fewer than {smallest}.",
            smallest=smallest,
        ),
    )


def _generation(row: Row, is_shown: bool) -> tuple[str, str, str]:
    linked = f"{row['mean_partners']:.1f}"
    numbers = (formats.count(row["n_mentors"]), linked) if is_shown else (formats.NONE, formats.NONE)
    return (GENERATION[row["generation"]], *numbers)


dash.register_page(__name__, path="/growth", title="Goals and growth · Kinkeeper", layout=layout, order=2)
