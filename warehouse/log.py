"""The event log: append-only, idempotent for ever, checked against a mark kept outside the file.

One delivery (a file, a webhook call) is one transaction: its ledger row, its new events and its
quarantined rows are committed together or not at all. `log.event` is the truth, payloads as received;
`log.typed_event` holds the same events with one typed column per payload field and can be derived again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa

from warehouse import database
from warehouse.errors import EventRejected, FileRefused, LogConflict
from warehouse.events.base import CATALOGUE, Envelope, fields, typed_columns
from warehouse.events.codec import Decoded, redecode
from warehouse.settings import Settings
from warehouse.vault import Vault, seal

CHUNK = 20_000
"""Lines handled at once: bounds memory whatever the size of the file."""

Status = Literal["accepted", "refused", "already_ingested"]

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
    status varchar not null check (status in ('accepted', 'refused')),
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

GENESIS = hashlib.sha256(b"kinkeeper").hexdigest()


@dataclass(frozen=True, slots=True)
class Delivery:
    """One landed file: what it is called, what its bytes hash to and how it is read."""

    sha256: str
    name: str
    source: str
    mapping: str
    landed_at: dt.datetime

    @property
    def file_id(self) -> str:
        """The same bytes read through the same mapping are the same delivery."""
        return hashlib.sha256(f"{self.sha256}\n{self.mapping}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Line:
    """One record of a delivery: its place, its raw bytes, and what it became."""

    number: int
    offset: int | None
    raw: bytes
    events: tuple[Decoded, ...] = ()
    rejected: EventRejected | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a delivery; `lines_in = accepted + duplicate + quarantined` always holds."""

    status: Status
    lines_in: int
    accepted: int
    duplicate: int
    quarantined: int
    n_events: int
    notes: tuple[str, ...] = ()


class EventLog:
    """The log open for writing. Use `open_log`; one process at a time holds the writer lock."""

    def __init__(self, con: duckdb.DuckDBPyConnection, settings: Settings, vault: Vault) -> None:
        self.con = con
        self._high_water_file = settings.high_water_file
        self._vault = vault

    def receipt(self, delivery: Delivery) -> Receipt | None:
        """What an earlier delivery of the same bytes through the same mapping came to, if there was one."""
        row = self.con.execute(
            "select status, lines_in from log.ledger where file_id = ?", [delivery.file_id]
        ).fetchone()
        if row is None:
            return None
        status, lines_in = row
        if status == "refused":
            return Receipt("refused", lines_in, 0, 0, lines_in, 0)
        return Receipt("already_ingested", lines_in, 0, lines_in, 0, 0)

    def append(self, delivery: Delivery, lines: Iterable[Line]) -> Receipt:
        """Commit one delivery: every new event, every refused line, and the ledger row that claims it.

        A `FileRefused` raised while reading leaves nothing of the file in the log but the refusal.
        """
        known = self.receipt(delivery)
        if known is not None:
            return known
        key = self._vault.file_key(delivery.file_id)
        try:
            receipt = self._transaction(_Appender(self.con, delivery, key, self._head()), lines)
        except FileRefused as refusal:
            rejected = EventRejected(refusal.code, None, refusal.hint)
            line = Line(0, None, b"", rejected=rejected)
            appender = _Appender(self.con, delivery, key, self._head(), status="refused")
            receipt = self._transaction(appender, [line])
        self.con.execute("checkpoint")
        write_high_water(self.con, self._high_water_file)
        return receipt

    def _transaction(self, appender: _Appender, lines: Iterable[Line]) -> Receipt:
        self.con.execute("begin")
        try:
            for chunk in _chunks(lines):
                appender.add(chunk)
            self._vault.flush()
            receipt = appender.close()
            self.con.execute("commit")
        except BaseException:
            self.con.execute("rollback")
            raise
        return receipt

    def _head(self) -> tuple[int, str]:
        return head(self.con)


