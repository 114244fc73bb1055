"""Curves of endings: by hand, by a slow loop that follows the formulas, and by what must always hold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipelines.signals.survival import (
    FROM_THE_START,
    Counts,
    Lives,
    LogRank,
    aalen_johansen,
    count,
    kaplan_meier,
    log_log,
    log_rank,
)

N_CAUSES = 3
FEW = settings(max_examples=60, deadline=None)
Life = tuple[int, int, int]
"""Entered, left, cause."""


@st.composite
def late_life(draw: Any) -> Life:
    entered = draw(st.integers(0, 10))
    return entered, draw(st.integers(0, 20)), draw(st.integers(0, N_CAUSES))


LIFE = st.tuples(st.just(FROM_THE_START), st.integers(0, 12), st.integers(0, N_CAUSES))
LIVES = st.lists(LIFE, min_size=1, max_size=40)
WITH_LATE = st.lists(LIFE | late_life(), min_size=1, max_size=40)


def counted(lives: list[Life], *others: list[Life], n_causes: int = N_CAUSES) -> Counts:
    """The counts of one group, or of several."""
    groups = (lives, *others)
    every = np.array([life for group in groups for life in group], dtype=np.int64).reshape(-1, 3)
    group = np.repeat(np.arange(len(groups)), [len(each) for each in groups])
    return count(Lives(group, *every.T), len(groups), n_causes)


def by_loop(lives: list[Life]) -> tuple[list[float], list[list[float]], list[list[float]]]:
    """Still active, incidences and their variances by day, as the formulas read, one term after another."""
    n_days = max((left for entered, left, _ in lives if left > entered), default=0) + 1
    active, incidences, hazards = [], [], []
    before = 1.0
    for day in range(n_days):
        n = sum(entered < day <= left for entered, left, _ in lives)
        d = [
            sum(entered < left == day and cause == j for entered, left, cause in lives)
            for j in range(1, N_CAUSES + 1)
        ]
        last = incidences[-1] if incidences else [0.0] * N_CAUSES
        incidences.append([f + (before * k / n if n else 0) for f, k in zip(last, d, strict=True)])
        hazards.append((before, n, d))
        before *= 1 - sum(d) / n if n else 1
        active.append(before)
    variances = [
        [sum(term(incidences, hazards, j, u, t) for u in range(t + 1)) for j in range(N_CAUSES)]
        for t in range(n_days)
    ]
    return active, incidences, variances


def term(incidences: list[list[float]], hazards: list[Any], j: int, u: int, t: int) -> float:
    """What day u adds to the variance of the incidence of cause j at day t."""
    before, n, d = hazards[u]
    if n == 0:
        return 0.0
    later = incidences[t][j] - incidences[u][j]
    pooled = later**2 * sum(d) / (n * (n - sum(d))) if n > sum(d) else 0.0
    own = before**2 * d[j] * (n - d[j]) / n**3
    return float(pooled + own - 2 * later * before * d[j] / n**2)


def test_five_pairs_by_hand() -> None:
    counts = counted([(-1, 2, 1), (-1, 3, 2), (-1, 3, 0), (-1, 5, 1), (-1, 6, 0)])
    assert counts.at_risk[0].tolist() == [5, 5, 5, 4, 2, 2, 1]
    active = kaplan_meier(counts).estimate[0]
    assert active.tolist() == pytest.approx([1, 1, 0.8, 0.6, 0.6, 0.3, 0.3])
    cif = aalen_johansen(counts).estimate[0]
    assert cif[0].tolist() == pytest.approx([0, 0, 0.2, 0.2, 0.2, 0.5, 0.5])
    assert cif[1].tolist() == pytest.approx([0, 0, 0, 0.2, 0.2, 0.2, 0.2])


def test_the_interval_of_one_ending_in_five_by_hand() -> None:
    low, high = log_log(np.array([0.8]), np.array([0.8**2 / (5 * 4)]))
    width = 1.959964 * math.sqrt(1 / 20) / math.log(0.8)
    assert low[0] == pytest.approx(0.8 ** math.exp(-width), abs=1e-6) == pytest.approx(0.203809, abs=1e-5)
    assert high[0] == pytest.approx(0.8 ** math.exp(width), abs=1e-6) == pytest.approx(0.969180, abs=1e-5)


def test_a_pair_ends_on_the_day_of_its_acceptance() -> None:
    counts = counted([(-1, 0, 1), (-1, 4, 0)])
    assert kaplan_meier(counts).estimate[0, 0] == 0.5


def test_who_came_later_was_not_at_risk_before() -> None:
    counts = counted([(-1, 9, 0), (4, 9, 0), (4, 5, 1)])
    assert counts.at_risk[0].tolist() == [1, 1, 1, 1, 1, 3, 2, 2, 2, 2]
    assert kaplan_meier(counts).estimate[0, 9] == pytest.approx(2 / 3)


def test_a_life_that_ended_before_it_was_observed_tells_nothing() -> None:
    counts = counted([(-1, 5, 0), (8, 3, 1), (3, 3, 1)])
    assert counts.at_risk[0].tolist() == [1] * 6
    assert counts.ended.sum() == 0


def test_where_all_ended_there_is_no_interval() -> None:
    curve = kaplan_meier(counted([(-1, 2, 1), (-1, 3, 1)]))
    assert curve.estimate[0].tolist() == [1, 1, 0.5, 0]
    assert np.isnan(curve.low[0]).tolist() == [True, True, False, True]


def test_no_lives_have_no_curve_to_speak_of() -> None:
    counts = counted([])
    assert counts.at_risk.tolist() == [[0]]
    assert kaplan_meier(counts).estimate.tolist() == [[1]]


def test_one_cause_without_the_others_would_be_too_much() -> None:
    lives = [(-1, 1, 1), (-1, 2, 2), (-1, 3, 1), (-1, 4, 2)]
    counts = counted(lives)
    alone = 1 - kaplan_meier(counts.together((1,))).estimate[0, -1]
    assert aalen_johansen(counts).estimate[0, 0, -1] == pytest.approx(0.5)
    assert alone > 0.6


@FEW
@given(WITH_LATE)
def test_active_and_ended_are_all_pairs(lives: list[Life]) -> None:
    counts = counted(lives)
    whole = kaplan_meier(counts).estimate + aalen_johansen(counts).estimate.sum(1)
    np.testing.assert_allclose(whole, 1, atol=1e-12)


@FEW
@given(WITH_LATE)
def test_curves_are_what_the_formulas_say(lives: list[Life]) -> None:
    active, incidences, variances = by_loop(lives)
    counts = counted(lives)
    found = aalen_johansen(counts)
    np.testing.assert_allclose(kaplan_meier(counts).estimate[0], active, atol=1e-12)
    np.testing.assert_allclose(found.estimate[0].T, incidences, atol=1e-12)
    np.testing.assert_allclose(found.variance[0].T, variances, atol=1e-12)


@FEW
@given(WITH_LATE)
def test_curves_never_turn_back_and_stay_in_their_intervals(lives: list[Life]) -> None:
    counts = counted(lives)
    active, ended = kaplan_meier(counts), aalen_johansen(counts)
    assert (np.diff(active.estimate) <= 1e-12).all()
    assert (np.diff(ended.estimate) >= -1e-12).all()
    for curve in (active, ended):
        has = ~np.isnan(curve.low)
        assert (curve.low[has] <= curve.estimate[has] + 1e-12).all()
        assert (curve.high[has] >= curve.estimate[has] - 1e-12).all()
        assert ((curve.low[has] >= 0) & (curve.high[has] <= 1)).all()


@FEW
@given(WITH_LATE, st.randoms())
def test_the_order_of_pairs_does_not_show(lives: list[Life], chance: Any) -> None:
    shuffled = list(lives)
    chance.shuffle(shuffled)
    first, second = counted(lives), counted(shuffled)
    assert (aalen_johansen(first).variance == aalen_johansen(second).variance).all()


@FEW
@given(LIVES)
def test_a_cause_without_rivals_is_one_minus_kaplan_meier(lives: list[Life]) -> None:
    counts = counted([(entered, left, min(cause, 1)) for entered, left, cause in lives])
    found, active = aalen_johansen(counts), kaplan_meier(counts)
    np.testing.assert_allclose(found.estimate[:, 0], 1 - active.estimate, atol=1e-12)
    np.testing.assert_allclose(found.variance[:, 0], active.variance, atol=1e-12)


@FEW
@given(LIVES)
def test_kaplan_meier_is_that_of_scipy(lives: list[Life]) -> None:
    left, is_over = (np.array(values) for values in zip(*((t, j > 0) for _, t, j in lives), strict=True))
    theirs = stats.ecdf(stats.CensoredData.right_censored(left, ~is_over)).sf
    found = kaplan_meier(counted(lives)).estimate[0]
    np.testing.assert_allclose(found[theirs.quantiles.astype(int)], theirs.probabilities, atol=1e-12)


@FEW
@given(LIVES, LIVES)
def test_the_log_rank_test_is_that_of_scipy(first: list[Life], second: list[Life]) -> None:
    counts = counted(first, second)
    last = counts.at_risk.shape[-1]
    found = log_rank(counts.part(0, 0, last), counts.part(1, 0, last))
    if math.isnan(found.p_value):
        return
    samples = [
        stats.CensoredData.right_censored([t for _, t, _ in lives], [j == 0 for _, _, j in lives])
        for lives in (first, second)
    ]
    theirs = stats.logrank(*samples)
    assert found.p_value == pytest.approx(theirs.pvalue, abs=1e-9)
    assert (found.observed - found.expected) * theirs.statistic >= -1e-9


def test_few_endings_are_judged_by_the_binomial_distribution() -> None:
    """Four endings, all in the smaller of two groups of 4 and 12: 0.25^4."""
    test = LogRank(observed=4, expected=1, expected_other=3, p_value=0)
    assert test.p_exact == pytest.approx(0.25**4)
    assert math.isnan(LogRank(observed=0, expected=0, expected_other=0, p_value=math.nan).p_exact)


@FEW
@given(WITH_LATE, WITH_LATE)
def test_the_two_sides_of_a_comparison_mirror_each_other(first: list[Life], second: list[Life]) -> None:
    counts = counted(first, second)
    last = counts.at_risk.shape[-1]
    parts = [counts.part(place, 0, last) for place in (0, 1)]
    here, there = log_rank(*parts), log_rank(*reversed(parts))
    assert here.p_value == pytest.approx(there.p_value, nan_ok=True)
    assert here.expected == pytest.approx(there.expected_other)
    assert here.expected + here.expected_other == pytest.approx(counts.ended.sum())


def test_a_part_is_as_if_observation_began_and_ended_there() -> None:
    counts = counted([(-1, 2, 1), (-1, 5, 1), (-1, 9, 0)])
    part = counts.part(0, 3, 6)
    assert part.at_risk.tolist() == [[2, 2, 2, 1]]
    assert kaplan_meier(part).estimate[0].tolist() == [1, 1, 0.5, 0.5]
