"""How far the log reaches, written down outside its file: a tail that was lost cannot pass unseen.

DuckDB detects damaged blocks, but a write-ahead log that was cut opens without an error and with fewer
rows. So every delivery ends with a checkpoint and this mark, and every opening compares the two.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from warehouse.database import arrow_over, first_row
from warehouse.errors import LogConflict

GENESIS = hashlib.sha256(b"kinkeeper").hexdigest()
"""The head of the hash chain of an empty log."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def head(con: duckdb.DuckDBPyConnection) -> tuple[int, str]:
    """The last position in the log and the hash chain's head there."""
    row = first_row(
        con,
        "select last_position, chain_head from log.ledger order by last_position desc, rowid desc limit 1",
    )
    return (0, GENESIS) if row is None else (int(row[0]), str(row[1]))


def chain_link(position: int, event_id: uuid.UUID, recorded_at: dt.datetime, content_hash: bytes) -> bytes:
    """What one event adds to the chain: its place, its key, when it was recorded, what it says.

    The time is written as microseconds since 1970.
    """
    microseconds = (recorded_at - _EPOCH) // dt.timedelta(microseconds=1)
    return f"{position} {event_id.hex} {microseconds} ".encode() + content_hash


def chain_links(con: duckdb.DuckDBPyConnection, events: pa.Table) -> Iterator[memoryview]:
    """The links of those events (`log_tables.events_table`) that have a `position`, in its order."""
    links = arrow_over(
        con,
        events,
        """
        select
            encode(concat(
                position, ' ', replace(event_id::varchar, '-', ''), ' ', epoch_us(recorded_at), ' '
            )) || content_hash as link
        from stage where position is not null
        order by position
        """,
    )
    for chunk in links["link"].chunks:
        _, offsets, data = chunk.buffers()
        ends = np.frombuffer(offsets, np.int32)
        yield memoryview(data)[ends[chunk.offset] : ends[chunk.offset + len(chunk)]]


def closing_link(file_id: str, sha256: str, status: str, lines_in: int, n_events: int) -> bytes:
    """What a delivery adds to the chain behind its events: which bytes it was, and how much came of them."""
    return f"{file_id} {sha256} {status} {lines_in} {n_events}".encode()


def write_high_water(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write the mark of an open log, durably: the old one or the new one is there, never half of one."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("w") as file:
        json.dump(_measure(con), file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def check_high_water(con: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Whether the mark says what the log holds; LogConflict where less, or something else, is there.

    A log that holds more is sound, but not marked: a process died between its commit and its mark.
    """
    if not path.exists():
        return False
    promised, found = _promised(path), _measure(con)
    if promised == found:
        return True
    was_here = promised["chain_head"] == GENESIS or first_row(
        con,
        "select 1 from log.ledger where last_position = ? and chain_head = ?",
        [promised["position"], promised["chain_head"]],
    )
    if found["count"] < promised["count"] or not was_here:
        raise LogConflict(
            f"the log holds {found['count']} events up to position {found['position']}, "
            f"but {promised['count']} up to {promised['position']} were committed: restore a backup"
        )
    return False


def _promised(path: Path) -> dict[str, Any]:
    try:
        mark = json.loads(path.read_text())
        return {name: mark[name] for name in ("count", "position", "chain_head")}
    except (ValueError, LookupError, TypeError):
        raise LogConflict(f"the high-water mark {path} is damaged: restore a backup") from None


def _measure(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    (count,) = first_row(con, "select count(*) from log.event")
    position, chain_head = head(con)
    return {"count": count, "position": position, "chain_head": chain_head}
