"""The bulk decoder against the strict codec: what it takes, the codec takes, and makes the same event of."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.ingest.readers.blocks import read_blocks
from pipelines.ingest.readers.records import text_of, without_line_end
from pipelines.ingest.strict_json import parse_json
from warehouse.errors import EventRejected
from warehouse.events import shapes
from warehouse.events.bulk import BulkDecoder
from warehouse.events.codec import Context, Decoded, decode
from warehouse.events.plain_sql import plain_kinds
from warehouse.log_tables import events_table

FIXTURES = Path(__file__).parent / "fixtures"
CORPUS = Path(__file__).parents[2] / "conformance"
LAST = b" " * 16 + b"\n"
"""The lines at the end of a block are the codec's."""

RECEIVED = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
N_MUTATED = int(os.environ.get("MUTATED", "5000"))
"""`make properties` tries the 100,000 that a release has to pass."""

VALUES = [
    "null", "true", "false", "0", "-0", "1", "-1", "5", "45", "45.0", "1440", "1441", "2147483647",
    "2147483648", "12345678901234567890", "99999999999999999999", "01", "+1", ".5", "1.", "0.1", "0.5",
    "2.50", "1e3", "1E-7", "0.00001", "1e400", "NaN", "Infinity", '""', '" "', '"a"', '"a b"', '" a"', '"a "',
    '"-a"', '"A._:@/+=~-9"', '"a@b.example"', '"A@B.example"', '"Ü"', '"e\u0301"', '"\u200b"', '"\\u0041"',
    '"\\n"', '"\\ud800"', '"a\tb"', '"\x7f"', f'"{"x" * 64}"', f'"{"x" * 65}"', f'"{"x" * 200}"',
    f'"{"x" * 201}"', f'"{"x" * 320}"', f'"{"x" * 321}"', "[]", "{}", '["a"]', '{"a":1}', '"mentor"',
    '"peer"',
    '"Mentor"', '"observed"', '"coordinator"', '"1.0"', '"1"', '"relationship/p1"', '"relationship/"',
    '"relationship/p 1"', '"cohort/c1"', '"cohort/"', '"person/x"', '"program/x"', '"relationship"',
    '"2026-03-01T10:00:00Z"', '"2026-03-01t10:00:00z"', '"2026-03-01 10:00:00Z"', '"2026-03-01T10:00Z"',
    '"2026-03-01T10:00:00"', '"2026-03-01T10:00:00+05:30"', '"2026-03-01T10:00:00-08:00"',
    '"2026-03-01T10:00:00+23:59"', '"2026-03-01T10:00:00+24:00"', '"2026-03-01T10:00:00.5Z"',
    '"2026-03-01T10:00:00.123456Z"', '"2026-03-01T10:00:00.1234567Z"', '"2026-03-01T10:00:00.000000+01:00"',
    '"2026-03-01T23:59:60Z"', '"2026-03-01T24:00:00Z"', '"2026-02-30T10:00:00Z"', '"2024-02-29T10:00:00Z"',
    '"1999-12-31T23:59:59Z"', '"2000-01-01T00:00:00+01:00"', '"2199-12-31T23:59:59Z"',
    '"22026-03-01T10:00:00Z"',
    '"2026-11-01T12:00:00Z"', '"2026-11-01T12:00:01Z"', '"2026-11-02T11:00:00Z"', '"2026-11-03T12:00:00Z"',
    '"2026-03-01"', '"2026-02-30"', '"1999-01-01"', '"2199-12-31"', '"2200-01-01"', '"26-03-01"',
    "1767225600",
    '"https://example.org"', '"https://example.org/a?b=c#d"', '"https://a.example.org:8443/(a)[b]"',
    '"HTTPS://example.org"', '"http://example.org"', '"//example.org"', '"javascript:alert(1)"',
    '"https://a@example.org"', '"https://example.org@b.example"', '"https://-a.example"', '"https://a.-"',
    '"https://example.org:123456/"', '"https://example.org/ü"', '"https://example.org/a b"', '"https://"',
    f'"https://example.org/{"x" * 1980}"', f'"https://example.org/{"x" * 1981}"',
]  # fmt: skip
"""Spellings on both sides of every border."""

