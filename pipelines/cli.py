"""The `kinkeeper` command. Each command is thin: it reads its options, calls one room and prints.

Nothing heavy is imported here, so that `--help` answers at once: commands import what they need.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but something was quarantined.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines import console
from warehouse.errors import KinkeeperError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from pipelines.ingest.drops import FileResult
    from pipelines.ingest.home import OpenHome
    from warehouse.settings import Settings

_MAKE_ROOM = "the disk is full: make room and run this again, nothing that was committed is lost"
_DAMAGED = (
    "a database file is damaged: run `kinkeeper verify`, and if it finds nothing `kinkeeper build --full`"
)
REMEDIES = {
    "No space left on device": _MAKE_ROOM,
    "database or disk is full": _MAKE_ROOM,
    "Corrupt database file": _DAMAGED,
    "Failure while replaying WAL file": _DAMAGED,
}
"""What the system, SQLite and DuckDB say -> what it means and what to do."""

QUARANTINED = 3
DEFAULT_PORT = 8050

app = typer.Typer(
    name="kinkeeper",
    help="Keeps mentoring relationships alive: which pairs need you, why, and what to do next.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

quarantine = typer.Typer(no_args_is_help=True, help="What was held back, why, and how it comes back.")
app.add_typer(quarantine, name="quarantine")

Home = Annotated[
    Path | None,
    typer.Option("--home", help="Home folder of the data.", show_default="KINKEEPER_HOME, else var"),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="T", help="A date (its end, in the program's zone) or an instant with offset."
    ),
]
KnownAt = Annotated[
    str | None,
    typer.Option("--known-at", metavar="T", help="Only what was recorded by then.", show_default="as-of"),
]
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port on 127.0.0.1.")]


def main() -> None:
    """Entry point: expected failures become one line and exit code 1, never a traceback."""
    try:
        app()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("KINKEEPER_DEBUG") and not isinstance(error, KinkeeperError):
            raise
        console.fail(_in_words(error))
        sys.exit(1)


def _in_words(error: Exception) -> str:
    """One line: what is wrong, and what to do."""
    said = str(error)
    for trouble, remedy in REMEDIES.items():
        if trouble in said:
            return f"{remedy} ({said.splitlines()[0]})"
    if isinstance(error, KinkeeperError):
        return said
    return f"unexpected {type(error).__name__}: {' '.join(said.split())}. KINKEEPER_DEBUG=1 shows where"


@app.command()
def demo(
    home: Home = None,
    serve_: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Serve the dashboards at the end.")
    ] = True,
    port: Port = DEFAULT_PORT,
) -> None:
    """Sample program, ingest, build, publish, serve: the whole main path in one go."""
    from pipelines.demo import prepare_demo
    from pipelines.serve import serve_dashboards

    settings = _settings(home)
    prepare_demo(settings, say=console.say)
    if serve_:
        serve_dashboards(settings, port=port, with_names=True)
    else:
        console.say(f"Next: [bold]kinkeeper serve --home {_shown(settings.home)}[/]")


@app.command()
def sample(
    home: Home = None,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="Last day of events.", show_default="yesterday")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed is another program.")] = 7,
    json_: Json = False,
) -> None:
    """Write the synthetic sample program into the inbox; nothing is ingested yet."""
    from pipelines.demo import yesterday
    from pipelines.sample import write_sample
    from warehouse.clock import parse_date, system_clock

    settings = _settings(home)
    last_day = parse_date(until, field="--until") if until else yesterday(system_clock)
    summary = write_sample(settings.inbox, until=last_day, seed=seed)
    if json_:
        console.emit(
            {
                "files": [str(path) for path in summary.files],
                "pairs": summary.n_pairs,
                "events": summary.n_events,
            }
        )
    else:
        console.OUT.print(
            f"{summary.n_pairs} synthetic pairs, {summary.n_people} people, {summary.n_events:,} events "
            f"from {summary.first_on} to {summary.last_on} in {len(summary.files)} files.\n"
            f"Next: kinkeeper ingest {_shown(settings.inbox)} --home {_shown(settings.home)}"
        )


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders of them.", exists=True)],
    source: Annotated[
        str | None, typer.Option(help="Who the events are from, where the file does not say.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="TOML mapping of foreign columns.", exists=True, dir_okay=False)
    ] = None,
    home: Home = None,
    json_: Json = False,
) -> None:
    """Read files into the event log; what cannot be an event is quarantined with its reason."""
    from pipelines.ingest import ingest_into_home

    settings = _settings(home)
    with console.progress("Ingesting") as step:
        results, n_events = ingest_into_home(settings, paths, mapping=mapping, source=source, on_file=step)
    if json_:
        console.emit({"files": [_file_row(result) for result in results], "events_in_log": n_events})
    else:
        _print_files(results, n_events)
    turned_away = [result for result in results if result.sha256 is None]
    for result in turned_away:
        console.fail(f"{_shown(Path(result.path))}: {'; '.join(result.notes)}")
    if turned_away:
        raise typer.Exit(1)
    if any(result.quarantined for result in results):
        raise typer.Exit(QUARANTINED)


@app.command()
def build(
    as_of: AsOf = None,
    known_at: KnownAt = None,
    full: Annotated[bool, typer.Option("--full", help="Throw the derived tables away first.")] = False,
    home: Home = None,
    json_: Json = False,
) -> None:
    """Fold the log into tables, judge every pair, check, and publish for the dashboards."""
    from pipelines.build import build_home

    settings = _settings(home)
    with console.progress("Building") as step:
        made = build_home(
            settings,
            as_of=_moment(settings, as_of, "--as-of"),
            known_at=_moment(settings, known_at, "--known-at"),
            is_full=full,
            on_step=step,
        )
    publication = made.publication
    if json_:
        console.emit(
            {
                "build_id": publication.build_id,
                "as_of": publication.as_of,
                "known_at": publication.known_at,
                "policy_fingerprint": publication.policy_fingerprint,
                "mart_hash": publication.mart_hash,
                "tables": publication.tables,
            }
        )
        return
    for check in made.checks:
        if not check.is_ok:
            console.say(
                f"[yellow]warning:[/] {check.table_name}: {check.rule}: {check.n_failed} of {check.n_checked}"
            )
    if made.n_hidden:
        console.say(
            f"[yellow]note:[/] {made.n_hidden:,} events had happened but were recorded only after known-at; "
            "`--known-at` with a later instant includes them"
        )
    console.OUT.print(
        f"Published [bold]{publication.build_id}[/]: {publication.tables.get('mart.pair', 0):,} pairs, "
        f"{publication.tables.get('mart.watchlist', 0):,} on the watchlist, "
        f"as of {_friendly(publication.as_of)}."
    )


@app.command()
def watchlist(
    as_of: AsOf = None,
    known_at: KnownAt = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Rows at most.", show_default="attention_budget")
    ] = None,
    home: Home = None,
    json_: Json = False,
) -> None:
    """Which pairs need you, why, and what to do next; as of now, or as of any past instant."""
    from pipelines.watchlist import read_watchlist

    settings = _settings(home)
    found = read_watchlist(
        settings,
        as_of=_moment(settings, as_of, "--as-of"),
        known_at=_moment(settings, known_at, "--known-at"),
        limit=limit,
    )
    if json_:
        console.emit({"as_of": found.as_of, "known_at": found.known_at, "rows": found.rows})
        return
    if not found.rows:
        console.OUT.print(f"Nobody needs you as of {_friendly(found.as_of)}.")
        return
    listing = console.table("#", "Pair", "Band", "#Silent", "Why", "Do next")
    for number, row in enumerate(found.rows, 1):
        silent = "" if row["silence_days"] is None else f"{row['silence_days']:.0f} d"
        listing.add_row(
            str(number),
            row["pair_id"],
            found.band_words[row["band"]],
            silent,
            row["reason"],
            row["next_step"],
        )
    console.OUT.print(
        f"[bold]{len(found.rows)} of {found.n_all} pairs that need a look[/], "
        f"as of {_friendly(found.as_of)}\n"
    )
    console.OUT.print(listing)


@app.command()
def diff(
    known_at: Annotated[
        list[str], typer.Option("--known-at", metavar="T", help="Twice: what was known then, and later.")
    ],
    as_of: AsOf = None,
    home: Home = None,
    json_: Json = False,
) -> None:
    """What we learnt later: what a past day looked like then, and what it looks like now."""
    from pipelines.diff import as_dict, learnt_between

    if len(known_at) != 2:
        raise typer.BadParameter("give --known-at twice: the earlier and the later instant")
    settings = _settings(home)
    before, after = (_instant(settings, text, "--known-at") for text in known_at)
    found = learnt_between(settings, before, after, _moment(settings, as_of, "--as-of"))
    if json_:
        console.emit(
            {
                "as_of": found.run.as_of.isoformat(),
                "known_at": [before.isoformat(), after.isoformat()],
                "events_learnt": found.n_events_learnt,
                "rows": [as_dict(change) for change in found.changes],
            }
        )
        return
    listing = console.table("Pair", "What", "Then", "Now", "#Events")
    for change in found.changes:
        listing.add_row(
            change.pair_id,
            change.column,
            change.before or "-",
            change.after or "-",
            str(change.n_events_learnt),
        )
    n_pairs = len({change.pair_id for change in found.changes})
    console.OUT.print(f"{found.n_events_learnt:,} events learnt later, {n_pairs} pairs look otherwise.\n")
    if found.changes:
        console.OUT.print(listing)


@app.command()
def export(
    table: Annotated[str, typer.Argument(help="A published table, for example mart.pair.")],
    out: Annotated[Path | None, typer.Option(help="Write CSV to this file.", show_default="stdout")] = None,
    home: Home = None,
    json_: Json = False,
) -> None:
    """A published table as CSV, safe to open in a spreadsheet."""
    from pipelines.export import export_table

    settings = _settings(home)
    if json_:
        console.emit(export_table(settings, table))
        return
    from pipelines.export import write_csv

    with out.open("w", newline="", encoding="utf-8") if out else contextlib.nullcontext(sys.stdout) as target:
        n_rows = write_csv(settings, table, target)
    console.say(f"{n_rows:,} rows of {table}" + (f" in {out}" if out else ""))


@quarantine.command("list")
def quarantine_list(
    code: Annotated[str | None, typer.Option(help="Only this reason, for example time.no_offset.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Also what came back already.")] = False,
    home: Home = None,
    json_: Json = False,
) -> None:
    """What was held back and why; contents are not shown."""
    from pipelines.ingest.quarantine import held_lines

    with _open_home(home) as opened:
        held = held_lines(opened, code=code, is_open=not all_)
    if json_:
        console.emit({"rows": [line.as_dict() for line in held]})
        return
    listing = console.table("Id", "File", "#Line", "Reason", "Field", "What to do")
    for line in held:
        listing.add_row(
            line.quarantine_id, line.file_name, str(line.line), line.code, line.field or "", line.hint
        )
    console.OUT.print(listing if held else "Nothing is in quarantine.")


@quarantine.command("show")
def quarantine_show(
    quarantine_id: Annotated[str, typer.Argument(help="An id from `kinkeeper quarantine list`.")],
    home: Home = None,
) -> None:
    """One line as the source sent it, to be mended; it may hold names."""
    from pipelines.ingest.quarantine import held_line, raw_bytes

    with _open_home(home) as opened:
        held = held_line(opened, quarantine_id)
        raw = raw_bytes(opened, held)
    console.say(f"{held.file_name}, line {held.line}: {held.code}: {held.hint}")
    sys.stdout.buffer.write(raw.rstrip(b"\r\n") + b"\n")


@quarantine.command("redrive")
def quarantine_redrive(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of lines.", show_default="all open")] = None,
    code: Annotated[str | None, typer.Option(help="Only this reason.")] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="Mapping the file is read through now.", exists=True, dir_okay=False)
    ] = None,
    with_: Annotated[
        Path | None,
        typer.Option("--with", help="One line, corrected (for CSV: header and row).", exists=True),
    ] = None,
    home: Home = None,
    json_: Json = False,
) -> None:
    """Try quarantined lines again, as the mapping, the line or this version now are."""
    from pipelines.ingest.mapping import load_mapping
    from pipelines.ingest.quarantine import held_line, held_lines, redrive, redrive_mended

    chosen = load_mapping(mapping) if mapping else None
    with _open_home(home) as opened:
        held = (
            [held_line(opened, item) for item in ids]
            if ids
            else [line for line in held_lines(opened, code=code) if not line.is_of_refused_file]
        )
        if with_ is not None and len(held) != 1:
            raise typer.BadParameter("--with takes exactly one id")
        receipts = (
            [redrive_mended(opened, held[0], with_, chosen)] if with_ else redrive(opened, held, chosen)
        )
    n_back = sum(receipt.accepted + receipt.duplicate for receipt in receipts)
    n_held = sum(receipt.quarantined for receipt in receipts)
    if json_:
        console.emit({"redriven": n_back, "quarantined": n_held})
    else:
        console.OUT.print(f"{n_back} lines left quarantine, {n_held} are still held back.")
    if n_held:
        raise typer.Exit(QUARANTINED)


@app.command()
def verify(home: Home = None, json_: Json = False) -> None:
    """Re-derive the log's hash chain, ledger sums and published tables; name the first that disagrees."""
    from warehouse.verify import verify as find_problems

    problems = find_problems(_settings(home))
    if json_:
        console.emit({"ok": not problems, "problems": problems})
    else:
        for problem in problems:
            console.fail(problem)
        if not problems:
            console.OUT.print("Log, ledger, high-water mark and publication agree.")
    if problems:
        raise typer.Exit(1)


