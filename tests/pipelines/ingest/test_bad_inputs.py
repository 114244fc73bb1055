"""Bad inputs beside those of tests/conformance: variants of its rows, and what holds for all of them."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest

from pipelines.ingest.readers.records import MAX_ROW_BYTES
from warehouse.vault import unseal

HEADER = b"id,person,name,at\n"
AT = b"2026-03-01T10:00:00Z"


def row(number: int = 1, name: bytes = b"Ana") -> bytes:
    return b"r%d,u%d,%s,%s\n" % (number, number, name, AT)


GOOD = HEADER + row(1) + row(2)
PACKED = gzip.compress(GOOD, mtime=0)

REFUSED_CSV = {
    "CR alone beside quotes": (GOOD.replace(b"Ana", b'"Ana"').replace(b"\n", b"\r"), "csv.line_ending"),
    "a quote closed by the next row's quote": (GOOD + b'r3,u3,"Bo,4\nr4,u4,"Al",5\n', "csv.quote"),
    "a quote that is not closed within a megabyte": (HEADER + b'r1,u1,"' + b"text\n" * 300_000, "csv.quote"),
    "too many columns in a short row": (b"," * 300 + b"\n", "csv.columns_max"),
    "a row longer than a megabyte": (HEADER + b"n" * (MAX_ROW_BYTES + 1), "row.too_long"),
    "Parquet called .csv": (b"PAR1" + GOOD, "file.type_mismatch"),
    "a zip called .csv": (b"PK\x03\x04" + GOOD, "file.type_mismatch"),
    "UTF-16, the other way round": (b"\xfe\xff" + GOOD.decode().encode("utf-16-be"), "text.encoding"),
}

REFUSED_GZIP = {
    "a zip in gzip": (gzip.compress(b"PK\x03\x04" + PACKED), "file.nested_archive"),
    "an empty file packed": (gzip.compress(b""), "file.empty"),
    "text called .gz": (GOOD, "file.type_mismatch"),
    "raw deflate called .gz": (zlib.compress(GOOD), "file.type_mismatch"),
}

BAD_LINES = {
    "33 deep": ('{"a":' * 33 + "1" + "}" * 33, "json.depth"),
    "minus infinity": ('{"a":-Infinity}', "json.not_number"),
    "not an object": ("3", "json.not_object"),
}


@pytest.mark.parametrize(("content", "code"), REFUSED_CSV.values(), ids=REFUSED_CSV)
def test_a_csv_that_cannot_be_read_is_refused_as_a_whole(desk, roster, content, code) -> None:
    result = desk.drop("people.csv", content, roster)
    assert (result.status, desk.codes[0], desk.n_events) == ("refused", code, 0)
    assert result.notes[-1].startswith(code)


@pytest.mark.parametrize(("content", "code"), REFUSED_GZIP.values(), ids=REFUSED_GZIP)
def test_a_bad_gzip_file_is_refused_as_a_whole(desk, roster, content, code) -> None:
    result = desk.drop("people.csv.gz", content, roster)
    assert (result.status, desk.codes, desk.n_events) == ("refused", [code], 0)


@pytest.mark.parametrize(("line", "code"), BAD_LINES.values(), ids=BAD_LINES)
def test_a_bad_json_line_is_quarantined_and_the_rest_is_read(desk, native, line, code) -> None:
    result = desk.drop("events.ndjson", native(id="e1") + line + "\n" + native(id="e2"))
    assert (desk.codes, result.n_events) == ([code], 2)


@pytest.mark.parametrize("content", ['[\n{"a":1}\n]\n', '{\n"a": 1\n}\n'])
def test_a_json_document_is_refused_as_a_whole(desk, content) -> None:
    desk.drop("events.ndjson", content)
    assert desk.codes == ["json.not_lines"]


def test_a_stray_quote_costs_its_row_alone(desk, roster) -> None:
    result = desk.drop("people.csv", HEADER + row(1, b'5" pipe') + row(2), roster)
    assert (desk.codes, result.n_events) == (["csv.quote"], 1)


def test_a_bad_row_before_the_break_keeps_its_own_reason(desk, roster) -> None:
    content = HEADER + row(1) + b"r2,u2\n" + b'r3,u3,"Bo,' + AT + b"\n"
    result = desk.drop("people.csv", content, roster)
    assert (result.status, result.lines_in, result.quarantined) == ("refused", 3, 3)
    assert desk.codes == ["csv.quote", "file.refused", "csv.columns"]


def test_every_line_is_accounted_for_by_the_database_itself(desk, native) -> None:
    content = native() + native() + "no\n" + native(id="e2", time="now") + native(id="e3")
    result = desk.drop("events.ndjson", content)
    assert (result.lines_in, result.accepted, result.duplicate, result.quarantined) == (5, 2, 1, 2)
    with pytest.raises(Exception, match="CHECK constraint"):
        desk.log.con.execute("update ledger set accepted = accepted + 1")


def test_a_quarantined_row_keeps_its_place_and_its_bytes_sealed(desk, native) -> None:
    result = desk.drop("events.ndjson", native() + json.dumps({"name": "Ana Synthetic"}) + "\n")
    ((file_id, line, offset, raw),) = desk.rows("select file_id, line, byte_offset, raw from log.quarantine")
    assert (line, offset, result.quarantined) == (2, len(native()), 1)
    assert b"Ana" not in raw
    assert unseal(desk.vault.file_key(file_id), raw) == b'{"name": "Ana Synthetic"}'
