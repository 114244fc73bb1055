"""Groups of people compared: the gaps that chance hardly explains, and each field's largest gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards import components, formats, theme
from dashboards.data.publication import Row
from dashboards.panels.lifecycle import amount
from dashboards.speech import lowered, say, translated
from warehouse.words import BORDERS, DIRECTION, EQUITY_FIELD, EQUITY_VERDICT, FORM, KPI, MODALITY

VALUE_WORDS: Mapping[str, Mapping[str, str]] = {
    "borders": BORDERS,
    "direction": DIRECTION,
    "form": FORM,
    "modality": MODALITY,
}
COUNTRY_FIELDS = ("mentee_country", "mentor_country")
GAP_HEADS = ("Measure", "Lowest group", "Highest group", "Gap (95% interval)", "Chance")
VALUE_HEADS = ("Measure", "Group", "Value (95% interval)", "Of")


def group_words(field: str, group: str) -> str:
    """What a group is called: its word, or the name of its country."""
    if group == "not stated":
        return "Not stated"
    if field in COUNTRY_FIELDS:
        return formats.country(group)
    return VALUE_WORDS.get(field, {}).get(group, group)


def field_card(field: str, gaps: Sequence[Row], values: Sequence[Row]) -> Component:
    """A field: what was found in a sentence; its largest gaps and all its groups on demand."""
    told = [row for row in gaps if row["verdict"] != "too_few"]
    untold = [lowered(KPI[row["kpi"]]) for row in gaps if row["verdict"] == "too_few"]
    return components.card(
        html.P(found_in(told)),
        html.P(
            say("{verdict}: {measures}.", verdict=EQUITY_VERDICT["too_few"], measures=", ".join(untold)),
            className="note",
        )
        if untold
        else None,
        _on_demand("View the largest gaps", GAP_HEADS, [_gap(row) for row in told]) if told else None,
        _on_demand("View every group", VALUE_HEADS, [_value(row) for row in values]) if values else None,
        kind="measures",
        title=EQUITY_FIELD[field],
        about="gaps",
    )


def found_in(told: Sequence[Row]) -> str:
    """How many gaps of a field are beyond chance, and the one that is or comes closest to it."""
    if not told:
        return "No two groups are large enough to be compared."
    n_gaps = sum(row["verdict"] == "gap" for row in told)
    closest = min(told, key=lambda row: (row["p_adjusted"], row["p_value"], row["ordinal"]))
    beyond = formats.count(n_gaps) if n_gaps else translated("none")
    compared = formats.plural(len(told), "comparison")
    return say(
        "More than chance: {beyond} of {compared}. Clearest: {gap_sentence}",
        beyond=beyond,
        compared=compared,
        gap_sentence=gap_sentence(closest),
    )


def _on_demand(words: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> Component:
    return html.Details([html.Summary(words), components.table(heads, rows, words, (1, 2, 3))])


def gap_sentence(row: Row) -> str:
    """A gap in one sentence."""
    low, high = (group_words(row["field"], row[f"{end}_group"]) for end in ("lowest", "highest"))
    return say(
        "{kpi}: {highest} ({high}) against {lowest} ({low}), a gap of {points}.",
        kpi=KPI[row["kpi"]],
        highest=amount(row["highest"], row["unit"]),
        high=high,
        lowest=amount(row["lowest"], row["unit"]),
        low=low,
        points=points(row),
    )


def points(row: Row) -> str:
    """The size of a gap with its interval, in points."""
    scale = 100 if row["unit"] == "rate" else 1
    size, low, high = (scale * row[name] for name in ("gap", "gap_low", "gap_high"))
    return say("{size:.0f} points ({low:.0f} to {high:.0f})", size=size, low=low, high=high)


def _gap(row: Row) -> tuple[Any, ...]:
    word = EQUITY_VERDICT[row["verdict"]]
    return (
        KPI[row["kpi"]],
        say(
            "{group} {value}",
            group=group_words(row["field"], row["lowest_group"]),
            value=amount(row["lowest"], row["unit"]),
        ),
        say(
            "{group} {value}",
            group=group_words(row["field"], row["highest_group"]),
            value=amount(row["highest"], row["unit"]),
        ),
        points(row),
        components.badge(theme.WARN_TONE, word) if row["verdict"] == "gap" else word,
    )


def _value(row: Row) -> tuple[Any, ...]:
    return (
        KPI[row["kpi"]],
        group_words(row["field"], row["group_value"]),
        amount(row["value"], row["unit"], row["low"], row["high"]),
        say("{n:,} {of_what}", n=row["n"], of_what=row["of_what"]),
    )
