"""Does the log still say what was committed? Everything that can be derived again is, and compared.

Log, ledger and high-water mark are held against one another, the archive against the ledger, the people in
the log against the vault, the published tables against their hash, and the editions of reports against their
manifests. The first place that disagrees is
named. What this cannot see: log, ledger, mark and archive all replaced together by an older, consistent
copy; and how the lines that were taken divide into accepted and duplicate.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa

from warehouse import database, editions, models, publish
from warehouse.audit import Audit
from warehouse.erasure import Erasures
from warehouse.errors import KinkeeperError, LogConflict, NothingPublished
from warehouse.events import base
from warehouse.events.base import Envelope, latest
from warehouse.events.codec import content_hash, event_id
from warehouse.high_water import GENESIS, chain_link, check_high_water, closing_link
from warehouse.log import Delivery
from warehouse.log_tables import derive_typed_events, is_catalogue_current
from warehouse.operations import open_operations
from warehouse.settings import Settings
from warehouse.vault import Vault, check_end, is_there, unseal, unseal_stream

_BATCH = 20_000
_ENVELOPE = tuple(field.name for field in fields(Envelope))

VAULT_IS_GONE = "the vault is gone: nobody in the log has a name, and no landed file opens. Restore a backup"

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
    """Every problem found, in words; an empty list where everything agrees."""
    if not settings.log_file.exists():
        return ["there is no log yet: run `kinkeeper ingest PATH`"]
    with database.writer_lock(settings.home):
        problems = [*_log(settings)]
    return [*problems, *_publication(settings), *editions.problems(settings.reports)]


def archive_problems(con: duckdb.DuckDBPyConnection, settings: Settings) -> list[str]:
    """What can be seen of vault and archive at a glance: each delivery is there, and whole to its end.

    One frame of each file is opened, so that this takes no longer for large files; `verify` reads them all.
    """
    if not is_there(settings.operations_url):
        return [VAULT_IS_GONE]
    engine = open_operations(settings.operations_url)
    try:
        vault = Vault(engine)

        def is_whole(file_id: str, sealed: BinaryIO) -> None:
            check_end(vault.known_key(file_id), sealed)

        return [*_unfinished(Erasures(engine)), *_archive(con, settings, is_whole)]
    finally:
        engine.dispose()


def _log(settings: Settings) -> Iterator[str]:
    try:
        with database.open_log(settings.log_file) as con:
            yield from _high_water(con, settings)
            altered = [*_chain(con)]
            yield from altered
            yield from _reconcile(con)
            if not altered:  # what was altered may be no event any more
                yield from _typed(con)
            yield from _kept_beside(con, settings)
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
        select file_id, name, sha256, source, mapping, landed_at, status, lines_in, n_events,
            last_position, chain_head
        from log.ledger
        order by last_position, rowid
        """
    ).fetchall()
    previous, position = GENESIS, 0
    for file_id, name, sha256, source, mapping, landed_at, *counted, last_position, chain_head in deliveries:
        if Delivery(sha256, name, source, mapping, landed_at).file_id != file_id:
            yield f"the ledger says something else of delivery {file_id} ({name}) than when it was committed"
            return
        status, lines_in, n_events = counted
        chain = hashlib.sha256(previous.encode())
        for event in _events(con, position, last_position):
            if not event.is_as_committed:
                yield f"event at position {event.position} ({name}) was changed after it was committed"
                return
            chain.update(event.link)
        chain.update(closing_link(file_id, sha256, status, lines_in, n_events))
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
    derive_typed_events(con, "derived")
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


def _kept_beside(con: duckdb.DuckDBPyConnection, settings: Settings) -> Iterator[str]:
    """The archive against the ledger, quarantined bytes against their keys, people against the vault."""
    if not is_there(settings.operations_url):
        yield VAULT_IS_GONE
        return
    engine = open_operations(settings.operations_url)
    try:
        vault, erasures = Vault(engine), Erasures(engine)
        yield from Audit(engine).problems()
        yield from _people(con, vault)
        if unfinished := [*_unfinished(erasures)]:
            yield from unfinished  # and what it seals anew opens with the old key or with the next
            return
        rewritten = erasures.rewritten()

        def is_as_it_landed(file_id: str, sealed: BinaryIO) -> None:
            """One out of which a person was erased is held against what was kept."""
            digest = hashlib.sha256()
            for chunk in unseal_stream(vault.known_key(file_id), sealed):
                digest.update(chunk)
            landed = database.first_row(con, "select sha256 from log.ledger where file_id = ?", [file_id])
            if digest.hexdigest() != rewritten.get(file_id, *landed):
                raise KinkeeperError("they are not those that landed: restore the archive from a backup")

        yield from _archive(con, settings, is_as_it_landed)
        yield from _quarantined_bytes(con, vault)
    finally:
        engine.dispose()


