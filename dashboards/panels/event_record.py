"""The record behind one event of a pair: what is stored of it, whence it came, and what was taken back."""

from __future__ import annotations

import re
from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import components, data, formats
from dashboards.access import caller
from dashboards.data.publication import Row
from dashboards.screen import Scene
from dashboards.speech import AsIs, say
from warehouse.accounts import DATA
from warehouse.words import EVIDENCE

FIELDS = re.compile(r"; (?=[a-z_]+ = )")
"""Between what an event carries, as a build writes it down."""


def place() -> list[Component]:
    """Where a record is shown once somebody asks for it."""
    modal = dmc.Modal(
        html.Div(id="record"),
        id="record-modal",
        title="Stored record",
        size="lg",
        closeButtonProps={"aria-label": "Close"},
        transitionProps={"duration": 0},
    )
    return [dcc.Store(id="record-asked"), modal]


def record(scene: Scene, event: Row, gone: Sequence[Row]) -> list[Component | None]:
    """One event: what it says, what it carries, where it came from; `gone` is what the pair lost."""
    before = next((row for row in gone if row["replacement_event_id"] == event["event_id"]), None)
    return [
        html.H3(event["summary"]),
        components.facts(envelope(scene, event)),
        carried(event),
        html.P(stands_for(before), className="note") if before else None,
    ]


def envelope(scene: Scene, event: Row) -> list[tuple[str, components.Content]]:
    """When, how well attested, from where: what every event has."""
    told: list[tuple[str, components.Content]] = [
        ("Event", html.Code(AsIs(event["event_type"]))),
        (formats.zone_head("Happened"), formats.minute(event["occurred_at"])),
        (formats.zone_head("Recorded"), formats.minute(event["recorded_at"])),
        ("Evidence", EVIDENCE.get(event["evidence"], event["evidence"])),
        ("Source", AsIs(event["source"])),
        ("Acted", actor(event)),
        ("File", delivery(scene, event["file_id"])),
        ("Id in the log", html.Code(AsIs(event["event_id"]))),
    ]
    return [(name, value) for name, value in told if value]


def actor(event: Row) -> Component | None:
    """The role and pseudonym of whoever acted; nobody is named in a record."""
    known = [part for part in (event["actor_role"], event["actor_id"]) if part]
    return html.Code(AsIs(" ".join(known))) if known else None


def delivery(scene: Scene, file_id: str | None) -> Component | None:
    """The file that brought an event, for those who may see what arrived."""
    if file_id is None or not caller().may(DATA):
        return None
    found = data.quality.delivery(scene.publication, file_id)
    return None if found is None else dcc.Link(AsIs(found["name"]), href="/data-quality")


def carried(event: Row) -> Component:
    """What the event carries, field by field."""
    if event["file_id"] is None:
        return html.P("What this event holds is told of groups alone, or of a person.", className="note")
    if event["fields"] is None:
        return html.P("It carries nothing but this.", className="note")
    pairs = [field.partition(" = ") for field in FIELDS.split(event["fields"])]
    rows = [(html.Code(AsIs(name)), components.wrapped(AsIs(value))) for name, _, value in pairs]
    return components.table(("Field", "Value"), rows, "What the event carries")


def stands_for(before: Row) -> str:
    """Of an event that replaced another: which, and since when."""
    return say(
        "It stands in the place of a record of {source} that was corrected on {day}.",
        source=AsIs(before["source"]),
        day=formats.day(before["taken_back_at"]),
    )


def taken_back(gone: Sequence[Row], events: Sequence[Row]) -> Component | None:
    """What was once told of the pair and counts no more; nothing where all still does."""
    if not gone:
        return None
    places = {event["event_id"]: event["position"] for event in events}
    heads = ("Was said to happen", "Event", "Source", "Taken back", "Why", "In its place")
    rows = [
        (
            formats.minute(row["occurred_at"]),
            html.Code(AsIs(row["event_type"])),
            AsIs(row["source"]),
            formats.day(row["taken_back_at"]),
            AsIs(row["reason"]) if row["reason"] else formats.NONE,
            opener(places[row["replacement_event_id"]])
            if row["replacement_event_id"] in places
            else formats.NONE,
        )
        for row in gone
    ]
    return html.Details(
        [html.Summary("Taken back"), components.table(heads, rows, "Events that were taken back")],
        className="taken-back",
    )


def opener(position: int) -> Component:
    """A button that opens the record at a place among the pair's events; kinkeeper.js listens to it."""
    shown = {"data-position": str(position), "aria-haspopup": "dialog"}
    return html.Button("The record", className="record-open", **shown)
