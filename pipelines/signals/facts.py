"""Facts: what is said about a pair, one row each: features, verdicts, and the side each is about."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.signals.frames import (
    DAY,
    SIDES,
    AsOf,
    Flags,
    Floats,
    Instants,
    Texts,
    days,
    flags,
    instants,
    moment,
    numbers,
    texts,
)
from pipelines.signals.turns import who
from warehouse.policy import Policy

TOLD = (
    "silence_days", "age_days", "n_contacts", "gap_1", "push_streak", "n_goals", "n_goals_done",
    "last_gap_days", "mentor_written_days", "mentee_written_days", "end_reason", "is_auto_closed",
    "has_contact_feed", "is_outreach_bounced",
    "accepted_at", "last_contact_at", "outreach_sent_at", "proposed_at", "declined_at", "closing_since",
    "ended_at", "network_at", "next_session_at", "label_at",
)  # fmt: skip


def facts_of(pairs: pd.DataFrame, judged: pd.DataFrame, as_of: AsOf, policy: Policy) -> pd.DataFrame:
    """What the sentences speak of, one row per pair: TOLD, all that was judged, and the sides meant.

    Needs a checked frame and, row for row, everything `evaluate` has judged so far. `owed_by` is the side
    whose open turn is told of: also in a finished pair, where nobody is said to keep the other waiting.
    """
    is_finished = texts(judged, "state") == "probably_finished"
    owed_by = np.where(is_finished, who(pairs, judged, "waiting"), texts(judged, "waiting_on"))
    no_show_side = _which(*(numbers(pairs, f"{s}_no_show_streak") >= policy.presumed_no_shows for s in SIDES))
    own = {
        "pair_id": texts(pairs, "pair_id"),
        "direction": texts(pairs, "direction"),
        "owed_by": owed_by,
        "owed_n": _of_side(pairs, owed_by, "{}_owes_n"),
        "owed_days": _of_side(pairs, owed_by, "{}_owes_days"),
        "owed_since": _since_of_side(pairs, owed_by),
        "silent_days": _of_side(pairs, owed_by, "{}_silence_days"),
        "checkin_days": _of_side(pairs, owed_by, "{}_checkin_unanswered_days"),
        "fit_side": _which(*(texts(pairs, f"{s}_fit") == "poor" for s in SIDES)),
        "leave_side": _which(*(flags(pairs, f"is_{s}_on_leave") for s in SIDES)),
        "written_side": _which(*(numbers(pairs, f"{s}_written_days") < policy.message_days for s in SIDES)),
        "no_show_side": no_show_side,
        "no_show_streak": _of_side(pairs, no_show_side, "{}_no_show_streak"),
        "last_rating": np.fmin(*(numbers(pairs, f"{s}_last_rating") for s in SIDES)),
        "asked_days": (moment(as_of).astype("datetime64[D]") - days(pairs, "outreach_sent_at")) / DAY,
        "outreach_days": float(policy.outreach_days),
        "not_started_days": float(policy.not_started_days),
        "on_track_score": policy.on_track_score,
        "fall_points": policy.fall_points,
    }
    return pd.concat([pd.DataFrame(own), judged, pairs[list(TOLD)]], axis=1)


def _which(mentor: Flags, mentee: Flags) -> Texts:
    """The side a flag is true of: mentor, mentee, both or None."""
    sides = np.array([None, "mentor", "mentee", "both"], dtype=np.object_)
    return np.asarray(sides[mentor.astype(int) + 2 * mentee.astype(int)], dtype=np.object_)


def _of_side(pairs: pd.DataFrame, side: Texts, pattern: str) -> Floats:
    """The number of the side in question; of both, the larger; NaN where there is none."""
    mentor, mentee = (
        np.where(np.isin(side, [s, "both"]), numbers(pairs, pattern.format(s)), np.nan) for s in SIDES
    )
    return np.fmax(mentor, mentee)


def _since_of_side(pairs: pd.DataFrame, side: Texts) -> Instants:
    """Since when the side in question owes an answer; of both, the earlier."""
    never = np.datetime64("NaT", "us")
    mentor, mentee = (
        np.where(np.isin(side, [s, "both"]), instants(pairs, f"{s}_owes_since"), never) for s in SIDES
    )
    return np.fmin(mentor, mentee)
