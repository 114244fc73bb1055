"""What kind of file this is, by its name and by its first bytes, and gzip unpacked under caps.

DuckDB reads a gzip file whose checksum is wrong; Python's zlib does not, so unpacking happens here.
"""

from __future__ import annotations

import itertools
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePath

from warehouse.errors import FileRefused

MAX_BYTES = 2 << 30
MAX_RATIO = 200
CHUNK_BYTES = 1 << 20

_GZIP = b"\x1f\x8b"
_MAGIC = {
    _GZIP: "gzip",
    b"PAR1": "parquet",
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstandard",
    b"7z\xbc\xaf": "7-zip",
    b"%PDF": "PDF",
    b"\xd0\xcf\x11\xe0": "an old Office file",
}
_PACKED = re.compile(r"(?:\.gz)+$")
_FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "ndjson",
    ".ics": "ics",
    ".ical": "ics",
    ".icalendar": "ics",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
    ".zip": "zip",
    ".mbox": "mbox",
}


def format_of(name: str) -> str:
    """What kind of file a name says it is, such as `csv`; `.gz` at its end does not count."""
    suffix = PurePath(_PACKED.sub("", name.lower())).suffix
    if suffix not in _FORMATS:
        raise FileRefused(
            "file.type_unknown", f"no reader for {suffix or 'a name without ending'}: {_known()}"
        )
    return _FORMATS[suffix]


def unpacked(read: Callable[[], Iterator[bytes]], name: str, packed_bytes: int) -> Iterator[bytes]:
    """The bytes of the file named so, unpacked if it is a gzip file; `read` gives them from the start.

    A gzip file is unpacked once for its checksum and caps before its first row is looked at. Refuses with
    `file.empty`, `file.type_mismatch` (its first bytes are not what its name says), `file.nested_archive`,
    `gzip.ratio`, `file.too_large`, `gzip.crc`, `gzip.truncated` and `gzip.trailing`.
    """
    is_gzip = name.lower().endswith(".gz")
    expected = "gzip" if is_gzip else "parquet" if format_of(name) == "parquet" else None
    head, contents = _peek(read())
    if _magic(head) != expected:
        found = _magic(head) or "text"
        raise FileRefused("file.type_mismatch", f"the name says {expected or 'text'}, the bytes say {found}")
    if not is_gzip:
        return contents
    for _ in _gunzip(contents, packed_bytes):
        pass
    inner, contents = _peek(_gunzip(read(), packed_bytes))
    if kind := _magic(inner):
        raise FileRefused("file.nested_archive", f"inside the gzip file is {kind}: pack plain text, once")
    return contents


def _peek(chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, and all of them; a file of no bytes is refused."""
    iterator = iter(chunks)
    first = next(iterator, b"")
    if not first:
        raise FileRefused("file.empty", "the file holds no bytes: was the export stopped?")
    return first, itertools.chain((first,), iterator)


def _magic(head: bytes) -> str | None:
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)


def _gunzip(chunks: Iterable[bytes], packed_bytes: int) -> Iterator[bytes]:
    """All members of a gzip file, each checked against its checksum; a bomb never unfolds beyond the cap."""
    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    n_bytes = 0
    for packed in chunks:
        pending = packed
        while pending:
            if member.eof:
                member = _next_member(pending)
            chunk = _inflate(member, pending)
            pending = member.unused_data if member.eof else member.unconsumed_tail
            n_bytes += len(chunk)
            _refuse_bomb(n_bytes, packed_bytes)
            if chunk:
                yield chunk
    if not member.eof:
        raise FileRefused("gzip.truncated", "the gzip file is cut off: was the upload stopped? Send it again")


def _inflate(member: zlib._Decompress, packed: bytes) -> bytes:
    try:
        return member.decompress(packed, CHUNK_BYTES)
    except zlib.error:
        raise FileRefused(
            "gzip.crc", "the gzip file is damaged: its checksum is wrong. Send it again"
        ) from None


def _next_member(packed: bytes) -> zlib._Decompress:
    if not packed.startswith(_GZIP[: len(packed)]):
        raise FileRefused("gzip.trailing", "something that is not gzip follows the end of the gzip file")
    return zlib.decompressobj(zlib.MAX_WBITS | 16)


def _refuse_bomb(n_bytes: int, packed_bytes: int) -> None:
    if n_bytes > MAX_RATIO * packed_bytes:
        raise FileRefused("gzip.ratio", f"unpacks to more than {MAX_RATIO} times its size: this is no export")
    if n_bytes > MAX_BYTES:
        raise FileRefused("file.too_large", f"more than {MAX_BYTES:,} bytes unpacked: split the file")


def _known() -> str:
    return ", ".join(_FORMATS) + "; text also as .gz"
