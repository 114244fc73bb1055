"""The conformance corpus: one bad input, the one thing that becomes of it. Numbers are the corpus rows."""

from __future__ import annotations

import gzip
import json
import tomllib
import zlib

import pytest

from pipelines.ingest.mapping import Mapping
from pipelines.ingest.readers.records import MAX_ROW_BYTES

HEADER = b"id,person,name,at\n"
AT = b"2026-03-01T10:00:00Z"


def row(number: int = 1, name: bytes = b"Ana", person: bytes = b"u1", at: bytes = AT) -> bytes:
    return b"r%d,%s,%s,%s\n" % (number, person, name, at)


GOOD = HEADER + row(1) + row(2)

ACCEPTED_CSV = {
    "2 header only": (HEADER, 0),
    "4 a byte order mark at the start": (b"\xef\xbb\xbf" + GOOD, 2),
    "13 a bidi override in a name": (HEADER + row(name="A\u202ena".encode()), 1),
    "17 CR LF": (GOOD.replace(b"\n", b"\r\n"), 2),
    "19 mixed line ends": (HEADER + row(1).replace(b"\n", b"\r\n") + row(2), 2),
    "20 no final line feed": (GOOD.removesuffix(b"\n"), 2),
    "28 a new column": (b"mood,id,person,name,at\nblue,r1,u1,Ana," + AT + b"\n", 1),
    "25 a line feed between quotes": (b"id,person,name,at,note\nr1,u1,Ana," + AT + b',"a\nb"\n', 1),
    "29 other order of columns": (b"name,at,id,person\nAna," + AT + b",r1,u1\n", 1),
    "52 an id of leading zeros": (HEADER + row(person=b"007"), 1),
    "53 a name that reads NA": (HEADER + row(name=b"NA"), 1),
    "82 a formula in a cell": (HEADER + row(name=b"=HYPERLINK(1)"), 1),
    "83 mark-up in a name": (HEADER + row(name=b"<img src=x onerror=alert(1)>"), 1),
    "85 SQL in a name": (HEADER + row(name=b"x' or 1=1 --"), 1),
    "87 a template in a name": (HEADER + row(name=b"{{7*7}} %(a)s ${x}"), 1),
    "94 emoji, right to left, one letter, 200 letters": (
        HEADER + row(1, "👩‍💻".encode()) + row(2, "ليلى".encode()) + row(3, b"A") + row(4, b"n" * 200),
        4,
    ),
}

REFUSED_CSV = {
    "1 no bytes": (b"", "file.empty"),
    "3 no header": (row(1) + row(2), "csv.header_missing"),
    "6 UTF-16": (b"\xff\xfe" + GOOD.decode().encode("utf-16-le"), "text.encoding"),
    "18 CR alone": (GOOD.replace(b"\n", b"\r"), "csv.line_ending"),
    "18 CR alone beside quotes": (GOOD.replace(b"Ana", b'"Ana"').replace(b"\n", b"\r"), "csv.line_ending"),
    "24 a quote never closed": (GOOD + b'r3,u3,"Bo,' + AT + b"\n" + row(4), "csv.quote"),
    "24 a quote closed by the next row's quote": (GOOD + b'r3,u3,"Bo,4\nr4,u4,"Al",5\n', "csv.quote"),
    "26 one column name twice": (b"id,person,name,at,name\n", "csv.header_duplicate"),
    "27 a renamed column": (GOOD.replace(b"person", b"Person_ID"), "schema.missing_column"),
    "30 semicolons": (GOOD.replace(b",", b";"), "csv.dialect"),
    "32 ten million columns": (b"," * 10_000_000, "csv.columns_max"),
    "32 too many columns in a short row": (b"," * 300 + b"\n", "csv.columns_max"),
}

