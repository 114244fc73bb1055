"""How a file is written: its encoding, what parts its columns, which row names them.

Readers are told all this by a mapping and guess nothing; here it is found out, once, and said.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.ingest.readers.ndjson import read_ndjson
from pipelines.ingest.readers.parquet import read_parquet
from pipelines.ingest.readers.records import MAX_COLUMNS, Layout
from pipelines.ingest.readers.xlsx import workbook_lines
from pipelines.ingest.unpack import CHUNK_BYTES, format_of, unpacked
from warehouse.errors import EventRejected, FileRefused

LOOKED_AT_BYTES = 64 << 20
"""A longer file is looked at up to here: enough to tell what its columns hold."""

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
MAX_ABOVE = 20
"""Rows that may stand above the names of the columns, as the readers of tables have it."""

_BOMS = {
    codecs.BOM_UTF8: ("utf-8", "UTF-8"),
    codecs.BOM_UTF16_LE: ("utf-16", "UTF-16"),
    codecs.BOM_UTF16_BE: ("utf-16", "UTF-16"),
}
_PROBED_ROWS = 200

Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A file as rows of texts below their names.

    `said` is how it is written, in sentences. `delimiter` is None where nothing parts its columns.
    """

    name: str
    kind: str
    header: tuple[str, ...]
    rows: Rows
    said: tuple[str, ...] = ()
    encoding: str = "utf-8"
    delimiter: str | None = None
    sheet: str | None = None

    def values(self, name: str) -> list[str]:
        """What a column holds, without blanks."""
        place = self.header.index(name)
        return [text for row in self.rows if (text := row[place].strip())]


def look_at(path: Path) -> Table:
    """The table in a file; raises FileRefused where there is none."""
    kind = format_of(path.name)
    if not path.is_file():
        raise FileRefused("file.missing", f"{path} is no file")
    match kind:
        case "csv":
            return _text_table(path)
        case "xlsx":
            return _workbook(path)
        case "ndjson":
            return _of_objects(path.name, kind, _objects(path))
        case "parquet":
            return _of_objects(path.name, kind, _objects_of_parquet(path))
        case _:
            hint = f"a mapping is made for tables; {kind} is read by `kinkeeper ingest` as it is"
            raise FileRefused("file.no_table", hint)


def decoded(data: bytes) -> tuple[str, str, str]:
    """The text of some bytes, the encoding's name for Python, and what can be said of it."""
    for mark, (encoding, word) in _BOMS.items():
        if data.startswith(mark):
            text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding, "replace")
            return text, encoding, f"{word}, as its first bytes say"
    if data[:4096].count(0) > len(data[:4096]) // 4:
        hint = "the file looks like UTF-16 without a byte order mark: save it as UTF-8"
        raise FileRefused("text.encoding", hint)
    try:
        text = data.decode("utf-8")
        return text, "utf-8", "plain ASCII" if text.isascii() else "UTF-8"
    except UnicodeDecodeError:
        pass
    odd = sum(byte > 127 for byte in data)
    said = f"not UTF-8: read as Windows-1252, {odd} characters depend on it, so look at accents and umlauts"
    return data.decode("windows-1252", "replace"), "windows-1252", said


def delimiter_of(text: str) -> str:
    """What parts the columns: it makes the same number of cells, and the most, in most rows."""
    sample = "\n".join(text.splitlines()[:_PROBED_ROWS])

    def fit(mark: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in csv.reader(io.StringIO(sample), delimiter=mark) if row)
        width, n_rows = max(
            widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]), default=(0, 0)
        )
        return (n_rows if width > 1 else 0, width)

    return max(DELIMITERS, key=fit)


