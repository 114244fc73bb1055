"""Groups of people compared: by hand, by SciPy, and where nothing may or can be told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pipelines.signals.equity import FIELDS, GAP_COLUMNS, VALUE_COLUMNS, Equity, equity
from warehouse.policy import Policy

POLICY = Policy()


def units(*groups: tuple[str, int, int], kpi: str = "activation", field: str = "form") -> pd.DataFrame:
    """One unit a pair: of each group so many pairs, of which so many did so; every mentor has one."""
    rows = [
        {"pair_id": f"{group}{i}", "is_reached": i < reached, field: group}
        for group, n, reached in groups
        for i in range(n)
    ]
    return framed(rows, kpi)


def framed(rows: list[dict[str, Any]], kpi: str) -> pd.DataFrame:
    blank = dict.fromkeys(FIELDS) | {"program_id": "prog", "kpi": kpi, "n_units": 1, "thousandths": None}
    frame = pd.DataFrame([blank | row for row in rows])
    return frame.assign(mentee_id="e" + frame["pair_id"], mentor_id="o" + frame["pair_id"])


def gap_of(found: Equity, field: str = "form") -> Any:
    return next(found.gap[found.gap["field"] == field].itertuples(index=False))


def test_the_gap_of_two_shares_has_newcombes_interval_and_fishers_p() -> None:
    gap = gap_of(equity(units(("formal", 80, 48), ("informal", 70, 56)), POLICY))
    assert (gap.lowest_group, gap.highest_group, gap.gap) == ("formal", "informal", 0.2)
    assert (gap.gap_low, gap.gap_high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert gap.p_value == pytest.approx(stats.fisher_exact([[56, 14], [48, 32]]).pvalue, abs=1e-6)


def test_the_p_of_the_largest_of_three_gaps_counts_threefold() -> None:
    gap = gap_of(equity(units(("a", 40, 10), ("b", 40, 16), ("c", 40, 22)), POLICY))
    assert gap.p_value == pytest.approx(3 * stats.fisher_exact([[22, 18], [10, 30]]).pvalue, abs=1e-6)


def test_the_p_of_all_comparisons_are_adjusted_together() -> None:
    parts = [units(("a", 40, 8), ("b", 40, 32), kpi=kpi) for kpi in ("activation", "sustained")]
    parts += [units(("a", 40, 20), ("b", 40, 21), kpi=kpi) for kpi in ("active", "goals_set")]
    told = equity(pd.concat(parts), POLICY).gap.query("verdict != 'too_few'")
    expected = stats.false_discovery_control(told["p_value"])
    assert told["p_adjusted"].to_numpy() == pytest.approx(expected, abs=1e-6)
    assert dict(zip(told["kpi"], told["verdict"], strict=True)) == {
        "activation": "gap", "sustained": "gap", "active": "chance", "goals_set": "chance",
    }  # fmt: skip


def test_pairs_with_many_asks_do_not_count_as_many_pairs() -> None:
    """Twenty pairs that answer all or nothing tell no more than twenty answers."""
    rows = [
        {"pair_id": f"{group}{i}", "is_reached": i < reached, "form": group, "n_units": 50}
        for group, reached in (("a", 6), ("b", 14))
        for i in range(20)
    ]
    gap = gap_of(equity(framed(rows, "reply_mentor"), POLICY))
    single = gap_of(equity(units(("a", 20, 6), ("b", 20, 14)), POLICY))
    assert gap.gap_high - gap.gap_low == pytest.approx(single.gap_high - single.gap_low, abs=0.08)


def test_health_is_compared_by_its_mean_as_welch_does() -> None:
    rng = np.random.default_rng(3)
    scores = {"a": rng.integers(50_000, 90_000, 12), "b": rng.integers(70_000, 95_000, 15)}
    rows = [
        {"pair_id": f"{group}{i}", "is_reached": False, "form": group, "thousandths": int(score)}
        for group, values in scores.items()
        for i, score in enumerate(values)
    ]
    gap = gap_of(equity(framed(rows, "health"), POLICY))
    test = stats.ttest_ind(scores["b"] / 1000, scores["a"] / 1000, equal_var=False)
    limits = test.confidence_interval()
    assert gap.p_value == pytest.approx(test.pvalue, abs=1e-6)
    assert (gap.gap_low, gap.gap_high) == pytest.approx((limits.low, limits.high), abs=1e-5)


def test_a_group_below_five_pairs_is_neither_shown_nor_found_by_subtraction() -> None:
    found = equity(units(("a", 4, 2), ("b", 9, 4), ("c", 30, 11)), POLICY)
    assert list(found.value.query("field == 'form'")["group_value"]) == ["c"]
    gap = gap_of(found)
    assert (gap.verdict, gap.n_groups, gap.n_hidden) == ("too_few", 1, 2)
    assert np.isnan(gap.gap)


def test_a_group_in_which_all_did_so_is_not_told_of() -> None:
    found = equity(units(("a", 9, 9), ("b", 12, 4), ("c", 30, 11)), POLICY)
    assert list(found.value.query("field == 'form'")["group_value"]) == ["c"]


def test_a_field_that_nobody_filled_in_is_too_few_to_tell() -> None:
    gap = gap_of(equity(units(("a", 20, 5), ("b", 20, 9)), POLICY), "borders")
    assert (gap.verdict, gap.n_groups) == ("too_few", 0)


def test_rows_in_any_order_give_the_same_tables() -> None:
    frame = units(("a", 12, 5), ("b", 15, 9), ("c", 30, 11))
    one, other = equity(frame, POLICY), equity(frame[::-1], POLICY)
    pd.testing.assert_frame_equal(one.value, other.value)
    pd.testing.assert_frame_equal(one.gap, other.gap)
    assert (list(one.value.columns), list(one.gap.columns)) == (list(VALUE_COLUMNS), list(GAP_COLUMNS))


def test_a_program_without_pairs_has_empty_tables() -> None:
    found = equity(units(("a", 12, 5)).iloc[:0], POLICY)
    assert found.value.empty
    assert found.gap.empty
