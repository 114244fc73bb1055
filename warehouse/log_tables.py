"""The tables of the log: their columns, how rows get into them, and how the typed projection is derived.

`event` is the truth, payloads as received; `typed_event` holds the same events with one typed column per
payload field of the catalogue and is derived again whenever the catalogue changes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

from warehouse.database import first_row
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
    "TIMESTAMP": pa.timestamp("us", "UTC"),
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
    seen_at timestamp not null,
    status varchar not null default 'open' check (status in ('open', 'redriven', 'waived'))
)
"""

_REFRESH_BATCH = 20_000


def create_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Create what is missing. `event` refuses updates and deletes."""
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


def insert_events(
    con: duckdb.DuckDBPyConnection, events: Sequence[Decoded], first_position: int, file_id: str
) -> None:
    """Write events, in this order and from this position on, as truth and as typed rows."""
    envelope = _envelope(events, first_position, file_id)
    truth: Columns = {
        "payload": ("VARCHAR", [event.payload for event in events]),
        "content_hash": ("BLOB", [event.content_hash for event in events]),
    }
    insert(con, "log.event", envelope | truth)
    insert(con, "log.typed_event", envelope | _typed([event.data for event in events]))


def insert(con: duckdb.DuckDBPyConnection, table: str, columns: Columns) -> None:
    """Write columns into a table by name; columns the table has and the batch lacks become NULL."""
    arrays = {name: pa.array(values, _ARROW[sql_type]) for name, (sql_type, values) in columns.items()}
    casts = ", ".join(f"{name}::{sql_type} as {name}" for name, (sql_type, _) in columns.items())
    con.register("batch", pa.table(arrays))
    con.execute(f"insert into {table} by name select {casts} from batch")
    con.unregister("batch")


def refresh_typed_events(con: duckdb.DuckDBPyConnection) -> None:
    """Derive the typed projection again when the catalogue changed; the truth is only read."""
    if is_catalogue_current(con):
        return
    con.execute("begin")
    derive_typed_events(con, "log.typed_event")
    con.execute("insert or replace into meta values ('catalogue', ?)", [catalogue_fingerprint()])
    con.execute("commit")


def is_catalogue_current(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the typed projection was derived with today's catalogue."""
    return bool(
        first_row(con, "select value from log.meta where key = 'catalogue'") == (catalogue_fingerprint(),)
    )


def derive_typed_events(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Make the typed projection of all events, as a table of this name."""
    columns = ENVELOPE_COLUMNS | typed_columns()
    shape = ", ".join(f"{name} {sql_type}" for name, sql_type in columns.items())
    con.execute(f"create or replace table {table} ({shape})")
    position = 0
    while rows := _logged_after(con, position):
        position = rows[-1]["position"]
        envelope: Columns = {
            name: (sql_type, [row[name] for row in rows]) for name, sql_type in ENVELOPE_COLUMNS.items()
        }
        payloads = [redecode(row["event_type"], row["version"], row["payload"]) for row in rows]
        insert(con, table, envelope | _typed(payloads))


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


def _envelope(events: Sequence[Decoded], first_position: int, file_id: str) -> Columns:
    def of(name: str) -> list[Any]:
        return [getattr(event.envelope, name) for event in events]

    special: dict[str, Sequence[Any]] = {
        "position": range(first_position, first_position + len(events)),
        "event_id": [str(event.event_id) for event in events],
        "source_event_id": of("id"),
        "file_id": [file_id] * len(events),
    }
    return {
        name: (sql_type, special[name] if name in special else of(name))
        for name, sql_type in ENVELOPE_COLUMNS.items()
    }


def _typed(payloads: Sequence[dict[str, Any]]) -> Columns:
    """One typed column for each payload field that occurs in the batch."""
    types = typed_columns()
    present = sorted({name for payload in payloads for name in payload})
    return {name: (types[name], [payload.get(name) for payload in payloads]) for name in present}
