"""How answers changed between two waves, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.pipelines.signals.surveys.asking import answer, is_told, one, told


def test_a_change_is_of_those_who_answered_twice() -> None:
    before, after = (1, 2, 3, 4, 5), (2, 3, 4, 5, 5)
    lost = [answer(9 + i, "pre", 3 + i % 2) for i in range(5)]
    waves = [answer(i, w, s) for w, line in (("pre", before), ("post", after)) for i, s in enumerate(line)]
    row = one(told([*waves, *lost]).change, field="program", subscale="total")
    assert (row.n_before, row.n_paired, row.n_lost, row.value) == (10, 5, 5, 0.8)
    assert (row.low, row.high) == pytest.approx((0.8 - 2.776 * 0.2, 0.8 + 2.776 * 0.2), abs=1e-3)
    assert pd.isna(row.effect), "five people are fewer than the policy's effect_pairs"


def test_where_a_few_left_one_item_out_its_change_is_hidden() -> None:
    waves = [
        answer(i, w, 1 + (i + (w == "post")) % 5, np.nan if i < 2 else 1 + i % 4)
        for w in ("pre", "post")
        for i in range(12)
    ]
    found = told(waves).change
    assert is_told(found, field="program", subscale="a")
    assert not is_told(found, field="program", subscale="b")


@pytest.mark.parametrize("once", ["pre", "post"])
def test_where_a_few_answered_once_only_no_change_is_told(once: str) -> None:
    waves = [answer(i, w, 1 + (i + (w == "post")) % 5) for w in ("pre", "post") for i in range(8)]
    assert is_told(told(waves).change, field="program", subscale="total")
    found = told([*waves, answer(20, once, 3), answer(21, once, 4)]).change
    assert not is_told(found, field="program", subscale="total")
