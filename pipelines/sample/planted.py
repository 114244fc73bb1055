"""The planted pairs: stories whose right answer is known because they were written to have it.

Each story is one function: its docstring tells it, its decorator says what the product must answer. Days
are active days before `until`. No story stands near a threshold: a day more or less changes no answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from pipelines.sample.days import FIRST, PARTNER, SECOND, THIRD
from pipelines.sample.diary import CALENDAR, PLATFORM, Diary
from pipelines.sample.meetings import (
    HOUR,
    MINUTE,
    Habits,
    achieve_goals,
    answer,
    arrange,
    ask,
    ask_and_answer,
    ask_in_vain,
    confirm,
    hold,
    invite,
    meet,
)
from pipelines.sample.stories import (
    SIDES,
    Ending,
    Mood,
    agree,
    answer_pulses,
    declare_free,
    declare_leave,
    end,
    keep_rhythm,
    match,
    meet_steadily,
    propose,
    rate_fit,
    reach_out,
)
from warehouse.events.catalogue.relationship import Direction, Form, Modality

ACCEPTED = {FIRST: 330, SECOND: 155, THIRD: 50, PARTNER: 100}
"""About when the planted pairs of each cohort accepted, unless their setting says otherwise."""

BENGALURU_SAN_FRANCISCO = ("Asia/Kolkata", "America/Los_Angeles")
LAGOS_LONDON = ("Africa/Lagos", "Europe/London")


@dataclass(frozen=True, slots=True)
class Planted:
    """A pair with a known answer: `expected` maps columns of mart.pair to their values."""

    pair_id: str
    story: str
    expected: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and how a planted pair lives; `zones` are the mentee's and the mentor's, drawn when not given."""

    cohort: str = SECOND
    every: int = 14
    accepted: int | None = None
    form: Form = "formal"
    direction: Direction = "standard"
    modality: Modality = "virtual"
    zones: tuple[str, str] | tuple[None, None] = (None, None)
    contact_source: str = PLATFORM


Play = Callable[[Diary], None]
SCRIPTS: list[tuple[Planted, Setting, Play]] = []

WEEKLY = Setting(every=7)
MONTHLY = Setting(every=30, cohort=FIRST)
YEAR_OLD = Setting(cohort=FIRST)
YOUNG = Setting(cohort=THIRD)

HEALTHY: dict[str, Any] = {"state": "in_rhythm", "band": "on_track", "waiting_on": None}


def plant(setting: Setting | None = None, **expected: Any) -> Callable[[Play], Play]:
    """Plant the pair `pair-<function name>`; the function's docstring is its story."""

    def register(play: Play) -> Play:
        pair_id = "pair-" + play.__name__.replace("_", "-")
        story = (play.__doc__ or "").strip()
        SCRIPTS.append((Planted(pair_id, story, expected), setting or Setting(), play))
        return play

    return register


# Before there is a relationship


@plant(YOUNG, stage="outreach", state="no_reply_to_outreach", waiting_on=None)
def no_reply_to_outreach(diary: Diary) -> None:
    """A mentee asked somebody for a short talk 26 days ago and heard nothing: never called ghosting."""
    reach_out(diary, 26)


@plant(YOUNG, stage="outreach", state="delivery_problem", waiting_on=None)
def outreach_bounced(diary: Diary) -> None:
    """The first message never arrived: a data problem, nobody's silence."""
    sent_at = reach_out(diary, 26)
    diary.write("outreach.bounced", sent_at + 2 * MINUTE, "system", outreach_id=f"{diary.pair.pair_id}-o1")


@plant(Setting(cohort=THIRD, accepted=2), stage="proposed", state="proposed", waiting_on=None)
def proposed(diary: Diary) -> None:
    """The program proposed the pair six days ago; nobody has answered yet."""
    propose(diary, 6)


@plant(YOUNG, stage="declined", state="declined", waiting_on=None)
def declined(diary: Diary) -> None:
    """The mentor declined the proposal for want of time."""
    propose(diary, 45)
    diary.write("match.declined", diary.meeting_at(40), "mentor", party="mentor", reason="capacity")


