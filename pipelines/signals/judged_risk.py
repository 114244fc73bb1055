"""Risk of every pair today: probability, tier, on what it rests, and the reasons in words.

Pairs at risk (see `risk`) are judged by the kept model; other running pairs, and all where there is no model
yet, by the shipped prior, which knows only how long the silence is in the pair's own gaps. Where data is
missing or late nobody is judged. The log-odds are a sum of terms, so that reasons add up exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipelines.signals.frames import Floats, Texts, texts
from pipelines.signals.risk import PRIOR_INPUTS, at_risk, prior_inputs
from pipelines.signals.risk_model import ModelFile, RiskModel
from pipelines.signals.states import is_alive
from warehouse.messages import Message, message, packed, render
from warehouse.policy import Policy

BLIND = ("no_contact_feed", "data_late", "delivery_problem")
"""States in which silence cannot be told from missing data."""

N_REASONS = 3
LEAST_TERM = 0.05
"""Log-odds below which a reason is not worth a sentence."""

RISK_COLUMNS = (
    "pair_id", "risk_30d", "risk_60d", "risk_own", "risk_horizon_days", "risk_tier", "risk_basis",
    "is_risk_calibrated",
)  # fmt: skip
REASON_COLUMNS = ("pair_id", "ordinal", "code", "reason", "reason_message", "log_odds")

FAMILY = {
    "silence": ("silence", "silence_ratio"),
    "rhythm": ("horizon", "gap_median", "gap_mean", "gap_max", "gap_last", "rate"),
    "history": ("contacts", "age"),
    "activity": ("contacts_7d", "contacts_14d", "contacts_28d", "contacts_56d", "trend"),
    "mentee": ("mentee_silence", "mentee_touches_28d", "mentee_touches", "mentee_away", "mentee_acts_28d"),
    "mentor": ("mentor_silence", "mentor_touches_28d", "mentor_touches", "mentor_away", "mentor_acts_28d"),
    "commitments": ("updates", "update_silence", "updates_behind", "missed", "pushes"),
    "cohort": ("cohort_pulse",),
}
"""Inputs that tell of one thing: told as one reason, whose weight is the sum of their terms."""

FAMILY_OF = {
    name: family
    for family, members in FAMILY.items()
    for member in members
    for name in (member, f"{member}_vs_others")
} | dict.fromkeys(PRIOR_INPUTS, "silence")


@dataclass(frozen=True)
class JudgedRisk:
    """`pair`: RISK_COLUMNS, one row per running pair that can be judged; `reason`: REASON_COLUMNS."""

    pair: pd.DataFrame
    reason: pd.DataFrame


def judged_risk(
    activity: pd.DataFrame, judged: pd.DataFrame, kept: ModelFile | None, prior: ModelFile, policy: Policy
) -> JudgedRisk:
    """The risk of every running pair.

    Needs feature.activity with `as_of`, or without a kept model feature.pair_activity, and of each pair
    `judged`: pair_id, stage, state, tau_days and silence_days.
    """
    running = judged[is_alive(texts(judged, "stage")) & ~np.isin(texts(judged, "state"), BLIND)]
    running = running[running["silence_days"].notna() & running["tau_days"].notna()]
    parts, rest = [], running
    if kept is not None:
        found = at_risk(activity, policy)
        is_known = found.rows["pair_id"].isin(running["pair_id"])
        rows, inputs = (part[is_known].reset_index(drop=True) for part in (found.rows, found.inputs))
        parts.append(_said(rows["pair_id"], inputs, kept, rows["horizon_days"].to_numpy()))
        rest = running[~running["pair_id"].isin(rows["pair_id"])]
    rest = rest.reset_index(drop=True)
    parts.append(_said(rest["pair_id"], prior_inputs(rest, policy), prior, policy.risk_horizon_min_days))
    facts = activity.merge(running[["pair_id", "tau_days"]], on="pair_id").set_index("pair_id")
    told = [_reasons(pair, inputs_, model, facts) for pair, inputs_, model in parts]
    pair = pd.concat([part[0] for part in parts], ignore_index=True)
    reason = pd.concat(told, ignore_index=True)
    return JudgedRisk(
        pair.sort_values("pair_id", ignore_index=True)[list(RISK_COLUMNS)],
        reason.sort_values(["pair_id", "ordinal"], ignore_index=True)[list(REASON_COLUMNS)],
    )


def _said(
    pair_id: pd.Series[str], inputs: pd.DataFrame, file: ModelFile, horizon_days: Floats | int
) -> tuple[pd.DataFrame, pd.DataFrame, RiskModel]:
    model = file.models["own"]
    rate = {name: _rate(file, name, inputs) for name in ("own", "30d", "60d")}
    thresholds = file.card["thresholds"]
    tier = np.select(
        [rate["own"] >= thresholds["high"], rate["own"] >= thresholds["raised"]], ["high", "raised"], "usual"
    )
    pair = pd.DataFrame(
        {
            "pair_id": pair_id.to_numpy(),
            "risk_30d": rate["30d"],
            "risk_60d": rate["60d"],
            "risk_own": rate["own"],
            "risk_horizon_days": np.broadcast_to(np.asarray(horizon_days, dtype=np.float64), len(pair_id)),
            "risk_tier": tier.astype(np.object_),
            "risk_basis": np.full(len(pair_id), model.basis, dtype=np.object_),
            "is_risk_calibrated": file.is_calibrated,
        }
    )
    return pair, inputs, model


def _rate(file: ModelFile, horizon: str, inputs: pd.DataFrame) -> Floats:
    model = file.models.get(horizon)
    return np.full(len(inputs), np.nan) if model is None else model.rate(inputs).round(6)


def _reasons(pair: pd.DataFrame, inputs: pd.DataFrame, model: RiskModel, facts: pd.DataFrame) -> pd.DataFrame:
    """The families that raise a pair's risk most, with what they add to the log-odds."""
    families = [FAMILY_OF[name] for name in model.inputs]
    terms = model.terms(inputs).T.groupby(families, sort=True).sum().T
    long = terms.assign(pair_id=pair["pair_id"].to_numpy()).melt(
        "pair_id", var_name="code", value_name="log_odds"
    )
    long = long[long["log_odds"] >= LEAST_TERM].sort_values(
        ["pair_id", "log_odds", "code"], ascending=[True, False, True]
    )
    long["ordinal"] = long.groupby("pair_id").cumcount() + 1
    long = long[long["ordinal"] <= N_REASONS]
    about = facts.reindex(long["pair_id"])
    told = _sentences(texts(long, "code"), about)
    return long.assign(
        reason=[render(each) for each in told],
        reason_message=[packed(each) for each in told],
        log_odds=long["log_odds"].round(6),
    )


