"""CSV in one fixed dialect: a declared delimiter, double quotes doubled inside quotes, a header of names.

Nothing is guessed. Rows are cut out of the bytes here, so that a bad byte or a stray quote costs one row
and has an offset; Python's csv module then splits the row, strictly.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from pipelines.ingest.readers.records import (
    MAX_COLUMNS,
    MAX_ROW_BYTES,
    MAYBE_TRUNCATED,
    Layout,
    Record,
    nearest,
    split_lines,
    text_of,
    too_long,
    without_line_end,
)
from warehouse.errors import EventRejected, FileRefused

_OTHER_DELIMITERS = ",;\t|"
_QUOTED = rb'"[^"]*+(?:""[^"]*+)*+"'


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    offset: int
    line: bytes
    is_broken: bool = False


def read_csv(chunks: Iterable[bytes], layout: Layout, notes: list[str]) -> Iterator[Record]:
    """One record a row, as a dict of texts by column name; empty lines are skipped.

    Refuses the file where its header is missing, names a column twice or lacks one, where the delimiter
    is another one, where lines end in CR alone, and where a quote is opened and never closed.
    """
    rows = _rows(split_lines(chunks, notes, _too_long(layout)), layout)
    header, names = _header(rows, layout, notes)
    for row in rows:
        raw = without_line_end(row.line)
        try:
            cells = _cells(row, raw, layout)
            _refuse_shape(cells, header)
        except EventRejected as error:
            if error.code == "csv.columns" and not row.line.endswith(b"\n"):
                notes.append(MAYBE_TRUNCATED)
            yield Record(row.number, row.offset, raw, error)
        else:
            yield Record(row.number, row.offset, raw, dict(zip(names, cells, strict=True)))


def csv_rows(
    lines: Iterator[tuple[int, int, bytes]], delimiter: str, encoding: str
) -> Iterator[tuple[int, int, bytes, tuple[str, ...] | EventRejected]]:
    """Line, byte offset, bytes with line end, and cells of each row, header or not, or why it has none."""
    layout = Layout(delimiter=delimiter, encoding=encoding)
    for row in _rows(lines, layout):
        raw = without_line_end(row.line)
        if raw.count(delimiter.encode()) >= MAX_COLUMNS * 4:
            raise _too_many_columns()
        try:
            cells: tuple[str, ...] | EventRejected = tuple(_cells(row, raw, layout))
        except EventRejected as error:
            cells = error
        yield row.number, row.offset, row.line, cells


def _rows(lines: Iterator[tuple[int, int, bytes]], layout: Layout) -> Iterator[_Row]:
    """Lines joined to rows: a line feed between quotes belongs to its field."""
    closed, opened = _patterns(layout.delimiter)
    held: list[bytes] = []
    number = offset = size = 0
    for line_number, line_offset, line in lines:
        if not held:
            number, offset, size = line_number, line_offset, 0
        body = without_line_end(line)
        if not body and not held:
            continue
        # A line that goes on with a quoted field reads as if it began with the quote.
        probe = b'"' + body if held else body
        held.append(line)
        size += len(line)
        if b"\r" in body:
            _refuse_lone_cr(probe, number)
        if b'"' not in probe or closed.fullmatch(probe):
            yield _Row(number, offset, b"".join(held))
            held = []
        elif opened.fullmatch(probe):
            if size > MAX_ROW_BYTES:
                raise _open_quote(number, offset)
        elif len(held) > 1:
            raise _open_quote(number, offset)
        else:
            yield _Row(number, offset, line, is_broken=True)
            held = []
    if held:
        raise _open_quote(number, offset)


@cache
def _patterns(delimiter: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Lines that end outside quotes, and lines that end inside; a line that is neither is broken."""
    comma = re.escape(delimiter.encode())
    cell = rb'(?:%s|[^"%s]*+)' % (_QUOTED, comma)
    unfinished = _QUOTED.removesuffix(b'"')
    closed = re.compile(rb"%s(?:%s%s)*+" % (cell, comma, cell))
    opened = re.compile(rb"(?:%s%s)*+%s" % (cell, comma, unfinished))
    return closed, opened


def _header(rows: Iterator[_Row], layout: Layout, notes: list[str]) -> tuple[list[str], list[str]]:
    """The header as it stands and with our names."""
    row = next(rows, None)
    if row is None:
        raise FileRefused("csv.header_missing", "the file holds empty lines only")
    raw = without_line_end(row.line)
    if raw.count(layout.delimiter.encode()) >= MAX_COLUMNS:
        raise _too_many_columns()
    try:
        header = _cells(row, raw, layout)
    except EventRejected as error:
        raise FileRefused(error.code, f"in the header: {error.hint}") from None
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise FileRefused("csv.header_duplicate", f"the header names {', '.join(twice)} more than once")
    _refuse_other_dialect(header, layout)
    return header, layout.columns(header, notes)


def _refuse_other_dialect(header: list[str], layout: Layout) -> None:
    """A header that holds nothing we ask for is another delimiter, or no header at all."""
    known = layout.needed | set(layout.aliases.values())
    if not layout.needed or known & set(header):
        return
    for other in _OTHER_DELIMITERS:
        if other != layout.delimiter and known & set(header[0].split(other)):
            hint = (
                f"columns are parted by {other!r} where the mapping says {layout.delimiter!r}: set delimiter"
            )
            raise FileRefused("csv.dialect", hint)
    if not any(nearest(name, header) for name in known):
        hint = (
            f"the first row names none of the columns the mapping reads: {', '.join(sorted(layout.needed))}"
        )
        raise FileRefused("csv.header_missing", hint)


def _cells(row: _Row, raw: bytes, layout: Layout) -> list[str]:
    text = text_of(raw, layout.encoding)
    if row.is_broken:
        raise EventRejected(
            "csv.quote", None, "a quote stands where none may: quote the field, double the quote"
        )
    if '"' not in text:
        return text.split(layout.delimiter)
    try:
        return next(csv.reader([text], delimiter=layout.delimiter, strict=True))
    except csv.Error:
        raise EventRejected(
            "field.length", None, f"a field has more than {csv.field_size_limit()} characters"
        ) from None


def _refuse_shape(cells: list[str], header: list[str]) -> None:
    if cells == header:
        raise EventRejected("csv.header_repeated", None, "the header stands here again: were files joined?")
    if len(cells) != len(header):
        raise EventRejected("csv.columns", None, f"{len(cells)} fields where the header names {len(header)}")


def _refuse_lone_cr(probe: bytes, number: int) -> None:
    if b"\r" in re.sub(_QUOTED, b"", probe).partition(b'"')[0]:
        raise _lone_cr(f"line {number}")


def _lone_cr(where: str) -> FileRefused:
    return FileRefused("csv.line_ending", f"{where} holds a CR without LF: save with LF or CR LF line ends")


def _open_quote(number: int, offset: int) -> FileRefused:
    hint = (
        f"a quote opened in line {number} (byte {offset}) is not closed, so no row from there on is certain"
    )
    return FileRefused("csv.quote", hint)


def _too_many_columns() -> FileRefused:
    return FileRefused("csv.columns_max", f"more than {MAX_COLUMNS} columns: is this the right file?")


def _too_long(layout: Layout) -> Callable[[bytes, int], FileRefused]:
    """What a row above the limit most likely is."""
    comma = layout.delimiter.encode()

    def refusal(row: bytes, number: int) -> FileRefused:
        if b"\r" in row[:-1]:
            return _lone_cr("a row")
        return _too_many_columns() if row.count(comma) >= MAX_COLUMNS else too_long(row, number)

    return refusal
