"""What one survey says: who answers, how answers are spread, how its scales stand by wave and by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from dash import dcc, html
from dash.development.base_component import Component

from dashboards import components, figures, formats
from dashboards.components import Part
from dashboards.data.publication import Row
from dashboards.panels.lifecycle import amount
from dashboards.speech import lowered, number, say, translated
from warehouse.words import EVIDENCE, FORM, SURVEY_SIDE, WAVE

RECENT = 4
"""Waves that are shown at once; the older ones on demand."""
RESPONSE_HEADS = ("Wave", "Sent", "Side", "Answered", "Share (95% interval)")
SCALE_HEADS = (
    "Wave",
    "Scale",
    "Side",
    "Mean (95% interval)",
    "Answers",
    "Quarter before",
    "Weakest evidence",
)
GROUP_HEADS = ("Group", "Side", "Mean (95% interval)", "Answers", "Pairs", "Weakest evidence")
FIELD = {"cohort_id": "Cohort", "form": "Form"}
TOTAL = "total"


def links(choices: Sequence[tuple[str, Mapping[str, str]]], chosen: str, name: str) -> Component | None:
    """One link for each choice; nothing where there is only one."""
    if len(choices) < 2:
        return None
    made = [
        dcc.Link(words, href=f"/surveys?{urlencode(query)}", className="chosen" if words == chosen else "")
        for words, query in choices
    ]
    return html.Nav(made, className="choice", **{"aria-label": name})


def wave_name(wave: str) -> str:
    """What a wave is called."""
    return translated(WAVE[wave]) if wave in WAVE else wave


def side_name(side: str) -> str:
    """Who answers: mentees, mentors, or nobody knows which."""
    return SURVEY_SIDE.get(side, "Side not known")


def in_sentence(wave: str) -> str:
    """What a wave is called inside a sentence."""
    return lowered(WAVE[wave]) if wave in WAVE else wave


def told_waves(scores: Sequence[Row]) -> list[str]:
    """The waves of which something may be told, the newest first."""
    waves = [row for row in scores if row["field"] == "wave" and not row["is_hidden"]]
    ordered = sorted(waves, key=lambda row: (row["from_on"], row["group_value"]), reverse=True)
    return list(dict.fromkeys(row["group_value"] for row in ordered))


def mean(row: Row) -> str:
    """The mean of a scale with its interval."""
    value, low, high = (number(row[name], ".2f") for name in ("value", "low", "high"))
    return say("{value} ({low} to {high})", value=value, low=low, high=high)


def hidden_line(n_hidden: int, smallest: int) -> Component | None:
    """How many numbers are left out, and why."""
    if not n_hidden:
        return None
    words = say(
        "{numbers_are} not shown: fewer than {smallest} people or pairs or 3 mentors behind it, all said the "
        "same, or the difference to the others would tell.",
        numbers_are=formats.plural(n_hidden, "number is", "numbers are"),
        smallest=smallest,
    )
    return html.P(words, className="note under")


def response_card(rows: Sequence[Row], smallest: int) -> Component:
    """One row a wave and side: of those asked, how many have answered."""
    shown = [row for row in rows if not row["is_hidden"]]
    if not shown:
        why = html.P("How many were asked is not recorded, or too few were.")
        return components.card(components.state("No share of answers to tell", why), title="Who answers")
    recent = list(dict.fromkeys(row["wave"] for row in shown))[:RECENT]
    older = [row for row in shown if row["wave"] not in recent]
    now = [row for row in shown if row["wave"] in recent]
    return components.card(
        components.table(RESPONSE_HEADS, [_response(row) for row in now], "Who answers", (3, 4)),
        _on_demand("View older waves", RESPONSE_HEADS, [_response(row) for row in older], (3, 4)),
        hidden_line(len(rows) - len(shown), smallest),
        title="Who answers",
        about="survey-response",
        note="Who does not answer may think otherwise: a low share does not speak for all.",
    )


def _response(row: Row) -> tuple[Any, ...]:
    name = wave_name(row["wave"])
    return (
        say("{wave} (still open)", wave=name) if row["is_open"] else name,
        formats.day(row["sent_on"]),
        side_name(row["side"]),
        say("{n_reached:,} of {n:,}", n_reached=row["n_reached"], n=row["n"]),
        amount(row["value"], "rate", row["low"], row["high"]),
    )


def spread_card(
    shares: Sequence[Row], waves: Sequence[str], wave: str, address: Mapping[str, str]
) -> Component:
    """Every item of one wave as a stacked bar, side by side for the two sides, and as a table."""
    choices = [(wave_name(each), {**address, "wave": each}) for each in waves]
    sides = list(dict.fromkeys(row["side"] for row in shares))
    drawn = [_spread([row for row in shares if row["side"] == side], side, wave) for side in sides]
    return components.card(
        links(choices, wave_name(wave), "Waves"),
        html.Div(drawn, className="columns" if len(drawn) > 1 else "")
        if drawn
        else components.state("Too few answers to tell how they are spread"),
        title="How answers are spread",
        about="survey-spread",
        note="Each bar is all answers to one item; the numbers in it are answers.",
    )


def _spread(shares: Sequence[Row], side: str, wave: str) -> Component:
    steps = list(dict.fromkeys((row["step"], row["step_title"]) for row in shares))
    items = _items(shares)
    colours = figures.surveys.step_colours(len(steps))
    legend = [Part(words, colour) for (_step, words), colour in zip(steps, colours, strict=True)]
    name = say("{side}, {wave}", side=translated(side_name(side)), wave=in_sentence(wave))
    heads = ("Item", *(words for _step, words in steps), "Answers")
    rows = [(words, *map(formats.count, given), formats.count(sum(given))) for words, given in items]
    as_table = components.table(heads, rows, name, tuple(range(1, len(heads))))
    chart = figures.surveys.likert(items, [words for _step, words in steps])
    return html.Div(
        [html.H3(name), components.figure(chart, name, _agreement(items), legend, as_table)],
        className="spread",
    )


def _items(shares: Sequence[Row]) -> list[tuple[str, list[int]]]:
    """Each item with its answers by step, in the order of the survey."""
    items: dict[str, tuple[str, list[int]]] = {}
    for row in shares:
        items.setdefault(row["item"], (row["item_title"], []))[1].append(row["n"])
    return list(items.values())


def _agreement(items: Sequence[tuple[str, Sequence[int]]]) -> str:
    """Which item the upper half of the scale is chosen least often for."""
    upper = {words: sum(given[(len(given) + 1) // 2 :]) / sum(given) for words, given in items}
    least = min(upper, key=lambda words: upper[words])
    most = max(upper, key=lambda words: upper[words])
    if upper[least] == upper[most]:
        return say("All alike: {share} in the upper half of the scale.", share=formats.part(upper[most]))
    return say(
        "In the upper half of the scale most often “{most}” ({most_share}), least often “{least}” "
        "({least_share}).",
        most=most.rstrip("."),
        most_share=formats.part(upper[most]),
        least=least.rstrip("."),
        least_share=formats.part(upper[least]),
    )


def scale_card(scores: Sequence[Row], smallest: int) -> Component | None:
    """One row a wave, scale and side, the newest first; older waves on demand."""
    rows = [row for row in scores if row["field"] == "wave"]
    shown = [row for row in rows if not row["is_hidden"]]
    if not shown:
        return None
    recent = told_waves(scores)[:RECENT]
    now = [row for row in shown if row["group_value"] in recent]
    older = [row for row in shown if row["group_value"] not in recent]
    return components.card(
        components.table(SCALE_HEADS, [_scale(row) for row in now], "Scales by wave", (3, 4, 5)),
        _on_demand("View older waves", SCALE_HEADS, [_scale(row) for row in older], (3, 4, 5)),
        hidden_line(len(rows) - len(shown), smallest),
        title="How the scales stand, wave by wave",
        about="survey-scale",
        note=say(
            "Means on the scale from {low} to {high}. Waves are answered by different people: a step from "
            "one to the next is no change of anybody.",
            low=shown[0]["scale_min"],
            high=shown[0]["scale_max"],
        ),
    )


def _scale(row: Row) -> tuple[Any, ...]:
    before = formats.NONE
    if row["value_before"] is not None:
        before = say(
            "{value} ({wave}, {n:,})",
            value=number(row["value_before"], ".2f"),
            wave=in_sentence(row["wave_before"]),
            n=row["n_before"],
        )
    return (
        wave_name(row["group_value"]),
        row["scale_title"],
        side_name(row["side"]),
        mean(row),
        formats.count(row["n"]),
        before,
        EVIDENCE.get(row["worst_evidence"], formats.NONE),
    )


def group_card(scores: Sequence[Row], smallest: int) -> Component | None:
    """The whole scale of the newest wave by cohort and by form; an outcome is told as a change instead."""
    title = "By cohort and form"
    whole = [row for row in scores if row["subscale"] == TOTAL and row["field"] in FIELD]
    if not whole:
        return None
    parts: list[Component] = []
    for field, words in FIELD.items():
        shown = [row for row in whole if row["field"] == field and not row["is_hidden"]]
        if shown:
            caption = say("By {field}", field=lowered(words))
            parts += [
                html.H3(words),
                components.table(GROUP_HEADS, [_group(row) for row in shown], caption, (2, 3, 4)),
            ]
    if not parts:
        return components.card(components.state("Too few answers to tell groups apart"), title=title)
    return components.card(
        *parts,
        hidden_line(sum(row["is_hidden"] for row in whole), smallest),
        title=title,
        about="survey-scale",
        note="The whole scale in its newest wave. Where intervals overlap much, chance may be all.",
    )


def _group(row: Row) -> tuple[Any, ...]:
    group = (
        "Not stated"
        if row["group_value"] == "not stated"
        else FORM.get(row["group_value"], row["group_value"])
    )
    return (
        group,
        side_name(row["side"]),
        mean(row),
        formats.count(row["n"]),
        formats.count(row["n_pairs"]),
        EVIDENCE.get(row["worst_evidence"], formats.NONE),
    )


def _on_demand(
    words: str, heads: Sequence[str], rows: Sequence[Sequence[Any]], numbers: Sequence[int]
) -> Component | None:
    if not rows:
        return None
    return html.Details([html.Summary(words), components.table(heads, rows, words, numbers)])
