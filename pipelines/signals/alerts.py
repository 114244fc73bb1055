"""Alerts: which pairs begin to ask for a look, which alerts are over, and which were never right.

An alert is about one pair, one signal (its state, or the risk of a model) and one reason, and stays open
until the reason has been gone for `alert_gone_days`; a dismissed one too, so that it does not come back by
itself. New ones are raised in the order of what is at stake, at most `attention_budget` in seven days and
program; only a safety flag waits for nobody. At stake is urgency times what can still be done
(`watchlist`); a measured risk larger than the urgency takes its place. Risk alone alerts only where the
program's own model says it is high: the shipped prior knows nothing that the states do not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipelines.signals.alert_effect import arms
from pipelines.signals.frames import Flags, Floats, numbers, texts
from pipelines.signals.watchlist import recoverability
from warehouse.policy import Policy
from warehouse.words import STATE as STATE_WORDS

BUDGET_DAYS = 7
SAFETY = "safety_flag"
STATE, RISK = "state", "risk"

FORESEEN = 0.9
"""What can still be done about a silence that is only foreseen: as much as about a long one."""

OVER_BANDS = ("ended", "closing", "paused")
LISTED_BANDS = ("watch", "needs_check_in")

RAISED_COLUMNS = ("pair_id", "program_id", "signal", "reason", "onset_on", "arm")


@dataclass(frozen=True)
class Turn:
    """What a build adds to the record: alerts to raise (RAISED_COLUMNS) and to close, with closed_for."""

    raised: pd.DataFrame
    closed: pd.DataFrame


def alert_id(pair_id: str, reason: str, onset_on: Any) -> str:
    """The same pair for the same reason since the same day is the same alert, whoever raises it."""
    since = "" if pd.isna(onset_on) else str(pd.Timestamp(str(onset_on)).date())
    said = f"{pair_id}\n{reason}\n{since}"
    return f"alr_{hashlib.sha256(said.encode()).hexdigest()[:20]}"


def turn(
    pairs: pd.DataFrame,
    alerts: pd.DataFrame,
    days: pd.DataFrame,
    as_of: pd.Timestamp,
    policy: Policy,
    n_managers: Mapping[str, int] | None = None,
) -> Turn:
    """What begins and what is over at an instant; `n_managers` share a program's attention, one where unsaid.

    Needs of every pair its program, band, priority, first reason (`code`, `since_on`), risk (tier, basis,
    `risk_30d`, first reason), `last_contact_at`, `silence_days` and whether it `is_quiet` (a leave ended just
    now); of every alert `core.alert` with `is_undisturbed` (nothing happened to the pair later on the day it
    was raised); of every pair and day what was shown (`signal.pair_day`), as known now.
    """
    is_over = alerts["closed_at"].notna()
    closed = _closed(pairs, alerts[~is_over], days, as_of, policy)
    still = alerts[~is_over & ~alerts["alert_id"].isin(closed["alert_id"])]
    found = _candidates(pairs, policy)
    found = found.assign(arm=arms(found, found["reason"].astype(str), policy))
    key = ["pair_id", "signal", "reason"]
    is_known = pd.MultiIndex.from_frame(found[key]).isin(pd.MultiIndex.from_frame(still[key]))
    fresh = _dated(found[~is_known], alerts, as_of)
    budget = {name: policy.attention_budget * n for name, n in (n_managers or {}).items()}
    return Turn(_within_budget(fresh, pairs, alerts, as_of, budget, policy.attention_budget), closed)


def _candidates(pairs: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Every pair that asks for a look now, with what is at stake; quiet pairs only for their safety."""
    code, band = texts(pairs, "code"), texts(pairs, "band")
    is_listed = np.isin(band, LISTED_BANDS)
    is_quiet = pairs["is_quiet"].to_numpy(dtype=np.bool_)
    is_measured = pairs["risk_basis"].isin(["model", "recency"]).to_numpy()
    risk: Floats = np.where(is_measured, np.nan_to_num(numbers(pairs, "risk_30d")), 0.0)
    helped = recoverability(pairs["code"], numbers(pairs, "silence_days"), policy)
    of_state = pairs.assign(
        signal=STATE,
        reason=code,
        onset_on=pairs["since_on"],
        stake=np.maximum(numbers(pairs, "priority"), risk * helped),
    )[is_listed & (~is_quiet | (code == SAFETY))]
    is_foreseen = (pairs["risk_tier"] == "high").to_numpy() & (pairs["risk_basis"] == "model").to_numpy()
    of_risk = pairs.assign(
        signal=RISK,
        reason="risk_" + pairs["risk_code"].fillna("silence").astype(str),
        onset_on=pairs["last_contact_at"],
        stake=risk * FORESEEN,
    )[is_foreseen & ~is_listed & ~np.isin(band, OVER_BANDS) & ~is_quiet]
    columns = [*RAISED_COLUMNS[:-1], "last_contact_at", "stake"]
    found: pd.DataFrame = pd.concat([of_state[columns], of_risk[columns]], ignore_index=True)
    return found


