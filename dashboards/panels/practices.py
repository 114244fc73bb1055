"""Numbers about the practices of a group: one table of measures, and small tables by kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards import components, data, formats, theme
from dashboards.components import Part
from dashboards.data.publication import Row
from dashboards.meanings import anchor
from dashboards.panels.groups import choice, hidden_line, label
from dashboards.panels.lifecycle import amount
from dashboards.screen import Scene, panel
from dashboards.speech import lowered, say
from warehouse.words import CHOICE, EVIDENCE, KIND, PRACTICE

HEADS = ("Measure", "Value (95% interval)", "Of", "Quarter before", "Weakest evidence")
KIND_HEADS = ("", "Share (95% interval)", "", "Of")

Numbers = Mapping[str, Row]
"""The numbers of a section, by name."""


def practice_page(
    scene: Scene,
    about: tuple[str, str, str],
    address: tuple[Any, Any],
    insight: Callable[[Numbers], str],
    more: Callable[[Row], Sequence[Component | None]],
) -> Component:
    """A screen of one section: `about` is its title, section and path, `more` what stands below the measures.

    `more` is given the group that is shown; `address` holds the program and the cohort that were asked for.
    """
    title, section, path = about
    found = data.practices.groups(scene.publication)
    groups = [row for row in found if not row["is_hidden"]]
    if not groups:
        why = html.P("No group of pairs is large enough to be shown.")
        return components.page(title, components.card(components.state("No numbers yet", why)))
    wanted = {"program_id": address[0], "cohort_id": address[1] or None, "is_hidden": False}
    chosen = wanted if wanted in groups else groups[0]
    numbers = data.practices.numbers(scene.publication, section, chosen["program_id"], chosen["cohort_id"])
    return components.page(
        title,
        choice(groups, chosen, path),
        hidden_line(len(found) - len(groups), scene.run["small_group"]),
        panel("In numbers", lambda: measures_card(numbers, label(chosen, groups), scene.run["small_group"])),
        *more(chosen),
        lead=insight(numbers),
    )


def measures_card(numbers: Numbers, name: str, smallest: int) -> Component:
    """One row a measure; what would tell about too few is left out, and a line says how many."""
    shown = [row for row in numbers.values() if not row["is_hidden"]]
    n_hidden = len(numbers) - len(shown)
    if not shown:
        return components.card(
            components.state("Too few pairs to tell"), title=say("In numbers: {name}", name=name)
        )
    line = say(
        "{measures_are} not shown: fewer than {smallest} pairs or 3 mentors behind it, all or "
        "none said the same, or the difference to the others would tell.",
        measures_are=formats.plural(n_hidden, "measure is", "measures are"),
        smallest=smallest,
    )
    return components.card(
        components.table(HEADS, [_measure(row) for row in shown], "Measures", (1, 2, 3)),
        html.P(line, className="note under") if n_hidden else None,
        title=say("In numbers: {name}", name=name),
        about="group-numbers",
        note="Of everything up to the day of the build; the quarter before is of everything up to its last "
        "day. A dash stands where a number is of the present alone, or too few were behind it then.",
    )


def _measure(row: Row) -> tuple[Any, ...]:
    is_of_pairs = row["n"] == row["n_pairs"]
    return (
        components.defined(PRACTICE[row["practice"]], anchor(row["practice"])),
        amount(row["value"], row["unit"], row["low"], row["high"]),
        say("{n:,} {of_what}", n=row["n"], of_what=row["of_what"])
        + ("" if is_of_pairs else say(", {n_pairs:,} pairs", n_pairs=row["n_pairs"])),
        amount(row["value_before"], row["unit"]),
        EVIDENCE[row["worst_evidence"]] if row["worst_evidence"] else formats.NONE,
    )


def kind_cards(scene: Scene, section: str, group: Row, names: Sequence[str]) -> Component | None:
    """The numbers by kind of one section of a group's program."""
    kinds = data.practices.choices(scene.publication, section, group["program_id"])
    return choice_cards(kinds, names, scene.run["small_group"])


def choice_cards(told: Mapping[str, Sequence[Row]], names: Sequence[str], smallest: int) -> Component | None:
    """Small tables by kind, two side by side."""
    cards = [_choice_card(name, told[name], smallest) for name in names if name in told]
    return html.Div(cards, className="columns") if cards else None


def _choice_card(name: str, kinds: Sequence[Row], smallest: int) -> Component:
    """One row a kind: the share reached, with its interval."""
    shown = [row for row in kinds if not row["is_hidden"]]
    hidden = [_name(row["kind"]) for row in kinds if row["is_hidden"]]
    line = say(
        "Not shown, too few pairs (below {smallest}) or a difference that would tell: {hidden}.",
        smallest=smallest,
        hidden=", ".join(hidden),
    )
    body = (
        components.table(KIND_HEADS, [_kind(row) for row in shown], CHOICE[name], (1, 3))
        if shown
        else components.state("Too few pairs to tell")
    )
    return components.card(
        body,
        html.P(line, className="note under") if hidden and shown else None,
        title=CHOICE[name],
        about="kinds",
    )


def _name(kind: str) -> str:
    """A kind within a sentence; what a program calls its own, as a platform, is left as it is."""
    return lowered(str(KIND[kind])) if kind in KIND else kind


def _kind(row: Row) -> tuple[Any, ...]:
    parts = [
        Part("Reached", theme.BLUE, row["n_reached"]),
        Part("Not reached", theme.LINE, row["n"] - row["n_reached"]),
    ]
    return (
        KIND.get(row["kind"], row["kind"]),
        amount(row["rate"], "rate", row["low"], row["high"]),
        components.proportion(parts),
        formats.count(row["n"]),
    )


def told(numbers: Numbers, name: str) -> float | None:
    """The value of a measure, or None where it is hidden or nobody records it."""
    return numbers[name]["value"] if name in numbers else None
