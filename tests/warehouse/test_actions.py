"""What is done on a screen is kept once, shows at once, and can be taken back once."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from warehouse.actions import ACTION, Actions, Alert, Deed, event_line, note_line, standing
from warehouse.errors import KinkeeperError
from warehouse.operations import open_operations, sqlite_url

NOW = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)
TOKEN = "0123456789abcdef"
ALERT = Alert("p1", "stalled", dt.date(2026, 2, 1))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = open_operations(sqlite_url(tmp_path / "operations.sqlite"))
    yield made
    made.dispose()


@pytest.fixture
def actions(engine: sa.Engine) -> Actions:
    return Actions(engine, lambda: NOW)


def snooze(actions: Actions, token: str = TOKEN, **more: Any) -> Any:
    data = {"alert_id": ALERT.alert_id, "until_on": "2026-03-05", "reason": "waits for a date"}
    return actions.take(token, "acc", Deed("p1", "ops.alert_snoozed", data, ALERT, **more))


def test_a_double_click_is_one_action_and_the_alert_is_raised_once(actions: Actions) -> None:
    first, second, other = snooze(actions), snooze(actions), snooze(actions, "f" * 16)
    assert first == second
    assert other.action_id != first.action_id
    events = [action.event for action in actions.waiting()]
    assert sorted(events) == ["ops.alert_raised", "ops.alert_snoozed", "ops.alert_snoozed"]


def test_workers_that_save_the_same_form_together_keep_one(tmp_path: Path) -> None:
    engines = [open_operations(sqlite_url(tmp_path / "operations.sqlite")) for _ in range(4)]
    try:
        with ThreadPoolExecutor(4) as pool:
            made = list(pool.map(lambda engine: snooze(Actions(engine, lambda: NOW)), engines))
        assert len({action.action_id for action in made}) == 1
        assert len(Actions(engines[0]).waiting()) == 2
    finally:
        for engine in engines:
            engine.dispose()


def test_an_action_is_taken_back_once_and_nothing_is_deleted(actions: Actions) -> None:
    done = snooze(actions)
    assert actions.undo(done.action_id, "acc") == actions.undo(done.action_id, "other")
    kept = actions.of_pair("p1")
    assert [action.event for action in standing(kept)] == ["ops.alert_raised"]
    assert len(kept) == 3
    with pytest.raises(KinkeeperError, match="cannot be taken back"):
        actions.undo(f"{done.action_id}.undo", "acc")


def test_what_the_log_would_refuse_is_refused_at_the_click(actions: Actions) -> None:
    later = dt.datetime(2026, 3, 4)
    with pytest.raises(KinkeeperError, match="future"):
        actions.take(TOKEN, "acc", Deed("p1", "ops.support_contact_made", {}, happened_at=later))
    with pytest.raises(KinkeeperError, match="party"):
        actions.take(TOKEN, "acc", Deed("p1", "ops.support_contact_made", {"party": "nobody"}))
    with pytest.raises(KinkeeperError, match="form"):
        snooze(actions, "no token")
    assert actions.waiting() == []


def test_a_note_is_sealed_and_forgotten_on_demand(actions: Actions, engine: sa.Engine) -> None:
    done = snooze(actions, note="she is moving house")
    with engine.connect() as connection:
        assert b"moving" not in (
            connection.scalar(sa.select(ACTION.c.note).where(ACTION.c.note.is_not(None))) or b""
        )
    assert "moving" not in event_line(done) + note_line(done)
    assert json.loads(note_line(done))["data"] == {"note_id": done.action_id}
    assert actions.note_of(done.action_id) == "she is moving house"
    assert actions.forget_notes(["p1"]) == 1
    assert actions.note_of(done.action_id) == ""


def test_the_same_reason_since_another_day_is_another_alert() -> None:
    again = Alert("p1", "stalled", dt.date(2026, 2, 20))
    assert ALERT.alert_id == Alert("p1", "stalled", dt.date(2026, 2, 1)).alert_id
    assert len({ALERT.alert_id, again.alert_id, Alert("p1", "faded").alert_id}) == 3
