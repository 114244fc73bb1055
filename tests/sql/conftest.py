"""Data-only tests of single SQL models.

A case is a folder `tests/sql/<layer>/<model>/<case>/` with one CSV for each table the model reads
(`core.touch.csv`) and `expect.csv`. Tables without a CSV are empty; cells without a value are NULL. Only
the columns named in `expect.csv` are compared, rows in any order. The run is as of AS_OF with the default
policy unless `ref.run.csv` says otherwise; models that read no table (ref.touch_kind) are built for real.

To keep cases short, inputs leave out what follows from the rest: see `_filled`. An event id may be written
as a plain number.
"""

from __future__ import annotations

import csv
import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from warehouse import models
from warehouse.calendars import CALENDAR_TABLES
from warehouse.events.base import typed_columns
from warehouse.instruments import ITEM_COLUMNS, WORD_COLUMNS
from warehouse.log_tables import ENVELOPE_COLUMNS
from warehouse.policy import Policy
from warehouse.run import Run, write_run

FOLDER = Path(__file__).parent
AS_OF = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)

Columns = dict[str, str]
Row = dict[str, str | None]


def _typed(**names: str) -> Columns:
    """Column -> SQL type, from names grouped by type."""
    return {name: sql_type for sql_type, group in names.items() for name in group.split()}


GIVEN: dict[str, Columns] = {
    "log.typed_event": ENVELOPE_COLUMNS | typed_columns(),
    "log.ledger": _typed(
        VARCHAR="file_id name source mapping status notes",
        BIGINT="lines_in accepted duplicate quarantined n_events last_position",
        TIMESTAMP="landed_at",
    ),
    "log.quarantine": _typed(
        VARCHAR="quarantine_id file_id source code field hint shape status",
        BIGINT="line byte_offset",
        TIMESTAMP="seen_at settled_at",
    ),
    "ref.instrument_item": ITEM_COLUMNS,
    "ref.instrument_word": WORD_COLUMNS,
    "signal.pair": _typed(
        VARCHAR="pair_id stage state band band_raw waiting_on reason reason_message next_step "
        "next_step_message",
        DOUBLE=(
            "tau_days sigma silence_ratio surprise health health_low health_high health_change_28d coverage "
            "priority"
        ),
        DATE="ghosted_on health_frozen_on",
        BOOLEAN="is_ghosting_final",
    ),
    "signal.pair_risk": _typed(
        VARCHAR="pair_id risk_tier risk_basis",
        BOOLEAN="is_risk_calibrated",
        DOUBLE="risk_30d risk_60d risk_own risk_horizon_days",
    ),
    "signal.pair_risk_cause": _typed(VARCHAR="pair_id cause", DOUBLE="rate_30d rate_60d"),
    "signal.pair_risk_reason": _typed(
        VARCHAR="pair_id code reason reason_message", INTEGER="ordinal", DOUBLE="log_odds"
    ),
    "signal.risk_model": _typed(
        VARCHAR="basis sha256 limits",
        BOOLEAN="is_synthetic is_calibrated",
        DATE="trained_from trained_to",
        INTEGER="n_windows n_pairs n_silent",
        DOUBLE="base_rate average_precision brier calibration_slope",
    ),
    "signal.holdout": _typed(VARCHAR="pair_id", DATE="held_until_on"),
    "signal.nudge_effect": _typed(
        VARCHAR="program_id comparison",
        INTEGER="n_treated n_treated_back n_others n_others_back",
        DOUBLE="value low high",
    ),
    "signal.alert_precision": _typed(VARCHAR="judged_by", INTEGER="n n_right", DOUBLE="value low high"),
    "signal.backtest": _typed(
        VARCHAR="target method metric",
        DOUBLE="value low high",
        INTEGER="n_rows n_pairs n_weeks",
        DATE="from_on to_on",
    ),
    "signal.backtest_bin": _typed(
        VARCHAR="target method", INTEGER="bin n", DOUBLE="predicted_rate observed_rate low high"
    ),
    "signal.backtest_lead": _typed(VARCHAR="target method", DOUBLE="lead_days", INTEGER="n_silences"),
    "signal.backtest_week": _typed(
        VARCHAR="target method", DATE="on_date", INTEGER="n_pairs n_silent n_alerts n_right"
    ),
    "signal.backtest_group": _typed(
        VARCHAR="target method field group_value metric", INTEGER="n n_pairs", DOUBLE="value low high"
    ),
    "signal.pair_day": _typed(
        VARCHAR="pair_id stage state band_raw band waiting_on",
        DOUBLE="health coverage tau_days silence_ratio",
        DATE="day health_frozen_on",
    ),
    "signal.pair_reason": _typed(
        VARCHAR="pair_id code reason reason_message",
        DOUBLE="value expected",
        INTEGER="ordinal",
        DATE="since_on",
    ),
    "signal.cohort_entry": _typed(
        VARCHAR="pair_id program_id cohort_id", DOUBLE="mentor_rating mentee_rating growth"
    ),
    "signal.health_part": _typed(
        VARCHAR="pair_id component", DOUBLE="score evidence weight points points_possible"
    ),
    "signal.frozen_part": _typed(
        VARCHAR="pair_id component", DOUBLE="score evidence weight points points_possible mean"
    ),
    "signal.ending_curve": _typed(
        VARCHAR="program_id cohort_id curve",
        INTEGER="day n_at_risk n_ended",
        DOUBLE="rate low high",
        BOOLEAN="is_whole",
    ),
    "signal.kpi": _typed(
        VARCHAR="program_id cohort_id kpi moment worst_evidence", BIGINT="n n_pairs", DOUBLE="value low high"
    ),
    "signal.equity_value": _typed(
        VARCHAR="program_id field group_value kpi", BIGINT="n n_pairs", DOUBLE="value low high"
    ),
    "signal.equity_gap": _typed(
        VARCHAR="program_id field kpi lowest_group highest_group verdict",
        INTEGER="n_groups n_hidden",
        DOUBLE="lowest highest gap gap_low gap_high p_value p_adjusted",
    ),
    "signal.survey_response": _typed(
        VARCHAR="program_id instrument wave side",
        DATE="sent_on",
        BOOLEAN="is_open is_hidden",
        INTEGER="n n_reached",
        DOUBLE="value low high",
    ),
    "signal.survey_score": _typed(
        VARCHAR="program_id field group_value instrument subscale side worst_evidence wave_before",
        DATE="from_on until_on",
        BOOLEAN="is_hidden",
        INTEGER="n n_pairs scale_min scale_max n_before",
        DOUBLE="value low high value_before",
    ),
    "signal.survey_share": _typed(VARCHAR="program_id instrument wave side item", INTEGER="step n n_all"),
    "signal.survey_change": _typed(
        VARCHAR="program_id field group_value instrument subscale side worst_evidence",
        BOOLEAN="is_hidden",
        INTEGER="n_before n_paired n_lost n_outside scale_min scale_max",
        DOUBLE=(
            "mean_before mean_after value low high effect effect_low effect_high stayed stayed_low "
            "stayed_high outside difference difference_low difference_high"
        ),
    ),
    "signal.ending_comparison": _typed(
        VARCHAR="program_id cohort_id outcome verdict sentence sentence_message",
        INTEGER="from_day age_days n_pairs n_others n_ended n_others_ended",
        DOUBLE="rate low high others_rate others_low others_high p_value",
    ),
    **CALENDAR_TABLES,
}
"""The tables no SQL model makes: the log's, the signals' and the calendars."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Collect every folder that holds an expect.csv."""
    if "case" in metafunc.fixturenames:
        cases = sorted(path.parent for path in FOLDER.glob("*/*/*/expect.csv"))
        metafunc.parametrize("case", cases, ids=[str(case.relative_to(FOLDER)) for case in cases])


