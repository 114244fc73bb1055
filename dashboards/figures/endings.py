"""How relationships end: by reason, and by age."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboards import theme
from dashboards.data.publication import Row
from dashboards.figures.look import AXIS, CATEGORIES, PLAIN, Figure, layout
from dashboards.speech import say
from warehouse import charts
from warehouse.charts import Bar


def bars(endings: Sequence[Row]) -> Figure:
    """Ended pairs by reason, natural ends in green above early ones (`charts.ending_bars`)."""
    chart = charts.ending_bars(endings)
    return {
        "data": [_ending_trace(bar, chart.categories) for bar in chart.series],
        "layout": layout(
            height=20 + 27 * len(chart.categories),
            barmode="stack",
            bargap=0.35,
            margin={"l": 8, "r": 34, "t": 8, "b": 8},
            xaxis=AXIS | {"showticklabels": False, "showgrid": False, "rangemode": "tozero"},
            yaxis=CATEGORIES | {"categoryorder": "array", "categoryarray": list(chart.categories)},
        ),
    }


def _ending_trace(bar: Bar, reasons: Sequence[str]) -> dict[str, Any]:
    told = [(reason, n) for reason, n in zip(reasons, bar.counts, strict=True) if n]
    return {
        "type": "bar",
        "orientation": "h",
        "name": bar.name,
        "x": [n for _, n in told],
        "y": [reason for reason, _ in told],
        "text": [str(n) for _, n in told],
        "textposition": "outside",
        "cliponaxis": False,
        "textfont": {"color": theme.INK, "size": 13},
        "marker": {"color": bar.colour},
        "hovertemplate": f"%{{y}}: %{{x}}{PLAIN}",
    }


def curve(points: Sequence[Row], colour: str, top: float) -> Figure:
    """A curve in steps with its interval, up to `top`; below each tick stand the pairs at risk.

    Needs day, rate, low, high (None where there is no interval) and n_at_risk, in order of day.
    """
    steps = charts.ending_curve("", points, colour)
    days = steps.days
    step: dict[str, Any] = {"type": "scatter", "mode": "lines", "x": list(days)}
    edge = step | {"line": {"width": 0, "shape": "hv"}, "hoverinfo": "skip"}
    low, high = (
        [rate if limit is None else limit for rate, limit in zip(steps.rates, limits, strict=True)]
        for limits in (steps.lows, steps.highs)
    )
    line = step | {
        "y": list(steps.rates),
        "line": {"color": colour, "width": 2.2, "shape": "hv"},
        "customdata": [row["n_at_risk"] for row in points],
        "hovertemplate": say(
            "Day {day}: {rate}, {n} pairs at risk", day="%{x}", rate="%{y:.0%}", n="%{customdata}"
        )
        + PLAIN,
    }
    ticks = charts.risk_ticks(points)
    return {
        "data": [edge | {"y": low}, edge | {"y": high, "fill": "tonexty", "fillcolor": f"{colour}29"}, line],
        "layout": layout(
            height=230,
            hovermode="closest",
            xaxis=AXIS
            | {
                "range": [days[0], max(days[-1], days[0] + 1)],
                "tickvals": [row["day"] for row in ticks],
                "ticktext": [f"{row['day']}<br>{row['n_at_risk']}" for row in ticks],
                "tickangle": 0,
                "showgrid": False,
            },
            yaxis=AXIS | {"range": [0, top], "tickformat": ".0%", "nticks": 5},
        ),
    }
