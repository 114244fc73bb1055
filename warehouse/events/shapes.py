"""Lines of JSON taken apart many at a time, by the shape they share with a line that was looked at closely.

What one feed writes is the same few lines over and over with other values in them. A shape is such a line
without its values: what is written between them, and which of them is the value of which key. It is learnt
from one line, which must be a flat object of printable ASCII with a flat `data` and every key once. Another
line has the shape where its quotes, and all that is written between its values, are the same: so it is the
same object with other values. A value in quotes is then a text, since no quote, escape, control or foreign
character is in it; what a value without quotes is remains to be seen.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

Integers = np.ndarray[Any, np.dtype[np.int64]]
Words = np.ndarray[Any, np.dtype[np.uint64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]

MAX_SHAPES = 1024
"""Shapes learnt of one feed."""

MAX_TRIES = 256
"""Lines of one block that are looked at closely."""

_REACH = 16
"""Bytes that may be read beyond the start of a value; lines this close to the end are no one's."""

_WORD = np.dtype("<u8")
_LOW_BYTES = np.array([(1 << 8 * n_bytes) - 1 for n_bytes in range(9)], _WORD)
_INLINE = 12

_QUOTE = ord('"')
_MARKS = bytes(not 32 <= byte < 127 or byte in b'"\\' for byte in range(256))
"""1 for the bytes that no text without escapes holds, a quote among them."""

_TEXT = rb'"[ !#-\[\]-~]*"'
_VALUE = rb"(?:" + _TEXT + rb"|-?[0-9][0-9.]*|true|false)"
_PAIR = rb'"[a-z0-9_]+": ?' + _VALUE
_DATA = rb'"data": ?(?P<data>\{(?:' + _PAIR + rb"(?:, ?" + _PAIR + rb")*)?\})"
_EITHER = rb"(?:" + _DATA.replace(b"?P<data>", b"?:") + rb"|" + _PAIR + rb")"
_LINE = re.compile(rb"\{" + _EITHER + rb"(?:, ?" + _EITHER + rb")*\}\r?\n")
_DATA_AT = re.compile(_DATA)
_PAIR_AT = re.compile(rb'"([a-z0-9_]+)": ?(' + _VALUE + rb"|\{)")


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """Lines that follow one another, each with its line feed.

    `starts` is where in `data` each begins, and the end; `marks` where bytes stand that tell shapes apart,
    `first` how many of them come before each line, `words` the eight bytes from any place on.
    """

    data: bytes
    starts: Integers
    marks: Integers
    first: Integers
    words: Words

    @classmethod
    def of(cls, data: bytes, starts: Integers) -> Text:
        marks = np.flatnonzero(np.frombuffer(data.translate(_MARKS), bool))
        # A word at every place: each shares its bytes with seven others, and nothing is copied.
        words = np.ndarray(max(0, len(data) - 7), _WORD, data, strides=(1,))
        return cls(data, starts, marks, np.searchsorted(marks, starts), words)

    def signatures(self) -> Integers:
        """How many marks a line has, and how many of them are no quotes, in one number."""
        others = np.flatnonzero(np.frombuffer(self.data, np.uint8)[self.marks] != _QUOTE)
        return (np.diff(self.first) << 32) + np.diff(np.searchsorted(others, self.first))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value lies: so far behind one mark of its line, and so far before another one."""

    left: int
    lead: int
    right: int
    tail: int


@dataclass(frozen=True, slots=True)
class Shape:
    """A line without its values.

    `values` are the places of the values by their keys, those of the payload as `data.<key>`, in the order
    of the line, without their quotes; `between` is what is written before, between and behind them.
    `constants` are the values that belong to the shape, as they are written.
    """

    values: dict[str, Place]
    is_quoted: dict[str, bool]
    between: tuple[bytes, ...]
    constants: dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Lines of one shape, by their index, and where in the text each of their values starts and ends."""

    shape: Shape
    lines: Integers
    spans: dict[str, tuple[Integers, Integers]]


class Shapes:
    """The shapes of one feed; values of the keys in `fixed` are part of the shape."""

    def __init__(self, fixed: Sequence[str]) -> None:
        self._fixed = frozenset(fixed)
        self._known: dict[int, list[Shape]] = defaultdict(list)
        self._n_known = 0

    def split(self, text: Text, *, skip: int = 0) -> Iterator[Split]:
        """The lines that have a shape, shape by shape, without the first few."""
        signatures = text.signatures()
        n_lines = max(0, int(np.searchsorted(text.starts, len(text.data) - _REACH, side="right")) - 1)
        found, n_alike = np.unique(signatures[skip:n_lines], return_counts=True)
        n_tries = MAX_TRIES
        for signature in found[np.argsort(-n_alike)].tolist():
            known = self._known.get(signature, ())
            if not known and not n_tries:
                continue
            lines = skip + np.flatnonzero(signatures[skip:n_lines] == signature)
            for shape in known:
                alike, lines = alike_lines(text, shape, lines)
                yield alike
            while lines.size and n_tries and self._n_known < MAX_SHAPES:
                n_tries -= 1
                new = self._shape_of(text, int(lines[0]))
                if new is None:
                    lines = lines[1:]
                    continue
                self._known[signature].append(new)
                self._n_known += 1
                alike, lines = alike_lines(text, new, lines)
                yield alike

    def _shape_of(self, text: Text, line: int) -> Shape | None:
        start, end = text.starts[line : line + 2].tolist()
        marks = text.marks[text.first[line] : text.first[line + 1]] - start
        return shape_of(text.data[start:end], marks.tolist(), self._fixed)