def _sentences(code: Texts, about: pd.DataFrame) -> list[Message]:
    """One plain sentence for each reason, from the numbers of its pair."""
    told = about.reset_index(drop=True)
    return [_sentence(code[n], row) for n, row in enumerate(told.itertuples(index=False))]


def _sentence(code: str, pair: Any) -> Message:  # noqa: PLR0911 - one sentence a family
    match code:
        case "silence":
            return message(
                "Last contact {ago}; usual is every {usual:.0f} d.",
                ago=_ago(pair.silence_days),
                usual=pair.tau_days,
            )
        case "rhythm":
            return message(
                "Contact comes at wide or uneven gaps: the longest was {gap:.0f} d.", gap=pair.gap_max
            )
        case "history":
            return message(
                "A short common history: {contacts:.0f} days of contact in {days:.0f} d.",
                contacts=pair.n_contact_days,
                days=pair.known_days,
            )
        case "activity":
            return message(
                "{contacts:.0f} days of contact in the last 4 weeks: fewer than others, or falling.",
                contacts=pair.n_contacts_28d,
            )
        case "mentee":
            return message(
                "The mentee was last heard of {ago}, {times:.0f} times in 4 weeks.",
                ago=_ago(pair.mentee_silence_days),
                times=pair.n_mentee_touches_28d,
            )
        case "mentor":
            return message(
                "The mentor was last heard of {ago}, {times:.0f} times in 4 weeks.",
                ago=_ago(pair.mentor_silence_days),
                times=pair.n_mentor_touches_28d,
            )
        case "commitments":
            return message("Updates, sessions or deadlines lie behind what others of the cohort did.")
    return message("The whole cohort is quieter than in the weeks before.")


def _ago(days: float) -> Message:
    if pd.isna(days):
        return message("never")
    return message("today") if days < 1 else message("{days:.0f} d ago", days=days)
