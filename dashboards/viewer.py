"""How whoever looks wants to see the screens: language, time zone, light or dark, close or roomy.

One cookie of this browser holds it, and with accounts the account does (viewing.py). The browser writes the
cookie and every value is checked here, so one that was tampered with shows the screens as if there were none.
It holds nothing about a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast, get_args
from urllib.parse import parse_qs
from zoneinfo import available_timezones

from flask import g, has_app_context, has_request_context, request

COOKIE = "kinkeeper-view"
LANGUAGES = {"en": "English", "en_US": "English (United States)"}
"""Language and region -> what it calls itself. A catalogue in `locale/` and a line here make another."""

PSEUDO = "en_XA"
"""The locale that marks every text that went through a catalogue, for tests; no setting offers it."""

Theme = Literal["auto", "light", "dark"]
Scheme = Literal["light", "dark"]
Density = Literal["roomy", "close"]
Keys = Literal["on", "off"]
COLUMNS = ("next_step", "silence_days", "risk", "health")
"""Columns of the watchlist that somebody may leave out."""
NONE_OF_THEM = "none"


@dataclass(frozen=True)
class Viewer:
    """The choices; `scheme` is what `theme` came to in the browser, `zone` is empty for the program's own.

    `keys` are the single keys of the list, `columns` what it shows beside who and why, joined by dots.
    """

    language: str = "en"
    zone: str = ""
    theme: Theme = "auto"
    scheme: Scheme = "light"
    density: Density = "roomy"
    keys: Keys = "on"
    columns: str = ".".join(COLUMNS)

    def shows(self, column: str) -> bool:
        """Whether a column of the watchlist is shown."""
        return column not in COLUMNS or column in self.columns.split(".")


def viewer() -> Viewer:
    """The choices of whoever asks; the defaults where nobody does."""
    if not has_request_context():
        return Viewer()
    if (found := g.get("viewer")) is None:
        found = g.viewer = from_cookie(request.cookies.get(COOKIE, ""))
    return cast(Viewer, found)


def root_attributes() -> str:
    """What a page's first line says of the choices; without colours the system decides."""
    how = viewer()
    colours = "" if how.theme == "auto" else f' data-mantine-color-scheme="{how.scheme}"'
    return f' lang="{how.language.replace("_", "-")}" data-density="{how.density}"{colours}'


def zone() -> str:
    """The zone that instants are told in: the viewer's choice, else the program's."""
    return viewer().zone or (g.get("program_zone", "UTC") if has_app_context() else "UTC")


def remember_zone(program_zone: str) -> None:
    """Take the zone of the program on screen, for those who chose none."""
    g.program_zone = program_zone


@lru_cache(maxsize=1024)
def from_cookie(cookie: str) -> Viewer:
    """The choices a cookie holds; what nobody knows is left at its default."""
    said = {name: values[-1] for name, values in parse_qs(cookie).items()}
    zone = said.get("zone", "")
    return Viewer(
        language=_known(said.get("language"), (*LANGUAGES, PSEUDO), "en"),
        zone=zone if zone and zone in available_timezones() else "",
        theme=cast(Theme, _known(said.get("theme"), get_args(Theme), "auto")),
        scheme=cast(Scheme, _known(said.get("scheme"), get_args(Scheme), "light")),
        density=cast(Density, _known(said.get("density"), get_args(Density), "roomy")),
        keys=cast(Keys, _known(said.get("keys"), get_args(Keys), "on")),
        columns=_columns(said.get("columns")),
    )


def _columns(said: str | None) -> str:
    """The columns that are shown, in their own order: all of them unless somebody chose."""
    chosen = COLUMNS if said is None else [name for name in COLUMNS if name in said.split(".")]
    return ".".join(chosen) or NONE_OF_THEM


def _known(value: str | None, allowed: tuple[str, ...], default: str) -> str:
    return value if value in allowed else default