@plant(Setting(cohort=THIRD, accepted=25), state="never_started", band="needs_check_in", waiting_on=None)
def never_started(diary: Diary) -> None:
    """Both accepted 25 days ago and have not been in touch since."""
    match(diary)


# Pairs that do well


@plant(WEEKLY, stage="active", **HEALTHY)
def on_track(diary: Diary) -> None:
    """They meet every week, met three days ago and have confirmed the next meeting."""
    keep_rhythm(diary, last=3, following=-4)


@plant(Setting(every=60, cohort=FIRST), stage="active", **HEALTHY)
def on_track_60_days(diary: Diary) -> None:
    """They agreed on every 60 days and have been silent for 45: not late at all."""
    keep_rhythm(diary, last=45)


@plant(Setting(cohort=THIRD, accepted=34), stage="forming", **HEALTHY)
def forming(diary: Diary) -> None:
    """Two good meetings, the latest ten days ago, and a third one confirmed."""
    match(diary)
    meet_steadily(diary, 24, 10, following=-4)
    for ago in (24, 10):
        for side in SIDES:
            ask_and_answer(diary, diary.meeting_at(ago) - 110 * MINUTE, side)


@plant(Setting(cohort=THIRD, accepted=9, every=30), state="in_rhythm", band="too_early", waiting_on=None)
def too_early(diary: Diary) -> None:
    """Accepted nine days ago, one meeting so far: too early to tell."""
    match(diary)
    meet(diary, 4, following=-10)
    agree(diary, 4)


@plant(
    Setting(zones=BENGALURU_SAN_FRANCISCO),
    **HEALTHY,
    mentee_time_zone="Asia/Kolkata",
    mentor_time_zone="America/Los_Angeles",
)
def bengaluru_san_francisco(diary: Diary) -> None:
    """Early mornings in Bengaluru, evenings in San Francisco, every two weeks."""
    declare_free(diary, "mentee", 20.0, 23.0)
    declare_free(diary, "mentor", 7.0, 9.5)
    keep_rhythm(diary, last=5, following=-9)


@plant(
    Setting(every=30, cohort=FIRST, zones=LAGOS_LONDON),
    **HEALTHY,
    mentee_time_zone="Africa/Lagos",
    mentor_time_zone="Europe/London",
)
def lagos_london(diary: Diary) -> None:
    """A monthly pair at almost the same hours of the day."""
    keep_rhythm(diary, last=12, following=-18)


@plant(Setting(direction="reverse", modality="in_person"), **HEALTHY, direction="reverse")
def reverse(diary: Diary) -> None:
    """A junior mentor teaches a senior mentee about social media, every two weeks."""
    keep_rhythm(diary, last=6, following=-8)


@plant(Setting(every=30, cohort=FIRST, form="informal", modality="mixed"), **HEALTHY, form="informal")
def informal(diary: Diary) -> None:
    """No program term, no planned end: they simply meet every month."""
    keep_rhythm(diary, last=10, following=-20)


@plant(Setting(direction="peer"), **HEALTHY, direction="peer")
def peer(diary: Diary) -> None:
    """Two accountability partners of the same level meet every two weeks."""
    keep_rhythm(diary, last=6, following=-8)


@plant(**HEALTHY)
def mentee_drives(diary: Diary) -> None:
    """The mentee writes far more than the mentor, who answers every message the same day: healthy."""
    keep_rhythm(diary, last=3, following=-11)
    for ago in range(10, 150, 14):
        ask_and_answer(diary, diary.meeting_at(ago), "mentee")


@plant(**HEALTHY)
def confirmed_session(diary: Diary) -> None:
    """Silent for 25 days at a rhythm of 14, but both have confirmed a meeting in five days."""
    keep_rhythm(diary, last=25, following=-5)


@plant(MONTHLY, stage="light_mode", **HEALTHY)
def light_mode(diary: Diary) -> None:
    """Short of time, they agreed on ten-minute calls and written updates: these count in full."""
    keep_rhythm(diary, last=132, following=102)
    diary.write("relationship.light_mode_set", diary.meeting_at(132) + 4 * HOUR - MINUTE, "mentee")
    short = Habits(minutes=10, agenda_hours=None, thanks_hours=4.0)
    for ago, following in ((102, 72), (72, 42), (42, 12), (12, -18)):
        meet(diary, ago, following, short)
        at = diary.meeting_at(ago) - 110 * MINUTE
        diary.write("exchange.async_update_sent", at, "mentee", channel="email")
        answer(diary, at + 40 * MINUTE, "mentor")
    for side in SIDES:
        answer_pulses(diary, side, since=132)


