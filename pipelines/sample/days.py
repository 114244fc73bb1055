"""The sample's calendar: days counted back from `until`, the December break, cohorts and months.

Stories speak in active days ago (`on(30)` is thirty active days before `until`), because the definitions
count active days: a story told in them has the same answer whatever the date and weekday of `until`, and
the December break falls between two meetings instead of into a silence.
"""

from __future__ import annotations

import bisect
import datetime as dt
from dataclasses import dataclass
from functools import cached_property

N_MONTHS = 14
DAYS_BACK = 420
DAYS_AHEAD = 120
WAVE_DAY = 12
"""Day of the month on which the monthly pulse goes out: never inside the December break."""

FIRST, SECOND, THIRD, PARTNER = "first", "second", "third", "partner"
COHORT_STARTS = {FIRST: 380, SECOND: 190, THIRD: 85, PARTNER: 150}
"""Calendar days before `until` on which each cohort's term opens."""
COHORT_TERMS = {FIRST: 400, SECOND: 270, THIRD: 180, PARTNER: 270}
"""Length of each cohort's term in calendar days."""
PROGRAM_STARTS = 390
SEASONS = ("winter", "spring", "summer", "autumn")


@dataclass(frozen=True, slots=True)
class Cohort:
    """One intake of the program."""

    cohort_id: str
    starts_on: dt.date
    ends_on: dt.date


@dataclass(frozen=True)
class Days:
    """Everything that depends on `until`, the first day that has not happened yet."""

    until: dt.date

    @property
    def end_at(self) -> dt.datetime:
        """The instant before which everything in the sample happened."""
        return dt.datetime.combine(self.until, dt.time(), dt.UTC)

    @cached_property
    def breaks(self) -> tuple[tuple[dt.date, dt.date], ...]:
        """The December breaks around the sample, both dates included."""
        years = range(self.until.year - 2, self.until.year + 1)
        pairs = [(dt.date(year, 12, 22), dt.date(year + 1, 1, 4)) for year in years]
        first = self.until - dt.timedelta(days=PROGRAM_STARTS)
        last = self.until + dt.timedelta(days=60)
        return tuple((start, end) for start, end in pairs if end >= first and start <= last)

    def is_break(self, date: dt.date) -> bool:
        return any(start <= date <= end for start, end in self.breaks)

    @cached_property
    def _active(self) -> list[dt.date]:
        span = range(-DAYS_BACK, DAYS_AHEAD)
        dates = (self.until + dt.timedelta(days=offset) for offset in span)
        return [date for date in dates if not self.is_break(date)]

    @cached_property
    def _n_past(self) -> int:
        return bisect.bisect_left(self._active, self.until)

    def on(self, ago: int) -> dt.date:
        """The date `ago` active days before `until`; zero and below are days still to come."""
        return self._active[self._n_past - ago]

    def ago(self, date: dt.date) -> int:
        """How many active days before `until` the date is."""
        return self._n_past - bisect.bisect_left(self._active, date)

    @cached_property
    def months(self) -> tuple[str, ...]:
        """The fourteen months up to the last day before `until`, as YYYY-MM."""
        last = self.until - dt.timedelta(days=1)
        index = last.year * 12 + last.month - 1
        return tuple(f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(index - N_MONTHS + 1, index + 1))

    @cached_property
    def waves(self) -> tuple[tuple[str, dt.date], ...]:
        """The monthly pulses whose answers are in: label and day sent, oldest first."""
        dates = [(month, dt.date.fromisoformat(f"{month}-{WAVE_DAY}")) for month in self.months]
        return tuple((month, date) for month, date in dates if date + dt.timedelta(days=7) <= self.until)

    @cached_property
    def cohorts(self) -> dict[str, Cohort]:
        """The cohorts by their part in the sample; ids say year and season, such as 2025-autumn."""
        return {part: self._cohort(part) for part in COHORT_STARTS}

    def _cohort(self, part: str) -> Cohort:
        starts_on = self.until - dt.timedelta(days=COHORT_STARTS[part])
        season = SEASONS[(starts_on.month - 1) // 3]
        cohort_id = "partner-office" if part == PARTNER else f"{starts_on.year}-{season}"
        return Cohort(cohort_id, starts_on, starts_on + dt.timedelta(days=COHORT_TERMS[part]))
