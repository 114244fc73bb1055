"""The screen for an address that names none."""

from __future__ import annotations

import dash
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import components
from dashboards.speech import spoken


def layout(**_address: str | list[str]) -> Component:
    """What is wrong, and the way back."""
    back = dcc.Link("Back to the watchlist", href="/", className="button")
    words = html.P("This address names no screen: a link may be old, or mistyped.")
    nothing = components.card(components.state("Nothing to show", words, back))
    return spoken(components.page("No such screen", nothing))


dash.register_page(__name__, title="No such screen · Kinkeeper", layout=layout)
