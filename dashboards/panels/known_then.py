"""What was known then: one day of a pair's history, as a screen showed it and as it is seen today."""

from __future__ import annotations

import datetime as dt

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import components, data, formats, theme
from dashboards.access import caller
from dashboards.data.publication import Row
from dashboards.learnt import changes, of_the_same_instant
from dashboards.moment import Moment
from dashboards.panels.learnt import because
from dashboards.panels.past import pair_at
from dashboards.screen import Scene, dated_at, setting
from dashboards.speech import say

TITLE = "What was known then"


def known_then(scene: Scene, row: Row, day: dt.date | None) -> Component | None:
    """The card with its date picker; a past day is shown by the whole file, so there it is left out."""
    if scene.is_past or row["accepted_at"] is None:
        return None
    latest = scene.run["as_of"].date() - dt.timedelta(days=1)
    picker = dmc.DatePickerInput(
        id="known-then",
        label="A day of this pair",
        value=day.isoformat() if day else None,
        placeholder="Choose a day",
        minDate=row["accepted_at"].date().isoformat(),
        maxDate=latest.isoformat(),
        valueFormat="D MMM YYYY",
        className="known-then-day",
    )
    told = _told(scene, row, day) if day else []
    note = "What its file said at the end of that day, and why, beside what is said of that day today."
    return components.card(picker, *told, title=TITLE, note=note, about="bands-over-time")


def _told(scene: Scene, row: Row, day: dt.date) -> list[Component]:
    today = data.pair.on_day(scene.publication, row["pair_id"], day)
    return [
        html.Div(
            [
                html.Div([html.H3(say("Known on {day}", day=formats.day(day))), *_shown_then(row, day)]),
                html.Div([html.H3("Known today"), *_seen_today(row, today)]),
            ],
            className="columns then-and-now",
        )
    ]


def _shown_then(row: Row, day: dt.date) -> list[Component]:
    """State, band and reasons as they were shown, from the build of that day."""
    moment = Moment(as_of=day)
    dated = dated_at(moment)
    if dated is None:
        words = say(
            "No build of {day} is kept. It can be built from the log, as it was known.",
            day=formats.day(day),
        )
        return [
            html.P(words),
            dcc.Link("Go to that day", href=pair_at(row["pair_id"], moment), className="button"),
        ]
    publication = setting().reader.past(dated, caller().programs)
    then = data.pair.facts(publication, row["pair_id"])
    if then is None:
        return [html.P("Nobody had recorded this pair by then.")]
    reasons = [html.Li(reason["reason"]) for reason in data.pair.reasons(publication, row["pair_id"])]
    more = dcc.Link("Open the file of that day", href=pair_at(row["pair_id"], moment))
    others = of_the_same_instant(setting().reader.kept(), dated)
    found = [
        change
        for other in others[:1]
        for change in changes(publication, setting().reader.past(other, caller().programs), row["pair_id"])
    ]
    learnt = [html.H3("Learnt later"), because(found[0])] if found else []
    return [_look(then, row["direction"]), html.Ul(reasons, className="reasons"), html.P(more), *learnt]


def _seen_today(row: Row, today: Row | None) -> list[Component]:
    """State and band of that day with what is known today, from the daily history."""
    if today is None:
        return [html.P("The daily history of this build does not reach back to that day.")]
    health = "" if today["health"] is None else say("Health {health:.0f} of 100.", health=today["health"])
    return [_look(today, row["direction"]), html.P(health, className="note")]


def _look(row: Row, direction: str | None) -> Component:
    badge = components.badge(theme.tone(row["band"], row["state"]))
    return html.P([badge, " ", formats.state(row["state"], row["waiting_on"], direction)])
