"""A backup: one file with every fact of a home folder, and its way back into an empty one.

In it: log, high-water mark, operational store with the vault, landed files (sealed), frozen reports, policy.
Not in it: what a build makes again (derived tables, publications), what waits in the inbox, and Dagster's own
records. It holds names and keys, so it deserves the care of the home folder itself.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pipelines.erase import ERASURES_FILE, erase
from warehouse.clock import Clock, system_clock
from warehouse.database import writer_lock
from warehouse.erasure import Erasures
from warehouse.errors import KinkeeperError
from warehouse.operations import open_operations
from warehouse.settings import Settings, load_settings
from warehouse.verify import verify

MANIFEST = "manifest.json"
FORMAT = 1
OPERATIONS = "operations.sqlite"
DERIVED = ("warehouse/models.duckdb", "published/", "dagster/", "inbox/", ".writer", OPERATIONS)
"""How paths begin that are not copied as they stand: made again, waiting, or copied by SQLite itself."""

_CHUNK = 1 << 20

Step = Callable[[str], None]


def _silent(_step: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Backup:
    """What was written, and where."""

    path: str
    sha256: str
    n_files: int
    n_bytes: int

    def as_dict(self) -> dict[str, str | int]:
        return dataclasses.asdict(self)


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back; people who were erased after the backup are erased again."""

    home: str
    made_at: str
    n_files: int
    n_erased_again: int

    def as_dict(self) -> dict[str, str | int]:
        return dataclasses.asdict(self)


def back_up(
    settings: Settings, path: Path, *, clock: Clock = system_clock, on_step: Step = _silent
) -> Backup:
    """Write the facts of a home into one new file, readable by its owner alone.

    It waits for whoever writes to the home, so it always holds whole runs. Raises KinkeeperError where there
    is nothing to back up, where the file exists, and where the operational store is not a file of the home.
    """
    if not settings.log_file.exists():
        raise KinkeeperError(f"{settings.home} holds no events yet: there is nothing to back up")
    if path.exists():
        raise KinkeeperError(f"{path} exists: a backup never overwrites, name another file")
    if not settings.operations_url.startswith("sqlite"):
        raise KinkeeperError(
            "the operational store is a server's database: back that up with its own tools, at the same time"
        )
    unfinished = path.with_name(path.name + ".unfinished")
    with writer_lock(settings.home), _owner_only(unfinished) as target:
        hashes = _write(settings, target, clock(), on_step)
    unfinished.rename(path)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Backup(str(path), sha256, len(hashes), path.stat().st_size)


def restore(
    path: Path,
    home: Path,
    *,
    erasures: Path | None = None,
    clock: Clock = system_clock,
    on_step: Step = _silent,
) -> Restored:
    """Bring a backup back into a folder that is empty or not there, checked byte by byte and by `verify`.

    `erasures` is the list of erased person ids that a home keeps: whoever stands in it is erased again, so
    that an old backup brings nobody back. Raises KinkeeperError where the folder holds something, and where
    the file is no backup or damaged; the folder then stays as it was.
    """
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise KinkeeperError(f"{home} is not empty: restore into a new folder, then use it with --home")
    again = [] if erasures is None else _listed(erasures)
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=f".{home.name}-restoring-") as scratch:
        unpacked = Path(scratch) / "home"
        unpacked.mkdir()
        manifest = _unpack(path, unpacked, on_step)
        settings = load_settings(unpacked)
        on_step("verify")
        if problems := verify(settings):
            raise KinkeeperError(f"{path} came back damaged: {problems[0]}")
        n_erased = sum(_erase_again(settings, person_id, clock) for person_id in again)
        if home.exists():
            home.rmdir()
        unpacked.rename(home)
    return Restored(str(home), str(manifest["made_at"]), len(manifest["files"]), n_erased)


@contextlib.contextmanager
def _owner_only(path: Path) -> Iterator[BinaryIO]:
    """A new file that only its owner may read, gone again if writing it fails."""
    path.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _write(settings: Settings, target: BinaryIO, made_at: dt.datetime, on_step: Step) -> dict[str, str]:
    """Write all members, the manifest last; the answer is name -> sha256."""
    hashes: dict[str, str] = {}
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, source in _members(settings.home):
            on_step(name)
            hashes[name] = _add(tar, name, source)
        with tempfile.TemporaryDirectory(dir=settings.home) as scratch:
            copy = Path(scratch) / OPERATIONS
            _copy_sqlite(settings.home / OPERATIONS, copy)
            hashes[OPERATIONS] = _add(tar, OPERATIONS, copy)
        manifest = {"format": FORMAT, "made_at": made_at.isoformat(), "files": hashes}
        raw = json.dumps(manifest, indent=1).encode()
        header = tarfile.TarInfo(MANIFEST)
        header.size, header.mode = len(raw), 0o600
        tar.addfile(header, io.BytesIO(raw))
    return hashes


def _members(home: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home).as_posix()
        if path.is_file() and not name.startswith(DERIVED) and not name.endswith(".tmp"):
            yield name, path


def _add(tar: tarfile.TarFile, name: str, source: Path) -> str:
    header = tarfile.TarInfo(name)
    header.size, header.mode = source.stat().st_size, 0o600
    with source.open("rb") as file:
        tar.addfile(header, file)
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy_sqlite(source: Path, target: Path) -> None:
    """A consistent copy although screens may write to it meanwhile (SQLite's own online backup)."""
    with (
        contextlib.closing(sqlite3.connect(source)) as old,
        contextlib.closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)


def _unpack(path: Path, into: Path, on_step: Step) -> dict[str, Any]:
    try:
        with tarfile.open(path, mode="r:") as tar:
            manifest = _manifest(tar)
            for name, expected in manifest["files"].items():
                on_step(name)
                if _extract(tar, name, into) != expected:
                    raise KinkeeperError(f"{path} is damaged: {name} is not what was backed up")
    except (tarfile.TarError, KeyError, ValueError, EOFError):
        raise KinkeeperError(
            f"{path} is no whole backup of Kinkeeper: it was cut short, or is another file. Take an older one"
        ) from None
    return manifest


def _manifest(tar: tarfile.TarFile) -> dict[str, Any]:
    member = tar.extractfile(MANIFEST)
    if member is None:
        raise KeyError(MANIFEST)
    manifest: dict[str, Any] = json.load(member)
    if manifest["format"] != FORMAT:
        raise KinkeeperError("this backup was made by a newer version of Kinkeeper: install that first")
    return manifest


def _extract(tar: tarfile.TarFile, name: str, into: Path) -> str:
    """Write one member where the manifest says, never outside the folder; its sha256."""
    target = (into / name).resolve()
    if not target.is_relative_to(into.resolve()):
        raise ValueError(name)
    member = tar.extractfile(name)
    if member is None:
        raise KeyError(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _owner_only(target) as file:
        shutil.copyfileobj(member, file, _CHUNK)
    with target.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _listed(erasures: Path) -> list[str]:
    try:
        return erasures.read_text("ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        raise KinkeeperError(
            f"{erasures} is no list of erased people: give the {ERASURES_FILE} of the newer home "
            f"({type(error).__name__})"
        ) from None


def _erase_again(settings: Settings, person_id: str, clock: Clock) -> bool:
    """Whether the backup knew the person at all."""
    engine = open_operations(settings.operations_url)
    try:
        Erasures(engine).find(person_id)
    except KinkeeperError:
        return False
    finally:
        engine.dispose()
    erase(settings, person_id, clock=clock)
    return True
