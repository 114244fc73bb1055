"""How good the signals were: said against happened, alerts that were right."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from dashboards import theme
from dashboards.data.publication import Row
from dashboards.figures.look import AXIS, DATE_TICKS, PLAIN, Figure, axis_title, layout
from dashboards.speech import lowered, say


def reliability(bins: Sequence[Row]) -> Figure:
    """What was said against what happened, with intervals; on the dashed diagonal both are the same.

    Needs predicted_rate, observed_rate, low, high and n, in order of bin.
    """
    said, came = ([row[name] for row in bins] for name in ("predicted_rate", "observed_rate"))
    lows, highs = ([row[name] for row in bins] for name in ("low", "high"))
    top = min(1.0, 1.1 * max([*said, *highs], default=1.0))
    diagonal = {
        "type": "scatter",
        "mode": "lines",
        "x": [0, top],
        "y": [0, top],
        "line": {"color": theme.MUTED, "width": 1.5, "dash": "dash"},
        "hoverinfo": "skip",
    }
    dots = {
        "type": "scatter",
        "mode": "markers",
        "x": said,
        "y": came,
        "error_y": _interval(came, lows, highs, theme.BLUE),
        "marker": {"color": theme.BLUE, "size": 9},
        "customdata": [row["n"] for row in bins],
        "hovertemplate": say(
            "Said {said}, happened {rate} of {n} pair-weeks",
            said="%{x:.0%}",
            rate="%{y:.0%}",
            n="%{customdata}",
        )
        + PLAIN,
    }
    axis = AXIS | {"range": [-0.02 * top, top], "tickformat": ".0%", "nticks": 6}
    return {
        "data": [diagonal, dots],
        "layout": layout(
            height=320,
            hovermode="closest",
            xaxis=axis | {"title": axis_title("What was said")},
            yaxis=axis | {"title": axis_title("What happened")},
        ),
    }


def precision_bars(tops: Sequence[tuple[str, float, float, float]], base_rate: float) -> Figure:
    """Share of alerts that were right, by how many pairs are looked at; the dashed line is the base rate.

    Each bar is a label, a rate, and the ends of its interval.
    """
    names, rates = [name for name, *_ in tops], [rate for _, rate, *_ in tops]
    lows, highs = [low for *_, low, _ in tops], [high for *_, high in tops]
    bars = {
        "type": "bar",
        "x": names,
        "y": rates,
        "marker": {"color": theme.BLUE},
        "error_y": _interval(rates, lows, highs, theme.INK),
        "hovertemplate": say("{top}: {rate} were right", top="%{x}", rate="%{y:.0%}") + PLAIN,
    }
    base = {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": base_rate,
        "y1": base_rate,
        "line": {"color": theme.ORANGE, "width": 2, "dash": "dash"},
    }
    return {
        "data": [bars],
        "layout": layout(
            height=280,
            bargap=0.5,
            shapes=[base],
            xaxis=AXIS | {"type": "category", "showgrid": False},
            yaxis=AXIS | {"range": [0, min(1.02, 1.1 * max([*highs, base_rate]))], "tickformat": ".0%"},
        ),
    }


def _interval(
    rates: Sequence[float], lows: Sequence[float], highs: Sequence[float], colour: str
) -> dict[str, Any]:
    """The interval of each rate, drawn about it."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - rate for high, rate in zip(highs, rates, strict=True)],
        "arrayminus": [rate - low for low, rate in zip(lows, rates, strict=True)],
        "color": colour,
        "thickness": 1.5,
        "width": 5,
    }


def count_bars(names: Sequence[str], counts: Sequence[int], colours: Sequence[str], what: str) -> Figure:
    """Plain bars of counts, one a category, each with its number."""
    bars = {
        "type": "bar",
        "x": list(names),
        "y": list(counts),
        "text": [f"{n:,}" for n in counts],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {"color": list(colours)},
        "hovertemplate": f"%{{x}}: %{{y}} {html.escape(what)}{PLAIN}",
    }
    return {
        "data": [bars],
        "layout": layout(
            height=280,
            bargap=0.3,
            xaxis=AXIS | {"type": "category", "showgrid": False, "tickangle": 0},
            yaxis=AXIS | {"rangemode": "tozero", "nticks": 5},
        ),
    }


def weekly_alerts(weeks: Sequence[Row]) -> Figure:
    """Alerts of each week, the right ones below the others. Needs on_date, n_right, n_alerts."""
    x = [row["on_date"].strftime("%Y-%m-%d") for row in weeks]

    def bars(name: str, counts: Sequence[int], colour: str) -> dict[str, Any]:
        hover = f"%{{y}} {lowered(name)}{PLAIN}"
        return {
            "type": "bar",
            "name": name,
            "x": x,
            "y": list(counts),
            "marker": {"color": colour},
            "hovertemplate": hover,
        }

    wrong = [row["n_alerts"] - row["n_right"] for row in weeks]
    return {
        "data": [
            bars("Went silent", [row["n_right"] for row in weeks], theme.BLUE),
            bars("Did not", wrong, theme.REST),
        ],
        "layout": layout(
            height=280,
            barmode="stack",
            bargap=0.25,
            hovermode="x unified",
            xaxis=AXIS | {"type": "date", "showgrid": False, "hoverformat": "Week to %e %b %Y"} | DATE_TICKS,
            yaxis=AXIS | {"rangemode": "tozero", "nticks": 5, "tickformat": ",d"},
        ),
    }
