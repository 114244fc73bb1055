"""What a program may judge otherwise is a field of its policy: no model compares with a number of its own.

A number that is compared with, or that is the length of a span of time, is a threshold unless it stands
below with the reason why a program has no say in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from warehouse.models import SQL_FOLDER

PATHS = sorted(SQL_FOLDER.glob("*/*.sql"))
COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between)

NO_THRESHOLDS = {
    "core/dialogue": "bits of a turn packed into one number",
    "core/session_key": "both of two are watched",
    "feature/activity": "windows that the columns are named after",
    "feature/pair_activity": "windows that the columns are named after",
    "feature/circumstance": "windows that the columns are named after",
    "feature/community": "the second of those whom somebody is linked to",
    "feature/choice_measure": "groups that the words on the screen are named after",
    "feature/development": "situation, behaviour and impact are three parts",
    "feature/growth_measure": "situation, behaviour and impact are three parts",
    "feature/history_measure": "both sides",
    "feature/mentor_load": "a window that the column is named after",
    "feature/pattern": "windows that the columns are named after",
    "feature/resumption": "the last contact but one",
    "feature/scheduling": "half an hour either way is nearer to no hour off than to one",
    "mart/pair_activity": "the twelve weeks of the strip, a column for each",
    "mart/pair_practice": "both sides; the month ahead that the column is described by",
    "mart/quarantine_line": "lines shown of each reason",
    "mart/week": "a week has seven days",
}
"""Model -> what its numbers are. A program has no say in them."""


def thresholds(sql: str) -> list[str]:
    """The comparisons with a number other than 0 and 1, and the spans of more than one unit."""
    return [node.sql("duckdb") for node in sqlglot.parse_one(sql, read="duckdb").walk() if any(_told(node))]


def _told(node: exp.Expression) -> Iterator[str]:
    if isinstance(node, exp.Interval):
        sides = [node.this]
    elif isinstance(node, COMPARISONS):
        sides = [value for value in node.args.values() if isinstance(value, exp.Expression)]
    else:
        return
    for side in sides:
        value = side.this if isinstance(side, exp.Neg) else side
        is_number = isinstance(value, exp.Literal) and (value.is_number or isinstance(node, exp.Interval))
        if is_number and float(value.this) not in (0, 1):
            yield value.this


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_model_has_a_threshold_of_its_own(path: Path) -> None:
    name = f"{path.parent.name}/{path.stem}"
    found = thresholds(path.read_text(encoding="utf-8"))
    assert not found or name in NO_THRESHOLDS, f"{name}: make it a field of the policy: {found}"


def test_every_reason_is_still_needed() -> None:
    for name in NO_THRESHOLDS:
        assert thresholds((SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")), name


@pytest.mark.parametrize(
    "condition",
    ["days > 7", "n >= 2", "slip between -10 and 10", "at > as_of - interval 28 day", "0.5 < share"],
)
def test_a_threshold_is_found(condition: str) -> None:
    assert thresholds(f"select 1 from log where {condition}")


@pytest.mark.parametrize(
    "condition", ["n > 0", "n = 1", "days > run.late_days", "at > as_of - run.late_days * interval 1 day"]
)
def test_a_field_of_the_policy_is_none(condition: str) -> None:
    assert not thresholds(f"select 1 from log where {condition}")
