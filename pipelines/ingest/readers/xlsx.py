"""Workbooks (XLSX) through openpyxl, read only: the cells of every sheet as texts, one line a row.

A workbook is a zip of XML: its table of contents is looked at before anything is unpacked. Formulas are never
worked out; what the spreadsheet last showed is what counts.
"""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Iterator
from typing import Any, BinaryIO

from pipelines.ingest.readers.records import MAX_COLUMNS
from pipelines.ingest.readers.zips import open_zip
from warehouse.errors import FileRefused

MAX_ROWS = 200_000

WORKBOOK_CELLS = "cells"
"""What the list of a row's cells is called in its line."""


def workbook_lines(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """One line for each row that holds something: sheet, is_hidden, row, cells.

    Refuses with the reasons of `open_zip`, with `file.type_mismatch`, `xlsx.damaged` and `xlsx.too_large`.
    """
    with open_zip(file.read()) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            hint = "the name says a workbook (XLSX), the bytes say another zip"
            raise FileRefused("file.type_mismatch", hint)
    book = _opened(file)
    n_rows = 0
    for sheet in book.worksheets:
        for row, cells in _rows(sheet):
            n_rows += 1
            if n_rows > MAX_ROWS:
                raise FileRefused("xlsx.too_large", f"more than {MAX_ROWS:,} rows: split the workbook")
            is_hidden = sheet.sheet_state != "visible"
            yield {"sheet": sheet.title, "is_hidden": is_hidden, "row": row, WORKBOOK_CELLS: cells}


def _opened(file: BinaryIO) -> Any:
    import openpyxl

    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about drawings, validations and styles, which nobody reads here
            return openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # openpyxl raises whatever the XML provokes
        raise _damaged(error) from None


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold something, with their numbers."""
    sheet.reset_dimensions()  # what a sheet says of its size is often wrong
    try:
        for number, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS + 1, values_only=True), 1):
            texts = [_text(cell) for cell in cells]
            if any(texts):
                yield number, _without_tail(texts)
    except Exception as error:  # openpyxl raises whatever the XML provokes
        raise _damaged(error) from None


def _damaged(error: Exception) -> FileRefused:
    return FileRefused(
        "xlsx.damaged", f"the workbook cannot be read ({type(error).__name__}): save it again as XLSX"
    )


def _text(cell: Any) -> str:
    """A cell as text: a date as ISO, a whole number without a fraction."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, dt.datetime):
        is_day = cell.time() == dt.time()
        return cell.date().isoformat() if is_day else cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _without_tail(texts: list[str]) -> list[str]:
    """Empty cells at the end of a row are no cells."""
    return texts[: 1 + max(place for place, text in enumerate(texts) if text)]
