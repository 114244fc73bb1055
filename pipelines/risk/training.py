"""A model learnt from windows that have closed, with a card that says how good it is."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipelines.signals.backtest import History
from pipelines.signals.frames import Flags, Floats, Instants
from pipelines.signals.record import Curve, calibration_slope
from pipelines.signals.risk import HORIZONS, OWN, windows
from pipelines.signals.risk_model import ModelFile, RiskModel, best_of, fit_recency
from warehouse.errors import KinkeeperError
from warehouse.policy import Policy
from warehouse.words import MODEL_LIMITS, PRIOR_LIMITS

N_FOLDS = 5
SYNTHETIC = "synthetic sample"
"""The program of a card that was learnt from the shipped sample."""


def last_week(history: History) -> np.datetime64:
    """The last instant of a history: what was closed by then can be learnt."""
    last: np.datetime64 = history.activity["as_of"].to_numpy(dtype="datetime64[us]").max()
    return last


def train(history: History, policy: Policy) -> ModelFile:
    """Models of all horizons from the windows closed by the last week, with their card.

    Raises KinkeeperError where too few windows have closed to fit even recency.
    """
    as_of = last_week(history)
    least = (policy.risk_least_windows, policy.risk_least_outcomes)
    models: dict[str, RiskModel] = {}
    card: dict[str, Any] = {}
    for horizon in HORIZONS:
        closed = closed_windows(history, as_of, horizon)
        model = best_of(closed.inputs, closed.is_silent, None, least, horizon)
        if model is None:
            continue
        models[horizon] = model
        if horizon == OWN:
            card = _card(model, closed, policy)
        else:
            card[f"thresholds_{horizon}"] = _thresholds(model.rate(closed.inputs), policy)
    if OWN not in models:
        raise KinkeeperError(
            "too few windows have closed to learn from: "
            f"at least {least[1] // 2} pair-weeks that went silent and as many that did not are needed"
        )
    return ModelFile(models, card)


@dataclass(frozen=True)
class Closed:
    """The windows that closed by an instant, row by row."""

    inputs: pd.DataFrame
    is_silent: Flags
    """Whether the window held no contact."""
    rows: pd.DataFrame
    closes_on: Instants


def closed_windows(history: History, as_of: np.datetime64, horizon: str = OWN) -> Closed:
    """The windows of a history that closed by an instant."""
    found = windows(history.at_risk.rows, history.contacts, horizon, history.testimony)
    closed = history.closed_by(as_of, found)
    return Closed(
        history.at_risk.inputs[closed],
        found.came_true(as_of)[closed],
        history.at_risk.rows[closed],
        found.closes_on[closed],
    )


def _card(model: RiskModel, closed: Closed, policy: Policy) -> dict[str, Any]:
    """What the model is made of and how good it is, cross-validated over pairs."""
    inputs, is_silent, rows = closed.inputs, closed.is_silent, closed.rows
    rate = cross_validated(inputs, is_silent, rows["pair_id"], policy)
    recency = fit_recency(inputs, is_silent)
    return {
        "program_id": policy.program_id,
        "basis": model.basis,
        "trained_from": str(rows["on_date"].min())[:10],
        "trained_to": str(closed.closes_on.max())[:10],
        "n_windows": len(rows),
        "n_pairs": int(rows["pair_id"].nunique()),
        "n_cohorts": int(rows["cohort_id"].nunique()),
        "n_silent": int(is_silent.sum()),
        "base_rate": float(is_silent.mean()),
        "quality": _quality(rate, is_silent),
        "quality_recency": _quality(recency.rate(inputs), is_silent),
        "thresholds": _thresholds(rate, policy),
        "policy_fingerprint": policy.fingerprint(),
        "limits": list(MODEL_LIMITS),
    }


def prior_card(rate: Floats, closed: Closed, policy: Policy) -> dict[str, Any]:
    """What the shipped prior is made of."""
    is_silent, rows = closed.is_silent, closed.rows
    return {
        "program_id": SYNTHETIC,
        "basis": "prior",
        "trained_from": str(rows["on_date"].min())[:10],
        "trained_to": str(closed.closes_on.max())[:10],
        "n_windows": len(rows),
        "n_pairs": int(rows["pair_id"].nunique()),
        "n_silent": int(is_silent.sum()),
        "base_rate": float(is_silent.mean()),
        "quality": _quality(rate, is_silent),
        "thresholds": _thresholds(rate, policy),
        "limits": list(PRIOR_LIMITS),
    }


def cross_validated(
    inputs: pd.DataFrame, is_silent: Flags, pair_id: pd.Series[str], policy: Policy
) -> Floats:
    """What a model says of pairs that it has not learnt from; folds by pair, the same every time."""
    fold = np.array([zlib.crc32(each.encode()) % N_FOLDS for each in pair_id])
    least = (policy.risk_least_windows // 2, policy.risk_least_outcomes // 2)
    rate = np.full(len(inputs), float(is_silent.mean()))
    for k in range(N_FOLDS):
        out = fold == k
        model = best_of(inputs[~out], is_silent[~out], None, least)
        if model is not None and out.any():
            rate[out] = model.rate(inputs[out])
    return rate


def _quality(rate: Floats, is_silent: Flags) -> dict[str, float]:
    curve, ones = Curve(rate, is_silent), np.ones(len(rate))
    return {
        "average_precision": curve.average_precision(ones),
        "roc_auc": curve.roc_auc(ones),
        "brier": float(((rate - is_silent) ** 2).mean()),
        "calibration_slope": calibration_slope(rate, is_silent),
    }


def _thresholds(rate: Floats, policy: Policy) -> dict[str, float]:
    """From which rate a risk is called high or raised, by the shares the policy names."""
    high, raised = np.quantile(rate, [1 - policy.risk_high_share, 1 - policy.risk_raised_share])
    return {"high": float(high), "raised": float(raised)}
