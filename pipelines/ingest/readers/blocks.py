"""A file in blocks of whole lines: what the bulk decoder reads.

Lines are told apart as `records.split_lines` does it, many at a time.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipelines.ingest.readers.records import MAX_ROW_BYTES, MIXED_LINE_ENDS, placed, too_long
from warehouse.events.shapes import Integers

BLOCK_BYTES = 12 << 20
"""Text handled at once: bounds memory whatever the size of the file."""

_LF = 10


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

    @property
    def n_blank(self) -> int:
        """How many lines come before the first that holds something."""
        return bisect(self.starts, len(self.data) - len(self.data.lstrip())) - 1

    def without(self, plain: pa.Table | None) -> list[int]:
        """The lines that are not among some decoded ones, by their index."""
        is_left = np.ones(len(self.starts) - 1, bool)
        if plain is not None:
            is_left[plain["line"].to_numpy() - self.number] = False
        return np.flatnonzero(is_left).tolist()


def read_blocks(chunks: Iterable[bytes], notes: list[str]) -> Iterator[Block]:
    """The lines of a file in blocks; one that ends without a line feed is a block of its own.

    Refuses a line above the row limit, as `split_lines` does.
    """
    number, offset, n_crlf, n_lf = 1, 0, 0, 0
    for data in _whole_lines(chunks):
        ends = np.flatnonzero(np.frombuffer(data, np.uint8) == _LF) + 1
        n_lf += len(ends)
        n_crlf += data.count(b"\r\n") if b"\r" in data else 0
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
    held: list[bytes] = []
    n_bytes = 0
    for chunk in chunks:
        held.append(chunk)
        n_bytes += len(chunk)
        if n_bytes >= BLOCK_BYTES:
            whole, rest = _cut(held)
            yield whole
            held, n_bytes = [rest], len(rest)
    yield from (part for part in _cut(held) if part)


def _cut(chunks: list[bytes]) -> tuple[bytes, bytes]:
    """What goes up to the last line feed, and what follows it; all of it where there is none."""
    for index in reversed(range(len(chunks))):
        end = chunks[index].rfind(b"\n") + 1
        if end:
            whole = b"".join([*chunks[:index], memoryview(chunks[index])[:end]])
            return whole, b"".join([memoryview(chunks[index])[end:], *chunks[index + 1 :]])
    return b"".join(chunks), b""
