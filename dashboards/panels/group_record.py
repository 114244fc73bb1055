"""Is the risk model as good for every group of people? Its record, group by group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards import components, formats
from dashboards.data.publication import Row
from dashboards.panels.equity import group_words
from dashboards.panels.record import Foreseen
from dashboards.speech import number, say
from warehouse.words import EQUITY_FIELD

Numbers = Mapping[str, Row]
"""Metric -> its row, of one group."""


def groups_card(rows: Sequence[Row], smallest: int, foreseen: Foreseen) -> Component:
    """How often each group was alerted, how often rightly, and whether what was said of it came true."""
    groups = _by_group(rows)
    if not groups:
        why = say("No group of at least {smallest} pairs was judged.", smallest=smallest)
        return components.card(html.P(why), title="Is it as good for every group?", about="risk-groups")
    heads = ("Group", "Alerted", "Right", "Said", foreseen.head)
    cells = {
        field: [_cells(field, group, of) for (of_field, group), of in groups.items() if of_field == field]
        for field in EQUITY_FIELD
    }
    tables = [
        html.Details([html.Summary(EQUITY_FIELD[field]), _table(heads, field, rows_)])
        for field, rows_ in cells.items()
        if rows_
    ]
    return components.card(
        html.P(insight(groups.values())),
        *tables,
        title="Is it as good for every group?",
        about="risk-groups",
        note="Alerted: of the pair-weeks at risk. Right: of the alerts. Below each number its 95% interval. "
        "No field here is used to judge a pair. Small groups, and what could be worked out by subtraction, "
        "are not shown.",
    )


def _table(heads: Sequence[str], field: str, cells: Sequence[Sequence[Any]]) -> Component:
    named = say("Record by group: {field}", field=EQUITY_FIELD[field])
    return components.table(heads, cells, named, (1, 2, 3, 4))


def _by_group(rows: Sequence[Row]) -> dict[tuple[str, str], dict[str, Row]]:
    groups: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows:
        groups.setdefault((row["field"], row["group_value"]), {})[row["metric"]] = row
    return groups


def insight(groups: Iterable[Numbers]) -> str:
    """For how many groups what was said lies outside the interval of what happened."""
    judged = [of for of in groups if "observed_rate" in of and "predicted_rate" in of]
    off = [of for of in judged if not _is_inside(of)]
    if not judged:
        return "In no group enough pairs came to both outcomes to say whether what was said came true."
    compared = formats.plural(len(judged), "group")
    if not off:
        return say(
            "In each of {groups} what was said lies within the interval of what happened.", groups=compared
        )
    return say(
        "In {n_off} of {groups} what was said lies outside the interval of what happened; by chance it would "
        "in one of twenty.",
        n_off=len(off),
        groups=compared,
    )


def _is_inside(of: Numbers) -> bool:
    said, happened = of["predicted_rate"]["value"], of["observed_rate"]
    return bool(happened["low"] <= said <= happened["high"])


def _cells(field: str, group: str, of: Numbers) -> tuple[Any, ...]:
    shown = [
        _cell(of.get(name)) for name in ("alert_rate", "alert_precision", "predicted_rate", "observed_rate")
    ]
    return (group_words(field, group), *shown)


def _cell(row: Row | None) -> Any:
    if row is None:
        return formats.NONE
    value = number(row["value"], ".1%")
    if row["low"] is None or row["low"] != row["low"]:
        return value
    span = say("{low} to {high}", low=number(row["low"], ".0%"), high=number(row["high"], ".0%"))
    return [value, html.Div(span, className="note")]
