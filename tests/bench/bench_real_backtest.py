"""The record on a real log: recency as published, and the model no worse, from the file to the score."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipelines.backtest import Period, run_backtest
from pipelines.ingest import ingest_into_home
from pipelines.signals.record import Curve
from warehouse.settings import load_settings

pytestmark = [pytest.mark.real, pytest.mark.slow]

MAPPINGS = Path(__file__).parents[2] / "examples/mappings"
LOGS = {
    # log: first and last as-of date, first date counted, rows, average precision of recency and of the model
    "collegemsg": ((2004, 5, 5), (2004, 9, 22), (2004, 6, 23), 1577, 0.908, 0.903),
    "euemail": ((2003, 10, 26), (2004, 2, 1), (2003, 12, 7), 2893, 0.382, 0.427),
}


@pytest.mark.parametrize("name", LOGS)
def test_recency_ranks_as_published_and_the_model_reaches_its_goal(
    real_data: Path, tmp_path: Path, name: str
) -> None:
    first, last, counted, n_rows, recency, goal = LOGS[name]
    settings = load_settings(tmp_path)
    ingest_into_home(settings, [real_data / f"{name}_events.parquet"], mapping=MAPPINGS / f"{name}.toml")
    said = run_backtest(settings, Period(dt.date(*first), dt.date(*last))).said
    labels = pd.read_csv(real_data / f"{name}_labels.csv").rename(columns={"as_of": "date"})
    rows = said.assign(date=said["on_date"].astype(str).str[:10]).merge(labels, on=["pair_id", "date"])
    assert len(rows) == len(labels)
    assert (rows["recency"] == rows["days_silent"]).all()
    rows = rows[rows["date"] >= dt.date(*counted).isoformat()]
    is_silent, ones = rows["goes_silent"].to_numpy() == 1, np.ones(len(rows))
    assert len(rows) == n_rows
    found = {
        method: Curve(rows[method].to_numpy(dtype=float), is_silent).average_precision(ones)
        for method in ("recency", "risk")
    }
    assert found["recency"] == pytest.approx(recency, abs=0.005)
    assert found["risk"] >= goal
