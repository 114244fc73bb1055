"""Where any write to the disk can end, whoever makes it: points that the simulator adds to the named ones."""

from __future__ import annotations

import errno
import os
import sqlite3

import duckdb
from sqlalchemy.engine.default import DefaultDialect

from tests.faults.children import FULL, INGEST, PUBLISH, Point, statement

DISK = {
    "a file is not synced yet": Point(os, "fsync"),
    "a file is synced": Point(os, "fsync", is_after=True),
    "a file takes its place next": Point(os, "replace"),
    "a file has taken its place": Point(os, "replace", is_after=True),
    "a file goes next": Point(os, "unlink"),
    "a file is gone": Point(os, "unlink", is_after=True),
    "the store commits next": Point(DefaultDialect, "do_commit"),
    "the store has committed": Point(DefaultDialect, "do_commit", is_after=True),
}

FULL_DISK = {
    "the archive is written": FULL["archive"],
    "a file is synced": DISK["a file is not synced yet"],
    "a file takes its place": DISK["a file takes its place next"],
    "the store commits": DISK["the store commits next"],
    "rows are inserted": statement("insert into log.event "),
    "the log commits": statement("commit"),
    "the log has committed": statement("commit", is_after=True),
    "the log is checkpointed": statement("checkpoint"),
    "tables are published": FULL["publication"],
}
"""Where there is no room; a commit that raises may have happened all the same."""

DEATHS = {**INGEST, **PUBLISH, **DISK}


def no_room(point: Point) -> Exception:
    """What is raised at a point where the disk is full."""
    said = os.strerror(errno.ENOSPC)
    if point.owner is duckdb.DuckDBPyConnection:
        return duckdb.IOException(f"IO Error: Could not write file: {said}")
    if point.owner is DefaultDialect:
        return sqlite3.OperationalError("database or disk is full")
    return OSError(errno.ENOSPC, said)
