"""From files to published tables: demo, sample, ingest, build."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines import console
from pipelines.commands.options import (
    DEFAULT_PORT,
    QUARANTINED,
    AsOf,
    DemoHome,
    Home,
    Json,
    KnownAt,
    Port,
    command_line,
    day,
    friendly,
    home_settings,
    instant,
    known_zone,
    moment,
    sample_settings,
    shown,
    typed,
    warn_of_future,
)

if TYPE_CHECKING:
    from pipelines.ingest.drops import FileResult
    from warehouse.publish import Publication
    from warehouse.settings import Settings


class DateOrder(StrEnum):
    """How a tool writes dates."""

    DMY = "dmy"
    MDY = "mdy"
    YMD = "ymd"


class Encoding(StrEnum):
    """Encodings of older spreadsheets; what is Unicode is recognised."""

    WINDOWS_1252 = "windows-1252"
    ISO_8859_1 = "iso-8859-1"
    ISO_8859_15 = "iso-8859-15"


def demo(
    home: DemoHome = None,
    serve_: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Serve the dashboards at the end.")
    ] = True,
    port: Port = DEFAULT_PORT,
) -> None:
    """Sample program, ingest, build, publish, serve: the whole main path in one go."""
    from pipelines.demo import prepare_demo
    from pipelines.serve import Doors, serve_dashboards

    settings = sample_settings(home)
    prepare_demo(settings, say=console.say)
    if serve_:
        serve_dashboards(settings, Doors(port, with_names=True), console.say)
    else:
        console.say(f"Next: {command_line(settings, 'serve --names')}")


def sample(
    home: DemoHome = None,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="Last day of events.", show_default="yesterday")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed is another program.")] = 7,
    json_: Json = False,
) -> None:
    """Write the synthetic sample program into the inbox; nothing is ingested yet."""
    from pipelines.demo import place_sample

    settings = sample_settings(home)
    summary = place_sample(settings, day(until, "--until") if until else None, seed=seed)
    if json_:
        console.emit(
            {
                "files": [str(path) for path in summary.files],
                "pairs": summary.n_pairs,
                "events": summary.n_events,
            }
        )
    else:
        console.tell(
            f"{summary.n_pairs} synthetic pairs, {summary.n_people} people, {summary.n_events:,} events "
            f"from {summary.first_on} to {summary.last_on} in {len(summary.files)} files."
        )
        console.say(f"Next: {command_line(settings, f'ingest {typed(settings.inbox)}')}")


def ingest(  # noqa: PLR0913, PLR0917  each argument is an option of the command
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders of them.", exists=True)],
    source: Annotated[
        str | None, typer.Option(help="Who the events are from, where the file does not say.")
    ] = None,
    mapping: Annotated[
        str | None,
        typer.Option(help="TOML mapping of foreign columns, or a preset such as zoom or qualtrics."),
    ] = None,
    zone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="Time zone of the times in the file.")
    ] = None,
    date_order: Annotated[
        DateOrder | None, typer.Option(help="How the file writes 3 April: dmy or mdy.")
    ] = None,
    encoding: Annotated[
        Encoding | None, typer.Option(help="How the file is encoded, where it is not Unicode.")
    ] = None,
    home: Home = None,
    json_: Json = False,
) -> None:
    """Read files into the event log; what cannot be an event is quarantined with its reason."""
    from pipelines.ingest import ingest_into_home

    settings = home_settings(home)
    declared = {
        "zone": zone and known_zone(zone, "--zone"),
        "date_order": date_order and date_order.value,
        "encoding": encoding and encoding.value,
    }
    with console.progress("Ingesting") as step:
        results, n_events = ingest_into_home(
            settings,
            paths,
            mapping=mapping,
            source=source,
            declared={name: value for name, value in declared.items() if value},
            on_file=step,
        )
    if json_:
        console.emit({"files": [_file_row(result) for result in results], "events_in_log": n_events})
    else:
        _print_files(settings, results, n_events)
        if n_events:
            console.say(f"Next: {command_line(settings, 'build')}")
    turned_away = [result for result in results if result.sha256 is None]
    for result in turned_away:
        console.fail(f"{shown(Path(result.path))}: {'; '.join(result.notes)}")
    if turned_away:
        raise typer.Exit(1)
    if any(result.quarantined for result in results):
        raise typer.Exit(QUARANTINED)


def build(
    as_of: AsOf = None,
    known_at: KnownAt = None,
    full: Annotated[bool, typer.Option("--full", help="Throw the derived tables away first.")] = False,
    beside: Annotated[
        bool, typer.Option("--beside", help="Publish a past day beside the current one, for who asks for it.")
    ] = False,
    home: Home = None,
    json_: Json = False,
) -> None:
    """Fold the log into tables, judge every pair, check, and publish for the dashboards."""
    if beside:
        _build_beside(home_settings(home), as_of, known_at, is_json=json_)
        return
    from pipelines.build import build_home
    from pipelines.quarterly.requests import make_requested

    settings = home_settings(home)
    instants = moment(settings, as_of, "--as-of"), moment(settings, known_at, "--known-at")
    warn_of_future(instants[0])
    with console.progress("Building") as step:
        made = build_home(
            settings,
            as_of=instants[0],
            known_at=instants[1],
            is_full=full,
            raises_alerts=instants == (None, None),
            on_step=step,
        )
        reports = make_requested(settings, on_step=step)
    publication = made.publication
    for report in reports:
        origin, number = report.edition.manifest.origin, report.edition.manifest.edition
        console.say(f"Report of {origin.quarter}, {origin.audience}: edition {number}")
    if json_:
        console.emit(_build_json(publication))
        return
    for check in made.checks:
        if not check.is_ok:
            console.warn(check.message)
    if made.n_hidden:
        console.warn(
            f"{made.n_hidden:,} events had happened by then but were recorded only after "
            f"{friendly(publication.known_at)}: a later --known-at includes them"
        )
    n_pairs, n_listed = (publication.tables.get(f"mart.{name}", 0) for name in ("pair", "watchlist"))
    pairs = console.plural(n_pairs, "pair")
    console.tell(
        f"Published {publication.build_id}: {pairs}, {n_listed:,} on the watchlist, "
        f"as of {friendly(publication.as_of)}."
    )
    console.say(f"Next: {command_line(settings, 'watchlist')}, or {command_line(settings, 'serve')}")


def _build_beside(settings: Settings, as_of: str | None, known_at: str | None, *, is_json: bool) -> None:
    """A past day for the screens; the current publication stays as it is."""
    from pipelines.past import build_past

    if as_of is None:
        raise typer.BadParameter("say which day with --as-of", param_hint="--beside")
    seen = instant(settings, as_of, "--as-of")
    with console.progress("Building") as step:
        made = build_past(settings, seen, moment(settings, known_at, "--known-at") or seen, on_step=step)
    if is_json:
        console.emit(_build_json(made))
        return
    console.tell(
        f"Published {made.build_id} beside the current publication: as of {friendly(made.as_of)}, "
        f"known at {friendly(made.known_at)}."
    )


def _build_json(publication: Publication) -> dict[str, Any]:
    return {
        "build_id": publication.build_id,
        "as_of": publication.as_of,
        "known_at": publication.known_at,
        "policy_fingerprint": publication.policy_fingerprint,
        "mart_hash": publication.mart_hash,
        "tables": publication.tables,
    }


def _file_row(result: FileResult) -> dict[str, Any]:
    return {
        "path": result.path,
        "sha256": result.sha256,
        "status": result.status,
        "lines_in": result.lines_in,
        "accepted": result.accepted,
        "duplicate": result.duplicate,
        "quarantined": result.quarantined,
    }


def _print_files(settings: Settings, results: list[FileResult], n_events: int) -> None:
    if not results:
        console.tell("No file waits there: nothing was ingested.")
        return
    listing = console.table("File", "Status", "#Lines", "#Accepted", "#Duplicate", "#Quarantined", "Note")
    for result in results:
        counts = (result.lines_in, result.accepted, result.duplicate, result.quarantined)
        listing.add_row(
            Path(result.path).name,
            result.status,
            *(f"{count:,}" for count in counts),
            "; ".join(result.notes),
        )
    console.OUT.print(listing)
    console.tell(f"\n{console.plural(n_events, 'event')} in the log.")
    if any(result.quarantined for result in results):
        listed = command_line(settings, "quarantine list")
        console.tell(f"Quarantined rows are kept with their reasons: {listed} shows them.")
