"""What a chart says, before anybody draws it: plain data that screens and reports draw each in their way.

Screens hand it to Plotly (`dashboards/figures/`), reports write it as SVG, as native charts of slides and
as rows of a sheet (`pipelines/report/`). One function of rows decides what is in a chart, so that a report
never shows another picture than the screen. Names are stored text: whoever draws it escapes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from warehouse.looks import ENDING_KINDS, RUNNING_BANDS, TONE
from warehouse.words import END_REASON

Row = Mapping[str, Any]

TICK_DAYS = 30
MAX_TICKS = 5


class Bar(msgspec.Struct, frozen=True):
    """One series of bars: a length and the count written on it for each category."""

    name: str
    mark: str
    colour: str
    values: tuple[float, ...]
    counts: tuple[int, ...]


class Bars(msgspec.Struct, frozen=True, tag="bars"):
    """Horizontal bars, stacked in the order of their series, one a category from the top.

    `is_share`: the lengths of one category are shares of it; else lengths are counts.
    """

    categories: tuple[str, ...]
    series: tuple[Bar, ...]
    is_share: bool


class Curve(msgspec.Struct, frozen=True):
    """A line in steps: rates by day, with an interval where there is one."""

    name: str
    colour: str
    days: tuple[int, ...]
    rates: tuple[float, ...]
    lows: tuple[float | None, ...]
    highs: tuple[float | None, ...]


class Steps(msgspec.Struct, frozen=True, tag="steps"):
    """Curves in steps over one axis of days; below each tick stand the pairs at risk."""

    curves: tuple[Curve, ...]
    ticks: tuple[int, ...]
    at_risk: tuple[int, ...]
    top: float


class Dot(msgspec.Struct, frozen=True):
    """One estimate with its interval, and what it was before."""

    name: str
    value: float
    low: float | None
    high: float | None
    before: float | None
    of: str


class Dots(msgspec.Struct, frozen=True, tag="dots"):
    """Rates side by side on one axis from 0 to 1, each with its interval."""

    dots: tuple[Dot, ...]


Chart = Bars | Steps | Dots


def band_bars(cohorts: Sequence[Row], names: Sequence[str] | None = None) -> Bars:
    """One bar a cohort: its running pairs by band, as shares of the running ones.

    Needs cohort_id and n_<band> for each running band; `names` are written in place of the cohorts' ids.
    """
    running = [sum(row[f"n_{band}"] for band in RUNNING_BANDS) for row in cohorts]
    series = []
    for band in RUNNING_BANDS:
        counts = tuple(row[f"n_{band}"] for row in cohorts)
        shares = tuple(n / whole if whole else 0 for n, whole in zip(counts, running, strict=True))
        if any(counts):
            series.append(Bar(TONE[band].word, TONE[band].mark, TONE[band].solid, shares, counts))
    called = names or [row["cohort_id"] or "No cohort" for row in cohorts]
    return Bars(tuple(called), tuple(series), is_share=True)


def ending_bars(endings: Sequence[Row]) -> Bars:
    """Ended pairs by reason, natural ends above early ones.

    Needs end_reason, is_success (None = not judged), n_pairs. A reason without a word of its own is written
    as it is.
    """
    ordered = [row for success in ENDING_KINDS for row in endings if row["is_success"] is success]
    names = tuple(dict.fromkeys(_reason(row) for row in ordered))
    series = []
    for success, (name, colour) in ENDING_KINDS.items():
        count = {_reason(row): row["n_pairs"] for row in ordered if row["is_success"] is success}
        counts = tuple(count.get(reason, 0) for reason in names)
        if any(counts):
            series.append(Bar(name, "■", colour, tuple(map(float, counts)), counts))
    return Bars(names, tuple(series), is_share=False)


def _reason(row: Row) -> str:
    reason = str(row["end_reason"])
    return END_REASON.get(reason, reason)


def ending_curve(name: str, points: Sequence[Row], colour: str) -> Curve:
    """One curve of endings; needs day, rate, low, high (None where there is no interval), in order of day."""
    return Curve(
        name,
        colour,
        tuple(row["day"] for row in points),
        tuple(row["rate"] for row in points),
        tuple(row["low"] for row in points),
        tuple(row["high"] for row in points),
    )


def risk_ticks(points: Sequence[Row]) -> Sequence[Row]:
    """At most five of the regular points of a curve; of a shorter curve its first and last."""
    regular = [row for row in points if row["day"] % TICK_DAYS == 0]
    if len(regular) < 2:
        return [points[0], points[-1]]
    return regular[:: -(-len(regular) // MAX_TICKS)]
