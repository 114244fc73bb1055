"""How a pair meets, in numbers: how often, how long its gaps are, how the present silence compares."""

from __future__ import annotations

from dash.development.base_component import Component

from dashboards import components, formats
from dashboards.data.publication import Row
from dashboards.speech import say
from warehouse.words import UNJUDGED

NOTE = "Nothing is judged by these; a silence is measured against the usual gap of the pair, above."


def pattern(pair: Row, row: Row | None) -> Component | None:
    """The pattern of a pair's contacts; nothing of one without a contact, or of an old build."""
    if row is None:
        return None
    is_open = pair["ended_at"] is None and pair["state"] not in UNJUDGED
    facts = [
        *(_recent(row) if is_open else []),
        ("Weeks with a contact", say("{part} of {whole}", part=row["n_active_weeks"], whole=row["n_weeks"])),
        ("Median gap", _gap(row["gap_median"])),
        ("Nine gaps in ten within", _gap(row["gap_p90"])),
        *(_present(row) if is_open else []),
    ]
    return components.card(components.facts(facts), title="Contact pattern", note=NOTE, about="pattern")


def _recent(row: Row) -> list[tuple[str, str]]:
    spans = ((1, "Contacts, last week"), (4, "Last 4 weeks"), (8, "Last 8 weeks"), (26, "Last 26 weeks"))
    return [(name, formats.count(row[f"n_contacts_{weeks}w"])) for weeks, name in spans]


def _present(row: Row) -> list[tuple[str, str]]:
    silence = row["silence_in_gaps"]
    return [
        ("Silent for", formats.NONE if silence is None else say("{n:.1f} median gaps", n=silence)),
        ("Unanswered in a row", formats.count(row["unanswered_streak"])),
    ]


def _gap(days: float | None) -> str:
    return formats.NONE if days is None else say("{n:g} active days", n=round(days, 1))
