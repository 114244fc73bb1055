"""Cohorts side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc
from dash.development.base_component import Component

from dashboards import components, formats
from dashboards.components import Part
from dashboards.data.publication import Row
from dashboards.filters import FilterState, format_filters
from dashboards.speech import say
from dashboards.theme import RUNNING_BANDS, TONE


def current(row: Row) -> int:
    """How many of a cohort's pairs have not ended."""
    return int(sum(row[f"n_{band}"] or 0 for band in RUNNING_BANDS))


def cohort_table(cohorts: Sequence[Row], smallest: int) -> Component:
    """One row a cohort; shares of fewer than `smallest` ended pairs are hidden."""
    heads = (
        "Cohort",
        "Accepted",
        "Pairs",
        "Current",
        "Bands",
        "Need check-in",
        "Natural ends",
        "Silence",
        "Sessions",
    )
    return components.table(heads, [_cells(row, smallest) for row in cohorts], "Cohorts", (2, 3, 5, 6, 7, 8))


def size_table(cohorts: Sequence[Row]) -> Component:
    """One row a cohort, without anything that could be about a single pair."""
    rows = [
        (
            row["cohort_id"] or "No cohort",
            _accepted(row),
            formats.count(row["n_pairs"]),
            formats.count(row["n_sessions_held"]),
        )
        for row in cohorts
    ]
    return components.table(("Cohort", "Accepted", "Pairs", "Sessions"), rows, "Cohorts", (2, 3))


def _cells(row: Row, smallest: int) -> tuple[Any, ...]:
    ended, well, ratio = row["n_ended"], row["n_ended_success"], row["median_silence_ratio"]
    parts = [Part(TONE[band].word, TONE[band].solid, row[f"n_{band}"]) for band in RUNNING_BANDS]
    return (
        _link(row["cohort_id"], row["cohort_id"] or "No cohort", FilterState(view="all")),
        _accepted(row),
        formats.count(row["n_pairs"]),
        formats.count(current(row)),
        components.proportion(parts),
        _link(row["cohort_id"], formats.count(row["n_needs_check_in"]), FilterState()),
        say(
            "{well:,} of {ended:,} ({share})",
            well=well,
            ended=ended,
            share=formats.share(well, ended, smallest),
        )
        if ended
        else formats.NONE,
        formats.NONE if ratio is None else f"{ratio:.1f}×",
        formats.count(row["n_sessions_held"]),
    )


def _accepted(row: Row) -> str:
    return say(
        "{first_accepted_on} to {last_accepted_on}",
        first_accepted_on=formats.day(row["first_accepted_on"]),
        last_accepted_on=formats.day(row["last_accepted_on"]),
    )


def _link(cohort: str | None, text: str, filters: FilterState) -> Any:
    if cohort is None:
        return text
    return dcc.Link(text, href="/" + format_filters(FilterState(cohorts=(cohort,), view=filters.view)))
