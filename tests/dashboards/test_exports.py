"""A list that leaves the house says what it is, and no spreadsheet runs a cell of it."""

from __future__ import annotations

import csv
import io
from types import ModuleType
from typing import Any

import openpyxl

FORMULAS = ("=", "+", "-", "@")


def rows_of(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_an_export_holds_the_filtered_list_and_says_so(screens: Any, published: ModuleType) -> None:
    answer = screens.get("/export/pairs.csv?band=watch&view=all")
    rows = rows_of(answer)
    at = rows.index([])
    assert answer.headers["Content-Disposition"] == 'attachment; filename="watchlist.csv"'
    assert {row[5] for row in rows[1:at]} == {"Watch"}
    assert len(rows[1:at]) > 1
    footer = dict(rows[at + 1 :])
    assert footer["Filters"] == "?band=watch&view=all"
    assert footer["As of (UTC)"] == str(published.AS_OF)
    assert footer["Build"] == "build-1"


def test_a_workbook_holds_the_same_as_text_that_nothing_runs(screens: Any) -> None:
    plain = rows_of(screens.get("/export/pairs.csv?view=all"))
    book = openpyxl.load_workbook(io.BytesIO(screens.get("/export/pairs.xlsx?view=all").data))
    sheet = book.worksheets[0]
    assert sheet.max_row == len(plain)
    assert [cell.value for cell in sheet[1]] == plain[0]
    assert {cell.data_type for line in sheet.iter_rows() for cell in line} <= {"s", "inlineStr", "n", "d"}


def test_an_export_says_whose_each_item_is_and_nothing_of_pairs_off_the_list(screens: Any) -> None:
    rows = rows_of(screens.get("/export/pairs.csv?view=all"))
    owner, rank = rows[0].index("Owner"), rows[0].index("Rank")
    told = {(bool(row[rank]), row[owner]) for row in rows[1 : rows.index([])]}
    assert told == {(True, "No owner yet"), (False, "")}


def test_no_cell_is_a_formula_and_hostile_text_stays_text(screens: Any, published: ModuleType) -> None:
    rows = rows_of(screens.get(f"/export/pairs/{published.HOSTILE_PAIR}/events.csv"))
    assert len(rows) > 7
    assert not [cell for row in rows for cell in row if cell.startswith(FORMULAS)]


def test_what_is_not_there_is_not_exported(screens: Any) -> None:
    for path in ("/export/pairs.pdf", "/export/pairs/nobody/events.csv"):
        assert screens.get(path).status_code == 404
