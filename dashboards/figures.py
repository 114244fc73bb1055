"""Figures as plain Plotly dictionaries: pure functions of rows, without Plotly's own classes.

A dictionary costs a third less time than a figure object and carries no default look. What a figure
says in words is written by the screen beside it.
"""

from __future__ import annotations

import datetime as dt
import html
import textwrap
from collections.abc import Sequence
from typing import Any

from dashboards import theme
from dashboards.components import Part
from dashboards.data.publication import Row
from dashboards.speech import AsIs, lowered, say, translated
from warehouse import charts
from warehouse.charts import Bar
from warehouse.words import LANE

Figure = dict[str, Any]

_DATE_TICKS: dict[str, Any] = {
    "tickangle": 0,
    "tickformatstops": [
        {"dtickrange": [None, "M1"], "value": "%e %b<br>%Y"},
        {"dtickrange": ["M1", None], "value": "%b<br>%Y"},
    ],
}

_PLAIN = "<extra></extra>"
"""Plotly adds the name of the trace to a hover unless it is told not to."""

_AT = "%{x|%a %e %b %Y, %H:%M} UTC"

LANES = ("session", "mentee", "mentor", "feedback", "survey", "program")

_AXIS: dict[str, Any] = {
    "gridcolor": theme.GRID_LINE,
    "linecolor": theme.AXIS_LINE,
    "zeroline": False,
    "tickfont": {"size": 13, "color": theme.MUTED},
    "fixedrange": True,
    "automargin": True,
}


