"""The bands of one pair over the last weeks, as they were shown, and how its score moved."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from dash import html
from dash.development.base_component import Component

from dashboards import components, formats, theme
from dashboards.components import Part
from dashboards.data.publication import Row
from dashboards.speech import say

SPELLS_TOLD = 6


def band_history(row: Row, days: Sequence[Row], health: float | None) -> Component:
    """A strip of bands, one length for each day, with its latest spells in words; oldest first."""
    if not days:
        return components.card(
            components.state("No days yet", html.P("Bands are shown from the acceptance on.")),
            title="Bands over time",
        )
    spells = [spell(list(same)) for _, same in groupby(days, key=lambda day: day["band"])]
    told = [html.Li([part.word, html.Span(f" {dates}", className="note")]) for part, dates in spells]
    words = moved(row, health)
    return components.card(
        components.proportion([part for part, _ in spells]),
        html.Ul(told[: -SPELLS_TOLD - 1 : -1], className="spells"),
        html.P(words, className="note") if words else None,
        title="Bands over time",
        about="bands-over-time",
        note=say(
            "{first} to {last}, with what is known today.",
            first=formats.day(days[0]["day"]),
            last=formats.day(days[-1]["day"]),
        ),
    )


def spell(days: Sequence[Row]) -> tuple[Part, str]:
    """Days in a row in one band: its part of the strip, and from when to when."""
    first, last = days[0], days[-1]
    look = theme.tone(last["band"], last["state"])
    until = "" if first["day"] == last["day"] else say(" to {day}", day=formats.day(last["day"]))
    return Part(look.word, look.solid, len(days), look.mark), f"{formats.day(first['day'])}{until}"


def moved(row: Row, health: float | None) -> str:
    """Since when the score stands still, how far it could be off, and how it moved in four weeks."""
    if health is None:
        return ""
    stands = ""
    if row["health_frozen_on"] is not None:
        stands = say(
            "The score is that of {health_frozen_on} and stands still meanwhile.",
            health_frozen_on=formats.day(row["health_frozen_on"]),
        )
    words = []
    if row["health_low"] is not None:
        words.append(
            say(
                "The score could be {health_low:.0f} to {health_high:.0f} by chance",
                health_low=row["health_low"],
                health_high=row["health_high"],
            )
        )
    if row["health_change_28d"] is not None:
        words.append(
            say(
                "it changed by {health_change_28d:+.0f} points in 4 weeks",
                health_change_28d=row["health_change_28d"],
            )
        )
    sentence = "; ".join(words)
    return f"{stands} {sentence[:1].upper()}{sentence[1:]}.".strip() if sentence else stands
