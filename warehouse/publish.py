"""Publication: a new read-only file for each build, and a pointer that is swapped when it is complete.

Readers open the file the pointer names and never see half a build. A file's name carries a hash of its
contents, so the same build published twice is the same file.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from warehouse import database, models
from warehouse.altered import IN_TOUCHED, Altered, rows_of_touched
from warehouse.errors import KinkeeperError, NothingPublished
from warehouse.run import name_build

POINTER = "current.json"

VERSION = 2
"""Of what publications hold and how it is hashed: one of another version is not read as one of this."""

KEEP = 8
"""How many publications stay on disk; the current one is always among them."""

PATCHED = "ref.patched"
"""How many rows of each published table were put at its end, out of order, since it was written whole."""

WORN_FROM = 0.1
"""The share of such rows from which a table is written whole again."""

PAST = "past"
"""The folder, beside the publications, of builds of past days that somebody asked to look at."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One published build. Times are UTC, ISO 8601; `tables` maps table name to number of rows.

    `hashes` maps it to the hash of its contents; so it does `ref.run` and what else of `ref` is published, of
    which the hash of the marts knows nothing. Earlier versions did not note them, nor their version.
    """

    build_id: str
    file: str
    as_of: str
    known_at: str
    policy_fingerprint: str
    mart_hash: str
    tables: dict[str, int]
    hashes: dict[str, str] = field(default_factory=dict)
    version: int = 1


def publish(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    mart_hash: str,
    *,
    hashes: Mapping[str, str] | None = None,
    before: str | None = None,
    altered: Altered | None = None,
) -> Publication:
    """Put `ref.run` and the marts of an open models database into a new file and point to it.

    `hashes` are those of each table, for `kinkeeper verify` to name the one that was altered. Where these
    marts were published as the build `before`, its file is copied and only what is `altered` since is
    written anew.
    """
    written = _write(con, folder, mart_hash, before, altered)
    beside = _hashes_beside(folder / written.file) if hashes else {}
    publication = replace(written, hashes={**(hashes or {}), **beside})
    _swap_pointer(folder, publication)
    _forget_old(folder, publication)
    return publication


def publish_past(con: duckdb.DuckDBPyConnection, folder: Path, mart_hash: str) -> Publication:
    """Copy a build of another day into `past/`, where it is opened by who asks for that day.

    The pointer stays as it is. The latest that were asked for are kept, as many as there are publications.
    """
    publication = _write(con, folder / PAST, mart_hash)
    os.utime(folder / PAST / publication.file)  # asked for again is as good as new
    _forget_old(folder / PAST, publication)
    return publication


def kept(folder: Path) -> list[Path]:
    """Every published file that is still there, those of past days included."""
    return sorted([*folder.glob("*.duckdb"), *(folder / PAST).glob("*.duckdb")])


def _write(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    mart_hash: str,
    before: str | None = None,
    altered: Altered | None = None,
) -> Publication:
    """Write `ref.run` and the marts into a file of their own; one that is there already stays."""
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    publication = _describe(con, mart_hash)
    name_build(con, publication.build_id)
    target = folder / publication.file
    if not target.exists():
        temporary = folder / f".{publication.build_id}.tmp"
        last = folder / f"{before}.duckdb"
        if altered is not None and altered.in_touched and last.exists():
            shutil.copyfile(last, temporary)
            _patch(con, temporary, list(publication.tables), altered)
        else:
            _copy(con, temporary, list(publication.tables))
        _sync(temporary)
        os.replace(temporary, target)
    return publication


def current(folder: Path) -> Publication:
    """What the pointer names; raises NothingPublished where there is nothing, or says that it is damaged."""
    pointer = folder / POINTER
    try:
        named = Publication(**json.loads(pointer.read_text("utf-8")))
        if not (folder / named.file).is_file():
            raise KinkeeperError(f"{pointer} names {named.file}, which is gone: run `kinkeeper build`")
        return named
    except FileNotFoundError:
        raise NothingPublished(
            f"nothing is published in {folder} yet: run `kinkeeper ingest PATH` and `kinkeeper build`"
        ) from None
    except (ValueError, TypeError):
        raise KinkeeperError(f"{pointer} is damaged: run `kinkeeper build`, which writes it anew") from None


def open_current(folder: Path) -> duckdb.DuckDBPyConnection:
    """The current publication, read-only; raises KinkeeperError for one that another version made."""
    named = current(folder)
    if named.version != VERSION:
        raise KinkeeperError(
            f"{named.file} was published by another version of Kinkeeper: run `kinkeeper build`"
        )
    return database.open_read_only(folder / named.file)


def _describe(con: duckdb.DuckDBPyConnection, mart_hash: str) -> Publication:
    run = con.execute("select as_of, known_at, policy_fingerprint from ref.run").fetchone()
    assert run is not None, "ref.run is written before a build"
    as_of, known_at, fingerprint = run
    identity = f"{as_of.isoformat()}\n{known_at.isoformat()}\n{fingerprint}\n{mart_hash}"
    build_id = f"{as_of:%Y%m%dT%H%M%S}-{hashlib.sha256(identity.encode()).hexdigest()[:8]}"
    return Publication(
        build_id=build_id,
        file=f"{build_id}.duckdb",
        as_of=_iso(as_of),
        known_at=_iso(known_at),
        policy_fingerprint=fingerprint,
        mart_hash=mart_hash,
        tables={name: _count(con, name) for name in mart_tables(con)},
        version=VERSION,
    )


def mart_tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The names of the tables and views a publication holds besides `ref.run`, sorted."""
    rows = con.execute(
        "select table_name from information_schema.tables where table_schema = 'mart' order by table_name"
    ).fetchall()
    return [f"mart.{name}" for (name,) in rows]


