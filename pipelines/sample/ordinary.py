"""The ordinary pairs: most do well in a rhythm of their own, some end well, some are in trouble.

How many pairs of each cohort meet which fate is a table; what happens within a fate is drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pipelines.sample.care import look_after
from pipelines.sample.chance import OUTCOMES, was_held
from pipelines.sample.days import FIRST, SECOND, THIRD
from pipelines.sample.diary import Diary, other
from pipelines.sample.meetings import HOUR, achieve_goals, answer, ask, ask_in_vain
from pipelines.sample.stories import (
    SIDES,
    Ending,
    Mood,
    agree,
    answer_pulses,
    end,
    hear_back,
    match,
    rate_fit,
    reach_out,
)

Fate = Callable[[Diary], None]


def live(diary: Diary, until: int, *, is_open: bool = False) -> int:
    """Meet with own variation from acceptance to about day `until`; returns the day of the last meeting.

    Where the story is open the meeting after the last one is arranged.
    """
    begin(diary)
    ago, last = diary.pair.accepted - diary.rng.randint(3, 12), diary.pair.accepted
    while ago >= until:
        following = _next_meeting(diary, ago)
        is_last = following < until and not is_open
        is_plain = is_last or diary.n_meetings == 0
        outcome = diary.rng.choices(tuple(OUTCOMES), tuple(OUTCOMES.values()))[0]
        (was_held if is_plain else outcome)(diary, ago, None if is_last else following)
        if not diary.goals:
            agree(diary, ago)
            for side in SIDES:
                rate_fit(diary, ago, side, "good" if diary.rng.random() < 0.85 else "deciding")
        if not is_last:
            write_between(diary, ago, following)
        last, ago = ago, following
    return last


def begin(diary: Diary) -> None:
    """More than half of the pairs find each other by an outreach, the program proposes the others."""
    accepted = diary.pair.accepted
    if diary.rng.random() < 0.6:
        ask_kind = diary.rng.choice(("conversation", "conversation", "conversation", "mentor"))
        reach_out(diary, accepted + 7, minutes=diary.rng.choice((15, 20, 30)), ask_kind=ask_kind)
        hear_back(diary, accepted + 5, "replied")
        match(diary, "chosen")
    else:
        match(diary, diary.rng.choice(("assigned", "suggested")))


def write_between(diary: Diary, ago: int, following: int) -> None:
    """Sometimes a question or a gentle check-in between two meetings, answered after a day or two."""
    if ago - following < 6 or diary.rng.random() > 0.3:
        return
    middle = (ago + following) // 2
    side = diary.rng.choice(("mentee", "mentee", "mentor"))
    asked_at = diary.at(middle, side)
    if diary.rng.random() < 0.2:
        diary.write("exchange.checkin_sent", asked_at, side, channel="chat")
    else:
        ask(diary, asked_at, side)
    answer(diary, diary.at(middle - diary.rng.choice((1, 1, 2)), other(side)), other(side))


def answer_surveys(diary: Diary, until: int = 1, score: int = 5, go_on: str = "yes") -> None:
    """Four sides out of five answer, each as often as it likes; the others skip the survey."""
    for side in SIDES:
        if diary.rng.random() < 0.8:
            mood = Mood(score, wobble=0.4, every=diary.rng.choice((3, 3, 4)), go_on=go_on)
            answer_pulses(diary, side, diary.pair.accepted - 10, until, mood)
        else:
            wave, date = diary.book.days.waves[-1]
            at = diary.at(diary.book.days.ago(date) - 2, side)
            diary.write("survey.skipped", at, side, wave=wave, instrument="pulse", party=side)
    tell_of_practices(diary, until)


PRACTICES = {"mentee": ("guides", "present", "culture", "confidence"), "mentor": ("culture",)}
"""What each side is asked about once, on a scale from 1 to 5."""


def tell_of_practices(diary: Diary, until: int) -> None:
    """Two sides out of three say once how the other goes about it."""
    for side, items in PRACTICES.items():
        if diary.rng.random() < 0.67:
            at = diary.at(until + 1, side)
            for item in items:
                about = {"wave": "practices", "instrument": "practices", "item": item, "party": side}
                diary.write("survey.answered", at, side, score=diary.rng.choice((3, 4, 4, 5, 5)), **about)


def _next_meeting(diary: Diary, ago: int) -> int:
    """About one agreed gap later, and not while either side is away."""
    gap = diary.pair.cadence_days * diary.rng.lognormvariate(0.0, 0.18)
    following = ago - max(5, round(gap))
    while any(diary.person(side).is_away(following) for side in SIDES):
        following -= 1
    return following


# Fates


def goes_on(diary: Diary) -> None:
    """Nothing special: they meet, and have arranged the next meeting."""
    live(diary, 1, is_open=True)
    answer_surveys(diary)
    look_after(diary)


def ends_well(diary: Diary) -> None:
    """A natural end: goals reached, goodbye said, sometimes a friendship."""
    last = live(diary, diary.rng.randint(20, diary.pair.accepted // 2))
    reasons = ("goals_met", "goals_met", "term_completed", "needs_evolved", "moved_to_network")
    reason = diary.rng.choice(reasons)
    achieve_goals(diary, last)
    diary.write("relationship.closing_started", diary.meeting_at(last) + 3 * HOUR, "mentee")
    end(diary, last - 2, Ending(reason, is_goodbye_held=diary.rng.random() < 0.8))
    if reason == "moved_to_network":
        diary.write("relationship.moved_to_network", diary.meeting_at(last - 5), "mentee")
    answer_surveys(diary, last, go_on="natural_end")


def mismatches(diary: Diary) -> None:
    """Recognised early and said kindly."""
    last = live(diary, diary.pair.accepted - 50)
    rate_fit(diary, last, "mentee", "poor")
    kind = diary.rng.choice(("chemistry", "expertise", "goals", "logistics", "culture"))
    is_acknowledged, is_goodbye_held = diary.rng.random() < 0.7, diary.rng.random() < 0.5
    ending = Ending(f"mismatch.{kind}", "mentee", is_acknowledged, is_goodbye_held)
    end(diary, last - 3, ending)
    answer_surveys(diary, last, score=3, go_on="no")


def is_left_waiting(diary: Diary) -> None:
    """One side falls silent for good; after two check-ins of the program the pair is ended."""
    silent = diary.rng.choice(SIDES)
    last = live(diary, diary.pair.accepted // 2 + 40)
    ask_in_vain(diary, other(silent), last - 14)
    diary.write("exchange.checkin_sent", diary.at(last - 24, other(silent)), other(silent), channel="email")
    work_through_alert(diary, silent, last - 28)
    end(diary, last - 59, Ending(f"ghosted_by_{silent}", "pm", False, False))


def work_through_alert(diary: Diary, silent: str, raised: int) -> None:
    """What the program did about an alert: take it on, check in twice, and confirm what it was."""
    at = diary.at(raised, silent)
    about = {"alert_id": f"{diary.pair.pair_id}-alert-1"}
    diary.write("ops.alert_raised", at, "system", alert_state="suspected_ghosting", party=silent, **about)
    diary.write("ops.alert_acknowledged", at + HOUR, "pm", **about)
    for kind, ago in (("check_in", raised - 2), ("last_check_in", raised - 16)):
        nudge = {"party": silent, "nudge_kind": kind}
        if diary.rng.random() < 0.3:
            diary.write("ops.nudge_suppressed", diary.at(ago, silent), "system", reason="holdout", **nudge)
        else:
            diary.write("ops.nudge_sent", diary.at(ago, silent), "system", arm="treated", **nudge)
    confirmed_at = diary.at(raised - 30, silent)
    diary.write("ops.label_confirmed", confirmed_at, "pm", label="presumed_ghosted", party=silent)
    diary.write("ops.action_taken", confirmed_at + HOUR, "pm", action="re-match offered", **about)


def stops_for_good_reason(diary: Diary) -> None:
    """Life, work or time came between; nobody is to blame."""
    last = live(diary, diary.rng.randint(30, diary.pair.accepted // 2))
    reason = diary.rng.choice(("time_constraints", "life_event", "left_organisation"))
    if reason == "left_organisation":
        person_id = diary.pair.mentee.person_id
        diary.write("participant.withdrew", diary.meeting_at(last - 4), "mentee", person_id=person_id)
    end(diary, last - 4, Ending(reason, "mentee", is_goodbye_held=False))
    answer_surveys(diary, last)


def falls_silent(diary: Diary) -> None:
    """In trouble now: one side has stopped answering."""
    silent = diary.rng.choice(SIDES)
    last = live(diary, round(diary.pair.cadence_days * 1.8) + 6)
    ask_in_vain(diary, other(silent), last * 3 // 5, last * 2 // 5)
    answer_surveys(diary, last, score=4)


def drifts_apart(diary: Diary) -> None:
    """In trouble now: nobody asks."""
    last = live(diary, round(diary.pair.cadence_days * 2.2))
    answer_surveys(diary, last, score=4, go_on="needs_change")


def waits(diary: Diary) -> None:
    """A question is open for some days."""
    live(diary, round(diary.pair.cadence_days * 0.8) + 2)
    ask_in_vain(diary, diary.rng.choice(SIDES), diary.pair.cadence_days // 2 + 2)
    answer_surveys(diary)


def pauses(diary: Diary) -> None:
    """Paused by agreement since the latest meeting."""
    last = live(diary, diary.rng.randint(25, 45))
    until_on = diary.book.days.on(-30)
    diary.write("relationship.paused", diary.meeting_at(last - 3), "mentee", until_on=until_on)
    answer_surveys(diary, last)


def paused_and_resumed(diary: Diary) -> None:
    """A pause of three weeks in the middle."""
    start = diary.pair.accepted // 2
    away = replace(diary.pair.mentee, leaves=((start, start - 21),))
    diary.pair = replace(diary.pair, mentee=away)
    diary.write("relationship.paused", diary.meeting_at(start + 1), "mentee")
    diary.write("relationship.resumed", diary.meeting_at(start - 21), "mentee")
    live(diary, 1, is_open=True)
    answer_surveys(diary)


def never_starts(diary: Diary) -> None:
    """Accepted, and nothing more."""
    match(diary)


def hears_nothing(diary: Diary) -> None:
    """An outreach without an answer: asked too much, or simply unlucky."""
    reach_out(diary, diary.pair.accepted, ask_kind=diary.rng.choice(("mentor", "conversation")))
    hear_back(diary, diary.pair.accepted - 21, "expired", side="system")


def is_turned_down(diary: Diary) -> None:
    """An outreach that got a polite no."""
    reach_out(diary, diary.pair.accepted)
    hear_back(diary, diary.pair.accepted - 2, "declined", reason="capacity")


FATES: dict[str, dict[Fate, int]] = {
    FIRST: {
        ends_well: 11,
        goes_on: 5,
        is_left_waiting: 3,
        mismatches: 2,
        stops_for_good_reason: 2,
        drifts_apart: 1,
        paused_and_resumed: 1,
    },
    SECOND: {
        goes_on: 15,
        ends_well: 3,
        mismatches: 2,
        falls_silent: 2,
        waits: 2,
        hears_nothing: 2,
        drifts_apart: 1,
        pauses: 1,
        is_left_waiting: 1,
        stops_for_good_reason: 1,
        is_turned_down: 1,
    },
    THIRD: {
        goes_on: 17,
        hears_nothing: 3,
        waits: 1,
        falls_silent: 1,
        never_starts: 1,
        is_turned_down: 1,
    },
}
"""How many ordinary pairs of each cohort meet each fate."""

WENT_WELL = (goes_on, ends_well, waits, pauses, paused_and_resumed)
"""The others answer a second outcome survey less often."""
