"""The only place that opens DuckDB files, and the lock that keeps writers apart.

`log.duckdb` holds facts and is written by one process at a time; `models.duckdb` holds what is derived
from it and may be deleted; a published file is only ever read.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from filelock import FileLock, Timeout

from warehouse.errors import HomeBusy

READ_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "lock_configuration": "true",
}


def open_log(path: Path) -> duckdb.DuckDBPyConnection:
    """The log for writing; its tables answer to `log.event` and so on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return _in_utc(duckdb.connect(str(path)))


def open_models(path: Path, log_path: Path) -> duckdb.DuckDBPyConnection:
    """The derived tables for writing, with the log attached read-only as `log`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    con = _in_utc(duckdb.connect(str(path)))
    attach_log(con, log_path)
    return con


def open_scratch() -> duckdb.DuckDBPyConnection:
    """A database in memory, for questions across files."""
    return _in_utc(duckdb.connect())


def attach_log(con: duckdb.DuckDBPyConnection, log_path: Path) -> None:
    """Let a connection read the log as `log`; does nothing where it is attached already."""
    attached = con.execute("select count(*) from duckdb_databases() where database_name = 'log'").fetchone()
    if attached == (0,):
        con.execute(f"attach {quoted(log_path)} as log (read_only)")


def open_read_only(path: Path) -> duckdb.DuckDBPyConnection:
    """A published file: nothing can be written through it and no other file can be reached from it."""
    return duckdb.connect(str(path), read_only=True, config=READ_CONFIG)


SHARED = frozenset({"ref.run"})
"""What everybody may see of a publication, whatever their programs."""


def open_programs(path: Path, programs: Sequence[str]) -> duckdb.DuckDBPyConnection:
    """A published file as if it held these programs alone: a view in the place of each table.

    Rows are chosen by their program, else by their pair, else by their cohort. A table that has none of the
    three is about the whole home and does not exist for the caller, so nothing new is shown by oversight.
    """
    con = _in_utc(duckdb.connect())
    con.execute(f"attach {quoted(path)} as pub (read_only)")
    columns: dict[str, set[str]] = {}
    for table, column in con.execute(
        "select schema_name || '.' || table_name, column_name from duckdb_columns() "
        "where database_name = 'pub' order by all"
    ).fetchall():
        columns.setdefault(table, set()).add(column)
    for schema in sorted({table.partition(".")[0] for table in columns}):
        con.execute(f"create schema {schema}")
    for table, names in columns.items():
        if (chosen := _rows_of(table, names, programs)) is not None:
            con.execute(f"create view {table} as select * from pub.{table}{chosen}")
    for setting in ("enable_external_access = false", "lock_configuration = true"):
        con.execute(f"set {setting}")
    return con


def _rows_of(table: str, columns: set[str], programs: Sequence[str]) -> str | None:
    """The condition that keeps to some programs, or None where the table has no row that it could keep."""
    listed = f"program_id in ({', '.join(quoted(program) for program in programs)})"
    if table in SHARED:
        return ""
    if "program_id" in columns:
        return f" where {listed}"
    for key, home in (("pair_id", "pub.mart.pair"), ("cohort_id", "pub.mart.cohort")):
        if key in columns:
            return f" where {key} in (select {key} from {home} where {listed})"
    return None


def another(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """One more connection to the same databases, with a default and temporary tables of its own."""
    return _in_utc(con.cursor())


def first_row(
    con: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
) -> Any:
    """The first row of a result, or None. Unlike `fetchone` it leaves no result open on the connection."""
    rows = con.execute(sql, parameters or None).fetchall()
    return rows[0] if rows else None


def over(
    con: duckdb.DuckDBPyConnection, stage: pa.Table, sql: str, parameters: Sequence[Any] = ()
) -> duckdb.DuckDBPyConnection:
    """Run a statement that reads an Arrow table as `stage`.

    DuckDB finds it by its name here. Registered as a view inside a transaction, it would be held in memory
    until the transaction ends.
    """
    return con.execute(sql, parameters or None)


def arrow_over(con: duckdb.DuckDBPyConnection, stage: pa.Table, sql: str) -> pa.Table:
    """What a query that reads an Arrow table as `stage` answers, as another one."""
    return con.sql(sql).to_arrow_table()


def quoted(value: Path | str) -> str:
    """A SQL string literal, for the few statements that take no parameters."""
    return "'" + str(value).replace("'", "''") + "'"


def _in_utc(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    con.execute("set TimeZone = 'UTC'")
    return con


@contextlib.contextmanager
def writer_lock(home: Path, *, wait_seconds: float = 60) -> Iterator[None]:
    """Hold the home folder's writer lock, or say who holds it after waiting."""
    home.mkdir(parents=True, exist_ok=True)
    holder = home / ".writer.pid"
    lock = FileLock(home / ".writer.lock", timeout=wait_seconds)
    try:
        lock.acquire()
    except Timeout:
        raise HomeBusy(
            f"{home} is being written by process {_process_in(holder)}; waited {wait_seconds:.0f} s. "
            "Let it finish, or stop it, and run this again"
        ) from None
    try:
        holder.write_text(str(os.getpid()))
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _process_in(holder: Path) -> str:
    try:
        return holder.read_text() or "unknown"
    except FileNotFoundError:  # it finishes just now
        return "unknown"
