"""One build's question: as of when, knowing what was known when, under which policy.

`ref.run` holds the answer in one row; every model reads it and none takes a parameter.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from warehouse.calendars import CALENDAR_TABLES, write_calendars
from warehouse.clock import naive_utc
from warehouse.database import first_row
from warehouse.instruments import (
    ITEM_COLUMNS,
    WORD_COLUMNS,
    Instrument,
    item_rows,
    load_instruments,
    word_rows,
)
from warehouse.policy import Policy

WRITTEN_WITH_RUN = frozenset({*CALENDAR_TABLES, "ref.instrument_item", "ref.instrument_word"})
"""What `write_run` makes beside `ref.run`: calendars, the key that surveys are scored by, and its words."""

_SQL_TYPES: dict[type[Any], str] = {
    bool: "BOOLEAN",
    int: "INTEGER",
    float: "DOUBLE",
    str: "VARCHAR",
    dt.datetime: "TIMESTAMP",
}


@dataclass(frozen=True, slots=True)
class Run:
    """What a build is of. Events count when `recorded_at <= known_at` and `occurred_at <= as_of`.

    Surveys are scored by `instruments`: ours, unless a program brings its own. `risk_model` is the SHA-256 of
    the model that risk is judged by: the same log judged by another model is another run.
    """

    as_of: dt.datetime
    known_at: dt.datetime
    policy: Policy
    instruments: Mapping[str, Instrument] = field(default_factory=load_instruments)
    risk_model: str = ""


def write_run(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Create `ref.run` in the models' database, with the policy's thresholds as columns.

    Beside it stand the calendars of the places the log speaks of, and the key that surveys are scored by.
    """
    label, n_events = _facts(con, run)
    values: dict[str, Any] = {
        "build_id": "",
        "as_of": naive_utc(run.as_of),
        "known_at": naive_utc(run.known_at),
        "policy_fingerprint": run.policy.fingerprint(),
        "risk_model": run.risk_model,
        **run.policy.as_columns(),
    }
    columns = ", ".join(f"?::{_SQL_TYPES[type(value)]} as {name}" for name, value in values.items())
    con.execute("create schema if not exists ref")
    write_calendars(con, naive_utc(run.as_of), naive_utc(run.known_at))
    con.execute(
        f"create or replace table ref.run as select {columns}, "
        "?::VARCHAR as program_label, ?::BIGINT as n_events_in_log",
        [*values.values(), label, n_events],
    )
    _write_instruments(con, run)


def _write_instruments(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    instruments = run.instruments.values()
    for table, columns, rows in (
        ("ref.instrument_item", ITEM_COLUMNS, item_rows(instruments)),
        ("ref.instrument_word", WORD_COLUMNS, word_rows(instruments)),
    ):
        names = ", ".join(f"{name} {sql_type}" for name, sql_type in columns.items())
        con.execute(f"create or replace table {table} ({names})")
        if rows:
            con.executemany(f"insert into {table} values ({', '.join('?' for _ in columns)})", rows)


def name_build(con: duckdb.DuckDBPyConnection, build_id: str) -> None:
    """Write the build's name into `ref.run`, once its contents are known."""
    con.execute("update ref.run set build_id = ?", [build_id])


def hidden_by_known_at(con: duckdb.DuckDBPyConnection, run: Run) -> int:
    """How many events had happened by `as_of` but were recorded only after `known_at`."""
    row = con.execute(
        "select count(*) from log.typed_event where occurred_at <= ? and recorded_at > ?",
        [naive_utc(run.as_of), naive_utc(run.known_at)],
    ).fetchone()
    return int(row[0]) if row else 0


def sees_any(con: duckdb.DuckDBPyConnection, run: Run) -> bool:
    """Whether anything had happened by `as_of` that was known at `known_at`; stops at the first of it."""
    row = con.execute(
        "select 1 from log.typed_event where occurred_at <= ? and recorded_at <= ? limit 1",
        [naive_utc(run.as_of), naive_utc(run.known_at)],
    ).fetchone()
    return row is not None


def first_instants(con: duckdb.DuckDBPyConnection, run: Run) -> tuple[dt.datetime | None, dt.datetime | None]:
    """When the first event happened, and when the first that had happened by `as_of` was recorded."""
    row = con.execute(
        "select min(occurred_at), min(recorded_at) filter (where occurred_at <= ?) from log.typed_event",
        [naive_utc(run.as_of)],
    ).fetchone()
    assert row is not None, "an aggregate always answers"
    occurred_at, recorded_at = (None if at is None else at.replace(tzinfo=dt.UTC) for at in row)
    return occurred_at, recorded_at


def _facts(con: duckdb.DuckDBPyConnection, run: Run) -> tuple[str | None, int]:
    """What the program is called, and how many events the run sees."""
    seen = "from log.typed_event where recorded_at <= $known_at and occurred_at <= $as_of"
    clock = {"known_at": naive_utc(run.known_at), "as_of": naive_utc(run.as_of)}
    (n_events,) = first_row(con, f"select count(*) {seen}", clock)
    named = f"{seen} and event_type = 'program.label_set' and label is not null"
    (label,) = first_row(con, f"select max_by(label, position) {named}", clock)
    return label, int(n_events)
