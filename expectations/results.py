"""What a check found, and the tables that keep it.

`mart.check_result` is published with the marts. `ref.drift` has the same columns and stands beside them:
what it says depends on the publication before, which the same log and the same run must not show in the
hash of the marts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass

import duckdb

from expectations.rules import Rule, SetRule, remedy_of
from warehouse.messages import Message, message, packed, render

CHECK_RESULT = "mart.check_result"
DRIFT = "ref.drift"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one rule found in one table: `n_failed` of `n_checked` rows break it.

    `detail` says what to do about it, or why the rule could not be checked at all; of a rule that holds it
    is empty. It never holds a value of a row. Both are kept as messages too, for screens in other languages.
    """

    table_name: str
    rule: str
    is_blocking: bool
    is_ok: bool
    n_checked: int
    n_failed: int
    detail: str = ""
    rule_message: str = ""
    detail_message: str = ""

    @property
    def message(self) -> str:
        """Where, what, how many, and what to do, in one line."""
        counts = f"{self.n_failed:,} of {self.n_checked:,} rows" if self.n_checked else "no row to look at"
        return " ".join(f"{self.table_name}: {self.rule}: {counts}. {self.detail}".split())


def found(table: str, rule: Rule | SetRule, n_checked: int, n_failed: int) -> CheckResult:
    """The result of a rule that could be checked."""
    detail = remedy_of(table, rule) if n_failed else None
    return told(table, rule.told, detail, n_checked, n_failed, is_blocking=rule.is_blocking)


def unchecked(table: str, rule: Rule | SetRule, why: Message | str) -> CheckResult:
    """The result of a rule that could not be checked: broken, since nobody knows."""
    detail = message("could not be checked: {why}. {remedy}", why=why, remedy=remedy_of(table, rule))
    return told(table, rule.told, detail, 0, 1, is_blocking=rule.is_blocking)


def told(
    table: str, rule: Message, detail: Message | None, n_checked: int, n_failed: int, *, is_blocking: bool
) -> CheckResult:
    """A result in English, with its messages."""
    return CheckResult(
        table,
        render(rule),
        is_blocking,
        n_failed == 0,
        n_checked,
        n_failed,
        render(detail) if detail else "",
        packed(rule),
        packed(detail) if detail else "",
    )


def read_results(con: duckdb.DuckDBPyConnection, table: str = CHECK_RESULT) -> list[CheckResult]:
    """The results kept in a table; none where nothing was checked yet."""
    _create(con, table)
    rows = con.execute(f"select * from {table} order by table_name, rule").fetchall()
    return [CheckResult(*row) for row in rows]


def write_results(
    con: duckdb.DuckDBPyConnection,
    results: Sequence[CheckResult],
    known_tables: Collection[str],
    table: str = CHECK_RESULT,
) -> None:
    """Keep the results in a table, in place of earlier ones about the same tables.

    Results about tables that are not among `known_tables`, those that have rules today, go as well.
    """
    _create(con, table)
    replaced = sorted({result.table_name for result in results})
    con.execute(
        f"delete from {table}"
        " where list_contains(?::varchar[], table_name) or not list_contains(?::varchar[], table_name)",
        [replaced, list(known_tables)],
    )
    if results:
        columns = [list(column) for column in zip(*map(astuple, results), strict=True)]
        con.execute(f"insert into {table} select {', '.join(['unnest(?)'] * len(columns))}", columns)


def _create(con: duckdb.DuckDBPyConnection, table: str) -> None:
    con.execute(f"create schema if not exists {table.partition('.')[0]}")
    con.execute(
        f"""
        create table if not exists {table} (
            table_name varchar,
            rule varchar,
            is_blocking boolean,
            is_ok boolean,
            n_checked bigint,
            n_failed bigint,
            detail varchar
        )
        """
    )
    for name in ("rule_message", "detail_message"):  # a table of the version before has none
        con.execute(f"alter table {table} add column if not exists {name} varchar default ''")
