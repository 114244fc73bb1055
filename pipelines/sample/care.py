"""What the program's own people do for an ordinary pair: support contacts, alerts and reminders.

Drawn from a generator of its own, so that the life of the pair does not depend on who looks after it.
"""

from __future__ import annotations

import datetime as dt
from random import Random

from pipelines.sample.diary import Diary
from pipelines.sample.people import awake_at
from pipelines.sample.stories import SIDES

FIRST_CONTACTS = (8, 24)
"""Days after the acceptance on which the program asks how it goes; after that once in thirty days."""
FAR_SHARE = 0.3
"""Share of its contacts that a pair across borders gets: the gap that a report of the sample should find."""
QUIET = 45
"""No alert of the sample is younger: what the planted pairs are judged by stays clear of it."""


def look_after(diary: Diary) -> None:
    """Support contacts for most months, and for one pair in three an alert that was worked through."""
    rng = Random(f"{diary.book.seed}/{diary.pair.pair_id}/care")
    far = Random(f"{diary.book.seed}/{diary.pair.pair_id}/far")
    accepted = diary.pair.accepted
    days = [accepted - day for day in FIRST_CONTACTS] + list(range(accepted - 45, 0, -30))
    for ago in days:
        if ago > 0 and rng.random() < 0.75:
            about = {"party": rng.choice(SIDES), "channel": "email", "is_reached": rng.random() < 0.9}
            at = _at(diary, rng, ago)
            if is_near(diary) or far.random() < FAR_SHARE:
                diary.write("ops.support_contact_made", at, "pm", **about)
    if accepted > QUIET + 30 and rng.random() < 0.35:
        _work_through(diary, rng, rng.randint(QUIET, accepted - 30))


def is_near(diary: Diary) -> bool:
    """Whether the two live in one country."""
    return diary.pair.mentee.country == diary.pair.mentor.country


def _work_through(diary: Diary, rng: Random, raised: int) -> None:
    """An alert about a lull: taken on soon or late, then a reminder, a few days' rest, or a dismissal."""
    party = rng.choice(SIDES)
    about = {"alert_id": f"{diary.pair.pair_id}-lull"}
    at = _at(diary, rng, raised)
    diary.write("ops.alert_raised", at, "system", alert_state="waiting", party=party, **about)
    if rng.random() < 0.15:
        return
    opened_at = at + dt.timedelta(days=rng.choice((0, 1, 1, 2, 5)), hours=2)
    diary.write("ops.alert_acknowledged", opened_at, "pm", **about)
    then_at = opened_at + dt.timedelta(hours=1)
    match rng.choices(("remind", "snooze", "dismiss"), (6, 2, 2))[0]:
        case "snooze":
            until_on = (then_at + dt.timedelta(days=3)).date()
            diary.write("ops.alert_snoozed", then_at, "pm", until_on=until_on, **about)
        case "dismiss":
            reason = rng.choice(("wrong: they talk by phone", "already ended"))
            diary.write("ops.alert_dismissed", then_at, "pm", reason=reason, **about)
        case _:
            diary.write("ops.action_taken", then_at, "pm", action="asked privately", **about)
            _remind(diary, rng, then_at, party)


def _remind(diary: Diary, rng: Random, at: dt.datetime, party: str) -> None:
    """A reminder, or for one in three none: the hold-out by which its effect is known."""
    nudge = {"party": party, "nudge_kind": "check_in"}
    if rng.random() < 0.33:
        diary.write("ops.nudge_suppressed", at, "system", reason="holdout", **nudge)
    else:
        diary.write("ops.nudge_sent", at, "system", arm="treated", **nudge)


def _at(diary: Diary, rng: Random, ago: int) -> dt.datetime:
    """An hour of the program's staff on that day."""
    return awake_at(diary.book.days.on(ago), diary.pair.mentor.time_zone, rng)
