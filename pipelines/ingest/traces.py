"""Where a person occurs in landed bytes: a file cut into rows, and what makes a row a row about somebody.

A row is about a person when it holds one of their addresses, or an id or name of eight characters or more
that is theirs alone, anywhere in it; a shorter id or name only as a whole value in a column or field that
holds people, for `7` and `Will` also mean something else. Ids count within the source that gave them.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from pipelines.ingest.mapping import MEETING_FORMATS, TABLES, Mapping
from pipelines.ingest.readers.attendance import names_of, report_lines
from pipelines.ingest.readers.headings import alike
from pipelines.ingest.readers.ics import spans
from pipelines.ingest.readers.records import MAX_ROW_BYTES
from pipelines.ingest.readers.xlsx import WORKBOOK_CELLS
from pipelines.ingest.unpack import format_of
from warehouse.events.base import CATALOGUE, PERSON, PRIVATE, fields
from warehouse.vault import EMAIL, NAME, Identity, identity_of
from warehouse.waiting import fold_name

MIN_DISTINCT = 8
"""Characters from which on an id or a name is looked for anywhere in a row."""

NATIVE_FIELDS = frozenset(
    {"actorid"}
    | {field.name for kind in CATALOGUE.values() for field in fields(kind) if field.kind in (PERSON, PRIVATE)}
)


_BETWEEN_WORDS = re.compile(r"[\s,;|\"'\[\]{}]+")
_MAX_HELD = MAX_ROW_BYTES + 2
"""The longest row and its line end."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number among all, the span of bytes it takes, and the bytes.

    `is_whole` is false for a part of a row longer than any row may be; such a file was refused. `width` is
    how many bytes the file's encoding takes for a character at least.
    """

    number: int
    start: int
    data: bytes
    is_whole: bool = True
    width: int = 1

    @property
    def end(self) -> int:
        return self.start + len(self.data)

    @property
    def blank(self) -> bytes:
        """Spaces in its place, so that all other rows stay where they are."""
        if self.width == 1:
            return re.sub(rb"[^\r\n]", b" ", self.data)
        is_little = self.data[1:2] == b"\x00" or self.data[-1:] == b"\x00"
        space = b" \x00" if is_little else b"\x00 "
        units = (self.data[at : at + 2] for at in range(0, len(self.data), 2))
        return b"".join(unit if unit.strip(b"\x00") in (b"\r", b"\n") else space for unit in units)


@dataclass(frozen=True, slots=True)
class Traces:
    """What a person goes by: identities by namespace, and a name nobody else has."""

    identities: tuple[Identity, ...]
    name: str | None = None

    def values(self, namespace: str | None = None) -> tuple[str, ...]:
        """What the person goes by in a namespace; in any, where none is given."""
        names = () if self.name is None else (self.name,)
        ours = (
            value
            for space, value in self.identities
            if namespace is None or space in (namespace, EMAIL, NAME)
        )
        return (*ours, *names)


@dataclass(frozen=True)
class Reading:
    """How the rows of one delivery are read: its file's name, its source, and the mapping if it has one.

    `mapping` is None too where the mapping of a delivery was not kept: then any cell may hold people.
    """

    file_name: str
    source: str
    is_native: bool
    mapping: Mapping | None

    @property
    def is_csv(self) -> bool:
        return format_of(self.file_name) == "csv" and not self.is_of_meetings

    @property
    def is_of_meetings(self) -> bool:
        """Whether its rows are cut as its own reader does it: entries of a calendar, rows of a report."""
        return self.mapping is not None and self.mapping.source.format in MEETING_FORMATS

    def rows(self, chunks: Iterable[bytes]) -> Iterator[Row]:
        """The rows of the file, every byte in one of them."""
        if not self.is_of_meetings:
            return text_rows(chunks, is_csv=self.is_csv)
        data = b"".join(chunks)
        if self.mapping is not None and self.mapping.source.format == "ics":
            return (Row(number, start, raw) for number, start, raw in spans(data))
        if format_of(self.file_name) == "ndjson":  # a workbook's cells
            return text_rows([data], is_csv=False)
        lines = report_lines(data, self._encoding)
        return (Row(number, start, raw, width=width) for number, start, raw, width in lines)

    def header(self, first: Row) -> list[str] | None:
        """The names of the columns of a CSV, where its first row is a header."""
        cells = self._csv_cells(self._text(first).removeprefix("\ufeff"))
        is_header = cells is not None and (
            self.mapping is None or any(self._holds_people(cell) for cell in cells)
        )
        return cells if is_header else None

    def is_about(self, row: Row, header: list[str] | None, traces: Traces) -> bool:
        """Whether a row holds a person; one that cannot be read does where it says anything of theirs."""
        if self.is_of_meetings:
            return names_somebody(row.data, traces)
        text = self._text(row)
        folded = text.lower()
        is_plain = "\\" not in text and '""' not in text
        if is_plain and not any(value in folded for value in _folded(traces)):
            return False
        document = self._document(text, header)
        if document is None:
            return bool(_any_of(traces.values()).search(text))
        return self.holds(document, traces)

    def holds(self, document: Any, traces: Traces) -> bool:
        """Whether a row that could be read holds a person."""
        values = traces.values(self._namespace(document))
        distinct = _any_of(tuple(value for value in values if "@" in value or len(value) >= MIN_DISTINCT))
        return any(
            distinct.search(cell) or (cell in values and self._holds_people(column))
            for column, cell in _leaves(document)
        )

    def identities(self, raw: bytes, header: list[str] | None) -> Iterator[Identity]:
        """Whoever a row may be about, as the vault calls them; in one nobody can read, by any of its words.

        The row of a Parquet file is given as JSON.
        """
        if self.is_of_meetings:
            return iter(said_in_meeting(raw))
        text = raw.decode(self._encoding, "replace")
        document = self._document(text, header)
        namespace = self._namespace(document) or self.source
        if document is None:
            return (identity_of(namespace, word) for word in _BETWEEN_WORDS.split(text))
        return (identity_of(namespace, cell) for name, cell in _leaves(document) if self._holds_people(name))

    def _text(self, row: Row) -> str:
        return row.data.decode(self._encoding, "replace")

    @property
    def _encoding(self) -> str:
        return self.mapping.source.text_encoding if self.mapping else "utf-8"

    def _document(self, text: str, header: list[str] | None) -> Any:
        if not self.is_csv:
            return _parsed(text)
        cells = self._csv_cells(text)
        if header is None or cells is None or len(header) != len(cells):
            return None
        return dict(zip(header, cells, strict=True))

    def _csv_cells(self, text: str) -> list[str] | None:
        delimiter = self.mapping.source.delimiter if self.mapping else ","
        try:
            return next(csv.reader([text.strip("\r\n")], delimiter=delimiter, strict=True), None)
        except csv.Error:
            return None

    def _namespace(self, document: Any) -> str | None:
        if self.is_native:
            said = document.get("source") if isinstance(document, dict) else None
            return said if isinstance(said, str) else self.source
        return None if self.mapping is None else self.mapping.source.namespace or self.source

    def _holds_people(self, column: str) -> bool:
        if self.mapping is None:
            return column in self.people_columns or not self.is_native
        return column in self.people_columns or alike(column) in self._alike_columns

    @cached_property
    def _alike_columns(self) -> frozenset[str]:
        """The people's columns as tables know them, without case and punctuation.

        A row of a workbook is a list of cells, any of which may hold people.
        """
        is_table = self.mapping is not None and self.mapping.source.format in TABLES
        return frozenset({*map(alike, self.people_columns), WORKBOOK_CELLS}) if is_table else frozenset()

    @cached_property
    def people_columns(self) -> frozenset[str]:
        """The columns or fields that hold people, names and addresses; none where no mapping is known."""
        if self.mapping is None:
            return NATIVE_FIELDS if self.is_native else frozenset()
        return _people_columns(self.mapping)


def _people_columns(mapping: Mapping) -> frozenset[str]:
    """The columns of a source out of which people, names and addresses are read, by their names there."""
    columns: set[str] = set()
    for rule in mapping.rules:
        for origin in rule.people:
            columns |= {called for name in origin.columns for called in mapping.names_of(name)}
    return frozenset(columns)


_ADDRESS = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
_PARAMETER = re.compile(r';CN=(?:"([^"]*)"|([^";:]*))', re.IGNORECASE)


def said_in_meeting(raw: bytes) -> set[Identity]:
    """The addresses and names in an entry of a calendar or a row of a report, as the vault calls them."""
    text = re.sub(r"\r?\n[ \t]", "", _decoded(raw))
    found = {identity_of(EMAIL, address) for address in _ADDRESS.findall(text)}
    names = [quoted or bare for quoted, bare in _PARAMETER.findall(text)]
    if "BEGIN:" not in text:
        names += [*re.split(r'[\t;,"]', text), *re.split(r'["\t]', text)]  # a name in quotes may have a comma
    return found | {(NAME, name) for cell in names for name in names_of(cell)}


def _decoded(raw: bytes) -> str:
    """Text in UTF-8, in UTF-16 where every second byte is empty, else as a spreadsheet saves it."""
    if b"\x00" not in raw[:4]:
        with suppress(UnicodeDecodeError):
            return raw.decode("utf-8")
        return raw.decode("windows-1252", "replace")
    return raw.decode("utf-16-be" if raw[0] == 0 else "utf-16-le", "replace")


def names_somebody(raw: bytes, traces: Traces) -> bool:
    """Whether an entry or a row names a person: by an address, or by a name that is theirs alone."""
    said = said_in_meeting(raw)
    names = {fold_name(value) for space, value in traces.identities if space == NAME}
    names |= set() if traces.name is None else {fold_name(traces.name)}
    addresses = {value for space, value in traces.identities if space == EMAIL}
    return any(
        value.lower() in addresses if space == EMAIL else fold_name(value) in names for space, value in said
    )


def text_rows(chunks: Iterable[bytes], *, is_csv: bool) -> Iterator[Row]:
    """The rows of a text file, header included; between quotes a line feed belongs to a CSV's row."""
    number, start, held = 1, 0, b""
    for line in _lines(chunks):
        held += line
        is_open = not held.endswith(b"\n") or (is_csv and held.count(b'"') % 2 == 1)
        is_whole = len(held) <= _MAX_HELD
        if is_open and is_whole:
            continue
        yield Row(number, start, held, is_whole)
        number, start, held = number + 1, start + len(held), b""
    if held:
        yield Row(number, start, held)


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines with their line feeds; a line longer than a row may be comes in parts."""
    tail = b""
    for chunk in chunks:
        *lines, tail = (tail + chunk).split(b"\n")
        for line in lines:
            yield line + b"\n"
        if len(tail) > _MAX_HELD:
            yield tail
            tail = b""
    if tail:
        yield tail


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every scalar in a document with the name of the field it stands in; JSON in a text is opened too."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield name, key
            yield from _leaves(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, name)
    elif isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        yield name, value
        yield from ((name, leaf) for _, leaf in _leaves(_parsed(value), name))
    elif value is not None:
        yield name, str(value)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


@cache
def _folded(traces: Traces) -> tuple[str, ...]:
    """What a row that holds the person has in it somewhere: rows without it need no closer look."""
    return tuple(value.lower() for value in traces.values() if value)


@cache
def _any_of(values: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the values as a word of its own: `u1` is not in `u12`, nor an address in a longer one."""
    return re.compile("|".join(_word(value) for value in values) or "(?!)")


def _word(value: str) -> str:
    if "@" in value:
        return rf"(?i:(?<![\w.+-]){re.escape(value)}(?![\w-]|\.\w))"
    return rf"(?<!\w){re.escape(value)}(?!\w)"
