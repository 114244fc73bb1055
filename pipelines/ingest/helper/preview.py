"""What a mapping would make of a file, found out by doing it in a home that is thrown away.

The file goes the whole way, reader, mapping, codec and log, so that what is shown is what would come. Two
questions are asked of it. What do its rows become? There everybody a row names counts as known, and any two
of them as a pair. And who of them is known here? There the vault and the log are copies of the real ones.
An export we know is only asked the second where there is a home: what becomes of a meeting or an answer
depends on which pair it is of.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa

from pipelines.ingest.drops import FileResult, ingest_file
from pipelines.ingest.home import OpenHome, open_home
from pipelines.ingest.mapping import Mapping
from pipelines.ingest.mapping_file import mapping_of, read_mapping
from pipelines.ingest.who import WAITING_CODES
from warehouse.clock import Clock, system_clock
from warehouse.database import first_row
from warehouse.errors import KinkeeperError
from warehouse.operations import sqlite_url
from warehouse.settings import Settings

N_SHOWN = 20
MAX_COPIED_BYTES = 512 << 20
"""A longer log is not copied to find out who is known: it would take longer than it is worth."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it would be: its type, when it happened (UTC), and what it says but who is in it."""

    event_type: str
    occurred_at: str
    says: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why some rows would be held back."""

    code: str
    field: str | None
    hint: str
    n_rows: int


@dataclass(frozen=True)
class Preview:
    """The first events of a file, how many there would be, and what would be held back and why.

    `n_waiting` rows name people or pairs nobody knows here; None where that could not be found out.
    """

    result: FileResult
    events: list[Event] = field(default_factory=list)
    by_type: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    n_waiting: int | None = None


def preview(path: Path, toml: str, settings: Settings, clock: Clock = system_clock) -> Preview:
    """What `path` would become through a mapping; nothing is written to the home of `settings`.

    Raises SettingsError where the mapping is wrong.
    """
    mapping = read_mapping(toml, "the mapping", settings.instruments)
    if "preset" in tomllib.loads(toml) and (known := _as_known_here(path, mapping, settings, clock)):
        return known
    with _empty_home(settings, clock) as home:
        result = ingest_file(path, home, mapping=_open_to_all(toml, mapping, settings))
        shown = Preview(result, _events(home), _by_type(home), _problems(home))
    return replace(shown, n_waiting=_waiting(path, mapping, settings, clock))


def _as_known_here(path: Path, mapping: Mapping, settings: Settings, clock: Clock) -> Preview | None:
    """What a file would become in a copy of the home; None where there is none to copy."""
    try:
        with _copied_home(settings, clock) as home:
            if home is None:
                return None
            last = first_row(home.log.con, "select coalesce(max(position), 0) from log.event")[0]
            result = ingest_file(path, home, mapping=mapping)
            problems = _problems(home)
            n_waiting = sum(problem.n_rows for problem in problems if problem.code in WAITING_CODES)
            return Preview(result, _events(home, last), _by_type(home, last), problems, n_waiting)
    except (duckdb.Error, OSError):  # the home is being written this very moment
        return None


def _open_to_all(toml: str, mapping: Mapping, settings: Settings) -> Mapping:
    """The same mapping for which everybody is a person and any two are a pair."""
    document = tomllib.loads(toml)
    if (
        not any("people" in rule.get("pair", {}) for rule in _rules(document))
        and mapping.source.people == "new"
    ):
        return mapping
    document["source"] = {**document.get("source", {}), "people": "new"}
    for rule in _rules(document):
        if "people" in rule.get("pair", {}):
            rule["pair"] = {**rule["pair"], "begins": True}
    with suppress(KinkeeperError):
        return mapping_of(document, "the mapping", settings.instruments)
    return mapping


def _rules(document: dict[str, Any]) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = document.get("event", [])
    return [rule for rule in rules if isinstance(rule.get("pair"), dict)]


def _waiting(path: Path, mapping: Mapping, settings: Settings, clock: Clock) -> int | None:
    """How many rows would wait for people or pairs, with those known who are known here."""
    if mapping.source.people == "new":
        return 0
    try:
        with _copied_home(settings, clock) as home:
            if home is None:
                return None
            ingest_file(path, home, mapping=mapping)
            return sum(problem.n_rows for problem in _problems(home) if problem.code in WAITING_CODES)
    except (KinkeeperError, duckdb.Error, OSError):  # the home is being written this very moment
        return None


@contextmanager
def _empty_home(settings: Settings, clock: Clock) -> Iterator[OpenHome]:
    with tempfile.TemporaryDirectory(prefix="kinkeeper-map-") as folder:
        scratch = _scratch(settings, Path(folder))
        with open_home(scratch, clock) as home:
            yield home


@contextmanager
def _copied_home(settings: Settings, clock: Clock) -> Iterator[OpenHome | None]:
    """A home with the people and pairs of the real one; None where there is none, or it cannot be copied."""
    store = sa.make_url(settings.operations_url)
    is_copied = (
        store.get_backend_name() == "sqlite"
        and Path(store.database or "").is_file()
        and settings.log_file.is_file()
        and settings.log_file.stat().st_size <= MAX_COPIED_BYTES
    )
    if not is_copied:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="kinkeeper-map-") as folder:
        scratch = _scratch(settings, Path(folder))
        scratch.log_file.parent.mkdir(parents=True)
        shutil.copyfile(settings.log_file, scratch.log_file)
        with (
            sqlite3.connect(f"file:{store.database}?mode=ro", uri=True) as source,
            sqlite3.connect(scratch.home / "operations.sqlite") as target,
        ):
            source.backup(target)
        source.close()
        target.close()
        with open_home(scratch, clock) as home:
            home.log.con.execute("delete from log.quarantine")
            yield home


def _scratch(settings: Settings, folder: Path) -> Settings:
    return replace(settings, home=folder, operations_url=sqlite_url(folder / "operations.sqlite"))


def _events(home: OpenHome, after: int = 0) -> list[Event]:
    rows = home.log.con.execute(
        "select event_type, occurred_at, payload from log.event where position > ? order by position limit ?",
        [after, N_SHOWN],
    ).fetchall()
    return [Event(kind, f"{at:%Y-%m-%d %H:%M}", _says(payload)) for kind, at, payload in rows]


def _says(payload: str) -> str:
    """A payload without people: ids made for a preview tell nothing."""
    told = json.loads(payload)
    parts = [f"{name} {value}" for name, value in told.items() if not str(value).startswith("per_")]
    return ", ".join(parts)


def _by_type(home: OpenHome, after: int = 0) -> dict[str, int]:
    rows = home.log.con.execute(
        "select event_type, count(*) from log.event where position > ? "
        "group by event_type order by count(*) desc, event_type",
        [after],
    ).fetchall()
    return dict(rows)


def _problems(home: OpenHome) -> list[Problem]:
    rows = home.log.con.execute(
        "select code, field, min(hint), count(*) from log.quarantine group by code, field "
        "order by count(*) desc, code"
    ).fetchall()
    return [Problem(*row) for row in rows]
