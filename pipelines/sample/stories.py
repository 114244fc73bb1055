"""The pieces a pair's life is told with besides its meetings: match, agree, keep a rhythm, be away, end."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from pipelines.sample.diary import ITEMS, Diary
from pipelines.sample.meetings import CHANNELS, HOUR, MINUTE, TOPICS, meet

GOAL_KINDS = ("skill", "career", "network", "confidence", "project")
GUIDANCE = ("technical", "career", "political", "emotional")
SIDES = ("mentee", "mentor")
SOURCES = (
    {"channel_source": "internal_directory"},
    {"channel_source": "alumni"},
    {"channel_source": "association"},
    {"channel_source": "event", "gathering_id": "synthetic-webinar-1"},
    {"channel_source": "platform", "platform": "Synthetic Match"},
    {"channel_source": "social"},
    {"channel_source": "network"},
)
SOURCE_WEIGHTS = (3, 2, 2, 2, 2, 2, 2)


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a pair ends, who says so and how well it is done."""

    reason: str
    initiator: str = "both"
    is_acknowledged: bool = True
    is_goodbye_held: bool = True
    is_auto_closed: bool = False


@dataclass(frozen=True, slots=True)
class Mood:
    """How a side answers its monthly surveys: every `every`-th one, the latest always among them.

    Each item gets `score`, or one less with probability `wobble`; `go_on` is the latest answer to whether
    to go on.
    """

    score: int = 5
    wobble: float = 0.25
    every: int = 3
    go_on: str = "yes"


CONTENT = Mood()


# Before the first meeting


def reach_out(diary: Diary, ago: int, *, minutes: int = 20, ask_kind: str = "conversation") -> dt.datetime:
    """The mentee writes to a possible mentor for the first time."""
    at = diary.at(ago, "mentee")
    is_conversation = ask_kind == "conversation"
    diary.write(
        "search.source_recorded", at - HOUR, "mentee", **diary.rng.choices(SOURCES, SOURCE_WEIGHTS)[0]
    )
    diary.write(
        "outreach.sent",
        at,
        "mentee",
        outreach_id=_outreach_id(diary),
        to_id=diary.pair.mentor.person_id,
        ask_kind=ask_kind,
        minutes_asked=minutes if is_conversation else None,
        is_personalised=is_conversation,
        n_checklist=diary.rng.randint(3, 5) if is_conversation else 1,
    )
    return at


def hear_back(diary: Diary, ago: int, how: str, side: str = "mentor", **payload: Any) -> None:
    """The outreach is `replied`, `declined`, `expired` or `bounced`."""
    diary.write(f"outreach.{how}", diary.at(ago, "mentor"), side, outreach_id=_outreach_id(diary), **payload)


def propose(diary: Diary, ago: int, mode: str = "suggested") -> None:
    """The program, or the mentee where the mode is `chosen`, proposes the pair."""
    side = "mentee" if mode == "chosen" else "pm"
    at = diary.meeting_at(ago)
    diary.write("goal.persona_defined", at - HOUR, "mentee", expertise=diary.rng.sample(TOPICS, 2))
    diary.write(
        "match.proposed",
        at,
        side,
        **_both(diary),
        match_mode=mode,
        is_reporting_line=diary.rng.random() < 0.02,
    )
    pair = diary.pair
    axes = {"form": pair.form, "direction": pair.direction, "modality": pair.modality}
    diary.write("relationship.type_set", at + MINUTE, side, **axes)


def accept(diary: Diary, ago: int, mode: str = "suggested") -> None:
    """Both sides say yes on the same day."""
    at = diary.meeting_at(ago)
    diary.write("match.accepted", at, "mentee", **_both(diary), match_mode=mode)
    diary.write("match.accepted", at + 2 * HOUR, "mentor", **_both(diary), match_mode=mode)


def match(diary: Diary, mode: str = "suggested") -> None:
    """Proposed four days before it is accepted."""
    propose(diary, diary.pair.accepted + 4, mode)
    accept(diary, diary.pair.accepted, mode)


def agree(diary: Diary, ago: int) -> None:
    """After the first talk: to go on, with which expectations, how often and to what end."""
    at = diary.meeting_at(ago) + 90 * MINUTE
    date, pair = diary.book.days.on(ago), diary.pair
    ends_on = date + dt.timedelta(days=pair.term_days) if pair.term_days else None
    diary.write("relationship.started", at, "mentee", planned_end_on=ends_on)
    diary.write(
        "relationship.expectations_agreed",
        at + MINUTE,
        "mentee",
        commitment_minutes=45,
        channels=diary.rng.sample(CHANNELS, 2),
        is_confidentiality_stated=True,
    )
    diary.write("relationship.cadence_agreed", at + 2 * MINUTE, "mentee", cadence_days=pair.cadence_days)
    set_goals(diary, at + 3 * MINUTE, date, ends_on or date + dt.timedelta(days=360))


