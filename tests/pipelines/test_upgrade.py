"""A home goes on after an upgrade: its log learns the fields that events have since."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.build import build_home
from pipelines.ingest import ingest_into_home
from tests.conftest import DEMO_NOW
from warehouse import database, publish
from warehouse.clock import Clock
from warehouse.policy import Policy
from warehouse.settings import load_settings
from warehouse.verify import verify

OLDER = """
create or replace table log.typed as select * exclude (session_id) from log.typed_event;
create or replace view log.typed_event as from log.typed;
update log.meta set value = 'older' where key = 'catalogue';
update log.meta set value = '2' where key = 'layout';
"""
"""A log of the layout before, by a catalogue in which sessions had no id."""


EVENTS = [
    ("match.accepted", {"mentee_id": "a", "mentor_id": "b"}),
    ("session.held", {"session_id": "s1", "minutes": 30}),
    ("session.held", {"session_id": "s1", "minutes": 45}),
    ("session.held", {"session_id": "s2"}),
]
"""Two sessions, of which one was told twice: without their ids they would be three."""


def line(number: int, name: str, data: dict[str, Any]) -> str:
    event = {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "test",
        "type": f"mentorship.{name}.v1",
        "subject": "relationship/p1",
        "time": f"2026-11-0{number + 1}T10:00:00Z",
        "data": data,
    }
    return json.dumps(event) + "\n"


def test_a_log_of_an_older_catalogue_and_layout_is_brought_up_to_date_before_it_is_folded(
    tmp_path: Path, clock: Clock
) -> None:
    settings = replace(load_settings(tmp_path / "home"), policy=Policy(history_days=1))
    (tmp_path / "events.ndjson").write_text("".join(line(at, *event) for at, event in enumerate(EVENTS)))
    ingest_into_home(settings, [tmp_path / "events.ndjson"], clock=clock)
    before = build_home(settings, as_of=DEMO_NOW, clock=clock)
    with database.open_log(settings.log_file) as con:
        con.execute(OLDER)
    after = build_home(settings, as_of=DEMO_NOW, is_full=True, clock=clock)
    assert after.publication.mart_hash == before.publication.mart_hash
    with publish.open_current(settings.published) as con:
        assert con.execute("select n_sessions_held from mart.pair").fetchall() == [(2,)]
    assert verify(settings) == []
