"""A home goes on after an upgrade: its log learns the fields that events have since."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

from pipelines.build import build_home
from pipelines.ingest import ingest_into_home
from pipelines.sample import write_sample
from tests.conftest import DEMO_NOW
from warehouse import database
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


def test_a_log_of_an_older_catalogue_and_layout_is_brought_up_to_date_before_it_is_folded(
    tmp_path: Path, clock: Clock
) -> None:
    settings = replace(load_settings(tmp_path / "home"), policy=Policy(history_days=1))
    write_sample(settings.inbox, until=dt.date(2026, 3, 1), seed=11)
    ingest_into_home(settings, [settings.inbox], clock=clock)
    before = build_home(settings, as_of=DEMO_NOW, clock=clock)
    with database.open_log(settings.log_file) as con:
        con.execute(OLDER)
    after = build_home(settings, as_of=DEMO_NOW, is_full=True, clock=clock)
    assert after.publication.mart_hash == before.publication.mart_hash
    assert verify(settings) == []
