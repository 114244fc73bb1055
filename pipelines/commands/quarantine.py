"""What was held back, why, and how it comes back: list, show, redrive, waive."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines import console
from pipelines.commands.options import (
    QUARANTINED,
    Home,
    Json,
    home_settings,
    opened_home,
)
from warehouse.errors import KinkeeperError
from warehouse.words import PARKED, PARKED_REMEDY

if TYPE_CHECKING:
    from pipelines.ingest.quarantine import HeldLine


quarantine = typer.Typer(no_args_is_help=True, help="What was held back, why, and how it comes back.")


@quarantine.command("list")
def quarantine_list(
    code: Annotated[str | None, typer.Option(help="Only this reason, for example time.no_offset.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Also what came back or was waived.")] = False,
    home: Home = None,
    json_: Json = False,
) -> None:
    """What was held back and why; contents are not shown, only what they look like.

    Then the pairs that sent events though nobody announced them, as the last build saw it.
    """
    from pipelines.ingest.quarantine import held_lines, parked_pairs

    with opened_home(home) as opened:
        held = held_lines(opened, code=code, is_open=not all_)
        parked = parked_pairs(opened.settings, code)
        others = [] if held or parked or code is None else held_lines(opened, is_open=not all_)
    if json_:
        console.emit({"rows": [line.as_dict() for line in held], "parked": parked})
        return
    for line in held:
        console.entry(_held_words(line))
    for pair in parked:
        console.entry(_parked_words(pair))
    if parked:
        console.tell(f"    {PARKED_REMEDY}")
    if others:
        codes = ", ".join(sorted({line.code for line in others}))
        console.tell(f"No {'' if all_ else 'open '}line has code {code}; codes in quarantine: {codes}.")
    elif not held and not parked:
        console.tell("Nothing is in quarantine.")


@quarantine.command("show")
def quarantine_show(
    quarantine_id: Annotated[str, typer.Argument(help="An id from `kinkeeper quarantine list`.")],
    home: Home = None,
) -> None:
    """One line as the source sent it, to be mended; it may hold names."""
    from pipelines.ingest.quarantine import held_line, raw_bytes, waived_for

    with opened_home(home) as opened:
        held = held_line(opened, quarantine_id)
        raw = raw_bytes(opened, held)
        why = waived_for(opened, held)
    console.say(_held_words(held))
    if why is not None:
        console.say(f"    waived: {why}")
    sys.stdout.buffer.write(raw.rstrip(b"\r\n") + b"\n")


@quarantine.command("redrive")
def quarantine_redrive(  # noqa: PLR0913, PLR0917  each argument is an option of the command
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of lines.", show_default="all open")] = None,
    code: Annotated[str | None, typer.Option(help="Only this reason.")] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(
            help="Mapping, or preset, the file is read through now.",
            show_default="the inbox's, else as before",
        ),
    ] = None,
    with_: Annotated[
        Path | None,
        typer.Option(
            "--with", help="One line, corrected (for CSV: header and row).", exists=True, dir_okay=False
        ),
    ] = None,
    requested: Annotated[
        bool, typer.Option("--requested", help="What was asked for on the screens, now.")
    ] = False,
    home: Home = None,
    json_: Json = False,
) -> None:
    """Try quarantined lines again, as the mapping, the line or this version now are."""
    from pipelines.ingest.presets import chosen as chosen_mapping
    from pipelines.ingest.quarantine import held_line, held_lines, redrive, redrive_mended

    if requested:
        if ids or code or mapping or with_:
            raise typer.BadParameter(
                "--requested does what was asked for, as it was asked: give nothing else"
            )
        _carry_out_requests(home, json_)
        return
    if code in PARKED:
        raise typer.BadParameter(f"{code} is of pairs, not of lines, and needs no redrive. {PARKED_REMEDY}")
    corrected = _bytes_of(with_) if with_ else None
    chosen = chosen_mapping(str(mapping)) if mapping else None
    with opened_home(home) as opened:
        held = (
            [held_line(opened, item) for item in ids]
            if ids
            else [line for line in held_lines(opened, code=code) if not line.is_of_refused_file]
        )
        if corrected is None:
            receipts = redrive(opened, held, chosen)
        elif len(held) == 1:
            receipts = [redrive_mended(opened, held[0], corrected, chosen)]
        else:
            raise typer.BadParameter("--with takes exactly one id")
    n_back = sum(receipt.accepted + receipt.duplicate for receipt in receipts)
    n_held = sum(receipt.quarantined for receipt in receipts)
    if json_:
        console.emit({"redriven": n_back, "quarantined": n_held})
    else:
        for receipt in receipts:
            for note in receipt.notes:
                console.say(note)
        left = "1 line" if n_back == 1 else f"{n_back} lines"
        console.tell(f"{left} left quarantine, {n_held} {'is' if n_held == 1 else 'are'} still held back.")
    if n_held:
        raise typer.Exit(QUARANTINED)


@quarantine.command("waive")
def quarantine_waive(
    reason: Annotated[str, typer.Option(help="Why nothing is missing without them; it is kept.")],
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of lines.")] = None,
    file_id: Annotated[
        str | None, typer.Option("--file", metavar="FILE_ID", help="All lines of one delivery.")
    ] = None,
    home: Home = None,
    json_: Json = False,
) -> None:
    """Give up lines for a reason: they stay in quarantine and in the counts, but wait for nobody."""
    from pipelines.ingest.quarantine import held_line, lines_of_file, waive

    if bool(ids) == bool(file_id):
        raise typer.BadParameter("give ids of lines, or --file FILE_ID")
    with opened_home(home) as opened:
        held = lines_of_file(opened, file_id) if file_id else [held_line(opened, item) for item in ids or []]
        n_waived = waive(opened, held, reason)
    if json_:
        console.emit({"waived": n_waived})
    else:
        console.tell(f"{n_waived} {'line is' if n_waived == 1 else 'lines are'} waived.")


def _held_words(line: HeldLine) -> str:
    """A line of the quarantine for people: its id first, whole, to be copied."""
    state = "" if line.status == "open" else f" ({line.status})"
    what = f"{line.code} in {line.field}" if line.field else line.code
    place = f"the whole of {line.file_name}" if line.line == 0 else f"{line.file_name}, line {line.line}"
    told = f"{line.quarantine_id}  {what}{state}\n    {place}, {line.seen_at:%Y-%m-%d}: {line.hint}"
    if line.later_file_at is not None and line.status == "open":
        told += (
            f"\n    a later file of this name was accepted on {line.later_file_at:%Y-%m-%d}: if it is this "
            f'one, mended, `kinkeeper quarantine waive --file {line.file_id} --reason "..."`'
        )
    return "".join(one if one.isprintable() or one == "\n" else "�" for one in told)


def _parked_words(pair: dict[str, Any]) -> str:
    """A pair nobody announced, for people; its id is whatever a source wrote."""
    n_events = pair["n_events"]
    events = "1 event waits" if n_events == 1 else f"{n_events:,} events wait"
    name = "".join(one if one.isprintable() else "\ufffd" for one in f"{pair['pair_id']}  {pair['code']}")
    return f"{name}\n    {events}, from {pair['source']}, since {pair['first_recorded_at']:%Y-%m-%d}"


def _carry_out_requests(home: Path | None, json_: bool) -> None:
    from pipelines.ingest.requested import carry_out_requests
    from pipelines.ingest.waiting import carry_out_answers
    from warehouse.database import writer_lock

    settings = home_settings(home)
    with writer_lock(settings.home):
        done = carry_out_requests(settings)
        answered = carry_out_answers(settings)
    if json_:
        requests = [item.as_dict() for item in done]
        console.emit({"requests": requests, "answers": [item.as_dict() for item in answered]})
        return
    for item in done:
        target = item.request.target
        console.tell(f"{item.request.action} {target.kind} {target.key}: {item.outcome}")
    for one in answered:
        console.tell(f"{one.answer.action} {one.answer.waiting_id}: {one.outcome}")
    if not done and not answered:
        console.tell("Nothing was asked for.")


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KinkeeperError(f"{path} cannot be read: {error.strerror}") from None
