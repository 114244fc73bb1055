"""What every reader yields, the limits no inbound file may pass, and how its bytes become lines and text.

Readers work on a stream of byte chunks and hold one row at a time, whatever the size of the file. A row
that cannot be read is a record too: its content is the reason, its bytes go to quarantine.
"""

from __future__ import annotations

import codecs
import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from warehouse.errors import EventRejected, FileRefused

MAX_ROW_BYTES = 1 << 20
MAX_COLUMNS = 256
MAYBE_TRUNCATED = "maybe_truncated: the file ends inside a row, ask the source to send it again"

MIXED_LINE_ENDS = "lines end in LF and in CR LF"

UTF8_BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a file: its line from 1, its byte offset (none in Parquet), its bytes and its content."""

    number: int
    offset: int | None
    raw: bytes
    content: dict[str, Any] | EventRejected


@dataclass(frozen=True, slots=True)
class Layout:
    """How a source lays out its rows: the columns asked for, and the foreign names they may go by.

    `aliases` maps our name of a column to the name it has in the file.
    """

    needed: frozenset[str] = frozenset()
    aliases: Mapping[str, str] = field(default_factory=dict)
    delimiter: str = ","
    encoding: str = "utf-8"

    def columns(self, header: Sequence[str], notes: list[str]) -> list[str]:
        """Our names for the columns of a header; refuses a header that lacks one, notes what is new."""
        ours = {foreign: name for name, foreign in self.aliases.items() if name not in header}
        names = [ours.get(name, name) for name in header]
        for missing in sorted(self.needed - set(names)):
            raise FileRefused("schema.missing_column", _missing(missing, header))
        if unused := sorted(set(names) - self.needed - {""}):
            notes.append(f"columns the mapping does not use: {', '.join(unused)}")
        return names

    def rename(self, row: dict[str, Any]) -> dict[str, Any]:
        """The same for one row that carries its own names."""
        for name, foreign in self.aliases.items():
            if foreign in row and name not in row:
                row[name] = row.pop(foreign)
        return row


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like this one, if any does."""
    folded = {other.casefold(): other for other in known}
    close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def too_long(_row: bytes, number: int) -> FileRefused:
    """Why a file with such a row is refused; its number is that of its line."""
    return FileRefused(
        "row.too_long", f"row {number:,} is longer than {MAX_ROW_BYTES:,} bytes: is every row a line?"
    )


def split_lines(
    chunks: Iterable[bytes],
    notes: list[str],
    refusal: Callable[[bytes, int], FileRefused] = too_long,
) -> Iterator[tuple[int, int, bytes]]:
    """Line number, byte offset and bytes of each line, its line feed included; a BOM at the start is dropped.

    Refuses a line above the row limit as soon as the limit is passed, with what `refusal` makes of it.
    """
    number, offset, tail = 1, 0, bytearray()
    has_lf = has_crlf = False
    for chunk in chunks:
        *parts, rest = chunk.split(b"\n")
        if parts:
            parts[0] = bytes(tail) + parts[0]
            tail.clear()
        tail += rest
        for part in parts:
            if len(part) > MAX_ROW_BYTES:
                raise refusal(part, number)
            if part.endswith(b"\r"):
                has_crlf = True
            else:
                has_lf = True
            yield placed(number, offset, part + b"\n")
            number += 1
            offset += len(part) + 1
        if len(tail) > MAX_ROW_BYTES:
            raise refusal(bytes(tail), number)
    if tail:
        yield placed(number, offset, bytes(tail))
    if has_lf and has_crlf:
        notes.append(MIXED_LINE_ENDS)


def without_line_end(line: bytes) -> bytes:
    """The line without its LF or CR LF."""
    return line.removesuffix(b"\n").removesuffix(b"\r")


def as_utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """UTF-16 as UTF-8; offsets of rows are then those of the UTF-8. Refuses what does not begin as UTF-16."""
    decoder = codecs.getincrementaldecoder("utf-16")()
    is_first = True
    try:
        for chunk in chunks:
            if is_first and not chunk.startswith(UTF16_BOMS):
                hint = "the mapping says UTF-16, the file does not begin as such: save it as UTF-8"
                raise FileRefused("text.encoding", hint)
            is_first = False
            yield decoder.decode(chunk).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError:
        raise FileRefused("text.encoding", "the file is not UTF-16 throughout: save it as UTF-8") from None


def text_of(raw: bytes, encoding: str = "utf-8") -> str:
    """The text of a row, or the reason why its bytes are none."""
    if raw.startswith(UTF8_BOM):
        raise EventRejected("text.bom_inside", None, "starts with a byte order mark: were files joined?")
    if _CONTROL.search(raw):
        raise EventRejected("text.control_char", None, "holds a control character: remove it at the source")
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        code = "text.invalid_utf8" if encoding == "utf-8" else "text.encoding"
        hint = (
            f"byte {error.start + 1} is not {encoding}: save as UTF-8, or declare the encoding in the mapping"
        )
        raise EventRejected(code, None, hint) from None


def placed(number: int, offset: int, line: bytes) -> tuple[int, int, bytes]:
    """A line with its place; a byte order mark at the start of the file does not belong to it."""
    if number > 1:
        return number, offset, line
    if line.startswith(UTF16_BOMS):
        raise FileRefused("text.encoding", "the file is UTF-16: save it as UTF-8")
    if line.startswith(UTF8_BOM):
        return number, len(UTF8_BOM), line.removeprefix(UTF8_BOM)
    return number, offset, line


def _missing(name: str, header: Sequence[str]) -> str:
    close = nearest(name, header)
    if close is None:
        return f"the mapping reads column {name!r}, which the file does not have"
    alias = f'{name} = "{close}"'
    return f"no column {name!r}, but {close!r}: rename it, or add `{alias}` below [alias] in the mapping"
