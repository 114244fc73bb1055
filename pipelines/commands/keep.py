"""What keeps the facts right: erase, verify, doctor."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines import console
from pipelines.commands.options import (
    Home,
    Json,
    home_settings,
)

if TYPE_CHECKING:
    pass


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
            console.tell("Log, ledger, high-water mark, archive, vault and publication agree.")
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
