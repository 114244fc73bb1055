"""The ladder of definitions 6.10: what a program manager does next, from the first reason of a pair.

It climbs from a gentle suggestion to the waiting side, over a private question to the silent one, to
freeing the side that waits. Nothing on it asks for more than the reason bears. A step is due at once, or from
the day that it says.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipelines.signals.frames import SIDES, Floats, Texts, numbers, texts
from warehouse.messages import Message, counted, message, on_day
from warehouse.policy import Policy

NEXT_STEPS = {
    "safety_flag": "Follow up the safety flag today, on the program's safeguarding path.",
    "too_early": "Nothing to do yet.",
    "network": "Nothing to do: the two stay in touch by themselves.",
    "ended": "Nothing to do.",
    "declined": "Propose another match.",
    "closing": "See that there is a goodbye and that the reason and the next step are recorded.",
    "paused": "Nothing to do until the pause ends.",
    "no_contact_feed": "Connect a calendar, meeting or message feed.",
    "data_late": "Check the contact source; judge again when it is up to date.",
    "delivery_problem": "Correct the address or channel and have the message sent again.",
    "no_reply_to_outreach": "Suggest another person to write to.",
    "proposed": "Nothing to do yet.",
    "probably_finished": "Invite the two to close well: celebrate, say thanks, agree how to stay in touch.",
    "never_started": "Help the two to book a first 15-minute talk, and ask what is in the way.",
    "presumed_ghosted": "Free {other}: offer to move on or a re-match. Send {silent} one last kind message.",
    "suspected_ghosting": (
        "Ask {silent} privately: overwhelmed? Offer a short call, a lighter mode, a pause or a kind end."
    ),
    "faded": "Ask both whether to restart, pause or close with thanks.",
    "stalled": "Suggest a 10-minute check-in to both, and ask whether the rhythm still fits.",
    "poor_fit": "Talk to each side alone: adjust the goals, or offer a re-match without blame.",
    "waiting": "Suggest a gentle, no-pressure check-in to {other}.",
    "on_leave": "Nothing to do until the leave ends.",
    "long_silence": "Suggest to both that they set the next date.",
    "low_score": "Look at the weakest part together with the two.",
    "score_fell": "Ask both how it goes: something changed in the last weeks.",
    "settling": "Nothing to do yet: see whether it holds.",
    "resumed": "Nothing to do; a word of welcome helps.",
    "in_rhythm": "Nothing to do.",
}
UNRESPONSIVE = ("suspected_ghosting", "presumed_ghosted")
CHECKIN_OUT = "A check-in is out to {silent}: wait until {due}, then offer {other} a re-match."
WRITTEN = "Wait until {due}: the program wrote to {written} lately, and writes to nobody twice in {limit}."

WRITES_TO = {
    "waiting": "other",
    "suspected_ghosting": "silent",
    "presumed_ghosted": "both",
    "never_started": "both",
    "faded": "both",
    "stalled": "both",
    "long_silence": "both",
    "score_fell": "both",
    "probably_finished": "both",
}
"""Steps that are a message of the program, and to whom. A safety flag and a talk about fit do not wait."""

SIDE = {"mentor": "the mentor", "mentee": "the mentee", "both": "both sides"}
SIDE_OF = {
    "peer": {"mentor": "the second peer", "mentee": "the first peer", "both": "both sides"},
    "reverse": {"mentor": "the junior mentor", "mentee": "the senior mentee", "both": "both sides"},
}
OPPOSITE = {"mentor": "mentee", "mentee": "mentor"}


def next_steps(facts: pd.DataFrame, codes: Texts, as_of: dt.datetime, policy: Policy) -> list[Message]:
    """For each pair the next step on the ladder, from the code of its first reason.

    Nobody on leave is written to, and nobody twice in `message_days`, whatever kind of message it was and
    whichever pair it was about.
    """
    sides = texts(facts, "waiting_on")
    to = [_meant(WRITES_TO.get(code), side) for code, side in zip(codes, sides, strict=True)]
    away, written = (
        [_common(meant, side) for meant, side in zip(to, texts(facts, name), strict=True)]
        for name in ("leave_side", "written_side")
    )
    out_days = policy.presumed_checkin_days - numbers(facts, "checkin_days")
    is_out = (out_days > 0) & np.isin(codes, UNRESPONSIVE)
    steps = np.select(
        [is_out, *(pd.notna(np.array(held, np.object_)) for held in (away, written))],
        ["checkin_out", "on_leave", "written"],
        codes,
    )
    templates = NEXT_STEPS | {"checkin_out": CHECKIN_OUT, "written": WRITTEN}
    more = np.where(is_out, out_days, _more_days(facts, written, policy))
    return [
        _step(templates[step], SIDE_OF.get(direction, SIDE), side, held, _day(as_of, n_days), policy)
        for step, direction, side, held, n_days in zip(
            steps, texts(facts, "direction"), sides, written, more, strict=True
        )
    ]


def _meant(whom: str | None, silent: str | None) -> str | None:
    """The side that a step writes to: the silent one, the other, or both; None where it writes to nobody."""
    if whom is None or whom == "both":
        return whom
    return (silent or "both") if whom == "silent" else OPPOSITE.get(silent or "", "both")


def _common(one: str | None, other: str | None) -> str | None:
    """What two sides have in common: mentor, mentee, both or None."""
    if one in ("both", other):
        return other
    return one if other == "both" else None


def _more_days(facts: pd.DataFrame, written: Sequence[str | None], policy: Policy) -> Floats:
    """For how many days more a side is not written to; of both, the longer."""
    days = {side: numbers(facts, f"{side}_written_days") for side in SIDES}
    ago = [
        min((days[s][row] for s in SIDES if side in (s, "both")), default=0)
        for row, side in enumerate(written)
    ]
    return policy.message_days - np.array(ago, dtype=np.float64)


def _day(as_of: dt.datetime, n_days: float) -> Message:
    """The day in so many days."""
    due_on = as_of.date() + dt.timedelta(days=int(n_days))
    return on_day(due_on, has_year=due_on.year != as_of.year)


def _step(
    template: str, words: dict[str, str], side: str | None, written: str | None, due: Message, policy: Policy
) -> Message:
    """A step with its day and the sides it speaks of: the silent one, the other, and who was written to."""
    told = {
        "silent": message(words[side or "both"]),
        "other": message(words[OPPOSITE.get(side or "", "both")]),
        "written": message(words[written or "both"]),
        "due": due,
        "limit": counted(policy.message_days, "day"),
    }
    return message(template, **{name: each for name, each in told.items() if f"{{{name}}}" in template})
