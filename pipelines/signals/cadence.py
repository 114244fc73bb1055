"""Cadence and silence: how long a gap is usual for this pair, and how long the present one is.

A pair that meets every two months is not late after a month; a weekly pair is. So silence is measured
in the pair's own usual gap (tau), learnt from its last gaps and held near the agreed cadence while they
are few. Every number is rounded where it is made: what decides is what is shown.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from pipelines.signals.frames import (
    DAY,
    N_GAPS,
    AsOf,
    Columns,
    Flags,
    Floats,
    days,
    either,
    flags,
    moment,
    numbers,
)
from warehouse.policy import Policy

DECIMALS = 6
RHYTHM = ("agreed_days", "tau_days", "sigma", "silence_ratio", "is_session_near")
"""The columns of `cadence` that a score is made of, in this world or others."""


def cadence(pairs: pd.DataFrame, as_of: AsOf, policy: Policy) -> pd.DataFrame:
    """The usual gap of each pair and how the present silence compares (definitions 6.2).

    Needs a checked frame. Returns, row for row: `agreed_days` (agreed cadence, else the program's
    default), `tau_days` (usual gap), `sigma` (spread of gaps, log scale), `silence_ratio` (silence in
    usual gaps, at most 1 while a session confirmed by both explains it), `surprise` (share of usual gaps
    that are shorter than this silence, 0-1) and `is_session_near`. The last three need an acceptance and
    are NaN, NaN, False without.
    """
    agreed_days = np.where(
        np.isnan(numbers(pairs, "cadence_days")), policy.cadence_default_days, numbers(pairs, "cadence_days")
    )
    gaps = gaps_from(pairs, 1, policy)
    tau_days, sigma = usual_gap(agreed_days, gaps, policy)
    silence_days = numbers(pairs, "silence_days")
    ratio = silence_days / tau_days
    is_session_near = _is_session_near(pairs, as_of, tau_days, policy)
    capped = np.where(is_session_near, np.minimum(ratio, 1.0), ratio)
    with np.errstate(divide="ignore"):  # no silence at all is longer than nothing: log 0 is right
        surprise = ndtr((np.log(silence_days) - np.log(tau_days)) / sigma)
    return pd.DataFrame(
        {
            "agreed_days": agreed_days,
            "tau_days": tau_days,
            "sigma": sigma,
            "silence_ratio": np.round(capped, DECIMALS),
            "surprise": np.round(surprise, DECIMALS),
            "is_session_near": is_session_near,
        }
    )


def cadence_worlds(
    pairs: Columns, rhythm: Columns, normal: Floats, policy: Policy
) -> dict[str, NDArray[Any]]:
    """The rhythm of pairs, worlds x pairs, where usual gaps are off by so many standard errors (`normal`).

    log tau is known to sigma / sqrt(w + n). A silence that a near session explains stays explained.
    """
    n = policy.cadence_prior_weight + np.sum(~np.isnan(gaps_from(pairs, 1, policy)), axis=1)
    off = np.exp(numbers(rhythm, "sigma") / np.sqrt(n) * normal)
    ratio = numbers(rhythm, "silence_ratio") / off
    return {
        "agreed_days": numbers(rhythm, "agreed_days"),
        "tau_days": numbers(rhythm, "tau_days") * off,
        "silence_ratio": np.where(flags(rhythm, "is_session_near"), np.minimum(ratio, 1.0), ratio),
    }


def gaps_from(pairs: Columns, newest: int, policy: Policy) -> Floats:
    """The completed gaps, newest first, from the `newest`-th on: one row per pair, NaN where none."""
    last = min(N_GAPS, newest - 1 + policy.cadence_gaps)
    return np.column_stack([numbers(pairs, f"gap_{k}") for k in range(newest, last + 1)])


def usual_gap(agreed_days: Floats, gaps: Floats, policy: Policy) -> tuple[Floats, Floats]:
    """Tau and sigma of definitions 6.2.

    log tau = (w log tau0 + sum log g) / (w + n), clipped to the policy's range;
    sigma^2 = (w spread^2 + sum (log g - log tau)^2) / (w + n), with the clipped tau.
    """
    weight = policy.cadence_prior_weight
    n = weight + np.sum(~np.isnan(gaps), axis=1)
    log_tau = (weight * np.log(agreed_days) + np.nansum(np.log(gaps), axis=1)) / n
    tau_days = np.round(np.clip(np.exp(log_tau), policy.cadence_min_days, policy.cadence_max_days), DECIMALS)
    squares = np.nansum((np.log(gaps) - np.log(tau_days)[:, np.newaxis]) ** 2, axis=1)
    sigma = np.sqrt((weight * policy.cadence_prior_spread**2 + squares) / n)
    return tau_days, np.round(sigma, DECIMALS)


def is_away(pairs: pd.DataFrame) -> Flags:
    """Whether a side is on leave at the as-of instant: then nobody is late."""
    return either(pairs, "is_{}_on_leave")


def _is_session_near(pairs: pd.DataFrame, as_of: AsOf, tau_days: Floats, policy: Policy) -> Flags:
    """Whether a session confirmed by both lies ahead, within the policy's number of usual gaps, by dates."""
    ahead_days = (days(pairs, "next_session_at") - moment(as_of).astype("datetime64[D]")) / DAY
    return np.asarray((ahead_days >= 0) & (ahead_days <= policy.capped_by_session_ratio * tau_days))