NOISE = [b",", b"}", b"{", b"]", b"[", b'"', b":", b" ", b"  ", b"\\", b"\t", b"\r", b"\x00", b"\xff",
    b"\xc3\xa9",
         b"\xef\xbb\xbf", b",}", b", }", b"x", b"0", b"null", b"NaN", b"//", b"/**/"]  # fmt: skip


class People:
    """Names people after what they are called, so that two readings of a line agree."""

    def pseudonym(self, namespace: str, value: str) -> str:
        return f"per_{'' if '@' in value else namespace}|{value.lower() if '@' in value else value}"

    def remember(self, person_id: str, private: Mapping[str, str]) -> None: ...


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    """A record of every version of every type."""
    return [json.loads(path.read_text("utf-8"))["record"] for path in sorted(FIXTURES.glob("*.json"))]


def lines_of(records: list[dict[str, Any]]) -> list[bytes]:
    return [json.dumps(record, separators=(",", ":")).encode() for record in records]


def by_codec(line: bytes, source: str | None = None) -> Decoded | None:
    """What the codec makes of a line; None where it refuses it."""
    try:
        content = parse_json(text_of(without_line_end(line)))
        return decode(content, People(), Context(received_at=RECEIVED, source=source))
    except (EventRejected, AttributeError):  # what is no object has no `get`
        return None


def in_bulk(lines: list[bytes], source: str | None = None) -> dict[int, dict[str, Any]]:
    """What the bulk decoder makes of lines, by their number, between two that are the codec's."""
    decoder = BulkDecoder(People(), RECEIVED, source)
    told: dict[int, dict[str, Any]] = {}
    for block in read_blocks([b"{}\n", *(line + b"\n" for line in lines), LAST], []):
        skip = 1 if block.number == 1 else 0
        apart = decoder.take_apart(block.data, block.starts, number=block.number, skip=skip)
        told |= {row["line"]: row for row in (decoder.decode(apart).to_pylist() if apart is not None else [])}
    decoder.close()
    return {number - 2: row for number, row in told.items()}


