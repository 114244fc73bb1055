"""Running an asset again, with nothing new to read, changes nothing."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import replace
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from expectations.runner import run_checks
from pipelines.assets.names import key_of
from pipelines.definitions import definitions_of
from pipelines.sample import write_sample
from pipelines.signal_models import all_models
from warehouse.policy import Policy
from warehouse.settings import Settings, load_settings

LONG_AGO = 1_770_000_000
UNTIL = dt.date(2026, 3, 1)
AS_OF = {
    "ops": {"ref__run": {"config": {"as_of": f"{UNTIL}", "known_at": f"{UNTIL}"}}},
    "loggers": {"console": {"config": {"log_level": "ERROR"}}},
}


def test_every_asset_run_twice_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules are read as SQL: Great Expectations finds the same, in as much time as all else takes."""
    monkeypatch.setattr("pipelines.checks.validate_tables", run_checks)
    settings = replace(load_settings(tmp_path / "home"), policy=Policy(history_days=1))
    write_sample(settings.inbox, until=UNTIL, seed=11)
    for path in settings.inbox.rglob("*"):
        os.utime(path, (LONG_AGO, LONG_AGO))  # a file that has just changed is left for later
    assets = refresh(settings)
    before = contents(settings)
    assert before["log.event"]
    assert before["mart.pair"]
    assert {key_of(name) for name in all_models(settings.policy)} <= assets
    assert refresh(settings) == assets
    assert contents(settings) == before


def refresh(settings: Settings) -> set[dg.AssetKey]:
    """Run every asset; answers which were."""
    job = definitions_of(settings).resolve_job_def("refresh")
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, run_config=AS_OF)
    return {event.asset_key for event in result.get_asset_materialization_events() if event.asset_key}


def contents(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the log and of every table made from it, and the names of what was published."""
    held: dict[str, list[tuple[object, ...]]] = {}
    for file, prefix in ((settings.log_file, "log."), (settings.models_file, "")):
        with duckdb.connect(str(file), read_only=True) as con:
            tables = con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
            for schema, table in tables:
                rows = con.execute(f"select * from {schema}.{table} order by all").fetchall()
                held[prefix + table if prefix else f"{schema}.{table}"] = rows
    for compared in ("ref.drift", "mart.check_result"):  # with the build before, which the first one lacks
        held.pop(compared, None)
    held["log.published"] = [(path.name,) for path in sorted(settings.published.glob("*.duckdb"))]
    return held
