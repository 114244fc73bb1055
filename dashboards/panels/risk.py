"""How likely a pair is to fall silent: a tier, and a percentage only where percentages have held."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from dashboards import formats
from dashboards.data.publication import Row
from dashboards.speech import number, say
from warehouse.words import RISK_BASIS, RISK_TIER


def tier(row: Row) -> str:
    """The tier of a pair's risk in a word; a dash where nobody can judge it."""
    return RISK_TIER.get(row["risk_tier"], formats.NONE)


def percent(row: Row, horizon: str = "30d") -> str:
    """The probability of silence within a horizon; nothing where only the order can be believed."""
    rate = row[f"risk_{horizon}"]
    return number(rate, ".0%") if row["is_risk_calibrated"] and rate is not None else ""


def basis(row: Row) -> Component | None:
    """On what the risk of a pair rests, in a sentence."""
    if row["risk_tier"] is None:
        return None
    soon, later = percent(row), percent(row, "60d")
    told = "{tier} risk of silence, by {basis}: an order among pairs, no percentage."
    if soon and later:
        told = "{tier} risk of silence, by {basis}: {soon} within 30 days, {later} within 60."
    elif soon:
        told = "{tier} risk of silence, by {basis}: {soon} within 30 days."
    words = say(told, tier=tier(row), basis=RISK_BASIS[row["risk_basis"]], soon=soon, later=later)
    return html.P(words, className="note")


def drivers(row: Row, reasons: Sequence[Row]) -> Component | None:
    """What raises the risk of a pair, where it is raised."""
    if row["risk_tier"] not in ("raised", "high") or not reasons:
        return None
    told = html.Ul([html.Li(reason["reason"]) for reason in reasons], className="reasons")
    return html.Div([html.H3("What makes silence likely"), told])
