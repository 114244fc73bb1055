"""What surveys say: answers by step of a scale, and changes with their intervals."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from typing import Any

from dashboards import theme
from dashboards.data.publication import Row
from dashboards.figures.look import AXIS, CATEGORIES, PLAIN, SHARES, Figure, axis_title, layout

LOW_STEPS = (theme.VERMILION, theme.ORANGE, theme.OCHRE)

HIGH_STEPS = (theme.PLANNED, theme.BLUE, theme.ACCENT_DEEP)


def step_colours(n: int) -> list[str]:
    """The colours of a scale of n steps, from the lowest to the highest; an odd one has a grey middle."""
    half = n // 2
    low = [LOW_STEPS[min(at, len(LOW_STEPS) - 1)] for at in range(half)]
    high = [HIGH_STEPS[-min(at + 1, len(HIGH_STEPS))] for at in reversed(range(half))]
    return [*low, *([theme.GREY] if n % 2 else []), *high]


def likert(items: Sequence[tuple[str, Sequence[int]]], steps: Sequence[str]) -> Figure:
    """One bar an item: its answers by step of the scale, as shares. The item's words stand above its bar."""
    n_all = [sum(counts) for _, counts in items]
    titles = [_wrapped(words, 46) for words, _ in items]
    places = list(range(len(items)))
    colours = step_colours(len(steps))
    bars = []
    for at, step in enumerate(steps):
        counts = [given[at] for _, given in items]
        bars.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": step,
                "x": [count / whole for count, whole in zip(counts, n_all, strict=True)],
                "y": places,
                "width": 0.42,
                "customdata": [[count, title] for count, title in zip(counts, titles, strict=True)],
                "text": [str(count) if count else "" for count in counts],
                "textposition": "inside",
                "insidetextanchor": "middle",
                "textangle": 0,
                "textfont": {"color": theme.PAPER, "size": 13},
                "marker": {"color": colours[at], "line": {"color": theme.PAPER, "width": 1.5}},
                "hovertemplate": f"%{{customdata[1]}}: %{{customdata[0]}} {html.escape(step)} "
                f"(%{{x:.0%}}){PLAIN}",
            }
        )
    return {
        "data": bars,
        "layout": layout(
            height=46 + (44 + 18 * max(title.count("<br>") + 1 for title in titles)) * len(items),
            barmode="stack",
            uniformtext={"mode": "hide", "minsize": 12},
            annotations=[_above(title, place) for title, place in zip(titles, places, strict=True)],
            xaxis=SHARES,
            yaxis=AXIS | {"range": [len(items) - 0.6, -0.75], "showgrid": False, "showticklabels": False},
        ),
    }


def _above(words: str, place: int) -> dict[str, Any]:
    return {
        "text": words,
        "x": 0,
        "y": place - 0.26,
        "xanchor": "left",
        "yanchor": "bottom",
        "align": "left",
        "showarrow": False,
        "font": {"size": 13, "color": theme.INK},
    }


def _wrapped(words: str, width: int) -> str:
    return "<br>".join(html.escape(line) for line in textwrap.wrap(words, width))


def changes(rows: Sequence[Row]) -> Figure:
    """What changed, scale by scale: a dot with its interval, and beside it people outside; zero is no change.

    Needs scale_title, value, low, high, and outside (or None).
    """
    names = [_wrapped(row["scale_title"], 18) for row in rows]
    inside = _change_dots(names, rows, "value", theme.BLUE, "circle")
    inside["error_x"] = {
        "type": "data",
        "symmetric": False,
        "array": [row["high"] - row["value"] for row in rows],
        "arrayminus": [row["value"] - row["low"] for row in rows],
        "color": theme.BLUE,
        "thickness": 2,
        "width": 5,
    }
    beside = _change_dots(names, rows, "outside", theme.ORANGE, "diamond-open")
    ends = [row[name] for row in rows for name in ("low", "high", "outside") if row[name] is not None]
    reach = [1.08 * min([-0.25, *ends]), 1.08 * max([0.5, *ends])]
    return {
        "data": [inside, beside],
        "layout": layout(
            height=76 + 40 * len(rows),
            shapes=[
                {
                    "type": "line", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1,
                    "line": {"color": theme.MUTED, "width": 1.5, "dash": "dash"},
                }
            ],
            xaxis=AXIS | {"range": reach, "nticks": 6, "tickangle": 0, "title": axis_title("Points")},
            yaxis=CATEGORIES,
        ),
    }  # fmt: skip


def _change_dots(
    names: Sequence[str], rows: Sequence[Row], column: str, colour: str, symbol: str
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [row[column] for row in rows],
        "y": list(names),
        "marker": {"color": colour, "size": 11, "symbol": symbol, "line": {"color": colour, "width": 2}},
        "hovertemplate": f"%{{y}}: %{{x:+.2f}}{PLAIN}",
    }
