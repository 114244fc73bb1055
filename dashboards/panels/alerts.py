"""The record of alerts: who was pointed out, what became of it, and how often that was right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from dash import dcc, html
from dash.development.base_component import Component

from dashboards import components, formats
from dashboards.access import caller
from dashboards.data import Row
from dashboards.screen import Scene
from warehouse.accounts import PAIRS
from warehouse.words import ALERT_OUTCOME, ALERT_STATUS, ALERT_VERDICT, alert_reason

HEADS = ("Pair", "Why", "Raised", "State", "Ahead", "Then")
STANDING = ("open", "acknowledged", "snoozed", "dismissed")


def alerts_card(
    scene: Scene, listed: Sequence[Row], counts: Mapping[str, int], precision: Sequence[Row]
) -> Component:
    """The newest alerts, those that stand first, under how many there are and how often they were right."""
    if not counts:
        return components.card(
            components.state(
                "No alert was raised yet",
                html.P(
                    "A build as of now raises them and writes them into the log; the next build shows them."
                ),
            ),
            title="Alerts",
        )
    told = [
        (ALERT_STATUS[status], formats.count(counts[status])) for status in ALERT_STATUS if status in counts
    ]
    budget = scene.run["attention_budget"]
    return components.card(
        components.facts(told),
        *(html.P(rightness(row)) for row in precision),
        _table(scene, listed) if caller().may(PAIRS) and listed else None,
        title="Alerts",
        note=f"At most {formats.plural(budget, 'alert')} in seven days for each manager of a program. Ahead: "
        "days from the alert to day 30 of the silence. Model: the start of the SHA-256 of what risk was "
        "judged by. Alerts that are held back at random are counted, not listed.",
    )


def rightness(row: Row) -> str:
    """How often alerts were right, by who looked or by what followed, with its interval."""
    n, right = row["n"], row["n_right"]
    span = f" (95% interval {row['low']:.0%} to {row['high']:.0%})"
    if row["judged_by"] == "managers":
        return (
            f"Managers judged {formats.plural(n, 'alert')}: {right:,} were right, {row['value']:.0%}{span}."
        )
    return (
        f"Of {formats.plural(n, 'alert')} whose 30 days are over {right:,} were followed by silence, "
        f"{row['value']:.0%}{span}. Who acts on an alert changes that."
    )


def _table(scene: Scene, listed: Sequence[Row]) -> Component:
    named = scene.naming(listed)
    rows = [
        (
            html.Div(
                dcc.Link(" and ".join(named.people(row)), href=f"/pairs/{quote(row['pair_id'], safe='')}"),
                className="wrap",
            ),
            alert_reason(row["reason"]),
            _with_note(formats.day(row["raised_at"]), row["model"] and f"model {row['model'][:8]}"),
            state(row),
            ahead(row["lead_days"]),
            _with_note(
                ALERT_OUTCOME.get(row["outcome"], formats.NONE),
                row["verdict"] and f"managers: {ALERT_VERDICT[row['verdict']].lower()}",
            ),
        )
        for row in listed
    ]
    shown, n_all = len(rows), listed[0]["n_alerts"]
    more = f"The newest {shown:,} of {n_all:,}." if shown < n_all else None
    first = html.H3("Newest first, those that stand before those that are over")
    return html.Div([first, components.table(HEADS, rows, "Alerts", (4,)), html.P(more, className="note")])


def _with_note(words: str, note: str | None) -> list[Component | str]:
    return [words, html.Div(note, className="note")] if note else [words]


def ahead(lead_days: int | None) -> str:
    """How many days before day 30 of the silence an alert came; some come after it."""
    if lead_days is None:
        return formats.NONE
    return f"{lead_days} d" if lead_days else "after day 30"


def state(row: Row) -> str:
    """What became of an alert, with the day on which it comes back or was over."""
    word = ALERT_STATUS[row["status"]]
    if row["status"] == "snoozed":
        return f"{word} until {formats.day(row['snoozed_until_on'])}"
    if row["status"] in ("closed", "withdrawn"):
        return f"{word}, {formats.day(row['closed_at'])}"
    return word
