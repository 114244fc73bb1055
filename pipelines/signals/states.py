"""Stages and states: where a relationship stands, by rules that can be held against definitions 6.3, 6.4.

Two tables of named rules, each read from the top: the first that holds is the answer. A *stage* is where
the two are in the life of a relationship, a *state* is what is going on; `bands` says who needs a look.

Precedence of states. What the two agreed on comes first: a network, ended, closing or paused pair never
alerts, however silent. Then what makes silence unreadable: no contact feed, a late feed, acts that did not
arrive; nobody is blamed for those. A pair that never met has not started: it is neither finished nor ghosted.
A natural end comes before ghosting: goals done and content people are probably finished, even with an open
question. Then the graver before the milder: presumed, suspected, waiting (somebody asked); faded, stalled
(nobody has). A return after a presumable silence is shown until the next contact. Everything else is in
rhythm. During a leave nobody is late: then silence makes no state.

What a program manager confirmed overrides the rule, from the day it was said until the two are in touch
again; it never overrides an agreed pause or an end.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pipelines.signals.cadence import gaps_from, is_away, usual_gap
from pipelines.signals.frames import (
    DAY,
    SIDES,
    AsOf,
    Flags,
    Floats,
    Instants,
    Texts,
    days,
    first_true,
    flags,
    instants,
    moment,
    numbers,
    texts,
)
from pipelines.signals.turns import who
from warehouse.policy import Policy

STATES = (
    "no_reply_to_outreach", "never_started", "waiting", "suspected_ghosting", "presumed_ghosted", "stalled",
    "faded", "probably_finished", "delivery_problem", "resumed", "data_late", "no_contact_feed", "in_rhythm",
    "paused", "closing", "ended", "network", "proposed", "declined",
)  # fmt: skip
OVER = ("ended", "network", "declined")
UNANSWERED = ("waiting", "suspected_ghosting", "presumed_ghosted")
RATING_MAX = 5
EPOCH = np.datetime64("2000-01-01", "D")


def stages(pairs: pd.DataFrame, policy: Policy) -> Texts:
    """The stage of each pair (definitions 6.4): forming until 3 sessions or 90 days, then active."""
    is_accepted = ~np.isnat(instants(pairs, "accepted_at"))
    is_proposed = ~np.isnat(instants(pairs, "proposed_at"))
    is_asked = ~np.isnat(instants(pairs, "outreach_sent_at"))
    is_met = ~np.isnat(instants(pairs, "started_at")) | (numbers(pairs, "n_contacts") >= 1)
    is_young = (numbers(pairs, "n_sessions_held") < policy.forming_sessions) & (
        numbers(pairs, "age_days") < policy.forming_days
    )
    return first_true(
        [
            ("network", _stands(pairs, "network_at")),
            ("ended", _stands(pairs, "ended_at")),
            ("declined", ~is_accepted & _stands(pairs, "declined_at", "proposed_at")),
            ("outreach", ~is_accepted & ~is_proposed & is_asked),
            ("proposed", ~is_accepted),
            ("closing", _stands(pairs, "closing_since")),
            ("paused", flags(pairs, "is_paused")),
            ("light_mode", flags(pairs, "is_light_mode")),
            ("accepted", ~is_met),
            ("forming", is_young),
        ],
        "active",
    )


def is_judged(pairs: pd.DataFrame) -> Flags:
    """Whether a pair has a score: it is accepted and not over."""
    is_over = _stands(pairs, "network_at") | _stands(pairs, "ended_at")
    return np.asarray(~np.isnat(instants(pairs, "accepted_at")) & ~is_over)


def is_alive(stage: Texts) -> Flags:
    """Whether the relationship is running: accepted, not paused, not closing, not over."""
    return np.isin(stage, ["accepted", "forming", "active", "light_mode"])


def states(
    pairs: pd.DataFrame,
    stage: Texts,
    as_of: AsOf,
    cadence: pd.DataFrame,
    turns: pd.DataFrame,
    policy: Policy,
) -> pd.DataFrame:
    """The state of each pair and who keeps whom waiting.

    Needs a checked frame, its stages, `cadence` and `turns`. Returns, row for row: `state`, `waiting_on`
    (mentor, mentee, both or None: who owes the answer), `ghosted_on` (onset: the last touch of the silent
    side plus one usual gap, for suspected and presumed only), `is_labelled` (a program manager said so).
    """
    state = first_true(_state_rules(pairs, stage, as_of, cadence, turns, policy), "in_rhythm")
    is_labelled = is_alive(stage) & _label_holds(pairs)
    state = np.where(is_labelled, texts(pairs, "confirmed_label"), state)
    waiting_on = _waiting_on(pairs, turns, state)
    waiting_on = np.where(is_labelled & np.isin(state, UNANSWERED), _named(pairs, waiting_on), waiting_on)
    return pd.DataFrame(
        {
            "state": state,
            "waiting_on": waiting_on,
            "ghosted_on": _onset(pairs, state, waiting_on, as_of, cadence),
            "is_labelled": is_labelled,
        }
    )


def _state_rules(
    pairs: pd.DataFrame,
    stage: Texts,
    as_of: AsOf,
    cadence: pd.DataFrame,
    turns: pd.DataFrame,
    policy: Policy,
) -> list[tuple[str, Flags]]:
    """The table of definitions 6.3, in order of precedence; `alive` leaves out agreed pauses and ends."""
    alive = is_alive(stage)
    outreach = stage == "outreach"
    ratio, silence_days = numbers(cadence, "silence_ratio"), numbers(pairs, "silence_days")
    asked_days = (moment(as_of).astype("datetime64[D]") - days(pairs, "outreach_sent_at")) / DAY
    bounced = outreach & flags(pairs, "is_outreach_bounced")
    nobody_asks = alive & ~flags(turns, "is_turn_open") & ~is_away(pairs)
    presumed, suspected, waiting = (
        flags(turns, f"is_{grade}_mentor") | flags(turns, f"is_{grade}_mentee")
        for grade in ("presumed", "suspected", "waiting")
    )
    return [
        ("network", stage == "network"),
        ("ended", stage == "ended"),
        ("declined", stage == "declined"),
        ("closing", stage == "closing"),
        ("paused", stage == "paused"),
        ("no_contact_feed", alive & ~flags(pairs, "has_contact_feed")),
        ("data_late", alive & flags(pairs, "is_feed_late")),
        ("delivery_problem", bounced | (alive & flags(pairs, "is_delivery_failed"))),
        ("no_reply_to_outreach", outreach & (asked_days >= policy.outreach_days)),
        ("proposed", outreach | (stage == "proposed")),
        ("never_started", alive & _is_not_started(pairs, cadence, policy)),
        ("probably_finished", alive & ~is_away(pairs) & _is_finished(pairs, as_of, ratio, policy)),
        ("presumed_ghosted", alive & presumed),
        ("suspected_ghosting", alive & suspected),
        ("waiting", alive & waiting),
        ("faded", nobody_asks & (ratio >= policy.faded_ratio) & (silence_days >= policy.faded_days)),
        ("stalled", nobody_asks & (ratio >= policy.stalled_ratio)),
        ("resumed", alive & _is_returned(pairs, ratio, cadence, policy)),
    ]


def _is_finished(pairs: pd.DataFrame, as_of: AsOf, ratio: Floats, policy: Policy) -> Flags:
    """Silent success: silent, goals done, content, and near the planned end, or one asked for it.

    An informal relationship has no term: nothing of it is left to serve, so goals and ratings decide.
    """
    n_goals = numbers(pairs, "n_goals")
    goals_done = (n_goals > 0) & (numbers(pairs, "n_goals_done") >= policy.finished_goals_rate * n_goals)
    last_rating = np.fmin(numbers(pairs, "mentor_last_rating"), numbers(pairs, "mentee_last_rating"))
    content = last_rating >= (policy.finished_rating - 1) / (RATING_MAX - 1)
    accepted_on, planned_end_on = days(pairs, "accepted_at"), days(pairs, "planned_end_on")
    served = (moment(as_of).astype("datetime64[D]") - accepted_on) / DAY
    term = (planned_end_on - accepted_on) / DAY
    near_end = np.isnat(planned_end_on) | (served >= policy.finished_term_rate * term)
    is_end_near = near_end | flags(pairs, "is_natural_end_asked")
    return np.asarray((ratio >= policy.finished_ratio) & goals_done & content & is_end_near)


def _is_not_started(pairs: pd.DataFrame, cadence: pd.DataFrame, policy: Policy) -> Flags:
    """No mutual contact in the first two weeks, no first session confirmed soon, nobody on leave."""
    is_late = (numbers(pairs, "n_contacts") == 0) & (numbers(pairs, "age_days") >= policy.not_started_days)
    return np.asarray(is_late & ~flags(cadence, "is_session_near") & ~is_away(pairs))


def _is_returned(pairs: pd.DataFrame, ratio: Floats, cadence: pd.DataFrame, policy: Policy) -> Flags:
    """The gap before the last contact could have been presumed ghosting, by the rhythm before that gap.

    It was long enough for that, or a check-in of the program stayed unanswered in it.
    """
    before, _ = usual_gap(numbers(cadence, "agreed_days"), gaps_from(pairs, 2, policy), policy)
    long_gap = np.maximum(policy.presumed_days, policy.presumed_ratio * before)
    is_checked_in = numbers(pairs, "last_gap_checkin_days") >= policy.presumed_checkin_days
    return np.asarray(
        (numbers(pairs, "last_gap_owed_n") >= policy.suspected_acts)
        & ((numbers(pairs, "last_gap_days") >= long_gap) | is_checked_in)
        & (ratio < policy.watch_ratio)
    )


def _label_holds(pairs: pd.DataFrame) -> Flags:
    """A label that names a state holds until the two are in touch again after it."""
    is_state = np.isin(texts(pairs, "confirmed_label"), STATES)
    return is_state & ~(instants(pairs, "last_contact_at") > instants(pairs, "label_at"))


def _waiting_on(pairs: pd.DataFrame, turns: pd.DataFrame, state: Texts) -> Texts:
    """Who owes the answer: by the grade of the state; a pair that never met may wait for one side too."""
    waiting_on = np.full(len(pairs), None, dtype=np.object_)
    for grade, named in (
        ("waiting", ["waiting", "never_started"]),
        ("suspected", ["suspected_ghosting"]),
        ("presumed", ["presumed_ghosted"]),
    ):
        waiting_on = np.where(np.isin(state, named), who(pairs, turns, grade), waiting_on)
    return waiting_on


def _named(pairs: pd.DataFrame, waiting_on: Texts) -> Texts:
    """The side a program manager's label names, else the one the turns name."""
    party = texts(pairs, "confirmed_party")
    return np.where(np.isin(party, SIDES), party, waiting_on)


