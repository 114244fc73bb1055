"""How every screen looks: the colours and marks of `warehouse/looks.py`, with type and Mantine's theme.

Code names colours by what they are on white paper. `PALETTE` gives each a name and what it is in the dark;
`assets/kinkeeper.css` holds the same table for the style sheet, and a test keeps the two alike. What is drawn
as HTML takes the name (`css`) and follows the browser; a chart is painted for one of the two (`painted`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from dashboards.viewer import Scheme
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
    "AXIS_LINE",
    "BAD_TONE",
    "BLUE",
    "ENDED_WELL",
    "FONT",
    "GREEN",
    "GREY",
    "GRID_LINE",
    "GRID_PARAMS",
    "GROUND",
    "INK",
    "LINE",
    "MANTINE",
    "MUTED",
    "OCHRE",
    "OK_TONE",
    "ORANGE",
    "PALETTE",
    "PAPER",
    "PLANNED",
    "PURPLE",
    "REST",
    "RUNNING_BANDS",
    "SESSION",
    "SESSION_KEY",
    "SESSION_PALE",
    "SILENCE",
    "TONE",
    "VERMILION",
    "WARN_TONE",
    "Tone",
    "css",
    "painted",
    "tone",
]

FONT = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif"


AXIS_LINE, GRID_LINE = "#c9d1d9", "#edf1f5"
SESSION, SESSION_KEY, SESSION_PALE, PLANNED = "#9cc7e4", "#6fb0d8", "#d9e9f4", "#3d7aa8"
OCHRE, ACCENT_DEEP = "#946800", "#084a8c"
SILENCE, REST = "#5b6673", "#b9c4cf"

PALETTE: dict[str, tuple[str, str]] = {
    "ink": (INK, "#e6edf3"),
    "soft": ("#3b4652", "#c3ccd6"),
    "muted": (MUTED, "#9eabb8"),
    "accent": (ACCENT, "#79b8f2"),
    "accent-deep": (ACCENT_DEEP, "#a9d2f7"),
    "line": (LINE, "#2b343e"),
    "ground": (GROUND, "#0f141a"),
    "paper": (PAPER, "#171d25"),
    "sunk": ("#f8fafc", "#11171e"),
    "edge": ("#d3dae2", "#3c4753"),
    "edge-strong": (REST, "#5b6874"),
    "field-edge": ("#8a939d", "#7b8794"),
    "track": ("#dbe4ec", "#303a45"),
    "hover": ("#eef5fb", "#1d2834"),
    "advice": ("#e9f2fb", "#16273a"),
    "passed": ("#9cc0e0", "#3f719f"),
    "warn-edge": ("#b98a3e", "#8f7036"),
    "bad-edge": ("#c46a4a", "#a85e40"),
    "notice": ("#fff4e5", "#2e2410"),
    "notice-ink": ("#5c3a00", "#f3cd86"),
    "blue": (BLUE, "#3f97d3"),
    "orange": (ORANGE, "#d17c26"),
    "green": (GREEN, "#2ba687"),
    "vermilion": (VERMILION, "#ea6c5c"),
    "purple": (PURPLE, "#b187d1"),
    "grey": (GREY, "#8d98a3"),
    "ochre": (OCHRE, "#bb8d22"),
    "slate": ("#68727c", "#8b96a1"),
    "teal": ("#1f7d6b", "#3aa68f"),
    "on-track-ink": ("#004d7a", "#9cd0f5"),
    "on-track-fill": ("#e6f1f9", "#12293b"),
    "watch-ink": ("#6b4700", "#f0cf83"),
    "watch-fill": ("#fdf0d0", "#33280d"),
    "needs-ink": ("#8a3200", "#ffb59a"),
    "needs-fill": ("#fde3d3", "#3b1d12"),
    "calm-ink": ("#424a53", "#c5ced7"),
    "calm-fill": ("#eaeef2", "#262f38"),
    "paused-ink": ("#4a1d73", "#d9bdf2"),
    "paused-fill": ("#ece2f5", "#2c1f3b"),
    "well-ink": ("#0b5345", "#8fdcc6"),
    "well-fill": ("#e3f4ee", "#10302a"),
    "grid-line": (GRID_LINE, "#252e37"),
    "axis-line": (AXIS_LINE, "#4a5560"),
    "session": (SESSION, "#33678d"),
    "session-key": (SESSION_KEY, "#33678d"),
    "session-pale": (SESSION_PALE, "#203b51"),
    "planned": (PLANNED, "#74acd6"),
    "silence": (SILENCE, "#b3bdc7"),
}
"""Name -> the colour in the light, which is also what code calls it by, and in the dark."""

_NAME = {light.lower(): name for name, (light, _) in PALETTE.items()}
_COLOUR = re.compile("#[0-9a-f]{6}", re.IGNORECASE)


def css(colour: str) -> str:
    """A colour of the palette as a style sheet calls it; anything else as it is."""
    name = _NAME.get(colour.lower())
    return colour if name is None else f"var(--{name})"


def painted(chart: Any, scheme: Scheme) -> Any:
    """A chart in the colours of a scheme; it was drawn in those of the light one."""
    if scheme == "light":
        return chart
    match chart:
        case str():
            return _COLOUR.sub(lambda found: _in_the_dark(found[0]), chart)
        case dict():
            return {name: painted(value, scheme) for name, value in chart.items()}
        case list() | tuple():
            return [painted(value, scheme) for value in chart]
        case _:
            return chart


def _in_the_dark(colour: str) -> str:
    name = _NAME.get(colour.lower())
    return colour if name is None else PALETTE[name][1]


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

_DARKS = (
    "#e6edf3",
    "#c3ccd6",
    "#9eabb8",
    "#93a0ad",
    "#4a5560",
    "#303a45",
    "#1d252e",
    "#171d25",
    "#11171e",
    "#0f141a",
)

MANTINE: dict[str, Any] = {
    "primaryColor": "kinkeeper",
    "primaryShade": {"light": 8, "dark": 3},
    "colors": {"kinkeeper": list(_BLUES), "dark": list(_DARKS)},
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
    "accentColor: 'var(--accent)', foregroundColor: 'var(--ink)', backgroundColor: 'var(--paper)', "
    "borderColor: 'var(--line)', headerBackgroundColor: 'var(--sunk)', headerTextColor: 'var(--muted)', "
    "headerFontWeight: 600, headerHeight: 42, fontFamily: 'inherit', fontSize: 14, headerFontSize: 13, "
    "rowHeight: 36, rowHoverColor: 'var(--hover)', wrapperBorderRadius: 10, cellHorizontalPadding: 12, "
    "rowBorder: true, columnBorder: false, browserColorScheme: 'inherit'})"
)
