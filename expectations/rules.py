"""What a rule is: plain data that is read as SQL inside a build, and by Great Expectations on frames.

A rule that breaks either stops publication (it is blocking: the pipeline promises it) or is shown as a
warning (the data may break it, and a program manager should know). Both readers pass NULL in every rule
but one, so a column whose NULL means nothing is always declared filled as well.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that holds row by row: an expectation of Great Expectations by name, and its arguments.

    `remedy` is what to do where it is broken; without one the table's layer says it.
    """

    name: str
    expectation: str
    columns: tuple[str, ...]
    arguments: Mapping[str, Any]
    is_blocking: bool = True
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class SetRule:
    """One thing that holds for a table as a whole or between tables, as SQL.

    `sql` returns one row: how many rows were looked at and how many of them break the rule. `remedy` is as
    for a Rule.
    """

    table_name: str
    name: str
    sql: str
    is_blocking: bool = True
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Suite:
    """The rules of one table; `reads` is the query to check where the whole table is too much to load."""

    table_name: str
    rules: tuple[Rule, ...]
    reads: str | None = None

    @property
    def source(self) -> str:
        """What stands after `from`."""
        return f"({self.reads})" if self.reads else self.table_name


def filled(*columns: str) -> tuple[Rule, ...]:
    """No NULL in any of the columns."""
    return tuple(
        Rule(f"{column} is filled", "ExpectColumnValuesToNotBeNull", (column,), {"column": column})
        for column in columns
    )


def key(*columns: str) -> tuple[Rule, ...]:
    """The columns name each row: filled, and together unique."""
    name = f"one row per {' and '.join(columns)}"
    if len(columns) == 1:
        unique = Rule(name, "ExpectColumnValuesToBeUnique", columns, {"column": columns[0]})
    else:
        unique = Rule(name, "ExpectCompoundColumnsToBeUnique", columns, {"column_list": list(columns)})
    return (*filled(*columns), unique)


def one_of(column: str, codes: Collection[str], *, is_optional: bool = False) -> tuple[Rule, ...]:
    """Only known codes; NULL only where it is a legitimate answer."""
    arguments = {"column": column, "value_set": sorted(codes)}
    known = Rule(f"{column} is a known code", "ExpectColumnValuesToBeInSet", (column,), arguments)
    return (known,) if is_optional else (*filled(column), known)


def between(
    column: str, low: float | None = None, high: float | None = None, *, is_optional: bool = False
) -> tuple[Rule, ...]:
    """Numbers from `low` to `high`, both included; NULL only where it is a legitimate answer."""
    parts = (("at least", low), ("at most", high))
    limits = " and ".join(f"{word} {limit:g}" for word, limit in parts if limit is not None)
    arguments = {"column": column, "min_value": low, "max_value": high}
    inside = Rule(f"{column} is {limits}", "ExpectColumnValuesToBeBetween", (column,), arguments)
    return (inside,) if is_optional else (*filled(column), inside)


def in_order(first: str, then: str) -> tuple[Rule, ...]:
    """Where both are known, `first` is not after `then`."""
    return (_not_greater(f"{first} is not after {then}", first, then),)


def not_above(column: str, limit: str) -> tuple[Rule, ...]:
    """Where both are known, a number is not above the one in the column `limit`."""
    return (_not_greater(f"{column} is not above {limit}", column, limit),)


def _not_greater(name: str, smaller: str, greater: str) -> Rule:
    arguments = {
        "column_A": greater,
        "column_B": smaller,
        "or_equal": True,
        "ignore_row_if": "either_value_is_missing",
    }
    return Rule(name, "ExpectColumnPairValuesAToBeGreaterThanB", (smaller, greater), arguments)


def not_empty() -> tuple[Rule, ...]:
    """The table has rows: only ever a warning, since a program may be new."""
    remedy = "Ingest the program's files with `kinkeeper ingest PATH`, then run `kinkeeper build` again."
    there = Rule("there are rows", "ExpectTableRowCountToBeBetween", (), {"min_value": 1})
    return warn((there,), remedy)


def warn(rules: tuple[Rule, ...], remedy: str) -> tuple[Rule, ...]:
    """The same rules, shown when broken but no reason to stop publication."""
    return tuple(replace(rule, is_blocking=False, remedy=remedy) for rule in rules)


def remedy_of(table: str, rule: Rule | SetRule) -> str:
    """What to do where a rule is broken."""
    layer = table.partition(".")[0]
    if rule.remedy:
        return rule.remedy
    if layer == "log":
        return "Run `kinkeeper verify`: it names the first place where the log is not what was committed."
    place = "pipelines/signals" if layer == "signal" else f"warehouse/sql/{table.replace('.', '/')}.sql"
    return f"Run `kinkeeper build --full`; if it stays, the fault is in {place} or what it reads: report it."


def rows_failing(table: str, condition: str) -> str:
    """SQL of a set rule: the rows of a table, and those for which `condition` is true."""
    return f"select count(*), count(*) filter (where {condition}) from {table}"


def rows_repeated(table: str, *columns: str) -> str:
    """SQL of a set rule: the rows of a table, and those that are one too many under a key."""
    return f"select count(*), count(*) - count(distinct ({', '.join(columns)})) from {table}"
