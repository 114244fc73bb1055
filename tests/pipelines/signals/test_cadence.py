"""Cadence against hand-worked numbers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from warehouse.policy import Policy


def test_usual_gap_and_spread_follow_the_formula(make: SimpleNamespace) -> None:
    # tau0 = 14, gaps 7 and 28: (3 ln 14 + ln 7 + ln 28) / 5 = (7.917172 + 1.945910 + 3.332205) / 5
    # = 2.639057, exp = 14; sigma^2 = (3 * 0.25 + 2 * 0.693147^2) / 5 = (0.75 + 0.960906) / 5 = 0.342181
    gaps = {f"gap_{k}": None for k in range(3, 7)} | {"gap_1": 7, "gap_2": 28}
    verdict = make.one(gaps, make.silent(21), cadence_days=14)
    assert verdict.tau_days == pytest.approx(14, abs=1e-6)
    assert verdict.sigma == pytest.approx(0.584963, abs=1e-6)
    assert verdict.silence_ratio == 1.5
    # q = Phi((ln 21 - ln 14) / 0.584963) = Phi(0.693147)... = Phi(0.405465 / 0.584963) = Phi(0.693147)
    assert verdict.surprise == pytest.approx(0.755891, abs=1e-5)


def test_without_agreement_the_program_default_is_the_prior(make: SimpleNamespace) -> None:
    none = {f"gap_{k}": None for k in range(1, 7)}
    assert make.one(none, cadence_days=None).tau_days == 30
    policy = Policy(cadence_default_days=45)
    assert make.judge(make.pair(none, cadence_days=None), policy=policy).pair["tau_days"].item() == 45


def test_the_usual_gap_stays_inside_the_policy(make: SimpleNamespace) -> None:
    assert make.one({f"gap_{k}": 1 for k in range(1, 7)}).tau_days == 7
    assert make.one({f"gap_{k}": 400 for k in range(1, 7)}, cadence_days=300).tau_days == 120


def test_a_ratio_at_the_threshold_is_not_lost_to_rounding(make: SimpleNamespace) -> None:
    assert make.one(make.silent(14)).silence_ratio == 2


def test_a_confirmed_session_soon_explains_the_silence(make: SimpleNamespace) -> None:
    soon = make.one(make.silent(17), next_session_at=make.days_ago(-10))
    assert (soon.silence_ratio, soon.band) == (1, "on_track")


def test_a_confirmed_session_far_ahead_does_not(make: SimpleNamespace) -> None:
    assert make.one(make.silent(17), next_session_at=make.days_ago(-11)).silence_ratio > 2


def test_no_silence_at_all_is_longer_than_nothing(make: SimpleNamespace) -> None:
    today = make.one(make.silent(0))
    assert (today.silence_ratio, today.surprise) == (0, 0)


def test_no_clock_runs_before_acceptance_nor_after_the_end(make: SimpleNamespace) -> None:
    signals = make.judge(
        make.pair(make.proposed(), pair_id="a", proposed_at=make.days_ago(3)),
        make.pair(pair_id="b", ended_at=make.days_ago(3)),
    )
    assert signals.pair[["silence_ratio", "surprise", "health", "coverage"]].isna().all(axis=None)
