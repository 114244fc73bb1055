"""Several programs in one report: how they stand together, side by side, and a section for each.

A program is told of here exactly as its own report may tell of it: by a guard of its own, held against every
report that told of it, alone or beside others. What is told of all together is made of these numbers alone,
so a reader who takes single programs off the whole learns nothing that does not stand there. People who take
part in several programs are not counted across them: the difference would tell of those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec
import numpy as np

from pipelines.report import annex, front, say, sections, words
from pipelines.report.contents import Asked, worded
from pipelines.report.facts import Facts, Moment, Row
from pipelines.report.guard import Guard
from pipelines.report.measures import dots_figure, measure_cell, measures_table
from pipelines.report.model import Block, Cell, Figure, Number, Paragraph, Report, Section, Table
from pipelines.report.told import Told, tell
from pipelines.report.words import Theme
from pipelines.signals.measures import wilson
from warehouse.charts import Dot, Dots
from warehouse.words import KPI

SHARES = (*words.ASKS, "on_track", "fit_good", "natural_end")
"""Measures that are shares of single units: the counts of several programs add up."""
SIDE_BY_SIDE = ("sustained", "on_track", "fit_good", "natural_end", "early_end")
BY_PROGRAM = {"programs": "sustained", "ends": "natural_end"}
"""Figures of the overview -> the measure they show program by program."""
ABOUT = (
    "Each program is told of as in a report of its own. What is told of all together is made of the numbers "
    "told of single programs; one that is too small for a number counts in it nowhere. Whoever takes part in "
    "several programs counts in each, so people are not added up."
)
SMALL = "Too few relationships ran here to tell of them without telling on somebody."


def build_rollup(facts: Mapping[str, Facts], asked: Asked, guards: Mapping[str, Guard]) -> Report:
    """The report of several programs, by their ids; the guards, one for each, remember what it tells."""
    told = {program: tell(facts[program], guards[program]) for program in facts}
    of_programs = [_program(place, *each) for place, each in enumerate(told.items(), 1)]
    whole = together(told)
    body = (overview(whole), *of_programs, sections.outlook.did_not_work(whole), sections.outlook.plan(whole))
    notes = annex.sections(_with_all_measures(whole), asked.policy, asked.origin, asked.restatements)
    return Report(
        program_id=asked.program_id,
        program_name=f"{asked.policy.program_name}, {say.plural(len(told), 'program')}",
        quarter=str(whole.facts.quarter),
        edition=asked.edition,
        audience=asked.audience,
        as_of=asked.origin.as_of,
        known_at=asked.origin.known_at,
        label=str(whole.facts.now.run["program_label"] or ""),
        answer=asked.narrative.get("answer", front.answer(whole)),
        front=_front(whole, len(told), asked.narrative.get("front")),
        sections=tuple(worded(section, asked.narrative) for section in (*body, *notes)),
        cells=tuple(whole.guard.cells),
    )


def together(told: Mapping[str, Told]) -> Told:
    """All programs that are large enough to be told of, as if they were one, with programs for cohorts."""
    large = {program: each for program, each in told.items() if not each.is_small}
    first = next(iter(told.values()))
    guard = Guard(first.guard.k, (), first.guard.quarter)
    for program, each in told.items():
        guard.cells += of_whole_program(each.guard.cells, program)
        guard.kept |= {(program, code): when for (group, code), when in each.guard.kept.items() if not group}
        guard.withheld += [(program, code) for group, code in each.guard.withheld if not group]
    measures = {code: pooled([_since(each, code) for each in large.values()]) for code in SHARES}
    return Told(
        replace(first.facts, now=Moment(first.facts.quarter, first.facts.now.run, (), ()), before=None),
        guard,
        {code: row for code, row in measures.items() if row is not None},
        {program: each.measures for program, each in large.items()},
        [pair for each in large.values() for pair in each.running],
        [pair for each in large.values() for pair in each.ended],
        (),
    )


def _since(told: Told, code: str) -> Row | None:
    """A measure of one program, with its value and n of the quarter before."""
    row = told.measures.get(code)
    if row is None or row["n_before"]:
        return row
    before = told.facts.before.kpi(code) if told.facts.before else None
    return row | {"n_before": before and before["n"], "value_before": before and before["value"]}


def pooled(rows: Sequence[Row | None]) -> Row | None:
    """A share of the units of several programs together, with Wilson's interval; None where none is told.

    It has a value before only where every program told of has one.
    """
    told = [row for row in rows if row is not None]
    if not told:
        return None
    n, reached = sum(row["n"] for row in told), sum(round(row["value"] * row["n"]) for row in told)
    low, high = wilson(np.array([float(reached)]), np.array([float(n)]))
    before = [row["value_before"] * row["n_before"] for row in told if row["n_before"]]
    is_known = len(before) == len(told)
    n_before = sum(row["n_before"] for row in told) if is_known else None
    return told[0] | {
        "n": n,
        "n_pairs": sum(row["n_pairs"] for row in told),
        "value": reached / n,
        "low": float(low[0]),
        "high": float(high[0]),
        "n_before": n_before,
        "value_before": sum(before) / n_before if n_before else None,
    }


def of_whole_program(cells: Sequence[Cell], program: str) -> list[Cell]:
    """What was told of a whole program as cells of this report; its cohorts are not told of here."""
    return [msgspec.structs.replace(cell, group=program) for cell in cells if not cell.group]


def told_of_program(cells: Sequence[Cell], program: str | None) -> list[Cell]:
    """What a published report tells of one program, as its own report would have told it.

    `program` is None where the report is of that program alone.
    """
    if program is None:
        return list(cells)
    return [msgspec.structs.replace(cell, group="") for cell in cells if cell.group == program]


def overview(whole: Told) -> Section:
    """The programs side by side."""
    rows = tuple(
        (program, *(measure_cell(measures.get(code)) for code in SIDE_BY_SIDE))
        for program, measures in whole.cohorts.items()
    )
    heads = ("Program", *(KPI[code] for code in SIDE_BY_SIDE))
    note = "Programs differ in age and in whom they take in. A dash stands where too few pairs are behind it."
    table = Table("programs", "Side by side", heads, rows, tuple(range(1, len(heads))), note)
    figures = [figure for each in BY_PROGRAM.items() if (figure := _by_program(whole, *each)) is not None]
    return Section("overview", "The programs side by side", (Paragraph(ABOUT), *figures, table))


def _by_program(whole: Told, figure_id: str, code: str) -> Figure | None:
    """One measure of every program told of, and of all together."""
    found = {program: measures[code] for program, measures in whole.cohorts.items() if code in measures}
    if not found:
        return None
    rows = {"All together": whole.measures[code]} | found
    dots = tuple(
        Dot(
            name, row["value"], row["low"], row["high"], row["value_before"], f"{row['n']:,} {row['of_what']}"
        )
        for name, row in rows.items()
    )
    return Figure(
        figure_id,
        f"{KPI[code]}, program by program",
        Dots(dots),
        f"{words.MEANING[code].rstrip('.')}. Dots: end of {whole.quarter}, with 95% intervals. "
        f"Rings: end of {whole.quarter_before}.",
        "Dots with intervals on an axis from 0% to 100%: "
        + say.listed([f"{name} {say.of(row)}" for name, row in rows.items()])
        + ".",
    )


def _program(place: int, program: str, told: Told) -> Section:
    """One program: its answer, its figures and all its measures."""
    key = f"program_{place}"
    if told.is_small:
        return Section(key, program, (Paragraph(SMALL, "gap"),))
    drawn = (
        dots_figure(told),
        sections.health.bands_figure(told),
        sections.endings.reasons_figure(told),
    )
    figures = [
        msgspec.structs.replace(figure, figure_id=f"{figure.figure_id}_{place}")
        for figure in drawn
        if figure is not None
    ]
    codes = [code for theme in words.THEMES for code in theme.measures if code in told.measures]
    theme = Theme(key, program, "", tuple(codes), "")
    table = measures_table(told, theme, [(code, told.measures[code]) for code in codes])
    return Section(key, program, (Paragraph(front.answer(told), "draft"), *figures, table))


def _front(whole: Told, n_programs: int, own_words: str | None) -> tuple[Block, ...]:
    if whole.is_small:
        return (Paragraph(front.answer(whole), "gap"),)
    ran = Number("relationships ran", f"{len(whole.running):,}", f"in {say.plural(n_programs, 'program')}")
    own = [Paragraph(text, "written") for text in own_words.split("\n\n")] if own_words else []
    drawn = (dots_figure(whole), *(_by_program(whole, *each) for each in BY_PROGRAM.items()))
    return (
        front.numbers(whole, ran),
        Paragraph(front.NO_COMPARISON),
        front.actions(whole),
        *own,
        *(figure for figure in drawn if figure is not None),
    )


def _with_all_measures(whole: Told) -> Told:
    """With every measure a program tells, for the annex to define; those of data are of single feeds."""
    found = {code: row for measures in whole.cohorts.values() for code, row in measures.items()}
    return replace(
        whole, measures={code: row for code, row in found.items() if code not in words.DATA.measures}
    )
