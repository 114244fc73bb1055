"""What alerts do: how often they are right, and whether pairs come back sooner than without them.

For the second some alerts are held back at random, off unless the policy names a share. Chance decides by
pair and episode, which is the silence since the last mutual contact: all alerts of one silence are in one
arm, and any build decides alike. Only alerts about silence are held back, only for `holdout_days`, and never
while a safety flag is up.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from pipelines.signals.frames import Flags, Floats, texts
from pipelines.signals.measures import newcombe, wilson
from warehouse.policy import Policy

TREATED, HOLDOUT = "treated", "holdout"
HELD_REASONS = (
    "waiting", "suspected_ghosting", "presumed_ghosted", "never_started", "stalled", "faded", "long_silence",
)  # fmt: skip
"""Reasons that say that somebody is silent; those of risk do too. No other alert is ever held back."""

SCALE = float(1 << 64)
EFFECT_COLUMNS = (
    "program_id", "comparison", "n_treated", "n_treated_back", "n_others", "n_others_back", "value",
    "low", "high",
)  # fmt: skip
PRECISION_COLUMNS = ("judged_by", "n", "n_right", "value", "low", "high")


def arms(pairs: pd.DataFrame, reasons: pd.Series[str], policy: Policy) -> pd.Series[str]:
    """Of each alert that is about silence its arm; None for others, and for all where nothing is held back.

    Needs pair_id and last_contact_at.
    """
    if policy.holdout_share == 0:
        return pd.Series([None] * len(pairs), index=pairs.index, dtype=object)
    last = pd.to_datetime(pairs["last_contact_at"])
    drawn = np.array([_draw(*each, policy) for each in zip(texts(pairs, "pair_id"), last, strict=True)])
    arm = pd.Series(np.where(drawn < policy.holdout_share, HOLDOUT, TREATED), index=pairs.index, dtype=object)
    return arm.where(reasons.isin(HELD_REASONS) | reasons.str.startswith("risk_"), None)


def _draw(pair_id: str, last_contact_at: pd.Timestamp, policy: Policy) -> float:
    """The same number between 0 and 1 for a pair and its silence, whoever draws it."""
    since = "" if pd.isna(last_contact_at) else str(last_contact_at.date())
    said = f"{policy.holdout_seed}\n{pair_id}\n{since}"
    return int.from_bytes(hashlib.sha256(said.encode()).digest()[:8]) / SCALE


def held_back(pairs: pd.DataFrame, alerts: pd.DataFrame, as_of: pd.Timestamp, policy: Policy) -> pd.DataFrame:
    """The pairs that no list shows now: pair_id and held_until_on.

    Needs of every listed pair its first reason (`code`, `since_on`) and last_contact_at; of every alert its
    pair, arm and raised_at. What is held back is held from its alert on, else from when the reason began.
    """
    arm = arms(pairs, pairs["code"].astype(str), policy)
    held = pairs[(arm == HOLDOUT).to_numpy(dtype=np.bool_)]
    raised = alerts[alerts["arm"] == HOLDOUT].merge(held[["pair_id", "last_contact_at"]], on="pair_id")
    is_of_silence = raised["last_contact_at"].isna() | (raised["raised_at"] > raised["last_contact_at"])
    first = raised[is_of_silence].groupby("pair_id")["raised_at"].min()
    raised_at = pd.Series(first.reindex(held["pair_id"]).to_numpy(), index=held.index, dtype="datetime64[us]")
    reason_at = held["since_on"].astype("datetime64[us]")
    since = raised_at.fillna(reason_at).fillna(as_of)
    until = since.dt.normalize() + pd.Timedelta(days=policy.holdout_days)
    found = pd.DataFrame({"pair_id": held["pair_id"], "held_until_on": until})
    return found[until > as_of.normalize()].reset_index(drop=True)


def effects(outcomes: pd.DataFrame) -> pd.DataFrame:
    """What alerts do, EFFECT_COLUMNS: held back at random against not, and acted on against not.

    Needs feature.alert_outcome. Both compare who was in contact again in time. Only the first is a test: in
    the second managers chose whom to help.
    """
    due = outcomes[outcomes["is_back"].notna()]
    held, acted = due[due["arm"].notna()], due[due["arm"].isna() & due["is_acted"].notna()]
    told = [
        *_compared(held, texts(held, "arm") == TREATED, "holdout"),
        *_compared(acted, acted["is_acted"].to_numpy(dtype=np.bool_), "acted"),
    ]
    return pd.DataFrame(told, columns=list(EFFECT_COLUMNS))


def _compared(due: pd.DataFrame, is_treated: Flags, comparison: str) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for program_id, each in due.assign(is_treated=is_treated).groupby("program_id", sort=True):
        treated = each["is_treated"].to_numpy(dtype=np.bool_)
        back = each["is_back"].to_numpy(dtype=np.bool_)
        counts = (treated.sum(), (treated & back).sum(), (~treated).sum(), (~treated & back).sum())
        rows.append((program_id, comparison, *(int(n) for n in counts), *_difference(*counts)))
    return rows


def _difference(n: int, n_back: int, n_others: int, n_others_back: int) -> tuple[float, float, float]:
    """The first share minus the other, in points of 100, with its limits; nothing where one is empty."""
    if not n or not n_others:
        return (np.nan,) * 3
    reached, size, others, n_other = (
        np.array([float(each)]) for each in (n_back, n, n_others_back, n_others)
    )
    low, high = newcombe(reached, size, others, n_other)
    points: list[Floats] = [reached / size - others / n_other, low, high]
    value, lowest, highest = (round(float(100 * each[0]), 6) for each in points)
    return value, lowest, highest


def precision(outcomes: pd.DataFrame) -> pd.DataFrame:
    """How often alerts were right, by who looked and by the silence that followed: PRECISION_COLUMNS.

    Needs feature.alert_outcome.
    """
    told = []
    for judged_by, column, right in (("managers", "verdict", "right"), ("outcome", "outcome", "silent")):
        known = outcomes[outcomes[column].notna()]
        n, n_right = len(known), int((known[column] == right).sum())
        if n:
            low, high = wilson(np.array([float(n_right)]), np.array([float(n)]))
            told.append((judged_by, n, n_right, n_right / n, float(low[0]), float(high[0])))
    return pd.DataFrame(told, columns=list(PRECISION_COLUMNS)).round(6)
