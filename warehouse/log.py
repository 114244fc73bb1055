"""The event log: append-only, idempotent for ever, and what cannot be an event kept beside it.

One delivery (a file, a webhook call) is one transaction: its ledger row, its new events and its
quarantined rows are committed together or not at all. Per delivery
`lines_in = accepted + duplicate + quarantined` is a constraint of the database.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Literal

import duckdb
import pyarrow as pa

from warehouse import database
from warehouse.database import first_row
from warehouse.errors import EventRejected, FileRefused, KinkeeperError
from warehouse.events.codec import Decoded
from warehouse.high_water import chain_link, check_high_water, head, write_high_water
from warehouse.log_tables import Columns, create_tables, insert, insert_events, refresh_typed_events
from warehouse.settings import Settings
from warehouse.vault import Vault, seal

CHUNK = 20_000
"""Lines handled at once: bounds memory whatever the size of the file."""

Status = Literal["accepted", "refused", "redriven", "already_ingested"]


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
        """The same bytes of the same source read through the same mapping are the same delivery."""
        return hashlib.sha256(f"{self.sha256}\n{self.source}\n{self.mapping}".encode()).hexdigest()[:16]


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


@dataclass(slots=True)
class _Sorted:
    """Lines told apart: the events that are new, and what each line counts as."""

    fresh: list[Decoded] = field(default_factory=list)
    accepted: list[Line] = field(default_factory=list)
    duplicate: list[Line] = field(default_factory=list)
    refused: list[tuple[Line, EventRejected]] = field(default_factory=list)


class EventLog:
    """The log open for writing. Use `open_log`; one process at a time holds the writer lock."""

    def __init__(self, con: duckdb.DuckDBPyConnection, settings: Settings, vault: Vault) -> None:
        self.con = con
        self._settings = settings
        self._vault = vault

    def receipt(self, delivery: Delivery) -> Receipt | None:
        """What an earlier delivery of the same bytes, read the same way, came to, if there was one."""
        row = first_row(
            self.con, "select status, lines_in from log.ledger where file_id = ?", [delivery.file_id]
        )
        if row is None:
            return None
        status, lines_in = row
        if status == "refused":
            return Receipt("refused", lines_in, 0, 0, lines_in, 0)
        return Receipt("already_ingested", lines_in, 0, lines_in, 0, 0)

    def append(
        self,
        delivery: Delivery,
        lines: Iterable[Line],
        notes: Sequence[str] = (),
        *,
        kept: Callable[[], Iterable[Line]] = tuple,
    ) -> Receipt:
        """Commit one delivery: every new event, every refused line, and the ledger row that claims it.

        `notes` is what a person should know about the file; it is read when all lines were. A
        `FileRefused` raised while reading leaves nothing of the file in the log but the refusal, and in
        quarantine the lines that `kept` gives.
        """
        known = self.receipt(delivery)
        if known is not None:
            return known
        try:
            return self._append(delivery, "accepted", lines, notes)
        except FileRefused as refusal:
            line = Line(0, None, b"", rejected=EventRejected(refusal.code, None, refusal.hint))
            return self._append(delivery, "refused", chain(kept(), [line]), notes)

    def redrive(self, file_id: str, lines: Iterable[Line], at: dt.datetime) -> Receipt:
        """Try quarantined lines of a delivery again, as they now read; the law still holds afterwards.

        Lines that became events leave quarantine and move the delivery's own counts; the events
        themselves are a delivery of status `redriven` without lines. Lines still refused stay as they are.
        """
        row = first_row(self.con, "select sha256, name, source from log.ledger where file_id = ?", [file_id])
        if row is None:
            raise KinkeeperError(f"no delivery {file_id} is in the ledger: see `kinkeeper quarantine list`")
        again = Delivery(row[0], f"{row[1]}, redriven", row[2], f"redriven at {at.isoformat()}", at)
        tried = _sort(self.con, list(lines))
        if tried.accepted or tried.duplicate:
            with self._transaction():
                appender = _Appender(self.con, again)
                appender.write(tried.fresh)
                self._leave_quarantine(file_id, tried)
                appender.close("redriven", (0, 0, 0), ())
        return Receipt(
            "redriven",
            len(tried.accepted) + len(tried.duplicate) + len(tried.refused),
            len(tried.accepted),
            len(tried.duplicate),
            len(tried.refused),
            len(tried.fresh),
        )

    def _append(
        self, delivery: Delivery, status: Status, lines: Iterable[Line], notes: Sequence[str]
    ) -> Receipt:
        key = self._vault.file_key(delivery.file_id)
        accepted = duplicate = quarantined = 0
        with self._transaction():
            appender = _Appender(self.con, delivery)
            for chunk in _chunks(lines):
                found = _sort(self.con, chunk)
                accepted += len(found.accepted)
                duplicate += len(found.duplicate)
                quarantined += len(found.refused)
                appender.write(found.fresh)
                _write_quarantine(self.con, delivery, key, found.refused)
            return appender.close(status, (accepted, duplicate, quarantined), notes)

    def _leave_quarantine(self, file_id: str, tried: _Sorted) -> None:
        left = [line.number for line in (*tried.accepted, *tried.duplicate)]
        self.con.execute(
            "update log.quarantine set status = 'redriven' where file_id = ? and list_contains(?, line)",
            [file_id, left],
        )
        self.con.execute(
            """
            update log.ledger
            set accepted = accepted + $accepted,
                duplicate = duplicate + $duplicate,
                quarantined = quarantined - $accepted - $duplicate
            where file_id = $file_id
            """,
            {"accepted": len(tried.accepted), "duplicate": len(tried.duplicate), "file_id": file_id},
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing, then durable: the vault first, the commit, a checkpoint, the high-water mark.

        A commit that raised may have happened or not; the next delivery of the same file asks the ledger.
        """
        self.con.execute("begin")
        try:
            yield
            self._vault.flush()
            self.con.execute("commit")
        except BaseException:
            with suppress(duckdb.Error):
                self.con.execute("rollback")
            raise
        _mark(self.con, self._settings)


