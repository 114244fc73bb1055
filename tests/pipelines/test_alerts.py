"""Alerts in the log: raised once, by builds as of now alone, and never the cause of a signal."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from pipelines.build import build_home
from warehouse import publish
from warehouse.clock import Clock
from warehouse.database import open_read_only
from warehouse.settings import Settings, load_settings

pytestmark = pytest.mark.slow

JUDGED = ("pair", "pair_day", "pair_reason", "pair_risk_reason", "health_part", "watchlist")


def alerts_in(settings: Settings) -> list[tuple[Any, ...]]:
    with open_read_only(settings.log_file) as con:
        return con.execute(
            "select event_type, source_event_id, pair_id, occurred_at, recorded_at, model "
            "from typed_event where source = 'kinkeeper/alerts' order by position"
        ).fetchall()


def published(settings: Settings, table: str) -> list[tuple[Any, ...]]:
    with publish.open_current(settings.published) as con:
        return con.execute(f"select * from mart.{table} order by all").fetchall()


def test_a_build_as_of_now_raises_alerts_once_and_nothing_it_judges_reads_them(
    demo_home: Path, tmp_path: Path, clock: Clock
) -> None:
    settings = load_settings(shutil.copytree(demo_home, tmp_path / "home"))
    build_home(settings, raises_alerts=True, clock=clock)
    recorded = alerts_in(settings)
    raised = [row for row in recorded if row[0] == "ops.alert_raised"]
    before = {table: published(settings, table) for table in JUDGED}
    assert len(raised) >= settings.policy.attention_budget
    assert all(len(row[5]) == 64 for row in raised)

    build_home(settings, is_full=True, raises_alerts=True, clock=clock)
    assert alerts_in(settings) == recorded
    assert {table: published(settings, table) for table in JUDGED} == before
    assert {row[1] for row in raised} <= {row[1] for row in published(settings, "alert")}
    assert not any(str(row[0]).startswith("kinkeeper") for row in published(settings, "source"))
