"""The event log: append-only, idempotent for ever, and what cannot be an event kept beside it.

One delivery (a file, a webhook call) is one transaction: its ledger row, its new events and its
quarantined rows are committed together or not at all. Per delivery
`lines_in = accepted + duplicate + quarantined` is a constraint of the database.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from typing import Literal

import duckdb
import numpy as np
import pyarrow as pa

from warehouse import database
from warehouse.batches import Batch, Line, Sorted, batches, sort_lines
from warehouse.clock import naive_utc
from warehouse.database import first_row
from warehouse.errors import EventRejected, FileRefused, KinkeeperError
from warehouse.high_water import chain_links, check_high_water, closing_link, head, write_high_water
from warehouse.log_tables import Columns, create_tables, insert, insert_events, refresh_typed_events
from warehouse.settings import Settings
from warehouse.shape import line_shape
from warehouse.vault import Vault, seal

SEARCH_MEMORY = "set memory_limit = '32MB'"
"""What DuckDB may use until a delivery has something new: known ids are looked for in all of the log, and a
scan that fetches block after block into the same few pages takes half the time."""

WRITE_MEMORY = "set memory_limit = '128MB'"
"""What it may use from then on: a delivery of any size is written through."""

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
        self._settings = settings
        self._vault = vault

    def receipt(self, delivery: Delivery) -> Receipt | None:
        """What an earlier delivery of the same bytes, read the same way, came to, if there was one."""
        row = first_row(
            self.con, "select status, lines_in, notes from log.ledger where file_id = ?", [delivery.file_id]
        )
        if row is None:
            return None
        status, lines_in, notes = row
        if status == "refused":
            return Receipt("refused", lines_in, 0, 0, lines_in, 0, (notes,))
        return Receipt("already_ingested", lines_in, 0, lines_in, 0, 0)

    def append(
        self,
        delivery: Delivery,
        lines: Iterable[Line | Batch],
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
            self._vault.discard()
            line = Line(0, None, b"", rejected=EventRejected(refusal.code, None, refusal.hint))
            return self._append(delivery, "refused", chain(kept(), [line]), notes)

    def redrive(
        self, file_id: str, lines: Iterable[Line], at: dt.datetime, *, is_corrected: bool = False
    ) -> Receipt:
        """Try quarantined lines of a delivery again, as they now read; the law still holds afterwards.

        Lines that became events leave quarantine and move the delivery's own counts; the events
        themselves are a delivery of status `redriven` without lines. Lines still refused stay, with the
        reason they have now. A line that left before is passed over. A line somebody corrected leaves only
        where it brings an event that is new: who hands in the wrong line must not lose the right one.
        """
        row = first_row(self.con, "select sha256, name, source from log.ledger where file_id = ?", [file_id])
        if row is None:
            raise KinkeeperError(f"no delivery {file_id} is in the ledger: see `kinkeeper quarantine list`")
        held = self._held_lines(file_id)
        tried_lines = [line for line in lines if line.number in held]
        tried = sort_lines(self.con, Batch(tried_lines))
        refused = {line.number for line, _ in tried.refused}
        leaving = [line.number for line in tried_lines if line.number not in refused]
        if leaving and (tried.is_new.any() or not is_corrected):
            # A line leaves once, so its number makes the name of this delivery unlike any other.
            how = f"line {leaving[0]} redriven at {at.isoformat()}"
            with self._transaction():
                appender = _Appender(self.con, Delivery(row[0], f"{row[1]}, redriven", row[2], how, at))
                appender.write(tried)
                self._leave_quarantine(file_id, leaving, len(tried.duplicate), at)
                appender.close("redriven", (0, 0, 0), ())
        if not is_corrected:
            self._give_reasons(file_id, tried.refused)
        return Receipt(
            "redriven",
            tried.n_lines,
            tried.n_accepted,
            len(tried.duplicate),
            len(tried.refused),
            int(tried.is_new.sum()),
            tuple(f"line {line.number}: {rejected}" for line, rejected in tried.refused),
        )

    def waive(self, file_id: str, lines: Collection[int], reason: str, at: dt.datetime) -> None:
        """Give up quarantined lines of a delivery for a reason, which is kept sealed as their bytes are.

        They stay in quarantine and in the delivery's counts; lines that are no longer open are passed over.
        """
        sealed = seal(self._vault.file_key(file_id), reason.encode())
        with self._transaction():
            self.con.execute(
                "update log.quarantine set status = 'waived', settled_at = ?, waived_for = ? "
                "where file_id = ? and status = 'open' and line in (select unnest(?::bigint[]))",
                [naive_utc(at), sealed, file_id, list(lines)],
            )

    def _append(
        self, delivery: Delivery, status: Status, lines: Iterable[Line | Batch], notes: Sequence[str]
    ) -> Receipt:
        key = self._vault.file_key(delivery.file_id)
        accepted = duplicate = quarantined = 0
        # Closed before the vault forgets: lines made ahead may have named people.
        with self._transaction(), closing(batches(lines)) as all_batches:
            appender = _Appender(self.con, delivery)
            for batch in all_batches:
                found = sort_lines(self.con, batch)
                accepted += found.n_accepted
                duplicate += len(found.duplicate)
                quarantined += len(found.refused)
                appender.write(found)
                _write_quarantine(self.con, delivery, key, found.refused)
            return appender.close(status, (accepted, duplicate, quarantined), notes)

    def _held_lines(self, file_id: str) -> set[int]:
        """The lines of a delivery that are in quarantine still, waived ones included."""
        query = "select line from log.quarantine where file_id = ? and status <> 'redriven'"
        return {number for (number,) in self.con.execute(query, [file_id]).fetchall()}

    def _give_reasons(self, file_id: str, refused: Sequence[tuple[Line, EventRejected]]) -> None:
        """Say of lines that were tried and stay why they are held back now."""
        for line, error in refused:
            self.con.execute(
                "update log.quarantine set code = ?, field = ?, hint = ? where file_id = ? and line = ?",
                [error.code, error.field, error.hint, file_id, line.number],
            )

    def _leave_quarantine(self, file_id: str, left: Sequence[int], n_duplicate: int, at: dt.datetime) -> None:
        self.con.execute(
            "update log.quarantine set status = 'redriven', settled_at = ?, waived_for = null "
            "where file_id = ? and line in (select unnest(?::bigint[]))",
            [naive_utc(at), file_id, left],
        )
        self.con.execute(
            """
            update log.ledger
            set accepted = accepted + $accepted,
                duplicate = duplicate + $duplicate,
                quarantined = quarantined - $accepted - $duplicate
            where file_id = $file_id
            """,
            {"accepted": len(left) - n_duplicate, "duplicate": n_duplicate, "file_id": file_id},
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing, then durable: the vault first, the commit, a checkpoint, the high-water mark.

        A commit that raised may have happened or not; the next delivery of the same file asks the ledger.
        """
        with suppress(duckdb.OutOfMemoryException):  # it holds more just now: then the search is slower
            self.con.execute(SEARCH_MEMORY)
        self.con.execute("begin")
        try:
            yield
            self._vault.flush()
            self.con.execute("commit")
        except BaseException:
            self._vault.discard()
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

    def write(self, found: Sorted) -> None:
        """Append the new events of some lines, in the order of the lines."""
        n_new = int(found.is_new.sum())
        if not n_new:
            return
        self._con.execute(WRITE_MEMORY)
        events = found.events.append_column("position", _positions(found, self._position + 1))
        insert_events(self._con, events, self._delivery.file_id)
        for links in chain_links(self._con, events):
            self._chain.update(links)
        for event in found.notable:
            self._extras.update(event.extras)
            self._flags.update(event.flags)
        self._position += n_new
        self._n_events += n_new

    def close(self, status: Status, counts: tuple[int, int, int], notes: Sequence[str]) -> Receipt:
        """Write the ledger row; `counts` are the lines accepted, duplicate and quarantined."""
        if self._extras:
            notes = (*notes, f"fields nobody asked for, left out: {', '.join(sorted(self._extras))}")
        notes = (*notes, *(f"{flag}: {n_events}" for flag, n_events in sorted(self._flags.items())))
        receipt = Receipt(status, sum(counts), *counts, self._n_events, tuple(notes))
        delivery = self._delivery
        counted = (status, receipt.lines_in, receipt.n_events)
        self._chain.update(closing_link(delivery.file_id, delivery.sha256, *counted))
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


def _positions(found: Sorted, first: int) -> pa.Array:
    """The positions of new events, in the order of their lines; the others have none."""
    order = np.argsort(found.events["line"].to_numpy(), kind="stable")
    positions = np.empty(len(order), np.int64)
    positions[order] = first - 1 + np.cumsum(found.is_new[order])
    return pa.array(positions, mask=~found.is_new)


def open_log(settings: Settings, vault: Vault) -> EventLog:
    """The log of a home folder, ready to append to; call it under `database.writer_lock`.

    Raises LogConflict where the file holds less than its high-water mark promises. Where a process died
    between its commit and its mark, the mark is written now: whoever finds a file ingested already may
    rely on it.
    """
    con = database.open_log(settings.log_file)
    try:
        # One thread puts rows into blocks with less work than two, and the other core decodes meanwhile.
        con.execute("set threads = 1")
        con.execute(WRITE_MEMORY)
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
        "shape": ("VARCHAR", [line_shape(line.raw) for line, _ in refused]),
        "seen_at": ("TIMESTAMP", [delivery.landed_at] * n_rows),
        "status": ("VARCHAR", ["open"] * n_rows),
    }
    insert(con, "log.quarantine", columns)
