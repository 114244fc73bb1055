"""Backtest: what every method would have said, week by week, had it run then.

Rolling origin: at each as-of instant a model may learn from windows that were closed by then, as they were
known then, and from nothing else; a window that reaches past its cohort's last contact is no window. What
the methods said is held against what followed in `record`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from pipelines.signals.frames import DAY, Flags, Floats, Instants
from pipelines.signals.renewal import alive_rate, fit_alive
from pipelines.signals.risk import AtRisk, Target, Windows, at_risk, exit_windows, still_there, windows
from pipelines.signals.risk_model import RiskModel, best_of, fit_recency
from warehouse.policy import Policy

RULE_DAYS = (14, 28, 30, 90)
"""Days of silence after which fixed rules raise the alarm."""

RULES = tuple(f"silent_{n_days}d" for n_days in RULE_DAYS)
METHODS = ("risk", "other_cohorts", "recency", "silence_ratio", "alive", "last_seen", *RULES)
"""`risk` is the model; `other_cohorts` the same, learnt from other cohorts only; the others are baselines."""

RATES = ("risk", "other_cohorts", "recency_rate")
"""Methods that say a probability."""

FOR_EVER = np.datetime64("9999-12-31")
"""Known at some time: by all that is known now."""

OnWeek = Callable[[int, int], None]


@dataclass(frozen=True)
class History:
    """All weeks side by side: who was at risk when, from what it is judged, and what followed.

    `activity`: feature.activity of every week with `as_of`, each as it was known then. `contacts`:
    feature.contact_known, and `testimony`: feature.testimony, by all that is known now. The windows are of
    one target.
    """

    activity: pd.DataFrame
    contacts: pd.DataFrame
    testimony: pd.DataFrame
    at_risk: AtRisk
    windows: Windows

    @property
    def target(self) -> Target:
        """What the windows are about."""
        return self.windows.target

    def closed_by(self, as_of: np.datetime64, windows_: Windows | None = None) -> Flags:
        """Which rows have a window that was closed by then, in a cohort that outlived it by then."""
        week = self.activity[self.activity["as_of"].to_numpy(dtype="datetime64[us]") == as_of]
        ends = week.groupby("cohort_id", dropna=False)["cohort_last_contact_on"].max()
        found = windows_ or self.windows
        return _is_inside(self.at_risk.rows, ends, as_of, found) & ~found.is_open_to_doubt(as_of)

    def judged(self) -> Flags:
        """Which rows have a window closed by all that is known now; the last day is not over yet."""
        cohorts = self.activity.drop_duplicates("pair_id", keep="last").set_index("pair_id")["cohort_id"]
        on = self.contacts["contacted_on"].to_numpy(dtype="datetime64[D]")
        if not len(on):
            return np.zeros(len(self.at_risk.rows), dtype=np.bool_)
        of_cohort = cohorts.reindex(self.contacts["pair_id"]).to_numpy()
        ends = pd.Series(on, dtype="datetime64[s]").groupby(of_cohort, dropna=False).max()
        is_inside = _is_inside(self.at_risk.rows, ends - DAY, on.max(), self.windows)
        return is_inside & ~self.windows.is_open_to_doubt(FOR_EVER)


def history_of(
    activity: pd.DataFrame, contacts: pd.DataFrame, testimony: pd.DataFrame, policy: Policy
) -> History:
    """The weeks of feature.activity (with `as_of`) and what followed, ready to learn from and to judge."""
    found = at_risk(activity, policy)
    followed = windows(found.rows, contacts, testimony=testimony)
    return History(activity, contacts, testimony, found, followed)


def exit_history_of(
    activity: pd.DataFrame, contacts: pd.DataFrame, exits: pd.DataFrame, policy: Policy
) -> History:
    """The same for formal exit, of the pairs that had not ended yet; `exits` is feature.exit_known."""
    found = still_there(at_risk(activity, policy), exits)
    return History(activity, contacts, pd.DataFrame(), found, exit_windows(found.rows, exits, policy))


def _is_inside(rows: pd.DataFrame, ends: pd.Series[pd.Timestamp], as_of: np.datetime64, w: Windows) -> Flags:
    last = pd.to_datetime(ends.reindex(rows["cohort_id"])).to_numpy(dtype="datetime64[D]")
    inside: Flags = (w.closes_on <= last) & (w.closes_on <= as_of.astype("datetime64[D]"))
    return inside


def play(
    history: History,
    weeks: Instants,
    policy: Policy,
    carried: RiskModel | None = None,
    on_week: OnWeek = lambda _n, _of: None,
) -> pd.DataFrame:
    """What each method would have said of each pair at risk in the weeks: one row per pair and week.

    Returns pair_id, cohort_id, as_of, on_date, last_contact_on, basis (of `risk`), n_closed (windows closed
    by then), the METHODS as scores (the higher, the likelier silence; NaN where a method cannot say) and
    recency_rate, the calibrated probability of recency.
    """
    as_of = history.at_risk.rows["as_of"].to_numpy(dtype="datetime64[us]")
    said = []
    for n, week in enumerate(weeks):
        on_week(n, len(weeks))
        now = np.flatnonzero(as_of == week)
        if len(now):
            said.append(_week(history, week, now, policy, carried))
    return (
        pd.concat(said, ignore_index=True) if said else pd.DataFrame(columns=["pair_id", "as_of", *METHODS])
    )


def _week(
    history: History, week: np.datetime64, now: NDArray[np.intp], policy: Policy, carried: RiskModel | None
) -> pd.DataFrame:
    rows, inputs = history.at_risk.rows.iloc[now], history.at_risk.inputs.iloc[now]
    closed = history.closed_by(week)
    known, came_true = history.at_risk.inputs[closed], history.windows.came_true(week)[closed]
    least = (policy.risk_least_windows, policy.risk_least_outcomes)
    model = best_of(known, came_true, carried, least)
    silence = rows["silence_days"].to_numpy(dtype=np.float64)
    recency_rate = np.full(len(rows), np.nan)
    if len(came_true) and came_true.any() and not came_true.all():
        recency_rate = fit_recency(known, came_true).rate(inputs)
    said = rows[["pair_id", "cohort_id", "as_of", "on_date", "last_contact_on", "horizon_days"]].assign(
        basis="prior" if model is None else model.basis,
        n_closed=int(closed.sum()),
        is_learnt=len(came_true) >= least[0] and min(came_true.sum(), (~came_true).sum()) >= least[1],
        risk=_silence_rate(silence) if model is None else model.rate(inputs),
        other_cohorts=_from_other_cohorts(history, rows, inputs, closed, week, least),
        recency=silence,
        recency_rate=recency_rate,
        silence_ratio=silence / rows["gap_median"].to_numpy(dtype=np.float64),
        alive=_alive(history.activity, week, rows),
        last_seen=rows["unseen_days"].to_numpy(dtype=np.float64, na_value=np.nan),
        row=now,
    )
    for n_days, rule in zip(RULE_DAYS, RULES, strict=True):
        said[rule] = (silence >= n_days).astype(np.float64)
    return said


def _silence_rate(silence_days: Floats) -> Floats:
    """A rank before anything is known: the longer the silence, the higher."""
    rate: Floats = expit(np.log1p(silence_days) - np.log1p(30.0))
    return rate


def _from_other_cohorts(
    history: History,
    rows: pd.DataFrame,
    inputs: pd.DataFrame,
    closed: Flags,
    week: np.datetime64,
    least: tuple[int, int],
) -> Floats:
    """The model of each cohort learnt from other cohorts alone; NaN where these do not suffice."""
    said = np.full(len(rows), np.nan)
    cohort, of_all = rows["cohort_id"].to_numpy(), history.at_risk.rows["cohort_id"].to_numpy()
    if len(pd.unique(of_all)) < 2:
        return said
    came_true = history.windows.came_true(week)
    for one in pd.unique(cohort):
        others = closed & (of_all != one)
        here = cohort == one
        n_each = min(came_true[others].sum(), (~came_true[others]).sum())
        if others.sum() >= least[0] and n_each >= least[1]:
            model = best_of(history.at_risk.inputs[others], came_true[others], None, least)
            if model is not None:
                said[here] = model.rate(inputs[here])
    return said


def _alive(activity: pd.DataFrame, week: np.datetime64, rows: pd.DataFrame) -> Floats:
    """One minus BG/NBD's probability of being alive, fitted on every pair with a contact by then."""
    now = activity[activity["as_of"].to_numpy(dtype="datetime64[us]") == week]
    now = now[now["n_contact_days"] > 0].set_index("pair_id")
    n, age = (now[name].to_numpy(dtype=np.float64) for name in ("n_contact_days", "known_days"))
    last = age - now["silence_days"].to_numpy(dtype=np.float64)
    parameters = fit_alive(n - 1, last, age)
    gone = pd.Series(1 - alive_rate(parameters, n - 1, last, age), index=now.index)
    of_rows: Floats = np.asarray(gone.reindex(rows["pair_id"]), dtype=np.float64)
    return of_rows
