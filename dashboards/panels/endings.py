"""Curves of endings, one small figure each, and the cohorts compared at the same age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dash import html
from dash.development.base_component import Component

from dashboards import components, figures, formats, theme
from dashboards.behind import Behind
from dashboards.data.publication import Row, count_where
from dashboards.panels.cohort_life import leading
from dashboards.speech import say
from warehouse.words import ENDING_CURVE

COLOURS = {
    "still_active": theme.BLUE,
    "natural": theme.GREEN,
    "ghosted_by_mentor": theme.VERMILION,
    "ghosted_by_mentee": theme.VERMILION,
    "faded": theme.ORANGE,
    "mismatch": theme.PURPLE,
    "other": theme.GREY,
    "unclear": theme.GREY,
}
SILENT = ("presumed_ghosted", "faded")

Curves = Mapping[str, Sequence[Row]]
"""Curve -> its points in order of day."""


def curves_card(curves: Curves, name: str, standing: Sequence[Row], smallest: int | None = None) -> Component:
    """A small figure for each way a relationship can stand: still active, or ended of one cause.

    The causes share one scale, so that they can be compared. Steps of at least `smallest` ended pairs lead to
    them, from the table of a figure; none does where the reader sees no single pairs.
    """
    causes = [points for curve, points in curves.items() if curve != "still_active"]
    top = min(1, 1.05 * max((upper(row) for points in causes for row in points), default=1))
    panels = [
        panel(curve, curves[curve], 1 if curve == "still_active" else top, smallest)
        for curve in ENDING_CURVE
        if curve in curves
    ]
    silent = sum(count_where(standing, state=state) for state in SILENT)
    words = say(
        "In all, {pairs_are} presumed silent or faded: still active here until somebody closes them.",
        pairs_are=formats.plural(silent, "pair is", "pairs are"),
    )
    return components.card(
        html.Div(panels, className="curves"),
        html.P(words, className="note under") if silent else None,
        title=say("What becomes of a relationship: {name}", name=name),
        about="curves",
        note="By active days since the acceptance: pauses, breaks and leave are left out. Bands are 95% "
        "intervals; below each day stands how many pairs were still observed then.",
    )


def panel(curve: str, points: Sequence[Row], top: float, smallest: int | None) -> Component:
    """One curve, and where it arrives in words."""
    last, word = points[-1], ENDING_CURVE[curve]
    ended = "" if curve == "still_active" else f", {formats.plural(last['n_ended'], 'pair')}"
    words = say("By day {day}: {interval}{ended}.", day=last["day"], interval=interval(last), ended=ended)
    cells = [(row["day"], interval(row), row["n_at_risk"], ended_by(curve, row, smallest)) for row in points]
    numbers = components.table(
        ("Day", word, "At risk", "Ended"), cells, say("{word} by day", word=word), (0, 1, 2, 3)
    )
    chart = figures.endings.curve(points, COLOURS[curve], top)
    return html.Div([html.H3(word), components.figure(chart, word, words, as_table=numbers)])


def ended_by(curve: str, point: Row, smallest: int | None) -> Component | int:
    """How many had ended by the day of a point, leading to these pairs."""
    found: Component | int = leading(
        point["n_ended"], point, Behind("ended", curve, point["day"]), point["n_ended"], smallest
    )
    return found


def upper(point: Row) -> float:
    """The top of a curve's band at a point."""
    return float(point["rate"] if point["high"] is None else point["high"])


def interval(point: Row) -> str:
    """The rate of a point with its 95% interval where there is one."""
    rate = formats.part(point["rate"])
    if point["low"] is None:
        return rate
    return say(
        "{rate} ({low} to {high})",
        rate=rate,
        low=formats.part(point["low"]),
        high=formats.part(point["high"]),
    )


def comparison_card(comparisons: Sequence[Row], hidden: Component | None) -> Component:
    """Each shown cohort against all other pairs of its program, at their oldest common age."""
    told: dict[str, list[str]] = {}
    for row in comparisons:
        if row["verdict"] != "hidden" and row["sentence"] not in told.setdefault(row["cohort_id"], []):
            told[row["cohort_id"]].append(row["sentence"])
    terms = [
        html.Div([html.Dt(cohort), html.Dd([html.P(sentence) for sentence in sentences])])
        for cohort, sentences in told.items()
    ]
    return components.card(
        html.Dl(terms, className="terms") if terms else None,
        hidden,
        title="Cohorts at the same age",
        about="same-age",
        note="Log-rank test at 5%: of twenty cohorts that are alike, about one will look different.",
    )


def hidden_line(comparisons: Sequence[Row]) -> Component | None:
    """How many cohorts are too small to be shown, and what too small means."""
    reasons = {row["cohort_id"]: row["sentence"] for row in comparisons if row["verdict"] == "hidden"}
    if not reasons:
        return None
    why = next(iter(reasons.values()))
    words = say(
        "{cohorts_are} not shown. {why}",
        cohorts_are=formats.plural(len(reasons), "cohort is", "cohorts are"),
        why=why,
    )
    return html.P(words, className="note under")
