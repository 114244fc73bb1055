"""Data quality: what arrived, what was rejected and why, which source is late, what must hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash
from dash import ALL, MATCH, Input, Output, State, callback, ctx, html, no_update
from dash.development.base_component import Component

from dashboards import components, data, desk, formats, theme
from dashboards.access import scoped
from dashboards.data.publication import Row
from dashboards.panels import quarantine
from dashboards.panels.announced import announced_card
from dashboards.panels.books import balances, files_grid, ledger_strip
from dashboards.panels.trust import checks_card, drift_card, freshness_card
from dashboards.screen import Scene, panel, screen, setting
from dashboards.speech import say, translated
from warehouse.accounts import DATA, MEND
from warehouse.requests import Target

N_CLOSED = 10
"""How many of the requests done lately are shown."""


@screen(DATA, has_past=False)
def layout(scene: Scene, /, **_address: str | list[str]) -> Component:
    """The books, the quarantine, the sources, the expectations and every file."""
    ledger = data.quality.ledger_by_source(scene.publication)
    rejected = data.quality.quarantine(scene.publication)
    checks = data.quality.check_results(scene.publication)
    return components.page(
        "Data quality",
        panel("In numbers", lambda: numbers(scene, ledger, rejected, checks)),
        panel("Where every line went", lambda: lines_card(ledger)),
        panel("Quarantine, by reason", lambda: quarantine_card(scene, rejected)),
        html.Div(
            [
                panel("Freshness", lambda: freshness_card(data.quality.sources(scene.publication))),
                panel("Expectations", lambda: checks_card(checks)),
            ],
            className="columns",
        ),
        panel("Pairs nobody announced", lambda: announced_card(data.quality.parked(scene.publication))),
        panel("Since the last publication", lambda: drift_card(data.quality.drift(scene.publication))),
        panel("Files", lambda: files_card(data.quality.deliveries(scene.publication))),
        lead=insight(ledger, rejected),
    )


def lines_card(ledger: Sequence[Row]) -> Component:
    """What became of every line, for each source."""
    return components.card(
        *ledger_strip(ledger),
        title="Where every line went",
        about="ledger",
        note=translated(
            "Received = accepted + duplicate + quarantined, for each source. Nothing is lost silently."
        ),
    )


def quarantine_card(scene: Scene, rejected: Sequence[Row]) -> Component:
    """What waits, and what was asked for it lately."""
    return components.card(
        *quarantine.reasons(rejected, desk.open_requests(), scene.now),
        *quarantine.closed(setting().requests.closed(N_CLOSED)),
        title="Quarantine, by reason",
        about="quarantine",
        note="Lines are shown by what they look like, never by what they say.",
    )


def files_card(deliveries: Sequence[Row]) -> Component:
    """Every file that arrived."""
    return components.card(*files_grid(deliveries), title="Files", about="ledger")


def total(rows: Sequence[Row], column: str) -> int:
    """A column's sum."""
    return int(sum(row[column] or 0 for row in rows))


def insight(ledger: Sequence[Row], rejected: Sequence[Row]) -> str:
    """Whether the books balance, and what waits for a decision."""
    received, waiting = total(ledger, "lines_in"), total(rejected, "n_open")
    books = (
        "every one is accounted for"
        if all(map(balances, ledger))
        else "the books do not balance: run kinkeeper verify"
    )
    rest = (
        say("{rows_wait} in quarantine.", rows_wait=formats.plural(waiting, "row waits", "rows wait"))
        if waiting
        else "Quarantine is empty."
    )
    return say(
        "{lines} received and {books}. {rest}", lines=formats.plural(received, "line"), books=books, rest=rest
    )


def numbers(scene: Scene, ledger: Sequence[Row], rejected: Sequence[Row], checks: Sequence[Row]) -> Component:
    """The books in numbers."""
    received, accepted = total(ledger, "lines_in"), total(ledger, "accepted")
    held, waiting = sum(row["is_ok"] for row in checks), total(rejected, "n_open")
    kpi = components.kpi
    return components.kpis(
        kpi(
            formats.count(received),
            "Lines received",
            say("in {files}", files=formats.plural(total(ledger, "n_files"), "file")),
            about="ledger",
        ),
        kpi(
            formats.count(accepted),
            "Accepted",
            say("{share} of the lines", share=formats.share(accepted, received)),
            about="ledger",
        ),
        kpi(
            formats.count(waiting),
            "In quarantine",
            "waiting for a decision",
            tone=theme.WARN_TONE if waiting else theme.OK_TONE,
            about="quarantine",
        ),
        kpi(
            formats.count(scene.run["n_events_in_log"]), "Events in the log", "kept for ever", about="events"
        ),
        kpi(
            formats.count(held),
            "Expectations hold",
            say("of {n_checks:,}; a broken one that blocks is never published", n_checks=len(checks)),
            tone=theme.OK_TONE if held == len(checks) else theme.WARN_TONE,
            about="expectations",
        ),
    )


@callback(
    Output({"type": "held-lines", "key": MATCH}, "children"),
    Input({"type": "see-lines", "key": MATCH}, "n_clicks"),
    prevent_initial_call=True,
)
@scoped(DATA)
def see_lines(n_clicks: int | None) -> Any:
    """The lines of a reason, once somebody wants to see them; a button just drawn was not clicked."""
    return desk.see_lines(Target("reason", ctx.triggered_id["key"])) if n_clicks else no_update


@callback(
    Output({"type": "desk", "kind": MATCH, "key": MATCH}, "children"),
    Input({"type": "desk-act", "kind": MATCH, "key": MATCH, "action": ALL}, "n_clicks"),
    State({"type": "desk-text", "kind": MATCH, "key": MATCH, "action": ALL}, "value"),
    prevent_initial_call=True,
)
@scoped(MEND)
def act(clicks: list[int | None], _texts: list[str | None]) -> Any:
    """What was clicked, asked for; buttons just drawn were not clicked."""
    if not any(clicks):
        return no_update
    clicked = ctx.triggered_id
    texts = {item["id"]["action"]: item.get("value") or "" for item in ctx.states_list[0]}
    return desk.act(Target(clicked["kind"], clicked["key"]), clicked["action"], texts)


dash.register_page(__name__, path="/data-quality", title="Data quality · Kinkeeper", layout=layout, order=2)
