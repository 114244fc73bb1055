"""The people of a pair, each on their own clock."""

from __future__ import annotations

import datetime as dt

from dash import html
from dash.development.base_component import Component

from dashboards import components, formats
from dashboards.data.publication import Row
from dashboards.screen import Scene
from dashboards.speech import say


def people(scene: Scene, row: Row) -> Component:
    """The two with their local times, the next session on both clocks, their contact in numbers."""
    first, second = scene.people(row)
    cards = [
        _person(row, "mentee", first, scene.now),
        _person(row, "mentor", second, scene.now),
    ]
    numbers = [
        ("Contacts", formats.count(row["n_contacts"])),
        ("Sessions held", formats.count(row["n_sessions_held"])),
        ("No-shows", formats.count(row["n_no_shows"])),
    ]
    last = (
        say("Last contact {last_contact_at}", last_contact_at=formats.instant(row["last_contact_at"]))
        if row["last_contact_at"]
        else "No contact yet"
    )
    return components.card(
        html.Div(cards, className="people"),
        components.facts(numbers),
        html.P(last),
        _next_session(row),
        title="Who they are" if (row["n_people"] or 2) > 2 else "The two",
        about="contact",
    )


def _person(row: Row, side: str, label: str, now: dt.datetime) -> Component:
    zone, touched_at = row[f"{side}_time_zone"], row[f"last_{side}_touch_at"]
    heard = "Last act of this side" if row[f"{side}_id"] is None else "Last heard of"
    touched = (
        say("{heard} {day}", heard=heard, day=formats.day(touched_at)) if touched_at else "Not heard of yet"
    )
    clock = say("Now {local_time}", local_time=formats.local_time(now, zone)) if zone else ""
    lines = [
        html.Strong(label),
        html.Span(formats.place(zone)),
        html.Span(clock),
        html.Span(touched, className="note"),
    ]
    return html.Div(lines, className="person")


def _next_session(row: Row) -> Component:
    at = row["next_session_at"]
    if at is None:
        return html.P("No session is confirmed by both.", className="note")
    zones = [zone for zone in dict.fromkeys((row["mentee_time_zone"], row["mentor_time_zone"])) if zone]
    clocks = [
        html.Span(f"{formats.place(zone)}: {formats.local_time(at, zone)}", className="note")
        for zone in zones
    ]
    return html.P(["Next session ", html.Strong(formats.instant(at)), *clocks], className="next-session")
