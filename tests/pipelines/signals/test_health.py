"""The six components against hand-worked numbers, and what evidence means."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

from warehouse.policy import Policy

BOTH_RATED = {"mentor_rating": 0.5, "mentee_rating": 1.0, "mentor_rated_days": 10, "mentee_rated_days": 120}


def component(
    make: SimpleNamespace,
    name: str,
    *parts: dict[str, Any],
    policy: Policy | None = None,
    **differs: Any,
) -> Any:
    """One component of one pair: its row of Signals.health_part."""
    part = make.judge(make.pair(*parts, **differs), policy=policy).health_part
    return next(part[part["component"] == name].itertuples(index=False))


def test_cadence_is_rhythm_and_kept_windows(make: SimpleNamespace) -> None:
    part = component(make, "cadence", make.silent(14), n_windows_met=3)
    assert part.score == pytest.approx(0.6 * (1 - 1 / 2) + 0.4 * 3 / 6)


def test_cadence_without_a_finished_window_is_rhythm_alone(make: SimpleNamespace) -> None:
    assert component(make, "cadence", make.silent(14), n_windows=0, n_windows_met=0).score == 0.5


def test_evidence_for_cadence_grows_over_two_agreed_gaps(make: SimpleNamespace) -> None:
    assert component(make, "cadence", age_days=7).evidence == 0.5
    assert component(make, "cadence", age_days=15, cadence_days=None).evidence == 0.25


@pytest.mark.parametrize("blind", [{"has_contact_feed": False}, {"is_feed_late": True}])
def test_a_blind_feed_is_no_evidence_of_silence(make: SimpleNamespace, blind: dict[str, Any]) -> None:
    part = component(make, "cadence", blind)
    assert math.isnan(part.score)
    assert (part.evidence, part.points, part.contribution) == (0, 0, 0)


def test_responsiveness_is_the_weaker_direction(make: SimpleNamespace) -> None:
    asked = {"mentor_asked": 8, "mentor_answered": 8, "mentor_reply_days": 1,
             "mentee_asked": 4, "mentee_answered": 1, "mentee_reply_days": 7}  # fmt: skip
    part = component(make, "responsiveness", asked)
    assert part.score == pytest.approx((1 + 1) / (2 + 4) * (0.5 + 0.5 * math.exp(-7 / (7 / 4))))


def test_who_is_never_asked_is_not_slow(make: SimpleNamespace) -> None:
    asked = {"mentor_asked": 2, "mentor_answered": 2, "mentor_reply_days": 0}
    part = component(make, "responsiveness", asked, mentee_asked=0)
    assert (part.score, part.evidence) == (pytest.approx(3 / 4), 0.5)


def test_a_side_that_never_answered_has_no_speed(make: SimpleNamespace) -> None:
    part = component(make, "responsiveness", mentee_asked=4, mentee_answered=0)
    assert part.score == pytest.approx(1 / 6 * 0.5)


def test_reliability_counts_attendance_preparation_and_thanks(make: SimpleNamespace) -> None:
    kept = {"n_sessions_held": 6, "n_no_shows": 1, "n_late_cancels": 1,
            "n_agendas": 4,
            "n_agendas_on_time": 3, "n_thanks": 2, "n_thanks_on_time": 1, "push_streak": 1}  # fmt: skip
    part = component(make, "reliability", kept)
    assert part.score == pytest.approx(0.5 * 6 / 8 + 0.2 * 3 / 4 + 0.15 * 1 / 2 + 0.15 * (1 - 1 / 3))


def test_what_nobody_records_does_not_lower_reliability(make: SimpleNamespace) -> None:
    assert component(make, "reliability").score == 1


def test_no_shows_alone_are_evidence_too(make: SimpleNamespace) -> None:
    part = component(make, "reliability", n_sessions_held=0, n_no_shows=3)
    assert (part.score, part.evidence) == (pytest.approx(0.15 / 0.65), 1)


def test_felt_quality_leans_to_the_less_happy_side(make: SimpleNamespace) -> None:
    # one answer each, cohort mean 0.75 counted twice: (0.5 + 1.5) / 3 = 2/3 and (1 + 1.5) / 3 = 5/6
    part = component(make, "felt_quality", BOTH_RATED)
    assert part.score == pytest.approx(0.5 * (2 / 3 + 5 / 6) / 2 + 0.5 * 2 / 3)
    assert part.evidence == 1


def test_many_answers_are_drawn_less_to_the_cohort(make: SimpleNamespace) -> None:
    part = component(make, "felt_quality", BOTH_RATED, mentor_n_ratings=8, mentee_n_ratings=8)
    mentor, mentee = (8 * 0.5 + 1.5) / 10, (8 * 1.0 + 1.5) / 10
    assert part.score == pytest.approx(0.5 * (mentor + mentee) / 2 + 0.5 * mentor)


def test_a_stale_rating_is_no_evidence(make: SimpleNamespace) -> None:
    part = component(make, "felt_quality", BOTH_RATED, mentor_rated_days=121)
    assert (part.score, part.evidence) == (1, 0.5)


def test_progress_is_goals_against_their_time_and_advice_reported_back(make: SimpleNamespace) -> None:
    moving = {
        "n_goals": 2,
        "progress": 0.3,
        "expected_progress": 0.5,
        "n_advice_due": 4,
        "n_advice_reported": 1,
    }
    part = component(make, "progress", moving)
    assert (part.score, part.evidence) == (pytest.approx(0.6 * 0.6 + 0.4 * 0.25), 1)
    goals = component(make, "progress", moving, n_advice_due=0)
    assert (goals.score, goals.evidence) == (pytest.approx(0.6), 0.6)


def test_a_goal_whose_time_has_not_begun_is_on_time(make: SimpleNamespace) -> None:
    assert component(make, "progress", n_goals=1, progress=0.0, expected_progress=0.0).score == 1


def test_what_a_part_is_made_of_is_the_programs_to_weigh(make: SimpleNamespace) -> None:
    rhythm = component(make, "cadence", make.silent(14), n_windows_met=3, policy=Policy(rhythm_share=1))
    assert rhythm.score == pytest.approx(1 / 2)
    shares = Policy(attendance_share=0.8, agenda_share=0.2, thanks_share=0, steady_share=0)
    kept = {"n_sessions_held": 3, "n_no_shows": 1, "n_agendas": 2, "n_agendas_on_time": 1, "push_streak": 3}
    assert component(make, "reliability", kept, policy=shares).score == pytest.approx(0.8 * 3 / 4 + 0.2 / 2)
    lower = component(make, "felt_quality", BOTH_RATED, policy=Policy(lower_side_share=1))
    assert lower.score == pytest.approx((0.5 + 2 * 0.75) / 3)
    goals = {"n_goals": 1, "progress": 0.2, "expected_progress": 0.5, "n_advice_due": 1}
    moving = component(make, "progress", goals, n_advice_reported=1, policy=Policy(goals_share=0.25))
    assert moving.score == pytest.approx(0.25 * 0.4 + 0.75)


def test_growth_is_a_bonus_and_never_a_fault(make: SimpleNamespace) -> None:
    grown, plain, young = ({"pair_id": name} for name in ("a", "b", "c"))
    rows = (make.pair(grown, n_growth=2), make.pair(plain), make.pair(young, n_growth=9, age_days=89))
    part = make.judge(*rows).health_part.query("component == 'growth'").set_index("pair_id")
    assert part["evidence"].to_dict() == {"a": 1, "b": 0, "c": 0}
    assert part.loc["a", "score"] == pytest.approx(1 - math.exp(-1))
    assert component(make, "growth").evidence == 0


def test_health_weighs_components_by_their_evidence(make: SimpleNamespace) -> None:
    signals = make.judge(make.pair(make.silent(14), n_sessions_held=1))
    pair = next(signals.pair.itertuples())
    assert pair.coverage == pytest.approx((25 + 15 / 3) / 100)
    assert pair.health == pytest.approx(100 * (25 * 0.7 + 5 * 1) / 30)
    assert signals.health_part["points"].sum() == pytest.approx(pair.health, abs=1e-9)
    assert signals.health_part["points_possible"].sum() == pytest.approx(100, abs=1e-9)


def test_without_any_evidence_there_is_no_score(make: SimpleNamespace) -> None:
    signals = make.judge(make.pair(make.unmet(5), has_contact_feed=False))
    assert signals.pair["health"].isna().all()
    assert signals.pair["coverage"].item() == 0


def test_pairs_that_are_over_form_no_reference(make: SimpleNamespace) -> None:
    rows = (make.pair(pair_id="a"), make.pair(make.silent(90), pair_id="b", ended_at=make.days_ago(9)))
    part = make.judge(*rows).health_part
    assert set(part["pair_id"]) == {"a"}
    assert (part["contribution"] == 0).all()


@pytest.mark.parametrize("stage", [{"is_paused": True}, {"closing_since": "2026-11-01"}])
def test_a_closing_or_paused_pair_still_has_a_score(make: SimpleNamespace, stage: dict[str, Any]) -> None:
    assert make.one(stage).health == 100