@pytest.fixture(scope="session")
def all_models() -> dict[str, models.Model]:
    return models.discover()


@pytest.fixture(scope="session")
def schema(all_models: dict[str, models.Model]) -> dict[str, Columns]:
    """Table -> column -> SQL type, as the models themselves return it from an empty log."""
    con = _connect()
    for table, columns in GIVEN.items():
        _insert(con, table, columns, [])
    _write_run(con)
    signals = {
        name: models.PythonModel(name, ("feature.pair",), lambda _con: None)
        for name in GIVEN
        if name.startswith("signal.")
    }
    models.build(con, {**all_models, **signals})
    return {table: _columns(con, table) for table in [*GIVEN, *all_models]}


@dataclass(frozen=True)
class Outcome:
    """What a case expects and what its model returned: rows as text, in a stable order."""

    columns: list[str]
    expected: list[tuple[str | None, ...]]
    found: list[tuple[str | None, ...]]


@pytest.fixture
def outcome(case: Path, all_models: dict[str, models.Model], schema: dict[str, Columns]) -> Iterator[Outcome]:
    """Build the case's model from its CSV files alone."""
    model = all_models[f"{case.parts[-3]}.{case.parts[-2]}"]
    con = _connect()
    _write_run(con, case / "ref.run.csv")
    _check_inputs(case, model)
    for table in sorted(set(model.depends_on) - {"ref.run"}):
        if table in all_models and not all_models[table].depends_on:
            models.build_one(con, all_models[table])
        else:
            path = case / f"{table}.csv"
            _fill(con, table, schema[table], _read(path) if path.exists() else ([], []))
    models.build_one(con, model)
    columns, rows = _read(case / "expect.csv")
    types = {name: schema[model.name][name] for name in columns}
    _insert(con, "test.expect", types, rows)
    yield Outcome(columns, _rows(con, "test.expect", columns), _rows(con, model.name, columns))
    con.close()


