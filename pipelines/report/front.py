"""The two pages that sponsors read: the answer, three numbers, three actions, and where things stand."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.report import say, words
from pipelines.report.measures import dots_figure
from pipelines.report.model import Actions, Block, Figure, Number, Numbers, Paragraph, Section, Table
from pipelines.report.told import Told, is_enough

NO_COMPARISON = (
    "Nobody outside the program was measured, so this shows what happened, not what would have happened "
    "without it."
)


COMPARED = (
    "People outside the program were asked too, and who takes part chose to: the section on learning shows "
    "both side by side. All else shows what happened, not what would have happened without the program."
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
        parts.append(f"{say.of(sustained)} of the relationships accepted so far have held three sessions.")
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
        return "It works, and it is worth continuing: clearly more relationships end well than early."
    if early["low"] > natural["high"]:
        return "Worth continuing, with changes: clearly more relationships end early than well."
    return (
        "Worth continuing, with an eye on the endings: the numbers do not tell yet whether more "
        "relationships end well or early."
    )


def blocks(told: Told, body: Sequence[Section], own_words: str | None) -> tuple[Block, ...]:
    """The front: numbers, actions, then the leading measures and the bands."""
    if told.is_small:
        return (Paragraph(answer(told), "gap"),)
    is_compared = any(isinstance(each, Table) and each.table_id == "comparison" for each in _blocks(body))
    lead = Paragraph(COMPARED if is_compared else NO_COMPARISON)
    found: list[Block] = [numbers(told, participation(told)), lead, actions(told)]
    if own_words:
        found += [Paragraph(text, "written") for text in own_words.split("\n\n")]
    missing = [section.title for section in body if _is_gap(section)]
    figures = (dots_figure(told), *(_figure(body, figure_id) for figure_id in ("bands", "reasons")))
    found += [figure for figure in figures if figure is not None]
    if missing:
        found.append(
            Paragraph(f"Not measured yet: {say.listed([title.lower() for title in missing])}.", "gap")
        )
    return tuple(found)


def _figure(body: Sequence[Section], figure_id: str) -> Figure | None:
    """A figure of a section, shown in front as well."""
    figures = (block for block in _blocks(body) if isinstance(block, Figure))
    return next((figure for figure in figures if figure.figure_id == figure_id), None)


def _blocks(body: Sequence[Section]) -> list[Block]:
    return [block for section in body for block in section.blocks]


def participation(told: Told) -> Number:
    """How many relationships ran, and of how many people."""
    people = {pair[side] for pair in told.running for side in ("mentee_id", "mentor_id")} - {None}
    return Number(
        "relationships ran",
        f"{len(told.running):,}",
        f"of {say.plural(len(people), 'person', 'people')}",
        _change_of_count(told),
    )


def numbers(told: Told, first: Number) -> Numbers:
    """How many took part, then relationships that lasted, natural against early ends."""
    items = [first]
    if row := told.measures.get("sustained"):
        items.append(
            Number(
                "have held three sessions",
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
