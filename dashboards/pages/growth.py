"""Goals and growth: preparation, feedback, stretch, introductions, and what people say of it."""

from __future__ import annotations

from collections.abc import Sequence

import dash
from dash.development.base_component import Component

from dashboards import data, formats
from dashboards.data import Row
from dashboards.panels.practices import Numbers, choice_cards, practice_page, told
from dashboards.screen import Scene, screen

BY_KIND = ("goal_kind", "done_by_kind", "guidance_kind", "reply_by_channel")


@screen
def layout(
    scene: Scene, /, program: str | list[str] = "", cohort: str | list[str] = "", **_address: str | list[str]
) -> Component:
    """The numbers about goals and growth of one group, and of the program by kind."""

    def by_kind(group: Row) -> Sequence[Component]:
        kinds = data.choices(scene.publication, "growth", group["program_id"])
        cards = choice_cards(kinds, BY_KIND, scene.run["small_group"])
        return [cards] if cards else []

    about = ("Goals and growth", "growth", "/growth")
    return practice_page(scene, about, (program, cohort), insight, by_kind)


def insight(numbers: Numbers) -> str:
    """How many sessions are prepared, and how many introductions lead to something."""
    prepared, led = told(numbers, "prepared"), told(numbers, "led_to")
    if prepared is None:
        return "Too few sessions to tell how they are prepared."
    words = f"{formats.part(prepared)} of sessions are prepared"
    return f"{words}; {formats.part(led)} of introductions lead to something." if led is not None else f"{words}."


dash.register_page(__name__, path="/growth", title="Goals and growth · Kinkeeper", layout=layout, order=2)