@plant(**HEALTHY)
def time_constraints(diary: Diary) -> None:
    """Three meetings in a row were moved with notice, then ten-minute calls were held: no ghosting."""
    keep_rhythm(diary, last=34, following=20)
    session_id = diary.session_id(20)
    for ago, moved_to in ((22, 18), (20, 16), (18, 13)):
        at = diary.meeting_at(ago)
        starts_at = diary.meeting_at(moved_to)
        diary.write(
            "session.rescheduled", at, "mentor", session_id=session_id, starts_at=starts_at, notice_hours=48.0
        )
        confirm(diary, at + HOUR, moved_to, "mentee", session_id)
    hold(diary, diary.meeting_at(13), session_id, 10)
    meet(diary, 6, following=-8, habits=Habits(minutes=10))


@plant(**HEALTHY)
def moved_again(diary: Diary) -> None:
    """The next meeting was moved twice and the new date is confirmed: short of time, not silent."""
    keep_rhythm(diary, last=12, following=2)
    session_id = diary.session_id(2)
    for ago, moved_to in ((8, -3), (4, -8)):
        at = diary.meeting_at(ago)
        about = {"session_id": session_id, "starts_at": diary.meeting_at(moved_to), "notice_hours": 72.0}
        diary.write("session.rescheduled", at, "mentor", **about)
        confirm(diary, at + HOUR, moved_to, "mentee", session_id)


@plant(**HEALTHY)
def leave(diary: Diary) -> None:
    """The mentor is on leave since the day after the latest meeting: the clock stands still, no alert."""
    declare_leave(diary, "mentor", 39, -6, declared=45)
    keep_rhythm(diary, last=40)
    ask_in_vain(diary, "mentee", 20, 12)


@plant(**HEALTHY)
def leave_recorded_late(diary: Diary) -> None:
    """The same, but the leave was recorded four days ago: seen from before, the alert was right."""
    declare_leave(diary, "mentor", 39, -6, declared=41, recorded=4)
    keep_rhythm(diary, last=40)
    ask_in_vain(diary, "mentee", 20, 12)


# Silence, and who waits for whom


def share_last(diary: Diary, ago: int) -> None:
    """The mentor passes something on after the thanks: what they ask later follows their own last word."""
    at = diary.meeting_at(ago) + 4 * HOUR + MINUTE
    diary.write("followup.resource_shared", at, "mentor", topic="reading")


@plant(state="in_rhythm", band="watch", waiting_on=None)
def watch(diary: Diary) -> None:
    """24 days since the latest meeting at a rhythm of 14; nobody has asked anything."""
    keep_rhythm(diary, last=24)


@plant(state="waiting", band="watch", waiting_on="mentor")
def waiting_mentor(diary: Diary) -> None:
    """The mentee asked a question ten days ago and the mentor has not answered it."""
    keep_rhythm(diary, last=24)
    ask_in_vain(diary, "mentee", 10)


@plant(MONTHLY, state="waiting", band="watch", waiting_on="mentee")
def waiting_mentee(diary: Diary) -> None:
    """The mentor proposed a meeting 20 days ago; an invitation without an answer is no appointment."""
    keep_rhythm(diary, last=52)
    share_last(diary, 52)
    invite(diary, diary.at(20, "mentor"), following=-3, by="mentor")


@plant(state="suspected_ghosting", band="needs_check_in", waiting_on="mentor")
def suspected_ghosting_mentor(diary: Diary) -> None:
    """30 days of silence at a rhythm of 14; the mentee wrote 20 and 13 days ago."""
    keep_rhythm(diary, last=30)
    ask_in_vain(diary, "mentee", 20, 13)


@plant(WEEKLY, state="suspected_ghosting", band="needs_check_in", waiting_on="mentee")
def suspected_ghosting_mentee(diary: Diary) -> None:
    """A weekly pair, silent for 19 days; the mentor wrote 12 and 6 days ago."""
    keep_rhythm(diary, last=19)
    share_last(diary, 19)
    ask_in_vain(diary, "mentor", 12, 6)


