"""Whatever happens to the bytes of a file, each line is an event or a refusal, or the file is refused."""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import io
import tomllib
from collections.abc import Mapping as AbstractMapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingest.mapping import Mapping
from pipelines.ingest.readers.csv import read_csv
from pipelines.ingest.readers.ndjson import read_ndjson
from pipelines.ingest.readers.parquet import read_parquet
from pipelines.ingest.readers.records import Layout
from pipelines.ingest.rows import RowMapper
from pipelines.ingest.unpack import unpacked
from warehouse.errors import EventRejected, FileRefused
from warehouse.events.codec import Context, decode

RECEIVED = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)

MAPPING = Mapping.model_validate(
    tomllib.loads("""
    [source]
    name = "corpus"
    format = "csv"
    [[event]]
    type = "survey.answered"
    each = {json = "answers", path = "items"}
    id = "{id}-{each_key}"
    time = "at"
    actor = "who"
    data = {wave = {value = "w"}, instrument = {value = "i"}, item = {each = "key"}, score = {each = "value"}}
    """)
)
CSV = b'id,who,at,answers\nr1,Ana,2026-03-01T10:00:00Z,"{""items"":{""fit"":4}}"\n'
CSV += b'r2,"B\xc3\xb6 ""Jr""",2026-03-02T10:00:00+01:00,"{""items"":{""fit"":5,\n""ok"":1}}"\r\n'
NDJSON = (
    b'{"id":"e1","source":"s","type":"mentorship.session.held.v1","subject":"relationship/p1",'
    b'"time":"2026-03-01T10:00:00Z","data":{"session_id":"s1","minutes":30}}\n'
) * 3
TABLE = io.BytesIO()
pq.write_table(pa.table({"id": ["r1"], "who": ["Ana"], "at": ["2026-03-01"], "answers": ["{}"]}), TABLE)
PARQUET = TABLE.getvalue()


class Nobody:
    """People for a test that keeps none."""

    def pseudonym(self, namespace: str, value: str) -> str:
        return f"per_{len(namespace + value)}"

    def remember(self, person_id: str, private: AbstractMapping[str, str]) -> None:
        return None


@st.composite
def mutated(draw: st.DrawFn, content: bytes) -> bytes:
    """The content after a few bytes were replaced, lost, doubled or slipped in."""
    changed = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(changed)))
        lost = draw(st.integers(0, 3))
        slipped_in = draw(
            st.binary(max_size=3) | st.sampled_from([b'"', b"\r", b"\n", b",", b"\\u0000", b"[", b"NaN"])
        )
        changed[start : start + lost] = slipped_in
    return bytes(changed)


def events(content: Any, mapper: Any, *, is_text: bool) -> int:
    if isinstance(content, EventRejected):
        return 0
    context = Context(received_at=RECEIVED, source="corpus", is_text=is_text)
    with contextlib.suppress(EventRejected):
        return sum(bool(decode(item, Nobody(), context)) for item in mapper(content))
    return 0


@given(mutated(CSV))
def test_a_damaged_csv_gives_rows_or_is_refused(content: bytes) -> None:
    with contextlib.suppress(FileRefused):
        for record in read_csv([content], MAPPING.layout, []):
            assert events(record.content, RowMapper(MAPPING), is_text=True) >= 0
            assert record.raw in content


@given(mutated(NDJSON))
def test_damaged_lines_are_events_or_refusals(content: bytes) -> None:
    with contextlib.suppress(FileRefused):
        records = list(read_ndjson([content], Layout(), []))
        assert len(records) == sum(bool(line.strip()) for line in content.split(b"\n"))
        for record in records:
            assert events(record.content, lambda record: [record], is_text=False) >= 0


@given(mutated(gzip.compress(NDJSON, mtime=0)))
def test_a_damaged_gzip_file_gives_its_bytes_or_is_refused(content: bytes) -> None:
    with contextlib.suppress(FileRefused):
        assert set(b"".join(unpacked(lambda: iter([content]), "a.ndjson.gz", len(content)))) <= set(NDJSON)


@given(mutated(PARQUET))
def test_a_damaged_parquet_file_gives_rows_or_is_refused(content: bytes) -> None:
    with contextlib.suppress(FileRefused):
        for record in read_parquet(content, MAPPING.layout, []):
            assert events(record.content, RowMapper(MAPPING), is_text=False) >= 0
