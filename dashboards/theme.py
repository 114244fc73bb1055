"""Colours, marks and type of every screen, in one place.

A band is always a mark, a word and a colour together, never a colour alone. Each pair of ink and fill
reaches a contrast of 4.5:1 and each solid 3:1 on white; a test measures the whole table.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from warehouse.words import BAND, band_words

INK = "#1b2530"
MUTED = "#57606a"
ACCENT = "#0b5cad"
LINE = "#e3e8ee"
GROUND = "#f5f7fa"
PAPER = "#ffffff"

BLUE, ORANGE, GREEN, VERMILION, PURPLE = "#0072B2", "#B85C00", "#00735C", "#C0392B", "#8250a5"
GREY = "#6b7580"

FONT = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif"


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

OK_TONE = Tone("Holds", "✓", "#0b5345", "#e3f4ee", GREEN)
WARN_TONE = Tone("Late", "▲", "#6b4700", "#fdf0d0", "#946800")
BAD_TONE = Tone("Broken", "◆", "#8a3200", "#fde3d3", VERMILION)


def tone(band: str, state: str, is_success: bool | None = None) -> Tone:
    """The look of a pair's band; an end known to be a natural one is shown as the success it is."""
    look = ENDED_WELL if band == "ended" and is_success else TONE[band]
    return replace(look, word=band_words(band, state)) if band == "too_early" else look


_BLUES = (
    "#eef5fc",
    "#dce9f7",
    "#b5d2ef",
    "#8bb9e6",
    "#66a3de",
    "#4a94d8",
    "#2f7cc4",
    "#1a6bb7",
    ACCENT,
    "#084a8c",
)

MANTINE: dict[str, Any] = {
    "primaryColor": "kinkeeper",
    "primaryShade": 8,
    "colors": {"kinkeeper": list(_BLUES)},
    "fontFamily": FONT,
    "headings": {"fontFamily": FONT},
    "defaultRadius": "md",
    "black": INK,
}

GRID_PARAMS = (
    "themeQuartz.withParams({"
    f"accentColor: '{ACCENT}', foregroundColor: '{INK}', borderColor: '{LINE}', "
    "headerBackgroundColor: '#fafbfc', headerTextColor: '#57606a', headerFontWeight: 600, "
    "fontFamily: 'inherit', fontSize: 14, headerFontSize: 13, rowHoverColor: '#f3f8fd', "
    "wrapperBorderRadius: 10, cellHorizontalPadding: 12, rowBorder: true, columnBorder: false})"
)