@plant(MONTHLY, state="presumed_ghosted", band="needs_check_in", waiting_on="mentor")
def presumed_ghosted_mentor(diary: Diary) -> None:
    """The mentee wrote twice, and the program's own check-in to the mentor is open for 24 days."""
    keep_rhythm(diary, last=62)
    ask_in_vain(diary, "mentee", 50, 38)
    diary.write("ops.nudge_sent", diary.at(24, "mentor"), "system", party="mentor", nudge_kind="check_in")


@plant(YEAR_OLD, state="presumed_ghosted", band="needs_check_in", waiting_on="mentee")
def presumed_ghosted_mentee(diary: Diary) -> None:
    """Silent for 58 days at a rhythm of 14, more than three times what is usual; the mentor wrote thrice."""
    keep_rhythm(diary, last=58)
    share_last(diary, 58)
    ask_in_vain(diary, "mentor", 50, 40, 30)


@plant(MONTHLY, state="presumed_ghosted", band="needs_check_in", waiting_on="mentee")
def presumed_ghosted_no_shows(diary: Diary) -> None:
    """The mentee missed two confirmed meetings in a row without a word, the second one 25 days ago."""
    keep_rhythm(diary, last=60)
    share_last(diary, 60)
    arranged_at = diary.meeting_at(60) + 2 * HOUR
    for offset, ago in enumerate((40, 25)):
        arrange(diary, arranged_at + 10 * offset * MINUTE, ago, by="mentor")
        at = diary.meeting_at(ago) + 30 * MINUTE
        diary.write("session.no_show", at, "mentor", session_id=diary.session_id(ago), party="mentee")
    ask_in_vain(diary, "mentor", 39, 24)


@plant(state="presumed_ghosted", band="needs_check_in", waiting_on="mentor")
def label_confirmed(diary: Diary) -> None:
    """The rule only suspects the mentor; the coordinator knows more and confirmed it five days ago."""
    keep_rhythm(diary, last=30)
    ask_in_vain(diary, "mentee", 20, 13)
    diary.write("ops.label_confirmed", diary.at(5, "mentor"), "pm", label="presumed_ghosted", party="mentor")


@plant(Setting(direction="peer"), state="waiting", band="watch", waiting_on="both")
def peer_both_waiting(diary: Diary) -> None:
    """Two peers' messages crossed in the same minute eleven days ago: each waits for the other."""
    keep_rhythm(diary, last=24)
    crossed_at = diary.meeting_at(11)
    ask(diary, crossed_at, "mentee")
    ask(diary, crossed_at, "mentor")


@plant(state="stalled", band="needs_check_in", waiting_on=None)
def stalled(diary: Diary) -> None:
    """36 days of silence at a rhythm of 14, and nobody has asked."""
    keep_rhythm(diary, last=36)


@plant(YEAR_OLD, state="faded", band="needs_check_in", waiting_on=None)
def faded(diary: Diary) -> None:
    """95 days of silence at a rhythm of 14, and nobody has asked: it faded on both sides."""
    keep_rhythm(diary, last=95)


@plant(MONTHLY, state="probably_finished", band="watch", waiting_on=None)
def probably_finished(diary: Diary) -> None:
    """Goals reached, top ratings, the term nearly over, silent for 53 days: invite them to close."""
    match(diary)
    meet_steadily(diary, diary.pair.accepted - 3, 53)
    achieve_goals(diary, 53)
    for side in SIDES:
        answer_pulses(
            diary, side, diary.pair.accepted - 15, mood=Mood(wobble=0, every=2, go_on="natural_end")
        )


@plant(state="delivery_problem", band="needs_check_in", waiting_on=None)
def delivery_problem(diary: Diary) -> None:
    """The mentee wrote twice and neither message arrived: nobody is to blame."""
    keep_rhythm(diary, last=36)
    for ago in (20, 12):
        at = diary.at(ago, "mentee")
        ask(diary, at, "mentee")
        diary.write("exchange.delivery_failed", at + MINUTE, "mentee", channel="email")


