"""Are groups of people served alike? Each field's groups, their largest gap, and whether chance explains it.

Needs feature.equity_unit: one row per number, pair and whether it was reached, with the fields that pairs
are grouped by. Only groups that `disclosure` lets be told are compared; a field with fewer than two of them
has "too few pairs to tell". No field here is an input of a risk.

    one unit a pair     share with Wilson's interval; gap with Newcombe's; p by Fisher's exact test
    several a pair      ratio estimator over pairs (W. G. Cochran, Sampling Techniques, 1977, 6.3), since the
                        asks and windows of one pair resemble each other; t interval and test
    health              mean over pairs; Welch's interval and test

The largest gap lies between the lowest and the highest group. It is looked at because it is the largest, so
its p is multiplied by the number of ways to choose two groups (Bonferroni). All p of a program are then
adjusted together by Benjamini and Hochberg (JRSS B 57 (1995) 289-300, scipy.stats.false_discovery_control):
of the gaps called more than chance, at most one in twenty is expected to be none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from pipelines.signals.disclosure import ALL, cells
from pipelines.signals.measures import DECIMALS, LEVEL, Z, newcombe, wilson
from warehouse.policy import Policy

FIELDS = ("mentee_country", "mentor_country", "borders", "direction", "form", "modality")
MEANS = ("health",)
"""Numbers that are amounts, not shares; in points."""
VALUE_COLUMNS = (
    "program_id", "field", "group_value", "kpi", "n", "n_pairs", "value", "low", "high",
)  # fmt: skip
GAP_COLUMNS = (
    "program_id", "field", "kpi", "n_groups", "n_hidden", "lowest_group", "highest_group", "lowest",
    "highest", "gap", "gap_low", "gap_high", "p_value", "p_adjusted", "verdict",
)  # fmt: skip
NUMBERS = (
    "value", "low", "high", "lowest", "highest", "gap", "gap_low", "gap_high", "p_value", "p_adjusted",
)  # fmt: skip
CHANCE = 0.05


@dataclass(frozen=True)
class Equity:
    """`value`: VALUE_COLUMNS, one row per told group. `gap`: GAP_COLUMNS, one row per field and number."""

    value: pd.DataFrame
    gap: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Estimate:
    """A group's number with its standard error over pairs; of single units `reached` of `n`."""

    group: str
    n: int
    n_pairs: int
    reached: int
    value: float
    error: float
    is_share: bool = True
    is_single: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """The highest minus the lowest, its limits, and the p of there being none."""

    size: float
    low: float
    high: float
    p_value: float


def equity(units: pd.DataFrame, policy: Policy) -> Equity:
    """Every field and number of every program; rows in any order give the same bytes."""
    units = _numbered(units.sort_values(["program_id", "kpi", "pair_id", "is_reached"], ignore_index=True))
    values: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []
    for (program_id, kpi), rows in units.groupby(["program_id", "kpi"], sort=True, observed=True):
        for field in FIELDS:
            told, n_hidden = _told(rows, field, str(kpi), policy)
            named = {"program_id": program_id, "field": field, "kpi": kpi}
            values += [named | _value(each) for each in told]
            gaps.append(named | {"n_groups": len(told), "n_hidden": n_hidden} | _gap(told))
    return Equity(
        _framed(values, VALUE_COLUMNS),
        _adjusted(_framed(gaps, GAP_COLUMNS)),
    )


def _numbered(units: pd.DataFrame) -> pd.DataFrame:
    """Pairs and people as numbers, in the order of their names: they are only told apart, many times over."""
    people = pd.Index(pd.concat([units["mentee_id"], units["mentor_id"]]).dropna().unique())
    numbers = {name: people.get_indexer(units[name]) for name in ("mentee_id", "mentor_id")}
    numbered = {name: pd.Series(places).where(units[name].notna()) for name, places in numbers.items()}
    return units.assign(pair_id=pd.factorize(units["pair_id"], sort=True)[0], **numbered)