def _beside(con: duckdb.DuckDBPyConnection) -> list[str]:
    """`ref.drift`, where it is: published, but of no weight in the hash, which knows one build alone."""
    found = con.execute(
        "select count(*) from duckdb_tables() "
        "where database_name = current_database() and schema_name = 'ref' and table_name = 'drift'"
    ).fetchone()
    return ["ref.drift"] if found == (1,) else []


def _hashes_beside(file: Path) -> dict[str, str]:
    """The hashes of what a published file holds besides the marts, by which these are read."""
    with database.open_read_only(file) as con:
        return models.hash_tables(con, ["ref.run", *_beside(con)]).tables


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    row = con.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0


def _copy(con: duckdb.DuckDBPyConnection, target: Path, tables: list[str]) -> None:
    with _attached(con, target):
        for schema in ("ref", "mart"):
            con.execute(f"create schema publication.{schema}")
        con.execute(f"create table publication.{PATCHED} (table_name VARCHAR, n_rows BIGINT)")
        views = models.views(con)
        for table in ("ref.run", *_beside(con), *(table for table in tables if table not in views)):
            _copy_table(con, table)
        _create(con, [views[table] for table in tables if table in views])


def _patch(con: duckdb.DuckDBPyConnection, target: Path, tables: list[str], altered: Altered) -> None:
    """Write what is altered into a copy of the last publication: rows of touched pairs, or whole tables."""
    with _attached(con, target):
        views = models.views(con)
        changed = [table for table in tables if table in altered.tables and table not in views]
        for table in ("ref.run", *_beside(con), *changed):
            if table in altered.in_touched and not _is_worn(con, table):
                _copy_touched(con, table)
            else:
                _copy_table(con, table)


@contextmanager
def _attached(con: duckdb.DuckDBPyConnection, target: Path) -> Iterator[None]:
    """A file as `publication`, complete when it is let go."""
    con.execute(f"attach {database.quoted(target)} as publication")
    try:
        yield
        con.execute("checkpoint publication")
    finally:
        con.execute("detach publication")


def _copy_table(con: duckdb.DuckDBPyConnection, table: str) -> None:
    con.execute(f"create or replace table publication.{table} as select * from {table} order by all")
    con.execute(f"delete from publication.{PATCHED} where table_name = ?", [table])


def _create(con: duckdb.DuckDBPyConnection, views: Iterable[str]) -> None:
    """Let a published file compute what its tables tell already, as it is read."""
    for sql in views:
        con.execute(sql.replace("CREATE VIEW ", "CREATE VIEW publication.", 1))


def _copy_touched(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Put the rows of touched pairs in the place of those they had; they come to stand at the end."""
    con.execute(f"delete from publication.{table} where {IN_TOUCHED}")
    (n_rows,) = database.first_row(
        con, f"insert into publication.{table} select * from {rows_of_touched(table)} order by all"
    )
    con.execute(f"insert into publication.{PATCHED} values (?, ?)", [table, n_rows])


def _is_worn(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether so many rows stand out of order that finding those of a pair takes longer."""
    (n_patched,) = database.first_row(
        con,
        f"select coalesce(sum(n_rows), 0) from publication.{PATCHED} where table_name = ?",
        [table],
    )
    return bool(n_patched > WORN_FROM * _count(con, table))


def _swap_pointer(folder: Path, publication: Publication) -> None:
    temporary = folder / f".{POINTER}.tmp"
    temporary.write_text(json.dumps(dataclasses.asdict(publication), indent=2), "utf-8")
    _sync(temporary)
    os.replace(temporary, folder / POINTER)
    _sync(folder)


def _sweep(folder: Path) -> None:
    """Delete what an interrupted publication left half written, its write-ahead log included."""
    for stray in folder.glob(".*.tmp*"):
        stray.unlink()


def _forget_old(folder: Path, publication: Publication) -> None:
    """Keep the newest files; a reader that has an older one open goes on reading it."""
    files = sorted(folder.glob("*.duckdb"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in files[KEEP:]:
        if path.name != publication.file:
            path.unlink()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _iso(instant: dt.datetime) -> str:
    return instant.isoformat() + "Z"


__all__ = [
    "KEEP",
    "PAST",
    "POINTER",
    "Publication",
    "current",
    "kept",
    "mart_tables",
    "open_current",
    "publish",
    "publish_past",
]
