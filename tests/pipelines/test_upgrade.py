"""A home goes on after an upgrade: its log learns the fields that events have since."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from pipelines.build import build_home
from tests.conftest import DEMO_NOW
from warehouse import database
from warehouse.settings import load_settings


def test_a_log_of_an_older_catalogue_is_brought_up_to_date_before_it_is_folded(
    demo_home: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(demo_home, home)
    settings = load_settings(home)
    with database.open_log(settings.log_file) as con:
        con.execute("drop view log.typed_event")
        con.execute("alter table log.typed drop column session_id")
        con.execute("create view log.typed_event as select * from log.typed")
        con.execute("update log.meta set value = 'older' where key = 'catalogue'")
    published = json.loads((settings.published / "current.json").read_text())
    made = build_home(settings, as_of=DEMO_NOW, known_at=DEMO_NOW, is_full=True, clock=lambda: DEMO_NOW)
    assert made.publication.mart_hash == published["mart_hash"]
