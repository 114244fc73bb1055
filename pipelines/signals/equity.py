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
from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from pipelines.signals.disclosure import (
    ALL,
    NOT_STATED,
    READ,
    Places,
    Size,
    are_enough,
    cross_table,
    is_unanimous,
    shield,
    sizes_of,
    stated,
)
from pipelines.signals.frames import Floats
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
class Number:
    """What one number is of: pairs by their places, and of each its units and how many were reached.

    Of a mean the thousandths of a pair stand in place of what was reached.
    """

    members: Places
    n: Floats
    amount: Floats
    is_share: bool

    def is_alike(self, rows: Places) -> bool:
        """Whether all of some pairs reached it, or none."""
        return self.is_share and is_unanimous(int(self.amount[rows].sum()), int(self.n[rows].sum()))


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
    pair, _ids = pd.factorize(units["pair_id"], sort=True)
    members = _members(units, pair)
    size_at = sizes_of(members)
    named = {field: stated(members[field]) for field in FIELDS}
    amounts = units[["is_reached", "n_units", "thousandths"]]
    values: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []
    by_number: Any = units.groupby(["program_id", "kpi"], observed=True).indices
    for (program_id, kpi), rows in sorted(by_number.items(), key=itemgetter(0)):
        number = _number(amounts.iloc[rows], pair[rows], kpi)
        for field in FIELDS:
            told, n_hidden = _told(number, named[field], size_at, policy.small_group)
            of = {"program_id": program_id, "field": field, "kpi": kpi}
            values += [of | _value(each) for each in told]
            gaps.append(of | {"n_groups": len(told), "n_hidden": n_hidden} | _gap(told))
    return Equity(
        _framed(values, VALUE_COLUMNS),
        _adjusted(_framed(gaps, GAP_COLUMNS)),
    )


def _members(units: pd.DataFrame, pair: Places) -> pd.DataFrame:
    """Each pair once, in the order of their numbers: who it is of, and the groups it is in."""
    a_row_of = np.empty(pair.max(initial=-1) + 1, dtype=np.intp)
    a_row_of[pair] = np.arange(len(pair))
    return units[[*READ, *FIELDS]].iloc[a_row_of].reset_index(drop=True)


def _number(units: pd.DataFrame, pair: Places, kpi: str) -> Number:
    """A number of one program, pair by pair; `pair` numbers that of each row."""
    n_units = units["n_units"].to_numpy(dtype=np.float64)
    if kpi in MEANS:
        amounts = units["thousandths"].to_numpy(dtype=np.float64)
    else:
        amounts = n_units * units["is_reached"].to_numpy(dtype=np.bool_)
    members = np.flatnonzero(np.bincount(pair))
    n, amount = (np.bincount(pair, weights=each)[members].astype(np.float64) for each in (n_units, amounts))
    return Number(members, n, amount, is_share=kpi not in MEANS)


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


def _told(
    number: Number, named: pd.Series, size_at: Callable[[Places], Size], k: int
) -> tuple[list[Estimate], int]:
    """The estimates of the groups that may be told of, and how many may not."""

    def is_tellable(rows: Places) -> bool:
        return not number.is_alike(rows) and are_enough(number.members[rows], size_at, k)

    field = str(named.name)
    table, rows_of = cross_table(named.iloc[number.members].to_frame(), [field])
    counts = np.array([len(rows) for rows in rows_of], dtype=np.float64)
    _primary, hidden = shield(table, rows_of, [field], counts, k, is_tellable)
    parts = table[field] != ALL
    shown = np.flatnonzero(parts & ~hidden)
    told = [(str(table[field].iloc[cell]), rows_of[cell]) for cell in shown]
    estimates = [_estimate(number, group, rows) for group, rows in told if group != NOT_STATED]
    return estimates, int(parts.sum()) - len(shown)


def _estimate(number: Number, group: str, rows: Places) -> Estimate:
    """A group's number over its pairs."""
    n, amounts, m = number.n[rows], number.amount[rows], len(rows)
    if not number.is_share:
        points = amounts / 1000
        error = float(points.std(ddof=1) / math.sqrt(m))
        return Estimate(group, m, m, 0, float(points.mean()), error, is_share=False)
    n_all, reached = float(n.sum()), float(amounts.sum())
    share = reached / n_all
    rest = amounts - share * n
    error = math.sqrt(float((rest**2).sum()) * m / (m - 1)) / n_all
    return Estimate(group, int(n_all), m, int(reached), share, error, is_single=bool((n == 1).all()))


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
