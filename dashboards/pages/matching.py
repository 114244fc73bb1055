"""Matching: which first messages are answered, where mentors are found, and how well the two fit."""

from __future__ import annotations

from collections.abc import Sequence

import dash
from dash.development.base_component import Component

from dashboards import formats
from dashboards.data.publication import Row
from dashboards.panels.practices import Numbers, kind_cards, practice_page, told
from dashboards.screen import Scene, panel, screen
from dashboards.speech import say
from warehouse.accounts import GROUPS

BY_KIND = (
    "reply_by_ask",
    "reply_by_minutes",
    "reply_by_letter",
    "reply_by_checklist",
    "reply_by_source",
    "match_by_source",
    "match_by_platform",
    "sustained_by_source",
    "fit_by_mode",
    "fit_by_need",
    "fit_by_guidance",
    "fit_by_place",
    "fit_by_training",
    "mismatch_reason",
    "sustained_by_form",
    "sustained_by_direction",
    "sustained_by_modality",
    "sustained_by_voluntary",
)


@screen(GROUPS)
def layout(
    scene: Scene, /, program: str | list[str] = "", cohort: str | list[str] = "", **_address: str | list[str]
) -> Component:
    """The numbers about matching of one group, and of the program by kind."""

    def by_kind(group: Row) -> Sequence[Component | None]:
        return [panel("By kind", lambda: kind_cards(scene, "matching", group, BY_KIND))]

    return practice_page(scene, ("Matching", "matching", "/matching"), (program, cohort), insight, by_kind)


def insight(numbers: Numbers) -> str:
    """How many first messages are answered, and how many fit at first sight."""
    reply, fit = told(numbers, "outreach_reply"), told(numbers, "fit_mentee")
    if reply is None and fit is None:
        return "Too few first messages and first answers to tell."
    parts = [
        say("{reply} of first messages are answered", reply=formats.part(reply))
        if reply is not None
        else None,
        say("{fit} of mentees call the fit good after the first session", fit=formats.part(fit))
        if fit is not None
        else None,
    ]
    return "; ".join(part for part in parts if part) + "."


dash.register_page(__name__, path="/matching", title="Matching · Kinkeeper", layout=layout, order=2)
