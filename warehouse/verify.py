"""Does the log still say what was committed? Everything that can be derived again is, and compared.

The first place that disagrees is named. What this cannot see: a log, ledger and high-water mark that
were all replaced together by an older, consistent copy.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import duckdb

from warehouse import database, models, publish
from warehouse.errors import LogConflict, NothingPublished
from warehouse.events.base import Envelope
from warehouse.events.codec import content_hash, event_id
from warehouse.high_water import GENESIS, chain_link, check_high_water
from warehouse.log_tables import derive_typed_events, is_catalogue_current
from warehouse.settings import Settings

_BATCH = 20_000
_ENVELOPE = tuple(field.name for field in fields(Envelope))

_RECONCILIATIONS = {
    "{} deliveries whose ledger row does not count the events the log holds of them": """
        select count(*) from log.ledger
        left join (select file_id, count(*) as n from log.event group by file_id) as held using (file_id)
        where n_events <> coalesce(held.n, 0)
    """,
    "{} deliveries whose ledger row does not count the rows quarantined from them": """
        select count(*) from log.ledger
        left join (
            select file_id, count(*) as n from log.quarantine where status <> 'redriven' group by file_id
        ) as held using (file_id)
        where quarantined <> coalesce(held.n, 0)
    """,
    "{} events that belong to no delivery in the ledger": """
        select count(*) from log.event anti join log.ledger using (file_id)
    """,
    "{} event ids that occur more than once": """
        select count(*) from (select event_id from log.event group by event_id having count(*) > 1)
    """,
}


@dataclass(frozen=True, slots=True)
class _Held:
    """One logged event: its place, whether key and hash follow from what it says, its link in the chain."""

    position: int
    is_as_committed: bool
    link: bytes


def verify(settings: Settings) -> list[str]:
    """Every problem found, in words; an empty list where log, ledger, mark and publication agree."""
    if not settings.log_file.exists():
        return ["there is no log yet: run `kinkeeper ingest PATH`"]
    with database.writer_lock(settings.home):
        problems = [*_log(settings)]
    return [*problems, *_publication(settings)]


def _log(settings: Settings) -> Iterator[str]:
    try:
        with database.open_log(settings.log_file) as con:
            yield from _high_water(con, settings)
            altered = [*_chain(con)]
            yield from altered
            yield from _reconcile(con)
            if not altered:  # what was altered may be no event any more
                yield from _typed(con)
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        yield f"the log {settings.log_file.name} cannot be read, restore a backup: {reason}"


def _high_water(con: duckdb.DuckDBPyConnection, settings: Settings) -> Iterator[str]:
    if not settings.high_water_file.exists():
        yield f"the high-water mark {settings.high_water_file.name} is missing: a lost tail could not be seen"
        return
    try:
        check_high_water(con, settings.high_water_file)
    except LogConflict as error:
        yield str(error)


def _chain(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Recompute every event's hash and every delivery's link; stop at the first that differs."""
    deliveries = con.execute(
        """
        select file_id, name, n_events, last_position, chain_head
        from log.ledger
        order by last_position, rowid
        """
    ).fetchall()
    previous, position = GENESIS, 0
    for file_id, name, n_events, last_position, chain_head in deliveries:
        chain = hashlib.sha256(previous.encode())
        for event in _events(con, position, last_position):
            if not event.is_as_committed:
                yield f"event at position {event.position} ({name}) was changed after it was committed"
                return
            chain.update(event.link)
        if last_position != position + n_events or chain.hexdigest() != chain_head:
            yield f"the hash chain breaks in delivery {file_id} ({name}), after position {position}"
            return
        previous, position = chain_head, last_position


def _events(con: duckdb.DuckDBPyConnection, after: int, upto: int) -> Iterator[_Held]:
    """The events in a range of positions."""
    columns = ", ".join("source_event_id" if name == "id" else name for name in _ENVELOPE)
    while rows := con.execute(
        f"select position, event_id, content_hash, payload, {columns} from log.event "
        f"where position > ? and position <= ? order by position limit {_BATCH}",
        [after, upto],
    ).fetchall():
        for position, key, stored, payload, *values in rows:
            envelope = Envelope(**{name: _utc(value) for name, value in zip(_ENVELOPE, values, strict=True)})
            derived = (event_id(envelope.source, envelope.id), content_hash(envelope, payload))
            link = chain_link(position, key, envelope.recorded_at, bytes(stored))
            yield _Held(position, derived == (key, bytes(stored)), link)
        after = rows[-1][0]


def _reconcile(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    for words, query in _RECONCILIATIONS.items():
        row = con.execute(query).fetchone()
        if row and row[0]:
            yield words.format(row[0])


def _typed(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """The typed projection, which is all that models read, against the events it is derived from."""
    if not is_catalogue_current(con):
        return  # it is derived again before anybody reads it
    con.execute("attach ':memory:' as derived")
    derive_typed_events(con, "derived.typed_event")
    n_rows, position = database.first_row(
        con,
        """
        select count(*), min(position) from (
            (from log.typed_event except all from derived.typed_event)
            union all
            (from derived.typed_event except all from log.typed_event)
        )
        """,
    )
    if n_rows:
        yield f"{n_rows} typed rows are not what their events say; the first is at position {position}"


def _publication(settings: Settings) -> Iterator[str]:
    try:
        publication = publish.current(settings.published)
    except NothingPublished:
        return
    file = settings.published / publication.file
    if not file.exists():
        yield f"the published file {publication.file} is missing: run `kinkeeper build`"
        return
    try:
        with database.open_read_only(file) as con:
            is_same = models.mart_hash(con, publish.mart_tables(con)) == publication.mart_hash
    except duckdb.Error:
        is_same = False
    if not is_same:
        yield f"{publication.file} does not hold what was published: delete it and run `kinkeeper build`"


def _utc(value: Any) -> Any:
    return value.replace(tzinfo=dt.UTC) if isinstance(value, dt.datetime) else value
