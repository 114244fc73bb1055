"""The quarterly impact report: made once, frozen, and the same for ever after."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pipelines import console
from pipelines.commands.options import Home, Json, home_settings, shown

if TYPE_CHECKING:
    from pipelines.quarterly.make import Made


def report(  # noqa: PLR0913, PLR0917  (each is an option of the command)
    quarter: Annotated[str, typer.Option(metavar="Q", help="Quarter that is over, for example 2026Q3.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the files.", show_default="reports in the home folder")
    ] = None,
    audience: Annotated[
        Literal["internal", "sponsor"], typer.Option(help="Sponsors see no single pair.")
    ] = "sponsor",
    program: Annotated[
        list[str] | None,
        typer.Option(
            help="Which program, where the home has several; given twice, both roll up into one report.",
            show_default="the only one",
        ),
    ] = None,
    all_programs: Annotated[
        bool, typer.Option("--all-programs", help="Roll all programs up into one report.")
    ] = False,
    edition: Annotated[
        Literal["current", "new"],
        typer.Option(help="'new' takes in what was learnt since, and lists what changed."),
    ] = "current",
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Fold the log again: does it still tell the same?")
    ] = False,
    home: Home = None,
    json_: Json = False,
) -> None:
    """The impact report of a quarter as HTML, PDF, PPTX and XLSX; frozen, so that it never changes."""
    from pipelines.quarterly.make import make_report
    from pipelines.quarterly.wanted import Wanted
    from pipelines.report.quarters import Quarter
    from warehouse.errors import KinkeeperError

    settings = home_settings(home)
    try:
        chosen = Quarter.parse(quarter)
    except KinkeeperError as error:
        raise typer.BadParameter(str(error), param_hint="--quarter") from None
    if program and all_programs:
        raise typer.BadParameter("name programs or take all, not both", param_hint="--all-programs")
    wanted = Wanted(chosen, audience, tuple(program or ()), all_programs, edition == "new", rebuild)
    with console.progress("Report") as on_step:
        made = make_report(settings, wanted, out, on_step=on_step)
    if json_:
        console.emit(_as_dict(made))
    else:
        _tell(made)
    if made.is_same is False:
        raise typer.Exit(1)


def _as_dict(made: Made) -> dict[str, Any]:
    manifest = made.edition.manifest
    files = [
        {"path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()} for path in made.paths
    ]
    return {
        "files": files,
        "snapshot_hash": manifest.snapshot_hash,
        "quarter": manifest.origin.quarter,
        "edition": manifest.edition,
        "audience": manifest.origin.audience,
        "as_of": manifest.origin.as_of,
        "known_at": manifest.origin.known_at,
        "is_rebuilt_the_same": made.is_same,
    }


def _tell(made: Made) -> None:
    manifest = made.edition.manifest
    origin = manifest.origin
    console.tell(
        f"{origin.quarter}, edition {manifest.edition}, {origin.audience}: as of {origin.as_of}, known at "
        f"{origin.known_at}, snapshot {manifest.snapshot_hash[:12]}"
    )
    for path in made.paths:
        console.tell(f"  {shown(path)}")
    if made.is_same is True:
        console.tell("Rebuilt from the log: the same, byte for byte.")
    elif made.is_same is False:
        console.fail(
            "rebuilt from the log it tells otherwise: the version of Kinkeeper or the log has changed. The "
            "frozen edition stays as it is; `kinkeeper verify` looks at the log"
        )
