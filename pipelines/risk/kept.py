"""The kept model: a small JSON file beside the log (`warehouse/risk/model.json`), with the one before it.

It is replaced only by a model that explains closed windows no worse.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from pipelines.risk.training import SYNTHETIC, closed_windows, cross_validated, last_week
from pipelines.signals.backtest import History
from pipelines.signals.risk import OWN
from pipelines.signals.risk_model import ModelFile, from_json, losses, to_json
from warehouse.database import first_row
from warehouse.policy import Policy

PRIOR = Path(__file__).parents[1] / "signals" / "prior.json"
"""The model that ships: for programs without any closed window."""

CARD_COLUMNS = (
    "basis", "trained_from", "trained_to", "n_windows", "n_pairs", "n_silent", "base_rate",
)  # fmt: skip


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