@app.command()
def doctor(home: Home = None, json_: Json = False) -> None:
    """Look at this machine and this home: what works, what does not, and how to mend it."""
    from pipelines.doctor import examine

    findings = examine(home)
    if json_:
        console.emit(
            {"ok": all(item.is_ok for item in findings), "findings": [item.as_dict() for item in findings]}
        )
    else:
        listing = console.table("", "What", "Found", "Do")
        for item in findings:
            mark = "[green]ok[/]" if item.is_ok else "[yellow]look[/]"
            listing.add_row(mark, item.what, item.found, item.remedy)
        console.OUT.print(listing)
    if not all(item.is_ok for item in findings):
        raise typer.Exit(1)


@app.command()
def serve(
    home: Home = None,
    port: Port = DEFAULT_PORT,
    names: Annotated[
        bool, typer.Option("--names", help="Show people's names instead of pseudonyms.")
    ] = False,
) -> None:
    """Serve the dashboards on 127.0.0.1; there are no accounts yet, so on this machine only."""
    from pipelines.serve import serve_dashboards

    serve_dashboards(_settings(home), port=port, with_names=names)


@app.command()
def dev(home: Home = None, port: Port = 3000) -> None:
    """Dagster's webserver and daemon on 127.0.0.1: assets, checks, the inbox sensor, the schedule."""
    from pipelines.serve import serve_dagster

    serve_dagster(_settings(home), port=port)


