"""Activity: who signed in, was turned away, asked for what; for auditors and administrators."""

from __future__ import annotations

from collections.abc import Sequence

import dash
from dash import html
from dash.development.base_component import Component

from dashboards import components, data, formats
from dashboards.access import access
from dashboards.panels.policy import policy_history
from dashboards.screen import Scene, panel, screen
from dashboards.speech import AsIs, say
from warehouse.accounts import AUDIT
from warehouse.audit import Entry
from warehouse.words import OUTCOME, ROLE

LIMIT = 500
LEAD = "Accounts stand here by their ids; kinkeeper accounts list says whose they are."


@screen(AUDIT, has_past=False)
def layout(scene: Scene, /, **_address: str | list[str]) -> Component:
    """The newest entries of the audit trail, and whether anybody touched it."""
    entries = access().audit.newest(LIMIT)
    trouble = next(iter(access().audit.problems()), None)
    return components.page(
        "Who did what",
        components.banner(f"{trouble[0].upper()}{trouble[1:]}.", is_bad=True) if trouble else html.Div(),
        components.card(*(listed(entries) if entries else [nothing()]), title="Audit trail"),
        panel("Policies in force", lambda: policy_history(data.program.policies(scene.publication))),
        eyebrow="Activity",
        lead=LEAD
        if trouble
        else say("{lead} Each entry is sealed by the one before it: the trail is unaltered.", lead=LEAD),
    )


def listed(entries: Sequence[Entry]) -> list[Component]:
    """One row an entry, newest first."""
    rows = [
        [
            formats.instant(entry.at),
            [html.Code(AsIs(entry.account_id)), html.Div(ROLE.get(entry.role, entry.role), className="note")],
            html.Code(entry.act),
            html.Code(AsIs(entry.target)) if entry.target else "",
            OUTCOME.get(entry.outcome, entry.outcome),
        ]
        for entry in entries
    ]
    more = (
        [html.P(say("The newest {limit} entries.", limit=LIMIT), className="note under")]
        if len(entries) == LIMIT
        else []
    )
    return [components.table(["When", "Who", "Act", "About", "Outcome"], rows, "Audit trail"), *more]


def nothing() -> Component:
    """A trail without an entry."""
    words = html.P("Sign-ins, refusals and requests will be listed here.")
    return components.state("Nothing happened yet", words)


dash.register_page(__name__, path="/activity", title="Activity · Kinkeeper", layout=layout, order=4)
