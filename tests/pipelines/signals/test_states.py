"""One test per state and per stage, and what decides between two states that both hold."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

UNMET = {"n_contacts": 0, "n_sessions_held": 0, "age_days": 9}
DONE = {"n_goals": 5, "n_goals_done": 4, "mentor_last_rating": 0.75, "mentee_last_rating": 1.0}


def test_outreach_without_reply_is_told_after_two_weeks(make: SimpleNamespace) -> None:
    before = make.one(make.proposed(), outreach_sent_at=make.days_ago(13))
    after = make.one(make.proposed(), outreach_sent_at=make.days_ago(14))
    assert (before.state, after.state) == ("proposed", "no_reply_to_outreach")
    assert (after.stage, after.band, after.priority) == ("outreach", "too_early", 0)


def test_bounced_outreach_is_a_delivery_problem(make: SimpleNamespace) -> None:
    bounced = make.one(make.proposed(), outreach_sent_at=make.days_ago(30), is_outreach_bounced=True)
    assert (bounced.stage, bounced.state, bounced.band) == ("outreach", "delivery_problem", "too_early")


def test_a_proposal_waits_for_an_answer(make: SimpleNamespace) -> None:
    verdict = make.one(make.proposed(), proposed_at=make.days_ago(3))
    assert (verdict.stage, verdict.state, verdict.band) == ("proposed", "proposed", "too_early")


def test_a_declined_proposal_asks_for_nothing(make: SimpleNamespace) -> None:
    verdict = make.one(make.proposed(), proposed_at=make.days_ago(9), declined_at=make.days_ago(3))
    assert (verdict.stage, verdict.state, verdict.priority) == ("declined", "declined", 0)


def test_a_second_proposal_after_a_refusal_is_open(make: SimpleNamespace) -> None:
    again = make.one(make.proposed(), declined_at=make.days_ago(9), proposed_at=make.days_ago(3))
    assert again.stage == "proposed"


def test_never_started_begins_two_weeks_after_acceptance(make: SimpleNamespace) -> None:
    assert make.one(make.unmet(13)).state == "in_rhythm"
    late = make.one(make.unmet(14))
    assert (late.stage, late.state, late.band) == ("accepted", "never_started", "needs_check_in")


def test_a_pair_that_never_met_is_not_ghosted_but_names_who_waits(make: SimpleNamespace) -> None:
    verdict = make.one(make.unmet(60), make.owing("mentor", n=3, days=40), mentor_silence_days=60)
    assert (verdict.state, verdict.waiting_on) == ("never_started", "mentor")
    assert "Mentor has not answered 3 messages" in verdict.reason


def test_a_pair_that_never_met_is_not_finished(make: SimpleNamespace) -> None:
    assert make.one(make.unmet(60), DONE).state == "never_started"


def test_a_first_session_confirmed_soon_is_a_start(make: SimpleNamespace) -> None:
    assert make.one(make.unmet(20), next_session_at=make.days_ago(-4)).state == "in_rhythm"


@pytest.mark.parametrize(
    ("owed_days", "agreed_days", "state"),
    [(3, 7, "in_rhythm"), (4, 7, "waiting"), (7, 60, "in_rhythm"), (8, 60, "waiting")],
)
def test_waiting_begins_after_half_a_usual_gap_or_a_week(
    make: SimpleNamespace, owed_days: int, agreed_days: int, state: str
) -> None:
    gaps = {f"gap_{k}": agreed_days for k in range(1, 7)}
    owed = make.owing("mentee", n=1, days=owed_days)
    verdict = make.one(gaps, make.silent(8), owed, cadence_days=agreed_days)
    assert verdict.state == state
    assert (verdict.waiting_on == "mentee") == (state == "waiting")


def test_a_question_after_a_long_silence_waits_from_the_first_day(make: SimpleNamespace) -> None:
    verdict = make.one(make.silent(21), make.owing("mentor", n=1, days=1))
    assert (verdict.state, verdict.waiting_on, verdict.band) == ("waiting", "mentor", "needs_check_in")


@pytest.mark.parametrize(
    "spared",
    [
        {"mentor_owes_n": 1, "mentor_owes_n_days": 1},
        {"mentor_owes_n": 3, "mentor_owes_n_days": 1},
        {"mentor_owes_days": 6},
        {"silence_days": 10},
        {"next_session_at": dt.datetime(2027, 1, 30)},
    ],
    ids=["one act", "one day", "too soon", "usual silence", "confirmed session"],
)
def test_each_condition_of_suspicion_is_needed(make: SimpleNamespace, spared: dict[str, Any]) -> None:
    suspect = (make.silent(17), make.owing("mentor", n=2, days=7))
    assert make.one(*suspect).state == "suspected_ghosting"
    assert make.one(*suspect, spared).state == "waiting"


def test_onset_is_the_last_touch_of_the_silent_side_plus_one_usual_gap(make: SimpleNamespace) -> None:
    last = {"last_mentor_touch_at": dt.datetime(2026, 11, 1, 9), "last_mentee_touch_at": make.days_ago(1)}
    verdict = make.one(make.silent(17), make.owing("mentor", n=2, days=7), last)
    assert verdict.ghosted_on == pd.Timestamp(2026, 11, 8)
    assert make.one(make.silent(17)).ghosted_on is pd.NaT


@pytest.mark.parametrize(
    "gone",
    [
        {"mentee_checkin_unanswered_days": 14},
        {"mentee_silence_days": 28},
        {"mentee_no_show_streak": 2, "mentee_no_show_days": 14},
    ],
    ids=["check-in unanswered", "very long silence", "no-shows"],
)
def test_suspicion_becomes_presumption(make: SimpleNamespace, gone: dict[str, Any]) -> None:
    suspect = (make.silent(17), make.owing("mentee", n=2, days=10))
    assert make.one(*suspect).state == "suspected_ghosting"
    verdict = make.one(*suspect, gone)
    assert (verdict.state, verdict.waiting_on) == ("presumed_ghosted", "mentee")
    assert verdict.band == "needs_check_in"


def test_presumption_needs_suspicion(make: SimpleNamespace) -> None:
    assert make.one(mentee_silence_days=90, mentee_checkin_unanswered_days=30).state == "in_rhythm"


def test_the_older_turn_wins(make: SimpleNamespace) -> None:
    both = make.owing("mentor", n=2, days=9) | make.owing("mentee", n=2, days=12)
    assert make.one(make.silent(17), both).waiting_on == "mentee"


def test_a_silence_in_which_nobody_asked_is_stalled_then_faded(make: SimpleNamespace) -> None:
    assert make.one(make.silent(13)).state == "in_rhythm"
    assert make.one(make.silent(14)).state == "stalled"
    assert make.one(make.silent(59)).state == "stalled"
    assert make.one(make.silent(60)).state == "faded"


@pytest.mark.parametrize(
    "unfinished",
    [
        {"n_goals_done": 3},
        {"mentor_last_rating": 0.5},
        {"mentor_last_rating": None, "mentee_last_rating": None},
        {"planned_end_on": dt.datetime(2027, 6, 1)},
        {"silence_days": 10},
    ],
    ids=["goals open", "one side unhappy", "never rated", "term not served", "usual silence"],
)
def test_each_condition_of_a_natural_end_is_needed(make: SimpleNamespace, unfinished: dict[str, Any]) -> None:
    assert make.one(make.silent(30), DONE).state == "probably_finished"
    assert make.one(make.silent(30), DONE, unfinished).state in ("stalled", "in_rhythm")


def test_who_asked_for_a_natural_end_need_not_serve_the_term(make: SimpleNamespace) -> None:
    early = {"planned_end_on": dt.datetime(2027, 6, 1), "is_natural_end_asked": True}
    assert make.one(make.silent(30), DONE, early).state == "probably_finished"


def test_contact_after_a_presumable_silence_is_a_return(make: SimpleNamespace) -> None:
    gap = {"gap_1": 45, "last_gap_days": 45, "last_gap_owed_n": 3, "last_gap_party": "mentor"}
    assert make.one(gap).state == "resumed"
    assert make.one(gap, last_gap_owed_n=1).state == "in_rhythm"
    assert make.one(gap, last_gap_days=27, gap_1=27).state == "in_rhythm"


def test_a_late_feed_is_not_silence(make: SimpleNamespace) -> None:
    verdict = make.one(make.silent(40), make.owing("mentor", n=4, days=30), is_feed_late=True)
    assert (verdict.state, verdict.band, verdict.priority) == ("data_late", "too_early", 0)


def test_a_cohort_without_any_feed_is_not_judged_but_is_on_the_list(make: SimpleNamespace) -> None:
    verdict = make.one(make.unmet(90), has_contact_feed=False)
    assert (verdict.state, verdict.band) == ("no_contact_feed", "too_early")
    assert 0 < verdict.priority < 0.1
    assert verdict.reason == (
        "No contact was recorded for any pair of this cohort: connect a calendar, meeting or message feed "
        "before judging."
    )


@pytest.mark.parametrize(
    ("agreed", "state", "band"),
    [
        ({"is_paused": True}, "paused", "paused"),
        ({"closing_since": dt.datetime(2026, 11, 1)}, "closing", "closing"),
        ({"ended_at": dt.datetime(2026, 11, 1)}, "ended", "ended"),
        ({"network_at": dt.datetime(2026, 11, 1)}, "network", "ended"),
    ],
)
def test_agreed_pauses_and_ends_never_alert(
    make: SimpleNamespace, agreed: dict[str, Any], state: str, band: str
) -> None:
    trouble = make.owing("mentor", n=4, days=30) | {"mentee_fit": "poor"}
    verdict = make.one(make.silent(90), trouble, agreed)
    assert (verdict.stage, verdict.state, verdict.band) == (state, state, band)
    assert verdict.priority == 0
    assert verdict.waiting_on not in ("mentor", "mentee", "both")


def test_light_mode_is_judged_like_any_running_pair(make: SimpleNamespace) -> None:
    calm, stalled = make.one(is_light_mode=True), make.one(make.silent(20), is_light_mode=True)
    assert (calm.stage, calm.state, calm.band) == ("light_mode", "in_rhythm", "on_track")
    assert stalled.state == "stalled"


def test_a_reopened_pair_is_active_again(make: SimpleNamespace) -> None:
    over = {"ended_at": make.days_ago(50), "closing_since": make.days_ago(60), "network_at": None}
    assert make.one(over).stage == "ended"
    assert make.one(over, reopened_at=make.days_ago(40)).stage == "active"


@pytest.mark.parametrize(
    ("differs", "stage"),
    [
        ({"n_sessions_held": 2, "age_days": 89}, "forming"),
        ({"n_sessions_held": 3, "age_days": 89}, "active"),
        ({"n_sessions_held": 2, "age_days": 90}, "active"),
        (UNMET, "accepted"),
        (UNMET | {"started_at": dt.datetime(2026, 11, 11)}, "forming"),
    ],
)  # fmt: skip
def test_forming_lasts_three_sessions_or_ninety_days(
    make: SimpleNamespace, differs: dict[str, Any], stage: str
) -> None:
    assert make.one(differs).stage == stage


def test_a_confirmed_label_overrides_the_rule(make: SimpleNamespace) -> None:
    said = {"confirmed_label": "presumed_ghosted", "confirmed_party": "mentor", "label_at": make.days_ago(1)}
    verdict = make.one(make.silent(12), said)
    assert (verdict.state, verdict.waiting_on, verdict.band) == (
        "presumed_ghosted", "mentor", "needs_check_in",
    )  # fmt: skip
    assert verdict.reason == "Mentor does not answer, as a program manager confirmed on 19 Nov."


def test_a_label_that_all_is_well_quiets_the_silence(make: SimpleNamespace) -> None:
    said = {"confirmed_label": "in_rhythm", "label_at": make.days_ago(1)}
    verdict = make.one(make.silent(40), said)
    assert (verdict.state, verdict.band, verdict.priority) == ("in_rhythm", "on_track", 0)


@pytest.mark.parametrize(
    "idle",
    [
        {"label_at": dt.datetime(2026, 11, 1)},
        {"confirmed_label": "no such state"},
        {"ended_at": dt.datetime(2026, 11, 19)},
    ],
    ids=["contact since", "unknown label", "ended since"],
)
def test_a_label_does_not_outlive_its_reason(make: SimpleNamespace, idle: dict[str, Any]) -> None:
    said = {"confirmed_label": "presumed_ghosted", "confirmed_party": "mentor", "label_at": make.days_ago(1)}
    assert make.one(make.silent(12), said | idle).state in ("in_rhythm", "ended")
