"""Every bad input of the corpus gets exactly its outcome, and whatever becomes of it, nothing is lost."""

from __future__ import annotations

import gzip
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa

from pipelines.build import open_build
from pipelines.ingest.archive import read_archived
from pipelines.signal_models import all_models
from tests.conformance.corpus import Case, Delivery, Outcome, deliver, folders, read_case, rows_elsewhere
from warehouse import database, models
from warehouse.cells import harmless
from warehouse.clock import Clock
from warehouse.events.base import CATALOGUE, LINK, fields
from warehouse.operations import open_operations
from warehouse.run import Run, write_run
from warehouse.settings import Settings, load_settings
from warehouse.vault import PERSON, Vault, unseal

N_ROWS = 95

SEEN = ("staging.retraction", "staging.announcement", "staging.parked", "staging.event", "mart.parked")
"""What a build sees of the log, and what it does not."""

Opened = tuple[duckdb.DuckDBPyConnection, sa.Engine]


def as_parameter(folder: Path) -> Any:
    marks = [pytest.mark.slow] if read_case(folder).is_slow else []
    return pytest.param(folder, id=folder.name, marks=marks)


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """A new home, and no trace of it afterwards: one case alone takes two gigabytes."""
    yield load_settings(tmp_path / "home")
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize("folder", [as_parameter(folder) for folder in folders()])
def test_a_bad_input_gets_its_outcome(folder: Path, settings: Settings, clock: Clock) -> None:
    case = read_case(folder)
    for given in case.deliveries:
        path, outcome = deliver(given, folder, settings, clock)
        assert_it_became(given, outcome)
        with opened(settings) as stores:
            if outcome.result is None or outcome.result.sha256 is None:
                assert path.exists(), "what was not taken stays where it was dropped"
                continue
            file_id = newest_delivery(stores)
            assert_it_is_quarantined(given, file_id, stores)
            assert_every_byte_is_kept(given, file_id, settings, stores, path)
    with opened(settings) as stores:
        assert_it_is_stored_as_it_came(case, stores)
    assert_it_is_built_so(case, settings)


def test_every_row_of_the_corpus_is_a_case_or_has_its_place_elsewhere() -> None:
    here = [read_case(folder).row for folder in folders()]
    assert sorted([*here, *rows_elsewhere()]) == list(range(1, N_ROWS + 1))


def test_every_field_for_links_takes_https_alone() -> None:
    found = {field for kind in CATALOGUE.values() for field in fields(kind)}
    named = {field.name for field in found if field.name.endswith(("url", "link", "href"))}
    assert named == {field.name for field in found if field.kind == LINK} == {"link"}


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


def newest_delivery(stores: Opened) -> str:
    con, _ = stores
    ((file_id,),) = con.execute("select file_id from log.ledger order by rowid desc limit 1").fetchall()
    return str(file_id)


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


def assert_it_is_quarantined(given: Delivery, file_id: str, stores: Opened) -> None:
    """Each refused line with its code, and no other; line 0 is the file as a whole."""
    con, _ = stores
    found = con.execute("select line, code from log.quarantine where file_id = ?", [file_id]).fetchall()
    assert dict(found) == given.codes
    assert len(found) == given.quarantined


def assert_every_byte_is_kept(
    given: Delivery, file_id: str, settings: Settings, stores: Opened, path: Path
) -> None:
    """The archive gives the file back, and quarantine each refused line, from the place it stood at.

    Lines of which nothing may be kept are blank in the one and empty in the other.
    """
    con, engine = stores
    vault = Vault(engine)
    ((sha256, name),) = con.execute(
        "select sha256, name from log.ledger where file_id = ?", [file_id]
    ).fetchall()
    digest = hashlib.sha256()
    for chunk in read_archived(settings, vault, file_id):
        digest.update(chunk)
    if given.lost:
        dropped = path.read_bytes().splitlines(keepends=True)
        kept = [
            b" " * (len(line) - 1) + b"\n" if n in given.lost else line for n, line in enumerate(dropped, 1)
        ]
        sha256 = hashlib.sha256(b"".join(kept)).hexdigest()
    assert digest.hexdigest() == sha256

    lines = con.execute(
        "select line, byte_offset, raw from log.quarantine where file_id = ? and line > 0", [file_id]
    ).fetchall()
    landed = b"".join(read_archived(settings, vault, file_id)) if lines else b""
    content = gzip.decompress(landed) if name.endswith(".gz") else landed
    for line, offset, sealed in lines:
        raw = unseal(vault.file_key(file_id), sealed)
        assert content[offset : offset + len(raw)] == raw
        assert bool(raw) == (line not in given.lost)


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


def assert_it_is_built_so(case: Case, settings: Settings) -> None:
    """Queries on what a build sees of the log answer as expected, each as of its own instant."""
    for built in case.built:
        with open_build(settings, settings.models_file) as con:
            write_run(con, Run(built.known_at, built.known_at, settings.policy))
            models.build(con, all_models(settings.policy), targets=SEEN)
            assert [list(row) for row in con.execute(built.sql).fetchall()] == built.rows
