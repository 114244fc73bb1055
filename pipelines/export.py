"""Published tables for other tools: CSV that no spreadsheet can be tricked with, or JSON rows."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TextIO

from warehouse import publish
from warehouse.cells import harmless
from warehouse.errors import KinkeeperError
from warehouse.messages import SUFFIX

if TYPE_CHECKING:
    from warehouse.settings import Settings


def export_table(settings: Settings, table: str) -> dict[str, Any]:
    """One published table as a JSON-ready object with the build it comes from."""
    publication = publish.current(settings.published)
    columns, rows = _read(settings, table)
    return {
        "table": table,
        "build_id": publication.build_id,
        "as_of": publication.as_of,
        "known_at": publication.known_at,
        "rows": [dict(zip(columns, row, strict=True)) for row in rows],
    }


def write_csv(settings: Settings, table: str, target: TextIO) -> int:
    """Write one published table as RFC 4180 CSV; returns the number of rows.

    A sentence is told as a text: the message it was made of, for other languages, is left to JSON.
    """
    columns, rows = _read(settings, table)
    told = [place for place, name in enumerate(columns) if not name.endswith(SUFFIX)]
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(columns[place] for place in told)
    n_rows = 0
    for row in rows:
        writer.writerow([harmless(row[place]) for place in told])
        n_rows += 1
    return n_rows


def _read(settings: Settings, table: str) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
    con = publish.open_current(settings.published)
    known = {"ref.run", *publish.mart_tables(con)}
    if table not in known:
        raise KinkeeperError(f"{table!r} is not published; choose one of {', '.join(sorted(known))}")
    con.execute(f"select * from {table} order by all")
    columns = [column[0] for column in con.description or []]
    return columns, _stream(con)


def _stream(con: Any) -> Iterator[tuple[Any, ...]]:
    while rows := con.fetchmany(10_000):
        yield from rows
    con.close()
