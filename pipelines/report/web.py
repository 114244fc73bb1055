"""The report as one HTML file that asks nobody for anything: drawings inside, no script, readable by all.

Every text goes through `escape`. The page brings a policy of its own that forbids scripts and requests, so
that text smuggled into a name stays text whatever it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from pipelines.report.model import Actions, Block, Figure, Numbers, Paragraph, Report, Section, Table, spoken
from pipelines.report.svg import svg
from warehouse.charts import Bars, Chart, Dots, Steps

STYLE = Path(__file__).with_name("report.css")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def html(report: Report) -> bytes:
    """The report as UTF-8 HTML; the same report is the same bytes."""
    return ("\n".join(_page(report)) + "\n").encode("utf-8")


def _page(report: Report) -> Iterator[str]:
    audience = "for sponsors" if report.audience == "sponsor" else "internal"
    said = f"{spoken(report.quarter)} · edition {report.edition} · {audience}"
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield from _head(report)
    yield "<body>"
    yield '<a class="skip" href="#report">Skip to the report</a>'
    yield '<header class="front">'
    yield f'<p class="eyebrow">{escape(said)}</p>'
    yield f"<h1>{escape(report.title)}</h1>"
    if report.label:
        yield f'<p class="label">{escape(report.label)}</p>'
    yield f'<p class="answer">{escape(report.headline)}</p>'
    if report.grounds:
        yield f'<p class="grounds">{escape(report.grounds)}</p>'
    yield "</header>"
    yield '<main id="report">'
    yield '<section aria-label="In short">'
    yield from _blocks(report.front, "In short", "front-")
    yield "</section>"
    yield from _contents(report)
    yield from _sections(report.body)
    yield '<div class="annex"><h2 class="part">Annex</h2>'
    yield from _sections(report.annex)
    yield "</div>"
    yield "</main>"
    yield f"<footer><p>{escape(said)}. As of {escape(report.as_of)}, "
    yield f"known at {escape(report.known_at)}.</p></footer>"
    yield "</body>"
    yield "</html>"


def _head(report: Report) -> Iterator[str]:
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(report.title)}</title>"
    yield f"<style>\n{STYLE.read_text('utf-8')}</style>"
    yield "</head>"


def _contents(report: Report) -> Iterator[str]:
    yield '<nav aria-label="Contents"><ol>'
    for section in report.body:
        yield f'<li><a href="#{escape(section.key)}">{escape(section.title)}</a></li>'
    yield '<li><a href="#definitions">Annex</a></li>'
    yield "</ol></nav>"


def _sections(sections: Iterable[Section]) -> Iterator[str]:
    for section in sections:
        yield f'<section id="{escape(section.key)}" aria-labelledby="{escape(section.key)}-title">'
        yield f'<h2 id="{escape(section.key)}-title">{escape(section.title)}</h2>'
        if section.level:
            yield f'<p class="level">{escape(section.level)}</p>'
        yield from _blocks(section.blocks, section.title)
        yield "</section>"


def _blocks(blocks: Iterable[Block], within: str, prefix: str = "") -> Iterator[str]:
    """Blocks in the section called `within`; ids begin with `prefix`, as the front shows figures again."""
    for block in blocks:
        match block:
            case Paragraph():
                yield f'<p class="{block.kind}">{escape(block.text)}</p>'
            case Numbers():
                yield from _numbers(block)
            case Actions():
                yield from _actions(block)
            case Figure():
                yield from _figure(block, within, prefix)
            case Table():
                yield from _table(block, within)


def _numbers(block: Numbers) -> Iterator[str]:
    yield '<ul class="numbers">'
    for item in block.items:
        yield "<li>"
        yield f'<span class="value">{escape(item.value)}</span>'
        yield f'<span class="name">{escape(item.label)}</span>'
        yield f'<span class="detail">{escape(item.detail)}</span>'
        if item.change:
            yield f'<span class="detail">{escape(item.change)}</span>'
        yield "</li>"
    yield "</ul>"


def _actions(block: Actions) -> Iterator[str]:
    yield '<h2 class="asks">What we ask for</h2><ol class="asks">'
    for what, why in block.items:
        yield f'<li><strong>{escape(what)}</strong><span class="detail">{escape(why)}</span></li>'
    yield "</ol>"


def _figure(block: Figure, within: str, prefix: str) -> Iterator[str]:
    yield f'<figure id="{prefix}{escape(block.figure_id)}">'
    yield f"<h3>{escape(block.title)}</h3>"
    yield f'<div class="drawing">{svg(block.chart, block.title, block.alt)}</div>'
    yield f"<figcaption>{escape(block.caption)}</figcaption>"
    yield "<details><summary>The numbers as a table</summary>"
    heads, rows = as_rows(block.chart)
    yield from _plain_table(heads, rows, range(1, len(heads)), f"{within}: {block.title}")
    yield "</details></figure>"


def _table(block: Table, within: str) -> Iterator[str]:
    yield f"<h3>{escape(block.title)}</h3>"
    yield from _plain_table(block.heads, block.rows, block.numeric, f"{within}: {block.title}")
    if block.note:
        yield f'<p class="note">{escape(block.note)}</p>'


def _plain_table(
    heads: Iterable[str], rows: Iterable[Iterable[object]], numeric: Iterable[int], name: str
) -> Iterator[str]:
    right = set(numeric)
    yield f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(name)}"><table>'
    cells = (_cell("th", head, at in right, ' scope="col"') for at, head in enumerate(heads))
    yield f"<thead><tr>{''.join(cells)}</tr></thead><tbody>"
    for row in rows:
        yield f"<tr>{''.join(_cell('td', value, at in right) for at, value in enumerate(row))}</tr>"
    yield "</tbody></table></div>"


def _cell(tag: str, value: object, is_number: bool, more: str = "") -> str:
    kind = ' class="number"' if is_number else ""
    return f"<{tag}{more}{kind}>{escape('–' if value is None else str(value))}</{tag}>"


def as_rows(chart: Chart) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """A chart as a table: what people read who do not see it, and what the sheets hold."""
    match chart:
        case Bars():
            heads = ("", *(bar.name for bar in chart.series))
            return heads, [
                (name, *(bar.counts[place] for bar in chart.series))
                for place, name in enumerate(chart.categories)
            ]
        case Steps():
            return ("Curve", "Day", "Share", "Low", "High"), [
                (curve.name, day, rate, low, high)
                for curve in chart.curves
                for day, rate, low, high in zip(curve.days, curve.rates, curve.lows, curve.highs, strict=True)
            ]
        case Dots():
            return ("Measure", "Value", "Low", "High", "Before", "Of"), [
                (dot.name, dot.value, dot.low, dot.high, dot.before, dot.of) for dot in chart.dots
            ]
