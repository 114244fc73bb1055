"""Numbers of groups: each interval against numbers that were published or that SciPy finds by another way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipelines.signals.measures import KPI_COLUMNS, measures, natural_at_term, newcombe, poisson, wilson

COUNTS: dict[str, Any] = {
    "program_id": "prog", "cohort_id": None, "kpi": "activation", "moment": "now", "kind": "share", "n": 10,
    "n_pairs": 10, "n_reached": 8, "n_acts": 8, "total": None, "total_reached": None, "squares": None,
    "middle": None, "low": None, "high": None, "worst_evidence": "observed",
}  # fmt: skip
NO_TERMS = pd.DataFrame(columns=["program_id", "cohort_id", "n_pairs", "term_days"])
NO_CURVES = pd.DataFrame(columns=["program_id", "cohort_id", "curve", "day", "rate", "low", "high"])


def floats(*values: float) -> Any:
    return np.array(values, dtype=np.float64)


def told(**differs: Any) -> Any:
    """The one number that comes of these counts."""
    return next(measures(pd.DataFrame([COUNTS | differs]), NO_TERMS, NO_CURVES).itertuples(index=False))


@given(n=st.integers(1, 400), share=st.floats(0, 1))
def test_the_interval_of_a_share_is_that_of_scipy(n: int, share: float) -> None:
    reached = round(share * n)
    limits = stats.binomtest(reached, n).proportion_ci(0.95, method="wilson")
    low, high = wilson(floats(reached), floats(n))
    assert (low[0], high[0]) == pytest.approx((limits.low, limits.high), abs=1e-9)


@given(acts=st.integers(0, 300))
def test_the_interval_of_a_count_is_exact(acts: int) -> None:
    low, high = poisson(floats(acts))
    assert stats.poisson.cdf(acts, high[0]) == pytest.approx(0.025)
    if acts:
        assert stats.poisson.sf(acts - 1, low[0]) == pytest.approx(0.025)
    else:
        assert low[0] == 0


def test_no_act_at_all_has_the_known_upper_limit() -> None:
    assert poisson(floats(0))[1][0] == pytest.approx(3.688879, abs=1e-6)


def test_the_difference_of_shares_is_that_of_newcombe_1998() -> None:
    # Table II of the paper: 56/70 - 48/80 and 9/10 - 3/10 and 10/10 - 0/10, method 10.
    low, high = newcombe(floats(56, 9, 10), floats(70, 10, 10), floats(48, 3, 0), floats(80, 10, 10))
    assert low == pytest.approx([0.0524, 0.1705, 0.6075], abs=5e-5)
    assert high == pytest.approx([0.3339, 0.8090, 1.0], abs=5e-5)


def test_ghosting_is_told_per_hundred_pair_months() -> None:
    row = told(kind="per_month", n=3044, n_acts=5, n_reached=0)
    assert row.n == 100
    assert row.value == pytest.approx(5, abs=0.001)
    assert (row.low, row.high) == pytest.approx((1.6233, 11.6667), abs=0.01)


def test_reminders_are_compared_with_those_held_back_in_points() -> None:
    row = told(kind="difference", n=20, n_reached=12, total=10_000, total_reached=9_000)
    assert row.value == 60
    assert (row.low, row.high) == pytest.approx((17.05, 80.90), abs=0.01)


def test_without_a_hold_out_there_is_no_effect() -> None:
    assert np.isnan(told(kind="difference", n=20, n_reached=12, total=20_000, total_reached=12_000).value)


def test_a_mean_has_the_limits_of_its_standard_error() -> None:
    row = told(kind="mean", total=7_500, squares=6_250_000)
    assert (row.value, row.low, row.high) == pytest.approx((0.75, 0.595051, 0.904949), abs=1e-6)


def test_a_median_has_values_as_limits_and_none_where_too_few() -> None:
    row = told(kind="median", middle=5_500, low=1_000, high=None)
    assert (row.value, row.low) == (5.5, 1)
    assert np.isnan(row.high)


def test_the_natural_ends_at_the_term_are_a_point_of_the_curve() -> None:
    named = {"program_id": "prog", "cohort_id": None, "curve": "natural"}
    curve = [
        named | {"day": day, "rate": rate, "low": rate / 2, "high": rate * 1.5}
        for day, rate in ((0, 0.0), (100, 0.2), (200, 0.4))
    ]
    terms = pd.DataFrame({"program_id": "prog", "cohort_id": None, "n_pairs": 30, "term_days": [199.0]})
    (row,) = natural_at_term(terms, pd.DataFrame(curve)).itertuples(index=False)
    assert (row.value, row.n) == (0.2, 30)
    longer = terms.assign(term_days=201.0)
    assert natural_at_term(longer, pd.DataFrame(curve)).empty


def test_rows_in_any_order_give_the_same_numbers() -> None:
    rows = [COUNTS | {"cohort_id": cohort, "kind": kind, "kpi": kind, "total": 5_000, "squares": 3_000_000,
                      "total_reached": 4_000, "middle": 1_000} for cohort in (None, "a", "b")
            for kind in ("share", "mean", "per_hundred", "difference", "tenth")]  # fmt: skip
    one = measures(pd.DataFrame(rows), NO_TERMS, NO_CURVES)
    other = measures(pd.DataFrame(rows[::-1]), NO_TERMS, NO_CURVES)
    pd.testing.assert_frame_equal(one, other)
    assert list(one.columns) == list(KPI_COLUMNS)


def test_a_kind_without_an_interval_is_refused() -> None:
    with pytest.raises(ValueError, match="kind without an interval"):
        told(kind="guess")
