"""Reports: what was published, in every format; asking for one, and words of one's own in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, callback, html, no_update
from dash.development.base_component import Component

from dashboards import components, formats
from dashboards.access import caller, note, scoped
from dashboards.reports import SECTIONS, drafts_of, quarters_over, seen_editions, spoken
from dashboards.screen import Scene, screen, setting
from dashboards.speech import lowered, say
from warehouse.accounts import MAKE_REPORTS, PAIRS, REPORTS
from warehouse.editions import Edition
from warehouse.errors import KinkeeperError
from warehouse.report_desk import ReportRequest

N_CLOSED = 5
HEADS = ("Quarter", "For", "Files", "Edition", "As of", "Known at", "Snapshot")
AUDIENCE = {"sponsor": "Sponsors", "internal": "Internal"}


@screen(REPORTS)
def layout(scene: Scene, /, **_address: str | list[str]) -> Component:
    """The history of reports, then the desk where the next is asked for and worded."""
    found = seen_editions()
    may_make = caller().may(MAKE_REPORTS)
    quarters = quarters_over(scene.now.date())
    return components.page(
        "Reports",
        components.card(
            *(listed(found) if found else [nothing_yet(quarters[0])]),
            title="Published reports",
            note="Each is frozen: the same quarter and edition are the same bytes for ever. A new edition "
            "lists what it tells otherwise.",
        ),
        asking(quarters) if may_make else None,
        wording(quarters) if may_make else None,
        lead=insight(found),
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


def listed(found: Sequence[Edition]) -> list[Component]:
    """One row an edition, with its files to open or to take along."""
    return [components.table(HEADS, [_row(edition) for edition in found], "Published reports", (3,))]


def _row(edition: Edition) -> list[Any]:
    manifest, origin = edition.manifest, edition.manifest.origin
    links = [
        html.A(
            file.name.rpartition(".")[2].upper(),
            href=f"/reports/files/{origin.quarter}/{edition.folder.name}/{file.name}",
            target="_blank" if file.name.endswith(".html") else None,
            title=f"SHA-256 {file.sha256}",
            className="file-link",
        )
        for file in manifest.files
    ]
    return [
        spoken(origin.quarter),
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


def asking(quarters: Sequence[str]) -> Component:
    """Where a report is asked for; the next build makes it."""
    audiences = [{"value": code, "label": word} for code, word in AUDIENCE.items() if _may_ask(code)]
    form = html.Div(
        [
            _select("report-quarter", "Quarter", [{"value": q, "label": spoken(q)} for q in quarters]),
            _select("report-audience", "For", audiences),
            dmc.Checkbox(
                id="report-new", label="New edition, with what was learnt since", className="report-new"
            ),
            dmc.Button("Ask for it", id="report-ask", variant="light"),
        ],
        className="report-form",
    )
    return components.card(
        form,
        html.Div(asked(), id="report-asked", role="status"),
        title="Ask for a report",
        note="The next build makes it, in four formats. A report that is published already stays as it is.",
    )


def _may_ask(audience: str) -> bool:
    return audience == "sponsor" or caller().may(PAIRS)


def asked() -> list[Component]:
    """What waits to be made, and what came of what was asked for lately."""
    desk = setting().shelf.desk
    waiting = [
        html.Li(
            [
                html.Strong(_asked_for(request)),
                say(
                    ": asked {asked_at}, the next build makes it.", asked_at=formats.instant(request.asked_at)
                ),
            ]
        )
        for request in desk.open()
    ]
    done = [
        html.Li(say("{report}: {outcome}.", report=_asked_for(request), outcome=request.outcome))
        for request in desk.closed(N_CLOSED)
    ]
    return [html.Ul([*waiting, *done], className="held-lines")] if waiting or done else []


def _asked_for(request: ReportRequest) -> str:
    return f"{spoken(request.quarter)}, {lowered(AUDIENCE[request.audience])}"


def wording(quarters: Sequence[str]) -> Component:
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
    return components.card(*form, title="In your own words", note="Kept sealed, beside the log, not in it.")


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
    Input("report-ask", "n_clicks"),
    State("report-quarter", "value"),
    State("report-audience", "value"),
    State("report-new", "checked"),
    prevent_initial_call=True,
)
@scoped(MAKE_REPORTS)
def ask(n_clicks: int | None, quarter: str, audience: str, is_new: bool | None) -> Any:
    """Leave a request for the next build; what a browser sends is looked up first."""
    now = setting().clock().date()
    if (
        not n_clicks
        or quarter not in quarters_over(now)
        or audience not in AUDIENCE
        or not _may_ask(audience)
    ):
        return no_update
    setting().shelf.desk.ask(quarter, audience, is_new_edition=bool(is_new))
    note("ask_for_report", f"{quarter}/{audience}")
    return asked()


@callback(
    Output("words-text", "value"),
    Output("words-draft", "children"),
    Output("words-kept", "children", allow_duplicate=True),
    Input("words-quarter", "value"),
    Input("words-section", "value"),
    prevent_initial_call="initial_duplicate",
)
@scoped(MAKE_REPORTS)
def show_words(quarter: str, section: str) -> tuple[str, list[Component], str]:
    """The words there are, and the draft of the latest edition to begin with."""
    draft = drafts_of(quarter).get(section, "")
    said: list[Any] = [html.Strong("The draft says: "), draft] if draft else ["There is no draft of it yet."]
    return setting().shelf.desk.words(quarter).get(section, ""), said, ""


@callback(
    Output("words-kept", "children"),
    Input("words-keep", "n_clicks"),
    State("words-quarter", "value"),
    State("words-section", "value"),
    State("words-text", "value"),
    prevent_initial_call=True,
)
@scoped(MAKE_REPORTS)
def keep_words(n_clicks: int | None, quarter: str, section: str, text: str | None) -> Any:
    """Keep the words for the next edition."""
    if not n_clicks or quarter not in quarters_over(setting().clock().date()) or section not in SECTIONS:
        return no_update
    try:
        setting().shelf.desk.write(quarter, section, text or "")
    except KinkeeperError as error:
        return html.Span(say("Not kept: {error}.", error=error), className="trouble")
    note("word_report", f"{quarter}/{section}")
    return "Kept: the next edition says so." if (text or "").strip() else "The draft stands again."


dash.register_page(__name__, path="/reports", title="Reports · Kinkeeper", layout=layout, order=3)