def shape_of(line: bytes, marks: Sequence[int], fixed: frozenset[str]) -> Shape | None:
    """The shape of a line, or None where it is no flat object of plain text with every key once.

    An object of fewer than two values has none either: no event is one.
    """
    spans = _spans(line) if _LINE.fullmatch(line) else {}
    values = {key: _unquoted(line, *span) for key, span in spans.items() if key not in fixed}
    if len(values) < 2:
        return None
    edges = [0, *(place for span in values.values() for place in span), len(line)]
    return Shape(
        values={key: _place(start, end, marks) for key, (start, end) in values.items()},
        is_quoted={key: line[start - 1] == _QUOTE for key, (start, _) in values.items()},
        between=tuple(line[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)),
        constants={key: line[start:end].decode() for key, (start, end) in spans.items() if key in fixed},
    )


def _spans(line: bytes) -> dict[str, tuple[int, int]]:
    """Where the value of each key starts and ends; nothing where a key comes twice or there is no `data`."""
    data = _DATA_AT.search(line)
    if data is None:
        return {}
    payload = range(*data.span("data"))
    spans: dict[str, tuple[int, int]] = {}
    for match in _PAIR_AT.finditer(line):
        key = match[1].decode()
        if match.start() in payload:
            key = f"data.{key}"
        if key in spans:
            return {}
        spans[key] = match.span(2)
    del spans["data"]
    return spans


def _unquoted(line: bytes, start: int, end: int) -> tuple[int, int]:
    return (start + 1, end - 1) if line[start] == _QUOTE else (start, end)


def _place(start: int, end: int, marks: Sequence[int]) -> Place:
    left = bisect_left(marks, start) - 1
    right = bisect_left(marks, end)
    return Place(left, start - marks[left], right, marks[right] - end)


def alike_lines(text: Text, shape: Shape, lines: Integers) -> tuple[Split, Integers]:
    """Those of some lines, all with as many marks as a shape, that have it; and the others.

    The longest piece between two values tells most shapes apart: where its length is another one, nothing
    else is looked at.
    """
    values = list(shape.values.values())
    inner = max(range(1, len(values)), key=lambda index: len(shape.between[index]))
    before, behind = values[inner - 1], values[inner]
    first = text.first[lines]
    gap = text.marks[first + behind.left] + behind.lead - text.marks[first + before.right] + before.tail
    likely = lines[gap == len(shape.between[inner])]
    alike = _Alike(likely, text.first[likely], text.starts[likely])
    for key, written in zip(shape.values, shape.between, strict=False):
        place = shape.values[key]
        alike.follow(text, written, text.marks[alike.first + place.left] + place.lead)
        alike.take(key, text.marks[alike.first + place.right] - place.tail)
    alike.follow(text, shape.between[-1], text.starts[alike.lines + 1])
    is_other = np.ones(len(text.first), bool)
    is_other[alike.lines] = False
    return Split(shape, alike.lines, alike.spans), lines[is_other[lines]]


class _Alike:
    """Lines that have a shape as far as they were followed, which is up to `at`."""

    def __init__(self, lines: Integers, first: Integers, at: Integers) -> None:
        self.lines, self.first, self.at = lines, first, at
        self.spans: dict[str, tuple[Integers, Integers]] = {}

    def follow(self, text: Text, written: bytes, upto: Integers) -> None:
        """Keep the lines in which this is written from here up to some places, and go there."""
        upto = self._keep(upto - self.at == len(written), upto)
        self.at = self._keep(_says(text.words, self.at, written), upto)

    def take(self, key: str, upto: Integers) -> None:
        """Take what comes up to some places for the value of a key, and go there."""
        self.spans[key] = self.at, upto
        self.at = upto

    def _keep(self, is_alike: Mask, upto: Integers) -> Integers:
        if is_alike.all():
            return upto
        self.lines, self.first, self.at = self.lines[is_alike], self.first[is_alike], self.at[is_alike]
        self.spans = {key: (start[is_alike], end[is_alike]) for key, (start, end) in self.spans.items()}
        return upto[is_alike]


def _says(words: Words, at: Integers, written: bytes) -> Mask:
    """Whether something is written at some places, eight bytes at a time."""
    n_bytes = len(written)
    is_same: Mask = np.ones(len(at), bool)
    if n_bytes < 8:
        is_same &= (words[at] & _LOW_BYTES[n_bytes]) == np.uint64(int.from_bytes(written, "little"))
        return is_same
    for offset in [*range(0, n_bytes - 8, 8), n_bytes - 8]:
        is_same &= words[at + offset] == np.frombuffer(written, _WORD, 1, offset)
    return is_same


def write_views(text: Text, starts: Integers, ends: Integers, into: Words) -> None:
    """What is written from some places to others, as Arrow's string views: no byte of a long one is copied.

    A view is two words: the length and the first four bytes, then the next eight bytes of a short text or
    the place of a long one.
    """
    length = ends - starts
    begins = text.words[starts] & _LOW_BYTES[np.minimum(length, 4)]
    into[:, 0] = length.astype(_WORD) | begins << np.uint64(32)
    follows = text.words[starts + 4] & _LOW_BYTES[np.clip(length - 4, 0, 8)]
    into[:, 1] = np.where(length > _INLINE, starts.astype(_WORD) << np.uint64(32), follows)


def view_array(text: Text, made: Words, is_there: Mask) -> pa.Array:
    """Views as an Arrow array, with nothing where nothing is there."""
    valid = None if is_there.all() else pa.py_buffer(np.packbits(is_there, bitorder="little"))
    return pa.Array.from_buffers(
        pa.string_view(), len(made), [valid, pa.py_buffer(made), pa.py_buffer(text.data)]
    )
