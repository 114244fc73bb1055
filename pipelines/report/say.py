"""How a report writes numbers: rates with their interval and n, changes, days, in plain words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from warehouse.words import EVIDENCE

NONE = "–"
SHORT = {
    "days": "\u00a0d",
    "hours": "\u00a0h",
    "working hours": "\u00a0h",
    "hours a week": "\u00a0h",
}
"""What is written behind a value of a unit."""

Row = Mapping[str, Any]


def percent(rate: float) -> str:
    """A rate as a percentage that is 0% or 100% only when exactly so."""
    whole = round(100 * rate)
    if whole == 100 and rate < 1:
        return ">99%"
    return "<1%" if whole == 0 and rate > 0 else f"{whole}%"


def amount(value: float | None, unit: str) -> str:
    """A value in its unit."""
    if value is None:
        return NONE
    if unit == "rate":
        return percent(value)
    if unit == "points of 100":
        return _points(round(value))
    text = f"{value:.0f}" if unit == "points" or value >= 100 else f"{value:.1f}".removesuffix(".0")
    if unit.startswith("per 100"):
        return f"{text} per 100"
    return text + SHORT.get(unit, "")


def interval(low: float | None, high: float | None, unit: str) -> str:
    """The limits of a 95% interval: 73% to 86%."""
    if low is None or high is None:
        return "too few to tell"
    from_, to = (amount(limit, unit) for limit in (low, high))
    if unit in SHORT or unit.startswith("per 100"):
        from_ = from_.split()[0]
    return f"{from_} to {to}".replace(" ", "\u00a0")


def gap(low: float | None, high: float | None, unit: str) -> str:
    """The limits of a difference: 9 to 51 points; a negative one is on the other side."""
    if low is None or high is None:
        return "too few to tell"
    scale = 100 if unit == "rate" else 1
    return f"{round(scale * low):d} to {round(scale * high):d} points".replace("-", "−").replace(
        " ", "\u00a0"
    )


def of(row: Row) -> str:
    """A measure with interval and n, as in a sentence: 80% (95% interval 73% to 86%, n = 136)."""
    return f"{amount(row['value'], row['unit'])} ({limits(row)})"


def base(row: Row) -> str:
    """What a measure is of: 40 pairs; 102 pair-months of the last 35 days."""
    days = row.get("of_last_days")
    return f"{row['n']:,} {row['of_what']}" + (f" of the last {days} days" if days else "")


def limits(row: Row) -> str:
    """The interval and n of a measure: 95% interval 73% to 86%, n = 136."""
    if row["low"] is None or row["high"] is None:
        return f"n\u00a0=\u00a0{row['n']:,}"
    return f"95% interval {interval(row['low'], row['high'], row['unit'])}, n\u00a0=\u00a0{row['n']:,}"


def change(row: Row, before: float | None, when: str) -> str:
    """How a value moved against an earlier one: +3 points on Q2 2026."""
    if before is None:
        return f"no number for {when}"
    step = row["value"] - before
    if row["unit"] == "rate":
        points = round(100 * step)
        return f"as in {when}" if points == 0 else f"{_points(points)} on {when}"
    moved = amount(abs(step), row["unit"]).removeprefix("+")
    if float(moved.split()[0]) == 0:
        return f"as in {when}"
    return f"{'+' if step > 0 else '−'}{moved} on {when}"


def step(row: Row, before: float | None) -> str:
    """The same in a column that names the quarter: +3 points, = where nothing moved."""
    if before is None:
        return NONE
    words = change(row, before, "")
    return "=" if words.startswith("as in") else words.removesuffix(" on ").replace(" ", "\u00a0")


def _points(n: int) -> str:
    return f"{n:+d} {'point' if abs(n) == 1 else 'points'}".replace("-", "−")


def plural(n: int, one: str, many: str | None = None) -> str:
    """A count with its noun: 1 pair, 1,873 pairs."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def day(value: dt.date) -> str:
    """A calendar date: 30 September 2026."""
    return f"{value.day} {value:%B %Y}"


def listed(parts: Sequence[str]) -> str:
    """Parts as one phrase: a, b and c."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def evidence(grade: str | None) -> str:
    """An evidence grade in words."""
    return NONE if grade is None else EVIDENCE[grade]
