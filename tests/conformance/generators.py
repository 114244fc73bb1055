"""Inputs too large, or too much made out of one another, to lie here as files: a function writes each.

A delivery names its generator in `case.toml`; what a generator writes is the same every time.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

HEADER = b"id,person,name,at\n"
MIB = 1 << 20

GENERATORS: dict[str, Callable[[Path], object]] = {}


def generator(write: Callable[[Path], object]) -> Callable[[Path], object]:
    """Enter a function that writes one input under its own name."""
    GENERATORS[write.__name__] = write
    return write


def rows(first: int, last: int) -> bytes:
    """Rows of a roster."""
    return b"".join(b"r%d,u%d,Ana,2026-03-01T10:00:00Z\n" % (n, n) for n in range(first, last + 1))


PACKED = gzip.compress(HEADER + rows(1, 500), mtime=0)


@generator
def a_gigabyte_without_a_line_feed(path: Path) -> None:
    with path.open("wb") as file:
        for _ in range(1024):
            file.write(b"n" * MIB)


@generator
def ten_million_columns(path: Path) -> None:
    path.write_bytes(b"," * 10_000_000)


@generator
def packed(path: Path) -> None:
    path.write_bytes(PACKED)


@generator
def packed_without_its_last_20_bytes(path: Path) -> None:
    path.write_bytes(PACKED[:-20])


@generator
def packed_with_a_checksum_of_zero(path: Path) -> None:
    path.write_bytes(PACKED[:-8] + bytes(4) + PACKED[-4:])


@generator
def packed_with_junk_behind(path: Path) -> None:
    path.write_bytes(PACKED + b"junk")


@generator
def two_packed_exports_joined(path: Path) -> None:
    path.write_bytes(PACKED + gzip.compress(HEADER + rows(501, 502), mtime=0))


@generator
def fifty_megabytes_packed_a_thousand_times(path: Path) -> None:
    path.write_bytes(gzip.compress(bytes(50_000_000), mtime=0))


@generator
def packed_twice(path: Path) -> None:
    path.write_bytes(gzip.compress(PACKED, mtime=0))


@generator
def packed_three_times(path: Path) -> None:
    path.write_bytes(gzip.compress(gzip.compress(PACKED, mtime=0), mtime=0))


@generator
def a_line_nested_200000_deep(path: Path) -> None:
    path.write_bytes(b"[" * 200_000 + b"\n")


@generator
def a_name_of_70000_letters(path: Path) -> None:
    path.write_bytes(HEADER + rows(1, 1) + b"r2,u2,%s,2026-03-01T10:00:00Z\n" % (b"n" * 70_000))


@generator
def one_line_and_six_mebibytes_of_spaces(path: Path) -> None:
    line = (
        b'{"id":"e1","source":"platform","type":"mentorship.session.held.v1","subject":"relationship/p1",'
        b'"time":"2026-03-01T10:00:00Z","data":{"session_id":"s1"}}\n'
    )
    path.write_bytes(line + (b" " * 1023 + b"\n") * (6 * MIB // 1024))
