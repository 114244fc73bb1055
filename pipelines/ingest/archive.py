"""The archive: every landed file, byte for byte, sealed with a key of its own that the vault holds.

Landed bytes may hold names and addresses, so they never lie open on disk a second time; erasing a person
rewrites the few files they occur in. The mappings files were read through are kept beside them.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from pipelines.ingest.mapping import Mapping
from warehouse.errors import FileRefused, KinkeeperError
from warehouse.log import Delivery
from warehouse.settings import Settings
from warehouse.vault import Vault, seal_stream, unseal_stream

CHUNK_BYTES = 1 << 20
MAPPING_PREFIX = "mapping-"


def open_dropped(path: Path) -> BinaryIO:
    """A dropped file for reading; refuses with `file.path` what is a link, a folder, a pipe or missing."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        handle = os.open(path, flags | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise FileRefused("file.path", "there is no such file") from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise FileRefused("file.path", "a symbolic link: drop the file itself") from None
        raise FileRefused("file.unreadable", f"cannot be opened: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise FileRefused("file.path", "not a plain file")
    return os.fdopen(handle, "rb")


def sha256_of(file: BinaryIO) -> str:
    """The hash of an open file, from its start."""
    digest = hashlib.sha256()
    for chunk in _chunks(file):
        digest.update(chunk)
    return digest.hexdigest()


def seal_file(file: BinaryIO, delivery: Delivery, settings: Settings, vault: Vault) -> None:
    """Seal an open file's bytes into the archive, durably, before anything is said about them.

    Refuses with `file.changing` where the bytes are no longer those that were hashed: the file is still
    being written.
    """
    digest = hashlib.sha256()
    temporary = seal_aside(
        _hashed(_chunks(file), digest), delivery.file_id, vault.file_key(delivery.file_id), settings
    )
    if digest.hexdigest() != delivery.sha256:
        temporary.unlink()
        raise FileRefused("file.changing", "the file changed while it was read: wait until it is whole")
    put_in_place(temporary, settings)


def seal_aside(chunks: Iterable[bytes], file_id: str, key: bytes, settings: Settings) -> Path:
    """Seal bytes into a file beside the archived ones, durably; `put_in_place` makes it the delivery's."""
    temporary = settings.archive / f"{file_id}.tmp"
    try:
        settings.archive.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb", opener=_private) as sealed:
            seal_stream(key, chunks, sealed)
            sealed.flush()
            os.fsync(sealed.fileno())
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise KinkeeperError(
            f"cannot write to {settings.archive}: {error.strerror}. Nothing of the file was taken: "
            "make room and ingest it again"
        ) from error
    return temporary


def put_in_place(temporary: Path, settings: Settings) -> None:
    """Let what was sealed aside take the place of what the archive holds of its delivery."""
    os.replace(temporary, temporary.with_suffix(""))
    _sync_folder(settings.archive)


def read_archived(settings: Settings, vault: Vault, file_id: str) -> Iterator[bytes]:
    """The bytes of a delivery as they landed."""
    with open_archived(settings, file_id) as sealed:
        yield from unseal_stream(vault.known_key(file_id), sealed)


def open_archived(settings: Settings, file_id: str) -> BinaryIO:
    """The sealed bytes of a delivery; raises KinkeeperError where the archive lost them."""
    path = settings.archive / file_id
    if not path.is_file():
        raise KinkeeperError(f"the archive does not hold {file_id}: restore {settings.archive} from a backup")
    return path.open("rb")


def packed_size(settings: Settings, file_id: str) -> int:
    """How many bytes a delivery takes in the archive, which is a little more than it had."""
    return (settings.archive / file_id).stat().st_size


def sweep(settings: Settings) -> None:
    """Delete what an interrupted run left half sealed; call it under the writer lock."""
    for leftover in settings.archive.glob("*.tmp"):
        leftover.unlink()


def keep_mapping(mapping: Mapping, settings: Settings) -> None:
    """Keep what files are read through, under its fingerprint, so that they can be read so again."""
    path = _mapping_path(mapping.fingerprint, settings)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        temporary.write_text(mapping.model_dump_json(by_alias=True, exclude_defaults=True), "utf-8")
        os.replace(temporary, path)


def kept_mapping(fingerprint: str, settings: Settings) -> Mapping | None:
    """The mapping of that fingerprint, if a file was read through it here."""
    path = _mapping_path(fingerprint, settings)
    return Mapping.model_validate_json(path.read_bytes()) if path.is_file() else None


def _mapping_path(fingerprint: str, settings: Settings) -> Path:
    return settings.archive / f"{MAPPING_PREFIX}{fingerprint}.json"


def _hashed(chunks: Iterable[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    for chunk in chunks:
        digest.update(chunk)
        yield chunk


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
