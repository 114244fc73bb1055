"""Running an asset again, with nothing new to read, changes nothing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import dagster as dg
import duckdb

from pipelines.assets.names import key_of
from pipelines.definitions import definitions_of
from pipelines.sample import write_sample
from warehouse.settings import Settings, load_settings

UNTIL = dt.date(2026, 3, 1)
AS_OF = {"ops": {"ref__run": {"config": {"as_of": f"{UNTIL}", "known_at": f"{UNTIL}"}}}}


def test_every_asset_run_twice_changes_nothing(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "home")
    write_sample(settings.inbox, until=UNTIL, seed=11)
    assets = refresh(settings)
    before = contents(settings)
    assert {key_of(table) for table in before if not table.startswith(("log.", "kept."))} <= assets
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
    held["log.published"] = [(path.name,) for path in sorted(settings.published.glob("*.duckdb"))]
    return held
