"""Signals: the model card. What risk rests on, and how it would have done on this log."""

from __future__ import annotations

from typing import Literal

import dash
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import components, data, formats
from dashboards.data.publication import Publication, Row
from dashboards.panels.alerts import alerts_card
from dashboards.panels.group_record import groups_card
from dashboards.panels.record import (
    FORESEEN,
    Record,
    by_method,
    effect_card,
    lead_card,
    methods_card,
    model_card,
    precision_card,
    reliability_card,
    value_of,
    volume_card,
)
from dashboards.screen import Scene, command_line, panel, screen
from dashboards.speech import say, translated
from warehouse.accounts import DATA
from warehouse.words import RISK_TARGET

TITLE = "Signals"
N_ALERTS = 15


@screen(DATA)
def layout(scene: Scene, /, target: str | list[str] = "silence", **_address: str | list[str]) -> Component:
    """The record of the last backtest of a target in the whole home, alerts, then the model in use."""
    publication = scene.publication
    model = data.signals.risk_model(publication)
    chosen = target if isinstance(target, str) and target in FORESEEN else "silence"
    record = by_method(data.signals.backtest(publication, chosen))
    banner, alerts, known = honest(scene, model), raised(scene), in_use(scene, model)
    if "risk" not in record:
        none = "No backtest has run on this log."
        return components.page(TITLE, banner, choice(chosen), no_record(chosen), alerts, *known, lead=none)
    return components.page(
        TITLE,
        banner,
        choice(chosen),
        judged(publication, chosen, record),
        panel("Methods compared", lambda: methods_card(record)),
        panel("By group of people", lambda: by_group(scene, chosen)),
        alerts,
        *known,
        lead=insight(record),
    )


def raised(scene: Scene) -> Component | None:
    """The newest alerts, and what became of all."""
    publication = scene.publication
    return panel(
        "Alerts and what became of them",
        lambda: alerts_card(
            scene,
            data.signals.alerts(publication, N_ALERTS),
            data.signals.alert_counts(publication),
            data.signals.alert_precision(publication),
        ),
    )


def in_use(scene: Scene, model: Row | None) -> list[Component | None]:
    """The model that judges today, and what reminders changed."""
    publication = scene.publication
    return [
        panel("The model in use", lambda: model_card(model, data.signals.risk_bases(publication))),
        panel(
            "Effect of reminders",
            lambda: effect_card(
                data.program.kpi_by_program(publication, "nudge_effect"),
                data.program.kpi_by_program(publication, "nudge_resumed"),
                data.signals.nudge_effects(publication),
                scene.run,
            ),
        ),
    ]


def judged(publication: Publication, target: str, record: Record) -> Component:
    """How good the model of risk was in the last backtest of a target."""
    foreseen = FORESEEN[target]

    def part(name: Literal["bin", "lead", "week"]) -> list[Row]:
        return data.signals.backtest_part(publication, name, target, "risk")

    weeks = part("week")
    base_rate = sum(row["n_silent"] for row in weeks) / max(1, sum(row["n_pairs"] for row in weeks))
    slope, lead = (value_of(record, "risk", metric) for metric in ("calibration_slope", "median_lead_days"))
    return html.Div(
        [
            panel("Reliability", lambda: reliability_card(part("bin"), slope)),
            panel("Precision", lambda: precision_card(record, base_rate, foreseen)),
            panel("Lead", lambda: lead_card(part("lead"), lead, foreseen)),
            panel("Alerts a week", lambda: volume_card(weeks, foreseen)),
        ],
        className="columns",
    )


def by_group(scene: Scene, target: str) -> Component:
    """How good the model of risk was for each group of people that may be told of."""
    groups = data.signals.backtest_groups(scene.publication, target)
    return groups_card(groups, scene.run["small_group"], FORESEEN[target])


def insight(record: Record) -> str:
    """How the model did against the simplest ranking there is, and on how much."""
    first = record["risk"]["average_precision"]
    ours, simple = (value_of(record, name, "average_precision") for name in ("risk", "recency"))
    seen = say(
        "{from_on} to {to_on}: {pair_weeks} of {pairs}",
        from_on=formats.day(first["from_on"]),
        to_on=formats.day(first["to_on"]),
        pair_weeks=formats.plural(first["n_rows"], "pair-week"),
        pairs=formats.plural(first["n_pairs"], "pair"),
    )
    if ours is None or simple is None:
        return say("Played again as it was known then, {seen}.", seen=seen)
    other = record["recency"]["average_precision"]
    apart = first["low"] > other["high"] or other["low"] > first["high"]
    better = "better than" if ours > simple else "worse than"
    chance = "" if apart else ", which may be chance"
    return say(
        "Played again as it was known then, {seen}. Average precision {ours:.2f}: {better} days "
        "since the last contact ({simple:.2f}){chance}.",
        seen=seen,
        ours=ours,
        better=better,
        simple=simple,
        chance=chance,
    )


def honest(scene: Scene, model: Row | None) -> Component | None:
    """A line that says so where people or model are made up."""
    said = []
    if scene.run["program_label"]:
        said.append(
            "The people and their silences are made up: these figures say nothing about real programs."
        )
    if model is not None and model["is_synthetic"]:
        said.append(
            "The model in use was fitted on a synthetic sample: it ranks, its percentages mean nothing."
        )
    return components.banner(" ".join(map(translated, said))) if said else None


def choice(chosen: str) -> Component:
    """One link for each target that is foreseen."""
    links = [
        dcc.Link(words, href=f"/signals?target={name}", className="chosen" if name == chosen else "")
        for name, words in RISK_TARGET.items()
    ]
    return html.Nav(links, className="choice", **{"aria-label": "What is foreseen"})


def no_record(target: str) -> Component:
    """What to do for a record."""
    more = "" if target == "silence" else f" --target {target}"
    commands = f"{command_line(f'backtest{more}')}\n{command_line('build')}"
    return components.card(
        components.state(
            "No record yet",
            html.P(
                "A backtest plays every week of the log again as it was known then, and compares; for the "
                "sample program that takes about half a minute:"
            ),
            components.command(commands),
            html.P("The model of this program is learnt from windows that have closed:"),
            components.command(command_line("model fit")),
        )
    )


dash.register_page(__name__, path="/signals", title=f"{TITLE} · Kinkeeper", layout=layout, order=2)
