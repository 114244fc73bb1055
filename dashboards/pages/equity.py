"""Equity and cross-culture: are groups of people served alike? Gaps, and whether chance explains them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import dash
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import components, data, formats
from dashboards.data.publication import Row
from dashboards.panels.equity import field_card, gap_sentence
from dashboards.screen import Scene, panel, screen
from dashboards.speech import say
from warehouse.accounts import GROUPS
from warehouse.words import EQUITY_FIELD

TITLE = "Equity and cross-culture"


@screen(GROUPS)
def layout(scene: Scene, /, program: str | list[str] = "", **_address: str | list[str]) -> Component:
    """The gaps of a program that chance hardly explains, then each field with its largest gaps."""
    programs = data.equity.programs(scene.publication)
    if not programs:
        why = html.P("No group of pairs is large enough to be shown.")
        return components.page(TITLE, components.card(components.state("Nothing to compare yet", why)))
    chosen = program if isinstance(program, str) and program in programs else programs[0]
    gaps = data.equity.gaps(scene.publication, chosen)

    def of_field(field: str) -> Component:
        return field_card(field, _of(gaps, field), _of(data.equity.values(scene.publication, chosen), field))

    fields = [
        panel(EQUITY_FIELD[field], partial(of_field, field))
        for field in EQUITY_FIELD
        if any(row["n_groups"] + row["n_hidden"] > 1 for row in _of(gaps, field))
    ]
    return components.page(
        TITLE,
        choice(programs, chosen) if len(programs) > 1 else None,
        panel("Gaps beyond chance", lambda: found_card(gaps)),
        *fields,
        html.P(how(scene.run["small_group"]), className="note under"),
        lead=insight(gaps),
    )


def _of(rows: Sequence[Row], field: str) -> list[Row]:
    return [row for row in rows if row["field"] == field]


def insight(gaps: Sequence[Row]) -> str:
    """How many gaps chance hardly explains, of how many that could be told."""
    told = [row for row in gaps if row["verdict"] != "too_few"]
    if not told:
        return "Too few pairs to tell: no two groups of people are large enough to be compared."
    n_gaps = sum(row["verdict"] == "gap" for row in told)
    found = formats.plural(n_gaps, "gap is", "gaps are") if n_gaps else "No gap is"
    return say(
        "{found} larger than chance explains, of {comparisons} that can be told.",
        found=found,
        comparisons=formats.plural(len(told), "comparison"),
    )


def found_card(gaps: Sequence[Row]) -> Component:
    """The gaps that chance hardly explains, in sentences."""
    found = [row for row in gaps if row["verdict"] == "gap"]
    note = "To ask about, not to conclude from: groups may differ in what they ask for."
    if not found:
        calm = html.P("That is no proof that there is none: small groups show large gaps only.")
        return components.card(components.state("No gap beyond chance", calm, mark="✓"), note=note)
    listed = html.Ul(
        [html.Li([html.Strong(EQUITY_FIELD[row["field"]]), ". ", gap_sentence(row)]) for row in found],
        className="bullets",
    )
    return components.card(listed, title="Gaps beyond chance", note=note, about="gaps")


def how(smallest: int) -> str:
    """How groups are compared and who is left out."""
    return say(
        "Groups of fewer than {smallest} pairs, {smallest} people or 3 mentors, groups in which "
        "all or none did so, and what could be worked out by subtraction are not shown. The "
        "largest gap of many is often large by chance: all comparisons are corrected together "
        "(Benjamini and Hochberg, one false alarm in twenty). None of these fields is used to "
        "judge a pair.",
        smallest=smallest,
    )


def choice(programs: Sequence[str], chosen: str) -> Component:
    """One link for each program."""
    links = [
        dcc.Link(each, href=f"/equity?program={each}", className="chosen" if each == chosen else "")
        for each in programs
    ]
    return html.Nav(links, className="choice", **{"aria-label": "Programs"})


dash.register_page(__name__, path="/equity", title=f"{TITLE} · Kinkeeper", layout=layout, order=2)
