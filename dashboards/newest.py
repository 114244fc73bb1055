"""A newer build than the one on screen: said when somebody comes back to the page, and never drawn by itself.

Rows must not move under a hand, so the screen stays until its reader asks for the new one. The browser asks
when its reader does something again (kinkeeper.js), not by the clock: else a page left open would never be
signed out.
"""

from __future__ import annotations

from typing import Any

from dash import Input, Output, State, callback, dcc, html
from dash.development.base_component import Component

from dashboards import components, data, formats
from dashboards.access import caller, scoped
from dashboards.data.publication import Publication
from dashboards.moment import parse_moment
from dashboards.screen import setting
from dashboards.speech import say
from warehouse.accounts import GROUPS, PAIRS
from warehouse.errors import NothingPublished


def place() -> list[Component]:
    """Where a newer build is said, once for all screens, and what the browser tells about the page."""
    stores = [dcc.Store(id="newest-asked"), dcc.Store(id="drawn-build")]
    return [*stores, html.Div(id="newest", role="status")]


@callback(
    Output("newest", "children"),
    Input("newest-asked", "data"),
    Input("drawn-build", "data"),
    State("address", "search"),
    prevent_initial_call=True,
)
@scoped(GROUPS)
def tell_newer(_at: Any, drawn: str | None, search: str | None) -> list[Component]:
    """That a newer build is there than the one that was drawn; nothing on a past day."""
    if not drawn or parse_moment(search):
        return []
    try:
        newest = setting().reader.publication(caller().programs)
    except NothingPublished:
        return []
    if newest.build_id == drawn:
        return []
    told = [say("A newer build is published. "), *_new_pairs(newest, drawn)]
    return [components.banner([*told, html.A("Refresh", href="")])]


def _new_pairs(newest: Publication, drawn: str) -> list[str]:
    """How many pairs need a check-in now that did not on screen, for those who see pairs."""
    before = next((one for one in setting().reader.kept() if one.build_id == drawn), None)
    if before is None or not caller().may(PAIRS):
        return []
    was = data.watchlist.in_need(setting().reader.past(before, caller().programs))
    n_new = len(data.watchlist.in_need(newest) - was)
    told = say("{pairs} new on the list. ", pairs=formats.plural(n_new, "pair is", "pairs are"))
    return [told] if n_new else []