@pytest.fixture
def build_from(
    all_models: dict[str, models.Model], schema: dict[str, Columns]
) -> Iterator[Callable[..., duckdb.DuckDBPyConnection]]:
    """Builds some models, in the order given, from rows instead of files; all other tables are empty."""
    opened: list[duckdb.DuckDBPyConnection] = []

    def build(inputs: dict[str, list[Row]], *targets: str) -> duckdb.DuckDBPyConnection:
        con = _connect()
        opened.append(con)
        _write_run(con)
        for table in sorted(set(schema) - set(targets)):
            rows = inputs.get(table, [])
            _fill(con, table, schema[table], (list(rows[0]) if rows else [], rows))
        for target in targets:
            models.build_one(con, all_models[target])
        return con

    yield build
    for con in opened:
        con.close()


def _check_inputs(case: Path, model: models.Model) -> None:
    stray = {path.stem for path in case.glob("*.csv")} - {"expect", *model.depends_on}
    assert not stray, f"{case}: {model.name} does not read {', '.join(sorted(stray))}"


def _fill(
    con: duckdb.DuckDBPyConnection, table: str, columns: Columns, content: tuple[list[str], list[Row]]
) -> None:
    """Create one input table; `content` is its header and its rows."""
    header, rows = content
    unknown = sorted(set(header) - set(columns))
    assert not unknown, f"{table} has no column {', '.join(unknown)}"
    _insert(con, table, columns, [_filled(row, number, columns) for number, row in enumerate(rows, 1)])


def _filled(row: Row, number: int, columns: Columns) -> Row:
    """A row with what it leaves out: a name from its number, when it was learnt, dates from instants."""
    filled: Row = {
        "position": str(number),
        "event_id": str(uuid.UUID(int=number)),
        "source": "test",
        "source_event_id": f"e{number}",
        "evidence": "observed",
        "recorded_at": row.get("occurred_at"),
        **{name: value for name, value in row.items() if value is not None},
    }
    for name in columns:
        instant = filled.get(name.removesuffix("_on") + "_at")
        if name.endswith("_on") and instant:
            filled.setdefault(name, instant[:10])
    filled["order_key"] = (
        f"{{'occurred_at': '{filled.get('occurred_at')}', 'recorded_at': '{filled['recorded_at']}', "
        f"'event_id': '{filled['event_id']}'}}"
    )
    return filled


def _insert(con: duckdb.DuckDBPyConnection, table: str, columns: Columns, rows: list[Row]) -> None:
    """A table with these columns and rows; text becomes the column's type."""
    layer = table.partition(".")[0]
    if layer != "log":
        con.execute(f"create schema if not exists {layer}")
    types = ", ".join(f'"{name}" {sql_type}' for name, sql_type in columns.items())
    con.execute(f"create or replace table {_quoted(table)} ({types})")
    if rows:
        marks = ", ".join(f"?::{sql_type}" for sql_type in columns.values())
        values = [[row.get(name) for name in columns] for row in rows]
        con.executemany(f"insert into {_quoted(table)} values ({marks})", values)


def _write_run(con: duckdb.DuckDBPyConnection, path: Path | None = None) -> None:
    """The default policy as of AS_OF; a CSV of one row overrides single columns."""
    _insert(con, "log.typed_event", GIVEN["log.typed_event"], [])
    write_run(con, Run(AS_OF, AS_OF, Policy()))
    if path is not None and path.exists():
        columns, (row,) = _read(path)
        changes = ", ".join(f'"{name}" = ?' for name in columns)
        con.execute(f"update ref.run set {changes}", list(row.values()))


def _read(path: Path) -> tuple[list[str], list[Row]]:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = [{name: _cell(name, value) for name, value in row.items()} for row in reader]
    return list(reader.fieldnames or ()), rows


def _cell(name: str, value: str) -> str | None:
    if name == "event_id" and value.isdigit():
        return str(uuid.UUID(int=int(value)))
    return value or None


def _rows(con: duckdb.DuckDBPyConnection, table: str, columns: list[str]) -> list[tuple[str | None, ...]]:
    texts = ", ".join(f'"{name}"::varchar as "{name}"' for name in columns)
    return con.execute(f"select {texts} from {_quoted(table)} order by all").fetchall()


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> Columns:
    return dict(con.execute(f"select column_name, column_type from (describe {_quoted(table)})").fetchall())


def _quoted(table: str) -> str:
    return ".".join(f'"{part}"' for part in table.split("."))


def _connect() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'")
    con.execute("attach ':memory:' as log")
    return con
