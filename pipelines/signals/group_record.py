"""Is a backtest's record as good for every group of people? Alerts, what followed, and what was said.

Groups are those that `equity` compares, told by the same rules of disclosure, number by number; none of them
is an input of a risk. Of each group that may be told of:

    alert_rate       pair-weeks in which it would have been alerted, of all its pair-weeks at risk
    alert_precision  alerts after which it came true, of its alerts
    observed_rate    pair-weeks after which it came true, of all its pair-weeks at risk
    predicted_rate   the mean probability said of them; where risk is calibrated for a group it lies within
                     the interval of observed_rate

Intervals are those of `equity`: of ratios over pairs, since the weeks of one pair resemble each other.
"""

from __future__ import annotations

import pandas as pd

from pipelines.signals.equity import FIELDS, equity
from pipelines.signals.frames import Flags
from pipelines.signals.measures import DECIMALS
from warehouse.policy import Policy

GROUP_COLUMNS = ("field", "group_value", "metric", "n", "n_pairs", "value", "low", "high")
WHOLE_HOME = "home"
"""A record is of all pairs of a home together."""


def by_group(
    said: pd.DataFrame, is_alert: Flags, came_true: Flags, groups: pd.DataFrame, policy: Policy
) -> pd.DataFrame:
    """The record of a probability by group: GROUP_COLUMNS, in the order of field and group.

    Needs one row per pair-week with pair_id and `rate`, row for row whether it was alerted and came true, and
    feature.equity_pair; pairs that are in no group of it are left out.
    """
    weeks = said[["pair_id", "rate"]].assign(is_alert=is_alert, came_true=came_true)
    weeks = weeks.merge(groups.drop(columns="program_id"), on="pair_id")
    if weeks.empty:
        return pd.DataFrame(columns=list(GROUP_COLUMNS))
    units = pd.concat(
        [
            _units(weeks, "alert_rate", "is_alert"),
            _units(weeks[weeks["is_alert"]], "alert_precision", "came_true"),
            _units(weeks, "observed_rate", "came_true"),
        ]
    )
    told = equity(units, policy).value.rename(columns={"kpi": "metric"})
    found = pd.concat([told, _predicted(weeks, told)], ignore_index=True)
    return found.sort_values(["field", "group_value", "metric"], ignore_index=True)[list(GROUP_COLUMNS)]


def _units(weeks: pd.DataFrame, metric: str, is_reached: str) -> pd.DataFrame:
    """How many pair-weeks of each pair were reached, and how many not."""
    keys = ["pair_id", "mentee_id", "mentor_id", *FIELDS, is_reached]
    counted = weeks.groupby(keys, dropna=False).size().rename("n_units").reset_index()
    counted = counted.rename(columns={is_reached: "is_reached"})
    return counted.assign(program_id=WHOLE_HOME, kpi=metric, thousandths=None)


def _predicted(weeks: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """The mean probability said of each group of which it is told how often it came true."""
    rates = [
        weeks.groupby(field)["rate"].mean().rename_axis("group_value").reset_index().assign(field=field)
        for field in FIELDS
    ]
    mean = pd.concat(rates).rename(columns={"rate": "mean"}).astype({"group_value": "str"})
    observed = told[told["metric"] == "observed_rate"].astype({"group_value": "str"})
    both = observed.merge(mean, on=["field", "group_value"])
    unknown = float("nan")
    return both.assign(metric="predicted_rate", value=both["mean"].round(DECIMALS), low=unknown, high=unknown)
