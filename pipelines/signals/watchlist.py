"""Watchlist: in which order a program manager should look, by urgency and by what can still be done.

priority = urgency x recoverability, of the reason where that product is largest.

Urgency (0-1) begins at the floor of a reason and rises by up to 0.2 with the silence: half by days of
silence, half by silence against the pair's own rhythm. Neither alone: on real logs plain recency ranks
better than the ratio, and the ratio warns earlier (docs/method.md). A milder reason never overtakes
the graver one it grows into. Recoverability (0-1) is how much an act of the program can still change: a
waiting pair is easily helped, a faded one seldom, and what was never started can be started for a season:
past it (policy) its recoverability halves again and again. All numbers are priors, to be replaced by
measured risk where a model of finished cohorts exists.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.signals.frames import Flags, Floats, numbers, texts
from warehouse.policy import Policy

URGENCY_RISE = 0.2
DECIMALS = 6

STRENGTH: dict[str, tuple[float, float]] = {
    # code: (floor of urgency, recoverability)
    "safety_flag": (0.80, 1.00),
    "presumed_ghosted": (0.75, 0.60),
    "suspected_ghosting": (0.55, 0.90),
    "poor_fit": (0.55, 0.85),
    "never_started": (0.50, 0.85),
    "faded": (0.60, 0.35),
    "delivery_problem": (0.50, 0.80),
    "stalled": (0.40, 0.80),
    "probably_finished": (0.35, 0.70),
    "waiting": (0.30, 0.90),
    "low_score": (0.30, 0.70),
    "score_fell": (0.25, 0.80),
    "long_silence": (0.20, 0.90),
    "settling": (0.05, 0.50),
    "no_contact_feed": (0.05, 1.00),
}
"""Every other reason asks for nothing: 0."""

BLIND = ("no_contact_feed", "data_late")
"""States in which silence cannot be told from missing data."""


def urgency(codes: pd.Series[str], silence_days: Floats, silence_ratio: Floats, policy: Policy) -> Floats:
    """How pressing each reason is, 0-1: its floor plus the rise with silence; 0 for a calm reason.

    Needs the code of each reason and the silence of its pair. Without silence, or with silence that
    cannot be known, it stays at the floor.
    """
    floor = codes.map({code: numbers[0] for code, numbers in STRENGTH.items()}).to_numpy(dtype=np.float64)
    days, ratio = np.nan_to_num(silence_days), np.nan_to_num(silence_ratio)
    rise = 0.5 * days / (days + policy.cadence_default_days) + 0.5 * ratio / (ratio + 1)
    return np.nan_to_num(floor + URGENCY_RISE * rise)


def priorities(reasons: pd.DataFrame, facts: pd.DataFrame, policy: Policy) -> Floats:
    """The priority of each pair, 0-1, from its strongest reason.

    Needs `reasons` with `row`, the pair's place in `facts`, and there silence_days, silence_ratio, band,
    state. Zero for a pair that nobody needs to look at: only the bands watch and needs_check_in, and
    cohorts without any contact feed, are on the list.
    """
    row = reasons["row"].to_numpy(dtype=np.intp)
    is_blind = np.isin(texts(facts, "state"), BLIND)
    days, ratio = (
        np.where(is_blind, np.nan, numbers(facts, name))[row] for name in ("silence_days", "silence_ratio")
    )
    pressing = urgency(reasons["code"], days, ratio, policy)
    priority = np.zeros(len(facts))
    np.maximum.at(priority, row, pressing * recoverability(reasons["code"], days, policy))
    return np.where(_is_listed(facts), np.round(priority, DECIMALS), 0.0)


def recoverability(codes: pd.Series[str], silence_days: Floats, policy: Policy) -> Floats:
    """How much an act of the program can still change, 0-1, by reason and for how long it has held."""
    share = codes.map({code: strength[1] for code, strength in STRENGTH.items()}).to_numpy(dtype=np.float64)
    late_days = np.maximum(0.0, np.nan_to_num(silence_days) - policy.start_season_days)
    fading = np.where(codes == "never_started", 0.5 ** (late_days / policy.start_half_life_days), 1.0)
    still: Floats = np.nan_to_num(share * fading)
    return still


def _is_listed(facts: pd.DataFrame) -> Flags:
    is_looked_at = np.isin(texts(facts, "band"), ["watch", "needs_check_in"])
    return is_looked_at | np.isin(texts(facts, "state"), ["no_contact_feed"])
