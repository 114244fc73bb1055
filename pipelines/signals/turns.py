"""Turns: who waits for whom, and for how long.

An act that expects a reply opens a turn owed by the receiver; any touch by the receiver closes it
(definitions 6.3). Nobody is named while on leave, and nobody is blamed for what never arrived. The rules
are the same for both sides, so peers are treated alike by construction.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.signals.frames import SIDES, Flags, Texts, days, flags, instants, numbers, texts_of
from warehouse.policy import Policy


def turns(pairs: pd.DataFrame, cadence: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Which side keeps the other waiting, and how gravely.

    Needs a checked frame and its `cadence`. Returns, row for row and for each side X (the side that owes
    the answer), `is_waiting_X`, `is_suspected_X`, `is_presumed_X`, and `is_turn_open` for the pair.
    """
    columns: dict[str, Flags] = {}
    for side in SIDES:
        waiting = _waiting(pairs, cadence, side, policy)
        suspected = _suspected(pairs, cadence, side, policy)
        columns[f"is_waiting_{side}"] = waiting
        columns[f"is_suspected_{side}"] = suspected
        columns[f"is_presumed_{side}"] = suspected & _gone(pairs, cadence, side, policy)
    columns["is_turn_open"] = (numbers(pairs, "mentor_owes_n") >= 1) | (numbers(pairs, "mentee_owes_n") >= 1)
    return pd.DataFrame(columns)


def who(pairs: pd.DataFrame, turns: pd.DataFrame, grade: str) -> Texts:
    """The side with a turn of this grade (waiting, suspected, presumed): mentor, mentee, both or None.

    Where both have one the older wins; opened on the same day, both wait for each other.
    """
    mentor, mentee = flags(turns, f"is_{grade}_mentor"), flags(turns, f"is_{grade}_mentee")
    since_mentor, since_mentee = (days(pairs, f"{side}_owes_since") for side in SIDES)
    is_mentor = mentor & (~mentee | (since_mentor < since_mentee))
    is_mentee = mentee & (~mentor | (since_mentee < since_mentor))
    named = np.select([is_mentor, is_mentee, mentor & mentee], [0, 1, 2], default=3)
    return texts_of(np.array(["mentor", "mentee", "both", None], dtype=np.object_), named)


def _waiting(pairs: pd.DataFrame, cadence: pd.DataFrame, side: str, policy: Policy) -> Flags:
    """An open turn for more than half a usual gap or a week; or any open turn after a long silence."""
    owes_days = numbers(pairs, f"{side}_owes_days")
    is_long = (owes_days > policy.waiting_ratio * numbers(cadence, "tau_days")) | (
        owes_days > policy.waiting_days
    )
    is_silent = numbers(cadence, "silence_ratio") >= policy.stalled_ratio
    is_here = ~flags(pairs, f"is_{side}_on_leave")
    return (numbers(pairs, f"{side}_owes_n") >= 1) & (is_long | is_silent) & is_here


def _suspected(pairs: pd.DataFrame, cadence: pd.DataFrame, side: str, policy: Policy) -> Flags:
    """Several unanswered acts, long enough ago, in an unusual silence that nothing else explains."""
    acts = (numbers(pairs, f"{side}_owes_n") >= policy.suspected_acts) & (
        numbers(pairs, f"{side}_owes_n_days") >= policy.suspected_acts
    )
    patience = np.maximum(policy.suspected_days, policy.waiting_ratio * numbers(cadence, "tau_days"))
    is_silent = numbers(cadence, "silence_ratio") >= policy.suspected_ratio
    is_explained = (
        flags(pairs, f"is_{side}_on_leave")
        | flags(pairs, "is_delivery_failed")
        | ~np.isnat(instants(pairs, "next_session_at"))
    )
    return acts & (numbers(pairs, f"{side}_owes_days") >= patience) & is_silent & ~is_explained


def _gone(pairs: pd.DataFrame, cadence: pd.DataFrame, side: str, policy: Policy) -> Flags:
    """What turns suspicion into presumption: an unanswered check-in, a very long silence or no-shows."""
    long_silence = np.maximum(policy.presumed_days, policy.presumed_ratio * numbers(cadence, "tau_days"))
    return (
        (numbers(pairs, f"{side}_checkin_unanswered_days") >= policy.presumed_checkin_days)
        | (numbers(pairs, f"{side}_silence_days") >= long_silence)
        | (
            (numbers(pairs, f"{side}_no_show_streak") >= policy.presumed_no_shows)
            & (numbers(pairs, f"{side}_no_show_days") >= policy.presumed_checkin_days)
        )
    )
