"""The record of the risk model: is what it says true, whom would it have alerted, and with what lead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards import components, figures, formats, theme
from dashboards.components import Part
from dashboards.data import Row
from warehouse.words import RISK_BASIS, RISK_METHOD

ACCEPTABLE = (0.8, 1.2)
"""Calibration slopes between which a probability may be believed."""

SELDOM = 0.1
"""Shares below it are told with a decimal."""

TOPS = {"precision_top": "Top 5%", "precision_top_10": "Top 10%", "precision_top_20": "Top 20%"}
COLUMNS = {
    "average_precision": ("Average precision", ".2f"),
    "roc_auc": ("ROC-AUC", ".2f"),
    "precision_top": ("In top 5%", ".0%"),
    "brier": ("Brier", ".3f"),
    "calibration_slope": ("Slope", ".2f"),
    "alerts_per_week": ("Alerts/week", ".1f"),
    "alerted_rate": ("In time", ".0%"),
    "median_lead_days": ("Lead, d", ".0f"),
}


@dataclass(frozen=True)
class Foreseen:
    """What a record is about, in words: what pairs did, what one of it is called, and its day."""

    did: str
    one: str
    due: str
    due_note: str
    fresh: str


FORESEEN = {
    "silence": Foreseen(
        "went silent",
        "silence",
        "before day 30",
        "day 30 of a silence that came true",
        "not alerted in this silence yet",
    ),
    "exit": Foreseen(
        "left", "exit", "in time", "the day on which somebody left", "not alerted in the 30 days before"
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
    facts = [
        ("Learnt from", f"{formats.day(model['trained_from'])} to {formats.day(model['trained_to'])}"),
        ("Closed pair-weeks", f"{model['n_windows']:,} of {formats.plural(model['n_pairs'], 'pair')}"),
        ("Went silent", f"{model['base_rate']:.0%}"),
        ("Average precision", _number(model["average_precision"], ".2f")),
        ("Calibration slope", _number(model["calibration_slope"], ".2f")),
        ("File", f"{model['sha256'][:12]}"),
    ]
    judged = [f"{formats.plural(n, 'pair')} by {RISK_BASIS[basis]}" for basis, n in bases.items()]
    limits = html.Ul([html.Li(limit) for limit in model["limits"].split("\n")], className="limits")
    return components.card(
        components.facts(facts),
        html.P(shown_as(model)),
        html.P(f"Judged now: {'; '.join(judged)}.") if judged else None,
        html.H3("What it is not good for"),
        limits,
        title="The model in use",
        note=f"Risk rests on {RISK_BASIS[model['basis']]}. No demographic field goes in.",
    )


def shown_as(model: Row) -> str:
    """Whether screens show its percentages or its tiers, and why."""
    low, high = ACCEPTABLE
    if model["is_calibrated"]:
        return f"Screens show percentages beside the tiers: its slope lies between {low} and {high}."
    return "Screens show tiers (usual, raised, high) and no percentages" + (
        ": the shipped model knows only an order."
        if model["basis"] == "prior"
        else f" until its slope lies between {low} and {high}."
    )


def reliability_card(bins: Sequence[Row], slope: float | None) -> Component:
    """Of what was said likely, how much came true."""
    words = calibration_words(slope)
    cells = [
        (
            row["bin"],
            formats.count(row["n"]),
            f"{row['predicted_rate']:.1%}",
            f"{row['observed_rate']:.1%} ({row['low']:.1%} to {row['high']:.1%})",
        )
        for row in bins
    ]
    heads = ("Tenth", "Pair-weeks", "Said", "Happened")
    numbers = components.table(heads, cells, "Reliability by tenth of what was said", (0, 1, 2, 3))
    return components.card(
        components.figure(figures.reliability(bins), "Reliability", words, as_table=numbers),
        title="Does it happen as often as it is said?",
        note="One dot a tenth of all pair-weeks, with its 95% interval; on the dashed line both agree.",
    )


def calibration_words(slope: float | None) -> str:
    """What the calibration slope means for who reads a risk."""
    if slope is None:
        return "Too little has closed to tell whether the probabilities can be believed."
    low, high = ACCEPTABLE
    where = f"The calibration slope is {slope:.2f}; {low} to {high} is acceptable."
    if is_calibrated(slope):
        return f"{where} What it says can be taken as a percentage."
    said = "too sure of itself" if slope < low else "more careful than it needs to be"
    return f"{where} The model is {said}: use it as an order, and as tiers."


def precision_card(record: Record, base_rate: float, foreseen: Foreseen) -> Component:
    """Of the pairs looked at first, how many it came true of, against looking at random."""
    found = record["risk"]
    tops = [(word, found[name]) for name, word in TOPS.items() if name in found]
    bars = [(word, row["value"], row["low"], row["high"]) for word, row in tops]
    first = bars[0][1] if bars else 0.0
    base = f"{base_rate:.0%}" if base_rate >= SELDOM else f"{base_rate:.1%}"
    words = f"Of the first 5% of each week {first:.0%} {foreseen.did}; chosen at random, {base} would."
    did = foreseen.did.capitalize()
    cells = [(word, f"{rate:.0%} ({low:.0%} to {high:.0%})") for word, rate, low, high in bars]
    numbers = components.table(("Looked at", did), cells, "Precision by share looked at", (1,))
    chart = figures.precision_bars(bars, base_rate)
    legend = [Part(did, theme.BLUE), Part("All pairs", theme.ORANGE, mark="┅")]
    return components.card(
        components.figure(chart, "Precision", words, legend, numbers), title="Are the first ones right?"
    )


def lead_card(leads: Sequence[Row], median: float | None, foreseen: Foreseen) -> Component:
    """How long before it came true its alert would have come."""
    named = [(_lead(row["lead_days"]), row["n_silences"], row["lead_days"] is None) for row in leads]
    total = sum(n for _, n, _ in named)
    in_time = total - sum(n for _, n, is_never in named if is_never)
    words = f"{in_time:,} of {formats.plural(total, foreseen.one)} would have been alerted {foreseen.due}"
    words += f", half of them {median:.0f} days or more ahead." if median is not None else "."
    colours = [theme.GREY if is_never else theme.BLUE for _, _, is_never in named]
    chart = figures.count_bars(
        [name for name, _, _ in named], [n for _, n, _ in named], colours, f"{foreseen.one}s"
    )
    cells = [(name, formats.count(n)) for name, n, _ in named]
    numbers = components.table(("Days ahead", f"{foreseen.one.capitalize()}s"), cells, "Lead of alerts", (1,))
    return components.card(
        components.figure(chart, "Lead", words, as_table=numbers),
        title="How early?",
        note=f"Days from the alert to {foreseen.due_note}.",
    )


def _lead(days: float | None) -> str:
    return "Not in time" if days is None else f"{days:.0f}–{days + 4:.0f} d"


def volume_card(weeks: Sequence[Row], foreseen: Foreseen) -> Component:
    """How many alerts a week would have brought, and how many of them were right."""
    n_alerts, n_right = (sum(row[name] for row in weeks) for name in ("n_alerts", "n_right"))
    each = n_alerts / max(1, len(weeks))
    words = f"{each:.1f} alerts a week; {formats.share(n_right, n_alerts)} of them {foreseen.did}."
    did = foreseen.did.capitalize()
    cells = [
        (formats.day(row["on_date"]), row["n_pairs"], row["n_silent"], row["n_alerts"], row["n_right"])
        for row in weeks
    ]
    heads = ("Week to", "Pairs at risk", did, "Alerts", "Right")
    numbers = components.table(heads, cells, "Alerts by week", (1, 2, 3, 4))
    legend = [Part(did, theme.BLUE), Part("Did not", "#b9c4cf")]
    return components.card(
        components.figure(figures.weekly_alerts(weeks), "Alerts by week", words, legend, numbers),
        title="How many alerts?",
        note=f"The first 5% of the pairs at risk each week, of those {foreseen.fresh}.",
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
        note="The same weeks for all; the model of other cohorts alone, where there are any. In top 5%: of "
        "how many of those it came true. In time: of what came true, alerted before. Lead: median days. "
        "Below each number its 95% interval, pairs drawn anew. A dash: no probability, or nobody in time.",
    )


def _cell(row: Row | None, how: str) -> Any:
    if row is None or row["value"] is None or row["value"] != row["value"]:
        return formats.NONE
    value = format(row["value"], how)
    if row["low"] is None or row["low"] != row["low"]:
        return value
    span = f"{row['low']:{how}} to {row['high']:{how}}"
    return [value, html.Div(span, className="note")]


def _number(value: float | None, how: str) -> str:
    return formats.NONE if value is None else format(value, how)


def effect_card(
    effects: Mapping[str, Row], back: Mapping[str, Row], alerts: Sequence[Row], run: Row
) -> Component:
    """Whether reminders and alerts help: those treated against those held back at random."""
    told = {name: row for name, row in effects.items() if row["value"] is not None}
    several = len(told) > 1
    said = [html.P(f"{name}: {effect(row)}" if several else effect(row)) for name, row in told.items()]
    return components.card(
        html.H3("Reminders to members"),
        *(said or [html.P(observed(list(back.values())))]),
        html.H3("Alerts to managers"),
        *[html.P(words) for words in alert_effects(alerts, run)],
        title="Do reminders and alerts help?",
        note="Shown against held back at random, with Newcombe's interval. Comparing who was helped with who "
        "was not, without chance deciding, tells who gets help, not what it does.",
    )


def alert_effects(alerts: Sequence[Row], run: Row) -> list[str]:
    """What alerts do by the hold-out, and what was seen where managers chose whom to help."""
    days = formats.plural(run["resumed_days"], "day")
    told = [
        held_out(row, days) if row["comparison"] == "holdout" else chosen(row, days, run["alert_days"])
        for row in alerts
        if row["value"] is not None
    ]
    if any(row["comparison"] == "holdout" for row in alerts if row["value"] is not None):
        return told
    share = run["holdout_share"]
    none = (
        "No alert is held back at random, so what alerts do cannot be told; holdout_share in program.toml "
        "asks for it."
        if share == 0
        else f"{share:.0%} of alerts are held back at random; it is too early to compare."
    )
    return [none, *told]


def held_out(row: Row, days: str) -> str:
    """The difference that an alert makes, and whether it may be chance."""
    value, low, high = row["value"], row["low"], row["high"]
    verdict = "" if low > 0 or high < 0 else " It may be chance: the interval holds zero."
    return (
        f"Of a hundred pairs whose manager was alerted {abs(value):.0f} {'more' if value >= 0 else 'fewer'} "
        f"were in contact again within {days} than of a hundred whose alert was held back at random (95% "
        f"interval {low:+.0f} to {high:+.0f}; {row['n_treated']:,} and {row['n_others']:,} alerts).{verdict}"
    )


def chosen(row: Row, days: str, act_days: int) -> str:
    """What was seen where managers chose whom to help, with its caveat."""
    return (
        f"Only seen, no test: of alerts acted on within {formats.plural(act_days, 'day')} "
        f"{formats.share(row['n_treated_back'], row['n_treated'])} of {row['n_treated']:,} were followed by "
        f"contact within {days}, of the others {formats.share(row['n_others_back'], row['n_others'])} of "
        f"{row['n_others']:,}. Managers chose whom to help."
    )


def effect(row: Row) -> str:
    """The difference that a reminder makes, and whether it may be chance."""
    value, low, high = row["value"], row["low"], row["high"]
    span = "" if low is None else f" (95% interval {low:+.0f} to {high:+.0f})"
    is_clear = low is not None and (low > 0 or high < 0)
    verdict = "" if is_clear else " It may be chance: the interval holds zero."
    than = "more" if value >= 0 else "fewer"
    return (
        f"Of a hundred reminded people, {abs(value):.0f} {than} came back than of a hundred whose reminder "
        f"was held back at random{span}; {formats.plural(row['n'], 'reminder')} in all.{verdict}"
    )


def observed(back: Sequence[Row]) -> str:
    """What can be said where no reminder was held back: how many came back, and why that proves little."""
    words = "It cannot be told: no reminders were held back at random, or too few."
    known = [row for row in back if row["value"] is not None]
    if len(known) == 1:
        words += f" {formats.part(known[0]['value'])} came back in time; some would have anyway."
    return words
