"""One meeting and what belongs to it, and the messages between two meetings.

On a meeting day everything happens on one UTC date and the mentee has the last word (thanks). So the days
on which a planted pair was in contact are the days it met or answered, however contact is counted.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pipelines.sample.diary import Diary, other

MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)

TOPICS = (
    "data presentation",
    "engineering to product",
    "budgeting",
    "SaaS scaling",
    "sustainable supply chain",
)
CHANNELS = ("email", "chat", "call")
MODES = {"in_person": ("in_person",), "virtual": ("video", "video", "call"), "mixed": ("in_person", "video")}


@dataclass(frozen=True, slots=True)
class Habits:
    """How a pair goes about one meeting; None leaves the step out."""

    minutes: int = 45
    agenda_hours: float | None = 26.0
    thanks_hours: float | None = 4.0
    is_chatting: bool = True
    has_advice: bool = True


TIDY = Habits()


def meet(diary: Diary, ago: int, following: int | None = None, habits: Habits = TIDY) -> None:
    """One meeting with what belongs to it; `following` is the day on which the two mean to meet next."""
    start, session_id = diary.meeting_at(ago), diary.session_id(ago)
    diary.n_meetings += 1
    if habits.agenda_hours is not None and diary.n_meetings > 1:
        share_agenda(diary, start, session_id, habits.agenda_hours)
    if habits.is_chatting:
        ask_and_answer(diary, start - 2 * HOUR, "mentor")
    hold(diary, start, session_id, habits.minutes)
    work_on_goals(diary, start, ago)
    if habits.has_advice:
        follow_advice(diary, start, session_id)
    if following is not None:
        arrange(diary, start + 2 * HOUR, following)
    if habits.thanks_hours is not None:
        give_thanks(diary, start, session_id, habits.thanks_hours)


def share_agenda(diary: Diary, start: dt.datetime, session_id: str, hours: float) -> None:
    """The mentee sends the agenda this long before the start."""
    diary.write(
        "prep.agenda_shared",
        start - hours * HOUR,
        "mentee",
        session_id=session_id,
        hours_before=hours,
        by_party="mentee",
    )


def hold(diary: Diary, start: dt.datetime, session_id: str, minutes: int) -> None:
    """They met; both said so."""
    mode = diary.rng.choice(MODES[diary.pair.modality])
    diary.write(
        "session.held",
        start,
        "mentee",
        session_id=session_id,
        minutes=minutes,
        mode="call" if minutes <= 15 else mode,
    )


def arrange(diary: Diary, at: dt.datetime, following: int, by: str = "mentee") -> None:
    """The next meeting is proposed and confirmed within the hour."""
    invite(diary, at, following, by)
    confirm(diary, at + HOUR, following, other(by))


def invite(diary: Diary, at: dt.datetime, following: int, by: str) -> None:
    """One side proposes a meeting on that day and waits for an answer."""
    diary.write(
        "session.proposed",
        at,
        by,
        session_id=diary.session_id(following),
        starts_at=diary.meeting_at(following),
        minutes=45,
    )


def confirm(diary: Diary, at: dt.datetime, following: int, by: str, session_id: str | None = None) -> None:
    """The other side says yes to a meeting on that day."""
    starts_at = diary.meeting_at(following)
    session_id = session_id or diary.session_id(following)
    diary.write("session.confirmed", at, by, session_id=session_id, starts_at=starts_at)


def give_thanks(diary: Diary, start: dt.datetime, session_id: str, hours: float) -> None:
    """The mentee says thank you this long after the start."""
    diary.write(
        "followup.thanks_sent",
        start + hours * HOUR,
        "mentee",
        session_id=session_id,
        hours_after=hours,
        is_specific=diary.rng.random() < 0.7,
    )


def follow_advice(diary: Diary, start: dt.datetime, session_id: str) -> None:
    """Report on the advice of an earlier meeting, or else get new advice at every fourth meeting."""
    if diary.open_advice:
        about = {"advice_id": diary.open_advice}
        diary.write("followup.advice_applied", start + 10 * MINUTE, "mentee", **about)
        diary.write("followup.advice_reported_back", start + 11 * MINUTE, "mentee", **about)
        diary.open_advice = None
    elif diary.n_meetings % 4 == 1:
        diary.open_advice = f"{session_id}-a"
        topic = diary.rng.choice(TOPICS)
        diary.write(
            "followup.advice_given", start + 20 * MINUTE, "mentor", advice_id=diary.open_advice, topic=topic
        )


def work_on_goals(diary: Diary, start: dt.datetime, ago: int) -> None:
    """At every third meeting the mentee tells how far the goal is: as far as time is."""
    if diary.n_meetings % 3 != 2:
        return
    for goal_id, set_on, due_on in diary.goals:
        share = (diary.book.days.on(ago) - set_on) / (due_on - set_on)
        diary.write(
            "goal.progressed",
            start + 30 * MINUTE,
            "mentee",
            goal_id=goal_id,
            progress=round(min(share, 0.95), 2),
        )


def achieve_goals(diary: Diary, ago: int) -> None:
    """The short-term goals were reached at that day's meeting."""
    for goal_id, _, _ in diary.goals:
        diary.write("goal.achieved", diary.meeting_at(ago) + 40 * MINUTE, "mentee", goal_id=goal_id)


# Writing to each other


def ask(diary: Diary, at: dt.datetime, side: str) -> None:
    """A message that expects an answer: it opens a turn owed by the other side."""
    diary.write(
        "exchange.message_sent",
        at,
        side,
        to_id=diary.person(other(side)).person_id,
        channel=diary.rng.choice(CHANNELS),
        is_reply_expected=True,
    )


def answer(diary: Diary, at: dt.datetime, side: str) -> None:
    """A reply of `side` to whatever was asked."""
    diary.write("exchange.message_replied", at, side, channel=diary.rng.choice(CHANNELS))


def ask_and_answer(diary: Diary, at: dt.datetime, side: str) -> None:
    """A question and, an hour later, its answer."""
    ask(diary, at, side)
    answer(diary, at + HOUR, other(side))


def ask_in_vain(diary: Diary, side: str, *agos: int) -> None:
    """Messages of `side` on these days that nobody answers."""
    for ago in agos:
        ask(diary, diary.at(ago, side), side)