def set_goals(diary: Diary, at: dt.datetime, date: dt.date, due_on: dt.date) -> None:
    """One short-term goal that is followed up and one long-term goal that outlives the relationship."""
    goal_id = f"{diary.pair.pair_id}-g1"
    diary.goals.append((goal_id, date, due_on))
    about = {
        "goal_kind": diary.rng.choice(GOAL_KINDS),
        "guidance": diary.rng.choice(GUIDANCE),
        "topic": diary.rng.choice(TOPICS),
    }
    diary.write("goal.set", at, "mentee", goal_id=goal_id, horizon="short", due_on=due_on, **about)
    long_term = {"goal_id": f"{diary.pair.pair_id}-g2", "horizon": "long"}
    diary.write("goal.set", at + MINUTE, "mentee", **long_term, **about)


def rate_fit(diary: Diary, ago: int, side: str, fit: str) -> None:
    """What a side thinks after that day's meeting: good, deciding or poor."""
    diary.write("match.fit_rated", diary.meeting_at(ago) + 100 * MINUTE, side, party=side, fit=fit)


# Keeping a rhythm


def meet_steadily(diary: Diary, first: int, last: int, following: int | None = None) -> None:
    """Meet in the agreed rhythm from about day `first`, so that the latest meeting falls on day `last`."""
    every = diary.pair.cadence_days
    for ago in range(last + (first - last) // every * every, last - 1, -every):
        meet(diary, ago, ago - every if ago > last else following)
        if diary.n_meetings == 1:
            agree(diary, ago)
            for side in SIDES:
                rate_fit(diary, ago, side, "good")


def keep_rhythm(diary: Diary, last: int, following: int | None = None) -> None:
    """Matched, met in the agreed rhythm until day `last` and content with it on both sides."""
    match(diary)
    meet_steadily(diary, diary.pair.accepted - 3, last, following)
    for side in SIDES:
        answer_pulses(diary, side, diary.pair.accepted - 15, last)


# Being away and ending


def declare_leave(
    diary: Diary, side: str, start: int, end: int, *, declared: int, recorded: int | None = None
) -> None:
    """Leave from day `start` to day `end`; `recorded` is the day the program learnt of it, if later."""
    days, person = diary.book.days, diary.person(side)
    diary.book.add(
        "participant.availability_declared",
        diary.at(declared, side),
        {
            "person_id": person.person_id,
            "starts_on": days.on(start),
            "ends_on": days.on(end),
            "kind": "leave",
        },
        recorded_at=diary.at(recorded, side) if recorded is not None else None,
        actor_id=person.person_id,
        actor_role=person.role,
    )


def declare_free(diary: Diary, side: str, from_hour: float, until_hour: float) -> None:
    """Free between these hours of the side's own clock on every working day."""
    days, person = diary.book.days, diary.person(side)
    diary.book.add(
        "participant.availability_declared",
        diary.at(diary.pair.accepted - 1, side),
        {
            "person_id": person.person_id,
            "starts_on": days.on(diary.pair.accepted),
            "ends_on": days.until + dt.timedelta(days=365),
            "kind": "free",
            "from_hour": from_hour,
            "until_hour": until_hour,
        },
        actor_id=person.person_id,
        actor_role=person.role,
    )


def end(diary: Diary, ago: int, ending: Ending) -> None:
    """The end, for exactly one reason, after the day's meeting if there is one."""
    diary.write(
        "relationship.ended",
        diary.meeting_at(ago) + 5 * HOUR,
        "mentee" if ending.initiator == "both" else ending.initiator,
        end_reason=ending.reason,
        initiator=ending.initiator,
        is_acknowledged=ending.is_acknowledged,
        is_goodbye_held=ending.is_goodbye_held,
        is_auto_closed=ending.is_auto_closed,
    )


# The monthly survey


def answer_pulses(diary: Diary, side: str, since: int, until: int = 1, mood: Mood = CONTENT) -> None:
    """One side's answers to the surveys sent between two days, in that mood."""
    days = diary.book.days
    sent = [(wave, date) for wave, date in days.waves if since > days.ago(date) >= until]
    for n, (wave, date) in enumerate(reversed(sent)):
        if n % mood.every:
            continue
        answered_on = date + dt.timedelta(days=diary.rng.randint(0, 5))
        scores = tuple(max(1, mood.score - (diary.rng.random() < mood.wobble)) for _ in ITEMS)
        diary.answer_pulse(wave, answered_on, side, scores, mood.go_on if n == 0 else "yes")


def _both(diary: Diary) -> dict[str, str]:
    return {"mentee_id": diary.pair.mentee.person_id, "mentor_id": diary.pair.mentor.person_id}


def _outreach_id(diary: Diary) -> str:
    return f"{diary.pair.pair_id}-o1"
