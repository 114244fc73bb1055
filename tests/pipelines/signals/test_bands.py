"""One test per band, and what comes first where two rules hold."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest

YOUNG = {"age_days": 20, "n_contacts": 1, "n_sessions_held": 1}


def test_a_calm_covered_pair_is_on_track(make: SimpleNamespace) -> None:
    assert make.one().band == "on_track"


@pytest.mark.parametrize(
    ("days", "band"), [(10, "on_track"), (11, "watch"), (13, "watch"), (14, "needs_check_in")]
)
def test_silence_is_judged_by_the_pairs_own_rhythm(make: SimpleNamespace, days: int, band: str) -> None:
    assert make.one(make.silent(days)).band == band


@pytest.mark.parametrize(("rating", "band"), [(0.7, "on_track"), (0.4, "watch"), (0.0, "needs_check_in")])
def test_the_score_is_judged_where_it_has_coverage(make: SimpleNamespace, rating: float, band: str) -> None:
    unhappy = {f"{side}_{name}": value for side in ("mentor", "mentee")
               for name, value in (("rating", rating), ("rated_days", 3))}  # fmt: skip
    idle = {"n_goals": 2, "progress": 0.0, "expected_progress": 1.0, "n_windows_met": 3}
    assert make.one(unhappy, idle).band == band


def test_a_young_pair_with_few_contacts_is_too_early_to_tell(make: SimpleNamespace) -> None:
    verdict = make.one(YOUNG)
    assert verdict.band == "too_early"
    assert verdict.reason == "Too early to tell: accepted 20 days ago, 1 contact so far."


def test_a_thin_record_is_too_early_to_tell(make: SimpleNamespace) -> None:
    verdict = make.one(n_sessions_held=0)
    assert (verdict.coverage, verdict.band) == (0.25, "too_early")
    assert verdict.reason == "Too little is known: only 25% of what a judgement needs is on record."


def test_a_thin_record_does_not_hide_a_long_silence(make: SimpleNamespace) -> None:
    assert make.one(make.silent(20), n_sessions_held=0).band == "needs_check_in"


@pytest.mark.parametrize("fact", [{"has_safety_flag": True}, {"mentee_fit": "poor"}, {"mentor_fit": "poor"}])
def test_a_fact_needs_a_check_in_at_once(make: SimpleNamespace, fact: dict[str, Any]) -> None:
    assert make.one(fact).band == "needs_check_in"
    assert make.one(YOUNG, fact).band == "needs_check_in"
    assert make.one(fact, is_feed_late=True).band == "needs_check_in"


def test_a_delivery_problem_is_watched_until_it_is_mended(make: SimpleNamespace) -> None:
    assert make.one(is_delivery_failed=True).band == "watch"


@pytest.mark.parametrize("side", ["mentor", "mentee"])
def test_nobody_is_late_during_a_leave(make: SimpleNamespace, side: str) -> None:
    verdict = make.one(make.silent(30), {f"is_{side}_on_leave": True})
    assert (verdict.state, verdict.band) == ("in_rhythm", "on_track")
    assert verdict.reason == f"{side.title()} is on leave: nobody is late."


def test_the_side_that_is_not_away_can_still_keep_the_other_waiting(make: SimpleNamespace) -> None:
    verdict = make.one(make.silent(17), make.owing("mentor", n=2, days=9), is_mentee_on_leave=True)
    assert (verdict.state, verdict.waiting_on) == ("suspected_ghosting", "mentor")


@pytest.mark.parametrize("agreed", [{"is_paused": True}, {"closing_since": dt.datetime(2026, 11, 1)}])
def test_a_safety_flag_outranks_a_pause(make: SimpleNamespace, agreed: dict[str, Any]) -> None:
    assert make.one(agreed, has_safety_flag=True).band == "needs_check_in"
