"""Who is who: people that rows name and nobody knows yet, and who they turned out to be."""

from __future__ import annotations

from typing import Any

import dash
from dash import ALL, MATCH, Input, Output, State, callback, ctx, no_update
from dash.development.base_component import Component

from dashboards import components, formats, reception
from dashboards.access import scoped
from dashboards.panels import who
from dashboards.screen import Scene, names_of, screen
from dashboards.speech import say
from warehouse.accounts import RESOLVE

N_SETTLED = 20
"""How many of those answered lately are shown."""


@screen(RESOLVE, has_past=False)
def layout(scene: Scene, /, **_address: str | list[str]) -> Component:
    """Whom rows ask about, and who was answered; neither without names."""
    waiting = reception.answers().waiting()
    n_rows = sum(one.n_rows for one in waiting)
    lead = (
        say(
            "{rows_wait} for {people} nobody has placed yet.",
            rows_wait=formats.plural(n_rows, "row waits", "rows wait"),
            people=formats.plural(len(waiting), "person", "people"),
        )
        if waiting
        else "Every person that rows name is known."
    )
    if not reception.shows_people():
        return components.page("Who is who", components.card(*who.hidden(waiting)), lead=lead)
    settled = reception.settled(N_SETTLED)
    names = names_of([one.one.person_id for one in settled if one.one.person_id])
    return components.page(
        "Who is who",
        components.card(
            *who.questions(reception.asked(), scene.now),
            title="Who is it?",
            note="An answer counts for every row that calls them so, and for rows to come.",
        ),
        components.card(*who.settled(settled, names), title="Answered lately") if settled else None,
        lead=lead,
    )


@callback(
    Output({"type": "who", "key": MATCH}, "children"),
    Input({"type": "who-act", "key": MATCH, "action": ALL, "person": ALL}, "n_clicks"),
    State({"type": "who-text", "key": MATCH, "action": ALL}, "value"),
    prevent_initial_call=True,
)
@scoped(RESOLVE)
def act(clicks: list[int | None], _texts: list[str | None]) -> Any:
    """What was clicked, answered; buttons just drawn were not clicked."""
    if not any(clicks):
        return no_update
    clicked = ctx.triggered_id
    texts = {item["id"]["action"]: item.get("value") or "" for item in ctx.states_list[0]}
    return reception.act(clicked["key"], clicked["action"], clicked["person"], texts)


dash.register_page(__name__, path="/people", title="Who is who · Kinkeeper", layout=layout, order=3)