QUARANTINED_CSV = {
    "5 a byte order mark inside": (HEADER + row(1) + b"\xef\xbb\xbf" + row(2), ["text.bom_inside"]),
    "7 a Latin-1 byte": (HEADER + row(1, b"Jos\xe9") + row(2), ["text.invalid_utf8"]),
    "8 an overlong byte sequence": (HEADER + row(1, b"\xc0\xaf") + row(2), ["text.invalid_utf8"]),
    "10 a NUL": (HEADER + row(1, b"A\x00na") + row(2), ["text.control_char"]),
    "14 an id that is not NFC": (HEADER + row(1, person="e\u0301".encode()), ["id.not_nfc"]),
    "15 a zero width space in an id": (HEADER + row(1, person="u1\u200b".encode()), ["id.charset"]),
    "16 digits that are not 0-9": (HEADER + row(1, at="２０２６-03-01T10:00:00Z".encode()), ["time.format"]),
    "21 the last row cut off": (HEADER + row(1) + b"r2,u2", ["csv.columns"]),
    "22 a short row": (HEADER + b"r1,u1\n" + row(2), ["csv.columns"]),
    "23 a long row": (HEADER + row(1).replace(b"\n", b",5\n") + row(2), ["csv.columns"]),
    "36 the header once more": (HEADER + row(1) + HEADER + row(2), ["csv.header_repeated"]),
    "58 no id": (HEADER + b",u1,Ana," + AT + b"\n" + row(2), ["id.missing"]),
    "88 a line feed in a name": (HEADER + row(1, b'"a\nERROR fake"') + row(2), ["text.control_char"]),
    "90 a text of 70,000 letters": (HEADER + row(1, b"n" * 70_000) + row(2), ["field.length"]),
    "a stray quote costs its row alone": (HEADER + row(1, b'5" pipe') + row(2), ["csv.quote"]),
}


@pytest.mark.parametrize(("content", "n_events"), ACCEPTED_CSV.values(), ids=ACCEPTED_CSV)
def test_a_harmless_csv_is_accepted(desk, roster, content, n_events) -> None:
    result = desk.drop("people.csv", content, roster)
    assert (result.status, result.quarantined, result.n_events) == ("accepted", 0, n_events)


@pytest.mark.parametrize(("content", "code"), REFUSED_CSV.values(), ids=REFUSED_CSV)
def test_a_csv_that_cannot_be_read_is_refused_as_a_whole(desk, roster, content, code) -> None:
    result = desk.drop("people.csv", content, roster)
    assert (result.status, result.lines_in, result.quarantined) == ("refused", 1, 1)
    assert (desk.codes, desk.n_events) == ([code], 0)
    assert result.notes[-1].startswith(code)


@pytest.mark.parametrize(("content", "codes"), QUARANTINED_CSV.values(), ids=QUARANTINED_CSV)
def test_a_bad_row_is_quarantined_and_the_rest_is_read(desk, roster, content, codes) -> None:
    result = desk.drop("people.csv", content, roster)
    assert (result.status, desk.codes) == ("accepted", codes)
    assert result.lines_in == result.accepted + result.quarantined
    assert result.accepted == result.n_events == result.lines_in - len(codes)


def test_the_truncated_last_row_flags_the_file(desk, roster) -> None:
    result = desk.drop("people.csv", HEADER + row(1) + b"r2,u2", roster)
    assert any(note.startswith("maybe_truncated") for note in result.notes)


def test_a_renamed_column_is_named_and_an_alias_accepts_it(desk, roster, roster_toml) -> None:
    content = GOOD.replace(b"person", b"Person_ID")
    refused = desk.drop("people.csv", content, roster)
    assert "'Person_ID'" in refused.notes[-1]
    aliased = Mapping.model_validate(tomllib.loads(roster_toml + '[alias]\nperson = "Person_ID"\n'))
    assert desk.drop("people.csv", content, aliased).n_events == 2


def test_drift_and_mixed_line_ends_are_noted(desk, roster) -> None:
    content = b"mood,id,person,name,at\nblue,r1,u1,Ana," + AT + b"\r\nred,r2,u2,Bo," + AT + b"\n"
    notes = desk.drop("people.csv", content, roster).notes
    assert notes == ("columns the mapping does not use: mood", "lines end in LF and in CR LF")


