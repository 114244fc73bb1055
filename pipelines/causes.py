"""How pairs end: learn the hazards of the causes from the weeks of a log, keep them, use them in a build."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from pipelines.risk.kept import folder_of
from pipelines.signals.causes import CauseModel, fit_causes, from_json, to_json, with_band_before
from pipelines.signals.frames import checked, instants
from pipelines.signals.judge import judge
from warehouse.clock import naive_utc
from warehouse.models import AnyModel
from warehouse.policy import Policy
from warehouse.replay import Replay, replay
from warehouse.run import Run

FILE = "causes.json"


def learn_causes(
    con: duckdb.DuckDBPyConnection, run: Run, models: Mapping[str, AnyModel], weeks: Sequence[dt.datetime]
) -> CauseModel | None:
    """The model of endings from weeks as they were known then and ends as the run knows them."""

    def as_known(table: str) -> Iterator[pd.DataFrame]:
        return replay(con, Replay(models, table, run, is_as_known=True), weeks)

    parts = [judged_features(features, run.policy) for features in as_known("feature.pair")]
    around = pd.concat(as_known("feature.circumstance"), ignore_index=True)
    folded = pd.concat(parts, ignore_index=True).merge(around, on=["pair_id", "as_of"])
    at = naive_utc(run.as_of)
    (lives,) = replay(con, Replay(models, "core.life", run), [at])
    ended = lives[lives["closed_on"].notna()]
    return fit_causes(with_band_before(folded), ended, np.datetime64(at, "us"))


def judged_features(features: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Rows of feature.pair with `as_of`, beside what the rules say of them at that instant."""
    pairs = checked(features)
    found = judge(pairs, instants(pairs, "as_of"), policy).pair
    said = pairs[["pair_id", "as_of"]].join(found[["stage", "tau_days", "surprise", "band_rule"]])
    return features.merge(said, on=["pair_id", "as_of"])


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
