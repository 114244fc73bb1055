"""Priority: what comes before what, and who is not on the list."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pipelines.signals.watchlist import STRENGTH, URGENCY_RISE
from warehouse.policy import Policy


def test_the_list_is_in_the_order_a_manager_would_choose(make: SimpleNamespace) -> None:
    owed = make.owing("mentor", n=3, days=10)
    rows = [
        make.pair(pair_id="safety", has_safety_flag=True),
        make.pair(make.silent(17), owed, pair_id="suspected"),
        make.pair(make.silent(40), owed, pair_id="presumed", mentor_silence_days=40),
        make.pair(make.silent(17), pair_id="stalled"),
        make.pair(make.silent(90), pair_id="faded"),
        make.pair(make.silent(11), pair_id="late"),
        make.pair(pair_id="blind", has_contact_feed=False),
        make.pair(pair_id="calm"),
    ]
    ranked = make.judge(*rows).pair.sort_values("priority", ascending=False)
    assert list(ranked["pair_id"]) == [
        "safety", "suspected", "presumed", "stalled", "faded", "late", "blind", "calm",
    ]  # fmt: skip
    assert ranked["priority"].iloc[-1] == 0


def test_the_longer_silence_comes_first_among_equals(make: SimpleNamespace) -> None:
    rows = [make.pair(make.silent(15), pair_id="a"), make.pair(make.silent(30), pair_id="b")]
    short, long = make.judge(*rows).pair["priority"]
    assert long > short


def test_no_priority_leaves_its_range() -> None:
    assert all(0 < floor <= 1 - URGENCY_RISE and 0 < rest <= 1 for floor, rest in STRENGTH.values())


def test_what_was_never_started_is_urgent_while_it_can_still_be_started(make: SimpleNamespace) -> None:
    never = {"n_contacts": 0, "n_sessions_held": 0, "last_contact_at": None, "first_contact_at": None}
    rows = [
        make.pair(make.silent(days), never, pair_id=str(days), age_days=days) for days in (16, 28, 150, 500)
    ]
    judged = make.judge(*rows).pair.set_index("pair_id")

    assert set(judged["state"]) == {"never_started"}
    priority = judged["priority"]
    assert priority["28"] > priority["16"] > priority["150"] > priority["500"] > 0


def test_the_season_for_a_start_is_the_programs_to_set(make: SimpleNamespace) -> None:
    never = {"n_contacts": 0, "n_sessions_held": 0, "last_contact_at": None, "first_contact_at": None}
    row = make.pair(make.silent(90), never, age_days=90)
    usual, longer, faster = (
        make.judge(row, policy=policy).pair["priority"][0]
        for policy in (Policy(), Policy(start_season_days=90), Policy(start_half_life_days=30))
    )
    assert (longer / usual, faster / usual) == (pytest.approx(2, abs=1e-4), pytest.approx(1 / 2, abs=1e-4))
