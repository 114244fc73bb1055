"""How a column writes dates: which orders of day and month every value fits, and what decides it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Order = Literal["dmy", "mdy", "ymd"]

ORDERS: tuple[Order, ...] = ("dmy", "mdy", "ymd")
IN_WORDS = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}
MOSTLY = 0.95
"""The share of values from which on a column is one of dates; the rest will be held back."""

_NUMERIC = re.compile(
    r"(?P<a>\d{1,4})(?P<mark>[./-]) ?(?P<b>\d{1,2})(?P=mark) ?(?P<c>\d{1,4})\.?"
    r"(?P<clock>,? +\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:\.\d{1,6})?)?(?: ?[AaPp]\.?[Mm]\.?)?)?"
    r"(?P<zone> +(?:[A-Z]{1,5}|(?:GMT|UTC)[+-]\d{1,2}(?::?\d{2})?))?"
)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:[Zz]|[+-]\d{2}:\d{2})")
_WALL = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?")
_EPOCH = re.compile(r"1[0-9]{9}(?:[0-9]{3})?")
_PATTERNS = (
    "%d %b %Y", "%d %b %Y %H:%M", "%d %b %Y %H:%M:%S", "%d %b %Y, %H:%M", "%d %B %Y", "%d %B %Y %H:%M",
    "%b %d, %Y", "%b %d, %Y %H:%M", "%b %d, %Y %I:%M %p", "%b %d, %Y, %I:%M %p", "%b %d, %Y %I:%M:%S %p",
    "%B %d, %Y", "%B %d, %Y %H:%M", "%B %d, %Y %I:%M %p", "%d-%b-%Y", "%d-%b-%Y %H:%M", "%a, %d %b %Y %H:%M",
    "%Y%m%d",
)  # fmt: skip
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", ", %H:%M", ", %I:%M %p")


@dataclass(frozen=True, slots=True)
class Dates:
    """How a column writes dates.

    `orders` are those every value fits, where dates are numbers; `pattern` is a strptime pattern that has to
    be declared instead. `why` says what decides it, without repeating a value.
    """

    why: str
    orders: tuple[Order, ...] = ()
    pattern: str | None = None
    unit: str | None = None
    has_zone: bool = False
    has_time: bool = True

    @property
    def is_open(self) -> bool:
        """Whether day and month could be either way round."""
        return len(self.orders) != 1 and self.pattern is None and self.unit is None and not self._is_iso

    @property
    def _is_iso(self) -> bool:
        return self.has_zone and not self.orders


def read_dates(values: Sequence[str]) -> Dates | None:
    """How these values are dates; None where they are none."""
    if not values:
        return None
    matches = [match for text in values if (match := _NUMERIC.fullmatch(text))]
    if len(matches) >= MOSTLY * len(values):
        return _numeric(matches)
    return _whole(values) or _with_months(values)


def _whole(values: Sequence[str]) -> Dates | None:
    """Instants that settle everything by themselves."""
    if _share(values, _INSTANT) >= MOSTLY:
        return Dates("every value has a date, a time and an offset", has_zone=True)
    if _share(values, _EPOCH) >= MOSTLY:
        unit = "s" if len(values[0]) == 10 else "ms"
        return Dates("seconds or milliseconds counted from 1970", unit=unit, has_zone=True)
    if _share(values, _WALL) >= MOSTLY:
        return Dates("year first, as ISO 8601 has it", orders=("ymd",))
    return None


def _with_months(values: Sequence[str]) -> Dates | None:
    """Dates whose month is a word, so that nothing can be turned around."""
    for pattern in _PATTERNS:
        if sum(_is_written(text, pattern) for text in values) >= MOSTLY * len(values):
            return Dates("the month is a word", pattern=pattern, has_time="%H" in pattern or "%I" in pattern)
    return None


def _numeric(matches: Sequence[re.Match[str]]) -> Dates:
    """Dates written with numbers: every order that all of them fit."""
    fits = {order: [_is_day(match, order) for match in matches] for order in ORDERS}
    orders = tuple(order for order in ORDERS if all(fits[order]))
    has_time = any(match["clock"] for match in matches)
    has_zone = all(match["zone"] for match in matches)
    short = any(max(len(match["a"]), len(match["c"])) <= 2 for match in matches)
    pattern = _short_pattern(matches, orders[0]) if short and len(orders) == 1 else None
    return Dates(_why(fits, orders), orders, pattern, has_zone=has_zone, has_time=has_time)


def short_pattern(values: Sequence[str], order: Order) -> str | None:
    """The pattern of dates whose year has two digits, in an order; None where years have four."""
    matches = [match for text in values if (match := _NUMERIC.fullmatch(text))]
    if not any(max(len(match["a"]), len(match["c"])) <= 2 for match in matches):
        return None
    return _short_pattern(matches, order)


def _short_pattern(matches: Sequence[re.Match[str]], order: Order) -> str:
    mark = matches[0]["mark"]
    day = mark.join({"d": "%d", "m": "%m", "y": "%y"}[letter] for letter in order)
    texts = [match[0] for match in matches]
    return max(
        (day + clock for clock in _CLOCKS), key=lambda one: sum(_is_written(text, one) for text in texts)
    )


def _why(fits: dict[Order, list[bool]], orders: tuple[Order, ...]) -> str:
    n_rows = len(fits["dmy"])
    if not orders:
        said = ", ".join(
            f"{sum(fits[order])} of {n_rows} rows are dates {IN_WORDS[order]}" for order in ORDERS[:2]
        )
        return f"no order fits all rows ({said}): is it two exports in one file?"
    if len(orders) > 1:
        return f"all {n_rows} rows are dates both {IN_WORDS[orders[0]]} and {IN_WORDS[orders[1]]}"
    (order,) = orders
    if order == "ymd":
        return "the year stands first"
    other: Order = "mdy" if order == "dmy" else "dmy"
    against = n_rows - sum(fits[other])
    which = "first" if order == "dmy" else "second"
    rows = "1 row" if against == 1 else f"{against} of {n_rows} rows"
    return f"the {which} number is above 12 in {rows}, so it is the day"


def _is_day(match: re.Match[str], order: Order) -> bool:
    parts = dict(zip(order, (match["a"], match["b"], match["c"]), strict=True))
    if len(parts["y"]) not in (2, 4) or max(len(parts["m"]), len(parts["d"])) > 2:
        return False
    if order == "ymd" and len(parts["y"]) != 4:
        return False
    year = int(parts["y"]) + (2000 if len(parts["y"]) == 2 else 0)
    try:
        dt.date(year, int(parts["m"]), int(parts["d"]))
    except ValueError:
        return False
    return True


def _is_written(text: str, pattern: str) -> bool:
    try:
        dt.datetime.strptime(text, pattern)
    except ValueError:
        return False
    return True


def _share(values: Sequence[str], pattern: re.Pattern[str]) -> float:
    return sum(pattern.fullmatch(text) is not None for text in values) / len(values)
