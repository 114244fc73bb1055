"""Pieces that screens are put together from: cards, badges, tables, figures and empty states.

All text reaches the browser as text; nothing here accepts HTML.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dash_ag_grid as dag
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import theme
from dashboards.speech import lowered, say, translated
from dashboards.theme import Tone
from dashboards.viewer import viewer
from warehouse.accounts import ROLES
from warehouse.charts import Bars
from warehouse.words import ROLE

Content = Any
"""Whatever Dash accepts as children."""

GRAPH_CONFIG = {"displayModeBar": False, "displaylogo": False, "responsive": True}


def page(title: str, *children: Content, lead: Content = None, eyebrow: Content = None) -> Component:
    """A screen: its heading, one sentence that says what matters, then the rest."""
    head = [
        html.P(eyebrow, className="eyebrow") if eyebrow else None,
        html.H1(title),
        html.P(lead, className="lead") if lead else None,
    ]
    return html.Div(
        [html.Header(_present(head), className="page-head"), *_present(children)], className="page"
    )


def how(anchor: str, about: str = "") -> Component:
    """The way from a number to how it is computed: a place on the screen of definitions."""
    words = say("How is this computed? {about}", about=about).strip()
    mark = html.Span("?", **{"aria-hidden": "true"})
    inside = [mark, html.Span(words, className="hidden")]
    return dcc.Link(inside, href=f"/help/metrics#{anchor}", className="how", title=words)


def defined(name: str, anchor: str) -> Component:
    """The name of a number, leading to how it is computed."""
    return dcc.Link(name, href=f"/help/metrics#{anchor}", className="defined")


def card(
    *children: Content, title: str | None = None, note: Content = None, kind: str = "", about: str = ""
) -> Component:
    """A white panel with an optional heading and a muted line under it.

    `about` is the place that says how its numbers are computed.
    """
    head = [
        how(about, title or "") if about else None,
        html.H2(title) if title else None,
        html.P(note, className="note") if note else None,
    ]
    return html.Section([*_present(head), *_present(children)], className=f"card {kind}".strip())


def kpi(
    value: str,
    label: str,
    note: str = "",
    href: str | None = None,
    tone: Tone | None = None,
    about: str = "",
) -> Component:
    """One number with its name, a link to the list behind it and one to how it is computed."""
    mark = badge_mark(tone) if tone else None
    inside = [
        html.Span(_present([mark, html.Span(value)]), className="kpi-value"),
        html.Span(label, className="kpi-label"),
        html.Span(note, className="kpi-note"),
    ]
    shown = dcc.Link(inside, href=href, className="kpi") if href else html.Div(inside, className="kpi")
    return html.Div([shown, how(about, label) if about else None], className="kpi-box")


def kpis(*cards: Component, is_compact: bool = False) -> Component:
    """A row of numbers; compact ones leave out their notes on a phone."""
    return html.Div(list(cards), className="kpis compact" if is_compact else "kpis")


def facts(pairs: Sequence[tuple[str, Content]]) -> Component:
    """Small numbers with their names."""
    return html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in pairs], className="facts")


def badge_mark(tone: Tone) -> Component:
    """The mark of a band alone, for places where its word stands beside it."""
    return html.Span(
        tone.mark, className="mark", style={"color": theme.css(tone.solid)}, **{"aria-hidden": "true"}
    )


def badge(tone: Tone, word: str | None = None) -> Component:
    """Mark, word and colour of a band or a condition."""
    mark = html.Span(tone.mark, className="mark", **{"aria-hidden": "true"})
    return html.Span(
        [mark, word or tone.word],
        className="badge",
        style={"color": theme.css(tone.ink), "backgroundColor": theme.css(tone.fill)},
    )


def chip(text: str) -> Component:
    """A small neutral label."""
    return html.Span(text, className="chip")


def slug(text: str) -> str:
    """A text as a name for addresses and columns."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")


def table(
    heads: Sequence[str], rows: Sequence[Sequence[Content]], caption: str, numbers: Sequence[int] = ()
) -> Component:
    """A plain table that scrolls inside itself; `numbers` are the columns set to the right.

    An export knows it and its columns by names that no language changes: those they have here, in English.
    """

    def place(index: int) -> str:
        return "number" if index in numbers else ""

    head = html.Tr(
        [
            html.Th(text, scope="col", className=place(at), **{"data-key": slug(text) or "column"})
            for at, text in enumerate(heads)
        ]
    )
    body = [html.Tr([html.Td(cell, className=place(at)) for at, cell in enumerate(row)]) for row in rows]
    return html.Div(
        html.Table([html.Caption(caption, className="hidden"), html.Thead(head), html.Tbody(body)]),
        className="table",
        role="region",
        tabIndex="0",
        **{"aria-label": caption, "data-name": slug(caption) or "table"},
    )


