"""Lines taken apart by their shape: what is found in them is what a JSON parser finds in them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.events import shapes
from warehouse.events.shapes import Shapes, Text, view_array, write_views

FIXED = ("type",)
END = b" " * 16 + b"\n"
"""Lines this close to the end of a text are left alone."""

PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"\\'), max_size=30)
NUMBER = st.one_of(st.integers(-(10**9), 10**9), st.booleans())


def line(number: object = 45, **texts: str) -> bytes:
    record = {"id": "e1", "time": "2026-03-01T10:00:00Z", "type": "held"} | texts
    return json.dumps(record | {"data": {"minutes": number, "mode": "video"}}).encode()


def read(*lines: bytes, known: Shapes | None = None, skip: int = 0) -> dict[int, dict[str, str]]:
    """The values of those lines that have a shape, as texts, by the number of the line."""
    data = b"".join([*(one + b"\n" for one in lines), END])
    starts = np.concatenate([[0], np.flatnonzero(np.frombuffer(data, np.uint8) == 10) + 1])
    text = Text.of(data, starts)
    told: dict[int, dict[str, str]] = {}
    for split in (known or Shapes(FIXED)).split(text, skip=skip):
        columns = {key: texts(text, *span) for key, span in split.spans.items()}
        for row, number in enumerate(split.lines.tolist()):
            told[number] = split.shape.constants | {key: column[row] for key, column in columns.items()}
    return told


def texts(text: Text, starts: shapes.Integers, ends: shapes.Integers) -> list[str]:
    made = np.zeros((len(starts), 2), np.uint64)
    write_views(text, starts, ends, made)
    return view_array(text, made, np.ones(len(starts), bool)).to_pylist()


def parsed(one: bytes) -> dict[str, Any]:
    """What a JSON parser finds: texts as they are, numbers as they are written."""
    record = json.loads(one, parse_int=str)
    flat = record | {f"data.{key}": value for key, value in record.pop("data").items()}
    spelt = {key: str(value).lower() if isinstance(value, bool) else value for key, value in flat.items()}
    return spelt | {key: json.dumps(record[key]) for key in FIXED if key in record}


@settings(max_examples=30)
@given(st.lists(st.tuples(PLAIN, PLAIN, NUMBER), min_size=1, max_size=8))
def test_values_are_what_a_parser_finds(values: list[tuple[str, str, int]]) -> None:
    lines = [line(number, id=name, subject=subject) for name, subject, number in values]
    assert read(*lines) == {index: parsed(one) for index, one in enumerate(lines)}


def test_a_line_with_another_byte_is_read_as_a_parser_reads_it_or_not_at_all() -> None:
    right = line(subject="relationship/p1")
    wrong = [right[:at] + bytes([right[at] ^ 1]) + right[at + 1 :] for at in range(len(right))]
    told = read(right, *wrong)
    assert told == {number: parsed([right, *wrong][number]) for number in told}
    in_values = sum(len(value.strip('"')) for value in told[0].values())
    assert len(told) > in_values / 2, "other values are read"
    assert len(told) < len(wrong), "what is no JSON any more is not"


@pytest.mark.parametrize(
    "odd",
    [
        b'{"id":"a\\n","time":"t","data":{}}',
        b'{"id":"a\tb","time":"t","data":{}}',
        '{"id":"é","time":"t","data":{}}'.encode(),
        b'{"id":"a","id":"b","time":"t","data":{}}',
        b'{"id":"a","time":"t","data":{},"data":{}}',
        b'{"id":"a","time":"t","data":{"x":1,"x":2}}',
        b'{"id":"a","time":"t","data":{"x":{}}}',
        b'{"id":"a","time":"t","data":{"x":[1]}}',
        b'{"id":"a","time":"t","data":{"x":null}}',
        b'{"id":"a","time":"t","data":{"x":1,}}',
        b'{"id":"a","time":"t","data":"x"}',
        b'{"id":"a","time":"t"}',
        b'{"type":"x","data":{}}',
        b' {"id":"a","time":"t","data":{}}',
        b'{"id":"a","time":"t","data":{}} ',
        b'{"id":"a","time":"t","data":{}',
        b"{}",
        b"",
    ],
)
def test_what_is_no_flat_object_of_plain_text_has_no_shape(odd: bytes) -> None:
    assert read(odd, odd, line()).keys() == {2}


def test_a_line_with_as_many_quotes_but_an_escape_in_the_place_of_one_is_left() -> None:
    assert read(line(), line().replace(b'"mode"', b'"mod\\"')).keys() == {0}


def test_line_ends_are_part_of_the_shape() -> None:
    told = read(line(), line() + b"\r", line().replace(b"45", b"4\r5"))
    assert told.keys() == {0, 1}
    assert told[0] == told[1]


def test_the_first_lines_and_those_at_the_end_are_left() -> None:
    assert read(line(), line(), line(), skip=2).keys() == {2}
    for data in (b"", b"\n", b"{}\n", line() + b"\n"):
        starts = np.concatenate([[0], np.flatnonzero(np.frombuffer(data, np.uint8) == 10) + 1])
        assert not [split for split in Shapes(FIXED).split(Text.of(data, starts)) if len(split.lines)]


def test_few_lines_of_a_text_are_looked_at_closely(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "MAX_TRIES", 3)
    lines = [line(**{f"key_{number}": "x"}) for number in range(10)]
    known = Shapes(FIXED)
    assert len(read(*lines, known=known)) == 3
    assert len(read(*lines, known=known)) == 6, "what was learnt is kept"


def test_few_shapes_of_a_feed_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "MAX_SHAPES", 4)
    known = Shapes(FIXED)
    for _ in range(3):
        assert len(read(*(line(**{f"key_{number}": "x"}) for number in range(10)), known=known)) == 4
