"""One pair: where it stands, why, what to do next, and everything that happened."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

import dash
from dash import (
    ClientsideFunction,
    Input,
    Output,
    State,
    callback,
    clientside_callback,
    dcc,
    html,
    no_update,
)
from dash.development.base_component import Component

from dashboards import components, data, figures, formats
from dashboards.access import scoped
from dashboards.data.publication import ROW_LIMIT, Row
from dashboards.exports import links
from dashboards.handling import handlings
from dashboards.moment import at, carry, from_address, parse_moment
from dashboards.owning import owners
from dashboards.panels.actions import pair_actions, stands
from dashboards.panels.band_history import band_history
from dashboards.panels.event_record import place as record_place
from dashboards.panels.event_record import record, taken_back
from dashboards.panels.health import health
from dashboards.panels.known_then import known_then
from dashboards.panels.pair_practice import practices
from dashboards.panels.pattern import pattern
from dashboards.panels.people import people
from dashboards.panels.thresholds import thresholds_card
from dashboards.panels.verdict import verdict
from dashboards.screen import Scene, panel, screen, setting
from dashboards.screen import scene as now_scene
from dashboards.speech import say
from warehouse.accounts import ACT, PAIRS
from warehouse.actions import standing
from warehouse.words import DIRECTION, EVIDENCE, FORM, LANE, MODALITY, STAGE, UNJUDGED, party

STEPS = ("outreach", "proposed", "accepted", "forming", "active", "closing", "ended")
DOINGS = "What you can do"
PLACE = re.compile("[0-9]{1,9}")
TABLE_LIMIT = 500
"""Rows of the timeline as a table: the list of every event has them all, and turns pages."""
STEP_OF = {"paused": "active", "light_mode": "active", "network": "ended", "declined": "proposed"}


@screen(PAIRS)
def layout(
    scene: Scene, /, pair_id: str = "", then: str | list[str] = "", **_address: str | list[str]
) -> Component:
    """The file of one pair: where it stands and what to do, then what happened and what that rests on."""
    row = data.pair.facts(scene.publication, pair_id)
    if row is None:
        return unknown(pair_id)
    scene = scene.naming([row])
    return components.page(
        both(row["direction"], *scene.people(row)),
        stage_track(row["stage"]),
        *present(scene, row),
        *past(scene, row, then),
        *grounds(scene, row),
        eyebrow=[dcc.Link("Watchlist", href="/"), f" / {pair_id}"],
        lead=chips(row),
    )


def present(scene: Scene, row: Row) -> list[Component | None]:
    """Where the pair stands and why, who the two are, and what can be done."""

    def why() -> Component:
        publication, pair_id = scene.publication, row["pair_id"]
        reasons = data.pair.reasons(publication, pair_id), data.pair.risk_reasons(publication, pair_id)
        return verdict(scene, row, *reasons, data.pair.gaps(publication, [pair_id]).get(pair_id, ()))

    def doing() -> Component:
        return components.card(html.Div(doings(scene, row), id="pair-actions"), title=DOINGS)

    two = [panel("Why this pair is listed", why), panel("The two", lambda: people(scene, row))]
    return [html.Div(two, className="columns lopsided"), panel(DOINGS, doing) if scene.may(ACT) else None]


def past(scene: Scene, row: Row, then: str | list[str]) -> list[Component | None]:
    """What happened in the pair, and how it was judged on the days before."""
    publication, pair_id = scene.publication, row["pair_id"]

    def lanes() -> Component:
        events = data.pair.events(publication, pair_id)
        return components.card(
            *timeline(scene, row, events),
            title="Timeline",
            about="timeline",
            note="A click on a mark leads to its row in the list of every event, at the end of this screen.",
        )

    return [
        panel("Timeline", lanes),
        panel("Contact pattern", lambda: pattern(row, data.pair.pattern(publication, pair_id))),
        panel("Health and bands over time", lambda: band_history(scene, row)),
        panel("Known then", lambda: known_then(scene, row, from_address({"asof": then}).as_of)),
    ]


def grounds(scene: Scene, row: Row) -> list[Component | None]:
    """What the verdict rests on: the parts of the score, the thresholds, the practices, every event."""
    publication, pair_id = scene.publication, row["pair_id"]

    def all_events() -> Component:
        events = data.pair.events(publication, pair_id)
        exports = links(f"pairs/{quote(pair_id, safe='')}/events")
        gone = taken_back(data.pair.retractions(publication, pair_id), events)
        return components.card(
            *history(events),
            exports,
            gone,
            *record_place(),
            title="Every event",
            about="evidence",
            note="Each leads to what is stored of it, and whence it came.",
        )

    return [
        panel("Health", lambda: health(scene, row, data.pair.health_parts(publication, pair_id))),
        panel(
            "Signs and thresholds",
            lambda: thresholds_card(row, data.pair.thresholds(publication, pair_id)),
        ),
        panel("Practices", lambda: practices(row, data.pair.practice(publication, pair_id))),
        panel("Every event", all_events),
    ]


def both(direction: str | None, first: str, second: str) -> str:
    """What a pair is called."""
    pattern = "{first} and {second}" if direction == "peer" else "{first} with {second}"
    return say(pattern, first=first, second=second)


def doings(scene: Scene, row: Row) -> list[Component]:
    """What can be done about the pair, and what was."""
    pair_id, store = row["pair_id"], setting().actions
    reason = data.pair.foremost_reasons(scene.publication, [pair_id]).get(pair_id)
    code = reason["code"] if reason else row["state"]
    done = [action for action in standing(store.of_pair(pair_id)) if action.event != "ops.alert_raised"]
    noted = [(action, store.note_of(action.action_id)) for action in done]
    called = both("peer", *scene.people(row))
    decided = handlings(scene).of([pair_id])
    state = stands(decided.get(pair_id), owners([row], decided).get(pair_id, ""))
    return pair_actions(row, code, called, state, noted)


@callback(
    Output("pair-actions", "children"),
    Input("act-done", "data"),
    State("address", "pathname"),
    State("address", "search"),
    prevent_initial_call=True,
)
@scoped(ACT)
def follow_actions(_done: Any, pathname: str, search: str | None) -> Any:
    """What was done, once something was; a past day stays as it was."""
    if parse_moment(search):
        return no_update
    current = now_scene()
    row = data.pair.facts(current.publication, unquote(pathname.removeprefix("/pairs/")))
    return no_update if row is None else doings(current.naming([row]), row)


@callback(
    Output("address", "search", allow_duplicate=True),
    Input("known-then", "value"),
    State("address", "search"),
    prevent_initial_call=True,
)
@scoped(PAIRS)
def look_back(day: str | None, search: str | None) -> Any:
    """The day whose knowledge is asked for stands in the address."""
    wanted = from_address({"asof": day}).as_of
    shown = dict(parse_qsl((search or "").removeprefix("?"))).get("then")
    if wanted is None or wanted.isoformat() == shown:  # a field just drawn was not changed
        return no_update
    return at(f"?then={wanted}", parse_moment(search))


@callback(
    Output("record", "children"),
    Output("record-modal", "opened"),
    Input("record-asked", "data"),
    State("address", "pathname"),
    State("address", "search"),
    prevent_initial_call=True,
)
@scoped(PAIRS)
def show_record(asked: Any, pathname: str, search: str | None) -> Any:
    """What is stored of one event of the pair that is shown, on the day that is looked at."""
    current, pair_id = now_scene(parse_moment(search)), unquote(pathname.removeprefix("/pairs/"))
    position = PLACE.fullmatch(str(asked.get("position"))) if isinstance(asked, dict) else None
    event = position and data.pair.record(current.publication, pair_id, int(position[0]))
    if event is None:
        return no_update, no_update
    gone = data.pair.retractions(current.publication, pair_id)
    return carry(record(current, event, gone), current.moment), True


def unknown(pair_id: str) -> Component:
    """The screen for an id that no pair has."""
    back = dcc.Link("Back to the watchlist", href="/", className="button")
    words = ["No pair is called ", html.Code(pair_id), ". It may be newer than this build, or mistyped."]
    return components.page(
        "No such pair", components.card(components.state("Nothing to show", html.P(words), back))
    )


def chips(row: Row) -> Component:
    """What kind of relationship it is."""
    cadence = row["agreed_cadence_days"]
    words = [
        row["cohort_id"],
        DIRECTION.get(row["direction"]),
        FORM.get(row["form"]),
        MODALITY.get(row["modality"]),
        None if cadence is None else say("Agreed every {cadence:.0f} days", cadence=cadence),
        None
        if row["accepted_at"] is None
        else say("Since {accepted_at}", accepted_at=formats.day(row["accepted_at"])),
        None
        if row["planned_end_on"] is None
        else say("Planned until {planned_end_on}", planned_end_on=formats.day(row["planned_end_on"])),
    ]
    return html.Span([components.chip(word) for word in words if word], className="chips")


def stage_track(stage: str) -> Component:
    """The life of a relationship as steps, with the present one marked."""
    at = STEPS.index(STEP_OF.get(stage, stage))
    steps = []
    for place, step in enumerate(STEPS):
        is_here = place == at
        kind = "here" if is_here else "done" if place < at else ""
        current = {"aria-current": "step"} if is_here else {}
        steps.append(html.Li(STAGE[stage] if is_here else STAGE[step], className=kind, **current))
    return html.Ol(steps, className="stages", **{"aria-label": "Stage of the relationship"})


def lane_names(row: Row) -> dict[str, str]:
    """What the lanes of the two are called: peers have no mentor among them, and a junior may mentor."""
    return {side: party(side, row["direction"]).capitalize() for side in ("mentee", "mentor")}


def timeline(scene: Scene, row: Row, events: Sequence[Row]) -> list[Component]:
    """All events in lanes over time."""
    if not events:
        return [components.state("No events of this pair")]
    chart = figures.timeline.of_pair(row, events, scene.run["as_of"], lane_names(row))
    legend = figures.timeline.legend(row, events)
    words = timeline_words(row, events)
    return [
        components.figure(chart, "Timeline of the pair", words, legend, id="timeline"),
        html.Details([html.Summary("View as table"), html.Div(id="timeline-rows")], id="timeline-table"),
    ]


@callback(
    Output("timeline-rows", "children"),
    Input("timeline-table", "n_clicks"),
    State("timeline-rows", "children"),
    State("address", "pathname"),
    State("address", "search"),
    prevent_initial_call=True,
)
@scoped(PAIRS)
def show_timeline_table(_clicks: Any, drawn: Any, pathname: str, search: str | None) -> Any:
    """The timeline as a table, once somebody unfolds it: it is as long as the life of the pair."""
    current, pair_id = now_scene(parse_moment(search)), unquote(pathname.removeprefix("/pairs/"))
    row = None if drawn else data.pair.facts(current.publication, pair_id)
    return no_update if row is None else timeline_table(row, data.pair.events(current.publication, pair_id))


def timeline_table(row: Row, events: Sequence[Row]) -> list[Component]:
    """The events in rows, newest first, each with its lane."""
    names = LANE | lane_names(row)
    told = [
        (
            formats.minute(event["occurred_at"]),
            names[event["lane"]],
            components.wrapped(event["summary"] or event["event_type"]),
        )
        for event in events[:TABLE_LIMIT]
    ]
    coming = row["next_session_at"]
    planned: list[tuple[Any, ...]] = (
        [] if coming is None else [(formats.minute(coming), LANE["session"], "Next session")]
    )
    listed = components.table((formats.zone_head("When"), "Lane", "What"), planned + told, "Timeline")
    rest = say("Every event is in the list below; here are the newest {n}.", n=TABLE_LIMIT)
    return [listed, *([html.P(rest, className="note")] if len(events) > TABLE_LIMIT else [])]


clientside_callback(
    ClientsideFunction("kinkeeper", "showEvent"), Input("timeline", "clickData"), prevent_initial_call=True
)


def timeline_words(row: Row, events: Sequence[Row]) -> str:
    """What the timeline says."""
    sessions = formats.plural(row["n_sessions_held"] or 0, "session")
    contacts = formats.plural(row["n_contacts"] or 0, "contact")
    words = say(
        "{sessions} held and {contacts} since {occurred_at}.",
        sessions=sessions,
        contacts=contacts,
        occurred_at=formats.day(events[-1]["occurred_at"]),
    )
    days, expected = row["silence_days"], row["expected_days"]
    is_unknown = row["ended_at"] is not None or row["state"] in UNJUDGED
    if days is None or row["last_contact_at"] is None or is_unknown:
        return words
    usual = (
        ""
        if expected is None
        else say(", where about {expected:.0f} are usual for this pair", expected=expected)
    )
    return say(
        "{words} The last contact was {active_days} ago{usual}.",
        words=words,
        active_days=formats.plural(round(days), "active day"),
        usual=usual,
    )


def history(events: Sequence[Row]) -> list[Component]:
    """All events as a grid, newest first."""
    if not events:
        return [components.state("No events of this pair")]
    shown = [
        {
            "position": str(event["position"]),
            "occurred": formats.minute(event["occurred_at"]),
            "summary": event["summary"],
            "event_type": event["event_type"],
            "evidence": EVIDENCE.get(event["evidence"], event["evidence"]),
            "source": event["source"],
            "recorded": formats.minute(event["recorded_at"]),
        }
        for event in events
    ]
    limited = (
        say("The newest {n_events:,} events.", n_events=len(events)) if len(events) == ROW_LIMIT else None
    )
    return [components.grid("events", event_columns(), shown, "position"), html.P(limited, className="note")]


def event_columns() -> list[dict[str, Any]]:
    """The columns of the events, with instants in the viewer's zone."""
    return [
        {"field": "occurred", "headerName": formats.zone_head("Happened"), "width": 172, "sortable": False},
        {
            "field": "summary",
            "headerName": "What",
            "flex": 1,
            "minWidth": 220,
            "tooltipField": "summary",
            "cellRenderer": "Record",
        },
        {
            "field": "event_type",
            "headerName": "Event",
            "width": 216,
            "tooltipField": "event_type",
            "cellClass": "code",
        },
        {"field": "evidence", "headerName": "Evidence", "width": 150},
        {"field": "source", "headerName": "Source", "width": 138, "tooltipField": "source"},
        {"field": "recorded", "headerName": formats.zone_head("Recorded"), "width": 172, "sortable": False},
    ]


dash.register_page(__name__, path_template="/pairs/<pair_id>", title="Pair · Kinkeeper", layout=layout)