def _onset(
    pairs: pd.DataFrame, state: Texts, waiting_on: Texts, as_of: AsOf, cadence: pd.DataFrame
) -> Instants:
    """The day one usual gap, in active days, after the silent side's last touch; of both, the earlier."""
    is_silent = np.isin(state, ["suspected_ghosting", "presumed_ghosted"])
    tau = (numbers(cadence, "tau_days") * 86_400).round().astype("timedelta64[s]")
    onset = np.full(len(pairs), np.datetime64("NaT", "us"))
    today = np.broadcast_to(moment(as_of).astype("datetime64[D]"), len(pairs))
    for side in SIDES:
        last = instants(pairs, f"last_{side}_touch_at")
        last = np.where(np.isnat(last), instants(pairs, "accepted_at"), last)
        named = is_silent & np.isin(waiting_on, [side, "both"])
        begun = last + tau
        off = texts(pairs, f"{side}_off")
        for row in np.flatnonzero(named & pairs[f"{side}_off"].notna().to_numpy()):
            begun[row] += _off_days(off[row], last[row], begun[row], today[row])
        onset = np.where(named, np.fmin(onset, begun), onset)
    return onset.astype("datetime64[D]").astype("datetime64[us]")


def _off_days(off: Any, last: Any, begun: Any, today: Any) -> np.timedelta64:
    """For how many days a clock stood still between a last touch and a day that moves on with each of them.

    Clocks count from 2000: see core.clock. What lies ahead of today moves nothing.
    """

    def n_off(day: Any) -> int:
        n = int((min(day, today) - EPOCH) / DAY)
        stood: list[int] = [each["shift"] + min(n, each["until_day"]) for each in off]
        return max(0, *stood)

    before, n_days = n_off(last.astype("datetime64[D]")), 0
    while (now := n_off(begun.astype("datetime64[D]") + n_days * DAY) - before) > n_days:
        n_days = now
    return np.timedelta64(n_days, "D")


def _stands(pairs: pd.DataFrame, name: str, undone_by: str = "reopened_at") -> Flags:
    """Whether an end, a closing or a refusal stands: it happened and was not undone since."""
    at, undone_at = instants(pairs, name), instants(pairs, undone_by)
    return ~np.isnat(at) & ~(undone_at > at)