def test_a_gigabyte_without_a_line_feed_is_refused_at_the_first_megabyte(desk, roster) -> None:
    content = HEADER + b"n" * (MAX_ROW_BYTES + 1)
    desk.drop("people.csv", content, roster)
    assert desk.codes == ["row.too_long"]


def test_a_quote_that_never_closes_is_refused_at_the_first_megabyte(desk, roster) -> None:
    desk.drop("people.csv", HEADER + b'r1,u1,"' + b"text\n" * 300_000, roster)
    assert desk.codes == ["csv.quote"]


# --- gzip ------------------------------------------------------------------------------------------------

PACKED = gzip.compress(
    HEADER + b"".join(row(number, person=b"u%d" % number) for number in range(500)), mtime=0
)
BAD_GZIP = {
    "33 cut off": (PACKED[:-20], "gzip.truncated"),
    "34 a wrong checksum": (PACKED[:-8] + bytes(4) + PACKED[-4:], "gzip.crc"),
    "35 junk behind": (PACKED + b"junk", "gzip.trailing"),
    "37 a bomb": (gzip.compress(bytes(50_000_000)), "gzip.ratio"),
    "38 gzip in gzip": (gzip.compress(PACKED), "file.nested_archive"),
    "38 a zip in gzip": (gzip.compress(b"PK\x03\x04" + PACKED), "file.nested_archive"),
    "an empty file packed": (gzip.compress(b""), "file.empty"),
    "text named as gzip": (GOOD, "file.type_mismatch"),
}


@pytest.mark.parametrize(("content", "code"), BAD_GZIP.values(), ids=BAD_GZIP)
def test_a_bad_gzip_file_is_refused_as_a_whole(desk, roster, content, code) -> None:
    result = desk.drop("people.csv.gz", content, roster)
    assert (result.status, desk.codes, desk.n_events) == ("refused", [code], 0)


def test_two_gzip_members_are_one_file_and_a_second_header_is_no_row(desk, roster) -> None:
    second = gzip.compress(HEADER + row(501, person=b"u501"))
    result = desk.drop("people.csv.gz", PACKED + second, roster)
    assert (result.status, result.n_events, desk.codes) == ("accepted", 501, ["csv.header_repeated"])


@pytest.mark.parametrize(
    "content", [PACKED, b"PAR1" + GOOD, b"PK\x03\x04" + GOOD], ids=["gzip", "parquet", "zip"]
)
def test_a_file_that_is_not_what_its_name_says_is_refused(desk, roster, content) -> None:
    desk.drop("people.csv", content, roster)
    assert desk.codes == ["file.type_mismatch"]


def test_a_raw_deflate_stream_is_not_taken_for_gzip(desk, roster) -> None:
    desk.drop("people.csv.gz", zlib.compress(GOOD), roster)
    assert desk.codes == ["file.type_mismatch"]


# --- native lines ----------------------------------------------------------------------------------------

BAD_LINES = {
    "9 half a character": ('{"id":"e1","x":"\\ud800"}', "text.lone_surrogate"),
    "11 an escaped NUL": ('{"id":"e1","x":"a\\u0000b"}', "text.control_char"),
    "12 a raw tab": ('{"id":"a\tb"}', "json.syntax"),
    "43 cut off": ('{"a":2', "json.syntax"),
    "44 two objects": ('{"a":1}{"a":2}', "json.syntax"),
    "46 one key twice": ('{"a":1,"a":2}', "json.duplicate_key"),
    "46 one key twice, deeper": ('{"data":{"a":1,"a":2}}', "json.duplicate_key"),
    "47 200,000 deep": ("[" * 200_000, "json.depth"),
    "47 33 deep": ('{"a":' * 33 + "1" + "}" * 33, "json.depth"),
    "48 NaN": ('{"a":NaN}', "json.not_number"),
    "48 minus infinity": ('{"a":-Infinity}', "json.not_number"),
    "49 1e999": ('{"a":1e999}', "json.not_number"),
    "50 23 digits": ('{"a":12345678901234567890123}', "number.range"),
    "50 one more than 64 bits hold": ('{"a":9223372036854775808}', "number.range"),
    "not an object": ("3", "json.not_object"),
}

