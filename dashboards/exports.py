"""Lists to take along: what a grid shows, as CSV or XLSX, with its filters, instants and build in the footer.

Made on the server from the same rows as the screen, so nobody exports what they may not see. No cell is run
as a formula by a spreadsheet.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import dash
from dash import html
from dash.development.base_component import Component
from flask import Blueprint, Response, abort, request

from dashboards import data
from dashboards.access import caller, note, scoped
from dashboards.data import Row
from dashboards.filters import FilterState, format_filters, from_values
from dashboards.handling import handlings
from dashboards.moment import KEYS, PRESENT, from_address, parse_moment
from dashboards.panels.actions import handled
from dashboards.screen import NotBuilt, PastShut, Scene, scene
from dashboards.tables import tables_of
from warehouse.accounts import EXPORT, PAIRS
from warehouse.cells import harmless
from warehouse.errors import NothingPublished
from warehouse.words import EVIDENCE, band_words, state_words

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Table = tuple[Sequence[str], list[list[Any]]]

exports = Blueprint("exports", __name__)


@exports.route("/export/pairs.<form>")
@scoped(EXPORT)
def pairs(form: str) -> Response:
    """The pairs of the watchlist that the address's filters let through, all of them."""
    filters, current = from_values(request.args.to_dict(flat=False)), _scene(form)
    decided = handlings(current)
    rows = data.listed_pairs(
        current.publication,
        filters,
        people=current.people_called(filters.search),
        quiet=decided.quiet,
        woken=decided.woken,
    )
    heads = ["Rank", "Pair", "Mentee", "Mentor", "Cohort", "Band", "State", "Why now", "Do next", "Decided"]
    heads += ["Silent (active days)", "Usual (active days)", "Health"]
    named = current.naming(rows)
    cells = [_pair(named, row) for row in rows]
    stands = decided.of([row["pair_id"] for row in rows])
    for line, row in zip(cells, rows, strict=True):
        line.insert(9, handled(stands.get(row["pair_id"])))
    note("export-pairs", form)
    return _answer("watchlist", form, (heads, cells), _footer(current, format_filters(filters) or "none"))


@exports.route("/export/pairs/<path:pair_id>/events.<form>")
@scoped(EXPORT)
def events(pair_id: str, form: str) -> Response:
    """Every event of one pair, the newest first."""
    current = _scene(form)
    if data.pair(current.publication, pair_id) is None:
        abort(404)
    heads = ["Happened (UTC)", "Recorded (UTC)", "What", "Event", "Evidence", "Source"]
    cells = [
        [
            row["occurred_at"],
            row["recorded_at"],
            row["summary"],
            row["event_type"],
            EVIDENCE.get(row["evidence"], row["evidence"]),
            row["source"],
        ]
        for row in data.pair_events(current.publication, pair_id)
    ]
    note("export-events", pair_id)
    return _answer("events", form, (heads, cells), _footer(current, f"pair {pair_id}"))


@exports.route("/export/tables/<page>/<name>.<form>")
@scoped(EXPORT)
def table(page: str, name: str, form: str) -> Response:
    """One table of a screen, as the screen shows it under this address: what is hidden there is not here."""
    layout = dash.page_registry.get(f"dashboards.pages.{page}", {}).get("layout")
    if form not in TYPES or not hasattr(layout, "permission"):
        abort(404)
    if not caller().may(layout.permission):
        abort(403)
    address = {key: values[0] if len(values) == 1 else values for key, values in request.args.lists()}
    found = tables_of(layout(**address)).get(name)
    if found is None:
        abort(404)
    moment = from_address(address) if layout.has_past else PRESENT
    note(f"export-{page}", f"{name}.{form}")
    told = urlencode([(key, value) for key, value in request.args.items(multi=True) if key not in KEYS])
    return _answer(f"{page}-{name}", form, found, _footer(scene(moment), f"?{told}" if told else "none"))


def links(where: str, filters: FilterState | None = None) -> Component:
    """The two links under a grid; nothing for those who may not export."""
    if not caller().may(EXPORT):
        return html.Span()
    query = format_filters(filters) if filters else ""
    made = [
        html.A(form.upper(), href=f"/export/{where}.{form}{query}", className="export", download="")
        for form in TYPES
    ]
    return html.Span(["Export ", made[0], " ", made[1]], className="exports wide-only")


def _scene(form: str) -> Scene:
    """The publication an export is made of; pairs are only for those who may see pairs."""
    if form not in TYPES:
        abort(404)
    if not caller().may(PAIRS):
        abort(403)
    try:
        return scene(parse_moment(request.query_string.decode("ascii", "replace")))
    except (NothingPublished, NotBuilt):
        abort(404)
    except PastShut:
        abort(403)


def _pair(current: Scene, row: Row) -> list[Any]:
    mentee, mentor = current.people(row)
    return [
        row["rank"],
        row["pair_id"],
        mentee,
        mentor,
        row["cohort_id"],
        band_words(row["band"], row["state"]),
        state_words(row["state"], row["waiting_on"], row["direction"]),
        row["reason"],
        row["next_step"],
        row["silence_days"],
        row["expected_days"],
        current.health(row),
    ]


def _footer(current: Scene, filters: str) -> list[list[Any]]:
    run = current.run
    return [
        ["Filters", filters],
        ["As of (UTC)", run["as_of"]],
        ["Known at (UTC)", run["known_at"]],
        ["Build", run["build_id"]],
        ["Policy", run["policy_fingerprint"]],
        *([["Program", run["program_label"]]] if run["program_label"] else []),
    ]


def _answer(name: str, form: str, table: Table, footer: list[list[Any]]) -> Response:
    heads, rows = table
    lines = [list(heads), *rows, [], *footer]
    safe = [[harmless(value) for value in line] for line in lines]
    body = _csv(safe) if form == "csv" else _xlsx(safe)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"', "Cache-Control": "no-store"}
    return Response(body, mimetype=None, content_type=TYPES[form], headers=headers)


def _csv(lines: list[list[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(lines)
    return text.getvalue().encode("utf-8-sig")  # the mark tells spreadsheets that it is UTF-8


def _xlsx(lines: list[list[Any]]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook()
    sheet = book.worksheets[0]
    for line in lines:
        sheet.append(
            [ILLEGAL_CHARACTERS_RE.sub("", cell) if isinstance(cell, str) else cell for cell in line]
        )
    for cells in sheet.iter_rows():
        for cell in cells:
            if isinstance(cell.value, str):
                cell.data_type = "s"  # text is text, whatever it begins with
    sheet.freeze_panes = "A2"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
