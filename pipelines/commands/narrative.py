"""The program manager's own words in a report: what the drafts say, and what stands in their place."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines import console
from pipelines.commands.options import Home, Json, home_settings

if TYPE_CHECKING:
    from warehouse.report_words import ReportWords

narrative = typer.Typer(no_args_is_help=True, help="Your own words in a report, in place of its drafts.")

Quarter = Annotated[str, typer.Option("--quarter", metavar="Q", help="For example 2026Q3.")]
Program = Annotated[
    str,
    typer.Option(help="Of the report of one program, or `all`.", show_default="every report of the quarter"),
]
Section = Annotated[str, typer.Argument(help="A section from `kinkeeper narrative show`.")]


@narrative.command("show")
def show(quarter: Quarter, program: Program = "", home: Home = None, json_: Json = False) -> None:
    """Every section that can be worded: what its draft says, and your words where there are some."""
    from pipelines.quarterly.narrative import latest_drafts
    from warehouse.report_words import SECTIONS

    settings = home_settings(home)
    chosen = _quarter(quarter)
    drafts = latest_drafts(settings, chosen, program)
    with _words(home) as words:
        own = words.latest(chosen, program)
    rows = [
        {"section": key, "title": title, "draft": drafts.get(key), "words": own.get(key)}
        for key, title in SECTIONS.items()
    ]
    if json_:
        console.emit({"quarter": chosen, "program": program, "rows": rows})
        return
    for row in rows:
        console.tell(f"{row['section']}: {row['title']}")
        for name in ("draft", "words"):
            if row[name]:
                console.tell(f"    {name}: {row[name]}")
    if not drafts:
        console.say(f"No report of {chosen} has been made yet: `kinkeeper report` writes the drafts.")


@narrative.command("write")
def write(
    section: Section,
    quarter: Quarter,
    text: Annotated[str | None, typer.Option(help="The words; without it they are read from --file.")] = None,
    file: Annotated[Path | None, typer.Option(help="A text file, `-` for standard input.")] = None,
    program: Program = "",
    home: Home = None,
) -> None:
    """Put a section into your own words; the next edition has them. Empty words give the draft back."""
    from warehouse.report_words import Place

    if (text is None) == (file is None):
        raise typer.BadParameter("give the words with --text or with --file", param_hint="--text")
    said = text if text is not None else _read(file)
    with _words(home) as words:
        words.write(Place(_quarter(quarter), section, program), said)
    console.tell(f"Kept: the next edition of {_quarter(quarter)} has it under {section}.")


@narrative.command("forget")
def forget(section: Section, quarter: Quarter, program: Program = "", home: Home = None) -> None:
    """Destroy your words of a section. Editions that were made with them stay as they are."""
    from warehouse.report_words import Place

    with _words(home) as words:
        n = words.forget(Place(_quarter(quarter), section, program))
    console.tell(f"Destroyed: {n} of {section}. The draft stands again.")


def _quarter(text: str) -> str:
    from pipelines.report.quarters import Quarter as Parsed
    from warehouse.errors import KinkeeperError

    try:
        return str(Parsed.parse(text))
    except KinkeeperError as error:
        raise typer.BadParameter(str(error), param_hint="--quarter") from None


def _read(file: Path | None) -> str:
    try:
        return sys.stdin.read() if file is None or str(file) == "-" else file.read_text("utf-8")
    except UnicodeDecodeError:
        trouble = f"{file} is no UTF-8 text: save it as plain text"
    except OSError as error:
        trouble = f"{file} cannot be read: {error.strerror}"
    raise typer.BadParameter(trouble, param_hint="--file")


@contextmanager
def _words(home: Path | None) -> Iterator[ReportWords]:
    from warehouse.operations import open_operations
    from warehouse.report_words import ReportWords

    engine = open_operations(home_settings(home).operations_url)
    try:
        yield ReportWords(engine)
    finally:
        engine.dispose()
