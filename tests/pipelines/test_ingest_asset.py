"""The step that fills the log also does what was asked for on screens, and takes in what waits there."""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg

from pipelines.assets.names import LOG
from pipelines.definitions import definitions_of
from pipelines.ingest import ingest_into_home
from pipelines.ingest.home import open_home
from pipelines.ingest.quarantine import held_lines
from warehouse.actions import Actions, Deed
from warehouse.operations import open_operations
from warehouse.report_words import Place, ReportWords
from warehouse.requests import Requests, Target
from warehouse.settings import load_settings


def test_a_run_does_what_was_asked_for(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "home")
    (tmp_path / "a.ndjson").write_text(json.dumps({"id": "e1", "source": "platform"}) + "\n")
    (result,), _ = ingest_into_home(settings, [tmp_path / "a.ndjson"])
    assert result.quarantined == 1
    settings.inbox.mkdir(parents=True, exist_ok=True)
    engine = open_operations(settings.operations_url)
    try:
        requests = Requests(engine)
        with open_home(settings) as home:
            (held,) = held_lines(home)
        requests.waive(Target("line", held.quarantine_id), "a test")
        Actions(engine).take("a" * 16, "acc", Deed("p1", "ops.alert_acknowledged", {"alert_id": "a1"}))
        ReportWords(engine).write(Place("2026Q3", "plan"), "Fewer, longer talks.")

        definitions = definitions_of(settings)
        with dg.DagsterInstance.ephemeral() as instance:
            done = dg.materialize(
                definitions.assets, selection=[LOG], resources=definitions.resources, instance=instance
            )

        assert done.success
        assert requests.open() == []
        assert [request.outcome for request in requests.closed(9)] == ["1 line waived"]
        assert Actions(engine).waiting() == ReportWords(engine).waiting() == []
        with open_home(settings) as home:
            told = home.log.con.execute("select event_type from typed_event order by 1").fetchall()
        assert told == [("ops.alert_acknowledged",), ("ops.report_worded",)]
    finally:
        engine.dispose()
