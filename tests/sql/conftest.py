"""Data-only tests of single SQL models.

A case is a folder `tests/sql/<layer>/<model>/<case>/` with one CSV for each table the model reads
(`core.touch.csv`) and `expect.csv`. Tables without a CSV are empty; columns without a value are NULL.
Only the columns named in `expect.csv` are compared, rows in any order.

To keep cases short, a few columns are filled in where a CSV leaves them out: those in `FILLED`, and a date
`x_on` from its instant `x_at`. Models that read no table (such as ref.touch_kind) are built for real, and
`ref.run` has the default policy.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from warehouse import models
from warehouse.events import catalogue as catalogue
from warehouse.events.base import typed_columns
from warehouse.log import ENVELOPE_COLUMNS
from warehouse.policy import Policy
from warehouse.run import Run, write_run

FOLDER = Path(__file__).parent
AS_OF = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)

FILLED = {
    "position": "line",
    "source": "'test'",
    "source_event_id": "'e' || line::varchar",
    "evidence": "'observed'",
    "recorded_at": "occurred_at",
}
"""Column -> what it is where a CSV leaves it out; `line` is the number of the row, from 1."""

LOG_TABLES = {
    "log.typed_event": ENVELOPE_COLUMNS | typed_columns(),
    "log.ledger": {
        **dict.fromkeys(("file_id", "name", "source", "mapping", "status", "notes"), "VARCHAR"),
        **dict.fromkeys(("lines_in", "accepted", "duplicate", "quarantined", "n_events"), "BIGINT"),
        "landed_at": "TIMESTAMP",
    },
    "log.quarantine": {
        **dict.fromkeys(("quarantine_id", "file_id", "source", "code", "field", "hint", "status"), "VARCHAR"),
        **dict.fromkeys(("line", "byte_offset"), "BIGINT"),
        "seen_at": "TIMESTAMP",
    },
}

SIGNAL_TABLES = {
    "signal.pair": {
        **dict.fromkeys(
            ("pair_id", "stage", "state", "band", "waiting_on", "reason", "next_step"),
            "VARCHAR",
        ),
        **dict.fromkeys(
            (
                "tau_days",
                "sigma",
                "silence_ratio",
                "surprise",
                "health",
                "coverage",
                "risk_30d",
                "priority",
            ),
            "DOUBLE",
        ),
        "ghosted_on": "DATE",
    },
    "signal.pair_reason": {
        **dict.fromkeys(("pair_id", "code", "reason"), "VARCHAR"),
        **dict.fromkeys(("value", "expected"), "DOUBLE"),
        "ordinal": "INTEGER",
        "since_on": "DATE",
    },
    "signal.health_part": {
        **dict.fromkeys(("pair_id", "component"), "VARCHAR"),
        **dict.fromkeys(
            ("score", "evidence", "weight", "points", "points_possible", "contribution"), "DOUBLE"
        ),
    },
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Collect every folder that holds an expect.csv."""
    if "case" in metafunc.fixturenames:
        cases = sorted(path.parent for path in FOLDER.glob("*/*/*/expect.csv"))
        metafunc.parametrize("case", cases, ids=[str(case.relative_to(FOLDER)) for case in cases])


@pytest.fixture(scope="session")
def all_models() -> dict[str, models.Model]:
    return models.discover()


@pytest.fixture(scope="session")
def schema(all_models: dict[str, models.Model]) -> dict[str, dict[str, str]]:
    """Table -> column -> SQL type, as the models themselves return it from an empty log."""
    con = _connect()
    for table, columns in (LOG_TABLES | SIGNAL_TABLES).items():
        _create(con, table, columns)
    write_run(con, Run(AS_OF, AS_OF, Policy()))
    signals = {
        name: models.PythonModel(name, ("feature.pair",), lambda _con: None) for name in SIGNAL_TABLES
    }
    models.build(con, {**all_models, **signals})
    tables = [*LOG_TABLES, *SIGNAL_TABLES, *all_models, "ref.run"]
    return {table: _columns(con, table) for table in tables}


@dataclass(frozen=True)
class Outcome:
    """What a case expects and what its model returned: rows as text, in a stable order."""

    columns: list[str]
    expected: list[tuple[str | None, ...]]
    found: list[tuple[str | None, ...]]