def table_of_bars(chart: Bars, head: str, caption: str) -> Component:
    """The counts that bars show: a row a category, a column a series."""
    heads = (head, *(bar.name for bar in chart.series))
    rows = [(name, *(bar.counts[at] for bar in chart.series)) for at, name in enumerate(chart.categories)]
    return table(heads, rows, caption, range(1, len(heads)))


@dataclass(frozen=True)
class Part:
    """One part of a whole, or one line of a legend: its word, its number and how it is drawn."""

    word: str
    colour: str
    n: int = 0
    mark: str = "■"


def figure(
    chart: dict[str, Any],
    name: str,
    takeaway: str,
    legend: Sequence[Part] = (),
    as_table: Component | None = None,
    **of_graph: Any,
) -> Component:
    """A chart with what it says in words, and its numbers as a table for who wants them."""
    drawn = theme.painted(chart, viewer().scheme)
    style = {"height": f"{chart['layout']['height']}px"}
    graph = dcc.Graph(figure=drawn, config=GRAPH_CONFIG, style=style, **of_graph)
    details = html.Details([html.Summary("View as table"), as_table]) if as_table else None
    return html.Figure(
        _present(
            [
                key(legend) if legend else None,
                html.Div(
                    graph,
                    role="img",
                    **{"aria-label": say("{name}. {takeaway}", name=name, takeaway=takeaway)},
                ),
                html.Figcaption(takeaway),
                details,
            ]
        ),
        **{"data-title": translated(name)},
    )


def key(parts: Sequence[Part]) -> Component:
    """A legend above a chart."""
    return html.Ul(
        [
            html.Li(
                [
                    html.Span(part.mark, style={"color": theme.css(part.colour)}, **{"aria-hidden": "true"}),
                    part.word,
                ]
            )
            for part in parts
        ],
        className="key",
    )


def wrapped(*children: Content) -> Component:
    """A table cell's content that may break into lines."""
    return html.Div(list(children), className="wrap")


def proportion(parts: Sequence[Part]) -> Component:
    """A thin bar of parts in proportion; parts of nothing are left out, small ones stay visible."""
    present = [part for part in parts if part.n > 0]
    words = ", ".join(say("{n:,} {word}", n=part.n, word=lowered(part.word)) for part in present)
    bars = [
        html.Span(style={"flexGrow": part.n, "backgroundColor": theme.css(part.colour)}) for part in present
    ]
    return html.Div(bars, className="proportion", role="img", title=words, **{"aria-label": words})


def grid(
    name: str,
    columns: Sequence[dict[str, Any]],
    rows: Sequence[dict[str, Any]],
    row_id: str,
    yielding: Sequence[str] = (),
) -> Component:
    """A sortable grid that grows with its rows and turns pages after twenty.

    How it is sorted and which page it shows stands in the address, and is taken from there. Where there is
    no room for all columns, those in `yielding` give way, the first of them first.
    """
    note = [f"notePlace(params.api, '{name}')"]
    return dag.AgGrid(
        id=name,
        className="grid",
        columnDefs=list(columns),
        rowData=list(rows),
        getRowId=f"params.data.{row_id}",
        eventListeners={
            "gridSizeChanged": [f"giveWay(params.api, params.clientWidth, '{' '.join(yielding)}')"],
            "modelUpdated": [f"takePlace(params.api, '{name}')"],
            "sortChanged": note,
            "paginationChanged": note,
        },
        defaultColDef={"sortable": True, "resizable": True, "suppressMovable": True, "minWidth": 70},
        dashGridOptions={
            "theme": {"function": theme.GRID_PARAMS},
            "domLayout": "autoHeight",
            "pagination": len(rows) > 20,
            "paginationPageSize": 20,
            "paginationPageSizeSelector": [20, 50, 100],
            "ensureDomOrder": True,
            "suppressColumnVirtualisation": True,
            "suppressCellFocus": False,
            "enableCellTextSelection": True,
            "localeText": grid_words(),
        },
        style={"height": None},
    )


