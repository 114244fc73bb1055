"""Reports: a preview, every edition in every format, asking for one, and words of one's own in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, callback, dcc, html, no_update
from dash.development.base_component import Component

from dashboards import components, data, formats
from dashboards.access import caller, note, scoped
from dashboards.reports import (
    address_of,
    called,
    drafts_of,
    program_called,
    quarters_over,
    seen_editions,
    spoken,
)
from dashboards.screen import Scene, panel, screen, setting
from dashboards.speech import AsIs, lowered, say
from warehouse.accounts import MAKE_REPORTS, PAIRS, REPORTS
from warehouse.editions import ALL_PROGRAMS, Edition
from warehouse.errors import KinkeeperError
from warehouse.report_desk import ONLY_PROGRAM, ReportRequest
from warehouse.report_words import EVERY_PROGRAM, SECTIONS, Place

N_CLOSED = 5
POLL_MS = 3000
"""How often the screen asks how far a report is, while one is being made."""
HEADS = ("Quarter", "Program", "For", "Files", "Edition", "As of", "Known at", "Snapshot")
AUDIENCE = {"sponsor": "Sponsors", "internal": "Internal"}


@screen(REPORTS, has_past=False)
def layout(scene: Scene, /, **_address: str | list[str]) -> Component:
    """The history of reports with a preview, then the desk where the next is asked for and worded."""
    found = seen_editions()
    may_make = caller().may(MAKE_REPORTS)
    quarters = quarters_over(scene.now.date())
    programs = data.program.programs(scene.publication)
    return components.page(
        "Reports",
        panel("Published reports", published),
        panel("Ask for a report", lambda: asking(quarters, programs)) if may_make else None,
        panel("In your own words", lambda: wording(quarters, programs)) if may_make else None,
        lead=html.Span(insight(found), id="report-lead"),
    )


def published() -> Component:
    """The reports there are."""
    return components.card(
        html.Div(shelf(), id="report-shelf"),
        title="Published reports",
        note="Each is frozen: the same quarter and edition are the same bytes for ever. A new edition "
        "lists what it tells otherwise.",
    )


def insight(found: Sequence[Edition]) -> str:
    """What there is to read."""
    if not found:
        return "No report has been published yet."
    origin = found[0].manifest.origin
    return say(
        "{editions} published; the newest quarter is {spoken}, edition {edition}.",
        editions=formats.plural(len(found), "edition"),
        spoken=spoken(origin.quarter),
        edition=found[0].manifest.edition,
    )


def shelf() -> list[Component]:
    """One row an edition, with its files to open or to take along, and the newest to look at."""
    found = seen_editions()
    if not found:
        return [nothing_yet(quarters_over(setting().clock().date())[0])]
    table = components.table(HEADS, [_row(edition) for edition in found], "Published reports", (4,))
    return [table, preview(found)]


def preview(found: Sequence[Edition]) -> Component:
    """The page of an edition as its readers see it."""
    pages = [
        {"value": address_of(edition, file.name), "label": called(edition)}
        for edition in found
        for file in edition.manifest.files
        if file.name.endswith(".html")
    ]
    return html.Details(
        [
            html.Summary("Preview"),
            dmc.Select(
                id="report-shown",
                label="Edition",
                data=pages,
                value=pages[0]["value"] if pages else None,
                allowDeselect=False,
                checkIconPosition="right",
            ),
            html.Iframe(
                id="report-preview",
                title="The report as its readers see it",
                className="report-preview",
                sandbox="",
            ),
        ],
        className="report-look",
    )


def _row(edition: Edition) -> list[Any]:
    manifest, origin = edition.manifest, edition.manifest.origin
    links = [
        html.A(
            file.name.rpartition(".")[2].upper(),
            href=address_of(edition, file.name),
            target="_blank" if file.name.endswith(".html") else None,
            title=f"SHA-256 {file.sha256}",
            className="file-link",
        )
        for file in manifest.files
    ]
    return [
        spoken(origin.quarter),
        program_called(origin.program_id),
        AUDIENCE[origin.audience],
        html.Span(links, className="file-links"),
        str(manifest.edition),
        formats.day(dt.datetime.fromisoformat(origin.as_of)),
        formats.instant(dt.datetime.fromisoformat(origin.known_at)),
        html.Code(manifest.snapshot_hash[:12], title=manifest.snapshot_hash),
    ]


def nothing_yet(quarter: str) -> Component:
    """A shelf without a report."""
    return components.state(
        "No report yet",
        html.P("Ask for one below, or type:"),
        components.command(f"kinkeeper report --quarter {quarter}"),
    )


def asking(quarters: Sequence[str], programs: Sequence[str]) -> Component:
    """Where a report is asked for; it is made in the background."""
    audiences = [{"value": code, "label": word} for code, word in AUDIENCE.items() if _may_ask(code)]
    form = html.Div(
        [
            _select("report-quarter", "Quarter", [{"value": q, "label": spoken(q)} for q in quarters]),
            _select("report-program", "Program", askable(programs)),
            _select("report-audience", "For", audiences),
            dmc.Checkbox(
                id="report-new", label="New edition, with what was learnt since", className="report-new"
            ),
            dmc.Button("Make it", id="report-ask", variant="light"),
        ],
        className="report-form",
    )
    return components.card(
        form,
        html.Div(asked(), id="report-asked", role="status"),
        dcc.Interval(id="report-poll", interval=POLL_MS, disabled=not setting().shelf.desk.open()),
        title="Ask for a report",
        note="Made in the background, in four formats. A report that is published already stays as it is.",
    )


def askable(programs: Sequence[str]) -> list[dict[str, str]]:
    """The programs that the caller may have a report of; all in one where they may see all."""
    if len(programs) < 2:
        return [{"value": ONLY_PROGRAM, "label": "The program"}]
    each = [{"value": program, "label": program} for program in programs]
    together = [{"value": ALL_PROGRAMS, "label": "All programs in one"}] if caller().programs is None else []
    return [*together, *each]


def _may_ask(audience: str) -> bool:
    return audience == "sponsor" or caller().may(PAIRS)


def asked() -> list[Component]:
    """What is being made, and what came of what was asked for lately."""
    desk = setting().shelf.desk
    waiting = [html.Li([html.Strong(_of_request(request)), ": ", _state(request)]) for request in desk.open()]
    done = [html.Li(_outcome(request)) for request in desk.closed(N_CLOSED)]
    return [html.Ul([*waiting, *done], className="held-lines")] if waiting or done else []


def _of_request(request: ReportRequest) -> str:
    of = f", {program_called(request.program)}" if request.program else ""
    return f"{spoken(request.quarter)}{of}, {lowered(AUDIENCE[request.audience])}"


def _state(request: ReportRequest) -> str:
    if request.step:
        return say("{step} …", step=request.step)
    return say("asked {asked_at}, waits to be made.", asked_at=formats.instant(request.asked_at))


def _outcome(request: ReportRequest) -> list[Any]:
    is_bad = (request.outcome or "").startswith("not made")
    at = f", {formats.instant(request.done_at)}" if request.done_at else ""
    words = say("{report}: {outcome}.", report=f"{_of_request(request)}{at}", outcome=request.outcome)
    return [html.Span(words, className="trouble" if is_bad else None)]


def wording(quarters: Sequence[str], programs: Sequence[str]) -> Component:
    """Where the drafts are put in the manager's own words."""
    form = [
        html.Div(
            [
                _select("words-quarter", "Quarter", [{"value": q, "label": spoken(q)} for q in quarters]),
                _select(
                    "words-section",
                    "Section",
                    [{"value": key, "label": name} for key, name in SECTIONS.items()],
                ),
                _select("words-program", "In the report of", _worded(programs)),
            ],
            className="report-form",
        ),
        html.Div(id="words-draft", className="note"),
        dmc.Textarea(
            id="words-text",
            label="Your words",
            description="They take the place of the draft in the next edition; empty gives the draft back. "
            "No names: sponsors read it.",
            autosize=True,
            minRows=3,
            maxRows=14,
        ),
        html.Div(
            [
                dmc.Button("Keep", id="words-keep", variant="light"),
                html.Span(id="words-kept", role="status"),
            ],
            className="report-form",
        ),
    ]
    return components.card(
        *form,
        title="In your own words",
        note="Kept sealed; the log notes that they are there, not what they say.",
    )


