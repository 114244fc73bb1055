"""The report as PDF/UA-1 through Typst: tagged, titled, with alternative text, no browser, its own fonts.

Typst refuses a figure without alternative text and a letter no font has; fonts that cover Latin, Greek,
Cyrillic, Arabic, Chinese, Japanese, Korean and emoji lie in `fonts/`. What remains (a script without a font
here) is written as a box with its code point, so that one name never stops a report.
"""

from __future__ import annotations

import datetime as dt
import functools
import tempfile
import unicodedata
from pathlib import Path
from typing import Any

import msgspec

from pipelines.report.model import Report, Table, spoken
from pipelines.report.svg import svg

HERE = Path(__file__).parent
LINE = 104
"""Letters that the columns of a table have room for, one beside the other."""
SHORT_COLUMNS = (26, 14)
"""Letters up to which a column is set no wider than it needs; the second where the first leaves no room."""
FONTS = HERE / "fonts"
TEMPLATE = HERE / "report.typ"


def pdf(report: Report) -> bytes:
    """The report as PDF; the same report is the same bytes."""
    return _compile(report, format="pdf", pdf_standards=["ua-1"])


def pages(report: Report, dots_per_inch: int = 80) -> list[bytes]:
    """The pages of the PDF as PNG pictures, to look at."""
    found: bytes | list[bytes] = _compile(report, format="png", ppi=float(dots_per_inch))
    return found if isinstance(found, list) else [found]


def _compile(report: Report, **how: Any) -> Any:
    import typst

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "report.typ").write_bytes(TEMPLATE.read_bytes())
        (folder / "report.json").write_bytes(msgspec.json.encode(printable(report)))
        for figure in report.figures:
            drawn = _writable(svg(figure.chart, figure.title, figure.alt))
            (folder / f"{figure.figure_id}.svg").write_text(drawn, "utf-8")
        return typst.compile(
            str(folder / "report.typ"), font_paths=[str(FONTS)], ignore_system_fonts=True, **how
        )


def printable(report: Report) -> dict[str, Any]:
    """The report with what the template needs besides: footer, dates, widths of columns."""
    as_of = dt.datetime.fromisoformat(report.as_of)
    audience = "for sponsors" if report.audience == "sponsor" else "internal"
    said = f"{spoken(report.quarter)}, edition {report.edition}, {audience}"
    data = msgspec.to_builtins(report)
    data |= {
        "title": report.title,
        "headline": report.headline,
        "grounds": report.grounds,
        "eyebrow": said,
        "spoken": spoken(report.quarter),
        "outline-height": -(-len(report.sections) // 2) * 15,
        "footer": f"{report.title} · edition {report.edition} · {audience} · as of {report.as_of[:10]}"
        + (f" · {report.label}" if report.label else ""),
        "year": as_of.year,
        "month": as_of.month,
        "day": as_of.day,
        "front": [_block(block) for block in report.front],
        "body": [_section(section) for section in report.body],
        "annex": [_section(section) for section in report.annex],
    }
    del data["sections"], data["cells"]
    return {key: _deep_writable(value) for key, value in data.items()}


def _section(section: Any) -> dict[str, Any]:
    return msgspec.to_builtins(section) | {"blocks": [_block(block) for block in section.blocks]}


def _block(block: Any) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.to_builtins(block)
    if isinstance(block, Table):
        data["widths"] = widths(block)
    return data


def widths(table: Table) -> list[float]:
    """The shares of a table's long columns, by the length of what they hold; 0 for short ones.

    The first column is a long one: it takes what the short ones leave. Where they would leave it too little,
    fewer columns count as short.
    """
    lengths = [
        max([6, len(head) + 1, *(len(row[column]) for row in table.rows)])
        for column, head in enumerate(table.heads)
    ]
    for most in SHORT_COLUMNS:
        short = {column for column, length in enumerate(lengths) if column > 0 and length <= most}
        if sum(lengths[column] for column in short) + min(lengths[0], most) <= LINE:
            break
    return [
        0.0 if column in short else round(min(length, 64) ** 0.75, 2) for column, length in enumerate(lengths)
    ]


def _deep_writable(value: Any) -> Any:
    if isinstance(value, str):
        return _writable(value)
    if isinstance(value, dict):
        return {key: _deep_writable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_deep_writable(each) for each in value]
    return value


def _writable(text: str) -> str:
    """A text whose letters all have a glyph; others as their code point, invisible ones left out."""
    return "".join(_letter(letter) for letter in text) if not text.isascii() else text


@functools.lru_cache(maxsize=4096)
def _letter(letter: str) -> str:
    code = ord(letter)
    if code in covered() or letter in "\n\t":
        return letter
    return "" if unicodedata.category(letter) in {"Cf", "Cc", "Mn", "Cs", "Co"} else f"[U+{code:04X}]"


@functools.cache
def covered() -> frozenset[int]:
    """Every code point that a font of `fonts/` has a glyph for."""
    ranges = (line.split("-") for line in (FONTS / "covered.txt").read_text("ascii").split())
    return frozenset(code for low, high in ranges for code in range(int(low, 16), int(high, 16) + 1))
