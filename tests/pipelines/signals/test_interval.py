"""How far a score could be off: by what was counted, never by what was not recorded."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def sessions(n: int) -> dict[str, Any]:
    """A pair of which one in four sessions was missed."""
    return {"n_sessions_held": 3 * n, "n_no_shows": n}


def width(verdict: Any) -> float:
    return float(verdict.health_high - verdict.health_low)


def test_the_interval_holds_the_score_and_stays_on_the_scale(make: SimpleNamespace) -> None:
    verdict = make.one(sessions(2), mentor_asked=8, mentor_answered=6, mentor_reply_days=2)
    assert 0 <= verdict.health_low < verdict.health < verdict.health_high <= 100


def test_more_sessions_make_it_narrower(make: SimpleNamespace) -> None:
    assert width(make.one(sessions(30))) < width(make.one(sessions(1)))


def test_no_score_has_no_interval(make: SimpleNamespace) -> None:
    ended = make.one(ended_at=make.days_ago(3), end_reason="goals_met")
    assert pd.isna([ended.health, ended.health_low, ended.health_high]).all()


def test_the_same_record_has_the_same_interval_whoever_it_is_of(make: SimpleNamespace) -> None:
    alone = make.one(sessions(2))
    beside = make.judge(make.pair(sessions(9), pair_id="a"), make.pair(sessions(2), pair_id="b")).pair
    other, same = beside.sort_values("pair_id").itertuples()
    assert (same.health_low, same.health_high) == (alone.health_low, alone.health_high)
    assert other.health_low != alone.health_low


def test_a_rating_of_another_pair_moves_no_more_than_the_cohorts_mean(make: SimpleNamespace) -> None:
    rated = make.pair(sessions(2), mentee_rating=0.5, mentee_rated_days=3)
    others = [
        make.pair(sessions(2), pair_id="other", mentee_rating=0.9, mentee_rated_days=3, mentee_n_ratings=n)
        for n in (1, 50)
    ]
    few, many = (make.judge(rated, other).pair.set_index("pair_id").loc["pair-1"] for other in others)
    assert (few["health_low"], few["health_high"]) == (many["health_low"], many["health_high"])


def test_some_pairs_at_a_time_give_what_all_at_once_give(
    make: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        make.pair(
            sessions(n), pair_id=f"pair-{n}", cohort_id=f"c{n % 3}", mentee_rating=0.5, mentee_rated_days=3
        )
        for n in range(1, 10)
    ]
    columns = ["pair_id", "health_low", "health_high"]
    together = make.judge(*rows).pair[columns]
    room = sys.modules["pipelines.signals.interval"]  # the package has a function of that name
    monkeypatch.setattr(room, "PAIRS_AT_ONCE", 4)
    pd.testing.assert_frame_equal(make.judge(*rows).pair[columns], together)


@settings(max_examples=10, deadline=None)
@given(n=st.integers(1, 12), met=st.integers(0, 6), rating=st.floats(0, 1))
def test_low_is_below_and_high_above_whatever_was_counted(
    make: SimpleNamespace, n: int, met: int, rating: float
) -> None:
    verdict = make.one(sessions(n), n_windows_met=met, mentee_rating=rating, mentee_rated_days=3)
    assert 0 <= verdict.health_low <= verdict.health <= verdict.health_high <= 100