class _Appender:
    """One delivery inside one transaction, chunk by chunk."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        delivery: Delivery,
        key: bytes,
        start: tuple[int, str],
        status: Status = "accepted",
    ) -> None:
        self._con = con
        self._delivery = delivery
        self._key = key
        self._status = status
        self._position, chain = start
        self._chain = hashlib.sha256(chain.encode())
        self._accepted = self._duplicate = self._quarantined = self._n_events = 0
        self._extras: set[str] = set()

    def add(self, lines: Sequence[Line]) -> None:
        """Sort a chunk of lines into new, seen before and refused, and write the new and the refused."""
        known = self._known_hashes(lines)
        fresh: list[Decoded] = []
        refused: list[tuple[Line, EventRejected]] = []
        for line in lines:
            rejected = line.rejected or _conflict(line, known)
            if rejected is not None:
                refused.append((line, rejected))
                continue
            new = [event for event in line.events if event.event_id not in known]
            known.update((event.event_id, event.content_hash) for event in new)
            self._accepted += bool(new) or not line.events
            self._duplicate += bool(line.events) and not new
            fresh.extend(new)
        self._quarantined += len(refused)
        self._write_events(fresh)
        self._write_quarantine(refused)

    def close(self) -> Receipt:
        """Write the ledger row; the caller commits."""
        notes = (f"columns nobody asked for: {', '.join(sorted(self._extras))}",) if self._extras else ()
        receipt = Receipt(
            status=self._status,
            lines_in=self._accepted + self._duplicate + self._quarantined,
            accepted=self._accepted,
            duplicate=self._duplicate,
            quarantined=self._quarantined,
            n_events=self._n_events,
            notes=notes,
        )
        delivery = self._delivery
        self._con.execute(
            "insert into log.ledger values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                delivery.file_id,
                delivery.sha256,
                delivery.name,
                delivery.source,
                delivery.mapping,
                _naive(delivery.landed_at),
                receipt.status,
                receipt.lines_in,
                receipt.accepted,
                receipt.duplicate,
                receipt.quarantined,
                receipt.n_events,
                self._position,
                self._chain.hexdigest(),
                "; ".join(notes),
            ],
        )
        return receipt

    def _known_hashes(self, lines: Sequence[Line]) -> dict[Any, bytes]:
        """Event id -> content hash of those events of the chunk that the log holds already."""
        ids = [str(event.event_id) for line in lines for event in line.events]
        self._con.register("ids", pa.table({"event_id": pa.array(ids, pa.string())}))
        rows = self._con.execute(
            "select event_id, content_hash from log.event where event_id in (select event_id::uuid from ids)"
        ).fetchall()
        self._con.unregister("ids")
        return dict(rows)

    def _write_events(self, events: Sequence[Decoded]) -> None:
        if not events:
            return
        first = self._position + 1
        self._position += len(events)
        self._n_events += len(events)
        for position, event in enumerate(events, first):
            self._chain.update(chain_link(position, event.content_hash))
            self._extras.update(event.extras)
        envelopes = _envelope_columns(events, first, self._delivery.file_id)
        truth = envelopes | {
            "payload": ("VARCHAR", [event.payload for event in events]),
            "content_hash": ("BLOB", [event.content_hash for event in events]),
        }
        insert(self._con, "log.event", truth)
        insert(self._con, "log.typed_event", envelopes | _payload_columns([event.data for event in events]))

    def _write_quarantine(self, refused: Sequence[tuple[Line, EventRejected]]) -> None:
        if not refused:
            return
        delivery, count = self._delivery, len(refused)
        columns: Columns = {
            "quarantine_id": ("VARCHAR", [f"{delivery.file_id}-{line.number}" for line, _ in refused]),
            "file_id": ("VARCHAR", [delivery.file_id] * count),
            "source": ("VARCHAR", [delivery.source] * count),
            "line": ("BIGINT", [line.number for line, _ in refused]),
            "byte_offset": ("BIGINT", [line.offset for line, _ in refused]),
            "code": ("VARCHAR", [error.code for _, error in refused]),
            "field": ("VARCHAR", [error.field for _, error in refused]),
            "hint": ("VARCHAR", [error.hint for _, error in refused]),
            "raw": ("BLOB", [seal(self._key, line.raw) for line, _ in refused]),
            "seen_at": ("TIMESTAMP", [_naive(delivery.landed_at)] * count),
        }
        insert(self._con, "log.quarantine", columns)


Columns = dict[str, tuple[str, list[Any]]]
"""Column name -> SQL type and values: what `insert` writes."""


def open_log(settings: Settings, vault: Vault) -> EventLog:
    """The log of a home folder, ready to append to; call it under `database.writer_lock`.

    Raises LogConflict where the file holds less than its high-water mark promises.
    """
    con = database.open_log(settings.log_file)
    _create_tables(con)
    check_high_water(con, settings.high_water_file)
    _refresh_typed_events(con)
    return EventLog(con, settings, vault)


def head(con: duckdb.DuckDBPyConnection) -> tuple[int, str]:
    """The last position in the log and the hash chain's head there."""
    row = con.execute(
        "select last_position, chain_head from log.ledger order by last_position desc, rowid desc limit 1"
    ).fetchone()
    return (0, GENESIS) if row is None else (int(row[0]), str(row[1]))


def chain_link(position: int, content_hash: bytes) -> bytes:
    """What one event adds to the chain."""
    return position.to_bytes(8, "big") + content_hash


def insert(con: duckdb.DuckDBPyConnection, table: str, columns: Columns) -> None:
    """Write columns into a table by name; columns the table has and the batch lacks become NULL."""
    arrays = {name: pa.array(values, _ARROW[sql_type]) for name, (sql_type, values) in columns.items()}
    casts = ", ".join(f"{name}::{sql_type} as {name}" for name, (sql_type, _) in columns.items())
    con.register("batch", pa.table(arrays))
    con.execute(f"insert into {table} by name select {casts} from batch")
    con.unregister("batch")


