"""Lists to take along: what a grid shows, as CSV or XLSX, with its filters, instants and build in the footer.

Made on the server from the same rows as the screen, so nobody exports what they may not see. No cell is run
as a formula by a spreadsheet.

Heads, words in cells and the footer are in the language of the screen. Columns have keys beside, which are
the same in every language: the last line of the footer names them in their order, and a workbook explains
them on a sheet of its own. Numbers and instants are written for machines; a spreadsheet shows them its way.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

import dash
from dash import html
from dash.development.base_component import Component
from flask import Blueprint, Response, abort, request

from dashboards import data, formats
from dashboards.access import caller, note, scoped
from dashboards.data.publication import Row
from dashboards.filters import FilterState, format_filters, from_values
from dashboards.handling import handlings
from dashboards.moment import KEYS, PRESENT, from_address, parse_moment
from dashboards.owning import owners_by_login
from dashboards.panels.actions import handled
from dashboards.screen import NotBuilt, PastShut, Scene, scene
from dashboards.speech import AsIs, say, translated
from dashboards.tables import Table, tables_of
from warehouse.accounts import ACT, EXPORT, PAIRS
from warehouse.cells import harmless
from warehouse.errors import NothingPublished
from warehouse.words import EVIDENCE, band_words

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

OWNER = (
    "owner",
    "Owner",
    "Who took the item on, else the one program manager of the program; empty for pairs not on the watchlist",
)
PAIRS_TOLD = (
    ("rank", "Rank", "Order on the watchlist, the most urgent first; empty for pairs that are not on it"),
    ("pair_id", "Pair", "Which pair, as the program's systems know it"),
    ("mentee", "Mentee", "The mentee, or the first peer, as this reader may see them"),
    ("mentor", "Mentor", "The mentor, or the second peer, as this reader may see them"),
    ("cohort_id", "Cohort", "Cohort of the pair"),
    ("band", "Band", "Whether anybody needs to look"),
    ("state", "State", "What the silence means"),
    ("reason", "Why now", "The reason that weighs most"),
    ("next_step", "Do next", "What to do about it"),
    ("decided", "Decided", "What was decided about the pair since"),
    (
        "silence_days",
        "Silent (active days)",
        "Since the two were last in touch; leave and breaks do not count",
    ),
    ("expected_days", "Usual (active days)", "Usual gap between contacts of this pair"),
    ("health", "Health", "Points from 0 to 100; empty where too little is known"),
)
EVENTS_TOLD = (
    ("occurred_at", "Happened (UTC)", "When it happened"),
    ("recorded_at", "Recorded (UTC)", "When the program learnt of it"),
    ("summary", "What", "What happened, in words"),
    ("event_type", "Event", "Type of the event, as in docs/events.md"),
    ("evidence", "Evidence", "How well the event is attested"),
    ("source", "Source", "Which source told of it"),
)
"""The lists with columns of their own: key, head and meaning of each."""

LONGEST_TITLE = 31
"""Characters that a spreadsheet allows the name of a sheet."""

Told = Sequence[tuple[str, str, str]]

exports = Blueprint("exports", __name__)


@exports.route("/export/pairs.<form>")
@scoped(EXPORT)
def pairs(form: str) -> Response:
    """The pairs of the watchlist that the address's filters let through, all of them."""
    filters, current = from_values(request.args.to_dict(flat=False)), _scene(form)
    decided = handlings(current)
    beside = decided.beside(current.people_called(filters.search))
    rows = data.watchlist.pairs(current.publication, filters, beside=beside)
    named = current.naming(rows)
    stands = decided.of([row["pair_id"] for row in rows])
    cells = [_pair(named, row, translated(handled(stands.get(row["pair_id"])))) for row in rows]
    told: Told = PAIRS_TOLD
    if current.may(ACT):  # as on the screen: owners are for those who share the work, and of today alone
        whose = owners_by_login(rows, stands)
        cells = [[*told_of, whose.get(row["pair_id"], "")] for row, told_of in zip(rows, cells, strict=True)]
        told = (*PAIRS_TOLD, OWNER)
    note("export-pairs", form)
    footer = _footer(current, AsIs(format_filters(filters)))
    return _answer("watchlist", form, _table(told, cells), footer, told)


