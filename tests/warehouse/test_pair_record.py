"""A record holds every field that managers may see of a pair's event, or it is said here why not."""

from __future__ import annotations

import pytest

import warehouse.events.catalogue  # noqa: F401 - registers the types
from warehouse.events.base import EventType, fields, latest
from warehouse.models import SQL_FOLDER

OF_NO_PAIR = {"program", "participant"}
LEFT_OUT = {
    "score": "told of groups alone",
    "arm": "tells what is held back",
    "model": "of the build, not of the pair",
    "link": "may hold a name or a key, and no screen leads to where a source says",
    "reply_to": "the id of another event",
    "note_id": "a private note",
    "new_pair_id": "another pair's",
    "n_matches_before": "of the person, not of the pair",
    "gathering_id": "of the program",
} | dict.fromkeys(
    ("advice_id", "flag_id", "goal_id", "introduction_id", "outreach_id", "session_id", "stretch_id"),
    "a source's own id, which it may make of a person's",
)
ABOUT_EVENTS = {"ops.event_retracted", "ops.event_corrected", "ops.report_worded"}
KINDS = [
    kind
    for kind in latest()
    if kind.visibility == "coordinator" and kind.family not in OF_NO_PAIR and kind.name not in ABOUT_EVENTS
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_record_holds_what_its_event_carries(kind: EventType) -> None:
    sql = (SQL_FOLDER / "mart" / "pair_record.sql").read_text("utf-8")
    family = sql.partition(f"'{kind.family}.%'")[2].partition("when event_type")[0]
    wanted = {field.name for field in fields(kind)} - LEFT_OUT.keys()
    assert {name for name in wanted if f"'; {name} = '" not in family} == set()