def _settings(home: Path | None) -> Settings:
    from warehouse.settings import load_settings

    return load_settings(home)


@contextlib.contextmanager
def _open_home(home: Path | None) -> Iterator[OpenHome]:
    from pipelines.ingest.home import open_home
    from warehouse.database import writer_lock

    settings = _settings(home)
    if not settings.log_file.exists():
        raise KinkeeperError(f"{settings.home} holds no events yet: run `kinkeeper ingest PATH` first")
    with writer_lock(settings.home), open_home(settings) as opened:
        yield opened


def _moment(settings: Settings, text: str | None, option: str) -> dt.datetime | None:
    return _instant(settings, text, option) if text else None


def _instant(settings: Settings, text: str, option: str) -> dt.datetime:
    from warehouse.clock import end_of_day_or_instant

    return end_of_day_or_instant(text, settings.policy.time_zone, field=option)


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


def _print_files(results: list[FileResult], n_events: int) -> None:
    if not results:
        console.OUT.print("No file waits there: nothing was ingested.")
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
    console.OUT.print(f"\n{n_events:,} events in the log.")
    if any(result.quarantined for result in results):
        console.OUT.print("Quarantined rows are kept with their reasons: see the data quality screen.")


def _friendly(instant: str) -> str:
    """An ISO instant as people read it: 24 Nov 2026, 07:26 UTC."""
    import datetime as dt

    return f"{dt.datetime.fromisoformat(instant):%-d %b %Y, %H:%M} UTC"


def _shown(path: Path) -> str:
    """A path as a person would type it: relative to the working directory where that is shorter."""
    with contextlib.suppress(ValueError):
        return str(path.absolute().relative_to(Path.cwd()))
    return str(path)


if __name__ == "__main__":
    main()