def grid_words() -> dict[str, str]:
    """What AG Grid itself says, in the viewer's language."""
    return {
        "page": translated("Page"),
        "of": translated("of"),
        "to": translated("to"),
        "pageSizeSelectorLabel": translated("Rows on a page:"),
        "ariaPageSizeSelectorLabel": translated("Rows on a page"),
        "firstPage": translated("First page"),
        "previousPage": translated("Previous page"),
        "nextPage": translated("Next page"),
        "lastPage": translated("Last page"),
        "noRowsToShow": translated("Nothing to show"),
    }


def banner(text: Content, *, is_bad: bool = False) -> Component:
    """A line across the screen that must not be missed."""
    return html.Div(text, className="banner bad" if is_bad else "banner", role="status")


def state(title: str, *children: Content, mark: str = "○") -> Component:
    """A panel for when there is nothing to list: what that means and what to do."""
    return html.Div(
        [
            html.Span(mark, className="state-mark", **{"aria-hidden": "true"}),
            html.H2(title),
            *_present(children),
        ],
        className="state",
    )


def command(text: str) -> Component:
    """A command to type."""
    return html.Pre(html.Code(text), className="command", tabIndex="0")


def first_run() -> Component:
    """The screen of a home folder in which nothing was published yet."""
    return page(
        "No events yet",
        card(
            state(
                "Two ways to begin",
                html.P("See a synthetic program with planted troubles, in a home of its own:"),
                command("kinkeeper demo --port 8051"),
                html.P("Or bring your own files, then build:"),
                command("kinkeeper ingest PATH --source NAME\nkinkeeper build"),
                html.P("Reload this page when the build is done.", className="note"),
                mark="↑",
            )
        ),
        lead="Nothing has been published in this home folder.",
    )


def other_version() -> Component:
    """The screen of a publication that lacks a table or a column which the screen reads."""
    return page(
        "This build is of another version",
        card(
            state(
                "Build again",
                html.P("It lacks what this screen reads. Nothing is lost: a build makes it from the log."),
                command("kinkeeper build"),
                html.P("Reload this page when the build is done.", className="note"),
                mark="↻",
            )
        ),
    )


def not_yours(role: str, permission: str) -> Component:
    """The screen of a page that the reader's role, or their programs, do not open."""
    open_to = [translated(ROLE[name]) for name, may in ROLES.items() if permission in may]
    return page(
        "This screen is not open to you",
        card(
            state(
                say("You are signed in as {role}", role=lowered(ROLE.get(role, role))),
                html.P(say("It is open to: {roles}.", roles=", ".join(open_to))),
                html.P(
                    "What is about all programs needs an account that is confined to none. Whoever runs "
                    "Kinkeeper here can change yours."
                ),
                dcc.Link("Show the overview", href="/overview", className="button"),
                mark="○",
            )
        ),
    )


def today_only() -> Component:
    """The screen of a past day, for a reader whose role looks at today only."""
    words = (
        "Groups of past days, laid side by side, tell of single pairs: from one week to the next most differ "
        "by a few. The quarterly reports look back for you: each number in them is held against all that was "
        "told before."
    )
    ways = [
        dcc.Link("See the reports", href="/reports", className="button"),
        " ",
        dcc.Link("Show today", href="/overview", className="button"),
    ]
    return page("Past days are not open to you", card(state("Only today's groups", html.P(words), *ways)))


def broken(name: str, incident: str) -> Component:
    """A panel that could not be drawn, beside others that could."""
    return card(
        state(
            "This part could not be drawn",
            html.P("The rest of the screen still works."),
            html.P(
                say(
                    "Incident {incident}: the server's own log says what happened under this number.",
                    incident=incident,
                )
            ),
            html.A("Try again", href="", className="button"),
            mark="◆",
        ),
        title=name,
        kind="broken",
    )


def failure(incident: str) -> Component:
    """The screen of a page that could not be drawn."""
    return page(
        "This screen could not be drawn",
        card(
            state(
                "Other screens may still work",
                html.P(
                    say(
                        "Incident {incident}: the server's own log says what happened under this number.",
                        incident=incident,
                    )
                ),
                html.A("Try again", href="", className="button"),
                html.P("If it stays, run the check below and keep its answer."),
                command("kinkeeper doctor"),
                mark="◆",
            )
        ),
    )


def _present(children: Sequence[Content]) -> list[Content]:
    return [child for child in children if child is not None]
