"""What a table of a screen holds can be taken along by who sees it, and holds no more than the screen."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dash
import pytest
from dash import html
from openpyxl import load_workbook

from dashboards import components
from dashboards.tables import Table, tables_of, words
from warehouse.accounts import THIS_MACHINE
from warehouse.audit import Audit
from warehouse.operations import open_operations, sqlite_url

SCREENS = [
    "overview",
    "funnel",
    "matching",
    "scheduling",
    "growth",
    "endings",
    "equity",
    "surveys",
    "signals",
    "data_quality",
    "activity",
    "help_metrics",
    "pair",
]
PAIR = "pair-suspected-ghosting-01"


def links(node: object) -> Iterator[str]:
    if isinstance(node, Mapping):
        if "export" in str(node.get("className", "")).split():
            yield str(node["href"])
        for value in node.values():
            yield from links(value)
    elif isinstance(node, list):
        for value in node:
            yield from links(value)


def lines_of(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


@pytest.mark.parametrize("page", SCREENS)
def test_every_table_of_a_screen_can_be_taken_along(screens: Any, page: str) -> None:
    address = {"pair_id": PAIR} if page == "pair" else {}
    offered = [link for link in links(json.loads(screens.draw(page, **address))) if "/export/tables/" in link]
    drawn = dash.page_registry[f"dashboards.pages.{page}"]["layout"]
    with screens.app.server.app_context():
        tables = tables_of(drawn(**address))
    assert len(offered) == 2 * len(tables)
    assert tables or page == "activity"
    for link in offered:
        answer = screens.get(link)
        assert answer.status_code == 200, link
        name = re.sub(r"\.(csv|xlsx)$", "", link.partition("?")[0].rpartition("/")[2])
        if link.partition("?")[0].endswith(".csv"):
            lines = lines_of(answer)
            assert lines[0] == list(tables[name].heads)
            assert len(lines[1 : lines.index([])]) == len(tables[name].rows)
            footer = {line[0]: line[1] for line in lines[lines.index([]) + 1 :]}
            assert footer["As of (UTC)"].startswith("2026-11-23 06:00")
            assert {"Filters", "Known at (UTC)", "Build", "Policy"} <= set(footer)


def test_an_export_names_its_filters_and_keeps_them(screens: Any) -> None:
    (link, *_rest) = links(json.loads(screens.draw("endings", program="sample", cohort="2026-spring")))
    assert "cohort=2026-spring" in link
    lines = lines_of(screens.get(link))
    assert ["Filters", "?program=sample&cohort=2026-spring"] in lines


def test_no_cell_of_an_export_is_a_formula(screens: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = ["=1+1", "@sum(a1)", "+3", "\t=2", "-cmd"]
    held = {"cohorts": Table(["head"], ["=head"], [[text] for text in bad])}
    monkeypatch.setattr("dashboards.exports.tables_of", lambda _drawn: held)
    lines = lines_of(screens.get("/export/tables/overview/cohorts.csv"))
    assert [line[0] for line in lines[:6]] == [f"'{text}" for text in ["=head", *bad]]
    taken = screens.get("/export/tables/overview/cohorts.xlsx")
    sheet = load_workbook(io.BytesIO(taken.data)).worksheets[0]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_numbers_are_numbers_and_pictures_are_words() -> None:
    bar = components.proportion([components.Part("On track", "#000", 3), components.Part("Watch", "#111", 1)])
    tree = components.table(["Name", "n", "Share", "Bands"], [["x", "1,234", "34%", bar]], "T", (1, 2))
    heads, row = ["Name", "n", "Share", "Bands"], ["x", 1234, "34%", "3 on track, 1 watch"]
    assert tables_of(html.Div(tree)) == {"t": Table(["name", "n", "share", "bands"], heads, [row])}


def test_two_tables_of_one_name_are_two_exports() -> None:
    one, two = (components.table(["a"], [[text]], "Same name") for text in ("1", "2"))
    assert list(tables_of([one, two])) == ["same-name", "same-name-2"]


def test_what_is_there_to_be_clicked_says_nothing() -> None:
    cell = html.Div(["3 wait", html.Button("See them"), html.Span("◆", **{"aria-hidden": "true"})])
    assert words(cell) == "3 wait"


@pytest.mark.parametrize(
    "path",
    [
        "/export/tables/overview/nothing.csv",
        "/export/tables/overview/cohorts.pdf",
        "/export/tables/nobody/cohorts.csv",
        "/export/tables/not_found_404/cohorts.csv",
        "/export/tables/overview/cohorts.csv?asof=2020-01-01",
    ],
)
def test_what_is_not_there_is_not_found(screens: Any, path: str) -> None:
    assert screens.get(path).status_code == 404


def test_an_export_is_in_the_audit_trail(home: Path, screens: Any) -> None:
    screens.get("/export/tables/overview/cohorts.csv")
    audit = Audit(open_operations(sqlite_url(home / "operations.sqlite")))
    entry = audit.newest(1)[0]
    assert (entry.account_id, entry.act, entry.target) == (
        THIS_MACHINE.account_id,
        "export-overview",
        "cohorts.csv",
    )
