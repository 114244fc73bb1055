"""Risk: which pairs it is estimated for, from what, and when it has come true.

A pair is at risk while it is alive by its own rhythm: enough dates of contact, and a silence not longer
than its horizon = clip(4 x own median gap, 30, 90) days. There are two targets, judged apart and never mixed:
`silence`, no mutual contact follows within that horizon, and `exit`, somebody leaves formally within
`risk_exit_days`. Inputs are what `feature.activity` holds at one instant; who the people are is
not among them. Counts are on a log scale, and most are compared with the other pairs of the same day: a quiet
week of the whole program is nobody's risk (docs/method.md, docs/benchmarks/risk.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from pipelines.signals.frames import Flags, Floats, Instants
from warehouse.policy import Policy

Target = Literal["silence", "exit"]
SILENCE: Target = "silence"
EXIT: Target = "exit"

LONG_AGO = 200.0
"""Days that stand for 'never, or so long ago that it makes no difference'."""

OWN = "own"
HORIZONS: dict[str, int | None] = {OWN: None, "30d": 30, "60d": 60}
"""The windows that are predicted: the pair's own horizon, and two fixed ones for the screens."""

ABSOLUTE = ("silence", "horizon", "cohort_pulse", "contacts_28d", "contacts_7d", "rate", "gap_mean")
"""Inputs that are used as they are."""

RELATIVE = (
    "silence_ratio", "contacts", "age", "gap_median", "gap_mean", "gap_max", "gap_last", "contacts_7d",
    "contacts_14d", "contacts_28d", "contacts_56d", "trend", "rate", "mentee_silence", "mentee_touches_28d",
    "mentee_touches", "mentee_away", "mentee_acts_28d", "mentor_silence", "mentor_touches_28d",
    "mentor_touches", "mentor_away", "mentor_acts_28d", "updates", "update_silence", "updates_behind",
    "missed", "pushes",
)  # fmt: skip
"""Inputs that are compared with the mean of the pairs at risk on the same day."""

INPUTS = (*ABSOLUTE, *(f"{name}_vs_others" for name in RELATIVE))
"""The names of all inputs of the model, in order."""

PRIOR_INPUTS = ("silence_in_gaps", "horizon_in_gaps")
"""The inputs of the shipped prior: how long silence and horizon are in the pair's usual gaps (log scale)."""


