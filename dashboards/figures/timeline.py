"""The history of one pair in lanes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from dashboards import theme
from dashboards.components import Part
from dashboards.data.publication import Row
from dashboards.figures.look import AXIS, DATE_TICKS, PLAIN, Figure, escaped, iso, layout
from dashboards.speech import say, translated
from warehouse.words import LANE

_AT = "%{x|%a %e %b %Y, %H:%M} UTC"

LANES = ("session", "mentee", "mentor", "feedback", "survey", "program")


def of_pair(pair: Row, events: Sequence[Row], as_of: dt.datetime, lane_names: dict[str, str]) -> Figure:
    """The pair's events in lanes, the silence since the last contact and the next session.

    Needs of each event position, occurred_at, event_type, lane, summary; of the pair last_contact_at,
    silence_days, expected_days, next_session_at, ended_at. Times are UTC.
    """
    names = LANE | lane_names
    marks = [_mark_trace(key, events) for key in _MARKS]
    start = min([event["occurred_at"] for event in events], default=as_of)
    end = max(as_of, pair["next_session_at"] or as_of)
    pad = max((end - start) * 0.03, dt.timedelta(days=2))
    shapes, notes = _silence(pair, as_of)
    shapes.append(_upright(as_of))
    traces = [trace for trace in marks if trace["x"]]
    if pair["next_session_at"] is not None:
        traces.append(_next_session(pair["next_session_at"]))
    return {
        "data": traces,
        "layout": layout(
            height=290,
            hovermode="closest",
            shapes=shapes,
            annotations=notes,
            xaxis=AXIS | {"type": "date", "range": [iso(start - pad), iso(end + pad)], **DATE_TICKS},
            yaxis=AXIS
            | {
                "tickvals": list(range(len(LANES))),
                "ticktext": [f"{translated(names[lane])}  " for lane in LANES],
                "range": [len(LANES) - 0.5, -0.8],
                "tickfont": {"size": 13, "color": theme.INK},
            },
        ),
    }


_MARKS = {
    "planned": ("circle-open", theme.PLANNED),
    "held": ("circle", theme.BLUE),
    "missed": ("circle-open", theme.VERMILION),
    "cancelled": ("x", theme.VERMILION),
    "mentee": ("triangle-up", theme.GREEN),
    "mentor": ("triangle-down", theme.ORANGE),
    "feedback": ("diamond", theme.PURPLE),
    "survey": ("square", theme.GREY),
    "program": ("star", theme.INK),
}
"""Kind of event -> Plotly symbol and colour, in the order they are drawn."""

_SESSION_KEY = {
    "held": Part("Session held", theme.BLUE, mark="●"),
    "planned": Part("Proposed, confirmed or moved", theme.PLANNED, mark="∘"),
    "missed": Part("No-show", theme.VERMILION, mark="○"),
    "cancelled": Part("Cancelled", theme.VERMILION, mark="✖"),
}
"""What the session lane's marks mean; the other lanes have one mark each and say it themselves."""

_SESSION_MARK = {"session.held": "held", "session.no_show": "missed", "session.cancelled": "cancelled"}


def legend(pair: Row, events: Sequence[Row]) -> list[Part]:
    """The legend of these lanes: the marks that occur in its session lane."""
    found = {_mark(event) for event in events}
    parts = [part for mark, part in _SESSION_KEY.items() if mark in found]
    return parts if pair["next_session_at"] is None else [*parts, Part("Next session", theme.BLUE, mark="◎")]


def _mark(event: Row) -> str:
    lane = str(event["lane"])
    return _SESSION_MARK.get(event["event_type"], "planned") if lane == "session" else lane


def _mark_trace(key: str, events: Sequence[Row]) -> dict[str, Any]:
    symbol, colour = _MARKS[key]
    chosen = [event for event in events if _mark(event) == key]
    width = 2 if symbol.endswith("open") else 1
    return {
        "type": "scatter",
        "mode": "markers",
        "name": key,
        "x": [iso(event["occurred_at"]) for event in chosen],
        "y": [LANES.index(event["lane"]) for event in chosen],
        # Plotly reads a few tags inside hover text; stored text must stay text.
        "text": [escaped(event["summary"] or event["event_type"]) for event in chosen],
        "customdata": [str(event["position"]) for event in chosen],
        "marker": {
            "symbol": symbol,
            "size": 7 if key == "planned" else 11,
            "color": colour,
            "line": {"width": width, "color": colour},
        },
        "hovertemplate": f"%{{text}}<br>{_AT}{PLAIN}",
    }


def _next_session(at: dt.datetime) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "Next session",
        "x": [iso(at)],
        "y": [LANES.index("session")],
        "marker": {"symbol": "circle-open-dot", "size": 13, "color": theme.BLUE, "line": {"width": 2}},
        "hovertemplate": f"{translated('Next session')}<br>{_AT}{PLAIN}",
    }


def _silence(pair: Row, as_of: dt.datetime) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    last, days = pair["last_contact_at"], pair["silence_days"]
    if last is None or days is None or days < 1 or pair["ended_at"] is not None:
        return [], []
    expected = pair["expected_days"]
    usual = say(" (usual {expected:.0f})", expected=expected) if expected is not None else ""
    area = {
        "type": "rect",
        "layer": "below",
        "x0": iso(last),
        "x1": iso(as_of),
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "fillcolor": theme.SILENCE,
        "opacity": 0.13,
        "line": {"width": 0},
    }
    words = {
        "x": iso(as_of),
        "y": 1,
        "yref": "paper",
        "xanchor": "right",
        "yanchor": "bottom",
        "showarrow": False,
        "text": say("silent {days:.0f} d{usual}", days=days, usual=usual),
        "font": {"size": 13, "color": theme.INK},
    }
    return [area], [words]


def _upright(at: dt.datetime) -> dict[str, Any]:
    line = {"color": theme.MUTED, "width": 1, "dash": "dot"}
    return {"type": "line", "x0": iso(at), "x1": iso(at), "yref": "paper", "y0": 0, "y1": 1, "line": line}
