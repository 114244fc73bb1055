"""A file in blocks of whole lines, and which of them are plain text: what the bulk decoder reads.

Lines are told apart as `records.split_lines` does it, many at a time.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.ingest.readers.records import MAX_ROW_BYTES, MIXED_LINE_ENDS, placed, too_long

BLOCK_BYTES = 12 << 20
"""Text handled at once: bounds memory whatever the size of the file."""

_SCAN_ROWS = 1 << 14
"""Rows that one thread of DuckDB takes at a time."""

_LF, _CR, _SPACE = 10, 13, 32

_ODD = (b"\\", b"\x7f", b",}", b", }", b"  ")
"""What no plain line holds: an escape, a control character, and a comma before a closing bracket, which is
no JSON, though DuckDB reads it."""

Integers = np.ndarray[Any, np.dtype[np.int64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True, eq=False)
class Block:
    """Lines that follow one another, each with its line feed.

    `number` and `offset` are those of the first; `starts` is where in `data` each begins, and the end.
    """

    number: int
    offset: int
    data: bytes
    starts: Integers

    def line(self, index: int) -> tuple[int, int, bytes]:
        """Number, offset and bytes of a line, as `split_lines` gives them."""
        start, end = self.starts[index], self.starts[index + 1]
        return placed(self.number + index, self.offset + int(start), self.data[start:end])

    def plain(self, *, is_first: bool) -> Mask:
        """Which lines are printable ASCII without escapes and hold nothing that looks like loose JSON.

        The first line of a file that holds something never is: it is looked at more closely.
        """
        if not self.data.endswith(b"\n"):
            return np.zeros(len(self.starts) - 1, bool)
        ends = self.starts[1:] - 1
        plain = np.ones(len(ends), bool)
        plain[np.searchsorted(ends, self._odd_places(ends))] = False
        if is_first:
            plain[: self._n_blank() + 1] = False
        return plain

    def lines(self, chosen: Mask) -> pa.Table:
        """Some of the lines, as `line` (their number) and `text`."""
        text = pa.LargeStringArray.from_buffers(
            len(self.starts) - 1, pa.py_buffer(self.starts), pa.py_buffer(self.data)
        )
        numbers = pa.array(np.arange(self.number, self.number + len(text)))
        table = pa.table({"line": numbers, "text": text})
        if not chosen.all():
            table = table.filter(pa.array(chosen)).combine_chunks()
        return pa.Table.from_batches(table.to_batches(_SCAN_ROWS), table.schema)

    def without(self, plain: pa.Table | None) -> list[int]:
        """The lines that are not among some decoded ones, by their index."""
        is_left = np.ones(len(self.starts) - 1, bool)
        if plain is not None:
            is_left[plain["line"].to_numpy() - self.number] = False
        return np.flatnonzero(is_left).tolist()

    def _n_blank(self) -> int:
        """How many lines come before the first that holds something."""
        return bisect(self.starts, len(self.data) - len(self.data.lstrip())) - 1

    def _odd_places(self, ends: Integers) -> Integers:
        """Where a byte stands that no plain line holds; `ends` are the places of the line feeds."""
        marks = [re.escape(mark) for mark in _ODD if mark in self.data]
        signed = np.frombuffer(self.data, np.int8)
        is_odd = signed < _SPACE  # the bytes above ASCII are negative
        if np.count_nonzero(is_odd) > len(ends):
            before = ends[self.starts[:-1] < ends] - 1
            is_odd[before[signed[before] == _CR]] = False
            is_odd[ends] = False
            odd = np.flatnonzero(is_odd)
        else:
            odd = np.empty(0, np.int64)
        found = (match.start() for match in re.finditer(b"|".join(marks), self.data)) if marks else ()
        return np.concatenate([odd, np.fromiter(found, np.int64)])


def read_blocks(chunks: Iterable[bytes], notes: list[str]) -> Iterator[Block]:
    """The lines of a file in blocks; one that ends without a line feed is a block of its own.

    Refuses a line above the row limit, as `split_lines` does.
    """
    number, offset, n_crlf, n_lf = 1, 0, 0, 0
    for data in _whole_lines(chunks):
        ends = np.flatnonzero(np.frombuffer(data, np.uint8) == _LF) + 1
        n_lf += len(ends)
        n_crlf += data.count(b"\r\n")
        if not data.endswith(b"\n"):
            ends = np.append(ends, len(data))
        block = Block(number, offset, data, np.concatenate([[0], ends]))
        lengths = np.diff(block.starts)
        if (lengths > MAX_ROW_BYTES + 1).any():
            longest, _, line = block.line(int(lengths.argmax()))
            raise too_long(line, longest)
        yield block
        number += len(ends)
        offset += len(data)
    if 0 < n_crlf < n_lf:
        notes.append(MIXED_LINE_ENDS)


def _whole_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Whole lines, many at a time; what follows the last line feed comes alone at the end.

    A block without any line feed comes as it is: it is a line above the limit.
    """
    held = bytearray()
    for chunk in chunks:
        held += chunk
        if len(held) >= BLOCK_BYTES:
            end = held.rfind(b"\n") + 1 or len(held)
            yield bytes(held[:end])
            del held[:end]
    end = held.rfind(b"\n") + 1
    yield from (bytes(part) for part in (held[:end], held[end:]) if part)
