"""Means and shares of a scale, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.pipelines.signals.surveys.asking import WAVE, answer, one, told


def test_a_scale_has_its_mean_students_interval_and_its_weakest_evidence() -> None:
    weak = [row | {"evidence": "inferred"} if row["who"] == 0 else row for row in WAVE]
    row = one(told(weak).score, field="wave", group_value="w1", subscale="total")
    assert (row.n, row.value, row.worst_evidence) == (5, 3.4, "inferred")
    assert (row.low, row.high) == pytest.approx((1.984, 4.816), abs=1e-3)


def test_a_mean_stays_on_its_scale() -> None:
    found = told([answer(i, "w1", score) for i, score in enumerate((5, 5, 5, 5, 4))])
    assert one(found.score, field="wave", subscale="total").high == 5


def test_the_quarter_before_is_the_last_wave_that_was_over_by_then() -> None:
    found = told([*WAVE, *(answer(i, "w2", 4 + i % 2) for i in range(5))])
    row = one(found.score, field="wave", group_value="w2", subscale="total")
    assert (row.wave_before, row.n_before, row.value_before) == ("w1", 5, 3.4)
    assert pd.isna(one(found.score, field="wave", group_value="w1", subscale="total").wave_before)


def test_answers_are_counted_by_step_of_the_scale() -> None:
    found = told(WAVE).share.query("item == 'a'")
    assert dict(zip(found["step"], found["n"], strict=True)) == {1: 0, 2: 1, 3: 2, 4: 1, 5: 1}
    assert set(found["n_all"]) == {5}


def test_a_scale_is_the_mean_of_its_items_whoever_left_one_out() -> None:
    given = [answer(i, "w1", 1 + i % 5, np.nan if i < 2 else 5 - i % 4) for i in range(12)]
    found = told(given).score
    row, a, b = (one(found, field="wave", subscale=scale) for scale in ("total", "a", "b"))
    assert (row.n, a.n, b.n) == (12, 12, 10)
    assert row.value == pytest.approx((a.value + b.value) / 2, abs=1e-6)