@exports.route("/export/pairs/<path:pair_id>/events.<form>")
@scoped(EXPORT)
def events(pair_id: str, form: str) -> Response:
    """Every event of one pair, the newest first."""
    current = _scene(form)
    if data.pair.facts(current.publication, pair_id) is None:
        abort(404)
    cells = [
        [
            row["occurred_at"],
            row["recorded_at"],
            row["summary"],
            row["event_type"],
            translated(EVIDENCE.get(row["evidence"], row["evidence"])),
            row["source"],
        ]
        for row in data.pair.events(current.publication, pair_id)
    ]
    note("export-events", pair_id)
    footer = _footer(current, say("pair {pair_id}", pair_id=AsIs(pair_id)))
    return _answer("events", form, _table(EVENTS_TOLD, cells), footer, EVENTS_TOLD)


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
    return _answer(f"{page}-{name}", form, found, _footer(scene(moment), AsIs(f"?{told}" if told else "")))


def links(where: str, filters: FilterState | None = None) -> Component:
    """The two links under a grid; nothing for those who may not export."""
    if not caller().may(EXPORT):
        return html.Span()
    query = format_filters(filters) if filters else ""
    made = [
        html.A(form.upper(), href=f"/export/{where}.{form}{query}", className="export", download="")
        for form in TYPES
    ]
    return html.Span([translated("Export"), " ", made[0], " ", made[1]], className="exports wide-only")


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


def _table(columns: Told, rows: list[list[Any]]) -> Table:
    return Table([key for key, _, _ in columns], [translated(head) for _, head, _ in columns], rows)


def _pair(current: Scene, row: Row, decided: str) -> list[Any]:
    mentee, mentor = current.people(row)
    return [
        row["rank"],
        row["pair_id"],
        mentee,
        mentor,
        row["cohort_id"],
        translated(band_words(row["band"], row["state"])),
        formats.state(row["state"], row["waiting_on"], row["direction"]),
        row["reason"],
        row["next_step"],
        decided,
        row["silence_days"],
        row["expected_days"],
        current.health(row),
    ]


def _footer(current: Scene, filters: str) -> list[list[Any]]:
    run = current.run
    told = {
        "Filters": filters or translated("none"),
        "As of (UTC)": run["as_of"],
        "Known at (UTC)": run["known_at"],
        "Build": run["build_id"],
        "Policy": run["policy_fingerprint"],
        **({"Program": run["program_label"]} if run["program_label"] else {}),
    }
    return [[translated(name), value] for name, value in told.items()]


def _answer(name: str, form: str, table: Table, footer: list[list[Any]], columns: Told = ()) -> Response:
    """The file: heads, rows, footer; `columns` say what each column means, where that is written down."""
    keys = [translated("Columns"), ", ".join(table.keys)]
    lines = _harmless([table.heads, *table.rows, [], *footer, keys])
    body = _csv(lines) if form == "csv" else _xlsx(name, lines, _harmless(_defined(table, columns)))
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"', "Cache-Control": "no-store"}
    return Response(body, mimetype=None, content_type=TYPES[form], headers=headers)


def _defined(table: Table, columns: Told) -> list[list[Any]]:
    """Key, head and meaning of each column of a table."""
    meant = {key: meaning for key, _, meaning in columns}
    heads = ("Key", "Column", "Meaning")
    rows = [
        [key, head, translated(meant.get(key, ""))] for key, head in zip(table.keys, table.heads, strict=True)
    ]
    return [[translated(head) for head in heads], *rows]


def _harmless(lines: Iterable[Sequence[Any]]) -> list[list[Any]]:
    return [[harmless(value) for value in line] for line in lines]


def _csv(lines: list[list[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(lines)
    return text.getvalue().encode("utf-8-sig")  # the mark tells spreadsheets that it is UTF-8


def _xlsx(name: str, lines: list[list[Any]], definitions: list[list[Any]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    _fill(book.worksheets[0], name, lines)
    _fill(book.create_sheet(), translated("Definitions"), definitions)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _fill(sheet: Any, title: str, lines: list[list[Any]]) -> None:
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.workbook.child import INVALID_TITLE_REGEX

    sheet.title = INVALID_TITLE_REGEX.sub(" ", title)[:LONGEST_TITLE]
    for line in lines:
        sheet.append(
            [ILLEGAL_CHARACTERS_RE.sub("", cell) if isinstance(cell, str) else cell for cell in line]
        )
    for cells in sheet.iter_rows():
        for cell in cells:
            if isinstance(cell.value, str):
                cell.data_type = "s"  # text is text, whatever it begins with
    sheet.freeze_panes = "A2"
