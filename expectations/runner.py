"""Runs the rules and keeps what they found: the only room that knows Great Expectations.

Great Expectations takes about six seconds to import, so it is imported when the first frame is checked
and never before. It validates pandas frames of the needed columns only; rules between tables are SQL on
the same connection. A result tells how many rows break a rule and never which values they hold.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import astuple, dataclass
from functools import cache
from typing import Any

import duckdb
import pandas as pd

from expectations.rules import Rule, SetRule, Suite
from expectations.set_rules import SET_RULES
from expectations.suites import SUITES


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one rule found in one table: `n_failed` of `n_checked` rows break it.

    `detail` says why a rule could not be checked at all, else it is empty.
    """

    table_name: str
    rule: str
    is_blocking: bool
    is_ok: bool
    n_checked: int
    n_failed: int
    detail: str = ""


_RESULT_TABLE = """
create table if not exists mart.check_result (
    table_name varchar,
    rule varchar,
    is_blocking boolean,
    is_ok boolean,
    n_checked bigint,
    n_failed bigint,
    detail varchar
)
"""


def checked_tables() -> tuple[str, ...]:
    """The tables that have rules, in the order in which they are built."""
    return tuple(suite.table_name for suite in SUITES)


def run_checks(con: duckdb.DuckDBPyConnection, tables: Collection[str] | None = None) -> list[CheckResult]:
    """Check the rules of the given tables, or of all, on a models database with the log attached.

    A table or a column that is missing breaks its rules; it raises nothing.
    """
    results: list[CheckResult] = []
    for suite in SUITES:
        if tables is None or suite.table_name in tables:
            results.extend(_check_suite(con, suite))
            results.extend(
                check_set_rule(con, rule) for rule in SET_RULES if rule.table_name == suite.table_name
            )
    return results


def read_results(con: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """The results kept in `mart.check_result`; none where nothing was checked yet."""
    con.execute("create schema if not exists mart")
    con.execute(_RESULT_TABLE)
    rows = con.execute("select * from mart.check_result order by table_name, rule").fetchall()
    return [CheckResult(*row) for row in rows]


def check_set_rule(con: duckdb.DuckDBPyConnection, rule: SetRule) -> CheckResult:
    """Run one rule of a whole table; columns or tables it cannot find break it."""
    try:
        row = con.execute(rule.sql).fetchone()
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        return _unchecked(rule.table_name, rule, str(error).partition("\n")[0])
    n_checked, n_failed = (int(number) for number in row or (0, 0))
    return CheckResult(rule.table_name, rule.name, rule.is_blocking, n_failed == 0, n_checked, n_failed)


def write_results(con: duckdb.DuckDBPyConnection, results: Sequence[CheckResult]) -> None:
    """Keep the results in `mart.check_result`, in place of earlier ones of the same tables.

    Results of tables that no longer have rules go as well.
    """
    con.execute("create schema if not exists mart")
    con.execute(_RESULT_TABLE)
    replaced = sorted({result.table_name for result in results})
    con.execute(
        "delete from mart.check_result"
        " where list_contains(?::varchar[], table_name) or not list_contains(?::varchar[], table_name)",
        [replaced, list(checked_tables())],
    )
    if results:
        con.executemany(
            "insert into mart.check_result values (?, ?, ?, ?, ?, ?, ?)", [astuple(r) for r in results]
        )


def _check_suite(con: duckdb.DuckDBPyConnection, suite: Suite) -> Iterator[CheckResult]:
    try:
        present = [row[0] for row in con.execute(f"describe {suite.source}").fetchall()]
    except (duckdb.BinderException, duckdb.CatalogException):
        yield from (_unchecked(suite.table_name, rule, "the table does not exist") for rule in suite.rules)
        return
    checkable: list[Rule] = []
    for rule in suite.rules:
        missing = [column for column in rule.columns if column not in present]
        if missing:
            yield _unchecked(suite.table_name, rule, f"the table has no column {', '.join(missing)}")
        else:
            checkable.append(rule)
    columns = sorted({column for rule in checkable for column in rule.columns}) or ["1 as one"]
    frame = con.execute(f"select {', '.join(columns)} from {suite.source}").df()
    yield from _validate(frame, suite.table_name, checkable)


def _validate(frame: pd.DataFrame, table: str, rules: Sequence[Rule]) -> list[CheckResult]:
    """Let Great Expectations look at a frame; results come back in the order of the rules."""
    batch = _any_frame().get_batch({"dataframe": frame})
    import great_expectations as gx

    expectations = [
        getattr(gx.expectations, rule.expectation)(**rule.arguments, meta={"ordinal": ordinal})
        for ordinal, rule in enumerate(rules)
    ]
    # No sample of failing values: they would be somebody's data.
    sparse = {"result_format": "BASIC", "partial_unexpected_count": 0}
    found = batch.validate(gx.ExpectationSuite(name=table, expectations=expectations), result_format=sparse)
    by_ordinal: dict[int, Any] = {
        item["expectation_config"]["meta"]["ordinal"]: item for item in found.results
    }
    return [_from_gx(table, rule, by_ordinal[ordinal], len(frame)) for ordinal, rule in enumerate(rules)]


@cache
def _any_frame() -> Any:
    """Great Expectations' handle for a frame: made once, since each context leaves a temporary folder."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("all")


def _from_gx(table: str, rule: Rule, found: Any, n_rows: int) -> CheckResult:
    """One answer of Great Expectations; one that could not be computed has no result at all."""
    detail = "" if found.success or found.result else "Great Expectations could not compute it"
    n_failed = int(found.result.get("unexpected_count") or 0) or int(not found.success)
    return CheckResult(table, rule.name, rule.is_blocking, bool(found.success), n_rows, n_failed, detail)


def _unchecked(table: str, rule: Rule | SetRule, why: str) -> CheckResult:
    return CheckResult(table, rule.name, rule.is_blocking, False, 0, 1, f"could not be checked: {why}")


__all__ = ["CheckResult", "check_set_rule", "checked_tables", "read_results", "run_checks", "write_results"]