def gap_between(lowest: Estimate, highest: Estimate) -> Gap:
    """The gap between two groups with its interval and p."""
    size = highest.value - lowest.value
    if lowest.is_single and highest.is_single:
        counts = [np.array([float(n)]) for n in (highest.reached, highest.n, lowest.reached, lowest.n)]
        low, high = newcombe(*counts)
        table = [[each.reached, each.n - each.reached] for each in (highest, lowest)]
        return Gap(size, float(low[0]), float(high[0]), float(stats.fisher_exact(table).pvalue))
    error = math.hypot(lowest.error, highest.error)
    if error == 0:
        return Gap(size, size, size, 1.0 if size == 0 else 0.0)
    freedom = error**4 / sum(e.error**4 / (e.n_pairs - 1) for e in (lowest, highest))
    half = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * error
    return Gap(size, size - half, size + half, float(2 * stats.t.sf(size / error, freedom)))


def _told(rows: pd.DataFrame, field: str, kpi: str, policy: Policy) -> tuple[list[Estimate], int]:
    """The estimates of the groups that may be told of, and how many may not."""
    flag = None if kpi in MEANS else "is_reached"
    table = cells(rows, [field], policy.small_group, flag)
    parts = table[table[field] != ALL]
    shown = set(parts.loc[~parts["is_hidden"], field])
    groups = rows.groupby(field, sort=True, observed=True)
    told = [_estimate(str(group), part, kpi) for group, part in groups if group in shown]
    return told, len(parts) - len(shown)


def _estimate(group: str, rows: pd.DataFrame, kpi: str) -> Estimate:
    """A group's number over its pairs."""
    if kpi in MEANS:
        amounts = rows.groupby("pair_id")["thousandths"].sum().to_numpy(dtype=np.float64) / 1000
        error = float(amounts.std(ddof=1) / math.sqrt(len(amounts)))
        return Estimate(group, len(amounts), len(amounts), 0, float(amounts.mean()), error, is_share=False)
    pair, units = rows["pair_id"].to_numpy(), rows["n_units"].to_numpy(dtype=np.float64)
    of_pair = (
        np.bincount(pair, weights=w) for w in (units, units * rows["is_reached"].to_numpy(dtype=np.bool_))
    )
    sums = np.column_stack([*of_pair])[np.bincount(pair) > 0]
    n, reached = sums.sum(axis=0)
    m, share = len(sums), float(reached / n)
    rest = sums[:, 1] - share * sums[:, 0]
    error = math.sqrt(float((rest**2).sum()) * m / (m - 1)) / float(n)
    is_single = bool((sums[:, 0] == 1).all())
    return Estimate(group, int(n), m, int(reached), share, error, is_single=is_single)


def _value(estimate: Estimate) -> dict[str, Any]:
    """The row of one group."""
    if estimate.is_single:
        low, high = (float(x[0]) for x in wilson(np.array([estimate.reached]), np.array([estimate.n])))
    else:
        half, top = Z * estimate.error, 1.0 if estimate.is_share else math.inf
        low, high = max(0.0, estimate.value - half), min(top, estimate.value + half)
    return {
        "group_value": estimate.group, "n": estimate.n, "n_pairs": estimate.n_pairs,
        "value": estimate.value, "low": low, "high": high,
    }  # fmt: skip


def _gap(told: list[Estimate]) -> dict[str, Any]:
    """The row of a field and number, before all p are adjusted."""
    if len(told) < 2:
        return {"verdict": "too_few"}
    lowest, highest = min(told, key=_by_value), max(told, key=_by_value)
    gap = gap_between(lowest, highest)
    return {
        "lowest_group": lowest.group, "highest_group": highest.group, "lowest": lowest.value,
        "highest": highest.value, "gap": gap.size, "gap_low": gap.low, "gap_high": gap.high,
        "p_value": min(1.0, gap.p_value * math.comb(len(told), 2)),
    }  # fmt: skip


def _by_value(estimate: Estimate) -> tuple[float, str]:
    return estimate.value, estimate.group


def _adjusted(gaps: pd.DataFrame) -> pd.DataFrame:
    """With the p of each program adjusted for one another, and what they amount to."""
    for _program, rows in gaps[gaps["p_value"].notna()].groupby("program_id"):
        adjusted = stats.false_discovery_control(rows["p_value"].astype(float), method="bh")
        gaps.loc[rows.index, "p_adjusted"] = np.round(adjusted, DECIMALS)
        gaps.loc[rows.index, "verdict"] = np.where(adjusted < CHANCE, "gap", "chance")
    return gaps


def _framed(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(columns))
    numbers = [name for name in columns if name in NUMBERS]
    frame[numbers] = frame[numbers].astype(float).round(DECIMALS)
    return frame
