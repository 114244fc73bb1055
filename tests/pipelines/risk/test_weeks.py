"""The weeks of a log, folded one after the other, are those of real builds."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from pipelines.build import fold_only, open_build
from pipelines.risk.weeks import fold_weeks, week_ends
from tests.pipelines.letters import MIDDLE, N_PAIRS
from warehouse import models
from warehouse.clock import end_of_day, naive_utc
from warehouse.replay import Replay, replay
from warehouse.run import Run
from warehouse.settings import Settings

pytestmark = pytest.mark.slow


def test_the_activity_of_a_week_is_that_of_a_real_build_as_of_then(whole: Settings, tmp_path: Path) -> None:
    end = naive_utc(end_of_day(MIDDLE, ZoneInfo("UTC")))
    aware = end.replace(tzinfo=dt.UTC)
    with open_build(whole, tmp_path / "m.duckdb") as con:
        now = dt.datetime(2025, 12, 1, tzinfo=dt.UTC)
        ends = week_ends(con, Run(now, now, whole.policy), MIDDLE, MIDDLE)
        weeks = fold_weeks(con, Run(now, now, whole.policy), models.discover(), ends).activity
        asked = Replay(
            models.discover(), "feature.circumstance", Run(now, now, whole.policy), is_as_known=True
        )
        (around,) = replay(con, asked, [end])
        fold_only(con, Run(aware, aware, whole.policy), ["feature.activity", "feature.circumstance"])
        built = con.execute("select * from feature.activity order by pair_id").df()
        built_around = con.execute("select * from feature.circumstance order by pair_id").df()
    assert ends[-1] == end
    folded = weeks[weeks["as_of"] == pd.Timestamp(end)].drop(columns="as_of").reset_index(drop=True)
    pd.testing.assert_frame_equal(folded, built, check_dtype=False)
    pd.testing.assert_frame_equal(around.drop(columns="as_of"), built_around, check_dtype=False)
    assert len(built) == len(built_around) == N_PAIRS
