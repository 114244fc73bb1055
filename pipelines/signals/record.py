"""The record of a backtest: what was said held against what followed, with intervals.

Everything is counted over pair-weeks whose window is closed. Intervals are percentiles of a bootstrap that
draws pairs, not weeks: the weeks of one pair are no independent news (evidence 3.3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logit

from pipelines.signals.backtest import METHODS, RATES, RULES
from pipelines.signals.frames import Flags, Floats, Instants
from pipelines.signals.group_record import GROUP_COLUMNS, by_group
from pipelines.signals.risk_model import ridge
from warehouse.policy import Policy

BUDGET = 0.05
"""Share of the pairs at risk that is looked at in a week."""

WIDER = {"precision_top_10": 0.1, "precision_top_20": 0.2}
"""Larger shares, to see how precision falls with them."""

IN_ATTENTION = "precision_attention"
"""Precision among the pairs that the managers can look at in a week."""

N_DRAWS, SEED = 200, 20240101
LEVELS = (2.5, 97.5)
N_BINS = 10
LEAD_STEP_DAYS = 5
ALWAYS_DAYS = 1 << 20
"""An alert about a silence stands until the two are in touch again."""
NEVER_SURE = 1e-6


@dataclass(frozen=True)
class Record:
    """The tables of mart.backtest, and of its bins, leads, weeks and groups (mart.backtest_bin ...)."""

    metric: pd.DataFrame
    bin: pd.DataFrame
    lead: pd.DataFrame
    week: pd.DataFrame
    group: pd.DataFrame


def record_of(
    said: pd.DataFrame,
    came_true: Flags,
    policy: Policy,
    exit_on: Instants | None = None,
    n_managers: int = 1,
    groups: pd.DataFrame | None = None,
) -> Record:
    """Judge what `backtest.play` said, row for row with whether the pair went silent, or left.

    Alerts are the top 5 % of each week that were not alerted since their last contact; yes/no rules alert all
    that fulfil them. Lead is the time from the first alert of a silence to its day
    `risk_horizon_min_days`, counted for silences that came true. Where `exit_on` is given the target is
    formal exit: an alert stands for `risk_exit_days`, and lead is the time from it to the exit. Each manager
    can look at `attention_budget` pairs a week: so many are first of each week. `groups` is
    feature.equity_pair: the record of `risk` by group of people; without it no group is told.
    """
    methods = [name for name in (*METHODS, "recency_rate") if said[name].notna().any()]
    told = _with_episodes(said, policy, exit_on)
    metrics, bins, leads, weeks = [], [], [], []
    by_groups = pd.DataFrame(columns=list(GROUP_COLUMNS))
    for method in methods:
        here = said[method].notna().to_numpy()
        case = _case(told[here], came_true[here], method, n_managers, policy)
        metrics.append(_metrics(case).assign(method=method))
        leads.append(_leads(case).assign(method=method))
        weeks.append(_weeks(case).assign(method=method))
        if method in RATES:
            bins.append(_bins(case).assign(method=method))
        if method == "risk" and groups is not None:
            said_of = case.rows.assign(rate=case.score)
            by_groups = by_group(said_of, case.is_alert, case.came_true, groups, policy)
    columns = ["method", "bin", "n", "predicted_rate", "observed_rate", "low", "high"]
    return Record(
        metric=pd.concat(metrics, ignore_index=True),
        bin=pd.concat(bins, ignore_index=True) if bins else pd.DataFrame(columns=columns),
        lead=pd.concat(leads, ignore_index=True),
        week=pd.concat(weeks, ignore_index=True),
        group=by_groups.assign(method="risk"),
    )


def _with_episodes(said: pd.DataFrame, policy: Policy, exit_on: Instants | None) -> pd.DataFrame:
    """With the episode an alert is given once in, for how many days it stands, and the day it is about."""
    if exit_on is None:
        due_on = said["last_contact_on"] + pd.Timedelta(days=policy.risk_horizon_min_days)
        episode = said.groupby(["pair_id", "last_contact_on"]).ngroup()
        return said.assign(episode=episode, stands_days=ALWAYS_DAYS, due_on=due_on)
    days = policy.risk_exit_days
    return said.assign(episode=pd.factorize(said["pair_id"])[0], stands_days=days, due_on=exit_on)


@dataclass(frozen=True)
class _Case:
    """One method: its scores, what followed, whom it would have alerted, and with what lead."""

    rows: pd.DataFrame
    method: str
    score: Floats
    came_true: Flags
    is_alert: Flags
    tops: Mapping[str, Flags]
    """Of each precision, the rows it is the precision of."""
    attention: int
    """How many pairs all managers together can look at in a week."""
    n_managers: int
    lead_days: Floats
    """Of the alert of each silence, or exit, that came true; NaN where none came in time."""
    lead_pair: NDArray[np.intp]
    pair: NDArray[np.intp]
    n_pairs: int


def _case(rows: pd.DataFrame, came_true: Flags, method: str, n_managers: int, policy: Policy) -> _Case:
    rows = rows.reset_index(drop=True)
    score = rows[method].to_numpy(dtype=np.float64)
    pair, ids = pd.factorize(rows["pair_id"])
    is_alert = _first_of_rule(rows, score) if method in RULES else _alerts(rows, score)
    lead = _lead_days(rows, is_alert, came_true)
    lead_pair = pd.Index(ids).get_indexer(lead["pair_id"])
    days = lead["lead_days"].to_numpy(dtype=np.float64)
    attention = policy.attention_budget * n_managers
    tops = _tops(rows, score, attention)
    return _Case(
        rows, method, score, came_true, is_alert, tops, attention, n_managers, days, lead_pair, pair, len(ids)
    )


def n_within(n_pairs: int) -> int:
    """How many of so many pairs the budget of a week reaches."""
    return int(np.ceil(BUDGET * n_pairs))


def _ranked(rows: pd.DataFrame, score: Floats) -> pd.DataFrame:
    """Rows week by week, the highest score first; ties by a fixed shuffle, so that no id is favoured."""
    shuffled = np.random.default_rng(SEED).random(len(rows))
    order = np.lexsort((shuffled, -score, rows["as_of"].to_numpy()))
    return pd.DataFrame({"row": order, "week": rows["as_of"].to_numpy()[order]})


def _tops(rows: pd.DataFrame, score: Floats, attention: int) -> dict[str, Flags]:
    """The top shares of each week, and what the managers can look at in it, alerted before or not."""
    ranked = _ranked(rows, score)
    weeks = ranked.groupby("week")["row"]
    n_before, size = weeks.cumcount().to_numpy(), weeks.transform("size").to_numpy()
    reach = {name: np.ceil(share * size) for name, share in {"precision_top": BUDGET, **WIDER}.items()}
    reach[IN_ATTENTION] = np.full(len(rows), attention)
    row, tops = ranked["row"].to_numpy(), {}
    for name, n_reached in reach.items():
        tops[name] = np.zeros(len(rows), dtype=np.bool_)
        tops[name][row[n_before < n_reached]] = True
    return tops


def _alerts(rows: pd.DataFrame, score: Floats) -> Flags:
    """The budget of each week, spent on the highest scores of which no alert stands in the same episode."""
    episode, stands = (rows[name].to_numpy() for name in ("episode", "stands_days"))
    day = rows["on_date"].to_numpy(dtype="datetime64[D]").astype(np.int64)
    free_from = np.full(episode.max() + 1 if len(episode) else 0, np.iinfo(np.int64).min)
    is_alert = np.zeros(len(rows), dtype=np.bool_)
    for _, week in _ranked(rows, score).groupby("week", sort=True):
        row = week["row"].to_numpy()
        new = row[free_from[episode[row]] <= day[row]][: n_within(len(row))]
        is_alert[new] = True
        free_from[episode[new]] = day[new] + stands[new]
    return is_alert


def _first_of_rule(rows: pd.DataFrame, score: Floats) -> Flags:
    """The first week in each silence in which a yes/no rule holds."""
    holds = np.flatnonzero(score > 0)
    first = rows.iloc[holds].sort_values("as_of").drop_duplicates(["pair_id", "last_contact_on"]).index
    is_alert = np.zeros(len(rows), dtype=np.bool_)
    is_alert[first] = True
    return is_alert


def _lead_days(rows: pd.DataFrame, is_alert: Flags, came_true: Flags) -> pd.DataFrame:
    """One row for each episode that came true: days from its alert to its day, NaN without one."""
    left = (rows["due_on"] - rows["on_date"]).dt.days.to_numpy(dtype=np.float64)
    frame = rows[["pair_id", "episode"]].assign(lead_days=np.where(is_alert & (left > 0), left, np.nan))
    return frame[came_true].groupby(["pair_id", "episode"])["lead_days"].max().reset_index()


def _metrics(case: _Case) -> pd.DataFrame:
    """Every metric with its interval; a metric a method has not is left out."""
    functions = _functions(case)
    ones = np.ones(case.n_pairs)
    draws = np.random.default_rng(SEED).multinomial(case.n_pairs, ones / case.n_pairs, N_DRAWS)
    rows = []
    for metric, function in functions.items():
        drawn = np.array([function(weights.astype(np.float64)) for weights in draws])
        drawn = drawn[np.isfinite(drawn)]
        low, high = np.percentile(drawn, LEVELS) if len(drawn) else (np.nan, np.nan)
        rows.append({"metric": metric, "value": function(ones), "low": low, "high": high})
    n_weeks = case.rows["as_of"].nunique()
    return pd.DataFrame(rows).assign(n_rows=len(case.rows), n_pairs=case.n_pairs, n_weeks=n_weeks)


def _functions(case: _Case) -> dict[str, Callable[[Floats], float]]:
    """Each metric as a function of how often each pair is counted."""
    curve = Curve(case.score, case.came_true)
    y, n_weeks = case.came_true.astype(np.float64), case.rows["as_of"].nunique()
    found: dict[str, Callable[[Floats], float]] = {
        "roc_auc": lambda w: curve.roc_auc(w[case.pair]),
        "average_precision": lambda w: curve.average_precision(w[case.pair]),
        **{name: _precision(case, y, is_top) for name, is_top in case.tops.items()},
        "recall_attention": _recall(case, case.tops[IN_ATTENTION]),
        "attention": lambda _w: float(case.attention),
        "alerts_per_week": lambda w: float(w[case.pair[case.is_alert]].sum() / n_weeks),
        "alerts_per_manager": lambda w: float(w[case.pair[case.is_alert]].sum() / n_weeks / case.n_managers),
        "alert_precision": lambda w: _mean(y[case.is_alert], w[case.pair[case.is_alert]]),
        "alerted_rate": lambda w: _mean(np.isfinite(case.lead_days).astype(float), w[case.lead_pair]),
        "median_lead_days": lambda w: _median(case.lead_days, w[case.lead_pair]),
    }
    if case.method in RATES:
        found["brier"] = lambda w: _mean((case.score - y) ** 2, w[case.pair])
        found["calibration_slope"] = lambda w: calibration_slope(case.score, case.came_true, w[case.pair])
    return found


def _precision(case: _Case, y: Floats, is_top: Flags) -> Callable[[Floats], float]:
    return lambda weight: _mean(y[is_top], weight[case.pair[is_top]])


def _recall(case: _Case, is_top: Flags) -> Callable[[Floats], float]:
    """Of the pair-weeks that came true, the share that was among the first."""
    found, pair = is_top[case.came_true].astype(np.float64), case.pair[case.came_true]
    return lambda weight: _mean(found, weight[pair])


@dataclass(frozen=True)
class Curve:
    """Scores in descending order with their ties, so that weighted areas are sums."""

    order: NDArray[np.intp]
    last: NDArray[np.intp]
    y: Floats

    def __init__(self, score: Floats, is_true: Flags) -> None:
        order = np.argsort(-score, kind="stable")
        ranked = score[order]
        object.__setattr__(self, "order", order)
        object.__setattr__(self, "last", np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)))
        object.__setattr__(self, "y", is_true[order].astype(np.float64))

    def average_precision(self, weight: Floats) -> float:
        """Sum (recall_k - recall_k-1) precision_k over distinct scores, as scikit-learn has it."""
        hits, seen = self._cumulated(weight)
        if hits[-1] <= 0:
            return float("nan")
        gain = np.diff(np.append(0.0, hits)) / hits[-1]
        return float((gain * hits / np.maximum(seen, 1e-12)).sum())

    def roc_auc(self, weight: Floats) -> float:
        """The area under the curve of true against false positives, by trapezoids."""
        hits, seen = self._cumulated(weight)
        false = seen - hits
        if hits[-1] <= 0 or false[-1] <= 0:
            return float("nan")
        return float(np.trapezoid(np.append(0.0, hits), np.append(0.0, false)) / hits[-1] / false[-1])

    def _cumulated(self, weight: Floats) -> tuple[Floats, Floats]:
        weight = weight[self.order]
        return np.cumsum(weight * self.y)[self.last], np.cumsum(weight)[self.last]


def calibration_slope(rate: Floats, is_true: Flags, weight: Floats | None = None) -> float:
    """The slope of a logistic regression of what happened on the log-odds said; below 1: too sure."""
    odds = logit(np.clip(rate, NEVER_SURE, 1 - NEVER_SURE))
    if is_true.all() or not is_true.any() or odds.std() == 0:
        return float("nan")
    design = np.column_stack([odds])
    return float(ridge(design, is_true, np.array([0.0, 1.0]), np.zeros(2), weight)[1])


def _mean(values: Floats, weight: Floats) -> float:
    total = weight.sum()
    return float((values * weight).sum() / total) if total > 0 else float("nan")


def _median(values: Floats, weight: Floats) -> float:
    """The weighted median of the values that are there."""
    is_there = np.isfinite(values) & (weight > 0)
    if not is_there.any():
        return float("nan")
    order = np.argsort(values[is_there])
    reached = np.cumsum(weight[is_there][order])
    return float(values[is_there][order][np.searchsorted(reached, reached[-1] / 2)])


def _bins(case: _Case) -> pd.DataFrame:
    """Reliability: pair-weeks in tenths of what was said, with Wilson intervals of what happened."""
    edges = np.unique(np.quantile(case.score, np.linspace(0, 1, N_BINS + 1)))
    place = np.clip(np.searchsorted(edges, case.score, side="right") - 1, 0, max(len(edges) - 2, 0))
    grouped = pd.DataFrame({"bin": place + 1, "said": case.score, "came": case.came_true}).groupby("bin")
    found = grouped.agg(
        n=("came", "size"), n_came=("came", "sum"), predicted_rate=("said", "mean")
    ).reset_index()
    low, high = wilson(found["n_came"].to_numpy(), found["n"].to_numpy())
    return found.assign(observed_rate=found["n_came"] / found["n"], low=low, high=high).drop(columns="n_came")


def wilson(n_true: Floats, n: Floats) -> tuple[Floats, Floats]:
    """The 95 % interval of a share (Wilson 1927)."""
    z = 1.959964
    share = n_true / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return middle - half, middle + half


def _leads(case: _Case) -> pd.DataFrame:
    """How many silences were alerted with how much lead, in steps of five days; NULL: never in time."""
    step = np.floor(case.lead_days / LEAD_STEP_DAYS) * LEAD_STEP_DAYS
    counted = pd.Series(step).value_counts(dropna=False).sort_index()
    return pd.DataFrame({"lead_days": counted.index.to_numpy(), "n_silences": counted.to_numpy()})


def _weeks(case: _Case) -> pd.DataFrame:
    """Week by week: pairs at risk, how many went silent, alerts, and how many of those."""
    frame = pd.DataFrame(
        {
            "on_date": case.rows["on_date"],
            "is_silent": case.came_true,
            "is_alert": case.is_alert,
            "is_right": case.is_alert & case.came_true,
        }
    )
    return (
        frame.groupby("on_date")
        .agg(
            n_pairs=("is_silent", "size"),
            n_silent=("is_silent", "sum"),
            n_alerts=("is_alert", "sum"),
            n_right=("is_right", "sum"),
        )
        .reset_index()
    )
