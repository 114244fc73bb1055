"""Does the log still say what was committed? Everything that can be derived again is, and compared.

The first place that disagrees is named. What this cannot see: a log, ledger and high-water mark that
were all replaced together by an older, consistent copy.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import duckdb

from warehouse import database, models, publish
from warehouse.errors import LogConflict, NothingPublished
from warehouse.events.base import Envelope
from warehouse.events.codec import content_hash
from warehouse.high_water import GENESIS, chain_link, check_high_water
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
    "{} events that are in only one of the log and its typed projection": """
        select count(*) from log.event full join log.typed_event using (position)
        where log.event.event_id is distinct from log.typed_event.event_id
    """,
}


def verify(settings: Settings) -> list[str]:
    """Every problem found, in words; an empty list where log, ledger, mark and publication agree."""
    if not settings.log_file.exists():
        return ["there is no log yet: run `kinkeeper ingest PATH`"]
    with database.writer_lock(settings.home), database.open_log(settings.log_file) as con:
        problems = [*_high_water(con, settings), *_chain(con), *_reconcile(con)]
    return [*problems, *_publication(settings)]


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
        for held, stored, derived in _events(con, position, last_position):
            if stored != derived:
                yield f"event at position {held} ({name}) was changed after it was committed"
                return
            chain.update(chain_link(held, stored))
        if last_position != position + n_events or chain.hexdigest() != chain_head:
            yield f"the hash chain breaks in delivery {file_id} ({name}), after position {position}"
            return
        previous, position = chain_head, last_position


def _events(con: duckdb.DuckDBPyConnection, after: int, upto: int) -> Iterator[tuple[int, bytes, bytes]]:
    """Position, stored hash and recomputed hash of each event in a range of positions."""
    columns = ", ".join("source_event_id" if name == "id" else name for name in _ENVELOPE)
    while rows := con.execute(
        f"select position, content_hash, payload, {columns} from log.event "
        f"where position > ? and position <= ? order by position limit {_BATCH}",
        [after, upto],
    ).fetchall():
        for position, stored, payload, *values in rows:
            envelope = Envelope(**{name: _utc(value) for name, value in zip(_ENVELOPE, values, strict=True)})
            yield position, bytes(stored), content_hash(envelope, payload)
        after = rows[-1][0]


def _reconcile(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    for words, query in _RECONCILIATIONS.items():
        row = con.execute(query).fetchone()
        if row and row[0]:
            yield words.format(row[0])


def _publication(settings: Settings) -> Iterator[str]:
    try:
        publication = publish.current(settings.published)
    except NothingPublished:
        return
    file = settings.published / publication.file
    if not file.exists():
        yield f"the published file {publication.file} is missing: run `kinkeeper build`"
        return
    with database.open_read_only(file) as con:
        if models.mart_hash(con, publish.mart_tables(con)) != publication.mart_hash:
            yield f"the tables of {publication.file} are not what was published: run `kinkeeper build`"


def _utc(value: Any) -> Any:
    return value.replace(tzinfo=dt.UTC) if isinstance(value, dt.datetime) else value
