"""Risk: fold the weeks of the log, learn from windows that have closed, keep the model, use it in a build.

A model is a small JSON file beside the log (`warehouse/risk/model.json`), with the one before it. It is
promoted only where it explains closed windows no worse than the model it would replace.
"""

from __future__ import annotations

import datetime as dt
import os
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pandas as pd

from pipelines.signals.backtest import History, exit_history_of, history_of
from pipelines.signals.frames import Flags, Floats, Instants
from pipelines.signals.record import Curve, calibration_slope
from pipelines.signals.risk import EXIT, HORIZONS, OWN, SILENCE, Target, windows
from pipelines.signals.risk_model import (
    ModelFile,
    RiskModel,
    best_of,
    fit_recency,
    from_json,
    losses,
    to_json,
)
from warehouse.clock import end_of_day, naive_utc
from warehouse.database import first_row
from warehouse.errors import KinkeeperError
from warehouse.models import AnyModel
from warehouse.policy import Policy
from warehouse.replay import Replay, replay
from warehouse.run import Run
from warehouse.words import MODEL_LIMITS, PRIOR_LIMITS

PRIOR = Path(__file__).parent / "signals" / "prior.json"
"""The model that ships: for programs without any closed window."""

WEEK = dt.timedelta(days=7)
RUN_IN = dt.timedelta(days=20)
"""Three weeks of a log, its first day included, pass before its first as-of date."""

N_FOLDS = 5
SYNTHETIC = "synthetic sample"
"""The program of a card that was learnt from the shipped sample."""

CARD_COLUMNS = (
    "basis", "trained_from", "trained_to", "n_windows", "n_pairs", "n_silent", "base_rate",
)  # fmt: skip

OnStep = Callable[[str], None]


# --- the weeks of a log ------------------------------------------------------------------------------------


def fold_weeks(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    models: Mapping[str, AnyModel],
    weeks: Sequence[dt.datetime],
    on_step: OnStep = lambda _name: None,
    target: Target = SILENCE,
) -> History:
    """The weeks, each as it was known then, and what followed, as the run knows it.

    Needs the log attached. Raises KinkeeperError where there is no week.
    """
    if not weeks:
        raise KinkeeperError("no pair was in touch before that day: there is no week to learn from")
    activity, n_done = list[pd.DataFrame](), 0
    for part in replay(con, Replay(models, "feature.activity", run, is_as_known=True), weeks):
        activity.append(part)
        n_done += part["as_of"].nunique()
        on_step(f"{n_done} of {len(weeks)} weeks folded")
    folded = pd.concat(activity, ignore_index=True)
    contacts = _known_now(con, run, models, "feature.contact_known")
    if target == EXIT:
        exits = _known_now(con, run, models, "feature.exit_known")
        return exit_history_of(folded, contacts, exits, run.policy)
    testimony = _known_now(con, run, models, "feature.testimony")
    return history_of(folded, contacts, testimony, run.policy)


def _known_now(
    con: duckdb.DuckDBPyConnection, run: Run, models: Mapping[str, AnyModel], table: str
) -> pd.DataFrame:
    """A table by all that the run knows."""
    (found,) = replay(con, Replay(models, table, run), [naive_utc(run.as_of)])
    return found