class _Appender:
    """One delivery inside one transaction: hands out positions and extends the hash chain."""

    def __init__(self, con: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
        self._con = con
        self._delivery = delivery
        self._position, previous = head(con)
        self._chain = hashlib.sha256(previous.encode())
        self._n_events = 0
        self._extras: set[str] = set()
        self._flags: Counter[str] = Counter()

    def write(self, events: Sequence[Decoded]) -> None:
        """Append events in this order."""
        if not events:
            return
        first = self._position + 1
        for position, event in enumerate(events, first):
            recorded_at = event.envelope.recorded_at
            self._chain.update(chain_link(position, event.event_id, recorded_at, event.content_hash))
            self._extras.update(event.extras)
            self._flags.update(event.flags)
        insert_events(self._con, events, first, self._delivery.file_id)
        self._position += len(events)
        self._n_events += len(events)

    def close(self, status: Status, counts: tuple[int, int, int], notes: Sequence[str]) -> Receipt:
        """Write the ledger row; `counts` are the lines accepted, duplicate and quarantined."""
        if self._extras:
            notes = (*notes, f"fields nobody asked for, left out: {', '.join(sorted(self._extras))}")
        notes = (*notes, *(f"{flag}: {n_events}" for flag, n_events in sorted(self._flags.items())))
        receipt = Receipt(status, sum(counts), *counts, self._n_events, tuple(notes))
        delivery = self._delivery
        row: Columns = {
            "file_id": ("VARCHAR", [delivery.file_id]),
            "sha256": ("VARCHAR", [delivery.sha256]),
            "name": ("VARCHAR", [delivery.name]),
            "source": ("VARCHAR", [delivery.source]),
            "mapping": ("VARCHAR", [delivery.mapping]),
            "landed_at": ("TIMESTAMP", [delivery.landed_at]),
            "status": ("VARCHAR", [status]),
            "lines_in": ("BIGINT", [receipt.lines_in]),
            "accepted": ("BIGINT", [receipt.accepted]),
            "duplicate": ("BIGINT", [receipt.duplicate]),
            "quarantined": ("BIGINT", [receipt.quarantined]),
            "n_events": ("BIGINT", [receipt.n_events]),
            "last_position": ("BIGINT", [self._position]),
            "chain_head": ("VARCHAR", [self._chain.hexdigest()]),
            "notes": ("VARCHAR", ["; ".join(receipt.notes)]),
        }
        insert(self._con, "log.ledger", row)
        return receipt


def open_log(settings: Settings, vault: Vault) -> EventLog:
    """The log of a home folder, ready to append to; call it under `database.writer_lock`.

    Raises LogConflict where the file holds less than its high-water mark promises. Where a process died
    between its commit and its mark, the mark is written now: whoever finds a file ingested already may
    rely on it.
    """
    con = database.open_log(settings.log_file)
    try:
        create_tables(con)
        is_marked = check_high_water(con, settings.high_water_file)
        refresh_typed_events(con)
        if not is_marked:
            _mark(con, settings)
    except BaseException:
        con.close()
        raise
    return EventLog(con, settings, vault)


def _mark(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Move what was committed from the write-ahead log into the file, then promise it."""
    con.execute("checkpoint")
    write_high_water(con, settings.high_water_file)


def _sort(con: duckdb.DuckDBPyConnection, lines: Sequence[Line]) -> _Sorted:
    """Tell new lines, lines seen before and refused lines apart, against the log and one another."""
    known = _known_hashes(con, lines)
    found = _Sorted()
    for line in lines:
        try:
            new = _new_events(line, known)
        except EventRejected as rejected:
            found.refused.append((line, rejected))
            continue
        known.update((event.event_id, event.content_hash) for event in new)
        found.fresh.extend(new)
        (found.accepted if new or not line.events else found.duplicate).append(line)
    return found


def _new_events(line: Line, known: dict[uuid.UUID, bytes]) -> list[Decoded]:
    """The events of a line that nobody has seen; refuses the line where one contradicts an earlier event."""
    if line.rejected is not None:
        raise line.rejected
    new: dict[uuid.UUID, Decoded] = {}
    for event in line.events:
        earlier = new[event.event_id].content_hash if event.event_id in new else known.get(event.event_id)
        if earlier is None:
            new[event.event_id] = event
        elif earlier != event.content_hash:
            hint = "an event with this source and id but other content came first and was kept"
            raise EventRejected("event.conflict", "id", hint)
    return list(new.values())


def _known_hashes(con: duckdb.DuckDBPyConnection, lines: Sequence[Line]) -> dict[uuid.UUID, bytes]:
    """Event id -> content hash of those events of some lines that the log holds already."""
    ids = [str(event.event_id) for line in lines for event in line.events]
    con.register("ids", pa.table({"event_id": pa.array(ids, pa.string())}))
    rows = con.execute(
        "select event_id, content_hash from log.event where event_id in (select event_id::uuid from ids)"
    ).fetchall()
    con.unregister("ids")
    return dict(rows)


def _write_quarantine(
    con: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    key: bytes,
    refused: Sequence[tuple[Line, EventRejected]],
) -> None:
    if not refused:
        return
    n_rows = len(refused)
    columns: Columns = {
        "quarantine_id": ("VARCHAR", [f"{delivery.file_id}-{line.number}" for line, _ in refused]),
        "file_id": ("VARCHAR", [delivery.file_id] * n_rows),
        "source": ("VARCHAR", [delivery.source] * n_rows),
        "line": ("BIGINT", [line.number for line, _ in refused]),
        "byte_offset": ("BIGINT", [line.offset for line, _ in refused]),
        "code": ("VARCHAR", [error.code for _, error in refused]),
        "field": ("VARCHAR", [error.field for _, error in refused]),
        "hint": ("VARCHAR", [error.hint for _, error in refused]),
        "raw": ("BLOB", [seal(key, line.raw) for line, _ in refused]),
        "seen_at": ("TIMESTAMP", [delivery.landed_at] * n_rows),
        "status": ("VARCHAR", ["open"] * n_rows),
    }
    insert(con, "log.quarantine", columns)


def _chunks(lines: Iterable[Line]) -> Iterator[list[Line]]:
    iterator = iter(lines)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
