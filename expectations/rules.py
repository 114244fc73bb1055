"""What a rule is: plain data that is read as SQL inside a build, and by Great Expectations on frames.

A rule that breaks either stops publication (it is blocking: the pipeline promises it) or is shown as a
warning (the data may break it, and a program manager should know). Both readers pass NULL in every rule
but one, so a column whose NULL means nothing is always declared filled as well.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from warehouse.altered import IN_TOUCHED
from warehouse.messages import Message, message, render


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that holds row by row: an expectation of Great Expectations by name, and its arguments.

    `told` says what must be true, `remedy` what to do where it is not; without one the table's layer says it.
    """

    told: Message
    expectation: str
    columns: tuple[str, ...]
    arguments: Mapping[str, Any]
    is_blocking: bool = True
    remedy: str = ""

    @property
    def name(self) -> str:
        """What must be true, in English."""
        return str(render(self.told))


@dataclass(frozen=True, slots=True)
class SetRule:
    """One thing that holds for a table as a whole or between tables, as SQL.

    `sql` returns one row: how many rows were looked at and how many of them break the rule. `remedy` is as
    for a Rule. `of_new` asks the same of a log whose events up to `$position` are known to hold it: its
    answer is that of `sql`, and it looks closely at later events alone. `of_touched` does so where in all
    that `sql` reads only rows of touched pairs may be others since the rule held: it looks at these.
    """

    table_name: str
    name: str
    sql: str
    is_blocking: bool = True
    remedy: str = ""
    of_new: str | None = None
    of_touched: str | None = None

    @property
    def told(self) -> Message:
        """What must be true."""
        return message(self.name)


@dataclass(frozen=True, slots=True)
class Suite:
    """The rules of one table; `reads` is the query to check where the whole table is too much to load.

    `of_new` reads the same of events after `$position`; then what was read of earlier ones is kept.
    """

    table_name: str
    rules: tuple[Rule, ...]
    reads: str | None = None
    of_new: str | None = None

    @property
    def source(self) -> str:
        """What stands after `from`."""
        return f"({self.reads})" if self.reads else self.table_name


def filled(*columns: str) -> tuple[Rule, ...]:
    """No NULL in any of the columns."""
    return tuple(
        Rule(
            message("{column} is filled", column=column),
            "ExpectColumnValuesToNotBeNull",
            (column,),
            {"column": column},
        )
        for column in columns
    )


def key(*columns: str) -> tuple[Rule, ...]:
    """The columns name each row: filled, and together unique."""
    told = message("one row per {columns}", columns=" and ".join(columns))
    if len(columns) == 1:
        unique = Rule(told, "ExpectColumnValuesToBeUnique", columns, {"column": columns[0]})
    else:
        unique = Rule(told, "ExpectCompoundColumnsToBeUnique", columns, {"column_list": list(columns)})
    return (*filled(*columns), unique)


def one_of(column: str, codes: Collection[str], *, is_optional: bool = False) -> tuple[Rule, ...]:
    """Only known codes; NULL only where it is a legitimate answer."""
    arguments = {"column": column, "value_set": sorted(codes)}
    told = message("{column} is a known code", column=column)
    known = Rule(told, "ExpectColumnValuesToBeInSet", (column,), arguments)
    return (known,) if is_optional else (*filled(column), known)


def between(
    column: str, low: float | None = None, high: float | None = None, *, is_optional: bool = False
) -> tuple[Rule, ...]:
    """Numbers from `low` to `high`, both included; NULL only where it is a legitimate answer."""
    arguments = {"column": column, "min_value": low, "max_value": high}
    inside = Rule(_within(column, low, high), "ExpectColumnValuesToBeBetween", (column,), arguments)
    return (inside,) if is_optional else (*filled(column), inside)


def _within(column: str, low: float | None, high: float | None) -> Message:
    if low is None:
        return message("{column} is at most {high:g}", column=column, high=high)
    if high is None:
        return message("{column} is at least {low:g}", column=column, low=low)
    return message("{column} is at least {low:g} and at most {high:g}", column=column, low=low, high=high)


def in_order(first: str, then: str) -> tuple[Rule, ...]:
    """Where both are known, `first` is not after `then`."""
    told = message("{first} is not after {then}", first=first, then=then)
    return (_not_greater(told, first, then),)


def not_above(column: str, limit: str) -> tuple[Rule, ...]:
    """Where both are known, a number is not above the one in the column `limit`."""
    told = message("{column} is not above {limit}", column=column, limit=limit)
    return (_not_greater(told, column, limit),)


def _not_greater(told: Message, smaller: str, greater: str) -> Rule:
    arguments = {
        "column_A": greater,
        "column_B": smaller,
        "or_equal": True,
        "ignore_row_if": "either_value_is_missing",
    }
    return Rule(told, "ExpectColumnPairValuesAToBeGreaterThanB", (smaller, greater), arguments)


def not_empty() -> tuple[Rule, ...]:
    """The table has rows: only ever a warning, since a program may be new."""
    remedy = "Ingest the program's files with `kinkeeper ingest PATH`, then run `kinkeeper build` again."
    there = Rule(message("there are rows"), "ExpectTableRowCountToBeBetween", (), {"min_value": 1})
    return warn((there,), remedy)


def warn(rules: tuple[Rule, ...], remedy: str) -> tuple[Rule, ...]:
    """The same rules, shown when broken but no reason to stop publication."""
    return tuple(replace(rule, is_blocking=False, remedy=remedy) for rule in rules)


def remedy_of(table: str, rule: Rule | SetRule) -> Message:
    """What to do where a rule is broken."""
    layer = table.partition(".")[0]
    if rule.remedy:
        return message(rule.remedy)
    if layer == "log":
        return message(
            "Run `kinkeeper verify`: it names the first place where the log is not what was committed."
        )
    place = "pipelines/signals" if layer == "signal" else f"warehouse/sql/{table.replace('.', '/')}.sql"
    return message(
        "Run `kinkeeper build --full`; if it stays, the fault is in {place} or what it reads: report it.",
        place=place,
    )


def rows_failing(table: str, condition: str) -> str:
    """SQL of a set rule: the rows of a table, and those for which `condition` is true."""
    return f"select count(*), count(*) filter (where {condition}) from {table}"


def rows_repeated(table: str, *columns: str) -> str:
    """SQL of a set rule: the rows of a table, and those that are one too many under a key."""
    return f"select count(*), count(*) - count(distinct ({', '.join(columns)})) from {table}"


def near_rows(table: str) -> str:
    """What stands after `from` for what a refresh wrote: rows of touched pairs, and of no pair by mistake."""
    return f"(from {table} where rowid in (select rowid from {table} where pair_id is null or {IN_TOUCHED}))"


def near_rows_repeated(table: str, *columns: str) -> str:
    """The same as `rows_repeated`, the key one of pairs, where at most touched pairs repeat it."""
    repeated = f"select count(*) - count(distinct ({', '.join(columns)})) from {near_rows(table)}"
    return f"select (select count(*) from {table}), ({repeated})"


def new_rows_failing(table: str, condition: str) -> str:
    """SQL of a rule that holds up to a position of the log: all rows, and later ones that break it."""
    failing = f"select count(*) from {table} where position > $position and ({condition})"
    return f"select (select count(*) from {table}), ({failing})"
