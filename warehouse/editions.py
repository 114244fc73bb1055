"""Published reports: where each edition lies, what fixes it, and the hashes of its files.

An edition is a folder `<home>/reports/<quarter>/<name>/` with a manifest. It is written once; a later one is
another folder. Screens list them, `pipelines/quarterly/` makes them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from warehouse.errors import KinkeeperError

Audience = Literal["internal", "sponsor"]

MODEL, MANIFEST = "report.json", "manifest.json"


ALL_PROGRAMS = "all"
"""What stands for the program of a report of all programs of a home."""


class Origin(msgspec.Struct, frozen=True, omit_defaults=True):
    """What fixes every number of an edition. Instants are UTC, ISO 8601."""

    quarter: str
    program_id: str
    """The program; of several what they are called: ALL_PROGRAMS, or their ids with a plus between."""
    audience: Audience
    as_of: str
    known_at: str
    policy_fingerprint: str
    log_position: int
    log_hash: str
    """The head of the log's hash chain at that position."""
    mart_hash: str
    """Of everything the report read from the tables."""
    version: str
    programs: tuple[str, ...] = ()
    """Where it tells of several, their ids in order; left out where it is one."""

    @property
    def told_of(self) -> tuple[str, ...]:
        """The ids of the programs it tells of."""
        return self.programs or (self.program_id,)

    @property
    def snapshot_hash(self) -> str:
        """One name for all of it: SHA-256 of its canonical JSON."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


class File(msgspec.Struct, frozen=True):
    """One file of an edition and the SHA-256 of its bytes."""

    name: str
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What an edition is and where it comes from."""

    edition: int
    origin: Origin
    policy: dict[str, Any]
    report_sha256: str
    files: tuple[File, ...]
    narrative: dict[str, str] = {}

    @property
    def snapshot_hash(self) -> str:
        return self.origin.snapshot_hash


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition on disk."""

    folder: Path
    manifest: Manifest

    @property
    def place(self) -> tuple[str, str, str, int]:
        """What orders editions: quarter, program, audience, number."""
        origin = self.manifest.origin
        return origin.quarter, origin.program_id, origin.audience, self.manifest.edition

    @property
    def published(self) -> tuple[str, int]:
        """What orders them by when they were told."""
        return self.manifest.origin.known_at, self.manifest.edition

    def model(self) -> bytes:
        """Its frozen model; raises KinkeeperError where that is gone or was changed."""
        path = self.folder / MODEL
        data = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(data).hexdigest() != self.manifest.report_sha256:
            raise KinkeeperError(
                f"{path} is not what was frozen: restore a backup, or ask for a new edition with "
                "`kinkeeper report --edition new`"
            )
        return data


def problems(folder: Path) -> list[str]:
    """What is not as it was frozen: each model and file against its manifest. A file that is gone is none.

    (A file of an edition is written again out of its model whenever it is asked for.)
    """
    try:
        found = editions(folder)
    except KinkeeperError as error:
        return [str(error)]
    return [problem for edition in found for problem in _problems(edition)]


def _problems(edition: Edition) -> list[str]:
    try:
        edition.model()
    except KinkeeperError as error:
        return [str(error)]
    return [
        f"{edition.folder / file.name} is not what was frozen: delete it, and `kinkeeper report` writes it "
        "again out of the frozen model"
        for file in edition.manifest.files
        if (path := edition.folder / file.name).is_file()
        and hashlib.sha256(path.read_bytes()).hexdigest() != file.sha256
    ]


def editions(folder: Path) -> list[Edition]:
    """All editions below a folder of reports, in order of `place`."""
    found = []
    for path in folder.glob(f"*/[!.]*/{MANIFEST}"):
        try:
            found.append(Edition(path.parent, msgspec.json.decode(path.read_bytes(), type=Manifest)))
        except msgspec.MsgspecError:
            raise KinkeeperError(f"{path} is damaged: restore a backup, or move its folder away") from None
    return sorted(found, key=lambda edition: edition.place)
