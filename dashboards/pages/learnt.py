"""What we learnt later: a past day as it was known, and as it is known since."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import parse_qsl

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, callback, dcc, html, no_update
from dash.development.base_component import Component

from dashboards import components, data, formats
from dashboards.access import caller, scoped
from dashboards.data.reader import Dated
from dashboards.learnt import changes, of_the_same_instant
from dashboards.moment import Moment, at, from_address, parse_moment
from dashboards.panels.learnt import changes_table
from dashboards.panels.past import offer, on_day
from dashboards.screen import Scene, dated_at, screen, setting
from dashboards.speech import say
from warehouse.accounts import PAIRS

TITLE = "What we learnt later"
ABOUT = "Records that come late, corrections and retractions change what a past day looked like."


@screen(PAIRS)
def layout(scene: Scene, /, later: str | list[str] = "", **_address: str | list[str]) -> Component:
    """The pairs that look otherwise on the day of the address, once what was learnt since counts."""
    if not scene.is_past:
        return components.page(TITLE, choose_day(), lead=ABOUT)
    earlier = dated_at(scene.moment)
    assert earlier is not None, "the scene was made of it"
    newest = setting().reader.newest()
    known_on = from_address({"knownat": later}).known_at or newest.known_on
    upto = newest.known_at if known_on == newest.known_on else newest.end_of(known_on)
    if upto <= earlier.known_at:
        words = html.P("Choose a day after the one whose knowledge you look at.")
        return _page(earlier, known_on, components.card(components.state("Nothing to compare", words)))
    others = of_the_same_instant(setting().reader.kept(), earlier)
    other = next((one for one in others if one.known_on == known_on), None)
    if other is None:
        return _page(earlier, known_on, components.card(*offer(earlier.as_of, upto)))
    return _page(earlier, known_on, *_compared(scene, earlier, other))


def _page(earlier: Dated, known_on: dt.date, *children: Component, lead: str = ABOUT) -> Component:
    then = say("{day}, against what was known on", day=on_day(earlier.as_of_on, earlier.known_on))
    picker = dmc.DatePickerInput(
        id="learnt-later",
        value=known_on.isoformat(),
        minDate=earlier.known_on.isoformat(),
        maxDate=setting().reader.newest().known_on.isoformat(),
        valueFormat="D MMM YYYY",
        **{"aria-label": "Known later, on"},
    )
    chooser = html.Div([html.Span(then), picker], className="learnt-days")
    return components.page(TITLE, components.card(chooser), *children, lead=lead)


def _compared(scene: Scene, earlier: Dated, other: Dated) -> list[Component]:
    publication = setting().reader.past(other, caller().programs)
    found = changes(scene.publication, publication)
    n_late = data.learnt.n_recorded_after(publication, earlier.known_at)
    events = formats.plural(n_late, "event about that time was", "events about that time were")
    words = say(
        "{events} recorded after {known_at} and by {later}.",
        events=events,
        known_at=formats.instant(earlier.known_at),
        later=formats.instant(other.known_at),
    )
    if not found:
        same = html.P([words, " ", "No pair looks otherwise for it."])
        return [components.card(components.state("Nothing looks otherwise", same, mark="✓"))]
    named = scene.naming([change.row for change in found])
    table = changes_table(named, found, Moment(other.as_of_on, other.known_on))
    pairs = formats.plural(len(found), "pair looks", "pairs look")
    title = say("{pairs} otherwise", pairs=pairs)
    return [components.card(table, title=title, note=words)]


def choose_day() -> Component:
    """Without a past day there is nothing to learn later."""
    newest = setting().reader.newest()
    kept = setting().reader.kept()
    days = dict.fromkeys((one.as_of_on, one.known_on) for one in kept if one.known_on != newest.known_on)
    links = [html.Li(dcc.Link(on_day(*each), href=at("/learnt", Moment(*each)))) for each in days]
    words = "Choose a past day with Another day, above."
    told = html.P([words, " ", "These are built already:"] if links else words)
    listed = html.Ul(links, className="moment-built") if links else None
    return components.card(*[one for one in (html.H2("Of which day?"), told, listed) if one is not None])


@callback(
    Output("address", "search", allow_duplicate=True),
    Input("learnt-later", "value"),
    State("address", "search"),
    prevent_initial_call=True,
)
@scoped(PAIRS)
def compare_with(value: str | None, search: str | None) -> Any:
    """Another day to compare with."""
    wanted, moment = from_address({"knownat": value}).known_at, parse_moment(search)
    shown = dict(parse_qsl((search or "").removeprefix("?"))).get("later", "")
    shown_on = from_address({"knownat": shown}).known_at or setting().reader.newest().known_on
    if wanted in (None, shown_on) or not moment:  # a field just drawn was not changed
        return no_update
    return at(f"?later={wanted}", moment)


dash.register_page(__name__, path="/learnt", title=f"{TITLE} · Kinkeeper", layout=layout, order=1)
