"""The language of the screens: gettext catalogues of `locale/`, numbers and dates by locale.

A text without values is written down as it is, wherever it stands: `spoken` looks it up where a screen leaves
the server. A text with values is a template, `say("{n} of {all} answered", n=3, all=5)`, and a count carries
its noun, `plural(3, "pair")`. A sentence that a build wrote is told from its message where a row is read
(`told.py`); a text of the data is `AsIs`. `python -m dashboards.texts` collects what can be said into
`locale/kinkeeper.pot`.
"""

from __future__ import annotations

import functools
import gettext
import io
import string
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import get_decimal_symbol, get_group_symbol
from dash.development.base_component import Component

from dashboards.viewer import PSEUDO, viewer

FOLDER = Path(__file__).with_name("locale")
TEMPLATE = FOLDER / "kinkeeper.pot"
ENGLISH = ("en", "en_US")


class AsIs(str):
    """A text that is finished, one of the data or one that was said already: no catalogue touches it.

    So a cohort that is called as a word of ours, "Watch" for one, keeps its name in every language.
    """

    __slots__ = ()


def translated(text: str) -> str:
    """A text without values in the viewer's language; what no catalogue knows stays as it is."""
    if not text or isinstance(text, AsIs):
        return text
    found = _catalogue(viewer().language).gettext(text)
    return found if found == text else AsIs(found)


def say(template: str, /, **values: Any) -> str:
    """A sentence in the viewer's language with its values in place: numbers by locale, words translated."""
    if viewer().language in ENGLISH:
        return template.format(**values)  # the same, forty times faster: a list says thousands of sentences
    return AsIs(_SENTENCE.vformat(translated(template), (), values))


def plural(n: int, one: str, many: str | None = None) -> str:
    """A count with its noun: 1 pair, 1,873 pairs."""
    several = many or f"{one}s"
    if viewer().language in ENGLISH:
        return f"{n:,} {one if n == 1 else several}"
    found = _catalogue(viewer().language).ngettext(f"{{n:,}} {one}", f"{{n:,}} {several}", n)
    return AsIs(_SENTENCE.vformat(found, (), {"n": n}))


def lowered(text: str) -> str:
    """A word of a list inside a sentence: small in English, as the catalogue has it elsewhere."""
    return text.lower() if viewer().language in ENGLISH else translated(text)


def number(value: float, how: str = ",") -> str:
    """A number as Python's format mini-language says, with the signs of the viewer's locale."""
    written, language = format(value, how), viewer().language
    if language in ENGLISH or language == PSEUDO:
        return written
    signs = {",": get_group_symbol(language), ".": get_decimal_symbol(language)}
    return written.translate(str.maketrans(signs))


def machine_written(text: str) -> str:
    """A number as the viewer's locale writes it, without groups and with a point: 1873.5."""
    language = viewer().language
    locale = "en" if language == PSEUDO else language
    return text.replace(get_group_symbol(locale), "").replace(get_decimal_symbol(locale), ".")


class _Sentence(string.Formatter):
    """Formatting that writes numbers by locale and looks words up."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return number(value, format_spec)
        return translated(value) if isinstance(value, str) else format(value, format_spec)


_SENTENCE = _Sentence()


class _Pseudo(gettext.NullTranslations):
    """A language that only marks what went through a catalogue, to find what did not."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧" if message in _known() else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@functools.cache
def _known() -> frozenset[str]:
    with TEMPLATE.open("rb") as file:
        ids = [message.id for message in read_po(file) if message.id]
    return frozenset(text for each in ids for text in ((each,) if isinstance(each, str) else each))


@functools.cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language == PSEUDO:
        return _Pseudo()
    source = FOLDER / f"{language}.po"
    if not source.exists():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


TEXTS = frozenset(
    {
        "aria-label",
        "children",
        "columnDefs",
        "data",
        "dashGridOptions",
        "description",
        "figure",
        "headerName",
        "headerTooltip",
        "label",
        "placeholder",
        "rowData",
        "title",
    }
)
"""What of a component people read."""


def spoken(drawn: Any) -> Any:
    """What a screen or a callback answers, in the viewer's language; English as it is."""
    return drawn if viewer().language in ENGLISH else _spoken(drawn)


def _chart(figure: Mapping[str, Any]) -> dict[str, Any]:
    """A chart with its categories and axes translated; what Plotly reads as code stays."""
    layout = dict(figure["layout"])
    for axis in ("xaxis", "yaxis"):
        layout[axis] = _only(layout.get(axis, {}), ("title", "ticktext", "categoryarray"))
    return {
        **figure,
        "data": [_only(trace, ("x", "y", "text")) for trace in figure["data"]],
        "layout": layout,
    }


def _only(part: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {**part, **{name: _spoken(part[name]) for name in names if name in part}}


def _parts(drawn: Mapping[str, Any]) -> dict[str, Any]:
    match drawn:
        case {"data": list(), "layout": dict()}:
            return _chart(drawn)
        case {"label": _, "value": _}:  # one of a choice, whose value is no text
            return _only(drawn, ("label",))
        case {"field": _, "headerName": _}:  # a column of a grid, which is drawn by a function of a name
            return _only(drawn, ("headerName", "headerTooltip"))
        case _:
            return {name: _spoken(value) for name, value in drawn.items()}


def _spoken(drawn: Any) -> Any:
    match drawn:
        case str():
            return translated(drawn)
        case Component():
            for name in TEXTS:
                if (held := getattr(drawn, name, None)) is not None:
                    setattr(drawn, name, _spoken(held))
            return drawn
        case Mapping():
            return _parts(drawn)
        case list() | tuple():
            return type(drawn)(map(_spoken, drawn))
        case _:
            return drawn
