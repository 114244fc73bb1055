"""Tables for people's eyes, as CSV or as one sheet of a workbook: survey exports, rosters, platform lists.

Their header may have several rows and may stand below a title; columns are found by name (headings.py).
A cell that holds an instant is written out with its offset here, where the file itself tells its zone.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pipelines.ingest.readers.csv import csv_rows
from pipelines.ingest.readers.headings import (
    ANSWER_MONTH,
    ROW_KEY,
    Heading,
    Names,
    is_import_row,
    plain_names,
    qualtrics_names,
    qualtrics_zones,
    surveymonkey_names,
)
from pipelines.ingest.readers.records import MAYBE_TRUNCATED, Record, split_lines, without_line_end
from pipelines.ingest.readers.xlsx import WORKBOOK_CELLS
from warehouse.clock import parse_instant, zone
from warehouse.errors import EventRejected, FileRefused

DELIMITERS = ",;\t|"
_ROUNDED = re.compile(r"[0-9](?:[.,][0-9]+)?[Ee]\+[0-9]{1,3}")

MAX_ABOVE = 20
"""Rows that may stand above the header: a title, the date of the export."""


@dataclass(frozen=True, slots=True)
class Cells:
    """One row: its line, its place (none in a workbook), its bytes, and its cells or why there are none.

    `is_last` where no line end follows: it may have been cut off.
    """

    number: int
    offset: int | None
    raw: bytes
    texts: tuple[str, ...] | EventRejected
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class _Header:
    """The rows of names as they stand, where each column we want is, and the zones the file tells."""

    rows: tuple[tuple[str, ...], ...]
    places: dict[str, int]
    zones: dict[str, str]

    @property
    def width(self) -> int:
        return max(map(len, self.rows))


def read_table(
    chunks: Iterable[bytes], kind: str, heading: Heading, notes: list[str], *, is_workbook: bool
) -> Iterator[Record]:
    """One record a row below the header; `kind` is `table`, `qualtrics` or `surveymonkey`.

    Refuses the file as `read_csv` does, and with `schema.missing_column`, `schema.ambiguous_column` and
    `xlsx.sheet`.
    """
    if is_workbook:
        header, rows = _in_one_sheet(_sheets(chunks, heading, notes), kind, heading)
    else:
        rows = _cells_of_csv(chunks, heading, notes)
        header, rows = _below_header(rows, kind, heading)
    if kind == "table" and (unused := _unused(header)):
        notes.append(f"columns the mapping does not use: {', '.join(unused)}")
    for row in rows:
        yield _record(row, header, heading, notes, is_workbook=is_workbook)


def _in_one_sheet(
    sheets: list[Iterator[Cells]], kind: str, heading: Heading
) -> tuple[_Header, Iterator[Cells]]:
    """The one visible sheet that has the columns asked for; refuses where none has, or several have."""
    found: list[tuple[_Header, Iterator[Cells]]] = []
    why: FileRefused | None = None
    for rows in sheets:
        try:
            found.append(_below_header(rows, kind, heading))
        except FileRefused as refusal:
            why = refusal
    if len(found) > 1:
        raise FileRefused(
            "xlsx.sheet", 'several sheets have these columns: name one, sheet = "..." in [source]'
        )
    if not found:
        raise why or FileRefused("file.empty", "the workbook has no visible sheet with rows")
    return found[0]


def _below_header(rows: Iterator[Cells], kind: str, heading: Heading) -> tuple[_Header, Iterator[Cells]]:
    """The header and the rows below it: a header is the first row that has all the columns asked for."""
    above: list[Cells] = []
    for row in itertools.islice(rows, MAX_ABOVE):
        if isinstance(row.texts, EventRejected):
            raise FileRefused(row.texts.code, f"in the header: {row.texts.hint}")
        above.append(row)
        names, used, rest = _names(row, rows, kind)
        if any(names) and heading.is_met_by(names):
            header = _Header(tuple(used), heading.places(names), {})
            return dataclasses.replace(header, zones=_zones(header)), rest
        rows = itertools.chain(rest)
        if kind != "table":
            break
    if not above:
        raise FileRefused("csv.header_missing", "the file holds empty lines only")
    widest = max(above, key=_n_filled)
    names, _, _ = _names(widest, iter(()), kind)
    heading.places(names)  # says which column is missing
    raise FileRefused("csv.header_missing", "no row names the columns the mapping reads")


def _n_filled(row: Cells) -> int:
    return 0 if isinstance(row.texts, EventRejected) else sum(map(bool, row.texts))


def _unused(header: _Header) -> list[str]:
    """The columns nobody asked for, each cut to a few words: a question may be long."""
    used = set(header.places.values())
    return [
        text.strip()[:40] for place, text in enumerate(header.rows[0]) if text.strip() and place not in used
    ]


def _names(
    row: Cells, rows: Iterator[Cells], kind: str
) -> tuple[list[Names], list[tuple[str, ...]], Iterator[Cells]]:
    """The names of the columns if this row is the header, the rows it takes, and the rows below it."""
    used = [row]
    ahead = list(itertools.islice(rows, 2)) if kind != "table" else []
    texts = [one.texts for one in ahead if not isinstance(one.texts, EventRejected)]
    if kind == "qualtrics":
        place = next((place for place, cells in enumerate(texts) if is_import_row(cells)), None)
        used += ahead[: place + 1] if place is not None else []
    if kind == "surveymonkey" and texts and _is_second_row(texts[0]):
        used += ahead[:1]
    named = [one.texts for one in used if not isinstance(one.texts, EventRejected)]
    make = {"qualtrics": qualtrics_names, "surveymonkey": surveymonkey_names}.get(kind, plain_names)
    return make(named), named, itertools.chain(ahead[len(used) - 1 :], rows)


def _is_second_row(cells: tuple[str, ...]) -> bool:
    """Whether a row goes on with the header: nobody answered, so its first cell, an id, is empty."""
    return not cells[0].strip() and any(cell.strip() for cell in cells)


def _zones(header: _Header) -> dict[str, str]:
    if len(header.rows) < 3:
        return {}
    zones = qualtrics_zones(header.rows[-1])
    told = ((name, zones[place]) for name, place in header.places.items() if place < len(zones))
    return {name: zone for name, zone in told if zone}


def _record(row: Cells, header: _Header, heading: Heading, notes: list[str], *, is_workbook: bool) -> Record:
    texts = row.texts
    if not isinstance(texts, EventRejected):
        texts = _shaped(texts, header, is_workbook=is_workbook)
    if isinstance(texts, EventRejected):
        if texts.code == "csv.columns" and row.is_last:
            notes.append(MAYBE_TRUNCATED)
        return Record(row.number, row.offset, row.raw, texts)
    content: dict[str, Any] = {name: texts[place].strip() for name, place in header.places.items()}
    for name in sorted(heading.times & content.keys()):
        content[name] = _told_instant(content[name], name, header, heading)
    for name in sorted(heading.ids & content.keys()):
        if _ROUNDED.fullmatch(content[name]):
            hint = (
                "a spreadsheet rounded this id: export the file again and do not save it with a spreadsheet"
            )
            return Record(row.number, row.offset, row.raw, EventRejected("id.rounded", name, hint))
    key = json.dumps([content[name] for name in sorted(content)], ensure_ascii=False)
    content[ROW_KEY] = hashlib.sha256(key.encode()).hexdigest()[:32]
    content[ANSWER_MONTH] = _month(content, heading)
    return Record(row.number, row.offset, row.raw, content)


def _shaped(texts: tuple[str, ...], header: _Header, *, is_workbook: bool) -> tuple[str, ...] | EventRejected:
    """A row as wide as its header, or why it is none."""
    if texts in header.rows:
        return EventRejected("csv.header_repeated", None, "the header stands here again: were files joined?")
    if is_workbook:
        return (*texts, *("",) * (header.width - len(texts)))
    if len(texts) != header.width:
        return EventRejected(
            "csv.columns", None, f"{len(texts)} fields where the header names {header.width}"
        )
    return texts


def _told_instant(text: str, name: str, header: _Header, heading: Heading) -> str:
    """An instant with the offset of the zone the file tells; the codec refuses what is none."""
    if name in header.zones and text and heading.style.pattern is None:
        style = dataclasses.replace(heading.style, zone=header.zones[name])
        with suppress(EventRejected):
            return parse_instant(text, style).isoformat()
    return text


def _month(content: dict[str, Any], heading: Heading) -> str:
    """Year and month of the first instant of a row that can be read; empty where none can."""
    style = dataclasses.replace(heading.style, zone=heading.style.zone or "UTC")
    for name in sorted(heading.times & content.keys()):
        with suppress(EventRejected):
            at = parse_instant(content[name], style)
            return f"{at.astimezone(zone(style.zone or 'UTC')):%Y-%m}"
    return ""


def _cells_of_csv(chunks: Iterable[bytes], heading: Heading, notes: list[str]) -> Iterator[Cells]:
    first, chunks = _first_line(chunks)
    delimiter = heading.delimiter or _delimiter(first, heading.encoding)
    if delimiter != ",":
        notes.append(f"columns are parted by {delimiter!r}")
    lines = split_lines(chunks, notes)
    for number, offset, line, cells in csv_rows(lines, delimiter, heading.encoding):
        yield Cells(number, offset, without_line_end(line), cells, not line.endswith(b"\n"))


def _first_line(chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    iterator = iter(chunks)
    first = next(iterator, b"")
    return first.lstrip(b"\r\n").partition(b"\n")[0], itertools.chain((first,), iterator)


def _delimiter(line: bytes, encoding: str) -> str:
    """The character that parts the first line into most cells; within quotes it parts nothing."""
    text = re.sub('"[^"]*"?', "", line.decode(encoding, "replace"))
    return max(DELIMITERS, key=text.count)


def _sheets(chunks: Iterable[bytes], heading: Heading, notes: list[str]) -> list[Iterator[Cells]]:
    """The rows of each visible sheet of a workbook as it landed (landing.py), or of the one that is named."""
    rows: dict[str, list[Cells]] = {}
    wanted = heading.sheet and heading.sheet.strip().casefold()
    hidden: set[str] = set()
    for number, offset, line in split_lines(chunks, notes):
        if line.strip():
            told = json.loads(line)
            name = told["sheet"]
            if wanted is None and told["is_hidden"]:
                hidden.add(name)
            elif wanted is None or name.strip().casefold() == wanted:
                rows.setdefault(name, []).append(
                    Cells(number, offset, without_line_end(line), tuple(told[WORKBOOK_CELLS]))
                )
    if hidden:
        notes.append(f"{len(hidden)} hidden sheets were not read")
    if wanted and not rows:
        raise FileRefused("xlsx.sheet", f"the workbook has no sheet {heading.sheet!r}: is it another file?")
    return [iter(of_sheet) for of_sheet in rows.values()]
