"""Going to another day: the button in the frame, its form, and the building of days that nobody built."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, html, no_update
from dash.development.base_component import Component

from dashboards import access
from dashboards.access import caller, note, scoped
from dashboards.moment import PRESENT, at, from_address, parse_moment
from dashboards.panels import past
from dashboards.screen import setting
from warehouse.accounts import BUILD, PAST
from warehouse.clock import naive_utc
from warehouse.errors import KinkeeperError, NothingPublished


def opener() -> list[Component]:
    """The button beside as-of and known-at; nothing for those who may look at today only."""
    if not access.is_let_in() or not caller().may(PAST):
        return []
    words = html.Span("Another day", className="wide-only")
    return [
        html.Button(
            [html.Span(className="icon clock"), words],
            id="moment-open",
            className="moment-open",
            **{"aria-haspopup": "dialog", "aria-label": "Look at another day"},
        )
    ]


def modal() -> list[Component]:
    """The form's place, once for all screens."""
    if not access.is_let_in() or not caller().may(PAST):
        return []
    return [
        dmc.Modal(
            html.Div(id="moment-form"),
            id="moment-modal",
            title="Look at another day",
            closeButtonProps={"aria-label": "Close"},
            transitionProps={"duration": 0},
        )
    ]


@callback(
    Output("moment-modal", "opened"),
    Output("moment-form", "children"),
    Input("moment-open", "n_clicks"),
    State("address", "pathname"),
    State("address", "search"),
    prevent_initial_call=True,
)
@scoped(PAST)
def open_picker(clicks: int | None, pathname: str, search: str | None) -> Any:
    """The form, with the day that is looked at."""
    if not clicks:
        return no_update, no_update
    try:
        return True, past.picker(pathname or "/", parse_moment(search))
    except NothingPublished:
        return True, html.P("Nothing is published yet: there is no day to look at.")


@callback(
    Output("moment-modal", "opened", allow_duplicate=True),
    Output("moment-trouble", "children"),
    Output("address", "search", allow_duplicate=True),
    Input("moment-look", "n_clicks"),
    State("moment-as-of", "value"),
    State("moment-known-at", "value"),
    State("address", "search"),
    prevent_initial_call=True,
)
@scoped(PAST)
def look(clicks: int | None, as_of: str | None, known_at: str | None, search: str | None) -> Any:
    """Write the day into the address, which keeps everything else; the newest day is the plain address."""
    if not clicks:
        return no_update, no_update, no_update
    wanted = from_address({"asof": as_of, "knownat": known_at})
    if wanted.as_of is None:
        return no_update, "Choose a day first.", no_update
    newest = setting().reader.newest()
    is_today = (wanted.as_of, wanted.known_at or wanted.as_of) == (newest.as_of_on, newest.known_on)
    return False, "", at(search or "?", PRESENT if is_today else wanted)


@callback(
    Output("past-standing", "children"),
    Input("past-build", "n_clicks"),
    State("past-wanted", "data"),
    prevent_initial_call=True,
)
@scoped(BUILD)
def build(clicks: int | None, wanted: Mapping[str, str]) -> Any:
    """Ask for the day; a builder beside the server takes it from there."""
    if not clicks:
        return no_update
    try:
        instants = _instants(wanted)
        setting().past.ask(*instants, caller().account_id)
        note("build-past-day", " ".join(instant.isoformat() for instant in instants))
    except KinkeeperError as error:
        return [html.P(f"{error}.", className="trouble", role="alert")]
    return past.standing(*instants)


@callback(
    Output("past-standing", "children", allow_duplicate=True),
    Output("past-done", "data"),
    Input("past-tick", "n_intervals"),
    State("past-wanted", "data"),
    State("past-done", "data"),
    prevent_initial_call=True,
)
@scoped(PAST)
def follow(_n: int | None, wanted: Mapping[str, str], told: Any) -> Any:
    """How far the build is; the page is drawn anew once the day is there, and a failure is told once."""
    try:
        as_of, known_at = _instants(wanted)
    except KinkeeperError:
        return no_update, no_update
    asked = setting().past.latest(as_of, known_at)
    if any((one.as_of, one.known_at) == (as_of, known_at) for one in setting().reader.kept()):
        return no_update, True
    if asked is None or told == asked.request_id:
        return no_update, no_update
    return past.standing(as_of, known_at), asked.request_id if asked.done_at else no_update


def _instants(wanted: Mapping[str, str]) -> tuple[dt.datetime, dt.datetime]:
    """Both instants a browser sent (naive UTC); raises KinkeeperError for what no offer holds."""
    now = naive_utc(setting().clock())
    try:
        as_of, known_at = (dt.datetime.fromisoformat(wanted[name]) for name in ("as_of", "known_at"))
        is_past = max(as_of, known_at) <= now
    except (KeyError, TypeError, ValueError):
        raise KinkeeperError("this day cannot be read: reload the page") from None
    if not is_past:
        raise KinkeeperError("this day has not come")
    return as_of, known_at


clientside_callback(
    ClientsideFunction("kinkeeper", "close"),
    Output("moment-modal", "opened", allow_duplicate=True),
    Input("address", "pathname"),
    Input("address", "search"),
    prevent_initial_call=True,
)

clientside_callback(
    ClientsideFunction("kinkeeper", "openPast"),
    Output("past-tick", "disabled"),
    Input("past-done", "data"),
    prevent_initial_call=True,
)
