"""How cohorts stand and how often their pairs meet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboards import theme
from dashboards.data.publication import Row
from dashboards.figures.look import AXIS, CATEGORIES, PLAIN, SHARES, Figure, escaped, layout
from dashboards.speech import lowered, say, translated
from warehouse import charts
from warehouse.charts import Bar

FEW = 5
"""Up to so many of something are counted one by one on an axis: there is no half a pair."""


def band_bars(cohorts: Sequence[Row]) -> Figure:
    """One bar a cohort: its running pairs by band, as shares of the running ones (`charts.band_bars`)."""
    chart = charts.band_bars(cohorts)
    names = [escaped(name) for name in chart.categories]
    return {
        "data": [_band_trace(bar, names) for bar in chart.series],
        "layout": layout(
            height=46 + 46 * len(names),
            barmode="stack",
            bargap=0.34,
            uniformtext={"mode": "hide", "minsize": 12},
            xaxis=SHARES,
            yaxis=CATEGORIES,
        ),
    }


def _band_trace(bar: Bar, names: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "name": bar.name,
        "x": list(bar.values),
        "y": list(names),
        "customdata": list(bar.counts),
        "text": [f"{bar.mark} {n}" for n in bar.counts],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "textfont": {"color": theme.PAPER, "size": 13},
        "marker": {"color": bar.colour, "line": {"color": theme.PAPER, "width": 1.5}},
        "hovertemplate": f"%{{y}}: %{{customdata}} {translated(bar.name)} (%{{x:.0%}}){PLAIN}",
    }


def weekly_contact(weeks: Sequence[Row], n_whole: int) -> Figure:
    """Sessions held (bars), pairs in contact and current pairs (lines) by week.

    Needs week_on, n_sessions_held, n_pairs_in_contact, n_pairs_alive. Weeks after the first `n_whole`
    are not over and drawn paler.
    """
    counts = ("n_sessions_held", "n_pairs_in_contact", "n_pairs_alive")
    top = max((row[column] or 0 for row in weeks for column in counts), default=0)
    colours = [theme.SESSION] * n_whole + [theme.SESSION_PALE] * (len(weeks) - n_whole)
    bars = {
        "type": "bar",
        "name": "Sessions held",
        "marker": {"color": colours},
        "hovertemplate": say("{n} sessions held", n="%{y}") + PLAIN,
    }
    return {
        "data": [
            bars | _by_week(weeks, "n_sessions_held"),
            _line("Current pairs", theme.GREY, "dot") | _by_week(weeks, "n_pairs_alive"),
            _line("Pairs in contact", theme.ORANGE, "solid") | _by_week(weeks, "n_pairs_in_contact"),
        ],
        "layout": layout(
            height=360,
            bargap=0.25,
            hovermode="x unified",
            xaxis=AXIS
            | {
                "type": "date",
                "showgrid": False,
                "tickformat": "%b<br>%Y",
                "hoverformat": "Week of %e %b %Y",
            },
            yaxis=AXIS | {"rangemode": "tozero"} | ({"dtick": 1} if top <= FEW else {"nticks": 6}),
        ),
    }


def _by_week(weeks: Sequence[Row], column: str) -> dict[str, Any]:
    return {"x": [row["week_on"].strftime("%Y-%m-%d") for row in weeks], "y": [row[column] for row in weeks]}


def _line(name: str, colour: str, dash: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "line": {"color": colour, "width": 2.2, "dash": dash},
        "hovertemplate": f"%{{y}} {lowered(name)}{PLAIN}",
    }
