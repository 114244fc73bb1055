"""Why a pair is not flagged, or is: each sign beside the threshold it did not cross, or did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards import components, formats
from dashboards.data.publication import Row
from dashboards.speech import number, say, translated
from warehouse.words import BAND, SIGN

FLAGS = ("safety_flag", "poor_fit")
FROM_ABOVE = ("health", "health_watch")
HEADS = ("Sign", "This pair", "Threshold", "Leads to", "Crossed")
TOGETHER = (
    "Unanswered days and an owed answer count together, and only in an unusual silence that no leave, failed "
    "delivery or confirmed session explains. A score that fell fast is watched too. Days are active days."
)


def thresholds_card(row: Row, signs: Sequence[Row]) -> Component | None:
    """All signs of a running pair; nothing of one that is not running, or of an old build."""
    if not signs:
        return None
    is_flagged = row["band"] in ("needs_check_in", "watch")
    title = "What this pair crosses, and what not" if is_flagged else "Why this pair is not flagged"
    rows = [_cells(sign) for sign in signs]
    table = components.table(HEADS, rows, title, (1, 2))
    return components.card(table, title=title, note=TOGETHER, about="verdict")


def _cells(sign: Row) -> list[Any]:
    return [
        SIGN.get(sign["code"], sign["code"]),
        _number(sign["code"], sign["value"]),
        _edge(sign["code"], sign["threshold"]),
        BAND[sign["leads_to"]],
        _answer(sign),
    ]


def _edge(code: str, threshold: float) -> str:
    """From where on, or below what, a sign is crossed."""
    if code in FLAGS:
        return translated("any")
    if code in FROM_ABOVE:
        return say("below {threshold}", threshold=_number(code, threshold))
    return say("from {threshold}", threshold=_number(code, threshold))


def _number(code: str, value: float | None) -> str:
    """A number of a sign with its unit."""
    if value is None:
        return formats.NONE
    match code:
        case "safety_flag" | "poor_fit":
            return translated("yes") if value else translated("no")
        case "not_started_days" | "unanswered_days":
            return formats.plural(round(value), "day")
        case "silence" | "silence_watch":
            return say("{value:.1f} usual gaps", value=value)
        case "health" | "health_watch":
            return formats.plural(round(value), "point")
        case _:
            return number(value, ".3g")


def _answer(sign: Row) -> Any:
    if not sign["is_counted"]:
        return html.Span("Does not count now", className="quiet")
    return html.Strong("Yes") if sign["is_crossed"] else "No"