def prior_inputs(judged: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """PRIOR_INPUTS of pairs with `silence_days` and `tau_days`, for the shortest horizon."""
    silence_days, tau_days = _number(judged, "silence_days"), _number(judged, "tau_days")
    return pd.DataFrame(
        {
            "silence_in_gaps": np.log((silence_days + 1) / (tau_days + 1)),
            "horizon_in_gaps": np.log(policy.risk_horizon_min_days / tau_days),
        }
    )


@dataclass(frozen=True)
class AtRisk:
    """The pairs at risk, at one instant or many.

    `rows`: pair_id, cohort_id, as_of, on_date, silence_days, unseen_days, gap_median, horizon_days,
    last_contact_on.
    `inputs`: row for row, INPUTS.
    """

    rows: pd.DataFrame
    inputs: pd.DataFrame


def at_risk(activity: pd.DataFrame, policy: Policy) -> AtRisk:
    """The rows of `feature.activity` that are at risk, in the order of instant and pair, and their inputs.

    Needs the columns of feature.activity and `as_of`. The inputs of a row depend on rows of the same `as_of`
    alone, so that they are the same in one build and in a history of many.
    """
    frame = activity.assign(horizon_days=horizon_days(activity["gap_median"], policy))
    is_alive = (frame["n_contact_days"] >= policy.risk_contacts) & (
        frame["silence_days"] <= frame["horizon_days"]
    )
    frame = frame[is_alive].sort_values(["as_of", "pair_id"], ignore_index=True)
    plain = _plain(frame)
    of_the_day = plain.groupby(frame["as_of"].to_numpy())
    relative = plain[list(RELATIVE)] - of_the_day[list(RELATIVE)].transform("mean")
    inputs = pd.concat([plain[list(ABSOLUTE)], relative.add_suffix("_vs_others")], axis=1)
    kept = ["pair_id", "cohort_id", "as_of", "on_date", "silence_days", "unseen_days", "gap_median"]
    return AtRisk(frame[[*kept, "horizon_days", "last_contact_on"]], inputs[list(INPUTS)])


def horizon_days(gap_median: pd.Series[float], policy: Policy) -> Floats:
    """For how long a pair must be silent to have gone silent: clip(4 x own median gap, 30, 90) days."""
    days = policy.risk_horizon_gaps * gap_median.to_numpy(dtype=np.float64, na_value=np.nan)
    clipped: Floats = np.clip(days, policy.risk_horizon_min_days, policy.risk_horizon_max_days)
    return clipped


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """The inputs before they are compared with those of other pairs; logarithms of counts and days."""
    day = frame["as_of"].to_numpy()
    gap_mean = (_number(frame, "known_days") - _number(frame, "silence_days")) / (
        _number(frame, "n_contact_days") - 1
    )
    recent, before = _number(frame, "n_contacts_14d"), _number(frame, "n_contacts_56d")
    n_updates = frame["n_updates"].astype(float)
    mean_updates = n_updates.groupby([frame["cohort_id"].to_numpy(), day], dropna=False).transform("mean")
    plain = {
        "silence": _log(frame, "silence_days"),
        "horizon": np.log(_number(frame, "horizon_days") / 30),
        "cohort_pulse": np.log(
            (_number(frame, "n_cohort_contacts_7d") + 1) / (_number(frame, "n_cohort_contacts_28d") / 4 + 1)
        ),
        "silence_ratio": np.log((_number(frame, "silence_days") + 1) / (gap_mean + 1)),
        "contacts": _log(frame, "n_contact_days"),
        "age": _log(frame, "known_days"),
        "gap_median": np.log(_number(frame, "gap_median")),
        "gap_mean": np.log(gap_mean),
        "gap_max": np.log(_number(frame, "gap_max")),
        "gap_last": np.log(_number(frame, "gap_1")),
        "trend": np.log((recent + 0.5) / ((before - recent) / 3 + 0.5)),
        "rate": np.log(_number(frame, "n_contact_days") / (_number(frame, "known_days") + 7)),
        "updates": np.log1p(n_updates),
        "update_silence": np.log1p(_days_ago(frame, "update_silence_days")),
        "updates_behind": np.log1p(np.maximum(0.0, mean_updates - n_updates)),
        "missed": _log(frame, "n_missed"),
        "pushes": _log(frame, "push_streak"),
    }
    for n_days in (7, 14, 28, 56):
        plain[f"contacts_{n_days}d"] = _log(frame, f"n_contacts_{n_days}d")
    for side in ("mentee", "mentor"):
        plain[f"{side}_silence"] = np.log1p(_days_ago(frame, f"{side}_silence_days"))
        plain[f"{side}_away"] = np.log1p(_days_ago(frame, f"{side}_away_days"))
        plain[f"{side}_touches"] = _log(frame, f"n_{side}_touches")
        plain[f"{side}_touches_28d"] = _log(frame, f"n_{side}_touches_28d")
        plain[f"{side}_acts_28d"] = _log(frame, f"n_{side}_acts_28d")
    return pd.DataFrame(plain, index=frame.index)


def _number(frame: pd.DataFrame, name: str) -> Floats:
    return frame[name].to_numpy(dtype=np.float64, na_value=np.nan)


def _log(frame: pd.DataFrame, name: str) -> Floats:
    logged: Floats = np.log1p(_number(frame, name))
    return logged


def _days_ago(frame: pd.DataFrame, name: str) -> Floats:
    return np.minimum(np.nan_to_num(_number(frame, name), nan=LONG_AGO), LONG_AGO)


@dataclass(frozen=True)
class Windows:
    """What follows each row at risk, window by window: a contact, or where the target is exit, an exit.

    `closes_on`: the last day of the window. `known_at`: when what is inside it was first known; NaT where
    there is nothing. `next_on`: its next date by all that is known now; NaT where there is none.
    `explained_at`: when a manager was first known to explain a silence inside it; None where nobody ever did.
    """

    closes_on: Instants
    known_at: Instants
    next_on: Instants
    target: Target = SILENCE
    explained_at: Instants | None = None

    def is_open_to_doubt(self, known_at: np.datetime64) -> Flags:
        """Whether a silence was explained by what was known then: such a window is no label."""
        if self.explained_at is None:
            return np.zeros(len(self.known_at), dtype=np.bool_)
        said: Flags = ~np.isnat(self.explained_at) & (self.explained_at <= known_at)
        return said

    def came_true(self, known_at: np.datetime64) -> Flags:
        """Whether a window holds no contact, or the exit, by what was known then."""
        is_seen: Flags = ~np.isnat(self.known_at) & (self.known_at <= known_at)
        return is_seen if self.target == EXIT else ~is_seen


def windows(
    rows: pd.DataFrame, contacts: pd.DataFrame, horizon: str = OWN, testimony: pd.DataFrame | None = None
) -> Windows:
    """The window after each row at risk: the days from the next one to its horizon.

    Needs the rows of `at_risk` and `feature.contact_known` (pair_id, contacted_on, known_at). `testimony` is
    feature.testimony: a contact that managers told of is one; a silence they explained leaves a window open
    to doubt.
    """
    n_days = HORIZONS[horizon]
    own = rows["horizon_days"].to_numpy(dtype=np.float64)
    length = own if n_days is None else np.full(len(rows), float(n_days))
    known = contacts[["pair_id", "contacted_on", "known_at"]]
    if testimony is None or testimony.empty:
        return _windows(rows, known, length, SILENCE)
    said = {kind: told[["pair_id", "said_on", "known_at"]] for kind, told in testimony.groupby("kind")}
    if "in_touch" in said:
        known = pd.concat([known, said["in_touch"].set_axis(known.columns, axis=1)], ignore_index=True)
    found = _windows(rows, known, length, SILENCE)
    if "explained" not in said:
        return found
    return replace(found, explained_at=_windows(rows, said["explained"], length, SILENCE).known_at)


def _windows(rows: pd.DataFrame, dated: pd.DataFrame, length: Floats, target: Target) -> Windows:
    """Windows of so many days; `dated` has the pair, date and known_at of what may lie in them."""
    dated = dated.set_axis(["pair_id", "on_date", "known_at"], axis=1).sort_values(["pair_id", "on_date"])
    ids = pd.Index(dated["pair_id"].unique())
    day, on = _day_number(dated["on_date"]), _day_number(rows["on_date"])
    span = 1 << 22
    place = ids.get_indexer(dated["pair_id"]).astype(np.int64) * span + day
    pair = ids.get_indexer(rows["pair_id"]).astype(np.int64)
    first = np.searchsorted(place, pair * span + on, side="right")
    end = np.searchsorted(place, pair * span + on + np.floor(length).astype(np.int64), side="right")
    known = dated["known_at"].to_numpy(dtype="datetime64[us]")
    none = np.datetime64("NaT", "us")
    # Two more than there are: a window may begin, and end, behind the last one.
    number = np.append(known.astype(np.int64), [0, 0])
    bounds = np.column_stack([first, np.maximum(end, first + 1)]).ravel()
    least = np.minimum.reduceat(number, bounds)[::2] if len(rows) else number[:0]
    has_one = end > first
    following = (np.append(place // span, -1)[first] == pair) & (pair >= 0)
    next_on = np.where(following, np.append(day, 0)[first], 0)
    return Windows(
        closes_on=(on + np.floor(length).astype(np.int64)).astype("datetime64[D]"),
        known_at=np.where(has_one, least.astype("datetime64[us]"), none),
        next_on=np.where(following, next_on.astype("datetime64[D]"), np.datetime64("NaT", "D")),
        target=target,
    )


def still_there(found: AtRisk, exits: pd.DataFrame) -> AtRisk:
    """The rows of pairs that had not ended, or were in touch again since, by what was known at their instant.

    Needs `feature.exit_known` (pair_id, ended_on, known_at): every end, whatever its reason.
    """
    rows = found.rows.reset_index(names="row")[["row", "pair_id", "as_of", "on_date", "last_contact_on"]]
    ended = rows.merge(exits[["pair_id", "ended_on", "known_at"]], on="pair_id")
    is_over = (ended["ended_on"] <= ended["on_date"]) & (ended["ended_on"] >= ended["last_contact_on"])
    gone = ended.loc[is_over & (ended["known_at"] <= ended["as_of"]), "row"]
    stays = ~found.rows.index.isin(gone)
    return AtRisk(found.rows[stays].reset_index(drop=True), found.inputs[stays].reset_index(drop=True))


def exit_windows(rows: pd.DataFrame, exits: pd.DataFrame, policy: Policy) -> Windows:
    """The window after each row at risk in which somebody may leave: `risk_exit_days` from the next day on.

    Needs the rows of `at_risk` and `feature.exit_known`; ends that are no exits do not count.
    """
    left = exits.loc[exits["is_exit"], ["pair_id", "ended_on", "known_at"]]
    return _windows(rows, left, np.full(len(rows), float(policy.risk_exit_days)), EXIT)


def _day_number(dates: pd.Series[pd.Timestamp]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return dates.to_numpy(dtype="datetime64[D]").astype(np.int64)
