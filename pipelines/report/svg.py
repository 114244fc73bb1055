"""Charts as SVG, drawn from plain data: the same chart is the same text, and no browser is needed.

Coordinates have one decimal at most. All text is escaped. Each drawing names itself by `title` and `desc`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import pairwise

from pipelines.report.say import percent
from warehouse.charts import Bars, Chart, Curve, Dots, Steps
from warehouse.looks import ACCENT, INK, LINE, MUTED, PAPER

WIDTH = 680
FONT = (
    "Inter, 'Noto Sans Arabic', 'Droid Sans Fallback 1', 'Droid Sans Fallback 2', NanumGothic, "
    "'Noto Sans Symbols 2', 'Noto Emoji', sans-serif"
)
SIZE = 12.5
CHARACTER = 6.6
"""Width of a character of that size, on the wide side: labels never run into bars."""
MAX_GUTTER = 230
DASHES = ("", "7 4", "2 3", "9 3 2 3", "4 2")

Parts = Iterator[str]


def svg(chart: Chart, title: str, desc: str) -> str:
    """A chart as one SVG element with a name and a description."""
    match chart:
        case Bars():
            height, parts = _bars(chart)
        case Steps():
            height, parts = _steps(chart)
        case Dots():
            height, parts = _dots(chart)
    inside = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" font-family="{FONT}" font-size="{SIZE}" fill="{INK}">\n'
        f"<title>{escape(title)}</title>\n<desc>{escape(desc)}</desc>\n{inside}\n</svg>\n"
    )


def _bars(chart: Bars) -> tuple[int, Parts]:
    left = _gutter(chart.categories)
    top = 34 if len(chart.series) > 1 else 6
    height = top + 34 * len(chart.categories) + (22 if chart.is_share else 4)
    return height, _bar_parts(chart, left, top)


def _bar_parts(chart: Bars, left: float, top: float) -> Parts:
    if len(chart.series) > 1:
        yield from _legend([(bar.mark, bar.name, bar.colour) for bar in chart.series])
    right = 12 if chart.is_share else 60
    sums = (sum(parts) for parts in zip(*(bar.values for bar in chart.series), strict=True))
    longest = 1.0 if chart.is_share else max(sums)
    scale = (WIDTH - left - right) / (longest or 1)
    bottom = top + 34 * len(chart.categories)
    if chart.is_share:
        yield from _share_axis(left, scale, top, bottom)
    for place, name in enumerate(chart.categories):
        y = top + 34 * place + 5
        yield _text(left - 10, y + 16, _fitting(name, left), anchor="end")
        yield from _one_bar(chart, place, left, y, scale)


def _one_bar(chart: Bars, place: int, x: float, y: float, scale: float) -> Parts:
    """The parts of one category side by side, each with its count where it fits in, or their sum behind."""
    for bar in chart.series:
        width = bar.values[place] * scale
        if width > 0:
            yield _rectangle(x, y, width, 24, bar.colour)
            label = f"{bar.counts[place]:,}"
            if chart.is_share and width > CHARACTER * len(label) + 8:
                yield _text(x + width / 2, y + 16.5, label, anchor="middle", colour=PAPER, weight=600)
        x += width
    if not chart.is_share:
        total = sum(bar.counts[place] for bar in chart.series)
        yield _text(x + 7, y + 16.5, f"{total:,}", weight=600)


def _share_axis(left: float, scale: float, top: float, bottom: float) -> Parts:
    anchors = {0.0: "start", 1.0: "end"}
    for rate in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = left + rate * scale
        yield _line(x, top, x, bottom, LINE)
        anchor = anchors.get(rate, "middle")
        yield _text(x, bottom + 16, percent(rate), anchor=anchor, colour=MUTED, size=11.5)


def _steps(chart: Steps) -> tuple[int, Parts]:
    top = 16 + 18 * _legend_lines(chart.curves)
    return top + 248, _step_parts(chart, top=top, bottom=top + 206)


def _step_parts(chart: Steps, top: float, bottom: float) -> Parts:
    left, right = 74.0, WIDTH - 14.0
    first = min(curve.days[0] for curve in chart.curves)
    last = max(curve.days[-1] for curve in chart.curves)
    across = (right - left) / max(1, last - first)

    def x(day: int) -> float:
        return left + (day - first) * across

    def y(rate: float) -> float:
        return bottom - min(rate, chart.top) / chart.top * (bottom - top)

    yield from _line_legend(chart.curves)
    for rate in _round_rates(chart.top):
        yield _line(left, y(rate), right, y(rate), LINE)
        yield _text(left - 8, y(rate) + 4, percent(rate), anchor="end", colour=MUTED, size=11.5)
    for place, curve in enumerate(chart.curves):
        if place == 0:
            yield _band(curve, x, y)
        yield _stairs(curve, x, y, DASHES[place % len(DASHES)])
    for day, n in zip(chart.ticks, chart.at_risk, strict=True):
        yield _text(x(day), bottom + 18, f"{day}", anchor="middle", colour=MUTED, size=11.5)
        yield _text(x(day), bottom + 36, f"{n:,}", anchor="middle", colour=INK, size=11.5)
    yield _text(0, bottom + 18, "Day", colour=MUTED, size=11.5)
    yield _text(0, bottom + 36, "At risk", colour=MUTED, size=11.5)


def _band(curve: Curve, x: Callable[[int], float], y: Callable[[float], float]) -> str:
    """The interval of a curve; where there is none the curve itself."""
    corners = list(zip(curve.days, curve.rates, curve.lows, curve.highs, strict=True))
    upper = _corners([(day, rate if high is None else high) for day, rate, _, high in corners])
    lower = _corners([(day, rate if low is None else low) for day, rate, low, _ in corners])
    points = " ".join(f"{_n(x(day))},{_n(y(rate))}" for day, rate in (*upper, *reversed(lower)))
    return f'<polygon points="{points}" fill="{curve.colour}" fill-opacity="0.14"/>'


def _stairs(curve: Curve, x: Callable[[int], float], y: Callable[[float], float], dash: str) -> str:
    points = " ".join(
        f"{_n(x(day))},{_n(y(rate))}"
        for day, rate in _corners(list(zip(curve.days, curve.rates, strict=True)))
    )
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{points}" fill="none" stroke="{curve.colour}" stroke-width="2.4"{dashed}/>'


def _corners(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """A line in steps: along to the next day, then up."""
    found = [points[0]]
    for (_, before), (day, rate) in pairwise(points):
        found += [(day, before), (day, rate)]
    return found


def _dots(chart: Dots) -> tuple[int, Parts]:
    return 12 + 36 * len(chart.dots) + 22, _dot_parts(chart)


def _dot_parts(chart: Dots) -> Parts:
    left, top = _gutter([dot.name for dot in chart.dots]), 8.0
    right = 212.0
    scale = WIDTH - left - right
    bottom = top + 36 * len(chart.dots)
    yield from _share_axis(left, scale, top, bottom)
    for place, dot in enumerate(chart.dots):
        y = top + 36 * place + 18
        yield _text(left - 12, y + 4.5, _fitting(dot.name, left), anchor="end")
        if dot.low is not None and dot.high is not None:
            yield _line(left + dot.low * scale, y, left + dot.high * scale, y, ACCENT, 2.4)
        if dot.before is not None:
            at = _n(left + dot.before * scale)
            yield f'<circle cx="{at}" cy="{_n(y)}" r="5" fill="{PAPER}" stroke="{MUTED}" stroke-width="1.6"/>'
        yield f'<circle cx="{_n(left + dot.value * scale)}" cy="{_n(y)}" r="5.5" fill="{ACCENT}"/>'
        yield _text(WIDTH - right + 16, y + 4.5, percent(dot.value), weight=600)
        yield _text(WIDTH - right + 60, y + 4.5, f"of {dot.of}", colour=MUTED, size=11)


def _legend(entries: Sequence[tuple[str, str, str]]) -> Parts:
    x = 0.0
    for mark, name, colour in entries:
        yield _text(x, 14, mark, colour=colour, size=13)
        yield _text(x + 16, 14, name, size=12)
        x += 16 + CHARACTER * len(name) + 18


def _legend_lines(curves: Sequence[Curve]) -> int:
    """How many lines the legend of curves takes."""
    x, lines = 0.0, 1
    for curve in curves:
        width = _legend_width(curve)
        if x + width > WIDTH:
            x, lines = 0.0, lines + 1
        x += width
    return lines


def _legend_width(curve: Curve) -> float:
    return 34 + CHARACTER * len(curve.name) + 16


def _line_legend(curves: Sequence[Curve]) -> Parts:
    x, y = 0.0, 12.0
    for place, curve in enumerate(curves):
        width = _legend_width(curve)
        if x + width > WIDTH:
            x, y = 0.0, y + 18
        dash = DASHES[place % len(DASHES)]
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        yield (
            f'<line x1="{_n(x)}" y1="{_n(y - 4)}" x2="{_n(x + 26)}" y2="{_n(y - 4)}" stroke="{curve.colour}" '
            f'stroke-width="2.4"{dashed}/>'
        )
        yield _text(x + 32, y, curve.name, size=12)
        x += width


def _round_rates(top: float) -> list[float]:
    step = next(step for step in (0.02, 0.05, 0.1, 0.2, 0.25) if top / step <= 5 or step == 0.25)
    return [step * place for place in range(int(top / step + 1e-9) + 1)]


def _gutter(names: Sequence[str]) -> float:
    return min(MAX_GUTTER, max(CHARACTER * len(name) for name in names) + 18)


def _fitting(name: str, left: float) -> str:
    fits = int((left - 12) / CHARACTER)
    return name if len(name) <= fits else name[: fits - 1] + "…"


def _text(  # noqa: PLR0913  (the attributes of one element)
    x: float,
    y: float,
    words: str,
    *,
    anchor: str = "start",
    colour: str = INK,
    size: float = SIZE,
    weight: int = 400,
) -> str:
    look = "" if weight == 400 else f' font-weight="{weight}"'
    return (
        f'<text x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}" fill="{colour}" font-size="{size:g}"{look}>'
        f"{escape(words)}</text>"
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1) -> str:
    return (
        f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" stroke="{colour}" '
        f'stroke-width="{width:g}"/>'
    )


def _rectangle(x: float, y: float, width: float, height: float, colour: str) -> str:
    return (
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" fill="{colour}" '
        f'stroke="{PAPER}" stroke-width="1"/>'
    )


def _n(value: float) -> str:
    """A coordinate with one decimal at most; never minus zero."""
    return f"{round(value, 1) + 0:g}"
