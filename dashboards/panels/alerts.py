"""The record of alerts: what became of them, how often they were right, and whether they help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from dash import dcc, html
from dash.development.base_component import Component

from dashboards import components, formats
from dashboards.access import caller
from dashboards.data.publication import Row
from dashboards.screen import Scene
from dashboards.speech import lowered, say, translated
from warehouse.accounts import PAIRS
from warehouse.words import ALERT_OUTCOME, ALERT_STATUS, ALERT_VERDICT, alert_reason

HEADS = ("Pair", "Why", "Raised", "State", "Ahead", "Then")


def alerts_card(
    scene: Scene, listed: Sequence[Row], counts: Mapping[str, int], precision: Sequence[Row]
) -> Component:
    """The newest alerts, those that stand first, under how many there are and how often they were right."""
    if not counts:
        how = html.P("A build as of now raises them and writes them into the log; the next build shows them.")
        return components.card(components.state("No alert was raised yet", how), title="Alerts")
    told = [
        (ALERT_STATUS[status], formats.count(counts[status])) for status in ALERT_STATUS if status in counts
    ]
    note = say(
        "At most {alerts} in seven days for each manager of a program. Ahead: days from the alert to day "
        "30 of the silence. A model is told by the start of its fingerprint. Alerts that are held back at "
        "random are counted, not listed.",
        alerts=formats.plural(scene.run["attention_budget"], "alert"),
    )
    return components.card(
        components.facts(told),
        *(html.P(rightness(row)) for row in precision),
        _table(scene, listed) if caller().may(PAIRS) and listed else None,
        title="Alerts",
        about="alert-record",
        note=note,
    )


def rightness(row: Row) -> str:
    """How often alerts were right, by who looked or by what followed, with its interval."""
    told = (
        "Managers judged {alerts}: {right:,} were right, {value:.0%} (95% interval {low:.0%} to {high:.0%})."
        if row["judged_by"] == "managers"
        else "Of {alerts} whose 30 days are over {right:,} were followed by silence, {value:.0%} (95% "
        "interval {low:.0%} to {high:.0%}). Who acts on an alert changes that."
    )
    numbers = {name: row[name] for name in ("value", "low", "high")}
    return say(told, alerts=formats.plural(row["n"], "alert"), right=row["n_right"], **numbers)


def _table(scene: Scene, listed: Sequence[Row]) -> Component:
    named = scene.naming(listed)
    rows = [
        (
            html.Div(
                dcc.Link(
                    say("{mentee} and {mentor}", mentee=named.people(row)[0], mentor=named.people(row)[1]),
                    href=f"/pairs/{quote(row['pair_id'], safe='')}",
                ),
                className="wrap",
            ),
            alert_reason(row["reason"]),
            _with_note(
                formats.day(row["raised_at"]), row["model"] and say("model {model}", model=row["model"][:8])
            ),
            state(row),
            ahead(row["lead_days"]),
            _with_note(
                ALERT_OUTCOME.get(row["outcome"], formats.NONE),
                row["verdict"] and say("managers: {word}", word=lowered(ALERT_VERDICT[row["verdict"]])),
            ),
        )
        for row in listed
    ]
    shown, n_all = len(rows), listed[0]["n_alerts"]
    more = say("The newest {shown:,} of {n_all:,}.", shown=shown, n_all=n_all) if shown < n_all else None
    first = html.H3("Those that stand, then those that are over, newest first")
    return html.Div([first, components.table(HEADS, rows, "Alerts", (4,)), html.P(more, className="note")])


def _with_note(words: str, note: str | None) -> list[Component | str]:
    return [words, html.Div(note, className="note")] if note else [words]


def ahead(lead_days: int | None) -> str:
    """How many days before day 30 of the silence an alert came; some come after it."""
    if lead_days is None:
        return formats.NONE
    return say("{lead_days} d", lead_days=lead_days) if lead_days else "after day 30"


def state(row: Row) -> str:
    """What became of an alert, with the day on which it comes back or was over."""
    word = ALERT_STATUS[row["status"]]
    if row["status"] == "snoozed":
        return say("{word} until {day}", word=word, day=formats.day(row["snoozed_until_on"]))
    if row["status"] in ("closed", "withdrawn"):
        return say("{word}, {day}", word=word, day=formats.day(row["closed_at"]))
    return word


# --- whether they help -----------------------------------------------------------------------------------


def alert_effects(alerts: Sequence[Row], run: Row) -> list[str]:
    """What alerts do by the hold-out, and what was seen where managers chose whom to help."""
    days = formats.plural(run["resumed_days"], "day")
    known = [row for row in alerts if row["value"] is not None]
    told = [
        held_out(row, days) if row["comparison"] == "holdout" else chosen(row, days, run["alert_days"])
        for row in known
    ]
    if any(row["comparison"] == "holdout" for row in known):
        return told
    if run["holdout_share"] == 0:
        none = "No alert is held back at random, so what alerts do cannot be told; the policy can ask for it."
        return [none, *told]
    early = say(
        "{share:.0%} of alerts are held back at random; it is too early to compare.",
        share=run["holdout_share"],
    )
    return [early, *told]


def held_out(row: Row, days: str) -> str:
    """The difference that an alert makes, and whether it may be chance."""
    value, low, high = row["value"], row["low"], row["high"]
    is_clear = low > 0 or high < 0
    return say(
        "Of a hundred pairs whose manager was alerted {value:.0f} {than} were in contact again within {days} "
        "than of a hundred whose alert was held back at random (95% interval {low:+.0f} to {high:+.0f}; "
        "{n_treated:,} and {n_others:,} alerts).{verdict}",
        value=abs(value),
        than=translated("more" if value >= 0 else "fewer"),
        days=days,
        low=low,
        high=high,
        n_treated=row["n_treated"],
        n_others=row["n_others"],
        verdict="" if is_clear else translated(" It may be chance: the interval holds zero."),
    )


def chosen(row: Row, days: str, act_days: int) -> str:
    """What was seen where managers chose whom to help, with its caveat."""
    return say(
        "Only seen, no test: of alerts acted on within {act_days} {treated_share:.0%} of {n_treated:,} were "
        "followed by contact within {days}, of the others {others_share:.0%} of {n_others:,}. Managers chose "
        "whom to help.",
        act_days=formats.plural(act_days, "day"),
        treated_share=row["n_treated_back"] / row["n_treated"],
        n_treated=row["n_treated"],
        days=days,
        others_share=row["n_others_back"] / row["n_others"],
        n_others=row["n_others"],
    )
