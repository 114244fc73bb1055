"""From the log to the record: nothing that came later changes what was said."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pytest

from pipelines.backtest import Backtest, Period, run_backtest, write_scores
from pipelines.build import build_home
from tests.pipelines.letters import LAST, MIDDLE, home_of, letters
from warehouse import publish
from warehouse.settings import Settings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def played(whole: Settings) -> Backtest:
    return run_backtest(whole, Period(dt.date(2025, 1, 26), LAST))


def test_later_events_change_no_feature_and_no_score_of_an_earlier_week(
    played: Backtest, tmp_path: Path
) -> None:
    rows = letters()
    rows = rows[rows["recorded_at"] <= f"{MIDDLE}T23:59:59Z"]
    short = run_backtest(home_of(tmp_path / "log", rows), Period(dt.date(2025, 1, 26), MIDDLE)).said
    until = played.said[played.said["as_of"] <= short["as_of"].max()]
    assert until["basis"].isin(["model"]).any()
    columns = [name for name in short.columns if name != "row"]
    pd.testing.assert_frame_equal(
        short[columns].reset_index(drop=True), until[columns].reset_index(drop=True), rtol=1e-9
    )


def test_a_record_counts_closed_windows_only_and_the_next_build_publishes_it(
    whole: Settings, played: Backtest
) -> None:
    assert played.record is not None
    assert played.counted is not None
    assert played.counted[1] + dt.timedelta(days=30) < LAST
    metric = played.record.metric.set_index(["method", "metric"])
    assert metric.loc[("risk", "average_precision"), "value"] > 0.2
    assert (metric["low"].dropna() <= metric["high"].dropna()).all()

    build_home(whole)
    with publish.open_current(whole.published) as con:
        ((n_metrics, n_weeks),) = con.execute("select count(*), max(n_weeks) from mart.backtest").fetchall()
        ((n_bins,),) = con.execute("select count(*) from mart.backtest_bin").fetchall()
    assert (n_metrics, n_bins) == (len(played.record.metric), len(played.record.bin))
    assert n_weeks > 5
    build_home(whole, as_of=dt.datetime(2025, 6, 1, tzinfo=dt.UTC))
    with publish.open_current(whole.published) as con:
        assert con.execute("select count(*) from mart.backtest").fetchall() == [(0,)]


def test_scores_name_pairs_by_the_ids_of_the_source(played: Backtest, tmp_path: Path) -> None:
    n_rows = write_scores(tmp_path / "scores.csv", played.said)
    with (tmp_path / "scores.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == n_rows
    assert {row["pair_id"] for row in rows} <= set(letters()["pair_id"])
    assert {row["as_of"] for row in rows if row["method"] == "risk"} >= {"2025-01-26", "2025-02-02"}


def test_without_a_home_to_learn_from_the_command_says_so(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from pipelines.cli import app

    result = CliRunner().invoke(app, ["model", "show", "--json", "--home", str(tmp_path)])
    assert json.loads(result.stdout)["card"]["basis"] == "prior"
    export = CliRunner().invoke(app, ["model", "export", str(tmp_path / "m.json"), "--home", str(tmp_path)])
    assert "no model is kept yet" in str(export.exception)
