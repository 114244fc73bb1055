"""What mentoring brings people, asked before and after: the outcome survey of the sample.

Drawn from generators of its own and kept in files of its own, so that nothing else in the sample depends on
it. Some are lost between the two waves, more of them where a pair went badly. On a waiting list people
without a mentor answer the same questions: the group to compare with. What truly changes is planted.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from random import Random

from pipelines.sample.days import Days
from pipelines.sample.diary import Asked, Book, Diary
from pipelines.sample.people import awake_at
from pipelines.sample.stories import SIDES

GAINS: dict[str, dict[str, float]] = {
    "mentee": {"navigation": 0.6, "skills": 0.5, "network": 0.3, "self_trust": 0.8, "safe_space": 0.6},
    "mentor": {"coaching": 0.4, "perspective": 0.3, "fulfilment": 0.2, "purpose": 0.0},
}
"""The planted truth: steps of the scale by which people who take part change on average."""
OUTSIDE_GAIN = 0.1
"""The same for people on the waiting list, whatever they are asked."""
N_WAITING = 26
BEFORE, AFTER = "pre", "post"
AFTER_DAYS = 150
"""Active days from the acceptance to the second wave."""
ANSWERS = {BEFORE: 0.85, AFTER: 0.75}
"""Share of those asked who answer."""
LOST_SHARE = 0.35
"""Share of those who answer the second wave where the pair went badly."""


def ask_before_and_after(diary: Diary, *, went_well: bool) -> None:
    """Both sides of a pair that has met, after the acceptance; who answered once more, five months later."""
    if not diary.n_meetings:
        return
    rng, book, pair = Random(f"{diary.book.seed}/{diary.pair.pair_id}/benefits"), diary.book, diary.pair
    for side in SIDES:
        levels = _levels(rng, side)
        for wave, ago in ((BEFORE, pair.accepted - 2), (AFTER, pair.accepted - AFTER_DAYS)):
            if ago < 1:
                break
            share = ANSWERS[wave] if went_well or wave == BEFORE else LOST_SHARE
            scores = _scores(rng, levels, wave, GAINS[side]) if rng.random() < share else ()
            response_id = f"{pair.pair_id}-{side}-{wave}"
            asked = Asked(response_id, wave, side, _sent_at(book.days, ago), pair_id=pair.pair_id)
            answered_on = _later(book.days, ago, rng)
            if not _send(book, asked, scores, answered_on, diary.person(side).time_zone):
                break


def ask_the_waiting(book: Book) -> None:
    """People who registered and wait for a mentor are asked the same, five months apart."""
    rng = Random(f"{book.seed}/waiting")
    gains = dict.fromkeys(GAINS["mentee"], OUTSIDE_GAIN)
    for number in range(1, N_WAITING + 1):
        person_id, levels = f"waiting-{number:02d}", _levels(rng, "mentee")
        for wave, ago in ((BEFORE, 160), (AFTER, 10)):
            sent_at, response_id = _sent_at(book.days, ago), f"{person_id}-{wave}"
            asked = Asked(response_id, wave, "mentee", sent_at, person_id=person_id)
            scores = _scores(rng, levels, wave, gains)
            _send(book, asked, scores, _later(book.days, ago, rng), "UTC")


def _send(book: Book, asked: Asked, scores: tuple[int, ...], answered_on: dt.date, zone: str) -> bool:
    """Write down that it went out, and its answers if they have come; says whether they have."""
    answered_at = awake_at(answered_on, zone, Random(f"{book.seed}/{asked.response_id}"))
    has_come = bool(scores) and asked.sent_at < answered_at < book.days.end_at
    if asked.sent_at < book.days.end_at:
        book.asked.append(replace(asked, answered_at=answered_at, scores=scores) if has_come else asked)
    return has_come


def _sent_at(days: Days, ago: int) -> dt.datetime:
    return dt.datetime.combine(days.on(ago), dt.time(8), dt.UTC)


def _later(days: Days, ago: int, rng: Random) -> dt.date:
    return days.on(ago) + dt.timedelta(days=rng.randint(1, 9))


def _levels(rng: Random, side: str) -> dict[str, float]:
    """Where somebody stands before, item by item: a person's own level, and the item's."""
    own = rng.gauss(3.1, 0.7)
    return {item: own + rng.gauss(0, 0.4) for item in GAINS[side]}


def _scores(rng: Random, levels: dict[str, float], wave: str, gains: dict[str, float]) -> tuple[int, ...]:
    changes = {item: gains[item] if wave == AFTER else 0.0 for item in levels}
    return tuple(
        min(5, max(1, round(level + changes[item] + rng.gauss(0, 0.35)))) for item, level in levels.items()
    )