def band_bars(cohorts: Sequence[Row]) -> Figure:
    """One bar a cohort: its running pairs by band, as shares of the running ones (`charts.band_bars`)."""
    chart = charts.band_bars(cohorts)
    names = [_escaped(name) for name in chart.categories]
    return {
        "data": [_band_trace(bar, names) for bar in chart.series],
        "layout": _layout(
            height=46 + 46 * len(names),
            barmode="stack",
            bargap=0.34,
            uniformtext={"mode": "hide", "minsize": 12},
            xaxis=_AXIS | {"range": [0, 1.001], "tickformat": ".0%", "dtick": 0.25},
            yaxis=_AXIS
            | {"type": "category", "autorange": "reversed", "showgrid": False, "ticksuffix": "  "},
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
        "hovertemplate": f"%{{y}}: %{{customdata}} {translated(bar.name)} (%{{x:.0%}}){_PLAIN}",
    }


def weekly_contact(weeks: Sequence[Row], n_whole: int) -> Figure:
    """Sessions held (bars), pairs in contact and current pairs (lines) by week.

    Needs week_on, n_sessions_held, n_pairs_in_contact, n_pairs_alive. Weeks after the first `n_whole`
    are not over and drawn paler.
    """
    x = [row["week_on"].strftime("%Y-%m-%d") for row in weeks]

    def line(column: str, name: str, colour: str, dash: str) -> dict[str, Any]:
        return {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": x,
            "y": [row[column] for row in weeks],
            "line": {"color": colour, "width": 2.2, "dash": dash},
            "hovertemplate": f"%{{y}} {lowered(name)}{_PLAIN}",
        }

    bars = {
        "type": "bar",
        "name": "Sessions held",
        "x": x,
        "y": [row["n_sessions_held"] for row in weeks],
        "marker": {"color": [theme.SESSION] * n_whole + [theme.SESSION_PALE] * (len(x) - n_whole)},
        "hovertemplate": say("{n} sessions held", n="%{y}") + _PLAIN,
    }
    return {
        "data": [
            bars,
            line("n_pairs_alive", "Current pairs", theme.GREY, "dot"),
            line("n_pairs_in_contact", "Pairs in contact", theme.ORANGE, "solid"),
        ],
        "layout": _layout(
            height=360,
            bargap=0.25,
            hovermode="x unified",
            xaxis=_AXIS
            | {
                "type": "date",
                "showgrid": False,
                "tickformat": "%b<br>%Y",
                "hoverformat": "Week of %e %b %Y",
            },
            yaxis=_AXIS | {"rangemode": "tozero", "nticks": 6},
        ),
    }


def ending_bars(endings: Sequence[Row]) -> Figure:
    """Ended pairs by reason, natural ends in green above early ones (`charts.ending_bars`)."""
    chart = charts.ending_bars(endings)
    return {
        "data": [_ending_trace(bar, chart.categories) for bar in chart.series],
        "layout": _layout(
            height=20 + 27 * len(chart.categories),
            barmode="stack",
            bargap=0.35,
            margin={"l": 8, "r": 34, "t": 8, "b": 8},
            xaxis=_AXIS | {"showticklabels": False, "showgrid": False, "rangemode": "tozero"},
            yaxis=_AXIS
            | {
                "type": "category",
                "categoryorder": "array",
                "categoryarray": list(chart.categories),
                "autorange": "reversed",
                "showgrid": False,
                "ticksuffix": "  ",
            },
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
        "hovertemplate": f"%{{y}}: %{{x}}{_PLAIN}",
    }


def ending_curve(points: Sequence[Row], colour: str, top: float) -> Figure:
    """A curve in steps with its interval, up to `top`; below each tick stand the pairs at risk.

    Needs day, rate, low, high (None where there is no interval) and n_at_risk, in order of day.
    """
    curve = charts.ending_curve("", points, colour)
    days = curve.days
    step: dict[str, Any] = {"type": "scatter", "mode": "lines", "x": list(days)}
    edge = step | {"line": {"width": 0, "shape": "hv"}, "hoverinfo": "skip"}
    low, high = (
        [rate if limit is None else limit for rate, limit in zip(curve.rates, limits, strict=True)]
        for limits in (curve.lows, curve.highs)
    )
    line = step | {
        "y": list(curve.rates),
        "line": {"color": colour, "width": 2.2, "shape": "hv"},
        "customdata": [row["n_at_risk"] for row in points],
        "hovertemplate": say(
            "Day {day}: {rate}, {n} pairs at risk", day="%{x}", rate="%{y:.0%}", n="%{customdata}"
        )
        + _PLAIN,
    }
    ticks = charts.risk_ticks(points)
    return {
        "data": [edge | {"y": low}, edge | {"y": high, "fill": "tonexty", "fillcolor": f"{colour}29"}, line],
        "layout": _layout(
            height=230,
            hovermode="closest",
            xaxis=_AXIS
            | {
                "range": [days[0], max(days[-1], days[0] + 1)],
                "tickvals": [row["day"] for row in ticks],
                "ticktext": [f"{row['day']}<br>{row['n_at_risk']}" for row in ticks],
                "tickangle": 0,
                "showgrid": False,
            },
            yaxis=_AXIS | {"range": [0, top], "tickformat": ".0%", "nticks": 5},
        ),
    }


def reliability(bins: Sequence[Row]) -> Figure:
    """What was said against what happened, with intervals; on the dashed diagonal both are the same.

    Needs predicted_rate, observed_rate, low, high and n, in order of bin.
    """
    said, came = ([row[name] for row in bins] for name in ("predicted_rate", "observed_rate"))
    top = min(1.0, 1.1 * max([*said, *(row["high"] for row in bins)], default=1.0))
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
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [row["high"] - row["observed_rate"] for row in bins],
            "arrayminus": [row["observed_rate"] - row["low"] for row in bins],
            "color": theme.BLUE,
            "thickness": 1.5,
            "width": 4,
        },
        "marker": {"color": theme.BLUE, "size": 9},
        "customdata": [row["n"] for row in bins],
        "hovertemplate": say(
            "Said {said}, happened {rate} of {n} pair-weeks",
            said="%{x:.0%}",
            rate="%{y:.0%}",
            n="%{customdata}",
        )
        + _PLAIN,
    }
    axis = _AXIS | {"range": [-0.02 * top, top], "tickformat": ".0%", "nticks": 6}
    return {
        "data": [diagonal, dots],
        "layout": _layout(
            height=320,
            hovermode="closest",
            xaxis=axis | {"title": _title("What was said")},
            yaxis=axis | {"title": _title("What happened")},
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
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [high - rate for high, rate in zip(highs, rates, strict=True)],
            "arrayminus": [rate - low for low, rate in zip(lows, rates, strict=True)],
            "color": theme.INK,
            "thickness": 1.5,
            "width": 5,
        },
        "hovertemplate": say("{top}: {rate} were right", top="%{x}", rate="%{y:.0%}") + _PLAIN,
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
        "layout": _layout(
            height=280,
            bargap=0.5,
            shapes=[base],
            xaxis=_AXIS | {"type": "category", "showgrid": False},
            yaxis=_AXIS | {"range": [0, min(1.02, 1.1 * max([*highs, base_rate]))], "tickformat": ".0%"},
        ),
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
        "hovertemplate": f"%{{x}}: %{{y}} {html.escape(what)}{_PLAIN}",
    }
    return {
        "data": [bars],
        "layout": _layout(
            height=280,
            bargap=0.3,
            xaxis=_AXIS | {"type": "category", "showgrid": False, "tickangle": 0},
            yaxis=_AXIS | {"rangemode": "tozero", "nticks": 5},
        ),
    }


