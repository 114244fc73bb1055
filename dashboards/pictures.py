"""The charts of a drawn screen as pictures to take along; the browser makes them (`assets/pictures.js`).

A picture carries its name, its legend, and whence and when it is, so that it still says so in a slide.
"""

from __future__ import annotations

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards import formats
from dashboards.access import caller
from dashboards.data.publication import Row
from dashboards.moment import components_of
from dashboards.speech import AsIs, say, translated
from warehouse.accounts import EXPORT

FORMS = ("png", "svg")


def offer_pictures(node: Any, run: Row) -> None:
    """Put two buttons under every chart of a screen, for those who may export."""
    if not caller().may(EXPORT):
        return
    charts = [part for part in components_of(node) if isinstance(part, html.Figure)]
    for chart in charts:
        chart.children = [*chart.children, _buttons(getattr(chart, "data-title"), run)]


def _buttons(name: str, run: Row) -> Component:
    made = [
        html.Button(
            form.upper(),
            className="take-picture",
            **{"data-form": form, "aria-label": say("{form} of {name}", form=form.upper(), name=name)},
        )
        for form in FORMS
    ]
    return html.P(
        [translated("Picture"), " ", made[0], " ", made[1]],
        className="note exports wide-only",
        **{"data-foot": foot(run)},
    )


def foot(run: Row) -> str:
    """What a picture says of the run it shows."""
    return say(
        "{program}as of {as_of}, known at {known_at}, build {build}",
        program=AsIs(f"{run['program_label']}, " if run["program_label"] else ""),
        as_of=formats.instant(run["as_of"]),
        known_at=formats.instant(run["known_at"]),
        build=AsIs(run["build_id"]),
    )
