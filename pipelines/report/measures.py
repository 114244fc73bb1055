"""What a section says of its measures: a sentence on the leading one, all of them in a table, a figure."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.report import say, words
from pipelines.report.facts import Row
from pipelines.report.model import Block, Figure, Paragraph, Section, Table, spoken
from pipelines.report.told import Told
from pipelines.report.words import Theme
from warehouse.charts import Dot, Dots
from warehouse.words import KPI


def of_measures(told: Told, theme: Theme, lead: str, more: tuple[Block, ...] = ()) -> Section:
    """A section about measures: one sentence on the leading one, its figures, then all in a table."""
    found = [(code, told.measures[code]) for code in theme.measures if code in told.measures]
    if not found:
        gap: tuple[Block, ...] = () if more else (Paragraph(theme.none, "gap"),)
        return Section(theme.key, theme.title, (*gap, *more), theme.level)
    code, row = next(((name, row) for name, row in found if name == lead), found[0])
    return Section(
        theme.key,
        theme.title,
        (Paragraph(sentence(told, code, row), "draft"), *more, measures_table(told, theme, found)),
        theme.level,
    )


def sentence(told: Told, code: str, row: Row) -> str:
    """One measure in a plain sentence with n, interval and what changed."""
    what = words.MEANING.get(code, words.name(code)).rstrip(".")
    moved = say.change(row, told.before(code), told.quarter_before)
    return f"{words.name(code)}: {say.of(row)}, {moved}. {what}."


def measures_table(
    told: Told, theme: Theme, found: Sequence[tuple[str, Row]], title: str = "Measures"
) -> Table:
    """All measures of a theme with interval, base, change, the year before and evidence."""
    marked = any("told_in" in row for _, row in found)
    note = "° As told in an earlier report: fewer than the smallest group have come since." if marked else ""
    columns = [
        ("Measure", [_name(code, row) for code, row in found]),
        ("Value", [say.amount(row["value"], row["unit"]) for _, row in found]),
        ("95% interval", [say.interval(row["low"], row["high"], row["unit"]) for _, row in found]),
        ("Of", [say.base(row) for _, row in found]),
        (f"On {told.quarter_before}", [say.step(row, told.before(code)) for code, row in found]),
        (
            f"In {spoken(str(told.facts.quarter.year_before))}",
            [say.amount(told.year_before(code), row["unit"]) for code, row in found],
        ),
        ("Evidence", [say.evidence(row["worst_evidence"]) for _, row in found]),
    ]
    told_columns = [column for column in columns if set(column[1]) != {say.NONE}]
    heads, cells = zip(*told_columns, strict=True)
    numeric = tuple(place for place, head in enumerate(heads) if head not in {"Measure", "Of", "Evidence"})
    return Table(f"measures_{theme.key}", title, heads, tuple(zip(*cells, strict=True)), numeric, note)


def _name(code: str, row: Row) -> str:
    return words.name(code) + (" °" if "told_in" in row else "")


def measure_cell(row: Row | None) -> str:
    """A measure in a cell of a table: its value and n."""
    return say.NONE if row is None else f"{say.amount(row['value'], row['unit'])} (n = {row['n']:,})"


def dots_figure(told: Told) -> Figure | None:
    """The leading rates with their intervals, and where they stood a quarter ago."""
    chosen = (
        "activation",
        "sustained",
        "on_track",
        "fit_good",
        "advice_reported",
        "natural_end",
        "early_end",
    )
    found = [(code, told.measures[code]) for code in chosen if code in told.measures]
    if not found:
        return None
    dots = tuple(
        Dot(
            KPI[code],
            row["value"],
            row["low"],
            row["high"],
            told.before(code),
            say.base(row),
        )
        for code, row in found
    )
    return Figure(
        "leading",
        "The leading measures, now and a quarter ago",
        Dots(dots),
        f"Dots: end of {told.quarter}, with 95% intervals. Rings: end of {told.quarter_before}.",
        "Dots with intervals on an axis from 0% to 100%: "
        + say.listed([f"{KPI[code]} {say.of(row)}" for code, row in found])
        + ".",
    )
