"""The two pages that sponsors read: the answer, three numbers, three actions, and where things stand."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.report import say, words
from pipelines.report.model import Actions, Block, Number, Numbers, Paragraph, Section
from pipelines.report.sections import Told, bands_figure, dots_figure, is_enough

NO_COMPARISON = (
    "Nobody outside the program was measured, so this shows what happened, not what would have happened without "
    "it."
)


def answer(told: Told) -> str:
    """Did it work, and is it worth going on: from the numbers, in as few words."""
    if told.is_small:
        return f"Too few relationships ran in {told.quarter} to tell of them without telling on somebody."
    sustained, natural, early = (
        told.measures.get(code) for code in ("sustained", "natural_end", "early_end")
    )
    parts = [verdict(natural, early)]
    if sustained:
        parts.append(f"{say.of(sustained).capitalize()} of the relationships accepted so far held on.")
    if natural and early:
        parts.append(
            f"Of those that have ended, {say.of(natural)} came to a natural end and "
            f"{say.amount(early['value'], 'rate')} ended early."
        )
    return " ".join(parts)


def verdict(natural: dict[str, float] | None, early: dict[str, float] | None) -> str:
    """One sentence; it leans to neither side where the intervals overlap."""
    if not natural or not early:
        return "Relationships run, and too few have ended to judge by how they end."
    if natural["low"] > early["high"]:
        return "It works, and it is worth going on: clearly more relationships end well than early."
    if early["low"] > natural["high"]:
        return "Worth going on only with changes: clearly more relationships end early than well."
    return "Worth going on, with an eye on the ends: as many may end early as well."


def blocks(told: Told, body: Sequence[Section], own_words: str | None) -> tuple[Block, ...]:
    """The front: numbers, actions, then the leading measures and the bands."""
    if told.is_small:
        return (Paragraph(answer(told), "gap"),)
    found: list[Block] = [numbers(told), Paragraph(NO_COMPARISON), actions(told)]
    if own_words:
        found += [Paragraph(text, "written") for text in own_words.split("\n\n")]
    missing = [section.title for section in body if _is_gap(section)]
    figures = [figure for figure in (dots_figure(told), bands_figure_again(told, body)) if figure]
    found += figures
    if missing:
        found.append(Paragraph(f"Not measured yet: {say.listed([title.lower() for title in missing])}.", "gap"))
    return tuple(found)


def bands_figure_again(told: Told, body: Sequence[Section]) -> Block | None:
    """The bands of the section about health, which front and section share."""
    for section in body:
        for block in section.blocks:
            if getattr(block, "figure_id", "") == "bands":
                return block
    return None


def numbers(told: Told) -> Numbers:
    """Participation, relationships that lasted, natural against early ends."""
    people = {pair[side] for pair in told.running for side in ("mentee_id", "mentor_id")} - {None}
    items = [
        Number(
            "relationships ran",
            f"{len(told.running):,}",
            f"of {say.plural(len(people), 'person', 'people')}",
            _change_of_count(told),
        )
    ]
    if row := told.measures.get("sustained"):
        items.append(
            Number(
                "held on to a third session",
                say.amount(row["value"], "rate"),
                say.limits(row),
                say.change(row, told.before("sustained"), told.quarter_before),
            )
        )
    natural, early = told.measures.get("natural_end"), told.measures.get("early_end")
    if natural and early:
        items.append(
            Number(
                "natural ends : early ends",
                f"{round(100 * natural['value'])} : {round(100 * early['value'])}",
                f"in 100 ends, n = {natural['n']:,}",
                say.change(natural, told.before("natural_end"), told.quarter_before) + " (natural)",
            )
        )
    return Numbers(tuple(items))


def _change_of_count(told: Told) -> str:
    if is_enough(told.started, told.guard.k):
        return f"{len(told.started):,} accepted in the quarter"
    return ""


def actions(told: Told) -> Actions:
    """Three things asked for: where the largest share falls short."""
    short = []
    for code, (is_good, ask) in words.ASKS.items():
        row = told.measures.get(code)
        if row is not None and row["unit"] == "rate":
            short.append((1 - row["value"] if is_good else row["value"], ask, code, row))
    short.sort(key=lambda found: (-found[0], found[2]))
    return Actions(tuple((ask, _why(code, row)) for _, ask, code, row in short[:3]))


def _why(code: str, row: dict[str, float]) -> str:
    what = words.MEANING[code].rstrip(".")
    return f"{what}: {say.of(row)}."


def _is_gap(section: Section) -> bool:
    kinds = [block.kind for block in section.blocks if isinstance(block, Paragraph)]
    return bool(kinds) and len(kinds) == len(section.blocks) and set(kinds) == {"gap"}


__all__ = ["actions", "answer", "bands_figure", "blocks", "numbers", "verdict"]