BAD_RECORDS = {
    "54 a score in words": (
        {"type": "mentorship.survey.answered.v1", "data": {"score": "one"}},
        "field.type",
    ),
    "55 a score of 0": ({"type": "mentorship.survey.answered.v1", "data": {"score": 0}}, "field.range"),
    "55 a score of 6": ({"type": "mentorship.survey.answered.v1", "data": {"score": 6}}, "field.range"),
    "58 no id": ({"id": None}, "id.missing"),
    "58 an id with a space": ({"id": "e 1"}, "id.format"),
    "59 an unknown type": ({"type": "mentorship.session.teleported.v1"}, "schema.unknown_type"),
    "60 a newer version": ({"type": "mentorship.session.held.v99"}, "schema.unknown_version"),
    "63 mentor and mentee are one": (
        {"type": "mentorship.match.accepted.v1", "data": {"mentor_id": "u1", "mentee_id": "u1"}},
        "domain.self_pair",
    ),
    "64 the end before the start": (
        {
            "type": "mentorship.program.break_declared.v1",
            "data": {"starts_on": "2026-03-02", "ends_on": "2026-03-01"},
        },
        "domain.interval",
    ),
    "66 no offset": ({"time": "2026-03-01 10:00"}, "time.no_offset"),
    "73 hour 24": ({"time": "2026-03-01T24:00:00Z"}, "time.format"),
    "74 an offset of 25 hours": ({"time": "2026-03-01T10:00:00+25:00"}, "time.format"),
    "75 30 February": ({"time": "2026-02-30T10:00:00Z"}, "time.format"),
    "76 the year 9999": ({"time": "9999-01-01T00:00:00Z"}, "time.range"),
    "76 the year 10000": ({"time": "10000-01-01T00:00:00Z"}, "time.range"),
    "76 the year 1": ({"time": "0001-01-01T00:00:00Z"}, "time.range"),
    "77 seconds since 1970": ({"time": "1772359200"}, "time.format"),
    "78 now": ({"time": "now"}, "time.format"),
    "78 infinity": ({"time": "infinity"}, "time.format"),
    "80 in two days": ({"time": "2026-11-26T12:00:00Z"}, "time.future"),
    "81 day and month in doubt": ({"time": "03/04/2026"}, "time.format"),
}

SURVEY = {"wave": "w1", "instrument": "pulse", "item": "fit"}

GOOD_RECORDS = {
    "51 an id beyond 2^53": {"id": 9007199254740993},
    "69 an old zone name": {
        "type": "mentorship.program.created.v1",
        "data": {"program": "p", "time_zone": "Asia/Calcutta"},
    },
    "72 a leap second": {"time": "2016-12-31T23:59:60Z"},
    "79 nanoseconds": {"time": "2026-03-01T10:00:00.123456789Z"},
    "80 in two hours": {"time": "2026-11-24T14:00:00Z"},
}


@pytest.mark.parametrize(("line", "code"), BAD_LINES.values(), ids=BAD_LINES)
def test_a_bad_json_line_is_quarantined_and_the_rest_is_read(desk, native, line, code) -> None:
    result = desk.drop("events.ndjson", native(id="e1") + line + "\n" + native(id="e2"))
    assert (desk.codes, result.n_events) == ([code], 2)


@pytest.mark.parametrize(("changes", "code"), BAD_RECORDS.values(), ids=BAD_RECORDS)
def test_a_record_that_is_no_event_is_quarantined(desk, native, changes, code) -> None:
    if changes.get("type") == "mentorship.survey.answered.v1":
        changes = changes | {"data": SURVEY | changes["data"]}
    result = desk.drop("events.ndjson", native(**changes) + native(id="e2"))
    assert (desk.codes, result.n_events) == ([code], 1)


