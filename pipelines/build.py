"""From the log to a publication: fold the models, judge the pairs, check, publish.

The command line and Dagster call the same steps; this module is the plain, in-process order of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from expectations.runner import CheckResult, run_checks, write_results
from pipelines.signals import evaluate
from warehouse import database, models, publish
from warehouse.clock import Clock, system_clock
from warehouse.errors import ChecksFailed, KinkeeperError
from warehouse.models import Model, PythonModel
from warehouse.policy import Policy
from warehouse.publish import Publication
from warehouse.run import Run, hidden_by_known_at, write_run
from warehouse.settings import Settings

OnStep = Callable[[str], None]

SIGNAL_TABLES: dict[str, dict[str, str]] = {
    "signal.pair": {
        "pair_id": "VARCHAR",
        "stage": "VARCHAR",
        "state": "VARCHAR",
        "band": "VARCHAR",
        "waiting_on": "VARCHAR",
        "tau_days": "DOUBLE",
        "sigma": "DOUBLE",
        "silence_ratio": "DOUBLE",
        "surprise": "DOUBLE",
        "health": "DOUBLE",
        "coverage": "DOUBLE",
        "risk_30d": "DOUBLE",
        "ghosted_on": "DATE",
        "reason": "VARCHAR",
        "next_step": "VARCHAR",
        "priority": "DOUBLE",
    },
    "signal.pair_reason": {
        "pair_id": "VARCHAR",
        "ordinal": "INTEGER",
        "code": "VARCHAR",
        "reason": "VARCHAR",
        "value": "DOUBLE",
        "expected": "DOUBLE",
        "since_on": "DATE",
    },
    "signal.health_part": {
        "pair_id": "VARCHAR",
        "component": "VARCHAR",
        "score": "DOUBLE",
        "evidence": "DOUBLE",
        "weight": "DOUBLE",
        "points": "DOUBLE",
        "points_possible": "DOUBLE",
        "contribution": "DOUBLE",
    },
}
"""The tables the signals are kept in: column -> SQL type."""


@dataclass(frozen=True, slots=True)
class Build:
    """A finished build and how many events its `known_at` kept out of sight."""

    publication: Publication
    n_hidden: int
    checks: tuple[CheckResult, ...]


def resolve_run(
    settings: Settings, as_of: dt.datetime | None, known_at: dt.datetime | None, clock: Clock
) -> Run:
    """The run a caller asked for: as of now unless said otherwise, knowing what was known then."""
    now = clock().replace(microsecond=0)
    chosen = as_of or now
    return Run(as_of=chosen, known_at=known_at or chosen, policy=settings.policy)


def build_home(
    settings: Settings,
    *,
    as_of: dt.datetime | None = None,
    known_at: dt.datetime | None = None,
    is_full: bool = False,
    clock: Clock = system_clock,
    on_step: OnStep = lambda _name: None,
) -> Build:
    """Build everything, check it and make it the current publication.

    `is_full` throws the derived tables away first. Raises ChecksFailed where a blocking expectation is
    broken: the last good publication stays up.
    """
    run = resolve_run(settings, as_of, known_at, clock)
    with database.writer_lock(settings.home):
        if is_full:
            settings.models_file.unlink(missing_ok=True)
        with open_build(settings, settings.models_file) as con:
            fold(con, run, on_step)
            on_step("expectations")
            checks = run_checks(con)
            write_results(con, checks)
            refuse_broken(checks)
            on_step("publication")
            hashed = models.mart_hash(con, publish.mart_tables(con))
            publication = publish.publish(con, settings.published, hashed)
            return Build(publication, hidden_by_known_at(con, run), tuple(checks))


def open_build(settings: Settings, path: Path) -> duckdb.DuckDBPyConnection:
    """A models database with the log attached; refuses a home into which nothing was ever ingested."""
    if not settings.log_file.exists():
        raise KinkeeperError(f"{settings.home} holds no events yet: run `kinkeeper ingest PATH` first")
    return database.open_models(path, settings.log_file)


def fold(con: duckdb.DuckDBPyConnection, run: Run, on_step: OnStep = lambda _name: None) -> dict[str, int]:
    """Write `ref.run` and build every model, SQL and signals, in the order of their dependencies."""
    write_run(con, run)
    return models.build(con, all_models(run.policy), on_model=on_step)


def all_models(policy: Policy) -> dict[str, Model | PythonModel]:
    """Every model by name: the SQL files, and the signals between features and marts."""
    return {**models.discover(), **{model.name: model for model in signal_models(policy)}}


def signal_models(policy: Policy) -> tuple[PythonModel, ...]:
    """The signals as models: one evaluation writes all three tables."""
    first, *others = SIGNAL_TABLES
    together = (PythonModel(name, (first,), lambda _con: None) for name in others)
    return (
        PythonModel(first, ("feature.pair", "ref.run"), lambda con: write_signals(con, policy)),
        *together,
    )


def write_signals(con: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """Judge every pair of `feature.pair` and keep states, reasons and contributions as tables."""
    row = con.execute("select as_of from ref.run").fetchone()
    assert row is not None, "ref.run is written before the signals"
    frame = con.execute("select * from feature.pair order by pair_id").df()
    signals = evaluate(frame, row[0], policy)
    con.execute("create schema if not exists signal")
    for table, result in (
        ("signal.pair", signals.pair),
        ("signal.pair_reason", signals.pair_reason),
        ("signal.health_part", signals.health_part),
    ):
        _store(con, table, result)


def refuse_broken(checks: list[CheckResult]) -> None:
    """Raise ChecksFailed naming every blocking rule that does not hold."""
    broken = [check for check in checks if check.is_blocking and not check.is_ok]
    if broken:
        rules = "; ".join(
            f"{check.table_name}: {check.rule} ({check.n_failed} of {check.n_checked} rows)"
            for check in broken
        )
        raise ChecksFailed(
            f"nothing was published, the last good publication stays up. Blocking rules are broken: {rules}"
        )


def _store(con: duckdb.DuckDBPyConnection, table: str, frame: pd.DataFrame) -> None:
    casts = ", ".join(f"{name}::{sql_type} as {name}" for name, sql_type in SIGNAL_TABLES[table].items())
    con.register("frame", frame)
    con.execute(f"create or replace table {table} as select {casts} from frame")
    con.unregister("frame")
