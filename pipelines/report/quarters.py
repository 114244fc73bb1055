"""Quarters of the calendar: their first and last day, the one before, the same of the year before."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from warehouse.clock import end_of_day
from warehouse.errors import KinkeeperError

_WRITTEN = re.compile(r"(\d{4})-?[Qq]([1-4])")


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """Three months of a year; `number` is 1 to 4."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Quarter:
        """2026Q3 or 2026-Q3; raises KinkeeperError for anything else."""
        found = _WRITTEN.fullmatch(text.strip())
        if found is None or found[1] == "0000":
            raise KinkeeperError(f"{text!r} is no quarter: write one such as 2026Q3")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: dt.date) -> Quarter:
        """The quarter a day lies in."""
        return cls(day.year, (day.month + 2) // 3)

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"

    @property
    def first_day(self) -> dt.date:
        return dt.date(self.year, 3 * self.number - 2, 1)

    @property
    def last_day(self) -> dt.date:
        return self.next.first_day - dt.timedelta(days=1)

    @property
    def next(self) -> Quarter:
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def before(self) -> Quarter:
        return Quarter(self.year - (self.number == 1), (self.number + 2) % 4 + 1)

    @property
    def year_before(self) -> Quarter:
        return Quarter(self.year - 1, self.number)

    def ends_at(self, zone: str) -> dt.datetime:
        """The last whole second of the quarter, by the clock of an IANA zone."""
        return end_of_day(self.last_day, ZoneInfo(zone)).replace(microsecond=0)
