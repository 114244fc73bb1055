"""The record of the risk model: is what it says true, whom would it have alerted, and with what lead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards import components, figures, formats, theme
from dashboards.components import Part
from dashboards.data.publication import Row
from dashboards.panels.alerts import alert_effects
from dashboards.speech import lowered, number, say, translated
from warehouse.words import RISK_BASIS, RISK_METHOD

ACCEPTABLE = (0.8, 1.2)
"""Calibration slopes between which a probability may be believed."""

SELDOM = 0.1
"""Shares below it are told with a decimal."""

TOPS = {"precision_top": "Top 5%", "precision_top_10": "Top 10%", "precision_top_20": "Top 20%"}
COLUMNS = {
    "average_precision": ("Average precision", ".2f"),
    "precision_top": ("In top 5%", ".0%"),
    "recall_attention": ("Found", ".0%"),
    "brier": ("Brier", ".3f"),
    "calibration_slope": ("Slope", ".2f"),
    "alerts_per_manager": ("Alerts a week", ".1f"),
    "alerted_rate": ("In time", ".0%"),
    "median_lead_days": ("Lead, d", ".0f"),
}


@dataclass(frozen=True)
class Foreseen:
    """What a record is about, in words: what pairs did, and what is said of leads and of alerts."""

    did: str
    head: str
    many: str
    lead: str
    lead_note: str
    volume_note: str


FORESEEN = {
    "silence": Foreseen(
        "went silent",
        "Went silent",
        "Silences",
        "{in_time:,} of {silences} would have been alerted before day 30",
        "Days from the alert to day 30 of a silence that came true.",
        "The first 5% of the pairs at risk each week, of those not alerted in this silence yet.",
    ),
    "exit": Foreseen(
        "left",
        "Left",
        "Exits",
        "{in_time:,} of {exits} would have been alerted in time",
        "Days from the alert to the day on which somebody left.",
        "The first 5% of the pairs at risk each week, of those not alerted in the 30 days before.",
    ),
}

Record = Mapping[str, Mapping[str, Row]]
"""Method -> metric -> its row."""


def by_method(rows: Sequence[Row]) -> Record:
    """The record of each method, in the order of the words."""
    return {
        method: {row["metric"]: row for row in rows if row["method"] == method}
        for method in RISK_METHOD
        if any(row["method"] == method for row in rows)
    }


def value_of(record: Record, method: str, metric: str) -> float | None:
    """A metric of a method; None where it has none, or not a number."""
    row = record.get(method, {}).get(metric)
    return None if row is None or row["value"] is None or row["value"] != row["value"] else row["value"]


def is_calibrated(slope: float | None) -> bool:
    """Whether probabilities may be believed."""
    return slope is not None and ACCEPTABLE[0] <= slope <= ACCEPTABLE[1]


def model_card(model: Row | None, bases: Mapping[str, int]) -> Component | None:
    """What the model in use learnt from, how good it was there, and what it is not good for."""
    if model is None:
        return None
    judged = [
        say("{pairs} by {risk_basis}", pairs=formats.plural(n, "pair"), risk_basis=RISK_BASIS[basis])
        for basis, n in bases.items()
    ]
    limits = html.Ul([html.Li(limit) for limit in model["limits"].split("\n")], className="bullets")
    return components.card(
        components.facts(_learnt(model)),
        html.P(shown_as(model)),
        html.P(say("Judged now: {judged}.", judged="; ".join(judged))) if judged else None,
        html.H3("What it is not good for"),
        limits,
        title="The model in use",
        about="model",
        note=say(
            "Risk rests on {risk_basis}. No demographic field goes in.", risk_basis=RISK_BASIS[model["basis"]]
        ),
    )


def _learnt(model: Row) -> list[tuple[str, str]]:
    days = say(
        "{trained_from} to {trained_to}",
        trained_from=formats.day(model["trained_from"]),
        trained_to=formats.day(model["trained_to"]),
    )
    windows = say(
        "{n_windows:,} of {pairs}",
        n_windows=model["n_windows"],
        pairs=formats.plural(model["n_pairs"], "pair"),
    )
    return [
        ("Learnt from", days),
        ("Closed pair-weeks", windows),
        ("Went silent", number(model["base_rate"], ".0%")),
        ("Average precision", _number(model["average_precision"], ".2f")),
        ("Calibration slope", _number(model["calibration_slope"], ".2f")),
        ("File", f"{model['sha256'][:12]}"),
    ]


def shown_as(model: Row) -> str:
    """Whether screens show its percentages or its tiers, and why."""
    low, high = ACCEPTABLE
    if model["is_calibrated"]:
        return say(
            "Screens show percentages beside the tiers: its slope lies between {low} and {high}.",
            low=low,
            high=high,
        )
    if model["basis"] == "prior":
        return (
            "Screens show tiers (usual, raised, high) and no percentages: the shipped model is an order only."
        )
    return say(
        "Screens show tiers (usual, raised, high) and no percentages until its slope lies between {low} and "
        "{high}.",
        low=low,
        high=high,
    )


def reliability_card(bins: Sequence[Row], slope: float | None) -> Component:
    """Of what was said likely, how much came true."""
    words = calibration_words(slope)
    cells = [
        (
            row["bin"],
            formats.count(row["n"]),
            number(row["predicted_rate"], ".1%"),
            say(
                "{observed_rate:.1%} ({low:.1%} to {high:.1%})",
                observed_rate=row["observed_rate"],
                low=row["low"],
                high=row["high"],
            ),
        )
        for row in bins
    ]
    heads = ("Tenth", "Pair-weeks", "Said", "Happened")
    numbers = components.table(heads, cells, "Reliability by tenth of what was said", (0, 1, 2, 3))
    return components.card(
        components.figure(figures.record.reliability(bins), "Reliability", words, as_table=numbers),
        title="Does it happen as often as it is said?",
        about="reliability",
        note="One dot a tenth of all pair-weeks, with its 95% interval; on the dashed line both agree.",
    )


def calibration_words(slope: float | None) -> str:
    """What the calibration slope means for who reads a risk."""
    if slope is None:
        return "Too little has closed to tell whether the probabilities can be believed."
    low, high = ACCEPTABLE
    where = say(
        "The calibration slope is {slope:.2f}; {low} to {high} is acceptable.",
        slope=slope,
        low=low,
        high=high,
    )
    if is_calibrated(slope):
        return say("{where} What it says can be taken as a percentage.", where=where)
    said = translated("too sure of itself" if slope < low else "more careful than it needs to be")
    return say("{where} The model is {said}: use it as an order, and as tiers.", where=where, said=said)


def precision_card(record: Record, base_rate: float, foreseen: Foreseen) -> Component:
    """Of the pairs looked at first, of how many it came true, against looking at random."""
    found = record["risk"]
    tops = [(word, found[name]) for name, word in TOPS.items() if name in found]
    bars = [(word, row["value"], row["low"], row["high"]) for word, row in tops]
    first = bars[0][1] if bars else 0.0
    words = say(
        "Of the first 5% of each week {first:.0%} {did}; chosen at random, {base_rate} would.",
        first=first,
        did=foreseen.did,
        base_rate=number(base_rate, ".0%" if base_rate >= SELDOM else ".1%"),
    )
    words += found_within(record, foreseen)
    cells = [
        (word, say("{rate:.0%} ({low:.0%} to {high:.0%})", rate=rate, low=low, high=high))
        for word, rate, low, high in bars
    ]
    numbers = components.table(("Looked at", foreseen.head), cells, "Precision by share looked at", (1,))
    chart = figures.record.precision_bars(bars, base_rate)
    legend = [Part(foreseen.head, theme.BLUE), Part("All pairs", theme.ORANGE, mark="┅")]
    return components.card(
        components.figure(chart, "Precision", words, legend, numbers),
        title="Are the first ones right?",
        about="precision",
    )


def found_within(record: Record, foreseen: Foreseen) -> str:
    """How much of what came true lies within what managers can look at; nothing in a record of before."""
    recall, precision, n = (
        value_of(record, "risk", name) for name in ("recall_attention", "precision_attention", "attention")
    )
    if recall is None or precision is None or n is None:
        return ""
    return say(
        " Managers can look at {pairs} a week: these hold {recall:.0%} of the pair-weeks that {did}, and "
        "{precision:.0%} of them are right.",
        pairs=formats.plural(int(n), "pair"),
        recall=recall,
        did=foreseen.did,
        precision=precision,
    )


def lead_card(leads: Sequence[Row], median: float | None, foreseen: Foreseen) -> Component:
    """How long before it came true its alert would have come."""
    named = [(_lead(row["lead_days"]), row["n_silences"], row["lead_days"] is None) for row in leads]
    total = sum(n for _, n, _ in named)
    in_time = total - sum(n for _, n, is_never in named if is_never)
    words = say(
        foreseen.lead,
        in_time=in_time,
        silences=formats.plural(total, "silence"),
        exits=formats.plural(total, "exit"),
    )
    words += (
        say(", half of them {median:.0f} days or more ahead.", median=median) if median is not None else "."
    )
    colours = [theme.GREY if is_never else theme.BLUE for _, _, is_never in named]
    chart = figures.record.count_bars(
        [name for name, _, _ in named], [n for _, n, _ in named], colours, lowered(foreseen.many)
    )
    cells = [(name, formats.count(n)) for name, n, _ in named]
    numbers = components.table(("Days ahead", foreseen.many), cells, "Lead of alerts", (1,))
    return components.card(
        components.figure(chart, "Lead", words, as_table=numbers),
        title="How early?",
        about="lead",
        note=foreseen.lead_note,
    )


def _lead(days: float | None) -> str:
    return "Not in time" if days is None else say("{first:.0f}–{last:.0f} d", first=days, last=days + 4)


def volume_card(weeks: Sequence[Row], foreseen: Foreseen) -> Component:
    """How many alerts a week would have brought, and how many of them were right."""
    n_alerts, n_right = (sum(row[name] for row in weeks) for name in ("n_alerts", "n_right"))
    each = n_alerts / max(1, len(weeks))
    words = say(
        "{each:.1f} alerts a week; {share} of them {did}.",
        each=each,
        did=foreseen.did,
        share=formats.share(n_right, n_alerts),
    )
    cells = [
        (formats.day(row["on_date"]), row["n_pairs"], row["n_silent"], row["n_alerts"], row["n_right"])
        for row in weeks
    ]
    heads = ("Week to", "Pairs at risk", foreseen.head, "Alerts", "Right")
    numbers = components.table(heads, cells, "Alerts by week", (1, 2, 3, 4))
    legend = [Part(foreseen.head, theme.BLUE), Part("Did not", theme.REST)]
    return components.card(
        components.figure(figures.record.weekly_alerts(weeks), "Alerts by week", words, legend, numbers),
        title="How many alerts?",
        about="alerts",
        note=foreseen.volume_note,
    )


def methods_card(record: Record) -> Component:
    """Every method on the same weeks, so that nobody has to believe a number alone."""
    cells = [
        (RISK_METHOD[method], *(_cell(metrics.get(name), how) for name, (_, how) in COLUMNS.items()))
        for method, metrics in record.items()
    ]
    heads = ("Method", *(word for word, _ in COLUMNS.values()))
    return components.card(
        components.table(heads, cells, "Methods compared", range(1, len(heads))),
        title="Against simpler rules",
        about="methods",
        note="The same weeks for all; the model of other cohorts alone, where there are any. In top 5%: of "
        "how many of those it came true. Found: the share of what came true among as many pairs as managers "
        "can look at a week. Alerts a week: of each manager. In time: of what came true, alerted before. "
        "Lead: median days. Below each number its 95% interval, pairs drawn anew. A dash: no probability, or "
        "nobody in time.",
    )


def _cell(row: Row | None, how: str) -> Any:
    if row is None or row["value"] is None or row["value"] != row["value"]:
        return formats.NONE
    value = number(row["value"], how)
    if row["low"] is None or row["low"] != row["low"]:
        return value
    span = say("{low} to {high}", low=number(row["low"], how), high=number(row["high"], how))
    return [value, html.Div(span, className="note")]


def _number(value: float | None, how: str) -> str:
    return formats.NONE if value is None else number(value, how)


def effect_card(
    effects: Mapping[str, Row], back: Mapping[str, Row], alerts: Sequence[Row], run: Row
) -> Component:
    """Whether reminders and alerts help: treated against held back at random, in points of a hundred."""
    told = {name: row for name, row in effects.items() if row["value"] is not None}
    several = len(told) > 1
    said = [html.P(f"{name}: {effect(row)}" if several else effect(row)) for name, row in told.items()]
    return components.card(
        html.H3("Reminders to members"),
        *(said or [html.P(observed(list(back.values())))]),
        html.H3("Alerts to managers"),
        *[html.P(words) for words in alert_effects(alerts, run)],
        title="Do reminders and alerts help?",
        about="reminders",
        note="Shown against held back at random, with Newcombe's interval. Comparing who was helped with who "
        "was not, without chance deciding, tells who gets help, not what it does.",
    )


def effect(row: Row) -> str:
    """The difference that a reminder makes, and whether it may be chance."""
    value, low, high = row["value"], row["low"], row["high"]
    span = "" if low is None else say(" (95% interval {low:+.0f} to {high:+.0f})", low=low, high=high)
    is_clear = low is not None and (low > 0 or high < 0)
    verdict = "" if is_clear else translated(" It may be chance: the interval holds zero.")
    than = translated("more" if value >= 0 else "fewer")
    return say(
        "Of a hundred reminded people, {value:.0f} {than} came back than of a hundred whose "
        "reminder was held back at random{span}; {reminders} in all.{verdict}",
        value=abs(value),
        than=than,
        span=span,
        reminders=formats.plural(row["n"], "reminder"),
        verdict=verdict,
    )


def observed(back: Sequence[Row]) -> str:
    """What can be said where no reminder was held back: how many came back, and why that proves little."""
    words = translated("It cannot be told: no reminders were held back at random, or too few.")
    known = [row for row in back if row["value"] is not None]
    if len(known) == 1:
        words += say(
            " {value} came back in time; some would have anyway.", value=formats.part(known[0]["value"])
        )
    return words