def joined(lines: list[bytes]) -> tuple[bytes, Any]:
    """Lines as one text, where each begins, and the end."""
    data = b"".join([*(line + b"\n" for line in lines), LAST])
    return data, np.concatenate([[0], np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n")) + 1])


def as_row(event: Decoded) -> dict[str, Any]:
    (row,) = events_table([(0, event)]).to_pylist()
    return {name: value for name, value in row.items() if value is not None and name != "line"}


def assert_same(line: bytes, told: dict[str, Any], source: str | None = None) -> None:
    event = by_codec(line, source)
    assert event is not None, f"the codec refuses {line!r}"
    assert (event.extras, event.flags) == ((), ()), line
    given = {name: value for name, value in told.items() if value is not None and name != "line"}
    assert given == as_row(event), line


def mutated(lines: list[bytes], n_lines: int, seed: int) -> Iterator[bytes]:
    """Lines with one to three things changed: a value, a key, a place, a byte."""
    chance = random.Random(seed)
    changes: list[Callable[[bytes, random.Random], bytes]] = [
        other_value, other_value, other_value, other_value, key_again, key_gone, key_new, other_noise,
        spaced, cut,
    ]  # fmt: skip
    for _ in range(n_lines):
        line = chance.choice(lines)
        for _ in range(chance.choice((1, 1, 2, 3))):
            line = chance.choice(changes)(line, chance)
        yield line.replace(b"\n", b" ")


_VALUE = re.compile(rb'(?<=":)(?:"[^"]*"|-?[0-9.]+|true|false|null)')
_PAIR = re.compile(rb'"[a-z_]+":(?:"[^"]*"|-?[0-9.]+|true|false|null),?')


def other_value(line: bytes, chance: random.Random) -> bytes:
    places = list(_VALUE.finditer(line))
    if not places:
        return line
    place = chance.choice(places)
    return line[: place.start()] + chance.choice(VALUES).encode() + line[place.end() :]


def key_again(line: bytes, chance: random.Random) -> bytes:
    pairs = list(_PAIR.finditer(line))
    if not pairs:
        return line
    pair, at = chance.choice(pairs), chance.choice(pairs).start()
    return line[:at] + pair[0].rstrip(b",") + b"," + line[at:]


def key_gone(line: bytes, chance: random.Random) -> bytes:
    pairs = list(_PAIR.finditer(line))
    if not pairs:
        return line
    pair = chance.choice(pairs)
    return line[: pair.start()] + line[pair.end() :]


def key_new(line: bytes, chance: random.Random) -> bytes:
    at = chance.choice([match.end() for match in re.finditer(rb"\{", line)] or [0])
    key = chance.choice((b"minutes", b"score_max", b"dataschema", b"nobody", b"causationid", b"email", b"Id"))
    return line[:at] + b'"' + key + b'":' + chance.choice(VALUES).encode() + b"," + line[at:]


def other_noise(line: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(line) + 1)
    return line[:at] + chance.choice(NOISE) + line[at + chance.randrange(2) :]


def spaced(line: bytes, chance: random.Random) -> bytes:
    mark = chance.choice((b",", b":", b"{", b"}"))
    return line.replace(mark, chance.choice((mark + b" ", b" " + mark, mark + b"\t")))


def cut(line: bytes, chance: random.Random) -> bytes:
    return line[: chance.randrange(len(line) + 1)]


def test_an_event_of_every_plain_type_is_the_same_event(records: list[dict[str, Any]]) -> None:
    lines = lines_of(records)
    told = in_bulk(lines)
    plain = {record["type"] for number, record in enumerate(records) if number in told}
    assert plain == set(plain_kinds())
    for number, row in told.items():
        assert_same(lines[number], row)


def test_most_types_can_be_plain() -> None:
    assert len(plain_kinds()) > 85


@pytest.mark.parametrize("seed", range(4))
def test_mutated_lines_are_decided_as_the_codec_decides(
    records: list[dict[str, Any]], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shapes, "MAX_TRIES", N_MUTATED)
    monkeypatch.setattr(shapes, "MAX_SHAPES", N_MUTATED)
    lines = list(mutated(lines_of(records), N_MUTATED // 4, seed))
    told = in_bulk(lines, "feed")
    for number, row in told.items():
        assert_same(lines[number], row, "feed")
    accepted = sum(by_codec(line, "feed") is not None for line in lines[:1_000])
    assert sum(number < 1_000 for number in told) > 0.3 * accepted, "the bulk decoder leaves too much undone"


def test_the_corpus_of_bad_inputs_is_decided_as_the_codec_decides() -> None:
    lines = [
        line
        for path in sorted(CORPUS.rglob("*.ndjson"))
        for line in path.read_bytes().split(b"\n")
        if len(line) < 1 << 20
    ]
    assert len(lines) > 50
    for number, row in in_bulk(lines).items():
        assert_same(lines[number], row)


def test_people_are_named_once_and_only_where_the_line_is_taken() -> None:
    asked: list[tuple[str, str]] = []

    class Vault(People):
        def pseudonym(self, namespace: str, value: str) -> str:
            asked.append((namespace, value))
            return super().pseudonym(namespace, value)

    record = {
        "id": "e", "source": "platform", "type": "mentorship.session.held.v1", "time": "2026-03-01T10:00:00Z",
        "subject": "relationship/p1", "actorid": "ana", "data": {"session_id": "s1"},
    }  # fmt: skip
    refused = record | {"actorid": "zoe", "data": {}}
    lines = lines_of([record | {"id": f"e{number}"} for number in range(50)] + [refused])
    decoder = BulkDecoder(Vault(), RECEIVED)
    for _ in range(2):
        apart = decoder.take_apart(*joined(lines))
        assert apart is not None
        found = decoder.decode(apart)
        assert found.num_rows == 50
    assert asked == [("platform", "ana")]


def test_whom_the_vault_will_not_name_is_left_to_the_codec(records: list[dict[str, Any]]) -> None:
    class Vault(People):
        def pseudonym(self, namespace: str, value: str) -> str:
            if value == "zoe":
                raise EventRejected("subject.erased", "actorid", "was erased")
            return super().pseudonym(namespace, value)

    plain = next(record for record in records if record["type"] == "mentorship.session.held.v1")
    lines = lines_of([plain | {"actorid": name} for name in ("ana", "zoe", "ben", "zoe")])
    decoder = BulkDecoder(Vault(), RECEIVED)
    apart = decoder.take_apart(*joined(lines))
    assert apart is not None
    found = decoder.decode(apart)
    assert sorted(found["line"].to_pylist()) == [1, 3]
