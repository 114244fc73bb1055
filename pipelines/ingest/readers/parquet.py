"""Parquet, through pyarrow, a thousand rows at a time. Values keep their types; instants become RFC 3339."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.ingest.readers.records import MAX_COLUMNS, MAX_ROW_BYTES, Layout, Record, too_long
from warehouse.errors import EventRejected, FileRefused

BATCH_ROWS = 1000
MAX_UNPACKED_BYTES = 2 << 30

_PLAIN = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_boolean,
    pa.types.is_null,
)

_Values = Callable[[pa.Array], list[Any]]


def read_parquet(data: bytes, layout: Layout, notes: list[str]) -> Iterator[Record]:
    """One record a row; its bytes are the row as JSON, for Parquet has no lines.

    Refuses the file where it is broken, lacks a column, or holds a column asked for that is no text,
    number, date or instant.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        _refuse_size(file.metadata)
        columns = _columns(file.schema_arrow, layout, notes)
        number = 0
        for batch in file.iter_batches(BATCH_ROWS, columns=[name for name, _, _ in columns]):
            values = [read(batch.column(name)) for name, _, read in columns]
            for row in zip(*values, strict=True):
                number += 1
                yield _record(number, {ours: value for (_, ours, _), value in zip(columns, row, strict=True)})
    except (pa.ArrowException, OSError, ValueError):  # a damaged name or text is a UnicodeDecodeError
        raise FileRefused(
            "parquet.broken", "the file is damaged or cut off: ask the source to send it again"
        ) from None


def _refuse_size(metadata: pq.FileMetaData) -> None:
    groups = range(metadata.num_row_groups)
    if sum(metadata.row_group(index).total_byte_size for index in groups) > MAX_UNPACKED_BYTES:
        raise FileRefused(
            "file.too_large", f"more than {MAX_UNPACKED_BYTES:,} bytes unpacked: split the file"
        )
    if metadata.num_columns > MAX_COLUMNS:
        raise FileRefused("csv.columns_max", f"more than {MAX_COLUMNS} columns: is this the right file?")


def _columns(schema: pa.Schema, layout: Layout, notes: list[str]) -> list[tuple[str, str, _Values]]:
    """Name in the file, our name, and how the values are read."""
    names = schema.names
    if len(set(names)) < len(names):
        raise FileRefused("csv.header_duplicate", "two columns have one name")
    columns = []
    for field, ours in zip(schema, layout.columns(names, notes), strict=True):
        read = _reader(field.type)
        if read is not None:
            columns.append((field.name, ours, read))
        elif ours in layout.needed:
            hint = f"column {field.name!r} is {field.type}: make it text, a number, a date or an instant"
            raise FileRefused("schema.column_type", hint)
    return columns


def _reader(kind: pa.DataType) -> _Values | None:
    """How to read an Arrow column into text, numbers and booleans; None where it cannot be."""
    types = pa.types
    if types.is_dictionary(kind):
        read = _reader(kind.value_type)
        return (lambda values: read(values.dictionary_decode())) if read else None
    if types.is_timestamp(kind):
        micros = pa.timestamp("us", kind.tz)
        return lambda values: _iso(values.cast(micros, safe=False))
    if types.is_date(kind):
        return _iso
    if types.is_decimal(kind):
        return lambda values: [None if value is None else str(value) for value in values.to_pylist()]
    return (lambda values: values.to_pylist()) if any(is_it(kind) for is_it in _PLAIN) else None


def _iso(values: pa.Array) -> list[str | None]:
    return [None if value is None else value.isoformat() for value in values.to_pylist()]


def _record(number: int, row: dict[str, Any]) -> Record:
    raw = msgspec.json.encode(row)
    if len(raw) > MAX_ROW_BYTES:
        raise too_long(raw, number)
    for name, value in row.items():
        if isinstance(value, float) and not math.isfinite(value):
            return Record(
                number, None, raw, EventRejected("json.not_number", name, "is no number: leave it empty")
            )
    return Record(number, None, raw, row)
