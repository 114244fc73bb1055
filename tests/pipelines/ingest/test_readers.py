"""The readers alone: rows, their places and their bytes, whatever way the bytes come in."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingest.readers import records
from pipelines.ingest.readers.csv import read_csv
from pipelines.ingest.readers.ndjson import read_ndjson
from pipelines.ingest.readers.parquet import read_parquet
from pipelines.ingest.readers.records import Layout
from pipelines.ingest.strict_json import parse_json
from warehouse.errors import EventRejected, FileRefused

cells = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n") | st.just('"'), max_size=8)
tables = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.lists(cells, min_size=n, max_size=n), min_size=1, max_size=6)
)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\x7f"), max_size=5)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)


def pieces(content: bytes, size: int) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]


def parquet(**columns: Any) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


@given(tables, st.sampled_from([1, 3, 1000]), st.sampled_from([",", ";", "\t"]))
def test_csv_reads_back_what_python_writes(table: list[list[str]], size: int, delimiter: str) -> None:
    header = [f"c{index}" for index in range(len(table[0]))]
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(
        [header, *table]
    )
    content = buffer.getvalue().encode()
    read = list(read_csv(pieces(content, size), Layout(delimiter=delimiter), []))
    assert [list(record.content.values()) for record in read] == table
    for record in read:
        assert content[record.offset : record.offset + len(record.raw)] == record.raw


@given(st.lists(st.dictionaries(texts, st.integers(-9, 9) | texts), min_size=1))
def test_ndjson_reads_back_what_python_writes(objects: list[dict[str, Any]]) -> None:
    content = "".join(json.dumps(row) + "\n" for row in objects).encode()
    assert [record.content for record in read_ndjson(pieces(content, 7), Layout(), [])] == objects


@given(values)
def test_strict_json_reads_what_json_reads_where_nothing_is_in_doubt(value: Any) -> None:
    assert parse_json(json.dumps(value)) == value


def test_brackets_within_texts_nest_nothing() -> None:
    text = json.dumps({"a": "[" * 100, "b": '\\"' + "{" * 100})
    assert parse_json(text) == json.loads(text)


def test_lines_know_their_place_across_chunks_and_after_a_byte_order_mark() -> None:
    content = records.UTF8_BOM + b"ab\n\ncd\r\ne"
    found = list(records.split_lines(pieces(content, 2), []))
    assert found == [(1, 3, b"ab\n"), (2, 6, b"\n"), (3, 7, b"cd\r\n"), (4, 11, b"e")]


def test_a_long_row_in_many_small_chunks_is_refused_early() -> None:
    def endless():
        while True:
            yield b"x" * 4096

    with pytest.raises(FileRefused, match=r"row\.too_long"):
        list(records.split_lines(endless(), []))


def test_a_declared_encoding_is_used() -> None:
    layout = Layout(encoding="windows-1252")
    (record,) = read_csv([b"name\nJos\xe9\n"], layout, [])
    assert record.content == {"name": "José"}


def test_a_byte_the_declared_encoding_lacks_is_quarantined() -> None:
    (record,) = read_csv([b"name\nJos\x81\n"], Layout(encoding="windows-1252"), [])
    assert isinstance(record.content, EventRejected)
    assert record.content.code == "text.encoding"


def test_parquet_values_keep_their_types_and_instants_become_text() -> None:
    data = parquet(
        n=pa.array([1, None]),
        name=pa.array(["Ana", None]).dictionary_encode(),
        at=pa.array([dt.datetime(2026, 3, 1, 10, tzinfo=dt.UTC), None], pa.timestamp("ns", "UTC")),
        wall=pa.array([dt.datetime(2026, 3, 1, 10), None], pa.timestamp("us")),
        day=pa.array([dt.date(2026, 3, 1), None]),
        price=pa.array([Decimal("1.50"), None]),
        ok=pa.array([True, None]),
    )
    first, second = read_parquet(data, Layout(), [])
    assert first.content == {
        "n": 1,
        "name": "Ana",
        "at": "2026-03-01T10:00:00+00:00",
        "wall": "2026-03-01T10:00:00",
        "day": "2026-03-01",
        "price": "1.50",
        "ok": True,
    }
    assert set(second.content.values()) == {None}
    assert (second.number, second.offset, json.loads(second.raw)["n"]) == (2, None, None)


def test_a_parquet_number_that_is_none_is_quarantined() -> None:
    (record,) = read_parquet(parquet(score=pa.array([float("nan")])), Layout(), [])
    assert isinstance(record.content, EventRejected)
    assert (record.content.code, record.content.field) == ("json.not_number", "score")


def test_parquet_columns_are_checked_like_a_header() -> None:
    data = parquet(mentor=pa.array(["a"]))
    with pytest.raises(FileRefused, match=r"schema\.missing_column.*'mentor'"):
        list(read_parquet(data, Layout(needed=frozenset({"mentor_id"})), []))
    layout = Layout(needed=frozenset({"mentor_id"}), aliases={"mentor_id": "mentor"})
    assert [record.content for record in read_parquet(data, layout, [])] == [{"mentor_id": "a"}]


def test_a_parquet_column_of_bytes_is_refused_only_where_it_is_asked_for() -> None:
    data = parquet(photo=pa.array([b"\x00"]), name=pa.array(["Ana"]))
    assert [record.content for record in read_parquet(data, Layout(), [])] == [{"name": "Ana"}]
    with pytest.raises(FileRefused, match=r"schema\.column_type"):
        list(read_parquet(data, Layout(needed=frozenset({"photo"})), []))


@pytest.mark.parametrize("cut", [10, 60, -10])
def test_a_damaged_parquet_file_is_refused(cut: int) -> None:
    with pytest.raises(FileRefused, match=r"parquet\.broken"):
        list(read_parquet(parquet(name=pa.array(["Ana"] * 1000))[:cut], Layout(), []))