@pytest.mark.parametrize("changes", GOOD_RECORDS.values(), ids=GOOD_RECORDS)
def test_a_harmless_record_is_accepted(desk, native, changes) -> None:
    assert desk.drop("events.ndjson", native(**changes)).n_events == 1


def test_an_id_beyond_2_53_keeps_every_digit(desk, native) -> None:
    desk.drop("events.ndjson", native(id=9007199254740993))
    assert desk.rows("select source_event_id from log.event") == [("9007199254740993",)]


@pytest.mark.parametrize("content", ['[{"a":1}]\n', '[\n{"a":1}\n]\n', '{\n"a": 1\n}\n'])
def test_a_json_document_is_refused_as_a_whole(desk, content) -> None:
    desk.drop("events.ndjson", content)
    assert desk.codes == ["json.not_lines"]


def test_a_cut_off_last_line_flags_the_file(desk, native) -> None:
    result = desk.drop("events.ndjson", native() + '{"a":2')
    assert any(note.startswith("maybe_truncated") for note in result.notes)


def test_the_same_event_again_is_a_duplicate_and_another_payload_a_conflict(desk, native) -> None:
    desk.drop("a.ndjson", native())
    again = desk.drop("b.ndjson", native() + "\n")
    assert (again.duplicate, again.quarantined, again.n_events) == (1, 0, 0)
    other = desk.drop("c.ndjson", native(data={"session_id": "s1", "minutes": 31}))
    assert (other.quarantined, desk.codes, desk.n_events) == (1, ["event.conflict"], 1)


def test_times_in_a_declared_zone_are_refused_where_the_clock_skips_or_repeats(desk, roster_toml) -> None:
    zoned = Mapping.model_validate(tomllib.loads(roster_toml + '[time]\nzone = "America/New_York"\n'))
    rows = b"".join(
        row(number, at=at)
        for number, at in enumerate([b"2026-03-08 02:30", b"2026-11-01 01:30", b"2026-11-01 01:30-04:00"])
    )
    result = desk.drop("people.csv", HEADER + rows, zoned)
    assert desk.codes == ["time.nonexistent", "time.ambiguous"]
    assert result.n_events == 1


def test_an_epoch_is_read_where_the_source_declares_its_unit(desk, roster_toml) -> None:
    epoch = Mapping.model_validate(tomllib.loads(roster_toml + '[time]\nunit = "ms"\n'))
    desk.drop("people.csv", HEADER + row(at=b"1772359200000"), epoch)
    assert str(desk.rows("select occurred_at from log.event")[0][0]) == "2026-03-01 10:00:00"


@pytest.mark.parametrize("zone", ["IST", "Mars/Olympus", "../../etc/passwd"])
def test_a_zone_that_names_no_place_is_quarantined(desk, native, zone) -> None:
    desk.drop(
        "events.ndjson",
        native(type="mentorship.program.created.v1", data={"program": "p", "time_zone": zone}),
    )
    assert desk.codes == ["time.zone"]


def test_every_line_is_accounted_for_by_the_database_itself(desk, native) -> None:
    content = native() + native() + "no\n" + native(id="e2", time="now") + native(id="e3")
    result = desk.drop("events.ndjson", content)
    assert (result.lines_in, result.accepted, result.duplicate, result.quarantined) == (5, 2, 1, 2)
    with pytest.raises(Exception, match="CHECK constraint"):
        desk.log.con.execute("update ledger set accepted = accepted + 1")


def test_a_quarantined_row_keeps_its_place_and_its_bytes_sealed(desk, native) -> None:
    from warehouse.vault import unseal

    result = desk.drop("events.ndjson", native() + json.dumps({"name": "Ana Synthetic"}) + "\n")
    ((file_id, line, offset, raw),) = desk.rows("select file_id, line, byte_offset, raw from log.quarantine")
    assert (line, offset, result.quarantined) == (2, len(native()), 1)
    assert b"Ana" not in raw
    assert unseal(desk.vault.file_key(file_id), raw) == b'{"name": "Ana Synthetic"}'
