"""What may be wrong because a source is late: struck out, with what has not come since when."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from dashboards import formats
from dashboards.data.publication import Row
from dashboards.speech import say, translated
from warehouse.gaps import ALL, RESTS_ON
from warehouse.words import GAP


def missing(gaps: Sequence[Row], code: str) -> str:
    """Why a reason or a state may be wrong: what it rests on and has not come; empty where all has."""
    return told([row for row in gaps if row["family"] in RESTS_ON.get(code, ())])


def missing_contact(gaps: Sequence[Row]) -> str:
    """The same of a silence, which any contact would break."""
    return told([row for row in gaps if row["family"] in ALL])


def told(gaps: Sequence[Row]) -> str:
    """What has not come, source by source."""
    sources: dict[str, list[Row]] = {}
    for row in gaps:
        sources.setdefault(row["source"], []).append(row)
    return " ".join(
        say(
            "{kinds} of {source} have not come since {day}.",
            kinds=", ".join(translated(GAP[row["family"]]) for row in rows),
            source=source,
            day=formats.day(rows[0]["newest_at"].date()),
        )
        for source, rows in sources.items()
    )


def struck(text: str, why: str) -> Component | str:
    """A text that may be wrong, with why; as it is where nothing is missing."""
    if not why:
        return text
    return html.Span([text, html.Span(f" ({why})", className="hidden")], className="struck", title=why)
