"""A small report made by hand, with every kind of block and with text that wants to be more than text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from pipelines.report.model import (
    Actions,
    Cell,
    Figure,
    Number,
    Numbers,
    Paragraph,
    Report,
    Section,
    Table,
)
from warehouse.charts import Bar, Bars, Curve, Dot, Dots, Steps

BARS = Bars(
    ("End of Q2 2026", "End of Q3 2026"),
    (
        Bar("On track", "●", "#0072B2", (0.75, 0.9), (15, 27)),
        Bar("Closing", "◐", "#1f7d6b", (0.25, 0.1), (5, 3)),
    ),
    is_share=True,
)
ENDS = Bars(("Goals met", "Faded"), (Bar("Natural end", "■", "#00735C", (9.0, 0.0), (9, 0)),), is_share=False)
STEPS = Steps(
    (
        Curve("Natural end", "#00735C", (0, 30, 60), (0.0, 0.1, 0.2), (None, 0.05, 0.1), (None, 0.2, 0.3)),
        Curve("Faded", "#6b7580", (0, 30, 60), (0.0, 0.0, 0.05), (None, 0.0, 0.0), (None, 0.0, 0.1)),
    ),
    (0, 30, 60),
    (40, 30, 12),
    0.3,
)
DOTS = Dots(
    (Dot("Sustained", 0.84, 0.76, 0.9, 0.8, "119 pairs"), Dot("Fit", 0.5, None, None, None, "9 answers"))
)


def _figure(name: str, chart: Any, words: str = "What it says.") -> Figure:
    return Figure(name, f"Figure {name}", chart, words, f"{name}: what can be seen.")


def _report(text: str = "A plain sentence.", name: str = "Mentorship program") -> Report:
    sections = (
        Section("health", "Relationship health", (Paragraph(text, "draft"), _figure("bands", BARS, text))),
        Section("endings", "How relationships end", (_figure("reasons", ENDS), _figure("curves", STEPS))),
        Section(
            "experience", "Experience", (Paragraph("Nothing yet.", "gap"),), "Kirkpatrick level 1: reaction"
        ),
        Section("did_not_work", "What did not work", (Paragraph("Little.", "written"),)),
        Section("plan", "Plan", (Paragraph("Go on.", "draft"),)),
        Section(
            "definitions",
            "Definitions",
            (Table("definitions", "Measures", ("Measure", "Meaning"), ((text, text),), (1,), "A note."),),
            is_annex=True,
        ),
    )
    return Report(
        program_id="p",
        program_name=name,
        quarter="2026Q3",
        edition=1,
        audience="sponsor",
        as_of="2026-09-30T23:59:59Z",
        known_at="2026-11-24T12:00:00Z",
        label="Synthetic",
        answer=text,
        front=(
            Numbers((Number(text, "107", "of 194 people"), Number("sustained", "84%", "n = 119", "+3"))),
            Actions(((text, text), ("Do more", "It helps."))),
            _figure("leading", DOTS),
        ),
        sections=sections,
        cells=(Cell("", "sustained", "rate", 119, 119, 0.84, 0.76, 0.9, "84%"),),
    )


@pytest.fixture(scope="session")
def make_report() -> Callable[..., Report]:
    return _report


@pytest.fixture(scope="session")
def report() -> Report:
    return _report()


@pytest.fixture(scope="session")
def internal(report: Report) -> Report:
    return msgspec.structs.replace(report, audience="internal")
