"""Who answered of those asked."""

from __future__ import annotations

import pytest

from pipelines.signals.surveys import surveys
from tests.pipelines.signals.surveys.asking import (
    POLICY,
    QUARTER_BEFORE,
    WAVE,
    answer,
    invitations,
    one,
    tables,
    told,
)


def test_of_those_asked_the_share_that_answered() -> None:
    all_answered = told(WAVE, invitations(*((i, "w1", True) for i in range(5))))
    assert one(all_answered.response, wave="w1").is_hidden
    scores, items, pairs = tables([answer(i, "w1", 2 + i % 3) for i in range(10)])
    sent = invitations(*((i, "w1", i < 5) for i in range(10)))
    row = one(surveys(scores, items, sent, pairs, QUARTER_BEFORE, POLICY).response, wave="w1")
    assert (row.n, row.n_reached, row.value) == (10, 5, 0.5)
    assert (row.low, row.high) == pytest.approx((0.2366, 0.7634), abs=1e-4)  # Wilson, as R's prop.test