def weekly_alerts(weeks: Sequence[Row]) -> Figure:
    """Alerts of each week, the right ones below the others. Needs on_date, n_right, n_alerts."""
    x = [row["on_date"].strftime("%Y-%m-%d") for row in weeks]

    def bars(name: str, counts: Sequence[int], colour: str) -> dict[str, Any]:
        hover = f"%{{y}} {lowered(name)}{_PLAIN}"
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
        "layout": _layout(
            height=280,
            barmode="stack",
            bargap=0.25,
            hovermode="x unified",
            xaxis=_AXIS
            | {"type": "date", "showgrid": False, "hoverformat": "Week to %e %b %Y"}
            | _DATE_TICKS,
            yaxis=_AXIS | {"rangemode": "tozero", "nticks": 5, "tickformat": ",d"},
        ),
    }


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
                f"(%{{x:.0%}}){_PLAIN}",
            }
        )
    return {
        "data": bars,
        "layout": _layout(
            height=46 + (44 + 18 * max(title.count("<br>") + 1 for title in titles)) * len(items),
            barmode="stack",
            uniformtext={"mode": "hide", "minsize": 12},
            annotations=[_above(title, place) for title, place in zip(titles, places, strict=True)],
            xaxis=_AXIS | {"range": [0, 1.001], "tickformat": ".0%", "dtick": 0.25},
            yaxis=_AXIS | {"range": [len(items) - 0.6, -0.75], "showgrid": False, "showticklabels": False},
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
        "layout": _layout(
            height=76 + 40 * len(rows),
            shapes=[
                {
                    "type": "line", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1,
                    "line": {"color": theme.MUTED, "width": 1.5, "dash": "dash"},
                }
            ],
            xaxis=_AXIS | {"range": reach, "nticks": 6, "tickangle": 0, "title": _title("Points")},
            yaxis=_AXIS
            | {"type": "category", "autorange": "reversed", "showgrid": False, "ticksuffix": "  "},
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
        "hovertemplate": f"%{{y}}: %{{x:+.2f}}{_PLAIN}",
    }


def _title(words: str) -> dict[str, Any]:
    return {"text": words, "font": {"size": 13, "color": theme.MUTED}, "standoff": 8}


def timeline(pair: Row, events: Sequence[Row], as_of: dt.datetime, lane_names: dict[str, str]) -> Figure:
    """The pair's events in lanes, the silence since the last contact and the next session.

    Needs of each event occurred_at, event_type, lane, summary; of the pair last_contact_at,
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
        "layout": _layout(
            height=290,
            hovermode="closest",
            shapes=shapes,
            annotations=notes,
            xaxis=_AXIS | {"type": "date", "range": [_iso(start - pad), _iso(end + pad)], **_DATE_TICKS},
            yaxis=_AXIS
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


def timeline_key(pair: Row, events: Sequence[Row]) -> list[Part]:
    """The legend of a timeline: the marks that occur in its session lane."""
    found = {_mark(event) for event in events}
    parts = [part for mark, part in _SESSION_KEY.items() if mark in found]
    return parts if pair["next_session_at"] is None else [*parts, Part("Next session", theme.BLUE, mark="◎")]


def _mark(event: Row) -> str:
    lane = str(event["lane"])
    return _SESSION_MARK.get(event["event_type"], "planned") if lane == "session" else lane


def _escaped(text: str) -> str:
    """A text that Plotly will not read as tags; one of the data stays marked as such."""
    escaped = html.escape(text)
    return AsIs(escaped) if isinstance(text, AsIs) else escaped


def _mark_trace(key: str, events: Sequence[Row]) -> dict[str, Any]:
    symbol, colour = _MARKS[key]
    chosen = [event for event in events if _mark(event) == key]
    width = 2 if symbol.endswith("open") else 1
    return {
        "type": "scatter",
        "mode": "markers",
        "name": key,
        "x": [_iso(event["occurred_at"]) for event in chosen],
        "y": [LANES.index(event["lane"]) for event in chosen],
        # Plotly reads a few tags inside hover text; stored text must stay text.
        "text": [_escaped(event["summary"] or event["event_type"]) for event in chosen],
        "marker": {
            "symbol": symbol,
            "size": 7 if key == "planned" else 11,
            "color": colour,
            "line": {"width": width, "color": colour},
        },
        "hovertemplate": f"%{{text}}<br>{_AT}{_PLAIN}",
    }


def _next_session(at: dt.datetime) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "Next session",
        "x": [_iso(at)],
        "y": [LANES.index("session")],
        "marker": {"symbol": "circle-open-dot", "size": 13, "color": theme.BLUE, "line": {"width": 2}},
        "hovertemplate": f"{translated('Next session')}<br>{_AT}{_PLAIN}",
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
        "x0": _iso(last),
        "x1": _iso(as_of),
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "fillcolor": theme.SILENCE,
        "opacity": 0.13,
        "line": {"width": 0},
    }
    words = {
        "x": _iso(as_of),
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
    return {"type": "line", "x0": _iso(at), "x1": _iso(at), "yref": "paper", "y0": 0, "y1": 1, "line": line}


def _layout(**more: Any) -> dict[str, Any]:
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


def _iso(at: dt.datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S")
