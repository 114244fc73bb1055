"""The funnel of a group as a table with bars, and the measures of its health with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards import components, formats, theme
from dashboards.components import Part
from dashboards.data.publication import Row
from dashboards.meanings import anchor
from dashboards.speech import lowered, say
from warehouse.words import EVIDENCE, FUNNEL_STEP, KPI, KPI_CAVEAT, KPI_TOPIC

FUNNEL_HEADS = ("Step", "Of pairs", "Went on", "", "Share (95% interval)", "Median time", "Timed pairs")
KPI_HEADS = ("Measure", "Value (95% interval)", "Of", "Quarter before", "Weakest evidence")


def funnel_card(steps: Sequence[Row], name: str) -> Component:
    """One row a step: of the pairs that reached the step before, how many reached this one, and when."""
    shown = [row for row in steps if row["is_recorded"]]
    absent = [lowered(FUNNEL_STEP[row["step"]]) for row in steps if not row["is_recorded"]]
    unrecorded = say("Not recorded in this program: {absent}.", absent=", ".join(absent)) if absent else None
    is_some_hidden = any(row["is_hidden"] for row in shown)
    hidden = "A dash stands where too few pairs are behind a number." if is_some_hidden else None
    return components.card(
        components.table(FUNNEL_HEADS, [_step(row) for row in shown], "Steps", (1, 2, 4, 5, 6)),
        *(html.P(words, className="note under") for words in (hidden, unrecorded) if words),
        title=say("From goals to paying it forward: {name}", name=name),
        about="funnel",
        note="Of pairs that reached the step above, how many reached this one. A pair may skip steps; "
        "times are of pairs that took the two steps in this order.",
    )


def _step(row: Row) -> tuple[Any, ...]:
    entered, reached = row["n_entered"], row["n_reached"]
    parts = [
        Part("Went on", theme.BLUE, reached or 0),
        Part("Did not", theme.LINE, (entered or 0) - (reached or 0)),
    ]
    return (
        components.defined(FUNNEL_STEP[row["step"]], anchor(row["step"])),
        formats.count(entered),
        formats.count(reached),
        components.proportion(parts) if entered else formats.NONE,
        _with_limits(row["rate"], row["low"], row["high"]),
        formats.days(row["median_days"]),
        formats.count(row["n_timed"]),
    )


def _with_limits(rate: float | None, low: float | None, high: float | None) -> str:
    if rate is None or low is None or high is None:
        return formats.NONE
    return say(
        "{rate} ({low} to {high})", rate=formats.part(rate), low=formats.part(low), high=formats.part(high)
    )


def kpi_card(measures: Sequence[Row], smallest: int) -> Component:
    """A table a topic, a row a measure: its interval, what it is of, how it stood a quarter ago."""
    parts: list[Component] = []
    for topic, words in KPI_TOPIC.items():
        rows = [_measure(row) for row in measures if row["topic"] == topic]
        if rows:
            parts += [html.H3(words), components.table(KPI_HEADS, rows, words, (1, 2, 3))]
    return components.card(
        *parts,
        kind="measures",
        title="Health of the group in numbers",
        about="group-numbers",
        note=say(
            "Of everything up to the day of the build; the quarter before is of everything up to its "
            "last day. Left out: measures of fewer than {smallest} pairs or 3 mentors, shares of all "
            "or none, what could be worked out by subtraction, and acts the program does not record.",
            smallest=smallest,
        ),
    )


def _measure(row: Row) -> tuple[Any, ...]:
    name: Any = components.defined(KPI[row["kpi"]], anchor(row["kpi"]))
    if row["caveat"]:
        name = components.wrapped(name, html.Span(KPI_CAVEAT[row["caveat"]], className="note"))
    return (
        name,
        amount(row["value"], row["unit"], row["low"], row["high"]),
        components.wrapped(_of(row)),
        amount(row["value_before"], row["unit"]),
        EVIDENCE[row["worst_evidence"]] if row["worst_evidence"] else formats.NONE,
    )


def _of(row: Row) -> str:
    """What a number is of: 645 agreed windows, 134 pairs; 102 pair-months of the last 35 days, 93 pairs."""
    days, is_of_pairs = row["of_last_days"], row["n_pairs"] in (None, row["n"])
    return (
        say("{n:,} {of_what}", n=row["n"], of_what=row["of_what"])
        + (say(" of the last {days} days", days=days) if days else "")
        + ("" if is_of_pairs else say(", {n_pairs:,} pairs", n_pairs=row["n_pairs"]))
    )


def amount(value: float | None, unit: str, low: float | None = None, high: float | None = None) -> str:
    """A number of a group in its unit: 42% (30% to 54%), 9 days, 88 (80 to 91) points, 26 per 100 pairs."""
    if value is None:
        return formats.NONE
    if unit == "rate":
        return formats.part(value) if low is None else _with_limits(value, low, high)
    limits = "" if low is None or high is None else say(" ({low:.0f} to {high:.0f})", low=low, high=high)
    return say("{value:.0f}{limits} {unit}", value=value, limits=limits, unit=unit)