def _worded(programs: Sequence[str]) -> list[dict[str, str]]:
    """The reports that words can stand in: every one of the quarter, or that of one program."""
    more = askable(programs) if len(programs) > 1 else []
    return [{"value": EVERY_PROGRAM, "label": "Every program" if more else "The program"}, *more]


def _select(name: str, label: str, data: Sequence[dict[str, str]]) -> Component:
    return dmc.Select(
        id=name,
        label=label,
        data=list(data),
        value=data[0]["value"],
        allowDeselect=False,
        checkIconPosition="right",
    )


@callback(
    Output("report-asked", "children"),
    Output("report-poll", "disabled"),
    Input("report-ask", "n_clicks"),
    State("report-quarter", "value"),
    State("report-program", "value"),
    State("report-audience", "value"),
    State("report-new", "checked"),
    prevent_initial_call=True,
)
@scoped(MAKE_REPORTS)
def ask(n_clicks: int | None, quarter: str, program: str, audience: str, is_new: bool | None) -> Any:
    """Leave a request on the desk; what a browser sends is looked up first."""
    is_known = quarter in quarters_over(setting().clock().date()) and program in _values(askable(_programs()))
    if not n_clicks or not is_known or audience not in AUDIENCE or not _may_ask(audience):
        return no_update, no_update
    setting().shelf.desk.ask(quarter, audience, program, is_new_edition=bool(is_new))
    note("ask_for_report", f"{quarter}/{audience}")
    return asked(), False


