"""Runs the rules: in SQL inside a build, and by Great Expectations on frames, as asset checks.

Both read the same suites and find the same. Great Expectations takes seconds and 250 MB to import, so it
is imported when the first frame is validated and never before; this is the only room that knows it. It
validates pandas frames of the needed columns; rules between tables are SQL for both. A result tells how
many rows break a rule and never which values they hold.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from functools import cache
from typing import Any

import duckdb
import pandas as pd

from expectations import results
from expectations.in_sql import WRONG_TYPE, check_set_rule, check_suite, missing_columns, names
from expectations.results import CheckResult, found, read_results, unchecked
from expectations.rules import Rule, SetRule, Suite
from expectations.set_rules import SET_RULES
from expectations.suites import SUITES
from warehouse.altered import Altered

SPARSE = {"result_format": "BASIC", "partial_unexpected_count": 0}
"""Great Expectations keeps no sample of failing values: they would be somebody's data."""


def checked_tables(altered: Collection[str] | None = None) -> tuple[str, ...]:
    """The tables that have rules, in the order in which they are built; of `altered` ones, where given."""
    tables = tuple(suite.table_name for suite in SUITES)
    if altered is None:
        return tables
    return tuple(table for table in tables if any(names(name, _read_by(table)) for name in altered))


def _read_by(table: str) -> str:
    """What the rules of a table read, as SQL."""
    rules = [rule.sql for rule in SET_RULES if rule.table_name == table]
    return "\n".join([*(suite.source for suite in SUITES if suite.table_name == table), *rules])


def run_checks(
    con: duckdb.DuckDBPyConnection, tables: Collection[str] | None = None, altered: Altered | None = None
) -> list[CheckResult]:
    """Check the rules of the given tables, or of all, in SQL.

    Needs a models database with the log attached. A table or a column that is missing breaks its rules;
    it raises nothing. `altered` is what may be other than when all was last checked: a rule that held looks
    at that alone.
    """
    held = {(kept.table_name, kept.rule) for kept in read_results(con) if kept.is_ok} if altered else set()

    def of_rows(con: duckdb.DuckDBPyConnection, suite: Suite) -> list[CheckResult]:
        names_held = {name for table, name in held if table == suite.table_name}
        return check_suite(con, suite, altered, names_held)

    def of_set(con: duckdb.DuckDBPyConnection, rule: SetRule) -> CheckResult:
        return check_set_rule(con, rule, altered if (rule.table_name, rule.name) in held else None)

    return _run(con, tables, of_rows, of_set)


def validate_tables(
    con: duckdb.DuckDBPyConnection, tables: Collection[str] | None = None
) -> list[CheckResult]:
    """The same as `run_checks`, the row rules by Great Expectations on frames."""
    return _run(con, tables, validate_suite, check_set_rule)


def write_results(con: duckdb.DuckDBPyConnection, found_now: Sequence[CheckResult]) -> None:
    """Keep results in `mart.check_result`, in place of earlier ones about the same tables."""
    results.write_results(con, found_now, checked_tables())


def validate_suite(con: duckdb.DuckDBPyConnection, suite: Suite) -> list[CheckResult]:
    """Validate the frame of one table; a missing table or column breaks its rules."""
    missing = missing_columns(con, suite)
    checkable = [rule for rule in suite.rules if rule.name not in missing]
    validated = validate_frame(read_frame(con, suite, checkable), suite.table_name, checkable)
    by_name = {result.rule: result for result in validated}
    return [
        by_name.get(rule.name) or unchecked(suite.table_name, rule, missing[rule.name])
        for rule in suite.rules
    ]


def read_frame(con: duckdb.DuckDBPyConnection, suite: Suite, rules: Sequence[Rule]) -> pd.DataFrame:
    """The columns of a table that the rules need."""
    columns = sorted({f'"{column}"' for rule in rules for column in rule.columns})
    if not rules:
        return pd.DataFrame()
    return con.execute(f"select {', '.join(columns) or '1 as one'} from {suite.source}").df()


def validate_frame(frame: pd.DataFrame, table: str, rules: Sequence[Rule]) -> list[CheckResult]:
    """Let Great Expectations look at a frame; results come back in the order of the rules."""
    if not rules:
        return []
    answers = (
        _batch_definition()
        .get_batch({"dataframe": frame})
        .validate(gx_suite(table, rules), result_format=SPARSE)
    )
    by_ordinal = {item["expectation_config"]["meta"]["ordinal"]: item for item in answers.results}
    return [_from_gx(table, rule, by_ordinal[ordinal], len(frame)) for ordinal, rule in enumerate(rules)]


def gx_suite(name: str, rules: Sequence[Rule]) -> Any:
    """The rules as a suite of Great Expectations; each expectation knows its place and its words."""
    gx = import_gx()
    return gx.ExpectationSuite(
        name=name,
        expectations=[
            getattr(gx.expectations, rule.expectation)(
                **rule.arguments,
                meta={"ordinal": ordinal, "rule": rule.name},
                severity="critical" if rule.is_blocking else "warning",
            )
            for ordinal, rule in enumerate(rules)
        ],
    )


def import_gx() -> Any:
    """Great Expectations, which reports nothing to anybody."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx

    return gx


def _run(
    con: duckdb.DuckDBPyConnection,
    tables: Collection[str] | None,
    of_rows: Callable[[duckdb.DuckDBPyConnection, Suite], list[CheckResult]],
    of_set: Callable[[duckdb.DuckDBPyConnection, SetRule], CheckResult],
) -> list[CheckResult]:
    found_now: list[CheckResult] = []
    for suite in SUITES:
        if tables is None or suite.table_name in tables:
            found_now += of_rows(con, suite)
            found_now += [of_set(con, rule) for rule in SET_RULES if rule.table_name == suite.table_name]
    return found_now


def new_context() -> Any:
    """A context of Great Expectations that keeps everything in memory and draws no progress bars."""
    gx = import_gx()
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


@cache
def _batch_definition() -> Any:
    """Great Expectations' handle for a frame: made once, since each context leaves a temporary folder."""
    asset = new_context().data_sources.add_pandas("frames").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("all")


def _from_gx(table: str, rule: Rule, answer: Any, n_rows: int) -> CheckResult:
    """One answer of Great Expectations; one that could not be computed has no result at all."""
    if not answer.success and not answer.result:
        return unchecked(table, rule, WRONG_TYPE)
    n_failed = int(answer.result.get("unexpected_count") or 0) or int(not answer.success)
    return found(table, rule, n_rows, n_failed)


__all__ = [
    "CheckResult",
    "check_set_rule",
    "checked_tables",
    "gx_suite",
    "import_gx",
    "new_context",
    "read_frame",
    "read_results",
    "run_checks",
    "validate_frame",
    "validate_suite",
    "validate_tables",
    "write_results",
]
