"""What a case is, and the ways its input can reach a home.

A case is a folder `NN_name/`: `case.toml`, and the input files it names unless a generator writes them.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pipelines.erase import erase
from pipelines.ingest import FileResult, ingest_into_home
from tests.conformance.generators import GENERATORS, MIB
from warehouse.clock import Clock
from warehouse.settings import Settings

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
SOURCE = "platform"
"""The inbox folder that inbox deliveries lie in."""

FULL_AT_BYTES = 4 * MIB
_LIMITED = """
import resource, sys
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
from pipelines.cli import main
main()
"""
_NOT_A_CASE = re.compile(r"^\| (\d+) \|", re.MULTILINE)


class Delivery(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """One input on its way in, and what must become of it.

    `file` lies in the case's folder, or `generator` writes it; it is dropped under the name `dropped_as`, if
    given; `how` is one of the ways in `deliver`. Without a `mapping` (a path from the case's folder) it holds
    native lines. Whoever `erased` names is erased before it comes. `codes` says why, by line; line 0 is the
    file as a whole. `notes` are the beginnings of all notes on the file, in order. Of the lines in `lost`
    nothing is kept; of all others every byte is.
    """

    file: str
    generator: str | None = None
    dropped_as: str | None = None
    mapping: str | None = None
    how: str = "file"
    erased: str | None = None
    status: str
    lines_in: int = 0
    accepted: int = 0
    duplicate: int = 0
    quarantined: int = 0
    codes: dict[int, str] = {}
    notes: tuple[str, ...] = ()
    lost: tuple[int, ...] = ()
    max_seconds: float = math.inf
    max_grown_mib: float = math.inf


class Stored(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a query on the log answers once everything was delivered."""

    sql: str
    rows: list[list[str | int]]


class Built(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a query on the tables that a build looks at first answers, as of an instant and known then."""

    known_at: dt.datetime
    sql: str
    rows: list[list[str | int]]


class Case(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """One row of the corpus. `names` are those the vault then holds, `exported` how an export writes them."""

    row: int
    title: str
    deliveries: tuple[Delivery, ...] = msgspec.field(name="delivery")
    stored: tuple[Stored, ...] = ()
    built: tuple[Built, ...] = ()
    names: tuple[str, ...] | None = None
    exported: tuple[str, ...] | None = None
    is_slow: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a delivery: no result where it was not read at all."""

    result: FileResult | None
    seconds: float = 0
    grown_mib: float = 0


def folders() -> list[Path]:
    """The folders of all cases, by row."""
    return sorted(path.parent for path in FOLDER.glob("*/case.toml"))


def read_case(folder: Path) -> Case:
    """The case in a folder."""
    return msgspec.convert(tomllib.loads((folder / "case.toml").read_text("utf-8")), Case, str_keys=True)


def rows_elsewhere() -> set[int]:
    """The rows that README.md says are no case here, and why."""
    return {int(row) for row in _NOT_A_CASE.findall((FOLDER / "README.md").read_text("utf-8"))}


def place(given: Delivery, folder: Path, target: Path) -> Path:
    """Put the input of a delivery into a folder, under the name it is dropped as."""
    target.mkdir(parents=True, exist_ok=True)
    path = target / (given.dropped_as or given.file)
    if given.generator is None:
        path.write_bytes((folder / given.file).read_bytes())
    else:
        GENERATORS[given.generator](path)
    return path


def deliver(given: Delivery, folder: Path, settings: Settings, clock: Clock) -> tuple[Path, Outcome]:
    """Bring one input to the door of a home: where it was dropped, and what became of it."""
    if given.erased is not None:
        erase(settings, given.erased, clock=clock)
    mapping = None if given.mapping is None else folder / given.mapping
    outside, inbox = settings.home.parent / "drops", settings.inbox / SOURCE

    def ingest(path: Path, at: Clock = clock) -> Outcome:
        results, _ = ingest_into_home(settings, [path], mapping=mapping, clock=at)
        return Outcome(results[0] if results else None)

    def whole_inbox(path: Path) -> Outcome:
        return ingest(settings.inbox)

    def link(path: Path) -> Outcome:
        target = path.rename(path.with_name("elsewhere" + path.suffix))
        path.symlink_to(target)
        return ingest(path)

    def climbing(path: Path) -> Outcome:
        return ingest(path.parent / "sub" / ".." / path.name)

    def through_a_link(path: Path) -> Outcome:
        """The folder is a link to one outside the inbox."""
        outside.parent.mkdir(exist_ok=True)
        path.parent.rename(outside)
        path.parent.symlink_to(outside, target_is_directory=True)
        return ingest(path)

    def growing(path: Path) -> Outcome:
        """The clock is asked between hashing and archiving a file."""

        def clock_of_a_slow_upload():
            with path.open("ab") as file:
                file.write(b"more")
            return clock()

        return ingest(path, clock_of_a_slow_upload)

    ways: dict[str, tuple[Path, Callable[[Path], Outcome]]] = {
        "file": (outside, ingest),
        "inbox": (inbox, whole_inbox),
        "link": (inbox, link),
        "climbing": (inbox, climbing),
        "through a link": (inbox / "sub", through_a_link),
        "growing": (outside, growing),
        "apart": (outside, lambda path: _apart(path, settings)),
        "full disk": (inbox, lambda path: _on_a_full_disk(path, settings)),
    }
    target, way = ways[given.how]
    path = place(given, folder, target)
    return path, way(path)


def _apart(path: Path, settings: Settings) -> Outcome:
    """Ingest in a process of its own, which measures itself."""
    command = [sys.executable, "-m", "tests.conformance.measured", settings.home, path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    measured = json.loads(done.stdout)
    return Outcome(FileResult(**measured["result"]), measured["seconds"], measured["grown_mib"])


def _on_a_full_disk(path: Path, settings: Settings) -> Outcome:
    """Ingest by the command line where no file can grow beyond a few MiB: a write fails midway.

    The limit stands for a full disk and needs no privileges; tests/faults fills a real one.
    """
    command = [sys.executable, "-c", _LIMITED, str(FULL_AT_BYTES), "ingest", path, "--home", settings.home]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    said = " ".join(done.stderr.split())
    return Outcome(FileResult(str(path), None, f"exit {done.returncode}", notes=(said,)))
