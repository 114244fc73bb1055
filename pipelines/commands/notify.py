"""The watchlist on its way to people: notify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines import console
from pipelines.commands.options import Home, Json, home_settings, shown


def notify(  # noqa: PLR0913, PLR0917  each argument is an option of the command
    to: Annotated[list[str] | None, typer.Option(help="Only to this recipient; may be repeated.")] = None,
    names: Annotated[
        bool, typer.Option("--names", help="With names: by e-mail or into a file only.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Also in quiet hours, and a second time a week.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write it to this .html or .txt file; send nothing.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show it; send nothing.")] = False,
    home: Home = None,
    json_: Json = False,
) -> None:
    """Send this week's list to whom KINKEEPER_NOTIFY_* sets up, once a week."""
    from pipelines.notify import send_notices, write_letter

    settings = home_settings(home)
    if out is not None or dry_run:
        letter = write_letter(settings, with_names=names)
        if out is not None:
            out.write_text(letter.html if out.suffix == ".html" else f"{letter.text}\n", "utf-8")
            console.say(f"Written to {shown(out)}.")
        elif json_:
            console.emit({"subject": letter.subject, "text": letter.text})
        else:
            console.OUT.print(letter.text, markup=False, highlight=False, soft_wrap=True)
        return
    with console.progress("Sending"):
        results = send_notices(settings, to=to or (), with_names=names, again=again)
    if json_:
        console.emit(
            {"notices": [{"recipient": sent.recipient, "outcome": sent.outcome} for sent in results]}
        )
    else:
        for sent in results:
            console.tell(f"{sent.recipient}: {sent.outcome}")
        if any(sent.outcome == "unsure" for sent in results):
            console.warn("it was interrupted last time and may have gone out: --again sends it once more")
    if any(sent.is_bad for sent in results):
        raise typer.Exit(1)