@plant(YEAR_OLD, state="resumed", waiting_on=None)
def resumed(diary: Diary) -> None:
    """The mentor was silent for 74 days while the mentee wrote three times, and answered six days ago."""
    keep_rhythm(diary, last=80)
    ask_in_vain(diary, "mentee", 70, 60, 45)
    answer(diary, diary.at(6, "mentor"), "mentor")


@plant(state="stalled", band="needs_check_in", waiting_on=None)
def retracted_session(diary: Diary) -> None:
    """A meeting reported seven days ago was a mistake and was taken back: still stalled."""
    keep_rhythm(diary, last=36)
    start = diary.meeting_at(7)
    mistaken_id = diary.write(
        "session.held", start, "mentee", session_id=diary.session_id(7), minutes=45, mode="video"
    )
    diary.write(
        "ops.event_retracted",
        diary.at(5, "mentor"),
        "pm",
        retracted_source=PLATFORM,
        retracted_id=mistaken_id,
        reason="wrong pair",
    )


@plant(WEEKLY, state="in_rhythm", band="needs_check_in", waiting_on=None)
def fit_poor(diary: Diary) -> None:
    """They meet every week, but the mentee said at the latest meeting that the two do not fit."""
    keep_rhythm(diary, last=5, following=-2)
    rate_fit(diary, 5, "mentee", "poor")


@plant(WEEKLY, state="in_rhythm", band="needs_check_in", waiting_on=None)
def safety_flag(diary: Diary) -> None:
    """They meet every week, but the mentee raised a safety flag that is still open."""
    keep_rhythm(diary, last=5, following=-2)
    diary.write(
        "survey.flag_raised",
        diary.at(4, "mentee"),
        "mentee",
        flag_id=f"{diary.pair.pair_id}-f1",
        topic="boundaries",
        severity="safety",
    )


@plant(Setting(every=7, contact_source=CALENDAR), state="data_late", band="too_early", waiting_on=None)
def data_late(diary: Diary) -> None:
    """All we know of this weekly pair comes from a calendar that stopped sending 33 days ago."""
    match(diary)
    meet_steadily(diary, diary.pair.accepted - 3, 33)


@plant(Setting(cohort=PARTNER), state="no_contact_feed", band="too_early", waiting_on=None)
def no_contact_feed(diary: Diary) -> None:
    """The partner office told us of its pairs but has connected no calendar, meeting or message feed."""
    match(diary)
    agree(diary, 95)


# Pauses and endings


@plant(stage="paused", state="paused", band="paused", waiting_on=None)
def paused(diary: Diary) -> None:
    """They agreed on a pause 30 days ago."""
    keep_rhythm(diary, last=31)
    until_on = diary.book.days.on(-20)
    diary.write("relationship.paused", diary.meeting_at(30), "mentee", until_on=until_on)


@plant(MONTHLY, stage="closing", state="closing", band="closing", waiting_on=None)
def closing(diary: Diary) -> None:
    """They have begun to bring a good year to its end."""
    keep_rhythm(diary, last=12)
    achieve_goals(diary, 12)
    diary.write("relationship.closing_started", diary.meeting_at(12) + 4 * HOUR - MINUTE, "mentee")


@plant(MONTHLY, stage="network", state="network", band="ended", is_success=True, waiting_on=None)
def network(diary: Diary) -> None:
    """Goals met, goodbye said, and they stay in touch as friends: no clock runs any more."""
    keep_rhythm(diary, last=80)
    achieve_goals(diary, 80)
    end(diary, 80, Ending("goals_met"))
    diary.write("relationship.moved_to_network", diary.meeting_at(75), "mentee")
    ask_and_answer(diary, diary.meeting_at(30), "mentee")


@plant(MONTHLY, stage="active", **HEALTHY)
def reopened(diary: Diary) -> None:
    """Ended at the end of a term and reopened six weeks later: they meet every month again."""
    keep_rhythm(diary, last=153)
    end(diary, 150, Ending("term_completed"))
    diary.write("relationship.reopened", diary.meeting_at(106), "mentee")
    meet_steadily(diary, 105, 13, following=-17)
    for side in SIDES:
        answer_pulses(diary, side, since=103)


SUCCESSES = ("goals_met", "term_completed", "needs_evolved", "moved_to_network")

