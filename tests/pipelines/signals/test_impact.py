"""Survey science by hand: small numbers whose answers can be worked on paper."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from pipelines.signals.impact import change, compare, reliability, small_sample_factor
from warehouse.errors import FrameError


def scores(*values: float | None) -> pd.Series:
    return pd.Series(values, index=[f"p{place}" for place in range(len(values))], dtype="float64")


def test_alpha_of_three_items_by_hand() -> None:
    # Item variances 1, 1, 1; the sum is 3, 5, 7, 9, ...: items that only shift together agree fully.
    answers = pd.DataFrame({"a": [1, 2, 3, 4, 5], "b": [2, 3, 4, 5, 6], "c": [0, 1, 2, 3, 4]})
    found = reliability(answers)
    assert found is not None
    assert found.alpha.value == pytest.approx(1)


def test_alpha_of_two_items_is_the_spearman_brown_of_their_correlation() -> None:
    # Both items have the same variance, so alpha = 2r / (1 + r); here r = 0.8.
    answers = pd.DataFrame({"a": [1, 2, 3, 4, 5], "b": [2, 1, 3, 5, 4]})
    found = reliability(answers)
    assert found is not None
    assert found.alpha.value == pytest.approx(2 * 0.8 / 1.8)
    assert math.isnan(found.omega)


def test_the_small_sample_factor_has_closed_forms_and_hedges_approximation() -> None:
    # G(1/2) = sqrt(pi), so c(2) = 1/sqrt(pi) and c(3) = sqrt(2/3) sqrt(pi)/2; L. V. Hedges, Journal of
    # Educational Statistics 6 (1981) 107: c(m) is about 1 - 3/(4m - 1).
    assert small_sample_factor(2) == pytest.approx(1 / math.sqrt(math.pi))
    assert small_sample_factor(3) == pytest.approx(math.sqrt(2 / 3) * math.sqrt(math.pi) / 2)
    assert small_sample_factor(20) == pytest.approx(1 - 3 / 79, abs=2e-4)


def test_an_effect_by_hand() -> None:
    # Before 1, 2, 3, 4, 5: SD sqrt(2.5); all gain 1, so r = 1 and g = c(4) / sqrt(2.5), variance g^2 / 10.
    found = change(scores(1, 2, 3, 4, 5), scores(2, 3, 4, 5, 6), fewest=5)
    assert found is not None
    assert found.effect is not None
    g = small_sample_factor(4) / math.sqrt(2.5)
    assert found.effect.value == pytest.approx(g)
    assert found.effect.high - found.effect.low == pytest.approx(2 * 1.959964 * g / math.sqrt(10), rel=1e-6)
    assert found.change == pytest.approx((1, 1, 1))


def test_who_has_no_second_score_is_lost_and_compared() -> None:
    found = change(scores(1, 2, 3, 4, 4, 5), scores(2, 3, 4, 5, None, None), fewest=2)
    assert found is not None
    assert (found.n_before, found.n_paired, found.n_lost) == (6, 4, 2)
    assert found.stayed_less_lost is not None
    assert found.stayed_less_lost.value == pytest.approx(2.5 - 4.5)


def test_who_came_only_later_is_no_pair() -> None:
    before, after = scores(1, 2, 3), pd.Series({"p0": 2.0, "p1": 3.0, "p9": 5.0})
    found = change(before, after, fewest=2)
    assert found is not None
    assert (found.n_paired, found.n_lost) == (2, 1)
    assert found.stayed_less_lost is None


def test_below_the_fewest_pairs_there_is_an_interval_and_no_effect() -> None:
    found = change(scores(*range(1, 20)), scores(*range(2, 21)), fewest=20)
    assert found is not None
    assert found.n_paired == 19
    assert found.effect is None
    assert found.change.value == 1


@pytest.mark.parametrize("after", [scores(), scores(3)])
def test_one_pair_tells_nothing(after: pd.Series) -> None:
    assert change(scores(1, 2), after, fewest=2) is None


def test_a_respondent_with_two_scores_is_refused() -> None:
    twice = pd.Series([1.0, 2.0], index=["p0", "p0"])
    with pytest.raises(FrameError, match="more than one score"):
        change(twice, scores(1, 2), fewest=2)


def test_a_group_is_compared_by_what_each_gained() -> None:
    treated = scores(1, 2, 3, 4), scores(3, 4, 5, 5)
    control = scores(1, 2, 3, 4), scores(1, 3, 3, 5)
    found = compare(treated, control, fewest=2)
    assert found is not None
    assert found.difference.value == pytest.approx(1.75 - 0.5)
    assert found.effect is not None
    few = compare(treated, control, fewest=5)
    assert few is not None
    assert few.effect is None


def test_items_that_nobody_answers_otherwise_have_no_reliability() -> None:
    assert reliability(pd.DataFrame({"a": [3, 3, 3], "b": [3, 3, 3]})) is None
    assert reliability(pd.DataFrame({"a": [1, 2, 3]})) is None