def header_place(rows: Sequence[Sequence[str]]) -> int:
    """Which row names the columns: the first as wide as most rows, of different words and no values."""
    widths = Counter(len(row) for row in rows[:_PROBED_ROWS])
    width = max(widths, key=lambda one: (widths[one], one))
    for place, row in enumerate(rows[: MAX_ABOVE + 1]):
        filled = [cell.strip() for cell in row if cell.strip()]
        is_whole = len(row) == width and len(filled) >= max(1, width - width // 5)
        if is_whole and len(set(filled)) == len(filled) and not any(map(_is_value, filled)):
            return place
    hint = "no row looks like the names of the columns: put a header above the rows"
    raise FileRefused("csv.header_missing", hint)


def _is_value(cell: str) -> bool:
    return "@" in cell or cell.replace(".", "").replace("-", "").replace("/", "").replace(":", "").isdigit()


def _text_table(path: Path) -> Table:
    data, is_cut = _head(path)
    text, encoding, how = decoded(data)
    if is_cut:
        text = text.rpartition("\n")[0]
    if text.lstrip().startswith(("{", "[")):
        raise FileRefused("file.type_mismatch", "the lines are JSON: name the file .ndjson")
    delimiter = delimiter_of(text)
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)]
    if not rows:
        raise FileRefused("file.empty", "the file holds empty lines only")
    place = header_place(rows)
    header = tuple(cell.strip() for cell in rows[place])
    _refuse_header(header)
    said = [how, f"columns parted by {DELIMITERS[delimiter]}"]
    if place:
        said.append(f"{place} rows above the names of the columns are passed over")
    if is_cut:
        said.append(f"only the first {LOOKED_AT_BYTES >> 20} MiB were looked at")
    odd = sum(len(row) != len(header) for row in rows[place + 1 :])
    if odd:
        said.append(f"{odd} rows have another number of cells: they will be held back")
    kept = tuple(tuple(row) for row in rows[place + 1 :] if len(row) == len(header))
    return Table(path.name, "csv", header, kept, tuple(said), encoding, delimiter)


def _head(path: Path) -> tuple[bytes, bool]:
    """The bytes of a text file up to the limit, unpacked, and whether there are more."""
    held = bytearray()
    for chunk in unpacked(lambda: _chunks(path), path.name, path.stat().st_size):
        held += chunk
        if len(held) > LOOKED_AT_BYTES:
            return bytes(held[:LOOKED_AT_BYTES]), True
    return bytes(held), False


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _workbook(path: Path) -> Table:
    sheets: dict[str, list[list[str]]] = {}
    hidden: set[str] = set()
    with path.open("rb") as file:
        for line in workbook_lines(file):
            if line["is_hidden"]:
                hidden.add(line["sheet"])
            else:
                sheets.setdefault(line["sheet"], []).append(line["cells"])
    if not sheets:
        raise FileRefused("file.empty", "the workbook has no visible sheet with rows")
    sheet = max(sheets, key=lambda name: len(sheets[name]))
    rows = sheets[sheet]
    width = max(map(len, rows))
    rows = [[*row, *[""] * (width - len(row))] for row in rows]
    place = header_place(rows)
    header = tuple(cell.strip() for cell in rows[place])
    _refuse_header(header)
    said = [f"sheet {sheet!r}, the longest of {len(sheets)}" if len(sheets) > 1 else f"sheet {sheet!r}"]
    if hidden:
        said.append(f"{len(hidden)} hidden sheets are not read")
    body = tuple(tuple(row) for row in rows[place + 1 :])
    return Table(path.name, "xlsx", header, body, tuple(said), sheet=sheet if len(sheets) > 1 else None)


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    records = read_ndjson(unpacked(lambda: _chunks(path), path.name, path.stat().st_size), Layout(), [])
    yield from (record.content for record in records if not isinstance(record.content, EventRejected))


def _objects_of_parquet(path: Path) -> Iterator[dict[str, Any]]:
    records = read_parquet(path.read_bytes(), Layout(), [])
    yield from (record.content for record in records if not isinstance(record.content, EventRejected))


def _of_objects(name: str, kind: str, objects: Iterator[dict[str, Any]]) -> Table:
    """Objects as a table of their keys, in the order they first came."""
    found = list(objects)
    keys = tuple(dict.fromkeys(key for one in found for key in one))
    if not keys:
        raise FileRefused("file.empty", "the file holds no rows")
    rows = tuple(tuple(_as_text(one.get(key)) for key in keys) for one in found)
    return Table(name, kind, keys, rows, (f"{len(found):,} objects",))


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _refuse_header(header: Sequence[str]) -> None:
    if len(header) > MAX_COLUMNS:
        raise FileRefused("csv.columns_max", f"more than {MAX_COLUMNS} columns: is this the right file?")