ENDINGS = (
    (Ending("goals_met"), "The goals were reached and both said goodbye."),
    (Ending("term_completed"), "The year was over and both said goodbye."),
    (Ending("needs_evolved", "mentee"), "The mentee had outgrown the question they came with."),
    (Ending("moved_to_network"), "They became friends who need no program."),
    (Ending("mismatch.chemistry", "mentee", True, False), "They did not get along and said so kindly."),
    (Ending("mismatch.expertise", "mentee"), "The mentee needed other knowledge than the mentor's."),
    (Ending("mismatch.goals", "mentor", True, False), "They wanted different things."),
    (Ending("mismatch.logistics", "mentor", True, False), "No hour of the day suited both."),
    (Ending("mismatch.culture", "mentee", True, False), "Their ways of giving feedback were too far apart."),
    (Ending("ghosted_by_mentor", "pm", False, False), "The mentor stopped answering; the program ended it."),
    (Ending("ghosted_by_mentee", "pm", False, False), "The mentee stopped answering; the program ended it."),
    (Ending("faded", "pm", False, False), "Both let it fade; the program ended it."),
    (Ending("time_constraints", "mentor", True, False), "The mentor had no time any more and said so."),
    (Ending("life_event", "mentee", True, False), "Something in the mentee's life came first."),
    (Ending("left_organisation", "mentee", True, False), "The mentee left the organisation."),
    (Ending("program_ended", "pm", True, False), "The office that ran the pair's program closed."),
    (Ending("conduct", "pm", True, False), "The program ended it over a breach of its code of conduct."),
    (Ending("never_started", "pm", False, False), "They accepted and never met; the program ended it."),
    (Ending("unknown", "pm", False, False), "The program ended it without a word from either."),
)
"""One ended pair for each end reason there is, and its story."""


def _play_ending(diary: Diary, ending: Ending) -> None:
    """The way to an ending: meetings until it comes, an early one for a mismatch, silence where it fits."""
    ago = 240 if ending.reason.startswith("mismatch") else 120
    if ending.reason == "never_started":
        match(diary)
    elif ending.reason.startswith(("ghosted", "faded")):
        keep_rhythm(diary, last=200)
    else:
        keep_rhythm(diary, last=ago)
    if ending.reason.startswith("ghosted"):
        ask_in_vain(diary, "mentee" if ending.reason.endswith("mentor") else "mentor", 180, 165, 150)
    if ending.reason in SUCCESSES:
        achieve_goals(diary, ago)
        diary.write("relationship.closing_started", diary.meeting_at(ago) + 4 * HOUR - MINUTE, "mentee")
    end(diary, ago, ending)


def _plant_ending(ending: Ending, story: str) -> None:
    reason = ending.reason
    expected: dict[str, Any] = {
        "stage": "ended",
        "state": "ended",
        "band": "ended",
        "end_reason": reason,
        "waiting_on": None,
    }
    if reason != "unknown":
        expected["is_success"] = reason in SUCCESSES
    pair_id = "pair-ended-" + reason.replace("_", "-").replace(".", "-")
    SCRIPTS.append((Planted(pair_id, story, expected), MONTHLY, partial(_play_ending, ending=ending)))


for _ending, _story in ENDINGS:
    _plant_ending(_ending, _story)


@plant(MONTHLY, stage="ended", state="ended", band="ended", is_success=False, waiting_on=None)
def ended_auto_closed(diary: Diary) -> None:
    """A time-out closed it: even with the goals reached, what nobody said goodbye to is no success."""
    keep_rhythm(diary, last=120)
    achieve_goals(diary, 120)
    end(diary, 40, Ending("faded", "system", False, False, is_auto_closed=True))


PLANTED: tuple[Planted, ...] = tuple(planted for planted, _, _ in SCRIPTS)


def planted_table() -> str:
    """The planted pairs and their answers as a Markdown table."""
    rows = ["| Pair | Story | Expected answer |", "|---|---|---|"]
    for planted in PLANTED:
        answers = ", ".join(f"{column} = {_shown(value)}" for column, value in planted.expected.items())
        rows.append(f"| `{planted.pair_id}` | {planted.story} | {answers} |")
    return "\n".join(rows) + "\n"


def _shown(value: object) -> str:
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
