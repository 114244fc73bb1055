"""Colours and marks of everything people see, screens and reports alike, in one place.

A band is always a mark, a word and a colour together, never a colour alone. Each pair of ink and fill
reaches a contrast of 4.5:1 and each solid 3:1 on white; a test measures the whole table.
"""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.words import BAND

INK = "#1b2530"
MUTED = "#57606a"
ACCENT = "#0b5cad"
LINE = "#e3e8ee"
GROUND = "#f5f7fa"
PAPER = "#ffffff"

BLUE, ORANGE, GREEN, VERMILION, PURPLE = "#0072B2", "#B85C00", "#00735C", "#C0392B", "#8250a5"
GREY = "#6b7580"


@dataclass(frozen=True)
class Tone:
    """How one band looks: its mark, the ink on the fill of a badge, the solid of a bar."""

    word: str
    mark: str
    ink: str
    fill: str
    solid: str


TONE = {
    "on_track": Tone(BAND["on_track"], "●", "#004d7a", "#e6f1f9", BLUE),
    "watch": Tone(BAND["watch"], "▲", "#6b4700", "#fdf0d0", "#946800"),
    "needs_check_in": Tone(BAND["needs_check_in"], "◆", "#8a3200", "#fde3d3", VERMILION),
    "too_early": Tone(BAND["too_early"], "○", "#424a53", "#eaeef2", "#68727c"),
    "paused": Tone(BAND["paused"], "■", "#4a1d73", "#ece2f5", PURPLE),
    "closing": Tone(BAND["closing"], "◐", "#0b5345", "#e3f4ee", "#1f7d6b"),
    "ended": Tone(BAND["ended"], "□", "#424a53", "#eaeef2", GREY),
}
ENDED_WELL = Tone("Ended well", "✓", "#0b5345", "#e3f4ee", GREEN)
RUNNING_BANDS = ("on_track", "watch", "needs_check_in", "too_early", "paused", "closing")

ENDING_KINDS: dict[bool | None, tuple[str, str]] = {
    True: ("Natural end", GREEN),
    False: ("Early end", ORANGE),
    None: ("Not judged", GREY),
}
"""Whether an end was a natural one -> what it is called and its colour."""
