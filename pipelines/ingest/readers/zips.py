"""Zip files, and folders they were unpacked into, under caps that are looked at before anything is read."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from warehouse.errors import FileRefused

MAX_ZIP_BYTES = 256 << 20
"""A zip is read from its end, so the whole file is held in memory."""

MAX_UNPACKED = 1 << 30
MAX_ENTRY = 256 << 20
MAX_RATIO = 200
MAX_ENTRIES = 50_000


class Files(Protocol):
    """What a zip and a folder have in common."""

    def namelist(self) -> list[str]:
        """The paths of its files."""

    def read(self, name: str, /) -> bytes:
        """The bytes of one of them."""


@dataclass(frozen=True, slots=True)
class JsonFolder:
    """The JSON files of a folder and of the folders in it; links are none of them."""

    folder: Path

    def namelist(self) -> list[str]:
        """The paths of its files, from the folder on. Refuses with `zip.too_large`."""
        found = [
            path
            for path in (*self.folder.glob("*.json"), *self.folder.glob("*/*.json"))
            if path.is_file() and not path.is_symlink() and not path.parent.is_symlink()
        ]
        sizes = [path.stat().st_size for path in found]
        if len(found) > MAX_ENTRIES or sum(sizes) > MAX_UNPACKED or max(sizes, default=0) > MAX_ENTRY:
            raise FileRefused("zip.too_large", "more or larger files in the folder than an export has")
        return [path.relative_to(self.folder).as_posix() for path in found]

    def read(self, name: str, /) -> bytes:
        """The bytes of one of them; KeyError where there is none."""
        path = self.folder / name
        if not path.is_file():
            raise KeyError(name)
        return path.read_bytes()


def open_zip(content: bytes) -> zipfile.ZipFile:
    """A zip file, opened. Refuses with `zip.damaged`, `zip.encrypted`, `zip.path` and `zip.too_large`."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise FileRefused("zip.damaged", "the zip file is cut off or damaged: send it again") from None
    entries = archive.infolist()
    n_bytes = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES:
        raise FileRefused("zip.too_large", f"more than {MAX_ENTRIES:,} files in one zip: this is no export")
    if n_bytes > MAX_UNPACKED or n_bytes > MAX_RATIO * max(len(content), 1):
        hint = f"unpacks to {n_bytes:,} bytes out of {len(content):,}: this is no export"
        raise FileRefused("zip.too_large", hint)
    for entry in entries:
        if entry.flag_bits & 1:
            raise FileRefused("zip.encrypted", "the zip file asks for a password: export it without one")
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            raise FileRefused("zip.path", "a file in the zip leaves its folder by its path")
        if entry.file_size > MAX_ENTRY:
            raise FileRefused("zip.too_large", f"a file in the zip has more than {MAX_ENTRY:,} bytes")
    return archive


def unzipped(archive: Files, name: str) -> bytes:
    """The bytes of one file in a zip; refuses with `zip.damaged` where its checksum is wrong."""
    try:
        return archive.read(name)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError):
        raise FileRefused("zip.damaged", "a file in the zip is damaged: send it again") from None
