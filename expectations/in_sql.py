"""The rules read as SQL: all rules of a table in one pass, counts out, no row leaves the database.

This is what a build runs. Great Expectations finds the same in the same tables (a test holds the two
equal), but takes seconds to import, which is more than folding a small program takes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import duckdb

from expectations.results import CheckResult, found, unchecked
from expectations.rules import Rule, SetRule, Suite, near_rows
from warehouse.altered import Altered
from warehouse.database import quoted
from warehouse.messages import Message, message
from warehouse.models import PARTITION

WRONG_TYPE = message("a column does not have the type the rule needs")
_ROWS = "rows looked at"


def check_suite(
    con: duckdb.DuckDBPyConnection,
    suite: Suite,
    altered: Altered | None = None,
    held: Collection[str] = (),
) -> list[CheckResult]:
    """Check the row rules of one table, in their order; a missing table or column breaks its rules.

    `held` names those that held before what is `altered`: where this is near, they look at rows near it.
    """
    missing = missing_columns(con, suite)
    there = [rule for rule in suite.rules if rule.name not in missing]
    is_near = altered is not None and altered.is_near(suite.table_name) and _has_pairs(suite)
    near = [rule for rule in there if is_near and rule.name in held and _is_of_one_pair(rule)]
    rows = _kept(con, suite, altered) if there and altered and suite.of_new else suite.source
    counts = _count(con, rows, [rule for rule in there if rule not in near])
    counts |= _count(con, near_rows(rows), near, f"(select count(*) from {rows})")
    return [_result(suite.table_name, rule, missing, counts) for rule in suite.rules]


def names(table: str, sql: str) -> bool:
    """Whether SQL names a table; that it names one whose name begins alike does no harm."""
    layer, _, name = table.partition(".")
    return f"{layer}.{name}" in sql or f'{layer}."{name}"' in sql


def check_set_rule(
    con: duckdb.DuckDBPyConnection, rule: SetRule, altered: Altered | None = None
) -> CheckResult:
    """Check one rule of a whole table; columns or tables it cannot find break it.

    `altered` is what may be other than it was when the rule held, where it is known to have held.
    """
    try:
        if altered and altered.log_checked and rule.of_new:
            row = con.execute(rule.of_new, {"position": altered.log_checked}).fetchone()
        elif altered and rule.of_touched and not any(names(table, rule.sql) for table in altered.far):
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


def _kept(con: duckdb.DuckDBPyConnection, suite: Suite, altered: Altered) -> str:
    """A table of what a suite reads of the log, kept from build to build: later events add to it."""
    kept = f"kept.{suite.table_name.replace('.', '_')}"
    con.execute("create schema if not exists kept")
    if not altered.log_checked:
        con.execute(f"drop table if exists {kept}")
    con.execute(f"create table if not exists {kept} as {suite.reads}")
    con.execute(
        f"insert into {kept} from ({suite.of_new}) except from {kept}", {"position": altered.log_checked}
    )
    return kept


def _count(
    con: duckdb.DuckDBPyConnection, rows: str, rules: Sequence[Rule], n_rows: str = "count(*)"
) -> dict[str, int]:
    """Rule -> rows that break it, and the rows looked at; empty where a column is not comparable."""
    if not rules:
        return {}
    try:
        row = con.execute(f"select {', '.join([n_rows, *map(_failing, rules)])} from {rows}").fetchone()
        counts = dict(zip([_ROWS, *(rule.name for rule in rules)], map(int, row or ()), strict=True))
        repeated = [rule for rule in rules if _is_key(rule) and counts[rule.name]]
        return counts | (_count_repeated(con, rows, repeated) if repeated else {})
    except (duckdb.BinderException, duckdb.ConversionException):
        return {}  # the error's own words may quote a value


def _count_repeated(con: duckdb.DuckDBPyConnection, rows: str, keys: Sequence[Rule]) -> dict[str, int]:
    """Key -> all rows that share it with another; windows take long, so of keys that are repeated alone."""
    windows = [f"count(*) over (partition by {_names(rule)}) as {_window(rule)}" for rule in keys]
    counts = [
        f'count(*) filter (where {_window(rule)} > 1 and "{rule.columns[0]}" is not null)' for rule in keys
    ]
    row = con.execute(
        f"select {', '.join(counts)} from (select *, {', '.join(windows)} from {rows})"
    ).fetchone()
    return dict(zip((rule.name for rule in keys), map(int, row or ()), strict=True))


def _failing(rule: Rule) -> str:
    """SQL that counts what breaks a rule; of a key the rows that are one too many."""
    if rule.expectation == "ExpectTableRowCountToBeBetween":
        return f"(count(*) < {rule.arguments['min_value']})::integer"
    if _is_key(rule):
        is_there = f'"{rule.columns[0]}" is not null'
        return (
            f"count(*) filter (where {is_there}) - count(distinct ({_names(rule)})) filter (where {is_there})"
        )
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
    raise ValueError(f"{rule.expectation} has no SQL yet: add it beside the others")


def _is_key(rule: Rule) -> bool:
    return rule.expectation in ("ExpectColumnValuesToBeUnique", "ExpectCompoundColumnsToBeUnique")


def _has_pairs(suite: Suite) -> bool:
    """Whether each row of its table is of one pair, by name."""
    return suite.reads is None and any(PARTITION in rule.columns for rule in suite.rules)


def _is_of_one_pair(rule: Rule) -> bool:
    """Whether it is broken by rows of one pair alone, if at all."""
    if _is_key(rule):
        return PARTITION in rule.columns
    return rule.expectation != "ExpectTableRowCountToBeBetween"


def _names(rule: Rule) -> str:
    return ", ".join(f'"{name}"' for name in rule.columns)


def _window(rule: Rule) -> str:
    """What the number of rows with the same key is called."""
    return f'"n of {" ".join(rule.columns)}"'
