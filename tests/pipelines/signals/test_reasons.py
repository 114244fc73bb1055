"""Reasons in words: whom they name, what they never say, what follows."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pipelines.signals.ladder import NEXT_STEPS
from pipelines.signals.reasons import KINDS
from pipelines.signals.sentences import Teller
from pipelines.signals.states import STATES
from pipelines.signals.watchlist import STRENGTH
from warehouse.policy import Policy

CODES = [kind.code for kind in KINDS]
ASIDES = [
    "unanswered",
    "no_shows",
    "time_constraint",
    "renegotiate_cadence",
    "agree_cadence",
    "natural_end_asked",
    "session_confirmed",
]


def test_every_state_has_a_reason_and_every_reason_a_sentence() -> None:
    assert set(STATES) <= set(CODES)
    assert all(callable(getattr(Teller, code)) for code in CODES)
    assert set(STRENGTH) <= set(CODES)


def test_every_reason_that_can_come_first_has_a_next_step() -> None:
    assert [code for code in CODES if code not in ASIDES] == [code for code in CODES if code in NEXT_STEPS]


def test_a_sentence_says_who_what_how_long_and_what_is_usual(make: SimpleNamespace) -> None:
    signals = make.judge(make.pair(make.silent(17), make.owing("mentee", n=2, days=8)))
    reason = next(signals.pair_reason.itertuples())
    assert reason.reason == (
        "Mentee has not answered 2 messages since 12 Nov (8 days); "
        "this pair is usually in touch every 7 days."
    )
    assert (reason.code, reason.ordinal, reason.value, reason.expected) == ("suspected_ghosting", 1, 8, 7)
    assert str(reason.since_on.date()) == "2026-11-12"


def test_peers_are_first_and_second_never_mentor_and_mentee(make: SimpleNamespace) -> None:
    for side, words in (("mentee", "First peer"), ("mentor", "Second peer")):
        verdict = make.one(make.silent(17), make.owing(side, n=2, days=8), direction="peer")
        assert verdict.reason.startswith(f"{words} has not answered")
        assert f"Ask the {words.lower()} privately" in verdict.next_step


def test_in_reverse_mentoring_it_is_said_who_is_junior(make: SimpleNamespace) -> None:
    for side, words in (("mentee", "Senior mentee"), ("mentor", "Junior mentor")):
        verdict = make.one(make.silent(17), make.owing(side, n=2, days=8), direction="reverse")
        assert verdict.reason.startswith(f"{words} has not answered")
        assert f"Ask the {words.lower()} privately" in verdict.next_step


def test_another_year_is_named(make: SimpleNamespace) -> None:
    assert make.one(ended_at="2025-11-01").reason == "Ended on 1 Nov 2025."


def test_the_first_reason_is_the_one_the_band_rests_on(make: SimpleNamespace) -> None:
    assert make.codes(mentor_fit="poor", is_drifting=True)[0] == "poor_fit"
    assert make.codes(make.silent(12))[0] == "long_silence"
    assert make.codes(make.silent(17), has_safety_flag=True) == ["safety_flag", "stalled"]
    assert make.codes(make.silent(17), make.owing("mentor", n=1, days=9), mentor_fit="poor") == [
        "poor_fit",
        "waiting",
    ]


def test_a_low_score_names_where_most_points_are_missing(make: SimpleNamespace) -> None:
    verdict = make.one(mentor_asked=10, mentor_answered=1, mentor_reply_days=9)
    assert verdict.reason == "Health is 69 of 100; most points are missing in answering each other."


def test_presumption_tells_of_the_unanswered_check_in(make: SimpleNamespace) -> None:
    owed = make.owing("mentor", n=2, days=16)
    verdict = make.one(make.silent(20), owed, mentor_silence_days=20, mentor_checkin_unanswered_days=15)
    assert "nor a check-in of the program for 15 days" in verdict.reason
    assert verdict.next_step == (
        "Free the mentee: offer to move on or a re-match. Send the mentor one last kind message."
    )


def test_a_check_in_that_is_out_is_not_sent_twice(make: SimpleNamespace) -> None:
    owed = make.owing("mentor", n=2, days=10)
    verdict = make.one(make.silent(17), owed, mentor_silence_days=17, mentor_checkin_unanswered_days=3)
    assert verdict.next_step == (
        "A check-in is out to the mentor: wait until 1 Dec, then offer the mentee a re-match."
    )


def test_a_step_that_is_due_next_year_says_so(make: SimpleNamespace) -> None:
    owed = make.owing("mentor", n=2, days=10)
    out = {"mentor_silence_days": 17, "mentor_checkin_unanswered_days": 3}
    row = make.pair(make.silent(17), owed, **out)
    (step,) = make.judge(row, policy=Policy(presumed_checkin_days=50)).pair["next_step"]
    assert "wait until 6 Jan 2027, then" in step


def test_a_waiting_pair_gets_a_suggestion_for_the_side_that_waits(make: SimpleNamespace) -> None:
    verdict = make.one(make.silent(9), make.owing("mentor", n=1, days=6))
    assert verdict.next_step == "Suggest a gentle, no-pressure check-in to the mentee."


def test_nobody_on_leave_is_written_to(make: SimpleNamespace) -> None:
    verdict = make.one(make.silent(9), make.owing("mentor", n=1, days=6), is_mentee_on_leave=True)
    assert (verdict.state, verdict.next_step) == ("waiting", "Nothing to do until the leave ends.")


def test_nobody_is_written_to_twice_within_the_days_of_a_message(make: SimpleNamespace) -> None:
    waits = (make.silent(9), make.owing("mentor", n=1, days=6))
    verdict = make.one(*waits, mentee_written_days=5, mentor_written_days=0)
    assert (verdict.state, verdict.next_step) == (
        "waiting",
        "Wait until 22 Nov: the program wrote to the mentee lately, and writes to nobody twice in 7 days.",
    )
    for others in ({"mentee_written_days": 7}, {"mentor_written_days": 0}):
        assert make.one(*waits, **others).next_step.startswith("Suggest a gentle")


def test_a_step_to_both_waits_for_whoever_was_written_to_last(make: SimpleNamespace) -> None:
    stalled = make.one(make.silent(17), mentee_written_days=6, mentor_written_days=2, direction="peer")
    assert (stalled.state, stalled.next_step) == (
        "stalled",
        "Wait until 25 Nov: the program wrote to both sides lately, and writes to nobody twice in 7 days.",
    )
    one = make.one(make.silent(17), mentor_written_days=2)
    assert "wrote to the mentor lately" in one.next_step


def test_a_reminder_of_another_kind_holds_the_question_to_the_silent_side_back(make: SimpleNamespace) -> None:
    suspected = (make.silent(17), make.owing("mentor", n=2, days=8))
    assert make.one(*suspected, mentor_written_days=1).next_step.startswith("Wait until 26 Nov:")
    assert make.one(*suspected, mentee_written_days=1).next_step.startswith("Ask the mentor privately")


def test_a_safety_flag_waits_for_no_message(make: SimpleNamespace) -> None:
    verdict = make.one(make.silent(17), has_safety_flag=True, mentor_written_days=0, mentee_written_days=0)
    assert verdict.next_step.startswith("Follow up the safety flag today")


def test_who_waits_is_not_freed_while_on_leave(make: SimpleNamespace) -> None:
    owed = make.owing("mentor", n=2, days=30)
    verdict = make.one(make.silent(35), owed, mentor_silence_days=35, is_mentee_on_leave=True)
    assert (verdict.state, verdict.next_step) == ("presumed_ghosted", "Nothing to do until the leave ends.")


def test_a_check_in_that_is_out_is_waited_for_however_long_the_silence(make: SimpleNamespace) -> None:
    owed = make.owing("mentor", n=2, days=30)
    verdict = make.one(make.silent(35), owed, mentor_silence_days=35, mentor_checkin_unanswered_days=3)
    assert verdict.state == "presumed_ghosted"
    assert verdict.next_step.startswith("A check-in is out to the mentor: wait until 1 Dec")


def test_asides_stand_after_the_reason(make: SimpleNamespace) -> None:
    extra = {"push_streak": 3, "is_drifting": True, "is_natural_end_asked": True, "mentee_no_show_streak": 2,
             "next_session_at": make.days_ago(-2)}  # fmt: skip
    told = [code for code in ASIDES[1:] if code != "agree_cadence"]
    assert make.codes(extra) == ["in_rhythm", *told]


def test_who_agreed_on_no_rhythm_is_told_to_agree_on_one(make: SimpleNamespace) -> None:
    drifting = make.judge(make.pair(cadence_days=None, is_drifting=True, gap_1=50)).pair_reason
    assert list(drifting["code"]) == ["in_rhythm", "agree_cadence"]
    assert "No rhythm is agreed and the last gap was 50 days" in drifting["reason"][1]


@pytest.mark.parametrize("direction", ["standard", "peer"])
def test_no_sentence_speaks_of_ghosts(make: SimpleNamespace, direction: str) -> None:
    owed = make.owing("mentor", n=3, days=40)
    rows = [
        make.pair(make.silent(45), owed, pair_id="presumed", mentor_silence_days=45),
        make.pair(make.silent(17), owed, pair_id="suspected"),
        make.pair(pair_id="ended", ended_at=make.days_ago(3), end_reason="ghosted_by_mentor"),
        make.pair(pair_id="label", confirmed_label="presumed_ghosted", confirmed_party="both"),
    ]
    signals = make.judge(*[row | {"direction": direction} for row in rows])
    words = [*signals.pair["reason"], *signals.pair["next_step"], *signals.pair_reason["reason"]]
    assert not [sentence for sentence in words if "ghost" in sentence.lower() or "nan" in sentence.lower()]
