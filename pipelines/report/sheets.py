"""The report as a workbook: the data behind every figure, every table, every number told, the definitions.

No cell is ever a formula: text is written as text, and one that a spreadsheet might take for a formula gets
a quote in front, as exports do.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from pipelines.report import words
from pipelines.report.fixed import fixed
from pipelines.report.model import Report
from pipelines.report.web import as_rows
from warehouse.looks import ACCENT, GROUND

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")
MAX_NAME = 31
"""Letters that a sheet's name may have."""
MAX_WIDTH = 70
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_CONTROL = dict.fromkeys(code for code in range(32) if code not in (9, 10, 13))


def xlsx(report: Report) -> bytes:
    """The report as XLSX; the same report is the same bytes."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    book.properties.title = report.title
    book.properties.creator = report.program_name
    _sheet(book, "About", ("What", "Value"), _about(report))
    _sheet(book, "Numbers", _NUMBER_HEADS, _numbers(report))
    for figure in _once(report.figures):
        heads, rows = as_rows(figure.chart)
        _sheet(book, f"Figure {figure.figure_id}", heads, rows, figure.title)
    for table in report.tables:
        _sheet(book, table.table_id.replace("_", " ").capitalize(), table.heads, table.rows, table.title)
    made = io.BytesIO()
    book.save(made)
    return fixed(made.getvalue(), report.as_of)


_NUMBER_HEADS = ("Group", "Measure", "Code", "Unit", "Value", "Low", "High", "n", "Pairs")


def _numbers(report: Report) -> list[tuple[object, ...]]:
    return [
        (
            cell.group or "whole program",
            words.name(cell.measure),
            cell.measure,
            cell.unit,
            cell.value,
            cell.low,
            cell.high,
            cell.n,
            cell.n_pairs,
        )
        for cell in report.cells
    ]


def _about(report: Report) -> list[tuple[object, ...]]:
    return [
        ("Report", report.title),
        ("Edition", report.edition),
        ("Audience", report.audience),
        ("As of", report.as_of),
        ("Known at", report.known_at),
        *([("Note", report.label)] if report.label else []),
        ("Answer", report.answer),
    ]


def _once(figures: Iterable[Any]) -> list[Any]:
    """Every figure once, also where the front shows it again."""
    return list({figure.figure_id: figure for figure in figures}.values())


def _sheet(
    book: Any, name: str, heads: Sequence[str], rows: Iterable[Sequence[object]], title: str = ""
) -> None:
    """One sheet: an optional title, a frozen row of heads, then the rows."""
    from openpyxl.styles import Alignment, Font, PatternFill

    sheet = book.create_sheet(name.translate(_FORBIDDEN)[:MAX_NAME])
    if title:
        sheet.append([harmless(title)])
        sheet["A1"].font = Font(bold=True, size=13, color=ACCENT[1:])
    sheet.append([harmless(head) for head in heads])
    top = sheet.max_row
    for cell in sheet[top]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor=GROUND[1:])
    sheet.freeze_panes = f"A{top + 1}"
    for row in rows:
        sheet.append([harmless(value) for value in row])
    for column in sheet.iter_cols(min_row=top):
        width = max(len(str(cell.value)) if cell.value is not None else 0 for cell in column)
        sheet.column_dimensions[column[0].column_letter].width = min(MAX_WIDTH, max(10, width + 2))
        for cell in column:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            _mark(cell)


def _mark(cell: Any) -> None:
    """Text is text, whatever it begins with; a share shows as a percentage where it is one."""
    if isinstance(cell.value, str):
        cell.data_type = "s"
    elif isinstance(cell.value, float) and 0 <= cell.value <= 1:
        cell.number_format = "0.0%"


def harmless(value: object) -> object:
    """A cell that no spreadsheet runs: no control characters, a quote before what could be a formula."""
    if not isinstance(value, str):
        return value
    clean = value.translate(_CONTROL)
    return f"'{clean}" if clean.startswith(FORMULA_STARTS) else clean
