"""How pairs end: learn the hazards of the causes from the weeks of a log, keep them, use them in a build."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from pipelines.risk.kept import folder_of
from pipelines.signals.causes import CauseModel, fit_causes, from_json, to_json
from pipelines.signals.days import judged_days
from warehouse.clock import naive_utc
from warehouse.models import AnyModel
from warehouse.replay import Replay, replay
from warehouse.run import Run

FILE = "causes.json"


def learn_causes(
    con: duckdb.DuckDBPyConnection, run: Run, models: Mapping[str, AnyModel], weeks: Sequence[dt.datetime]
) -> CauseModel | None:
    """The model of endings from weeks as they were known then and ends as the run knows them."""
    parts = []
    for features in replay(con, Replay(models, "feature.pair", run, is_as_known=True), weeks):
        judged = judged_days(features, run.policy)[["pair_id", "as_of", "stage", "tau_days"]]
        parts.append(features.merge(judged, on=["pair_id", "as_of"]))
    at = naive_utc(run.as_of)
    (lives,) = replay(con, Replay(models, "core.life", run), [at])
    ended = lives[lives["closed_on"].notna()]
    return fit_causes(pd.concat(parts, ignore_index=True), ended, np.datetime64(at, "us"))


def put_causes(folder: Path, model: CauseModel | None) -> None:
    """Keep a model of endings; without one the kept one stays."""
    if model is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / ".causes.tmp"
    temporary.write_text(to_json(model), encoding="utf-8")
    os.replace(temporary, folder / FILE)


def usable_causes(con: duckdb.DuckDBPyConnection, as_of: dt.datetime) -> CauseModel | None:
    """The kept model of endings, unless it has learnt from days that an as-of instant lies before."""
    folder = folder_of(con)
    if folder is None or not (folder / FILE).is_file():
        return None
    kept = from_json((folder / FILE).read_text("utf-8"))
    return None if kept.card["trained_to"] > f"{as_of:%Y-%m-%d}" else kept