def week_ends(
    con: duckdb.DuckDBPyConnection, run: Run, anchor: dt.date | None = None, last: dt.date | None = None
) -> list[dt.datetime]:
    """The last moments of every seventh day on which there was something to see, up to the run and to `last`.

    `anchor` is one of these days; without it they begin RUN_IN after the first sign of life.
    """
    zone = ZoneInfo(run.policy.time_zone)
    row = first_row(
        con,
        "select min(occurred_at), max(occurred_at) from log.typed_event where pair_id is not null "
        "and occurred_at <= ? and (event_type like 'exchange.%' or event_type like 'session.%')",
        [naive_utc(run.as_of)],
    )
    if row is None or row[0] is None:
        return []
    begun, ended = (at.replace(tzinfo=dt.UTC).astimezone(zone).date() for at in row)
    day = anchor or begun + RUN_IN
    day -= max(0, (day - begun).days // WEEK.days) * WEEK
    until = min(day for day in (ended, last, run.as_of.astimezone(zone).date()) if day is not None)
    n_weeks = max(0, (until - day).days // WEEK.days + 1)
    return [naive_utc(end_of_day(day + n * WEEK, zone)) for n in range(n_weeks)]


# --- training ----------------------------------------------------------------------------------------------


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


# --- the kept model ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Promotion:
    """Whether a new model took the place of the kept one, and why."""

    is_promoted: bool
    reason: str


def keep(folder: Path, new: ModelFile, history: History, policy: Policy) -> Promotion:
    """Keep a new model unless the kept one explains windows that closed after its training better."""
    promotion = compare(read_model(folder / "model.json"), history, policy)
    if promotion.is_promoted:
        put(folder, new)
    return promotion


def compare(old: ModelFile | None, history: History, policy: Policy) -> Promotion:
    """Whether a model of this history should replace the kept one, by windows that one has not learnt from.

    The new one is judged cross-validated over pairs, the kept one as it is.
    """
    if old is None:
        return Promotion(True, "there was no model")
    closed = closed_windows(history, last_week(history))
    inputs, is_silent, rows = closed.inputs, closed.is_silent, closed.rows
    is_own = old.card.get("program_id") == policy.program_id
    unseen = (
        closed.closes_on > np.datetime64(old.trained_to) if is_own else np.ones(len(rows), dtype=np.bool_)
    )
    if unseen.sum() < policy.risk_least_windows or not 0 < is_silent[unseen].sum() < unseen.sum():
        return Promotion(False, "too few windows closed since the kept model was trained to tell them apart")
    rate = np.clip(cross_validated(inputs, is_silent, rows["pair_id"], policy)[unseen], 1e-9, 1 - 1e-9)
    loss = float(-np.where(is_silent[unseen], np.log(rate), np.log1p(-rate)).mean())
    kept = float(losses(old.models[OWN], inputs[unseen], is_silent[unseen]).mean())
    words = f"log loss on {unseen.sum():,} windows closed since: {loss:.4f}, the kept model {kept:.4f}"
    return Promotion(loss <= kept, words)


def put(folder: Path, file: ModelFile) -> None:
    """Make a model the kept one; the one before it stays as `previous.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    kept, temporary = folder / "model.json", folder / ".model.tmp"
    temporary.write_text(to_json(file), encoding="utf-8")
    if kept.exists():
        os.replace(kept, folder / "previous.json")
    os.replace(temporary, kept)


def read_model(path: Path) -> ModelFile | None:
    """The model in a file; None where there is no file. Raises KinkeeperError where it is damaged."""
    return from_json(path.read_text("utf-8")) if path.is_file() else None


def prior() -> ModelFile:
    """The model that ships with Kinkeeper."""
    return from_json(PRIOR.read_text("utf-8"))


def folder_of(con: duckdb.DuckDBPyConnection) -> Path | None:
    """The risk folder beside the attached log; None where the log is in memory."""
    row = first_row(con, "select path from duckdb_databases() where database_name = 'log'")
    return Path(row[0]).parent / "risk" if row and row[0] else None


def usable_model(folder: Path | None, as_of: dt.datetime, program_id: str) -> ModelFile | None:
    """The kept model, unless it has learnt from days that an as-of instant lies before."""
    kept = read_model(folder / "model.json") if folder else None
    if kept is None or (kept.card["program_id"] == program_id and kept.trained_to > f"{as_of:%Y-%m-%d}"):
        return None
    return kept


def model_in_use(folder: Path | None, as_of: dt.datetime, program_id: str) -> ModelFile:
    """What a build as of an instant judges risk by: the kept model where it may be used, else the prior."""
    return usable_model(folder, as_of, program_id) or prior()


def card_row(file: ModelFile) -> pd.DataFrame:
    """The card of a model as one row of `signal.risk_model`."""
    card, quality = file.card, file.card.get("quality", {})
    row = {name: card[name] for name in CARD_COLUMNS}
    row |= {name: quality.get(name) for name in ("average_precision", "brier", "calibration_slope")}
    row |= {
        "sha256": file.sha256,
        "is_synthetic": card["program_id"] == SYNTHETIC,
        "is_calibrated": file.is_calibrated,
        "limits": "\n".join(card["limits"]),
    }
    return pd.DataFrame([row])
