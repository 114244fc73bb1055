"""The `kinkeeper` command: its table of commands, and the one place where failures become words.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but something was quarantined.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Annotated

import typer

from pipelines import console
from pipelines.commands import keep, load, look, risk, serve
from pipelines.commands.accounts import accounts
from pipelines.commands.map import map_
from pipelines.commands.narrative import narrative
from pipelines.commands.notify import notify
from pipelines.commands.people import people
from pipelines.commands.quarantine import quarantine
from pipelines.commands.report import report
from warehouse.errors import KinkeeperError

_MAKE_ROOM = "the disk is full: make room and run this again, nothing that was committed is lost"
_DISK_FAILS = "the disk is full, or it fails: make room, or look at it, and run this again"
_DAMAGED = (
    "a database file is damaged: run `kinkeeper verify`, and if it finds nothing `kinkeeper build --full`"
)
_NO_ACCESS = "a file of the home folder cannot be opened: make the folder writable, or choose another --home"
REMEDIES = {
    "No space left on device": _MAKE_ROOM,
    "database or disk is full": _MAKE_ROOM,
    "disk I/O error": _DISK_FAILS,
    "Corrupt database file": _DAMAGED,
    "Failure while replaying WAL file": _DAMAGED,
    "not a valid DuckDB database file": _DAMAGED,
    "file is not a database": _DAMAGED,
    "unable to open database file": _NO_ACCESS,
    "attempt to write a readonly database": _NO_ACCESS,
    "Permission denied": _NO_ACCESS,
    "Read-only file system": _NO_ACCESS,
}
"""What the system, SQLite and DuckDB say -> what it means and what to do."""

OS_REMEDIES = {
    errno.EACCES: "make it writable for this user, or choose another place",
    errno.EPERM: "make it writable for this user, or choose another place",
    errno.EROFS: "this file system is read-only: choose another place",
    errno.ENOENT: "make that folder first, or choose another place",
    errno.EISDIR: "that is a folder: name a file",
    errno.ENOTDIR: "a part of that path is a file: choose another place",
    errno.EEXIST: "that is a file where a folder is needed: choose another place",
}
"""Why a file or folder cannot be used -> what to do."""

STOPPED = 130
"""Exit code after Ctrl-C."""

app = typer.Typer(
    name="kinkeeper",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def main() -> None:
    """Entry point: expected failures become one line and exit code 1, never a traceback."""
    try:
        app()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        console.say("Stopped.")
        sys.exit(STOPPED)
    except Exception as error:
        if os.environ.get("KINKEEPER_DEBUG") and not isinstance(error, KinkeeperError):
            raise
        console.fail(_in_words(error))
        sys.exit(1)


def _in_words(error: Exception) -> str:
    """One line: what is wrong, and what to do."""
    said = str(error)
    if isinstance(error, OSError) and error.errno in OS_REMEDIES:
        return f"{error.filename}: {OS_REMEDIES[error.errno]} ({error.strerror})"
    for trouble, remedy in REMEDIES.items():
        if trouble in said:
            return f"{remedy} ({said.splitlines()[0]})"
    if isinstance(error, KinkeeperError):
        return said
    return f"unexpected {type(error).__name__}: {' '.join(said.split())}. KINKEEPER_DEBUG=1 shows where"


def _print_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        console.tell(f"Kinkeeper {version('kinkeeper')}")
        raise typer.Exit


@app.callback()
def every_call(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Keeps mentoring relationships alive: which pairs need you, why, and what to do next."""


for command in (
    load.demo,
    load.sample,
    load.ingest,
    load.build,
    look.watchlist,
    look.diff,
    look.export,
    notify,
    report,
    risk.backtest,
    keep.erase,
    keep.backup,
    keep.restore,
    keep.verify,
    keep.doctor,
    serve.serve,
    serve.dev,
):
    app.command()(command)
app.command("map")(map_)
app.add_typer(narrative, name="narrative")
app.add_typer(quarantine, name="quarantine")
app.add_typer(people, name="people")
app.add_typer(accounts, name="accounts")
app.add_typer(risk.model, name="model")


if __name__ == "__main__":
    main()
