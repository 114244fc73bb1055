"""Bands: whether anybody needs to look at a pair.

A table of named rules (definitions 6.4), read from the top: the first that holds is the answer. A safety
flag comes before everything, a pause or a closing included; then a poor fit or an alarm of 6.3. Youth and a
blind feed come before silence, silence before the score, and a score with too little coverage decides
nothing. What also needs the days before, a score that fell and the band shown, is in `days`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.signals.cadence import is_away
from pipelines.signals.frames import Flags, Texts, first_true, flags, numbers, texts
from pipelines.signals.states import OVER, is_alive
from warehouse.policy import Policy

ALARMS = ("never_started", "suspected_ghosting", "presumed_ghosted")
CALM_LABELS = ("in_rhythm", "resumed")


def bands(
    pairs: pd.DataFrame,
    stage: Texts,
    states: pd.DataFrame,
    cadence: pd.DataFrame,
    score: pd.DataFrame,
    policy: Policy,
) -> Texts:
    """The band of each pair: ended, closing, paused, needs_check_in, too_early, watch or on_track.

    Needs a checked frame and, row for row, its stages, `states`, `cadence` and `score` (health, coverage).
    """
    state = texts(states, "state")
    ratio, health = numbers(cadence, "silence_ratio"), numbers(score, "health")
    is_fact = is_fit_poor(pairs) | np.isin(state, ALARMS)
    is_blind = np.isin(state, ["data_late", "no_contact_feed"]) | np.isin(stage, ["outreach", "proposed"])
    is_young = (numbers(pairs, "age_days") < policy.too_early_days) & (
        numbers(pairs, "n_contacts") < policy.too_early_contacts
    )
    counts = silence_counts(pairs, states)
    is_covered = numbers(score, "coverage") >= policy.too_early_coverage
    return first_true(
        [
            ("ended", np.isin(state, OVER)),
            ("needs_check_in", flags(pairs, "has_safety_flag")),
            ("closing", state == "closing"),
            ("paused", state == "paused"),
            ("needs_check_in", is_alive(stage) & is_fact),
            ("too_early", is_blind | is_young),
            ("needs_check_in", counts & (ratio >= policy.needs_ratio)),
            ("needs_check_in", counts & is_covered & (health < policy.watch_score)),
            ("watch", counts & (ratio >= policy.watch_ratio)),
            ("watch", state == "delivery_problem"),
            ("watch", counts & is_covered & (health < policy.on_track_score)),
            ("too_early", ~is_covered),
        ],
        "on_track",
    )


def is_fall_counted(pairs: pd.DataFrame, states: pd.DataFrame, band: Texts) -> Flags:
    """Whether a score that fell fast would make it Watch: it is on track, and its score says something."""
    return np.asarray((band == "on_track") & silence_counts(pairs, states))


def silence_counts(pairs: pd.DataFrame, states: pd.DataFrame) -> Flags:
    """Whether silence, and a score that sinks with it, say anything.

    Not while a side is on leave, nor where a program manager confirmed that all is well.
    """
    is_calmed = flags(states, "is_labelled") & np.isin(texts(states, "state"), CALM_LABELS)
    return ~is_away(pairs) & ~is_calmed


def is_fit_poor(pairs: pd.DataFrame) -> Flags:
    """Whether a side says that the two do not fit."""
    return np.asarray((texts(pairs, "mentor_fit") == "poor") | (texts(pairs, "mentee_fit") == "poor"))
