"""The suite of the last delivery agrees with the codec: what it accepts passes, and every rule can break."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.in_sql import check_set_rule, check_suite
from expectations.rules import Rule
from expectations.runner import CheckResult, read_frame, validate_frame
from expectations.set_rules import DELIVERY_RULES
from expectations.suites import DELIVERY, MAX_DELIVERED
from tests.warehouse.events.test_codec import FakePeople, records
from warehouse import database
from warehouse.errors import EventRejected
from warehouse.events.base import typed_columns
from warehouse.events.codec import Context, Decoded, decode
from warehouse.log_tables import ENVELOPE_COLUMNS
from warehouse.settings import load_settings

FIXTURES = Path(__file__).parents[1] / "warehouse/events/fixtures"
LANDED = dt.datetime(2026, 11, 24, 12)
CONTEXT = Context(received_at=LANDED.replace(tzinfo=dt.UTC))


COLUMNS = ENVELOPE_COLUMNS | typed_columns()


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty log, attached as a build sees it."""
    with database.open_scratch() as scratch:
        yield with_empty_log(scratch)


def with_empty_log(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    shape = ", ".join(f"{name} {sql_type}" for name, sql_type in COLUMNS.items())
    con.execute("attach ':memory:' as log")
    con.execute(f"create table log.typed_event ({shape})")
    con.execute("create table log.ledger (file_id varchar, landed_at timestamp)")
    return con


def deliver(
    con: duckdb.DuckDBPyConnection,
    events: Sequence[Decoded],
    file_id: str = "f1",
    landed_at: dt.datetime = LANDED,
) -> None:
    (n_before,) = database.first_row(con, "select count(*) from log.typed_event")
    con.register("batch", batch(events).assign(position=lambda frame: frame["position"] + n_before))
    casts = ", ".join(f"{name}::{sql_type} as {name}" for name, sql_type in COLUMNS.items())
    con.execute(f"insert into log.typed_event by name select {casts} from batch")
    con.execute("update log.typed_event set file_id = ? where position > ?", [file_id, n_before])
    con.execute("insert into log.ledger values (?, ?)", [file_id, landed_at])


def batch(events: Sequence[Decoded]) -> pd.DataFrame:
    """What was decoded, as a frame, before anything is appended to the log."""
    rows = [
        {
            **{name: getattr(event.envelope, name, None) for name in ENVELOPE_COLUMNS},
            "position": position,
            "event_id": str(event.event_id),
            "source_event_id": event.envelope.id,
            "occurred_at": event.envelope.occurred_at.replace(tzinfo=None),
            "recorded_at": event.envelope.recorded_at.replace(tzinfo=None),
            "file_id": "f1",
            **{name: naive(value) for name, value in event.data.items()},
        }
        for position, event in enumerate(events, 1)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object).assign(position=range(1, len(rows) + 1))


def naive(value: Any) -> Any:
    """Instants in UTC without saying so, and lists, as the log keeps them."""
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None)
    return list(value) if isinstance(value, tuple) else value


@cache
def fixtures() -> list[Decoded]:
    """An event of every version of every type, as sources have sent it."""
    read = [json.loads(path.read_text("utf-8"))["record"] for path in sorted(FIXTURES.glob("*.json"))]
    unique = [record | {"id": f"e{number}"} for number, record in enumerate(read)]
    return [decode(record, FakePeople(), CONTEXT) for record in unique]


def all_results(con: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    return [*check_suite(con, DELIVERY), *(check_set_rule(con, rule) for rule in DELIVERY_RULES)]


def broken(results: Sequence[CheckResult]) -> list[str]:
    return [result.message for result in results if not result.is_ok]


def test_an_event_of_every_type_passes(con: duckdb.DuckDBPyConnection) -> None:
    events = fixtures()
    assert len(events) > 80
    assert broken(validate_frame(batch(events), DELIVERY.table_name, DELIVERY.rules)) == []
    deliver(con, events)
    assert broken(all_results(con)) == []


@settings(max_examples=25, deadline=None)
@given(st.lists(records(), min_size=1, max_size=30))
def test_whatever_the_codec_accepts_passes(delivered: list[dict[str, Any]]) -> None:
    accepted = []
    for number, record in enumerate(delivered):
        try:
            accepted.append(decode(record | {"id": f"e{number}"}, FakePeople(), CONTEXT))
        except EventRejected:
            continue
    with database.open_scratch() as scratch:
        deliver(with_empty_log(scratch), accepted)
        assert broken(all_results(scratch)) == []


def test_the_sample_program_passes_whole(demo_home: Path) -> None:
    with database.open_scratch() as scratch:
        database.attach_log(scratch, load_settings(demo_home).log_file)
        frame = scratch.execute("select * from log.typed_event").df()
    assert len(frame) > 10_000
    assert broken(validate_frame(frame, DELIVERY.table_name, DELIVERY.rules)) == []


@pytest.mark.parametrize("rule", DELIVERY.rules, ids=lambda rule: rule.name)
def test_every_rule_can_break(rule: Rule) -> None:
    frame = batch(fixtures()[:3])
    assert validate_frame(frame, DELIVERY.table_name, [rule])[0].is_ok
    (validated,) = validate_frame(spoilt(frame, rule), DELIVERY.table_name, [rule])
    assert not validated.is_ok
    assert 0 < validated.n_failed < 3 or rule.name.startswith("one row per")


def spoilt(frame: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """The frame with one row that breaks a rule."""
    column, arguments = rule.columns[0], rule.arguments
    frame = frame.astype(dict.fromkeys(rule.columns, object))
    match rule.expectation:
        case "ExpectColumnValuesToNotBeNull":
            frame.loc[0, column] = None
        case "ExpectColumnValuesToBeInSet":
            frame.loc[0, column] = "no code"
        case "ExpectColumnValuesToBeBetween":
            frame.loc[0, column] = arguments["min_value"] - 1
        case "ExpectColumnPairValuesAToBeGreaterThanB":
            frame.loc[0, column], frame.loc[0, rule.columns[1]] = 2, 1
        case _:
            frame.loc[1, list(rule.columns)] = frame.loc[0, list(rule.columns)]
    return frame


def test_only_the_files_of_the_last_day_are_looked_at(con: duckdb.DuckDBPyConnection) -> None:
    events = fixtures()
    deliver(con, events[:5], "old", LANDED - dt.timedelta(days=2))
    deliver(con, events[5:8], "yesterday", LANDED - dt.timedelta(hours=20))
    deliver(con, events[8:10], "today")
    assert next(result.n_checked for result in check_suite(con, DELIVERY)) == 5


def test_of_a_large_delivery_the_newest_events_are_looked_at(con: duckdb.DuckDBPyConnection) -> None:
    (event,) = fixtures()[:1]
    deliver(con, [event])
    con.execute(
        "insert into log.typed_event by name select e.* replace (e.position + copy.n as position) "
        "from log.typed_event as e cross join range(1, ?) as copy(n)",
        [MAX_DELIVERED + 2],
    )
    assert len(read_frame(con, DELIVERY, DELIVERY.rules)) == MAX_DELIVERED