def _unfinished(erasures: Erasures) -> Iterator[str]:
    for person_id in erasures.unfinished():
        yield f"the erasure of {person_id} is not finished: run `kinkeeper erase {person_id}` again"
    if not erasures.unfinished():
        for file_id in erasures.half_sealed():
            yield f"delivery {file_id} is not sealed anew yet: run `kinkeeper ingest` again"


def _people(con: duckdb.DuckDBPyConnection, vault: Vault) -> Iterator[str]:
    """Everybody in the log is in the vault, or was erased."""
    columns = sorted(
        {field.name for kind in latest() for field in base.fields(kind) if field.kind == base.PERSON}
    )
    known = pa.table({"person_id": pa.array(sorted(vault.person_ids()), pa.string())})
    con.register("known", known)
    query = " union all ".join(
        f"select {column} as person_id, position from log.typed_event where {column} is not null"
        for column in ("actor_id", *columns)
    )
    n_people, position = database.first_row(
        con,
        f"select count(distinct person_id), min(position) from ({query}) anti join known using (person_id)",
    )
    con.unregister("known")
    if n_people:
        yield (
            f"{n_people} people in the log are not in the vault, the first at position {position}: "
            "restore the vault from a backup"
        )


def _archive(
    con: duckdb.DuckDBPyConnection, settings: Settings, look: Callable[[str, BinaryIO], None]
) -> Iterator[str]:
    """Look at the sealed bytes of every delivery that came as a file, oldest first."""
    files = con.execute(
        "select file_id, name from log.ledger where status <> 'redriven' order by last_position, rowid"
    ).fetchall()
    for file_id, name in files:
        try:
            with (settings.archive / file_id).open("rb") as sealed:
                look(file_id, sealed)
        except FileNotFoundError:
            yield f"the archive does not hold delivery {file_id} ({name}): restore it from a backup"
        except KinkeeperError as error:
            yield f"the archived bytes of delivery {file_id} ({name}): {error}"


def _quarantined_bytes(con: duckdb.DuckDBPyConnection, vault: Vault) -> Iterator[str]:
    """Every quarantined line opens with the key of its delivery; the first that does not is named."""
    keys: dict[str, bytes] = {}
    held = con.cursor().execute("select file_id, line, raw from log.quarantine order by file_id, line")
    while rows := held.fetchmany(_BATCH):
        for file_id, line, raw in rows:
            try:
                if file_id not in keys:
                    keys[file_id] = vault.known_key(file_id)
                unseal(keys[file_id], raw)
            except KinkeeperError as error:
                yield f"the quarantined bytes of delivery {file_id}, line {line}: {error}"
                return


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
            found = models.hash_tables(con, publish.mart_tables(con))
            beside = models.hash_tables(con, [name for name in publication.hashes if name.startswith("ref.")])
    except duckdb.Error:
        yield f"{publication.file} cannot be read as it was published: delete it and run `kinkeeper build`"
        return
    if publication.version != publish.VERSION:
        return  # it was hashed otherwise; the next build notes hashes that can be compared
    named = _first_that_differs(found.tables | beside.tables, publication.hashes)
    if found.whole != publication.mart_hash or named:
        yield (
            f"{publication.file} does not hold what was published{named}: delete it and run `kinkeeper build`"
        )


def _first_that_differs(found: dict[str, str], published: dict[str, str]) -> str:
    """In words; nothing where a version that noted no hashes of tables published it."""
    names = sorted({*found, *published} if published else ())
    differs = (name for name in names if found.get(name) != published.get(name))
    return "".join(f" ({name} is another one)" for name in islice(differs, 1))


def _utc(value: Any) -> Any:
    return value.replace(tzinfo=dt.UTC) if isinstance(value, dt.datetime) else value
