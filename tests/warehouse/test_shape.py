"""A shape shows how a line is built and nothing of what it says."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.shape import MAX_SHAPE, line_shape


def test_known_keys_stay_and_values_are_hidden() -> None:
    line = b'{"id": "evt-1", "time":"2026-03-01T10:00:00", "data": {"minutes": 45.5, "name": "Asha O\'Rao"}}'
    assert line_shape(line) == (
        '{"id": "aaa-9", "time":"9999-99-99a99:99:99", "data": {"minutes": 99.9, "name": "aaaa a\'aaa"}}'
    )


def test_a_key_that_is_not_ours_may_be_a_name_and_is_hidden() -> None:
    assert line_shape(b'{"asha": 5, "Asha Rao": 6}') == '{"aaaa": 9, "aaaa aaa": 9}'


@pytest.mark.parametrize("line", [b"name", b'"name"', b"name: asha"])
def test_a_value_that_looks_like_a_key_is_hidden(line: bytes) -> None:
    assert "name" not in line_shape(line)


def test_a_row_of_a_table_keeps_its_separators() -> None:
    assert line_shape(b"p-17;Asha;a.rao@example.org;01.03.2026") == "a-99;aaaa;a.aaa@aaaaaaa.aaa;99.99.9999"


def test_vowel_signs_and_digits_of_other_scripts_are_hidden() -> None:
    assert line_shape("आशा ٣٤ é\n".encode()) == "aa· 99 a·"


def test_bytes_that_are_no_text_have_a_shape_too() -> None:
    assert line_shape(b"\xff\xfe\x00a") == "···a"


def test_a_long_line_is_cut_and_says_so() -> None:
    assert line_shape(b"x" * 1_000_000) == "a" * MAX_SHAPE + "…"


@given(st.text(min_size=1), st.text(min_size=1))
def test_no_value_shows(name: str, other: str) -> None:
    shape = line_shape(json.dumps({"name": name, other: name}, ensure_ascii=False).encode("utf-8", "replace"))
    left = shape.replace('"name"', "")
    assert not any(one.isalnum() and one not in "a9" for one in left.replace(f'"{other}":', ""))
