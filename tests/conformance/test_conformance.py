"""Every bad input of the corpus gets exactly its outcome, and whatever becomes of it, nothing is lost."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa

from pipelines.export import harmless
from pipelines.ingest.archive import read_archived
from tests.conformance.corpus import Case, Delivery, Outcome, deliver, folders, read_case, rows_elsewhere
from warehouse import database
from warehouse.clock import Clock
from warehouse.operations import open_operations
from warehouse.settings import Settings, load_settings
from warehouse.vault import PERSON, Vault, unseal

N_ROWS = 95

Opened = tuple[duckdb.DuckDBPyConnection, sa.Engine]


def cases() -> Iterator[Any]:
    for folder in folders():
        marks = [pytest.mark.slow] if read_case(folder).is_slow else []
        yield pytest.param(folder, id=folder.name, marks=marks)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(tmp_path / "home")


@pytest.mark.parametrize("folder", cases())
def test_a_bad_input_gets_its_outcome(folder: Path, settings: Settings, clock: Clock) -> None:
    case = read_case(folder)
    for given in case.deliveries:
        path, outcome = deliver(given, folder, settings, clock)
        assert_it_became(given, outcome)
        with opened(settings) as stores:
            if outcome.result is not None and outcome.result.sha256 is not None:
                assert_it_is_quarantined(given, outcome.result.sha256, stores)
                assert_every_byte_is_kept(outcome.result.sha256, settings, stores)
            else:
                assert path.is_symlink() or path.is_file()
    with opened(settings) as stores:
        assert_it_is_stored_as_it_came(case, stores)


def test_every_row_of_the_corpus_is_a_case_or_has_its_place_elsewhere() -> None:
    here = [read_case(folder).row for folder in folders()]
    assert sorted([*here, *rows_elsewhere()]) == list(range(1, N_ROWS + 1))


def test_a_folder_is_named_after_its_row() -> None:
    for folder in folders():
        assert folder.name.startswith(f"{read_case(folder).row:02}_")


@contextmanager
def opened(settings: Settings) -> Iterator[Opened]:
    """Log and operational store of a home."""
    engine = open_operations(settings.operations_url)
    with closing(database.open_log(settings.log_file)) as con:
        yield con, engine
    engine.dispose()


def assert_it_became(given: Delivery, outcome: Outcome) -> None:
    """Status, counts and notes as expected, within the limits the row names."""
    result = outcome.result
    found: tuple[Any, ...] = ("not read", 0, 0, 0, 0)
    notes: tuple[str, ...] = ()
    if result is not None:
        found = (result.status, result.lines_in, result.accepted, result.duplicate, result.quarantined)
        notes = result.notes
    assert found == (given.status, given.lines_in, given.accepted, given.duplicate, given.quarantined), notes
    assert len(notes) == len(given.notes), notes
    for note, beginning in zip(notes, given.notes, strict=True):
        assert note.startswith(beginning)
    assert outcome.seconds <= given.max_seconds
    assert outcome.grown_mib <= given.max_grown_mib


def assert_it_is_quarantined(given: Delivery, sha256: str, stores: Opened) -> None:
    """Each refused line with its code, and no other; line 0 is the file as a whole."""
    con, _ = stores
    query = "select line, code from log.quarantine inner join log.ledger using (file_id) where sha256 = ?"
    found = con.execute(query, [sha256]).fetchall()
    assert dict(found) == given.codes
    assert len(found) == given.quarantined


def assert_every_byte_is_kept(sha256: str, settings: Settings, stores: Opened) -> None:
    """The archive gives the file back, and quarantine each refused line, from the place it stood at."""
    con, engine = stores
    vault = Vault(engine)
    deliveries = con.execute("select file_id, name from log.ledger where sha256 = ?", [sha256]).fetchall()
    assert deliveries
    for file_id, name in deliveries:
        digest = hashlib.sha256()
        for chunk in read_archived(settings, vault, file_id):
            digest.update(chunk)
        assert digest.hexdigest() == sha256
        lines = con.execute(
            "select byte_offset, raw from log.quarantine where file_id = ? and line > 0", [file_id]
        ).fetchall()
        landed = b"".join(read_archived(settings, vault, file_id)) if lines else b""
        content = gzip.decompress(landed) if name.endswith(".gz") else landed
        for offset, sealed in lines:
            raw = unseal(vault.file_key(file_id), sealed)
            assert content[offset : offset + len(raw)] == raw


def assert_it_is_stored_as_it_came(case: Case, stores: Opened) -> None:
    """Queries on the log answer as expected; names are in the vault unchanged, and harmless in an export."""
    con, engine = stores
    for stored in case.stored:
        assert [list(row) for row in con.execute(stored.sql).fetchall()] == stored.rows
    if case.names is not None:
        query = sa.select(PERSON.c.name).where(PERSON.c.name.is_not(None))
        with engine.connect() as connection:
            assert sorted(connection.scalars(query)) == sorted(case.names)
    if case.exported is not None:
        assert tuple(harmless(name) for name in case.names or ()) == case.exported
