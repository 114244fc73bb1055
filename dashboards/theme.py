"""How every screen looks: the colours and marks of `warehouse/looks.py`, with type and Mantine's theme."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from warehouse.looks import (
    ACCENT,
    BLUE,
    ENDED_WELL,
    GREEN,
    GREY,
    GROUND,
    INK,
    LINE,
    MUTED,
    ORANGE,
    PAPER,
    PURPLE,
    RUNNING_BANDS,
    TONE,
    VERMILION,
    Tone,
)
from warehouse.words import band_words

__all__ = [
    "ACCENT",
    "BAD_TONE",
    "BLUE",
    "ENDED_WELL",
    "FONT",
    "GREEN",
    "GREY",
    "GRID_PARAMS",
    "GROUND",
    "INK",
    "LINE",
    "MANTINE",
    "MUTED",
    "OK_TONE",
    "ORANGE",
    "PAPER",
    "PURPLE",
    "RUNNING_BANDS",
    "TONE",
    "VERMILION",
    "WARN_TONE",
    "Tone",
    "tone",
]

FONT = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif"


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
    # The list itself scrolls: a region inside it could not be reached by keyboard.
    "components": {
        name: {
            "defaultProps": {
                "withScrollArea": False,
                "styles": {"options": {"maxHeight": 260, "overflowY": "auto"}},
            }
        }
        for name in ("Select", "MultiSelect")
    },
}

GRID_PARAMS = (
    "themeQuartz.withParams({"
    f"accentColor: '{ACCENT}', foregroundColor: '{INK}', borderColor: '{LINE}', "
    "headerBackgroundColor: '#fafbfc', headerTextColor: '#57606a', headerFontWeight: 600, "
    "fontFamily: 'inherit', fontSize: 14, headerFontSize: 13, rowHoverColor: '#f3f8fd', "
    "wrapperBorderRadius: 10, cellHorizontalPadding: 12, rowBorder: true, columnBorder: false})"
)
