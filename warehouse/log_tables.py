"""The tables of the log: their columns, how rows get into them, and how the typed projection is derived.

`event` is the truth, payloads as received; `typed_event` shows the same events with one typed column per
payload field of the catalogue and is derived again whenever the catalogue changes. It is a view: the table
below it, `typed`, has only the columns that some event needed, because most logs need few of them.
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

Columns = dict[str, tuple[str, Sequence[Any]]]
"""Column name -> SQL type and values."""

_ARROW: dict[str, pa.DataType] = {
    "BIGINT": pa.int64(),
    "SMALLINT": pa.int16(),
    "INTEGER": pa.int32(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "VARCHAR": pa.string(),
    "UUID": pa.string(),
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

_REFRESH_BATCH = 20_000

LAYOUT = "2"
"""How the tables of a log are laid out; a log of another layout is refused, not guessed at."""


def create_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Create what is missing. `event` refuses updates and deletes.

    Raises LogConflict where the tables are those of another version.
    """
    is_new = not has_tables(con)
    if not is_new:
        refuse_other_layout(con)
    envelope = ", ".join(f"{name} {sql_type}" for name, sql_type in ENVELOPE_COLUMNS.items())
    con.execute(
        f"create table if not exists event ({envelope}, payload varchar not null, content_hash blob not null)"
    )
    con.execute(_LEDGER)
    con.execute(_QUARANTINE)
    con.execute("create table if not exists guard (refused varchar)")
    con.execute("create table if not exists meta (key varchar primary key, value varchar not null)")
    for verb in ("delete", "update"):
        con.execute(
            f"create trigger if not exists event_no_{verb} after {verb} on event "
            "referencing old table as old_event for each statement "
            "insert into guard select error('the event log is append-only') from old_event"
        )
    if is_new:
        con.execute("insert into meta values ('layout', ?)", [LAYOUT])


def has_tables(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the log has its tables already."""
    query = "select 1 from duckdb_tables() where database_name = 'log' and table_name = 'event'"
    return first_row(con, query) is not None


def refuse_other_layout(con: duckdb.DuckDBPyConnection) -> None:
    """Raise LogConflict where the log's tables are laid out as another version has them."""
    if first_row(con, "select value from log.meta where key = 'layout'") != (LAYOUT,):
        raise LogConflict(
            "the log was written by another version of Kinkeeper, whose tables this one cannot read: "
            "ingest its files again into a new home, or go back to that version"
        )


def events_table(events: Sequence[tuple[int, Decoded]]) -> pa.Table:
    """Events and the lines they came from.

    Columns: `line`, the envelope but position and file, `payload`, `content_hash`, and a typed column for
    each payload field that occurs. Ids are 32 digits, times are UTC.
    """
    decoded = [event for _, event in events]
    special: dict[str, Sequence[Any]] = {
        "event_id": [event.event_id.hex for event in decoded],
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
    """Write those rows of an `events_table` that have a `position`, as truth and as typed rows."""
    truth = ENVELOPE_COLUMNS | {"payload": "VARCHAR", "content_hash": "BLOB"}
    add_typed_columns(con, "log", [name for name in typed_columns() if name in events.column_names])
    for table, columns in (("log.event", truth), ("log.typed", ENVELOPE_COLUMNS | typed_columns())):
        given = [name for name in columns if name in events.column_names]
        casts = ", ".join(f"{name}::{columns[name]} as {name}" for name in given)
        over(
            con,
            events,
            f"insert into {table} by name select {casts}, ? as file_id from stage where position is not null",
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
    derive_typed_events(con, "log")
    con.execute("insert or replace into meta values ('catalogue', ?)", [catalogue_fingerprint()])
    con.execute("commit")


def is_catalogue_current(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the typed projection was derived with today's catalogue."""
    return bool(
        first_row(con, "select value from log.meta where key = 'catalogue'") == (catalogue_fingerprint(),)
    )


def derive_typed_events(con: duckdb.DuckDBPyConnection, database: str) -> None:
    """Make the typed projection of all events in a database of this name."""
    shape = ", ".join(f"{name} {kind}" for name, kind in ENVELOPE_COLUMNS.items())
    con.execute(f"create or replace table {database}.typed ({shape})")
    _show_typed_events(con, database)
    position = 0
    while rows := _logged_after(con, position):
        position = rows[-1]["position"]
        envelope: Columns = {
            name: (kind, [row[name] for row in rows]) for name, kind in ENVELOPE_COLUMNS.items()
        }
        payloads = [redecode(row["event_type"], row["version"], row["payload"]) for row in rows]
        typed = _typed(payloads)
        add_typed_columns(con, database, typed)
        insert(con, f"{database}.typed", envelope | typed)


def add_typed_columns(con: duckdb.DuckDBPyConnection, database: str, names: Iterable[str]) -> None:
    """Let the typed table hold payload fields it had no need of yet."""
    missing = sorted(set(names) - _columns_of_typed(con, database))
    for name in missing:
        con.execute(f"alter table {database}.typed add column {name} {typed_columns()[name]}")
    if missing:
        _show_typed_events(con, database)


def _show_typed_events(con: duckdb.DuckDBPyConnection, database: str) -> None:
    """The typed table with all columns of the catalogue, whether or not an event needed them."""
    held = _columns_of_typed(con, database)
    payload = (name if name in held else f"null::{kind} as {name}" for name, kind in typed_columns().items())
    chosen = ", ".join([*ENVELOPE_COLUMNS, *payload])
    con.execute(f"create or replace view {database}.typed_event as select {chosen} from {database}.typed")


def _columns_of_typed(con: duckdb.DuckDBPyConnection, database: str) -> set[str]:
    query = "select column_name from duckdb_columns() where database_name = ? and table_name = 'typed'"
    return {name for (name,) in con.execute(query, [database]).fetchall()}


def catalogue_fingerprint() -> str:
    """Changes whenever a payload field is added or changes its type."""
    shape = {
        f"{name}.v{version}": [(field.name, field.sql_type) for field in fields(kind)]
        for (name, version), kind in sorted(CATALOGUE.items())
    }
    return hashlib.sha256(json.dumps(shape).encode()).hexdigest()[:16]


def _logged_after(con: duckdb.DuckDBPyConnection, position: int) -> list[dict[str, Any]]:
    names = [*ENVELOPE_COLUMNS, "payload"]
    chosen = ", ".join("event_id::varchar" if name == "event_id" else name for name in names)
    rows = con.execute(
        f"select {chosen} from log.event where position > ? order by position limit {_REFRESH_BATCH}",
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
