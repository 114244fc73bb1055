"""Whose answers count where, and in what order."""

from __future__ import annotations

import pandas as pd
import pytest

from pipelines.signals.surveys import surveys
from tests.pipelines.signals.surveys.asking import (
    POLICY,
    QUARTER_BEFORE,
    WAVE,
    answer,
    drawn,
    invitations,
    one,
    tables,
    told,
)


def test_people_outside_stand_beside_and_are_in_no_wave() -> None:
    inside = [answer(i, w, 1 + i % 4 + (w == "post" and i > 0)) for w in ("pre", "post") for i in range(6)]
    outside = [
        answer(50 + i, w, 1 + i % 4 + (w == "post" and i == 0), is_outside=True)
        for w in ("pre", "post")
        for i in range(6)
    ]
    found = told([*inside, *outside])
    row = one(found.change, field="program", subscale="total")
    assert (row.n_paired, row.n_outside) == (6, 6)
    assert (row.value, row.outside, row.difference) == pytest.approx((5 / 6, 1 / 6, 4 / 6), abs=1e-6)
    assert set(found.score["n"].dropna()) == {6}


def test_the_order_of_rows_changes_nothing() -> None:
    scores, items, pairs = tables(drawn(3))
    sent = invitations()
    first = surveys(scores, items, sent, pairs, QUARTER_BEFORE, POLICY)
    mixed = (frame.sample(frac=1, random_state=1) for frame in (scores, items, sent, pairs))
    again = surveys(*mixed, QUARTER_BEFORE, POLICY)
    for name in ("response", "score", "share", "change"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(again, name))


def test_nobody_answered_is_four_empty_tables() -> None:
    scores, items, pairs = tables(WAVE)
    found = surveys(scores[:0], items[:0], invitations(), pairs, QUARTER_BEFORE, POLICY)
    assert [len(each) for each in (found.response, found.score, found.share, found.change)] == [0, 0, 0, 0]
