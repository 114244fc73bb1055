"""How the score of one pair moved, over the bands that it was shown in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from dashboards import theme
from dashboards.figures.look import AXIS, DATE_TICKS, PLAIN, Figure, escaped, layout

Day = tuple[dt.date, float | None]
"""A day and its score; None where too little was known for one."""

Spell = tuple[dt.date, dt.date, str]
"""First and last day in one band, and its colour."""

Range = tuple[dt.date, dt.date, float, float]
"""First and last day whose score could be off by chance so far: from, to."""

STRIP = 0.1
"""The part of the height that the strip of bands takes."""

ONE_DAY = dt.timedelta(days=1)
HALF_A_DAY = dt.timedelta(hours=12)


def of_days(
    days: Sequence[Day],
    spells: Sequence[Spell],
    on_track: float,
    watch: float,
    interventions: Mapping[dt.date, str],
    off: Range | None = None,
) -> Figure:
    """The score as a line over the zones of the policy's two thresholds, the bands as a strip below it.

    How far it could be `off` is a band behind the line, on the days for which that is known.

    What the program did stands as a dashed line with a star on its day; on hover the star says what it was.
    """
    # The last day is as long as the others: its spell ends where the next day would begin.
    start, end = _iso(days[0][0]), _iso(days[-1][0] + ONE_DAY)
    zones = ((on_track, 100, "on_track"), (watch, on_track, "watch"), (0, watch, "needs_check_in"))
    return {
        "data": [_line(days), *([_stars(interventions)] if interventions else [])],
        "layout": layout(
            height=200,
            hovermode="closest",
            shapes=[
                *(_rect(start, end, low, high, "y", theme.TONE[band].fill) for low, high, band in zones),
                *(_strip(*spell) for spell in spells),
                *([_band(*off)] if off else []),
                *(_dashes(day) for day in interventions),
            ],
            # The days stand below the strip, not at the foot of the score.
            xaxis=AXIS
            | {
                "type": "date",
                "range": [start, end],
                "showgrid": False,
                "anchor": "free",
                "position": 0,
                **DATE_TICKS,
            },
            yaxis=AXIS
            | {
                "range": [0, 100],
                "domain": [STRIP + 0.05, 1],
                "tickvals": [0, watch, on_track, 100],
                "ticksuffix": "  ",
                "showgrid": False,
            },
        ),
    }


def _line(days: Sequence[Day]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines" if len(days) > 1 else "markers",
        "x": [_iso(day) for day, _ in days],
        "y": [score for _, score in days],
        "line": {"color": theme.BLUE, "width": 2.4},
        "marker": {"color": theme.BLUE, "size": 9},
        "hovertemplate": f"%{{y:.0f}}<br>%{{x|%e %b %Y}}{PLAIN}",
    }


def _stars(interventions: Mapping[dt.date, str]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [_iso(day) for day in interventions],
        "y": [100] * len(interventions),
        "text": [escaped(words) for words in interventions.values()],
        "cliponaxis": False,
        "marker": {"symbol": "star", "size": 12, "color": theme.INK},
        "hovertemplate": f"%{{text}}<br>%{{x|%e %b %Y}}{PLAIN}",
    }


def _dashes(day: dt.date) -> dict[str, Any]:
    line = {"color": theme.INK, "width": 1.2, "dash": "dash"}
    return {"type": "line", "x0": _iso(day), "x1": _iso(day), "yref": "y", "y0": 0, "y1": 100, "line": line}


def _strip(first: dt.date, last: dt.date, colour: str) -> dict[str, Any]:
    return _rect(_iso(first), _iso(last + ONE_DAY), 0, STRIP, "paper", colour)


def _band(first: dt.date, last: dt.date, low: float, high: float) -> dict[str, Any]:
    """Around the points of its days: the line has them at the days' beginnings."""
    start, end = (
        dt.datetime.combine(day, dt.time()) + around
        for day, around in ((first, -HALF_A_DAY), (last, HALF_A_DAY))
    )
    band = _rect(start.isoformat(), end.isoformat(), low, high, "y", f"{theme.BLUE}3d")
    return band | {"line": {"color": theme.BLUE, "width": 1}}


def _rect(x0: str, x1: str, y0: float, y1: float, yref: str, colour: str) -> dict[str, Any]:
    return {
        "type": "rect",
        "layer": "below",
        "x0": x0,
        "x1": x1,
        "yref": yref,
        "y0": y0,
        "y1": y1,
        "fillcolor": colour,
        "line": {"width": 0},
    }


def _iso(day: dt.date) -> str:
    return day.isoformat()
