"""Endings as competing risks: who is shown, over which ages, and what is said of a cohort."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest

from pipelines.signals.endings import (
    CAUSES,
    COMPARISON_COLUMNS,
    CURVE_COLUMNS,
    STILL_ACTIVE,
    endings,
)
from warehouse.errors import FrameError
from warehouse.policy import Policy
from warehouse.words import ENDING_CURVE

POLICY = Policy()
Row = dict[str, Any]


def pairs(cohort: str, n: int, cause: str | None = None, left: int = 100, **differs: Any) -> list[Row]:
    """`n` pairs of a cohort with as many mentors, that all left on one day."""
    return [
        {
            "pair_id": f"{cohort}-{cause}-{left}-{place}",
            "program_id": "program",
            "cohort_id": cohort,
            "mentee_id": f"mentee-{cohort}-{cause}-{left}-{place}",
            "mentor_id": f"mentor-{cohort}-{cause}-{left}-{place}",
            "entered_day": None,
            "left_day": left,
            "cause": cause,
        }
        | differs
        for place in range(n)
    ]


def found(*groups: list[Row], policy: Policy = POLICY) -> tuple[pd.DataFrame, pd.DataFrame]:
    lifetime = pd.DataFrame([row for group in groups for row in group])
    result = endings(lifetime, policy)
    return result.curve, result.comparison


def last_of(curve: pd.DataFrame, name: str, cohort: str | None = None) -> Any:
    chosen = curve["cohort_id"].isna() if cohort is None else curve["cohort_id"] == cohort
    return curve[chosen & (curve["curve"] == name)].iloc[-1]


def said(comparison: pd.DataFrame, cohort: str, outcome: str) -> Any:
    rows = comparison[(comparison["cohort_id"] == cohort) & (comparison["outcome"] == outcome)]
    assert len(rows) == 1
    return rows.iloc[0]


def test_every_cause_has_its_curve_and_together_they_are_all_pairs() -> None:
    ended = [pairs("a", 2, cause, left=10 * place) for place, cause in enumerate(CAUSES, start=1)]
    curve, _ = found(*ended, pairs("a", 6))
    ends = [last_of(curve, name, "a") for name in (STILL_ACTIVE, *CAUSES)]
    assert sum(row["rate"] for row in ends) == pytest.approx(1)
    assert [row["n_ended"] for row in ends] == [14, *[2] * len(CAUSES)]
    assert {row["day"] for row in ends} == {100}


def test_a_natural_end_is_not_a_drop_off() -> None:
    _, comparison = found(
        pairs("a", 20, "natural", 60), pairs("a", 20), pairs("b", 30, "faded", 60), pairs("b", 30)
    )
    early, natural = said(comparison, "a", "early"), said(comparison, "a", "natural")
    assert (early["rate"], early["n_ended"], early["verdict"]) == (0, 0, "fewer")
    assert (natural["rate"], natural["verdict"]) == (0.5, "more")
    assert said(comparison, "b", "early")["verdict"] == "more"


def test_what_nobody_said_is_neither_natural_nor_early() -> None:
    _, comparison = found(pairs("a", 20, "unclear", 50), pairs("a", 20), pairs("b", 40))
    assert said(comparison, "a", "early")["n_ended"] == 0
    assert said(comparison, "a", "natural")["n_ended"] == 0
    assert said(comparison, "a", STILL_ACTIVE)["n_ended"] == 20


def test_cohorts_are_compared_at_the_same_age() -> None:
    young = [pairs("young", 20, left=50)]
    old = [pairs("old", 20, "faded", 80), pairs("old", 20)]
    _, comparison = found(*young, *old)
    row = said(comparison, "young", "early")
    assert (row["age_days"], row["others_rate"], row["n_others_ended"]) == (50, 0, 0)


def test_a_difference_is_said_with_both_intervals() -> None:
    _, comparison = found(
        pairs("a", 30, "faded", 40), pairs("a", 30), pairs("b", 10, "faded", 40), pairs("b", 50)
    )
    assert said(comparison, "a", "early")["sentence"] == (
        "By day 100, 50% (37% to 62%) had ended early, of the others at the same age 17% (9% to 27%): more, "
        "and chance hardly explains it."
    )


def test_still_active_counts_the_other_way_round() -> None:
    _, comparison = found(
        pairs("a", 30, "faded", 40), pairs("a", 30), pairs("b", 10, "faded", 40), pairs("b", 50)
    )
    assert said(comparison, "a", STILL_ACTIVE)["verdict"] == "fewer"
    assert said(comparison, "b", STILL_ACTIVE)["verdict"] == "more"


def test_too_few_pairs_to_tell_is_said() -> None:
    _, comparison = found(
        pairs("a", 1, "faded", 40), pairs("a", 11), pairs("b", 4, "faded", 40), pairs("b", 12)
    )
    row = said(comparison, "a", "early")
    assert row["verdict"] == "too_few"
    assert row["sentence"] == (
        "Too few pairs to tell. By day 100, 1 of 12 had ended early, and 4 of 16 others."
    )


def test_few_endings_tell_enough_where_they_are_all_on_one_side() -> None:
    _, comparison = found(pairs("a", 17, "natural", 60), pairs("a", 3), pairs("b", 95))
    row = said(comparison, "a", "natural")
    assert (row["verdict"], row["p_value"]) == ("more", 0)
    assert "chance hardly explains it" in row["sentence"]


def test_a_study_without_mentors_is_judged_by_its_people() -> None:
    curve, _ = found(pairs("a", 10, mentor_id=None))
    assert "a" in set(curve["cohort_id"])


def test_a_difference_that_chance_explains_is_called_so() -> None:
    _, comparison = found(
        pairs("a", 20, "faded", 40), pairs("a", 20), pairs("b", 22, "faded", 40), pairs("b", 18)
    )
    row = said(comparison, "a", "early")
    assert row["verdict"] == "alike"
    assert "no more of a difference than chance explains" in row["sentence"]


@pytest.mark.parametrize(
    "small",
    [
        pairs("small", 4),
        pairs("small", 8, mentor_id="mentor"),
        [
            row | {"mentor_id": f"mentor-{at % 3}"}
            for at, row in enumerate(pairs("small", 5, mentee_id="one"))
        ],
    ],
    ids=["four pairs", "one mentor", "too few people"],
)
def test_a_small_cohort_is_hidden_and_leaves_no_trace(small: list[Row]) -> None:
    large = [pairs("large", 10, "faded", 40), pairs("large", 20)]
    curve, comparison = found(*large, small)
    without, _ = found(*large)
    assert "small" not in set(curve["cohort_id"])
    assert curve.drop(columns="is_whole").equals(without.drop(columns="is_whole"))
    assert without["is_whole"].all()
    assert list(curve["is_whole"]) == list(curve["cohort_id"].notna())  # the program's alone lacks pairs
    row = said(comparison, "small", "early")
    assert row["verdict"] == "hidden"
    assert row["sentence"] == "Too small to show: fewer than 5 pairs, 5 people or 3 mentors."
    assert pd.isna(row["rate"])
    assert pd.isna(row["n_ended"])


def test_small_cohorts_that_are_a_group_together_count_for_the_program() -> None:
    small = [pairs("x", 3), pairs("y", 3)]
    curve, _ = found(pairs("large", 20), *small)
    assert last_of(curve, STILL_ACTIVE)["n_at_risk"] == 26
    assert set(curve["cohort_id"].dropna()) == {"large"}
    assert curve["is_whole"].all()


def test_the_only_cohort_has_nobody_to_be_compared_with() -> None:
    _, comparison = found(pairs("a", 20))
    assert set(comparison["verdict"]) == {"alone"}


def test_a_curve_ends_where_fewer_pairs_are_at_risk_than_may_be_shown() -> None:
    curve, _ = found(pairs("a", 10, left=50), pairs("a", 5, left=80), pairs("a", 4, left=300))
    assert last_of(curve, STILL_ACTIVE, "a")["day"] == 80


def test_pairs_that_came_in_running_count_from_then_on() -> None:
    curve, _ = found(
        pairs("a", 10, entered_day=40), pairs("a", 5, "faded", 60, entered_day=40), pairs("a", 2, left=20)
    )
    rows = curve[(curve["cohort_id"] == "a") & (curve["curve"] == "faded")]
    assert (rows["day"].iloc[0], rows["rate"].iloc[0], rows["n_at_risk"].iloc[0]) == (41, 0, 15)
    assert last_of(curve, "faded", "a")["rate"] == pytest.approx(1 / 3, abs=1e-6)


def test_a_comparison_of_late_comers_says_since_when() -> None:
    late = [pairs("a", 20, entered_day=40), pairs("a", 20, "faded", 60, entered_day=40)]
    _, comparison = found(*late, pairs("b", 20), pairs("b", 20, "faded", 60))
    row = said(comparison, "a", "early")
    assert row["from_day"] == 41
    assert row["sentence"].startswith("Of pairs active on day 41, by day 100, 50% (")


def test_cohorts_that_never_had_the_same_age_are_not_compared() -> None:
    _, comparison = found(pairs("a", 10, left=30), pairs("b", 10, left=200, entered_day=90))
    row = said(comparison, "a", "early")
    assert (row["verdict"], row["sentence"]) == (
        "too_few",
        "Too few pairs to tell: not enough were observed at the same age.",
    )


def test_programs_are_not_mixed() -> None:
    curve, comparison = found(pairs("a", 10), pairs("b", 10, "faded", program_id="second"))
    assert set(comparison["verdict"]) == {"alone"}
    assert set(curve.loc[curve["curve"] == "faded", "program_id"]) == {"second"}


def test_a_point_every_thirty_days_tells_who_is_at_risk() -> None:
    curve, _ = found(pairs("a", 10, left=50), pairs("a", 10, left=70))
    rows = curve[curve["cohort_id"] == "a"].set_index("day")["n_at_risk"]
    assert rows.to_dict() == {0: 20, 30: 20, 60: 10, 70: 10}


def test_the_order_of_rows_does_not_show() -> None:
    rows = [*pairs("a", 9, "faded", 40), *pairs("a", 9), *pairs("b", 9, "natural", 50), *pairs("b", 9)]
    assert [frame.to_csv() for frame in found(rows)] == [frame.to_csv() for frame in found(rows[::-1])]


def test_nothing_gives_empty_tables_with_their_columns() -> None:
    empty = pd.DataFrame(columns=list(pairs("a", 1)[0]))
    result = endings(empty, POLICY)
    assert (len(result.curve), list(result.curve)) == (0, list(CURVE_COLUMNS))
    assert (len(result.comparison), list(result.comparison)) == (0, list(COMPARISON_COLUMNS))


def test_a_missing_column_and_an_unknown_cause_are_refused() -> None:
    frame = pd.DataFrame(pairs("a", 5))
    with pytest.raises(FrameError, match="lacks left_day"):
        endings(frame.drop(columns="left_day"), POLICY)
    with pytest.raises(FrameError, match="without a curve: boredom"):
        endings(frame.assign(cause="boredom"), POLICY)


def test_every_curve_has_words() -> None:
    assert tuple(ENDING_CURVE) == (STILL_ACTIVE, *CAUSES)


def test_the_policy_says_what_is_small() -> None:
    curve, comparison = found(pairs("a", 10), policy=Policy(small_group=11))
    assert len(curve) == 0
    assert re.search("fewer than 11 pairs", said(comparison, "a", "early")["sentence"])
