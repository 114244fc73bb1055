"""The record of the last backtest of each target, kept beside the model: every later build publishes it."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from pipelines.risk.kept import folder_of
from pipelines.signals.record import Record
from pipelines.signals.risk import EXIT, SILENCE, Target

BACKTEST_TABLES: dict[str, dict[str, str]] = {
    "signal.backtest": {
        "target": "VARCHAR",
        "method": "VARCHAR",
        "metric": "VARCHAR",
        "value": "DOUBLE",
        "low": "DOUBLE",
        "high": "DOUBLE",
        "n_rows": "INTEGER",
        "n_pairs": "INTEGER",
        "n_weeks": "INTEGER",
        "from_on": "DATE",
        "to_on": "DATE",
    },
    "signal.backtest_bin": {
        "target": "VARCHAR",
        "method": "VARCHAR",
        "bin": "INTEGER",
        "n": "INTEGER",
        "predicted_rate": "DOUBLE",
        "observed_rate": "DOUBLE",
        "low": "DOUBLE",
        "high": "DOUBLE",
    },
    "signal.backtest_lead": {
        "target": "VARCHAR",
        "method": "VARCHAR",
        "lead_days": "DOUBLE",
        "n_silences": "INTEGER",
    },
    "signal.backtest_week": {
        "target": "VARCHAR",
        "method": "VARCHAR",
        "on_date": "DATE",
        "n_pairs": "INTEGER",
        "n_silent": "INTEGER",
        "n_alerts": "INTEGER",
        "n_right": "INTEGER",
    },
    "signal.backtest_group": {
        "target": "VARCHAR",
        "method": "VARCHAR",
        "field": "VARCHAR",
        "group_value": "VARCHAR",
        "metric": "VARCHAR",
        "n": "INTEGER",
        "n_pairs": "INTEGER",
        "value": "DOUBLE",
        "low": "DOUBLE",
        "high": "DOUBLE",
    },
}
"""The tables of a record: column -> SQL type."""

FILES: dict[Target, str] = {SILENCE: "backtest.json", EXIT: "backtest-exit.json"}


def tables_of(
    record: Record, from_on: dt.date, to_on: dt.date, target: Target = SILENCE
) -> dict[str, pd.DataFrame]:
    """The frames of BACKTEST_TABLES from a record of as-of dates."""
    metric = record.metric.assign(from_on=str(from_on), to_on=str(to_on))
    week = record.week.assign(on_date=record.week["on_date"].astype(str).str[:10])
    parts = (metric, record.bin, record.lead, week, record.group)
    frames = dict(zip(BACKTEST_TABLES, parts, strict=True))
    return {name: frame.assign(target=target)[list(BACKTEST_TABLES[name])] for name, frame in frames.items()}


def keep_record(
    folder: Path, tables: dict[str, pd.DataFrame], known_at: dt.datetime, target: Target = SILENCE
) -> None:
    """Write the record of a target, with when its outcomes were known, for the next build to publish."""
    folder.mkdir(parents=True, exist_ok=True)
    body: dict[str, Any] = {"known_at": known_at.isoformat()}
    body |= {name: json.loads(frame.to_json(orient="records")) for name, frame in tables.items()}
    temporary = folder / ".backtest.tmp"
    temporary.write_text(json.dumps(body, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(temporary, folder / FILES[target])


def read_record(con: duckdb.DuckDBPyConnection, as_of: dt.datetime) -> dict[str, pd.DataFrame]:
    """The kept records; no rows of a target without one, or whose record knows what the run does not."""
    folder = folder_of(con)
    bodies = [] if folder is None else [_body(folder / file, as_of) for file in FILES.values()]
    return {
        name: pd.DataFrame([row for body in bodies for row in body.get(name, [])], columns=list(columns))
        for name, columns in BACKTEST_TABLES.items()
    }


def _body(path: Path, as_of: dt.datetime) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    if body and dt.datetime.fromisoformat(body["known_at"]) > as_of.replace(tzinfo=dt.UTC):
        return {}
    # Records written before there was a second target do not name theirs.
    return {name: [{"target": SILENCE} | row for row in body.get(name, [])] for name in BACKTEST_TABLES}
