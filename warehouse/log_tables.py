"""The tables of the log: their columns, how rows get into them, and how the typed projection is derived.

`event` is the truth, payloads as received; `typed_event` shows the same events with one typed column per
payload field of the catalogue. It is a view. What an event meant to the catalogue it came under stands beside
its truth, in columns of `event`; `typed` holds what the events from before the last change of the catalogue
mean today. Either table has only the columns that some event needed, because most logs need few of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from warehouse.database import first_row, over
from warehouse.errors import LogConflict
from warehouse.events.base import CATALOGUE, fields, typed_columns
from warehouse.events.codec import Decoded, redecode

ENVELOPE_COLUMNS: dict[str, str] = {
    "position": "BIGINT",
    "event_id": "UUID",
    "source": "VARCHAR",
    "source_event_id": "VARCHAR",
    "event_type": "VARCHAR",
    "version": "SMALLINT",
    "pair_id": "VARCHAR",
    "program_id": "VARCHAR",
    "cohort_id": "VARCHAR",
    "actor_id": "VARCHAR",
    "actor_role": "VARCHAR",
    "occurred_at": "TIMESTAMP",
    "recorded_at": "TIMESTAMP",
    "evidence": "VARCHAR",
    "visibility": "VARCHAR",
    "causation_id": "VARCHAR",
    "correlation_id": "VARCHAR",
    "file_id": "VARCHAR",
}
"""What every event has; times are UTC."""

TRUTH_COLUMNS: dict[str, str] = {**ENVELOPE_COLUMNS, "payload": "VARCHAR", "content_hash": "BLOB"}
"""An event as it was committed."""

Columns = dict[str, tuple[str, Sequence[Any]]]
"""Column name -> SQL type and values."""

_ARROW: dict[str, pa.DataType] = {
    "BIGINT": pa.int64(),
    "SMALLINT": pa.int16(),
    "INTEGER": pa.int32(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "VARCHAR": pa.string(),
    "UUID": pa.uuid(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
    "BLOB": pa.binary(),
    "VARCHAR[]": pa.list_(pa.string()),
}

_LEDGER = """
create table if not exists ledger (
    file_id varchar primary key,
    sha256 varchar not null,
    name varchar not null,
    source varchar not null,
    mapping varchar not null,
    landed_at timestamp not null,
    status varchar not null check (status in ('accepted', 'refused', 'redriven')),
    lines_in bigint not null,
    accepted bigint not null,
    duplicate bigint not null,
    quarantined bigint not null,
    n_events bigint not null,
    last_position bigint not null,
    chain_head varchar not null,
    notes varchar not null,
    check (lines_in = accepted + duplicate + quarantined)
)
"""

_QUARANTINE = """
create table if not exists quarantine (
    quarantine_id varchar not null,
    file_id varchar not null,
    source varchar not null,
    line bigint,
    byte_offset bigint,
    code varchar not null,
    field varchar,
    hint varchar not null,
    raw blob not null,
    shape varchar not null,
    seen_at timestamp not null,
    status varchar not null default 'open' check (status in ('open', 'redriven', 'waived')),
    settled_at timestamp,
    waived_for blob
)
"""

_CONTENT = """
    payload varchar not null using compression zstd,
    content_hash blob not null using compression uncompressed
"""
"""Payloads are read seldom, and zstd takes half the time and room of what DuckDB would choose. Nothing can be
pressed out of a hash; to find that out takes longer than to write it."""

_CHANGES = ("delete", "update")

_REFRESH_BATCH = 20_000

LAYOUT = "3"
"""How the tables of a log are laid out; a log of another layout is refused, not guessed at."""

BEFORE = "2"
"""The layout that is brought up to date in place: all typed rows were in `typed`, none beside the truth."""


def create_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Create what is missing. `event` refuses updates and deletes.

    Raises LogConflict where the tables are those of another version.
    """
    is_new = not has_tables(con)
    if not is_new:
        bring_up_to_date(con)
    envelope = ", ".join(f"{name} {sql_type}" for name, sql_type in ENVELOPE_COLUMNS.items())
    con.execute(f"create table if not exists event ({envelope}, {_CONTENT})")
    con.execute(_LEDGER)
    con.execute(_QUARANTINE)
    con.execute("create table if not exists guard (refused varchar)")
    con.execute("create table if not exists meta (key varchar primary key, value varchar not null)")
    _refuse_changes(con)
    if is_new:
        con.execute("insert into meta values ('layout', ?)", [LAYOUT])