def write_high_water(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write down, outside the log's file, how far it reaches: a lost tail cannot pass unseen."""
    mark = _measure(con)
    temporary = path.with_suffix(".tmp")
    with temporary.open("w") as file:
        json.dump(mark, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def check_high_water(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Raise LogConflict where the log holds less, or something else, than was once promised."""
    if not path.exists():
        return
    promised, found = json.loads(path.read_text()), _measure(con)
    if promised == found:
        return
    row = con.execute(
        "select count(*) from log.ledger where last_position = ? and chain_head = ?",
        [promised["position"], promised["chain_head"]],
    ).fetchone()
    if found["count"] < promised["count"] or row == (0,):
        raise LogConflict(
            f"the log holds {found['count']} events up to position {found['position']}, "
            f"but {promised['count']} up to {promised['position']} were committed: restore a backup"
        )


def _measure(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    count = con.execute("select count(*) from log.event").fetchone()
    position, chain_head = head(con)
    return {"count": count[0] if count else 0, "position": position, "chain_head": chain_head}


def _conflict(line: Line, known: dict[Any, bytes]) -> EventRejected | None:
    for event in line.events:
        if known.get(event.event_id, event.content_hash) != event.content_hash:
            hint = "an event with this source and id but other content came first and was kept"
            return EventRejected("event.conflict", "id", hint)
    return None


def _envelope_columns(events: Sequence[Decoded], first: int, file_id: str) -> Columns:
    def of(name: str) -> list[Any]:
        return [getattr(event.envelope, name) for event in events]

    special: dict[str, list[Any]] = {
        "position": list(range(first, first + len(events))),
        "event_id": [str(event.event_id) for event in events],
        "source_event_id": of("id"),
        "occurred_at": [_naive(at) for at in of("occurred_at")],
        "recorded_at": [_naive(at) for at in of("recorded_at")],
        "file_id": [file_id] * len(events),
    }
    return {
        name: (sql_type, special[name] if name in special else of(name))
        for name, sql_type in ENVELOPE_COLUMNS.items()
    }


def _payload_columns(payloads: Sequence[dict[str, Any]]) -> Columns:
    """One typed column for each payload field that occurs in the batch."""
    types = typed_columns()
    present = sorted({name for payload in payloads for name in payload})
    return {
        name: (types[name], _cells([payload.get(name) for payload in payloads], types[name]))
        for name in present
    }


def _cells(values: list[Any], sql_type: str) -> list[Any]:
    if sql_type == "TIMESTAMP":
        return [None if value is None else _naive(value) for value in values]
    if sql_type.endswith("[]"):
        return [None if value is None else list(value) for value in values]
    return values


def _naive(instant: dt.datetime) -> dt.datetime:
    """DuckDB's TIMESTAMP has no zone: everything in the log is UTC by definition."""
    return instant.astimezone(dt.UTC).replace(tzinfo=None)


def _chunks(lines: Iterable[Line]) -> Iterator[list[Line]]:
    iterator = iter(lines)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def _create_tables(con: duckdb.DuckDBPyConnection) -> None:
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


def catalogue_fingerprint() -> str:
    """Changes whenever a payload field is added or changes its type."""
    shape = {
        f"{name}.v{version}": [(field.name, field.sql_type) for field in fields(kind)]
        for (name, version), kind in sorted(CATALOGUE.items())
    }
    return hashlib.sha256(json.dumps(shape).encode()).hexdigest()[:16]


def _refresh_typed_events(con: duckdb.DuckDBPyConnection) -> None:
    """Derive the typed projection again when the catalogue changed; the truth is only read."""
    fingerprint = catalogue_fingerprint()
    if con.execute("select value from meta where key = 'catalogue'").fetchone() == (fingerprint,):
        return
    columns = ENVELOPE_COLUMNS | typed_columns()
    con.execute("begin")
    con.execute(
        "create or replace table typed_event ("
        + ", ".join(f'"{name}" {sql_type}' for name, sql_type in columns.items())
        + ")"
    )
    names = ", ".join(ENVELOPE_COLUMNS)
    last = 0
    while rows := con.execute(
        f"select {names}, payload from log.event where position > ? order by position limit {CHUNK}", [last]
    ).fetchall():
        last = rows[-1][0]
        envelope: Columns = {
            name: (sql_type, [row[index] if sql_type != "UUID" else str(row[index]) for row in rows])
            for index, (name, sql_type) in enumerate(ENVELOPE_COLUMNS.items())
        }
        kind, version = (list(ENVELOPE_COLUMNS).index(name) for name in ("event_type", "version"))
        payloads = [redecode(row[kind], row[version], row[-1]) for row in rows]
        insert(con, "log.typed_event", envelope | _payload_columns(payloads))
    con.execute("insert or replace into meta values ('catalogue', ?)", [fingerprint])
    con.execute("commit")


__all__ = [
    "GENESIS",
    "Delivery",
    "Envelope",
    "EventLog",
    "Line",
    "Receipt",
    "catalogue_fingerprint",
    "chain_link",
    "check_high_water",
    "head",
    "open_log",
    "write_high_water",
]
