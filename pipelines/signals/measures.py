"""Numbers of groups with their intervals: from counts (feature.kpi_count) to what mart.kpi tells.

All intervals are of 95 %. Each kind of number has the interval that fits it:

    share        Wilson's score interval (E. B. Wilson, JASA 22 (1927) 209-212): right for small groups too
    mean         mean +- 1.96 standard errors, cut at 0 and 1, where all values lie
    median       the values at the places that chance allows it (W. J. Conover, Practical Nonparametric
    tenth        Statistics, 1999, 3.2), so it is a value somebody has; none where too few stand behind it
    per_hundred  exact for a Poisson count (F. Garwood, Biometrika 28 (1936) 437-442), per 100 pairs
    per_month    the same per 100 pair-months of 30.4375 days: `n` counts pair-days in, months out
    difference   of two shares: Newcombe's hybrid of two Wilson intervals (R. G. Newcombe, Statistics in
                 Medicine 17 (1998) 873-890, method 10), in points of 100
    curve        a point of the curve of natural ends, with the curve's own interval (`endings`)

Who may be told of is decided before, in feature.kpi_count by the rules of `disclosure`.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy import stats

from pipelines.signals.frames import Floats

Limits = tuple[Floats, Floats]

LEVEL = 0.95
Z = float(stats.norm.ppf((1 + LEVEL) / 2))
DAYS_PER_MONTH = 30.4375
DECIMALS = 6
AT_TERM = "natural_at_term"
KPI_COLUMNS = (
    "program_id", "cohort_id", "kpi", "moment", "n", "n_pairs", "value", "low", "high", "worst_evidence",
)  # fmt: skip


def measures(counts: pd.DataFrame, terms: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """Every number of every group, KPI_COLUMNS, in the order of group, number and moment.

    `counts` is feature.kpi_count, `terms` feature.term and `curves` signal.ending_curve. The same rows in any
    order give the same bytes.
    """
    told = counts.assign(value=np.nan, low_limit=np.nan, high_limit=np.nan)
    for kind, rows in told.groupby("kind"):
        value, low, high = _of_kind(str(kind), rows)
        told.loc[rows.index, "value"] = value
        told.loc[rows.index, "low_limit"], told.loc[rows.index, "high_limit"] = low, high
    is_of_days = told["kind"] == "per_month"
    told["n"] = told["n"].where(~is_of_days, (told["n"] / DAYS_PER_MONTH).round().clip(lower=1))
    told = told.drop(columns=["low", "high"]).rename(columns={"low_limit": "low", "high_limit": "high"})
    whole = pd.concat([told[list(KPI_COLUMNS)], natural_at_term(terms, curves)], ignore_index=True)
    for column in ("value", "low", "high"):
        whole[column] = whole[column].round(DECIMALS)
    return whole.sort_values(
        ["program_id", "cohort_id", "kpi", "moment"], na_position="first", ignore_index=True
    )


def wilson(reached: Floats, n: Floats) -> Limits:
    """The limits of a share."""
    p, z2_n = reached / n, Z**2 / n
    middle, half = p + z2_n / 2, Z * np.sqrt(p * (1 - p) / n + z2_n / n / 4)
    return np.maximum(0, (middle - half) / (1 + z2_n)), np.minimum(1, (middle + half) / (1 + z2_n))


def poisson(acts: Floats) -> Limits:
    """The exact limits of how many acts there would be in the long run, given how many there were."""
    tail = (1 - LEVEL) / 2
    low = np.where(acts > 0, stats.chi2.ppf(tail, 2 * np.maximum(acts, 1)) / 2, 0)
    return low, stats.chi2.ppf(1 - tail, 2 * (acts + 1)) / 2


def newcombe(reached: Floats, n: Floats, others_reached: Floats, n_others: Floats) -> Limits:
    """The limits of the difference of two shares, the first minus the other."""
    p, q = reached / n, others_reached / n_others
    (low, high), (others_low, others_high) = wilson(reached, n), wilson(others_reached, n_others)
    below = np.sqrt((p - low) ** 2 + (others_high - q) ** 2)
    above = np.sqrt((high - p) ** 2 + (q - others_low) ** 2)
    return p - q - below, p - q + above


def natural_at_term(terms: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """The share that has come to a natural end by the planned term, where pairs were observed that long."""
    rows = []
    for term in terms.to_dict("records"):
        is_own = curves["program_id"] == term["program_id"]
        cohort = "" if pd.isna(term["cohort_id"]) else term["cohort_id"]
        is_own &= curves["cohort_id"].fillna("") == cohort
        natural = curves[is_own & (curves["curve"] == "natural")].sort_values("day")
        by_then = natural[natural["day"] <= term["term_days"]]
        if by_then.empty or natural["day"].max() < math.floor(term["term_days"]):
            continue
        point = by_then.iloc[-1]
        named = {"program_id": term["program_id"], "cohort_id": term["cohort_id"], "kpi": AT_TERM}
        size = {"moment": "now", "n": term["n_pairs"], "n_pairs": term["n_pairs"], "worst_evidence": None}
        rows.append(named | size | {"value": point["rate"], "low": point["low"], "high": point["high"]})
    return pd.DataFrame(rows, columns=list(KPI_COLUMNS))


def _of_kind(kind: str, rows: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    """Value and limits of numbers of one kind."""

    def column(name: str) -> Floats:
        return pd.to_numeric(rows[name]).to_numpy(dtype=np.float64, na_value=np.nan)

    n, reached, acts = column("n"), column("n_reached"), column("n_acts")
    if kind == "share":
        return reached / n, *wilson(reached, n)
    if kind in ("median", "tenth"):
        return column("middle") / 1000, column("low") / 1000, column("high") / 1000
    if kind == "mean":
        mean = column("total") / n / 1000
        spread = np.sqrt(np.maximum(0, column("squares") / n / 1e6 - mean**2) / n)
        return mean, np.maximum(0, mean - Z * spread), np.minimum(1, mean + Z * spread)
    if kind in ("per_hundred", "per_month"):
        units = n / DAYS_PER_MONTH if kind == "per_month" else n
        low, high = poisson(acts)
        return 100 * acts / units, 100 * low / units, 100 * high / units
    if kind == "difference":
        return _difference(n, reached, column("total") / 1000, column("total_reached") / 1000)
    raise ValueError(f"ref.kpi has a kind without an interval: {kind}")


def _difference(
    n: Floats, reached: Floats, treated: Floats, treated_reached: Floats
) -> tuple[Floats, Floats, Floats]:
    """Of those with an amount of one minus those with none, in points of 100; nothing where one is empty."""
    others, others_reached = n - treated, reached - treated_reached
    is_both = (treated > 0) & (others > 0)
    parts = (
        treated_reached,
        np.where(is_both, treated, np.nan),
        others_reached,
        np.where(is_both, others, np.nan),
    )
    low, high = newcombe(*parts)
    return 100 * (parts[0] / parts[1] - parts[2] / parts[3]), 100 * low, 100 * high
