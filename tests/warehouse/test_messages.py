"""Sentences of a build, kept as template and values."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.messages import Message, counted, joined, message, on_day, packed, render, unpacked

NOUNS = st.sampled_from(["day", "message", "session"])
PARTS = st.one_of(
    st.integers(0, 10**6),
    st.text(max_size=8),
    st.builds(counted, st.integers(0, 400), NOUNS),
    st.builds(on_day, st.dates(), has_year=st.booleans()),
)
MESSAGES = st.recursive(
    st.builds(lambda part: message("It is {part}.", part=part), PARTS),
    lambda inner: st.one_of(
        st.builds(lambda a, b: message("{a}; {b}", a=a, b=b), inner, PARTS),
        st.builds(joined, st.lists(inner, max_size=3)),
    ),
    max_leaves=5,
)


@given(MESSAGES)
def test_a_message_comes_back_from_its_table_as_it_was(told: Message) -> None:
    assert unpacked(packed(told)) == told
    assert render(unpacked(packed(told))) == render(told)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (message("Nothing to do."), "Nothing to do."),
        (message("{n_days} ago", n_days=counted(1, "day")), "1 day ago"),
        (message("{n_days} ago", n_days=counted(1200, "day")), "1200 days ago"),
        (message("since {day}", day=on_day(dt.date(2026, 3, 1), has_year=False)), "since 1 Mar"),
        (message("since {day}", day=on_day(dt.date(2025, 3, 1), has_year=True)), "since 1 Mar 2025"),
        (message("{rate:.0%}, {name}", rate=0.256, name="{not} a place"), "26%, {not} a place"),
        (joined([message("one"), "two"], "; "), "one; two"),
    ],
)
def test_a_message_in_english(told: Message, words: str) -> None:
    assert render(told) == words


def test_a_number_of_numpy_is_kept_as_the_number_it_is() -> None:
    assert packed(message("{n} of {all}", n=np.int32(3), all=np.float64(0.5))) == (
        '{"say":"{n} of {all}","n":3,"all":0.5}'
    )
