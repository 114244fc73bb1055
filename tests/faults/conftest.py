"""A home with deliveries that overlap, and the question every test ends with: is all of it there once."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.build import build_home
from pipelines.ingest import FileResult, ingest_into_home
from pipelines.ingest.archive import read_archived
from warehouse.database import open_scratch, quoted
from warehouse.operations import open_operations
from warehouse.publish import Publication
from warehouse.settings import Settings, load_settings
from warehouse.vault import PERSON, Vault
from warehouse.verify import verify

AS_OF = dt.datetime(2026, 3, 20, tzinfo=dt.UTC)
"""As of when a home is built that a test is about to harm."""

ROSTER = """
[source]
name = "roster"
format = "csv"

[[event]]
type = "participant.registered"
id = "{id}"
time = "at"
data = {person_id = "person", role = {value = "mentee"}, name = "name"}
"""


def native(number: int, **changes: Any) -> str:
    """One native line: session number `number`."""
    line = {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "platform",
        "type": "mentorship.session.held.v1",
        "subject": f"relationship/p{number % 7}",
        "time": f"2026-03-{number % 28 + 1:02}T10:00:00Z",
        "recordedat": f"2026-03-{number % 28 + 1:02}T11:00:00Z",
        "actorid": f"u{number % 11}",
        "actorrole": "mentee",
        "data": {"session_id": f"s{number}"},
    }
    return json.dumps(line | changes) + "\n"


def sessions(*numbers: int) -> str:
    return "".join(native(number) for number in numbers)


def registrations(*numbers: int) -> str:
    rows = (f"r{number},u{number},Synthetic {number},2026-01-05T09:00:00Z\n" for number in numbers)
    return "id,person,name,at\n" + "".join(rows)


@cache
def a_database() -> duckdb.DuckDBPyConnection:
    """One to attach logs to: opening one for each question is ten times as dear as the question."""
    return open_scratch()


class Home:
    """A home, what was dropped into its inbox, and the event ids that must come of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.dropped: dict[Path, bytes] = {}
        self.expected: set[tuple[str, str]] = set()

    @property
    def settings(self) -> Settings:
        return load_settings(self.folder)

    def copied(self, folder: Path) -> Home:
        """The same home in another folder, to be harmed there."""
        shutil.copytree(self.folder, folder)
        copy = Home(folder)
        copy.dropped = {
            folder / path.relative_to(self.folder): content for path, content in self.dropped.items()
        }
        copy.expected = set(self.expected)
        return copy

    def drop(self, name: str, content: str) -> Path:
        """A file that waits in the inbox."""
        return self.drop_bytes(name, content.encode())

    def drop_bytes(self, name: str, content: bytes) -> Path:
        path = self.settings.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.dropped[path] = content
        return path

    def drop_overlapping_files(self) -> None:
        """Three files from two sources: repeated rows, rows of the other file, and a bad one in each."""
        self.drop("platform/a.ndjson", sessions(*range(60), 3, 30, 59) + "no event\n")
        self.drop("platform/b.ndjson", sessions(*range(50, 110)) + native(200, time="yesterday"))
        self.drop("roster/people.csv", registrations(*range(20), 7) + "r99,u99,Synthetic 99,soon\n")
        (self.settings.inbox / "roster/mapping.toml").write_text(ROSTER)
        self.expected = {("platform", f"e{number}") for number in range(110)}
        self.expected |= {("roster", f"r{number}") for number in range(20)}

    def ingest(self) -> list[FileResult]:
        """Ingest whatever waits, to the end."""
        return ingest_into_home(self.settings, [self.settings.inbox])[0]

    def build(self, as_of: dt.datetime, *, is_full: bool = False) -> Publication:
        return build_home(self.settings, as_of=as_of, is_full=is_full).publication

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the log as it lies there, without changing it; a log not yet begun has no rows."""
        log_file = self.settings.log_file
        if not log_file.exists():
            return []
        con = a_database()
        con.execute(f"attach {quoted(log_file)} as log (read_only)")
        try:
            return con.execute(f"use log; {sql}").fetchall()
        finally:
            con.execute("use memory; detach log")

    def assert_no_file_left_the_inbox_too_early(self) -> None:
        """Whatever is gone from the inbox is in the ledger, and the mark outside the log promises it.

        A folder of the inbox is the source of its files: the same bytes out of another are another delivery.
        """
        gone = {
            (hashlib.sha256(content).hexdigest(), path.parent.name)
            for path, content in self.dropped.items()
            if not path.exists()
        }
        if gone:
            taken = "select sha256, source, last_position from ledger where status <> 'redriven'"
            reached = {(sha256, source): position for sha256, source, position in self.rows(taken)}
            promised = json.loads(self.settings.high_water_file.read_text())["position"]
            assert gone <= set(reached), "a file left the inbox and is not in the log"
            assert max(reached[delivery] for delivery in gone) <= promised, "a file left before its mark"

    def assert_all_is_there_once(self) -> None:
        """Every event once, every line counted, every byte archived, everybody known, nothing to verify."""
        held = self.rows("select source, source_event_id from event")
        assert len(held) == len(self.expected)
        assert set(held) == self.expected
        assert self.rows("select * from ledger where lines_in <> accepted + duplicate + quarantined") == []
        problems = verify(self.settings)
        assert problems == [], problems
        self._assert_archive_and_vault_are_whole()

    def _assert_archive_and_vault_are_whole(self) -> None:
        engine = open_operations(self.settings.operations_url)
        try:
            held = Vault(engine)
            landed = {
                b"".join(read_archived(self.settings, held, file_id))
                for (file_id,) in self.rows("select file_id from ledger where status <> 'redriven'")
            }
            with engine.connect() as connection:
                known = set(connection.scalars(PERSON.select()))
        finally:
            engine.dispose()
        assert landed == set(self.dropped.values())
        assert {
            actor for (actor,) in self.rows("select actor_id from event where actor_id is not null")
        } <= known


@pytest.fixture(autouse=True)
def no_expectations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks are another test's subject and take seconds to import."""
    monkeypatch.setattr("pipelines.build.run_checks", lambda *_: [])


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture(scope="session")
def full_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with everything in, closed, which tells of one day of history; copy it before changing it."""
    home = Home(tmp_path_factory.mktemp("full") / "home")
    home.drop_overlapping_files()
    (home.folder / "program.toml").write_text("history_days = 1\n")
    home.ingest()
    return home


@pytest.fixture(scope="session")
def built_home(full_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """That home, built and published as of `AS_OF`; copy it before changing it."""
    home = full_home.copied(tmp_path_factory.mktemp("built") / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.build.run_checks", lambda *_: [])
        home.build(AS_OF)
    return home
