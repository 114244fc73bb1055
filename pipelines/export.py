"""For other tools: published tables as CSV that no spreadsheet runs, or JSON; the log as CloudEvents."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

from warehouse import database, publish
from warehouse.cells import harmless
from warehouse.errors import KinkeeperError
from warehouse.events.base import TYPE_PREFIX
from warehouse.messages import SUFFIX

if TYPE_CHECKING:
    from warehouse.settings import Settings


EVENTS = "events"
"""What is asked for to get the log in the place of a table."""

_EVENTS = f"""
select
    '1.0' as specversion,
    source_event_id as id,
    source,
    '{TYPE_PREFIX}.' || event_type || '.v' || version as type,
    'relationship/' || pair_id as subject,
    strftime(occurred_at, '%Y-%m-%dT%H:%M:%S.%fZ') as time,
    'application/json' as datacontenttype,
    strftime(recorded_at, '%Y-%m-%dT%H:%M:%S.%fZ') as recordedat,
    program_id as programid,
    cohort_id as cohortid,
    actor_id as actorid,
    actor_role as actorrole,
    evidence,
    visibility,
    causation_id as causationid,
    correlation_id as correlationid,
    payload as data
from log.event
order by position
"""


def write_events(settings: Settings, target: TextIO) -> int:
    """Write the log as CloudEvents 1.0, a JSON object a line, in the order it was told; returns how many.

    Each has the id, type, version and payload it was committed with, as `docs/schemas/` describes them.
    People are pseudonyms, which follow from this home's key: whoever reads them cannot ask who it was.
    """
    if not settings.log_file.exists():
        raise KinkeeperError(f"{settings.home} holds no events yet: run `kinkeeper ingest PATH` first")
    n_events = 0
    with database.writer_lock(settings.home), database.open_scratch() as con:
        database.attach_log(con, settings.log_file)
        names = [column[0] for column in con.execute(_EVENTS).description or []]
        for row in _stream(con):
            event = {name: value for name, value in zip(names, row, strict=True) if value is not None}
            event["data"] = msgspec.Raw(event["data"].encode())
            target.write(msgspec.json.encode(event).decode() + "\n")
            n_events += 1
    return n_events


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
