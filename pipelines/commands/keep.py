"""What keeps the facts right: erase, backup, restore, verify, doctor."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipelines import console
from pipelines.commands.options import (
    Home,
    Json,
    command_line,
    friendly,
    home_settings,
    shown,
    typed,
)


def erase(
    person: Annotated[str, typer.Argument(help="An address, a source's id of them, or a person id.")],
    reason: Annotated[str, typer.Option(help="A short code without names.")] = "requested",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
    home: Home = None,
    json_: Json = False,
) -> None:
    """Forget a person for ever: names, addresses, ids and landed lines; counts and history stay true."""
    from pipelines.erase import erase as forget

    settings = home_settings(home)
    if not yes and sys.stdin.isatty():
        typer.confirm("This cannot be undone. Forget this person?", abort=True, err=True)
    with console.progress("Erasing") as step:
        erased = forget(settings, person, reason, on_step=step)
    if json_:
        console.emit(erased.as_dict())
        return
    console.OUT.print(
        f"{erased.person_id} names nobody any more: {erased.n_rows:,} landed lines in "
        f"{erased.n_deliveries:,} files are gone, {erased.n_emptied:,} of them as a whole."
    )
    if erased.n_waiting:
        console.say(f"{erased.n_waiting:,} files wait in the inbox: lines about this person will be refused.")
    console.say("Exports, reports and backups made before still name them: delete these too.")


def backup(
    path: Annotated[Path, typer.Argument(help="The file to write, for example kinkeeper-2026-11-26.tar.")],
    home: Home = None,
    json_: Json = False,
) -> None:
    """One file with every fact of the home: log, vault, landed files, reports, policy."""
    from pipelines.backup import back_up

    settings = home_settings(home)
    with console.progress("Backing up") as step:
        made = back_up(settings, path, on_step=step)
    if json_:
        console.emit(made.as_dict())
        return
    console.tell(f"{made.n_files:,} files, {made.n_bytes / 1e6:,.1f} MB in {shown(path)}.")
    console.say("It holds names and keys: keep it as safe as the home itself.")
    console.say(
        f"Next: kinkeeper restore {typed(path)} --home ANOTHER-FOLDER shows that it can be relied on."
    )


def restore(
    path: Annotated[
        Path, typer.Argument(help="A file that `kinkeeper backup` wrote.", exists=True, dir_okay=False)
    ],
    home: Home = None,
    erasures: Annotated[
        Path | None,
        typer.Option(
            help="erasures.txt of the newer home: whoever it lists is erased again.", dir_okay=False
        ),
    ] = None,
    json_: Json = False,
) -> None:
    """Bring a backup back into an empty folder, checked byte by byte."""
    from pipelines.backup import restore as bring_back

    settings = home_settings(home)
    with console.progress("Restoring") as step:
        restored = bring_back(path, settings.home, erasures=erasures, on_step=step)
    if json_:
        console.emit(restored.as_dict())
        return
    console.tell(
        f"{restored.n_files:,} files of {friendly(restored.made_at)} are back in {shown(settings.home)}."
    )
    if erasures is None:
        console.say(
            "Were people erased since? The newer home lists their ids in erasures.txt: --erasures takes it."
        )
    else:
        console.tell(f"{restored.n_erased_again:,} people were erased again.")
    console.say(f"Next: {command_line(settings, 'build')}")


def verify(home: Home = None, json_: Json = False) -> None:
    """Derive again what can be, read every landed file, compare; name the first that disagrees."""
    from warehouse.verify import verify as find_problems

    problems = find_problems(home_settings(home))
    if json_:
        console.emit({"ok": not problems, "problems": problems})
    else:
        for problem in problems:
            console.fail(problem)
        if not problems:
            console.tell("Log, ledger, high-water mark, archive, vault, publication and reports agree.")
    if problems:
        raise typer.Exit(1)


def doctor(home: Home = None, json_: Json = False) -> None:
    """Look at this machine and this home: what works, what does not, and how to mend it."""
    from rich.text import Text

    from pipelines.doctor import examine

    findings = examine(home)
    if json_:
        console.emit(
            {"ok": all(item.is_ok for item in findings), "findings": [item.as_dict() for item in findings]}
        )
    else:
        listing = console.table("", "What", "Found", "Do")
        for item in findings:
            mark = Text("ok", "green") if item.is_ok else Text("look", "yellow")
            listing.add_row(mark, item.what, item.found, console.typeable(item.remedy))
        console.OUT.print(listing)
    if not all(item.is_ok for item in findings):
        raise typer.Exit(1)