@pytest.fixture
def outcome(
    case: Path, all_models: dict[str, models.Model], schema: dict[str, dict[str, str]]
) -> Iterator[Outcome]:
    """Build the case's model from its CSV files alone."""
    model = all_models[f"{case.parts[-3]}.{case.parts[-2]}"]
    con = _connect()
    _prepare(con, model, case, all_models, schema)
    models.build_one(con, model)
    header, rows = _read(case / "expect.csv")
    types = schema[model.name]
    unknown = sorted(set(header) - set(types))
    assert not unknown, f"{model.name} returns no column {', '.join(unknown)}"
    _create(con, "test.expect", {name: types[name] for name in header})
    if rows:
        con.executemany(f"insert into test.expect values ({', '.join('?' * len(header))})", rows)
    yield Outcome(header, _rows(con, "test.expect", header), _rows(con, model.name, header))
    con.close()


def _prepare(
    con: duckdb.DuckDBPyConnection,
    model: models.Model,
    case: Path,
    all_models: dict[str, models.Model],
    schema: dict[str, dict[str, str]],
) -> None:
    """Every table the model reads: from its CSV, built for real if it reads nothing itself, or empty."""
    inputs = {path.stem for path in case.glob("*.csv")} - {"expect"}
    stray = sorted(inputs - set(model.depends_on))
    assert not stray, f"{case}: {model.name} does not read {', '.join(stray)}"
    _write_run(con, case / "ref.run.csv")
    for table in sorted(set(model.depends_on) - {"ref.run"}):
        path = case / f"{table}.csv"
        if table in all_models and not all_models[table].depends_on:
            models.build_one(con, all_models[table])
        else:
            fill(con, table, schema[table], path)


def _write_run(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """The default policy as of AS_OF; a CSV of one row overrides single columns."""
    _create(con, "log.typed_event", LOG_TABLES["log.typed_event"])
    write_run(con, Run(AS_OF, AS_OF, Policy()))
    if path.exists():
        header, (row,) = _read(path)
        con.execute("update ref.run set " + ", ".join(f'"{name}" = ?' for name in header), row)


def fill(con: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], path: Path) -> None:
    """Create one input table from its CSV, or empty where there is none."""
    _create(con, table, columns)
    if not path.exists():
        return
    header, rows = _read(path)
    unknown = sorted(set(header) - set(columns))
    assert not unknown, f"{path}: {table} has no column {', '.join(unknown)}"
    con.execute(f"create or replace temp table raw (line varchar, {_list(header, 'varchar')})")
    marks = ", ".join("?" * (1 + len(header)))
    for line, row in enumerate(rows, 1):
        con.execute(f"insert into raw values ({marks})", [str(line), *row])
    given = {name: f'"{name}"' if name in header else "null" for name in columns}
    typed = ", ".join(f'{given[name]}::{sql_type} as "{name}"' for name, sql_type in columns.items())
    values = ", ".join(
        f'coalesce("{name}", {_filled(name, columns)})::{sql_type}' for name, sql_type in columns.items()
    )
    con.execute(
        f"insert into {_quoted(table)} "
        f"with typed as (select line::bigint as line, {typed} from raw) select {values} from typed"
    )


def _connect() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("attach ':memory:' as log")
    return connection


def _rows(con: duckdb.DuckDBPyConnection, table: str, columns: list[str]) -> list[tuple[str | None, ...]]:
    texts = ", ".join(f'"{name}"::varchar as "{name}"' for name in columns)
    return con.execute(f"select {texts} from {_quoted(table)} order by all").fetchall()


def _create(con: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str]) -> None:
    layer = table.partition(".")[0]
    if layer != "log":
        con.execute(f"create schema if not exists {layer}")
    types = ", ".join(f'"{name}" {sql_type}' for name, sql_type in columns.items())
    con.execute(f"create or replace table {_quoted(table)} ({types})")


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    rows = con.execute(f"select column_name, column_type from (describe {_quoted(table)})").fetchall()
    return dict(rows)


def _filled(name: str, columns: dict[str, str]) -> str:
    """What a column is where a case does not say."""
    instant = name.removesuffix("_on") + "_at"
    if name.endswith("_on") and instant in columns:
        return f'"{instant}"::date'
    return FILLED.get(name, "null")


def _list(names: list[str], sql_type: str) -> str:
    return ", ".join(f'"{name}" {sql_type}' for name in names)


def _quoted(table: str) -> str:
    return ".".join(f'"{part}"' for part in table.split("."))


def _read(path: Path) -> tuple[list[str], list[list[str | None]]]:
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return header, [[cell or None for cell in row] for row in rows]
