"""An open home to ingest into, and the two shapes of file most tests drop: native lines and a roster."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.ingest.drops import FileResult, ingest_file, ingest_paths
from pipelines.ingest.home import OpenHome
from pipelines.ingest.mapping import Mapping
from warehouse.clock import Clock
from warehouse.log import EventLog, open_log
from warehouse.operations import open_operations
from warehouse.settings import Settings, load_settings
from warehouse.vault import Vault

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


@dataclass(frozen=True)
class Desk:
    """A home open for writing, with shorthands for what tests ask of it."""

    settings: Settings
    log: EventLog
    vault: Vault
    clock: Clock
    folder: Path

    def drop(
        self, name: str, content: bytes | str, mapping: Mapping | None = None, **options: Any
    ) -> FileResult:
        """Write a file outside the inbox and ingest it."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self.ingest(path, mapping, **options)

    def ingest(self, path: Path, mapping: Mapping | None = None, **options: Any) -> FileResult:
        opened = OpenHome(self.settings, self.log, self.vault, options.pop("clock", self.clock))
        return ingest_file(path, opened, mapping=mapping, **options)

    def ingest_all(self, *paths: Path, **options: Any) -> list[FileResult]:
        return ingest_paths(paths, OpenHome(self.settings, self.log, self.vault, self.clock), **options)

    def inbox(self, name: str, content: bytes | str) -> Path:
        """A file waiting in the inbox."""
        path = self.settings.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.log.con.execute(sql).fetchall()

    @property
    def codes(self) -> list[str]:
        """Codes of all quarantined lines, in order."""
        return [code for (code,) in self.rows("select code from log.quarantine order by line, rowid")]

    @property
    def n_events(self) -> int:
        return int(self.rows("select count(*) from log.event")[0][0])


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Iterator[Desk]:
    settings = load_settings(tmp_path / "home")
    folder = tmp_path / "drops"
    folder.mkdir()
    engine = open_operations(settings.operations_url)
    vault = Vault(engine)
    log = open_log(settings, vault)
    yield Desk(settings, log, vault, clock, folder)
    log.con.close()
    engine.dispose()


@pytest.fixture
def roster() -> Mapping:
    """A CSV of people: id, person, name, at."""
    return Mapping.model_validate(tomllib.loads(ROSTER))


@pytest.fixture
def roster_toml() -> str:
    return ROSTER


@pytest.fixture
def native():
    """A native line about a session, with changes; a key set to None is left out."""

    def line(**changes: Any) -> str:
        record = {
            "specversion": "1.0",
            "id": "e1",
            "source": "platform",
            "type": "mentorship.session.held.v1",
            "subject": "relationship/p1",
            "time": "2026-03-01T10:00:00Z",
            "data": {"session_id": "s1", "minutes": 30},
        } | changes
        return json.dumps({key: value for key, value in record.items() if value is not None}) + "\n"

    return line


FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture
def exports() -> Path:
    """Exports as tools write them, of synthetic people."""
    return FIXTURES


@pytest.fixture
def pair_of_mo() -> Callable[..., str]:
    """Native lines about Mo, a mentee and their relationship."""

    def lines(mentee: str = "Ana Mentee", pair_id: str = "p1", at: str = "2026-09-01T00:00:00Z") -> str:
        who = _plain(mentee.split(maxsplit=1)[0])
        people = [("mo", "mentor", "Mo Mentor"), (who, "mentee", mentee)]
        told = [
            ("participant.registered", person_id, None, _person(person_id, role, name))
            for person_id, role, name in people
        ]
        told.append(("match.accepted", pair_id, pair_id, {"mentee_id": who, "mentor_id": "mo"}))
        events = (
            {
                "specversion": "1.0",
                "source": "roster",
                "id": f"{kind}-{about}",
                "type": f"mentorship.{kind}.v1",
                "time": at,
                "subject": subject and f"relationship/{subject}",
                "data": data,
            }
            for kind, about, subject, data in told
        )
        return "".join(f"{json.dumps(event)}\n" for event in events)

    return lines


def _plain(name: str) -> str:
    return name.lower().encode("ascii", "ignore").decode()


def _person(person_id: str, role: str, name: str) -> dict[str, str]:
    email = f"{_plain(name).replace(' ', '.')}@example.org"
    return {"person_id": person_id, "role": role, "name": name, "email": email}


@pytest.fixture
def known(desk: Desk, pair_of_mo: Callable[..., str]) -> Desk:
    """A home that knows one pair: Mo mentors Ana since September."""
    desk.drop("roster.ndjson", pair_of_mo())
    return desk
