"""The ladder of definitions 6.10: what a program manager does next, from the first reason of a pair.

It climbs from a gentle suggestion to the waiting side, over a private question to the silent one, to
freeing the side that waits. Nothing on it asks for more than the reason bears.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.signals.frames import Flags, Texts, numbers, texts
from warehouse.messages import Message, message
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
CHECKIN_OUT = "A check-in is out to {silent}: wait for day {days}, then offer {other} a re-match."

SIDE = {"mentor": "the mentor", "mentee": "the mentee", "both": "both sides"}
SIDE_OF = {
    "peer": {"mentor": "the second peer", "mentee": "the first peer", "both": "both sides"},
    "reverse": {"mentor": "the junior mentor", "mentee": "the senior mentee", "both": "both sides"},
}
OPPOSITE = {"mentor": "mentee", "mentee": "mentor"}


def next_steps(facts: pd.DataFrame, codes: Texts, policy: Policy) -> list[Message]:
    """For each pair the next step on the ladder, from the code of its first reason."""
    is_out = (numbers(facts, "checkin_days") < policy.presumed_checkin_days) & np.isin(codes, UNRESPONSIVE)
    waiting_on = texts(facts, "waiting_on")
    steps = np.where(is_out, "checkin_out", np.where(_would_disturb(facts, codes), "on_leave", codes))
    templates = NEXT_STEPS | {"checkin_out": CHECKIN_OUT}
    return [
        _step(templates[step], SIDE_OF.get(direction, SIDE), side, policy)
        for step, direction, side in zip(steps, texts(facts, "direction"), waiting_on, strict=True)
    ]


def _would_disturb(facts: pd.DataFrame, codes: Texts) -> Flags:
    """Whether the side to suggest something to is on leave: nobody is written to then."""
    sides = zip(texts(facts, "waiting_on"), texts(facts, "leave_side"), strict=True)
    is_away = np.array([OPPOSITE.get(owes or "", "nobody") == away for owes, away in sides], np.bool_)
    found: Flags = is_away & (codes == "waiting")
    return found


def _step(template: str, words: dict[str, str], side: str | None, policy: Policy) -> Message:
    """A step with the sides it speaks of: the silent one, and the other, who waits."""
    told = {
        "silent": message(words[side or "both"]),
        "other": message(words[OPPOSITE.get(side or "", "both")]),
        "days": policy.presumed_checkin_days,
    }
    return message(template, **{name: each for name, each in told.items() if f"{{{name}}}" in template})
