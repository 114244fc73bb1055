"""How somebody wants to see the screens, kept with their account: another browser shows the same.

The cookie of the browser stays what screens are drawn by (viewer.py). With accounts, what is chosen is also
kept in the operational store, and every whole page that a browser asks for brings its cookie up to date.
Without accounts the cookie is all there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import urlencode

from dash import ClientsideFunction, Input, Output, callback, clientside_callback, dcc, no_update
from dash.development.base_component import Component
from flask import Response, after_this_request, g

from dashboards import access
from dashboards.access import caller, scoped
from dashboards.viewer import COOKIE, Viewer, from_cookie, viewer
from warehouse.accounts import GROUPS

YEAR_SECONDS = 365 * 24 * 3600


def has_account() -> bool:
    """Whether what is chosen is kept with an account."""
    return not access.access().is_open and access.is_let_in()


def stores() -> list[Component]:
    """Where the browser says what somebody chose, and the server what was kept; once for all screens."""
    return [dcc.Store(id="view-asked"), dcc.Store(id="view-kept")]


def choices(how: Viewer) -> dict[str, str]:
    """What somebody chose; light or dark follows from it in each browser."""
    return {name: value for name, value in asdict(how).items() if name != "scheme"}


@callback(Output("view-kept", "data"), Input("view-asked", "data"), prevent_initial_call=True)
@scoped(GROUPS)
def keep(asked: Mapping[str, Any] | None) -> Any:
    """Keep what somebody chose with their account; answers all their choices, for the browser to keep."""
    if not isinstance(asked, Mapping):
        return no_update
    before = choices(viewer())
    told = {name: str(value) for name, value in asked.items() if name in before}
    chosen = choices(from_cookie(urlencode(before | told)))
    if has_account():
        access.access().accounts.keep_view(caller().account_id, urlencode(chosen))
    return chosen


def recall() -> None:
    """Draw a page as its reader's account says, and bring the browser's cookie up to date."""
    if not has_account():
        return
    kept = access.access().accounts.view(caller().account_id)
    if kept is None or choices(viewer()) == choices(from_cookie(kept)):
        return
    how = from_cookie(kept)
    g.viewer = replace(how, scheme=viewer().scheme if how.theme == "auto" else how.theme)
    cookie = urlencode(asdict(g.viewer))

    @after_this_request
    def tell(response: Response) -> Response:
        is_secure = access.access().web.is_secure
        response.set_cookie(COOKIE, cookie, max_age=YEAR_SECONDS, secure=is_secure, samesite="Strict")
        return response


clientside_callback(
    ClientsideFunction("kinkeeper", "see"),
    Output("view-kept", "modified_timestamp"),
    Input("view-kept", "data"),
    prevent_initial_call=True,
)
