"""The worked examples of the definitions that signals decide.

A leave that is recorded late (3) is in tests/pipelines/test_replay.py, time-outs (5) and sessions that nobody
attested (13) also in tests/pipelines/test_event_lists.py, where whole lists of events are judged.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest


def test_example_01_a_pair_agreed_on_60_days_is_on_track_after_45(make: SimpleNamespace) -> None:
    sixty = {"cadence_days": 60} | {f"gap_{k}": 60 if k <= 3 else None for k in range(1, 7)}
    verdict = make.one(sixty, make.silent(45))
    assert (verdict.state, verdict.band, verdict.tau_days) == ("in_rhythm", "on_track", 60)


def test_example_02_a_weekly_pair_names_the_mentor_who_does_not_answer(make: SimpleNamespace) -> None:
    verdict = make.one(make.silent(17), make.owing("mentor", n=2, days=7), mentor_silence_days=17)
    assert (verdict.state, verdict.waiting_on) == ("suspected_ghosting", "mentor")
    assert verdict.band == "needs_check_in"
    assert verdict.reason.startswith("Mentor has not answered 2 messages since 13 Nov (7 days)")


def test_example_03_a_mentor_on_leave_raises_no_alert(make: SimpleNamespace) -> None:
    during = make.owing("mentor", n=2, days=7)
    verdict = make.one(make.silent(17), during, is_mentor_on_leave=True)
    assert (verdict.state, verdict.band, verdict.priority) == ("in_rhythm", "on_track", 0)
    assert verdict.waiting_on != "mentor"


def test_example_04_goals_met_and_content_people_are_finished_not_ghosting(make: SimpleNamespace) -> None:
    done = {"n_goals": 3, "n_goals_done": 3, "mentor_last_rating": 1.0, "mentee_last_rating": 1.0}
    assert make.one(make.silent(40), done).state == "probably_finished"
    asked = make.one(make.silent(40), done, make.owing("mentor", n=2, days=20))
    assert asked.state == "probably_finished"


def test_example_05_an_automatic_closing_is_not_called_a_success(make: SimpleNamespace) -> None:
    end = {"ended_at": make.days_ago(5), "end_reason": "goals_met"}
    assert "success" in make.one(end).reason
    assert make.one(end, is_auto_closed=True).reason == "Closed by a time-out on 15 Nov."


def test_example_06_bounced_mail_is_a_delivery_problem_that_blames_nobody(make: SimpleNamespace) -> None:
    owed = make.owing("mentor", n=3, days=12)
    verdict = make.one(make.silent(30), owed, is_delivery_failed=True)
    assert verdict.state == "delivery_problem"
    assert verdict.waiting_on not in ("mentor", "mentee", "both")
    assert "nobody is to blame" in verdict.reason


def test_example_07_a_mentee_who_asks_and_a_mentor_who_answers_are_responsive(make: SimpleNamespace) -> None:
    asks = {"mentor_asked": 36, "mentor_answered": 36, "mentor_reply_days": 0}
    few = {"mentee_asked": 2, "mentee_answered": 2, "mentee_reply_days": 0}
    part = make.judge(make.pair(asks, few)).health_part.set_index("component")
    assert part.loc["responsiveness", "score"] == pytest.approx(37 / 38)
    assert part.loc["responsiveness", "evidence"] == 1


def test_example_08_reschedules_with_notice_hint_at_time_not_ghosting(make: SimpleNamespace) -> None:
    codes = make.codes(push_streak=3)
    assert codes == ["in_rhythm", "time_constraint"]


def test_example_12_two_peers_who_wait_for_each_other_both_wait(make: SimpleNamespace) -> None:
    both = make.owing("mentor", n=1, days=9) | make.owing("mentee", n=1, days=9)
    verdict = make.one(make.silent(9), both, direction="peer")
    assert (verdict.state, verdict.waiting_on) == ("waiting", "both")
    assert verdict.reason.startswith("Both peers are waiting for an answer since 11 Nov (9 days)")