@callback(
    Output("report-asked", "children", allow_duplicate=True),
    Output("report-poll", "disabled", allow_duplicate=True),
    Output("report-shelf", "children"),
    Output("report-lead", "children"),
    Input("report-poll", "n_intervals"),
    prevent_initial_call=True,
)
@scoped(MAKE_REPORTS)
def follow(_n: int | None) -> Any:
    """How far the reports are; once all are made, the shelf with the new ones on it."""
    if setting().shelf.desk.open():
        return asked(), False, no_update, no_update
    return asked(), True, shelf(), insight(seen_editions())


@callback(Output("report-preview", "src"), Input("report-shown", "value"))
@scoped(REPORTS)
def look(address: str | None) -> Any:
    """The page of the chosen edition, if it is one of the caller's."""
    seen = {address_of(edition, file.name) for edition in seen_editions() for file in edition.manifest.files}
    return address if address in seen else no_update


@callback(
    Output("words-text", "value"),
    Output("words-kept", "children", allow_duplicate=True),
    Input("words-quarter", "value"),
    Input("words-section", "value"),
    Input("words-program", "value"),
    prevent_initial_call="initial_duplicate",
)
@scoped(MAKE_REPORTS)
def show_words(quarter: str, section: str, program: str) -> tuple[str, str]:
    """The words there are."""
    return AsIs(setting().shelf.words.latest(quarter, program).get(section, "")), ""


@callback(
    Output("words-draft", "children"),
    Input("words-quarter", "value"),
    Input("words-section", "value"),
    Input("words-program", "value"),
    Input("report-shelf", "children"),
)
@scoped(MAKE_REPORTS)
def show_draft(quarter: str, section: str, program: str, _shelf: Any) -> list[Any]:
    """What the latest edition says there, to begin with."""
    draft = drafts_of(quarter, program).get(section, "")
    return [html.Strong("The report says: "), draft] if draft else ["There is no draft of it yet."]


@callback(
    Output("words-kept", "children"),
    Input("words-keep", "n_clicks"),
    State("words-quarter", "value"),
    State("words-section", "value"),
    State("words-program", "value"),
    State("words-text", "value"),
    prevent_initial_call=True,
)
@scoped(MAKE_REPORTS)
def keep_words(n_clicks: int | None, quarter: str, section: str, program: str, text: str | None) -> Any:
    """Keep the words for the next edition."""
    is_known = quarter in quarters_over(setting().clock().date()) and program in _values(_worded(_programs()))
    if not n_clicks or not is_known or section not in SECTIONS:
        return no_update
    try:
        setting().shelf.words.write(Place(quarter, section, program), text or "")
    except KinkeeperError as error:
        return html.Span(say("Not kept: {error}.", error=error), className="trouble")
    note("word_report", f"{quarter}/{section}")
    return "Kept: the next edition says so." if (text or "").strip() else "The draft stands again."


def _programs() -> list[str]:
    return data.program.programs(setting().reader.publication(caller().programs))


def _values(options: Sequence[dict[str, str]]) -> set[str]:
    return {option["value"] for option in options}


dash.register_page(__name__, path="/reports", title="Reports · Kinkeeper", layout=layout, order=3)
