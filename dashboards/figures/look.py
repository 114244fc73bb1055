"""What all figures share: axes, layout, and texts that Plotly will not read as tags."""

from __future__ import annotations

import datetime as dt
import html
from typing import Any

from dashboards import theme
from dashboards.speech import AsIs

Figure = dict[str, Any]

DATE_TICKS: dict[str, Any] = {
    "tickangle": 0,
    "tickformatstops": [
        {"dtickrange": [None, "M1"], "value": "%e %b<br>%Y"},
        {"dtickrange": ["M1", None], "value": "%b<br>%Y"},
    ],
}

PLAIN = "<extra></extra>"
"""Plotly adds the name of the trace to a hover unless it is told not to."""

AXIS: dict[str, Any] = {
    "gridcolor": theme.GRID_LINE,
    "linecolor": theme.AXIS_LINE,
    "zeroline": False,
    "tickfont": {"size": 13, "color": theme.MUTED},
    "fixedrange": True,
    "automargin": True,
}

SHARES = AXIS | {"range": [0, 1.001], "tickformat": ".0%", "dtick": 0.25}

CATEGORIES = AXIS | {"type": "category", "autorange": "reversed", "showgrid": False, "ticksuffix": "  "}
"""Names down the side, the first on top."""


def layout(**more: Any) -> dict[str, Any]:
    """What a figure looks like, with its own settings on top."""
    base: dict[str, Any] = {
        "autosize": True,
        "margin": {"l": 8, "r": 16, "t": 24, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": theme.FONT, "size": 13, "color": theme.INK},
        "hoverlabel": {
            "bgcolor": theme.PAPER,
            "bordercolor": theme.LINE,
            "font": {"size": 13, "color": theme.INK},
        },
        "dragmode": False,
        "showlegend": False,
    }
    return base | more


def axis_title(words: str) -> dict[str, Any]:
    """What an axis counts, in small words beside it."""
    return {"text": words, "font": {"size": 13, "color": theme.MUTED}, "standoff": 8}


def escaped(text: str) -> str:
    """A text that Plotly will not read as tags; one of the data stays marked as such."""
    escaped = html.escape(text)
    return AsIs(escaped) if isinstance(text, AsIs) else escaped


def iso(at: dt.datetime) -> str:
    """An instant (UTC) as Plotly reads it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S")