def _dated(found: pd.DataFrame, alerts: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """With the id of each; a reason that came back though it never began anew begins today."""
    is_used = _ids(found).isin(alerts["alert_id"])
    onset = pd.to_datetime(found["onset_on"]).where(~is_used, as_of.normalize())
    dated = found.assign(onset_on=onset)
    dated = dated.assign(alert_id=_ids(dated))
    is_new: Flags = ~dated["alert_id"].isin(alerts["alert_id"]).to_numpy(dtype=np.bool_)
    return dated[is_new]


def _ids(alerts: pd.DataFrame) -> pd.Series[str]:
    told = zip(texts(alerts, "pair_id"), texts(alerts, "reason"), alerts["onset_on"].tolist(), strict=True)
    return pd.Series([alert_id(*each) for each in told], index=alerts.index, dtype=object)


def _within_budget(
    fresh: pd.DataFrame,
    pairs: pd.DataFrame,
    alerts: pd.DataFrame,
    as_of: pd.Timestamp,
    budget: Mapping[str, int],
    budget_of_one: int,
) -> pd.DataFrame:
    """The gravest of each program that the attention of a week still reaches, and every safety flag.

    What is held back spends attention too, so that the two arms were raised by the same rule.
    """
    program = pairs.set_index("pair_id")["program_id"]
    recent = alerts[alerts["raised_at"] > as_of - pd.Timedelta(days=BUDGET_DAYS)]
    spent = recent["pair_id"].map(program).value_counts()
    ranked = fresh.sort_values(["stake", "pair_id"], ascending=[False, True])
    is_safety = (ranked["reason"] == SAFETY).to_numpy()
    counted = ranked[~is_safety]
    before = np.array([spent.get(program_id, 0) for program_id in counted["program_id"]], dtype=np.int64)
    place = counted.groupby("program_id").cumcount().to_numpy() + before
    room = counted["program_id"].map(budget).fillna(budget_of_one).to_numpy(dtype=np.int64)
    kept = pd.concat([ranked[is_safety], counted[place < room]])
    return kept[["alert_id", *RAISED_COLUMNS]].reset_index(drop=True)


def _closed(
    pairs: pd.DataFrame, alerts: pd.DataFrame, days: pd.DataFrame, as_of: pd.Timestamp, policy: Policy
) -> pd.DataFrame:
    """The open alerts that are over, and why: over, withdrawn or gone."""
    now = alerts[["alert_id", "pair_id", "signal", "reason", "raised_at", "is_undisturbed"]].merge(
        pairs[["pair_id", "band", "state", "code", "risk_tier", "last_contact_at"]], on="pair_id", how="left"
    )
    since = as_of.normalize() - pd.Timedelta(days=policy.alert_gone_days)
    held = _days_held(now, days)
    is_state = (now["signal"] == STATE).to_numpy()
    holds = np.where(
        is_state,
        (now["code"] == now["reason"]) | (now["state"] == now["reason"]),
        (now["risk_tier"] == "high") & ~(now["last_contact_at"] > now["raised_at"]),
    ).astype(np.bool_)
    held_lately = now["alert_id"].isin(held.loc[held["day"] >= since, "alert_id"]).to_numpy()
    contact_at = now["last_contact_at"]
    is_answered = ((contact_at > now["raised_at"]) & (contact_at < since)).to_numpy(dtype=np.bool_)
    is_old = (now["raised_at"] < since).to_numpy(dtype=np.bool_)
    has_gone = np.where(is_state, ~held_lately & is_old, is_answered).astype(np.bool_)
    closed_for = np.select(
        [
            np.isin(texts(now, "band"), OVER_BANDS),
            ~holds & is_state & _never_held(now, held, days),
            ~holds & has_gone,
        ],
        ["over", "withdrawn", "gone"],
        "",
    )
    found = now.assign(closed_for=closed_for)
    is_closed: Flags = np.asarray(closed_for != "")
    return found.loc[is_closed, ["alert_id", "pair_id", "closed_for"]].reset_index(drop=True)


def _days_held(alerts: pd.DataFrame, days: pd.DataFrame) -> pd.DataFrame:
    """The days on which a reason held: its state was shown, or, where it is no state, the pair was listed."""
    both = alerts[["alert_id", "pair_id", "reason"]].merge(
        days[["pair_id", "day", "state", "band"]], on="pair_id"
    )
    is_state_code = both["reason"].isin(list(STATE_WORDS))
    is_held = np.where(is_state_code, both["state"] == both["reason"], both["band"].isin(LISTED_BANDS))
    return both.loc[is_held.astype(np.bool_), ["alert_id", "day"]]


def _never_held(alerts: pd.DataFrame, held: pd.DataFrame, days: pd.DataFrame) -> Flags:
    """Whether, as known now, the reason held neither on the day an alert was raised nor on the one before.

    Known only once that day is over and was judged, and where nothing happened to the pair later on it.
    """
    raised = alerts["raised_at"].dt.normalize()
    keyed = pd.MultiIndex.from_frame(held[["alert_id", "day"]])
    on, before = (
        pd.MultiIndex.from_arrays([alerts["alert_id"], raised - pd.Timedelta(days=n)]).isin(keyed)
        for n in (0, 1)
    )
    judged = pd.MultiIndex.from_frame(days[["pair_id", "day"]])
    is_judged = pd.MultiIndex.from_arrays([alerts["pair_id"], raised]).isin(judged)
    never: Flags = is_judged & ~on & ~before & alerts["is_undisturbed"].to_numpy(dtype=np.bool_)
    return never
