"""What changed from before to after, in a picture, a table and the sentences that keep it honest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards import components, figures, formats, theme
from dashboards.components import Part
from dashboards.data.publication import Row
from dashboards.meanings import anchor
from dashboards.panels.lifecycle import amount
from dashboards.panels.practices import Numbers
from dashboards.panels.surveys import hidden_line, side_name
from dashboards.speech import lowered, number, say, translated
from warehouse.words import EVIDENCE, PRACTICE

TITLE = "Before and after"
HEADS = (
    "Scale", "Side", "Answered both", "Before", "After", "Change (95% interval)", "g (95% interval)",
    "Stayed less lost", "Weakest evidence",
)  # fmt: skip
OUTSIDE_HEADS = ("Scale", "Side", "Outside, answered both", "Change outside", "Difference (95% interval)")
COHORT_HEADS = ("Cohort", "Scale", "Side", "Answered both", "Change (95% interval)")
NUMBERS = ("goals_done", "skills_gained", "led_to", "advocated", "stays_in_touch", "pays_forward")
"""Numbers of the screen Growth that tell of what mentoring led to."""
NO_CONTROL = (
    "Nobody outside was asked, so this is a change and no effect: people choose to take part and to answer, "
    "and much else changes meanwhile."
)
SELF_SELECTED = (
    "Beside them stand people who answered twice as well and are in no relationship. Whoever takes part "
    "chose to, and was matched: the two may have differed from the start. The difference does not prove that "
    "the program did it."
)


def change_card(changes: Sequence[Row], smallest: int, fewest: int) -> Component:
    """The changes of the program, scale by scale; its cohorts on demand."""
    whole = [row for row in changes if row["field"] == "program"]
    told = [row for row in whole if not row["is_hidden"]]
    if not changes:
        need = html.P(
            "Send one scale twice, in waves called pre and post, to the same people: then the change of each "
            "is told here, with who was lost in between."
        )
        return components.card(components.state("Not asked before and after", need), title=TITLE)
    if not told:
        why = html.P(
            say("A change is told from {smallest} people on who answered both waves.", smallest=smallest)
        )
        return components.card(
            components.state("Too few answers to tell", why), hidden_line(len(whole), smallest), title=TITLE
        )
    has_outside = any(row["n_outside"] for row in told)
    return components.card(
        _figure(told),
        html.P(SELF_SELECTED if has_outside else NO_CONTROL, className="under"),
        _outside(told) if has_outside else None,
        _cohorts([row for row in changes if row["field"] == "cohort_id" and not row["is_hidden"]]),
        hidden_line(sum(row["is_hidden"] for row in changes), smallest),
        html.P(
            say(
                "g is the change over the spread before; below {fewest} people it is not told. Stayed less "
                "lost: how those who answered both stood before, against those who did not answer again.",
                fewest=fewest,
            ),
            className="note under",
        ),
        title=TITLE,
        about="survey-change",
    )


def change_sentence(changes: Sequence[Row]) -> str:
    """Of the scales told, how many rose and fell by more than chance."""
    told = [row for row in changes if row["field"] == "program" and not row["is_hidden"]]
    if not told:
        return ""
    rose, fell = sum(row["low"] > 0 for row in told), sum(row["high"] < 0 for row in told)
    return say(
        "Of {scales} asked before and after, {rose:,} rose and {fell:,} fell by more than chance.",
        scales=formats.plural(len(told), "scale"),
        rose=rose,
        fell=fell,
    )


def _figure(told: Sequence[Row]) -> Component:
    largest = max(told, key=lambda row: abs(row["value"]))
    words = say(
        "Largest change: {scale}, {side}: {change} points, of {people} who answered both.",
        scale=largest["scale_title"],
        side=lowered(side_name(largest["side"])),
        change=_limits(largest, "value", "low", "high"),
        people=formats.plural(largest["n_paired"], "person", "people"),
    )
    legend = [Part("Change of those who take part", theme.BLUE, mark="●")]
    if any(row["n_outside"] for row in told):
        legend.append(Part("Change outside", theme.ORANGE, mark="◇"))
    as_table = components.table(HEADS, [_change(row) for row in told], TITLE, (2, 3, 4, 5, 6, 7))
    return components.figure(figures.surveys.changes(told), TITLE, words, legend, as_table)


def _change(row: Row) -> tuple[Any, ...]:
    return (
        row["scale_title"],
        side_name(row["side"]),
        say("{n:,} of {all:,}, {lost:,} lost", n=row["n_paired"], all=row["n_before"], lost=row["n_lost"]),
        number(row["mean_before"], ".2f"),
        number(row["mean_after"], ".2f"),
        _limits(row, "value", "low", "high"),
        _limits(row, "effect", "effect_low", "effect_high")
        if row["effect"] is not None
        else translated("too few people"),
        _limits(row, "stayed", "stayed_low", "stayed_high"),
        EVIDENCE.get(row["worst_evidence"], formats.NONE),
    )


def _outside(told: Sequence[Row]) -> Component:
    rows = [
        (
            row["scale_title"],
            side_name(row["side"]),
            formats.count(row["n_outside"]),
            _signed(row["outside"]),
            _limits(row, "difference", "difference_low", "difference_high"),
        )
        for row in told
        if row["n_outside"]
    ]
    caption = "Beside people outside the program"
    return html.Div([html.H3(caption), components.table(OUTSIDE_HEADS, rows, caption, (2, 3, 4))])


def _cohorts(rows: Sequence[Row]) -> Component | None:
    if not rows:
        return None
    cells = [
        (
            row["group_value"],
            row["scale_title"],
            side_name(row["side"]),
            say("{n:,} of {all:,}", n=row["n_paired"], all=row["n_before"]),
            _limits(row, "value", "low", "high"),
        )
        for row in rows
    ]
    words = "View each cohort"
    return html.Details([html.Summary(words), components.table(COHORT_HEADS, cells, words, (3, 4))])


def impact_card(growth: Numbers, changes: Sequence[Row]) -> Component:
    """What else tells of impact: goals and what followed; and what would be needed to tell more."""
    shown = [growth[name] for name in NUMBERS if name in growth and not growth[name]["is_hidden"]]
    rows = [
        (
            components.defined(PRACTICE[row["practice"]], anchor(row["practice"])),
            amount(row["value"], row["unit"], row["low"], row["high"]),
            say("{n:,} {of_what}", n=row["n"], of_what=row["of_what"]),
        )
        for row in shown
    ]
    has_outside = any(row["n_outside"] for row in changes)
    missing = (
        "Whether people stay, rise or move on more often than others needs the same of people outside, from "
        "the staff register: it is not recorded here."
        if has_outside
        else "An effect needs people to compare with: ask the same scale, before and after, of people who "
        "are in no relationship yet. Whether people stay, rise or move on is not recorded here."
    )
    heads = ("Measure", "Value (95% interval)", "Of")
    return components.card(
        components.table(heads, rows, "Beside surveys", (1, 2))
        if rows
        else components.state("No other number of impact can be told yet"),
        html.P([missing, " ", dcc.Link("All numbers of growth", href="/growth")], className="note under"),
        title="Impact beside surveys",
        about="survey-impact",
        note="What people did, of the whole program. Events are counted; nobody is asked.",
    )


def _limits(row: Row, value: str, low: str, high: str) -> str:
    if row[value] is None:
        return formats.NONE
    if row[low] is None:
        return _signed(row[value])
    return say(
        "{value} ({low} to {high})", value=_signed(row[value]), low=_signed(row[low]), high=_signed(row[high])
    )


def _signed(value: float) -> str:
    return number(value, "+.2f").replace("-", "−")