def _refuse_changes(con: duckdb.DuckDBPyConnection) -> None:
    for verb in _CHANGES:
        con.execute(
            f"create trigger if not exists event_no_{verb} after {verb} on event "
            "referencing old table as old_event for each statement "
            "insert into guard select error('the event log is append-only') from old_event"
        )


def has_tables(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the log has its tables already."""
    query = "select 1 from duckdb_tables() where database_name = 'log' and table_name = 'event'"
    return first_row(con, query) is not None


def refuse_other_layout(con: duckdb.DuckDBPyConnection) -> None:
    """Raise LogConflict where the log's tables are laid out as another version has them."""
    if _layout(con) not in (LAYOUT, BEFORE):
        raise LogConflict(
            "the log was written by another version of Kinkeeper, whose tables this one cannot read: "
            "ingest its files again into a new home, or go back to that version"
        )


def bring_up_to_date(con: duckdb.DuckDBPyConnection) -> None:
    """Let a log of the layout before take events as this version writes them; those it has stay as they are.

    Raises LogConflict where the tables are those of another version.
    """
    refuse_other_layout(con)
    if _layout(con) == BEFORE:
        con.execute("begin")
        _show_typed_events(con, "log")
        con.execute("update meta set value = ? where key = 'layout'", [LAYOUT])
        con.execute("commit")


def _layout(con: duckdb.DuckDBPyConnection) -> str | None:
    row = first_row(con, "select value from log.meta where key = 'layout'")
    return None if row is None else str(row[0])


def events_table(events: Sequence[tuple[int, Decoded]]) -> pa.Table:
    """Events and the lines they came from.

    Columns: `line`, the envelope but position and file, `payload`, `content_hash`, and a typed column for
    each payload field that occurs. Times are UTC.
    """
    decoded = [event for _, event in events]
    special: dict[str, Sequence[Any]] = {
        "event_id": [event.event_id for event in decoded],
        "source_event_id": [event.envelope.id for event in decoded],
    }
    envelope: Columns = {
        name: (kind, special.get(name) or [getattr(event.envelope, name) for event in decoded])
        for name, kind in ENVELOPE_COLUMNS.items()
        if name not in ("position", "file_id")
    }
    truth: Columns = {
        "line": ("BIGINT", [number for number, _ in events]),
        "payload": ("VARCHAR", [event.payload for event in decoded]),
        "content_hash": ("BLOB", [event.content_hash for event in decoded]),
    }
    return _arrow(envelope | truth | _typed([event.data for event in decoded]))


def insert_events(con: duckdb.DuckDBPyConnection, events: pa.Table, file_id: str) -> None:
    """Write those rows of an `events_table` that have a `position`: their truth, and what it means."""
    columns = TRUTH_COLUMNS | typed_columns()
    given = [name for name in columns if name in events.column_names]
    add_typed_columns(con, "log.event", given)
    casts = ", ".join(f"{name}::{columns[name]} as {name}" for name in given)
    over(
        con,
        events,
        f"insert into log.event by name select {casts}, ? as file_id from stage where position is not null",
        [file_id],
    )


def insert(con: duckdb.DuckDBPyConnection, table: str, columns: Columns) -> None:
    """Write columns into a table by name; columns the table has and the batch lacks become NULL."""
    casts = ", ".join(f"{name}::{sql_type} as {name}" for name, (sql_type, _) in columns.items())
    over(con, _arrow(columns), f"insert into {table} by name select {casts} from stage")


def refresh_typed_events(con: duckdb.DuckDBPyConnection) -> None:
    """Derive the typed projection again when the catalogue changed; the truth is only read."""
    if is_catalogue_current(con):
        return
    con.execute("begin")
    _drop_typed_columns(con)
    derive_typed_events(con, "log")
    con.execute("insert or replace into meta values ('catalogue', ?)", [catalogue_fingerprint()])
    con.execute("commit")


def _drop_typed_columns(con: duckdb.DuckDBPyConnection) -> None:
    """Leave the truth alone in `event`; DuckDB drops no column of a table that has triggers."""
    for verb in _CHANGES:
        con.execute(f"drop trigger if exists event_no_{verb} on event")
    for name in sorted(_columns(con, "log.event") - TRUTH_COLUMNS.keys()):
        con.execute(f"alter table event drop column {name}")
    _refuse_changes(con)


def is_catalogue_current(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the typed projection was derived with today's catalogue."""
    return bool(
        first_row(con, "select value from log.meta where key = 'catalogue'") == (catalogue_fingerprint(),)
    )


def derive_typed_events(con: duckdb.DuckDBPyConnection, database: str) -> None:
    """Make the typed projection of all events in a database of this name."""
    shape = ", ".join(f"{name} {kind}" for name, kind in ENVELOPE_COLUMNS.items())
    con.execute(f"create or replace table {database}.typed ({shape})")
    position = 0
    while rows := _logged_after(con, position):
        position = rows[-1]["position"]
        envelope: Columns = {
            name: (kind, [row[name] for row in rows]) for name, kind in ENVELOPE_COLUMNS.items()
        }
        payloads = [redecode(row["event_type"], row["version"], row["payload"]) for row in rows]
        typed = _typed(payloads)
        add_typed_columns(con, f"{database}.typed", typed)
        insert(con, f"{database}.typed", envelope | typed)
    _show_typed_events(con, database)


def add_typed_columns(con: duckdb.DuckDBPyConnection, table: str, names: Iterable[str]) -> None:
    """Let a table hold payload fields it had no need of yet; what else is named it has."""
    missing = sorted(set(names) - _columns(con, table))
    for name in missing:
        con.execute(f"alter table {table} add column {name} {typed_columns()[name]}")
    if missing:
        _show_typed_events(con, table.partition(".")[0])


def _show_typed_events(con: duckdb.DuckDBPyConnection, database: str) -> None:
    """What was derived at the last change of the catalogue, and the events that came since."""
    (upto,) = first_row(con, f"select coalesce(max(position), 0) from {database}.typed")
    rows = _typed_rows(con, f"{database}.typed")
    if database == "log":
        fresh = _typed_rows(con, "log.event")
        rows = f"{rows} union all {fresh} where position > {upto}" if upto else fresh
    con.execute(f"create or replace view {database}.typed_event as {rows}")


def _typed_rows(con: duckdb.DuckDBPyConnection, table: str) -> str:
    """The rows of a table with all columns of the catalogue, whether or not an event needed them."""
    held = _columns(con, table)
    payload = (name if name in held else f"null::{kind} as {name}" for name, kind in typed_columns().items())
    return f"select {', '.join([*ENVELOPE_COLUMNS, *payload])} from {table}"


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    return {name for name, *_ in con.execute(f"describe {table}").fetchall()}


def catalogue_fingerprint() -> str:
    """Changes whenever a payload field is added or changes its type."""
    shape = {
        f"{name}.v{version}": [(field.name, field.sql_type) for field in fields(kind)]
        for (name, version), kind in sorted(CATALOGUE.items())
    }
    return hashlib.sha256(json.dumps(shape).encode()).hexdigest()[:16]


def _logged_after(con: duckdb.DuckDBPyConnection, position: int) -> list[dict[str, Any]]:
    names = [*ENVELOPE_COLUMNS, "payload"]
    rows = con.execute(
        f"select {', '.join(names)} from log.event "
        f"where position > ? order by position limit {_REFRESH_BATCH}",
        [position],
    ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]


def _arrow(columns: Columns) -> pa.Table:
    return pa.table({name: pa.array(values, _ARROW[kind]) for name, (kind, values) in columns.items()})


def _typed(payloads: Sequence[dict[str, Any]]) -> Columns:
    """One typed column for each payload field that occurs in the batch."""
    types = typed_columns()
    present = sorted({name for payload in payloads for name in payload})
    return {name: (types[name], [payload.get(name) for payload in payloads]) for name in present}
