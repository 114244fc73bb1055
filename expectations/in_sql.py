"""The rules read as SQL: all rules of a table in one pass, counts out, no row leaves the database.

This is what a build runs. Great Expectations finds the same in the same tables (a test holds the two
equal), but takes seconds to import, which is more than folding a small program takes.
"""

from __future__ import annotations

import duckdb

from expectations.results import CheckResult, found, unchecked
from expectations.rules import Rule, SetRule, Suite
from warehouse.altered import Altered
from warehouse.database import quoted
from warehouse.messages import Message, message

WRONG_TYPE = message("a column does not have the type the rule needs")
_ROWS = "rows looked at"


def check_suite(con: duckdb.DuckDBPyConnection, suite: Suite) -> list[CheckResult]:
    """Check the row rules of one table, in their order; a missing table or column breaks its rules."""
    missing = missing_columns(con, suite)
    counts = _count(con, suite, [rule for rule in suite.rules if rule.name not in missing])
    return [_result(suite.table_name, rule, missing, counts) for rule in suite.rules]


def check_set_rule(
    con: duckdb.DuckDBPyConnection, rule: SetRule, altered: Altered | None = None
) -> CheckResult:
    """Check one rule of a whole table; columns or tables it cannot find break it.

    `altered` is what may be other than it was when the rule held, where it is known to have held.
    """
    try:
        if altered and altered.log_checked and rule.of_new:
            row = con.execute(rule.of_new, {"position": altered.log_checked}).fetchone()
        elif altered and altered.is_near(rule.table_name) and rule.of_touched:
            row = con.execute(rule.of_touched).fetchone()
        else:
            row = con.execute(rule.sql).fetchone()
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        return unchecked(rule.table_name, rule, str(error).partition("\n")[0])
    n_checked, n_failed = (int(number) for number in row or (0, 0))
    return found(rule.table_name, rule, n_checked, n_failed)


def missing_columns(con: duckdb.DuckDBPyConnection, suite: Suite) -> dict[str, Message]:
    """Rule -> what it lacks, for the rules of a suite whose table or columns are not there."""
    try:
        present = {row[0] for row in con.execute(f"describe {suite.source}").fetchall()}
    except (duckdb.BinderException, duckdb.CatalogException):
        return {rule.name: message("the table does not exist") for rule in suite.rules}
    lacking = {rule.name: [name for name in rule.columns if name not in present] for rule in suite.rules}
    return {
        name: message("the table has no column {columns}", columns=", ".join(gone))
        for name, gone in lacking.items()
        if gone
    }


def _result(table: str, rule: Rule, missing: dict[str, Message], counts: dict[str, int]) -> CheckResult:
    if rule.name in missing:
        return unchecked(table, rule, missing[rule.name])
    if rule.name not in counts:
        return unchecked(table, rule, WRONG_TYPE)
    return found(table, rule, counts[_ROWS], counts[rule.name])


def _count(con: duckdb.DuckDBPyConnection, suite: Suite, rules: list[Rule]) -> dict[str, int]:
    """Rule -> rows that break it, and the rows looked at; empty where a column is not comparable."""
    keys = [rule for rule in rules if _is_key(rule)]
    windows = [f"count(*) over (partition by {_names(rule)}) as {_window(rule)}" for rule in keys]
    counts = ", ".join(["count(*)", *map(_failing, rules)])
    if not rules:
        return {}
    try:
        row = con.execute(
            f"select {counts} from (select {', '.join(['*', *windows])} from {suite.source})"
        ).fetchone()
    except (duckdb.BinderException, duckdb.ConversionException):
        return {}  # the error's own words may quote a value
    return dict(zip([_ROWS, *(rule.name for rule in rules)], map(int, row or ()), strict=True))


def _failing(rule: Rule) -> str:
    """SQL that counts what breaks a rule."""
    if rule.expectation == "ExpectTableRowCountToBeBetween":
        return f"(count(*) < {rule.arguments['min_value']})::integer"
    return f"count(*) filter (where {_condition(rule)})"


def _condition(rule: Rule) -> str:
    """SQL that is true for a row that breaks a rule; NULL breaks none but that of filled columns."""
    column, *others = (f'"{name}"' for name in rule.columns)
    arguments = rule.arguments
    match rule.expectation:
        case "ExpectColumnValuesToNotBeNull":
            return f"{column} is null"
        case "ExpectColumnValuesToBeInSet":
            return f"{column} not in ({', '.join(map(quoted, arguments['value_set']))})"
        case "ExpectColumnValuesToBeBetween":
            limits = ((f"{column} < ", arguments["min_value"]), (f"{column} > ", arguments["max_value"]))
            return " or ".join(f"{beyond}{limit}" for beyond, limit in limits if limit is not None)
        case "ExpectColumnPairValuesAToBeGreaterThanB":
            return f"{column} > {others[0]}"
        case "ExpectColumnValuesToBeUnique" | "ExpectCompoundColumnsToBeUnique":
            return f"{_window(rule)} > 1 and {column} is not null"
    raise ValueError(f"{rule.expectation} has no SQL yet: add it beside the others")


def _is_key(rule: Rule) -> bool:
    return rule.expectation in ("ExpectColumnValuesToBeUnique", "ExpectCompoundColumnsToBeUnique")


def _names(rule: Rule) -> str:
    return ", ".join(f'"{name}"' for name in rule.columns)


def _window(rule: Rule) -> str:
    """What the number of rows with the same key is called."""
    return f'"n of {" ".join(rule.columns)}"'
