"""A build may die while it brings actions into the log: each is an event once, whatever came in between."""

from __future__ import annotations

import pytest

from pipelines.ingest.drain import drain
from tests.faults.children import ACTIONS, drain_and_die, exit_code
from tests.faults.conftest import Home, native
from warehouse.actions import SOURCE, Actions, Alert, Deed
from warehouse.database import writer_lock
from warehouse.operations import open_operations
from warehouse.verify import verify

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("point", ACTIONS)
def test_an_action_is_an_event_once_wherever_a_build_dies(home: Home, point: str) -> None:
    home.drop("platform/a.ndjson", native(1))
    home.ingest()
    engine = open_operations(home.settings.operations_url)
    try:
        actions, alert = Actions(engine), Alert("p1", "stalled")
        about = {"alert_id": alert.alert_id}
        done = actions.take("a" * 16, "acc", Deed("p1", "ops.alert_acknowledged", about, alert, note="n"))

        assert exit_code(drain_and_die, home.folder, point) == -9
        undone = actions.undo(done.action_id, "acc")
        with writer_lock(home.folder):
            drain(home.settings)

        assert actions.waiting() == []
    finally:
        engine.dispose()
    found = home.rows(f"select source_event_id from event where source = '{SOURCE}' order by 1")
    expected = {alert.alert_id, done.action_id, f"{done.action_id}.note", undone.action_id}
    assert [event_id for (event_id,) in found] == sorted(expected)
    assert home.rows("select count(*) from quarantine") == [(0,)]
    assert verify(home.settings) == []
