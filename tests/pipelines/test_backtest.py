"""From the log to the record: nothing that came later changes what was said, and weeks equal builds."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from pipelines.backtest import Backtest, Period, run_backtest, write_scores
from pipelines.build import build_home, fold, open_build
from pipelines.fit import fit_home
from pipelines.ingest import ingest_into_home
from pipelines.risk.kept import read_model
from pipelines.risk.weeks import fold_weeks, week_ends
from warehouse import models, publish
from warehouse.clock import end_of_day, naive_utc
from warehouse.run import Run
from warehouse.settings import Settings, load_settings

pytestmark = pytest.mark.slow

MAPPING = Path(__file__).parents[2] / "examples/mappings/collegemsg.toml"
BEGIN = dt.datetime(2025, 1, 6, 9, tzinfo=dt.UTC)
N_PAIRS, N_DAYS = 60, 200
LAST = (BEGIN + dt.timedelta(days=N_DAYS)).date()
MIDDLE = dt.date(2025, 5, 25)


def letters() -> pd.DataFrame:
    """Sixty pairs that write about every five days; most stop for ever on some day."""
    rng = np.random.default_rng(11)
    rows = []
    for pair in range(N_PAIRS):
        day, stops = rng.uniform(0, 20), rng.uniform(30, 320)
        while day < min(stops, N_DAYS):
            for hour, role in ((0, "initiator"), (rng.uniform(1, 9), "responder")):
                at = BEGIN + dt.timedelta(days=float(day), hours=float(hour))
                late = dt.timedelta(days=9) if rng.random() < 0.05 else dt.timedelta()
                rows.append((pair, role, at, at + late))
            day += rng.exponential(4) + 1
    frame = pd.DataFrame(rows, columns=["pair", "actor_role", "at", "known"]).sort_values("at")
    text = "%Y-%m-%dT%H:%M:%SZ"
    return pd.DataFrame(
        {
            "event_id": [f"e{n}" for n in range(len(frame))],
            "event_type": "message_sent",
            "pair_id": [f"p{n:02}" for n in frame["pair"]],
            "actor_role": frame["actor_role"].to_numpy(),
            "actor_id": [f"{role}{n}" for role, n in zip(frame["actor_role"], frame["pair"], strict=True)],
            "occurred_at": frame["at"].dt.strftime(text).to_numpy(),
            "recorded_at": frame["known"].dt.strftime(text).to_numpy(),
            "payload": "{}",
        }
    )


def home_of(folder: Path, rows: pd.DataFrame) -> Settings:
    folder.mkdir()
    rows.to_parquet(folder / "letters.parquet")
    settings = load_settings(folder / "home")
    (result,), _ = ingest_into_home(settings, [folder / "letters.parquet"], mapping=MAPPING)
    assert (result.status, result.quarantined) == ("accepted", 0)
    return settings


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return home_of(tmp_path_factory.mktemp("whole") / "log", letters())


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


def test_the_activity_of_a_week_is_that_of_a_real_build_as_of_then(whole: Settings, tmp_path: Path) -> None:
    end = naive_utc(end_of_day(MIDDLE, ZoneInfo("UTC")))
    aware = end.replace(tzinfo=dt.UTC)
    with open_build(whole, tmp_path / "m.duckdb") as con:
        now = dt.datetime(2025, 12, 1, tzinfo=dt.UTC)
        ends = week_ends(con, Run(now, now, whole.policy), MIDDLE, MIDDLE)
        weeks = fold_weeks(con, Run(now, now, whole.policy), models.discover(), ends).activity
        fold(con, Run(aware, aware, whole.policy))
        built = con.execute("select * from feature.activity order by pair_id").df()
    assert ends[-1] == end
    folded = weeks[weeks["as_of"] == pd.Timestamp(end)].drop(columns="as_of").reset_index(drop=True)
    pd.testing.assert_frame_equal(folded, built, check_dtype=False)
    assert len(built) == N_PAIRS


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


def test_a_fitted_model_is_used_from_its_last_day_on_and_a_second_fit_needs_news(whole: Settings) -> None:
    as_of = dt.datetime.combine(LAST, dt.time(12), dt.UTC)
    made = fit_home(whole, as_of)
    assert made.is_promoted
    assert made.file.card["basis"] == "model"
    assert not fit_home(whole, as_of).is_promoted
    kept = read_model(whole.risk_folder / "model.json")
    assert kept == made.file

    build_home(whole, as_of=as_of)
    with publish.open_current(whole.published) as con:
        told = con.execute(
            "select risk_30d, risk_tier, risk_basis from mart.pair where risk_30d is not null"
        ).df()
        reasons = con.execute("select * from mart.pair_risk_reason").df()
    assert "model" in set(told["risk_basis"])
    assert told["risk_30d"].between(0, 1).all()
    assert set(told["risk_tier"]) <= {"usual", "raised", "high"}
    assert (reasons["log_odds"] > 0).all()

    build_home(whole, as_of=dt.datetime(2025, 4, 1, tzinfo=dt.UTC))
    with publish.open_current(whole.published) as con:
        early = con.execute(
            "select distinct risk_basis from mart.pair where risk_basis is not null"
        ).fetchall()
    assert early == [("prior",)]


def test_without_a_home_to_learn_from_the_command_says_so(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from pipelines.cli import app

    result = CliRunner().invoke(app, ["model", "show", "--json", "--home", str(tmp_path)])
    assert json.loads(result.stdout)["card"]["basis"] == "prior"
    export = CliRunner().invoke(app, ["model", "export", str(tmp_path / "m.json"), "--home", str(tmp_path)])
    assert "no model is kept yet" in str(export.exception)
