"""`kinkeeper map`: what an export is, and the mapping that would read it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines import console
from pipelines.commands.load import DateOrder
from pipelines.commands.options import Home, Json, home_settings, known_zone, typed
from warehouse.errors import KinkeeperError, SettingsError

if TYPE_CHECKING:
    from pipelines.ingest.helper.preview import Preview
    from pipelines.ingest.helper.proposal import Proposal, Question
    from warehouse.settings import Settings

WRONG_USAGE = 2


def map_(  # noqa: PLR0913, PLR0917  each argument is an option of the command
    file: Annotated[
        Path,
        typer.Argument(help="An export: CSV, XLSX, NDJSON, Parquet.", exists=True, dir_okay=False),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the mapping here.", show_default="on stdout")
    ] = None,
    preset: Annotated[str | None, typer.Option(help="Read it as this known export.")] = None,
    date_order: Annotated[
        DateOrder | None, typer.Option(help="How it writes 3 April where the file does not settle it.")
    ] = None,
    zone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="Whose clock its times are, such as Europe/London.")
    ] = None,
    home: Home = None,
    json_: Json = False,
) -> None:
    """Find out what an export is, show what it would become, and write its mapping. Nothing is ingested."""
    from pipelines.ingest.helper.preview import preview as run_preview

    settings = home_settings(home)
    if out is not None and out.exists():
        raise KinkeeperError(f"{out} exists: choose another --out, nothing is overwritten")
    answers = {
        "date_order": date_order.value if date_order else None,
        "zone": known_zone(zone, "--zone") if zone else None,
    }
    known = preset or _recognised(file)
    if known is not None:
        toml, proposal = _of_preset(known, answers), None
    else:
        proposal = _proposed(file, answers, settings, json_=json_)
        toml = proposal.toml
    shown, trouble = None, None
    try:
        shown = run_preview(file, toml, settings)
    except SettingsError as error:
        trouble = str(error)
    if json_:
        console.emit(_as_dict(file, known, proposal, toml, shown, trouble, out))
    else:
        _show(file, known, proposal, shown, trouble)
    _write(toml, out, file, json_=json_)


def _recognised(file: Path) -> str | None:
    from pipelines.ingest import presets

    mapping = presets.recognise(file)
    return None if mapping is None else mapping.source.name


def _of_preset(name: str, answers: dict[str, str | None]) -> str:
    """A mapping on top of a known export, with what the file cannot say and was answered."""
    from pipelines.ingest import presets

    if name not in presets.names():
        raise KinkeeperError(f"there is no preset {name!r}: there are {', '.join(presets.names())}")
    said = [f'{key} = "{value}"' for key, value in answers.items() if value]
    lines = [f"# {name}: docs/sources/{name}.md says what is read and what is not.", f'preset = "{name}"']
    return "\n".join([*lines, *(["", "[time]", *said] if said else [])]) + "\n"


def _proposed(file: Path, answers: dict[str, str | None], settings: Settings, *, json_: bool) -> Proposal:
    """The proposal for a file, once everything it does not settle was answered."""
    from pipelines.ingest.helper.proposal import propose
    from pipelines.ingest.helper.table import look_at
    from warehouse.clock import system_clock
    from warehouse.errors import FileRefused

    try:
        table = look_at(file)
    except FileRefused as refusal:
        raise KinkeeperError(f"{file.name}: {refusal}") from None
    if table.kind == "ndjson" and "specversion" in table.header:
        raise KinkeeperError(f"{file.name} holds our own events already: ingest it as it is")
    declared = settings.policy.time_zone
    while True:
        proposal = propose(table, system_clock().date(), order=answers["date_order"], zone=answers["zone"])  # type: ignore[arg-type]
        if not proposal.questions:
            return proposal
        _say_what_fits(table.header)
        question = proposal.questions[0]
        if question.option == "--zone" and declared != "UTC":
            console.say(f"Times without an offset are {declared}, the program's zone; else give --zone.")
            answers["zone"] = declared
            continue
        if json_ or not sys.stdin.isatty():
            _refuse_open(file, proposal, json_=json_)
        _ask(question, answers)


def _say_what_fits(header: Sequence[str]) -> None:
    from pipelines.ingest import presets

    if found := presets.fitting(header):
        _say("fits", f"its columns fit {' and '.join(found)}, known lists: try --preset {found[0]}")


def _ask(question: Question, answers: dict[str, str | None]) -> None:
    _say("asked", question.text)
    if question.choices:
        answers["date_order"] = typer.prompt("  " + " or ".join(question.choices), err=True).strip()
        if answers["date_order"] not in question.choices:
            raise typer.BadParameter(f"answer {' or '.join(question.choices)}", param_hint="--date-order")
    else:
        answers["zone"] = known_zone(typer.prompt("  Time zone", err=True).strip(), "--zone")


def _refuse_open(file: Path, proposal: Proposal, *, json_: bool) -> None:
    """Nobody is there to be asked: say what has to be said, and stop."""
    questions = proposal.questions
    if json_:
        asked = [{"option": one.option, "text": one.text, "choices": list(one.choices)} for one in questions]
        console.emit({"file": file.name, "questions": asked})
    for one in questions:
        choices = f" {' or '.join(one.choices)}" if one.choices else " ZONE"
        console.fail(f"{one.text} Give {one.option}{choices}.")
    raise typer.Exit(WRONG_USAGE)


def _show(
    file: Path, known: str | None, proposal: Proposal | None, shown: Preview | None, trouble: str | None
) -> None:
    """What the file is, what its columns become, and what would come of it; all for people, on stderr."""
    console.say(file.name, style="bold")
    if proposal is None:
        _say("is", f"a known export: {known} (docs/sources/{known}.md)")
    else:
        _show_proposal(proposal)
    if trouble is not None:
        console.warn(f"it cannot be tried yet: {trouble}")
    if shown is not None:
        _show_preview(shown)


def _show_proposal(proposal: Proposal) -> None:
    from pipelines.ingest.helper.columns import IN_WORDS

    table = proposal.table
    _say_what_fits(table.header)
    _say("is", f"{len(table.rows):,} rows of {len(table.header)} columns, {', '.join(table.said)}")
    _say("reads as", f"{proposal.what}: {proposal.meaning}" if proposal.what else "nothing that is known yet")
    for reason in proposal.reasons:
        _say("because", reason)
    for todo in proposal.unfinished:
        _say("to finish", todo, style="yellow")
    listed = console.table("Column", "Holds", "Becomes")
    for column in proposal.columns:
        holds = f"{IN_WORDS[column.holds]} {column.note}".rstrip()
        listed.add_row(_clean(column.name), holds, proposal.becomes.get(column.name, "–"))
    console.ERR.print()
    console.ERR.print(listed)


def _say(word: str, text: str, style: str | None = None) -> None:
    from rich.table import Table

    line = Table.grid(padding=(0, 2, 0, 0))
    line.add_column(width=9, style="dim", no_wrap=True)
    line.add_column(overflow="fold")
    line.add_row(word, _clean(text), style=style)
    console.ERR.print(line)


def _show_preview(shown: Preview) -> None:
    result = shown.result
    console.ERR.print()
    if result.sha256 is None or result.status == "refused":
        console.warn(f"the file would be refused: {'; '.join(result.notes)}")
        return
    n_held = sum(problem.n_rows for problem in shown.problems)
    by_type = ", ".join(f"{n_events:,} {kind}" for kind, n_events in shown.by_type.items())
    console.say(
        f"{result.lines_in:,} rows would become {by_type or 'no events'}; {n_held:,} held back.", style="bold"
    )
    if shown.events:
        listed = console.table("When (UTC)", "Event", "Says")
        for event in shown.events:
            listed.add_row(event.occurred_at, event.event_type, _clean(event.says))
        console.ERR.print(listed)
        rest = sum(shown.by_type.values()) - len(shown.events)
        if rest > 0:
            console.say(f"and {rest:,} more", style="dim")
    if result.duplicate:
        _say(f"{result.duplicate:,} known", "rows say what is known already")
    for problem in shown.problems:
        where = f" in {problem.field}" if problem.field else ""
        _say(f"{problem.n_rows:,} held", f"{problem.code}{where}: {problem.hint}", style="yellow")
    if shown.n_waiting:
        _say(
            f"{shown.n_waiting:,} wait",
            "rows name people or pairs nobody knows here yet: kinkeeper people waiting",
        )
    elif shown.n_waiting is None:
        _say("people", "who of them is known shows when it is ingested: bring the roster first")


def _write(toml: str, out: Path | None, file: Path, *, json_: bool) -> None:
    if out is not None:
        out.write_text(toml, "utf-8")
        if not json_:
            console.ERR.print()
            console.say(f"Wrote {out}. Next: kinkeeper ingest {typed(file)} --mapping {typed(out)}")
    elif not json_:
        console.ERR.print()
        sys.stdout.write(toml)


def _clean(text: str) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def _as_dict(  # noqa: PLR0913, PLR0917  what was found out, side by side
    file: Path,
    known: str | None,
    proposal: Proposal | None,
    toml: str,
    shown: Preview | None,
    trouble: str | None,
    out: Path | None,
) -> dict[str, Any]:
    table = proposal.table if proposal else None
    return {
        "file": file.name,
        "preset": known,
        "reads_as": proposal.what if proposal else known,
        "encoding": table.encoding if table else None,
        "delimiter": table.delimiter if table else None,
        "columns": [
            {"name": column.name, "holds": column.holds, "becomes": proposal.becomes.get(column.name)}
            for column in proposal.columns
        ]
        if proposal
        else [],
        "reasons": proposal.reasons if proposal else [],
        "to_finish": proposal.unfinished if proposal else [],
        "preview": None if shown is None else _preview_as_dict(shown),
        "trouble": trouble,
        "out": None if out is None else str(out),
        "toml": toml,
    }


def _preview_as_dict(shown: Preview) -> dict[str, Any]:
    result = shown.result
    return {
        "status": result.status,
        "lines_in": result.lines_in,
        "accepted": result.accepted,
        "duplicate": result.duplicate,
        "quarantined": result.quarantined,
        "waiting": shown.n_waiting,
        "events": [
            {"time": one.occurred_at, "type": one.event_type, "says": one.says} for one in shown.events
        ],
        "by_type": shown.by_type,
        "problems": [
            {"code": one.code, "field": one.field, "hint": one.hint, "rows": one.n_rows}
            for one in shown.problems
        ],
        "notes": list(result.notes),
    }
