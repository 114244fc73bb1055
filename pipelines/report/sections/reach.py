"""Who takes part: from those who could to the relationships that started."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.report import say, words
from pipelines.report.model import Block, Figure, Paragraph, Section
from pipelines.report.told import Told, is_enough
from warehouse.charts import Bar, Bars
from warehouse.looks import BLUE, GREEN, GREY


def section(told: Told) -> Section:
    """From those who could take part to the relationships that started, against plan and capacity."""
    steps = [row for row in told.facts.reach if row["n"] is not None]
    title = "Reach: who takes part"
    if told.is_small:
        return Section("reach", title, (Paragraph(_too_few(told), "gap"),))
    blocks: list[Block] = [Paragraph(_words(told), "draft")]
    if steps:
        names = tuple(words.REACH[row["step"]] for row in steps)
        counts = tuple(row["n"] for row in steps)
        blocks.append(
            Figure(
                "reach",
                "From invitation to a started relationship",
                Bars(names, _bars(names, counts), is_share=False),
                "All counted up to the end of the quarter; people until the match, pairs after it.",
                "Bars: " + ", ".join(f"{name} {n:,}" for name, n in zip(names, counts, strict=True)) + ".",
            )
        )
    missing = [words.REACH[row["step"]].lower() for row in told.facts.reach if row["n"] is None]
    if missing:
        blocks.append(Paragraph(f"Not recorded: {say.listed(missing)}.", "gap"))
    return Section("reach", title, tuple(blocks))


def _bars(names: Sequence[str], counts: Sequence[int]) -> tuple[Bar, ...]:
    """People and pairs in colours of their own: they are not counted in the same coin."""
    bars = []
    for kind, colour in (("People", BLUE), ("Pairs", GREEN), ("Places", GREY)):
        own = tuple(n if name.startswith(kind) else 0 for name, n in zip(names, counts, strict=True))
        if any(own):
            bars.append(Bar(kind, "■", colour, tuple(map(float, own)), own))
    return tuple(bars)


def _words(told: Told) -> str:
    people = {pair[side] for pair in told.running for side in ("mentee_id", "mentor_id")} - {None}
    started = (
        f", {len(told.started):,} of them accepted in the quarter"
        if is_enough(told.started, told.guard.k)
        else ""
    )
    return (
        f"{say.plural(len(told.running), 'relationship')} of {say.plural(len(people), 'person', 'people')} "
        f"ran in {told.quarter}{started}."
    )


def _too_few(told: Told) -> str:
    return f"Fewer than {told.guard.k} pairs, or pairs of too few mentors, ran in {told.quarter}."
