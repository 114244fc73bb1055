"""The `kinkeeper` command. Each command is thin: it reads its options, calls one room and prints.

Nothing heavy is imported here, so that `--help` answers at once: commands import what they need.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but something was quarantined.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines import console
from warehouse.errors import EventRejected, KinkeeperError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from pipelines.ingest.drops import FileResult
    from pipelines.ingest.home import OpenHome
    from pipelines.ingest.quarantine import HeldLine
    from pipelines.watchlist import Watchlist
    from warehouse.settings import Settings

_MAKE_ROOM = "the disk is full: make room and run this again, nothing that was committed is lost"
_DAMAGED = (
    "a database file is damaged: run `kinkeeper verify`, and if it finds nothing `kinkeeper build --full`"
)
_NO_ACCESS = "a file of the home folder cannot be opened: make the folder writable, or choose another --home"
REMEDIES = {
    "No space left on device": _MAKE_ROOM,
    "database or disk is full": _MAKE_ROOM,
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

QUARANTINED = 3
STOPPED = 130
DEFAULT_PORT = 8050
MAX_ROWS = 1_000_000

app = typer.Typer(
    name="kinkeeper",
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
DemoHome = Annotated[
    Path | None,
    typer.Option("--home", help="Home folder of the sample.", show_default="demo in the home folder"),
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


@app.command()
def demo(
    home: DemoHome = None,
    serve_: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Serve the dashboards at the end.")
    ] = True,
    port: Port = DEFAULT_PORT,
) -> None:
    """Sample program, ingest, build, publish, serve: the whole main path in one go."""
    from pipelines.demo import prepare_demo
    from pipelines.serve import serve_dashboards

    settings = _sample_settings(home)
    prepare_demo(settings, say=console.say)
    if serve_:
        serve_dashboards(settings, port=port, with_names=True, say=console.say)
    else:
        console.say(f"Next: {_command(settings, 'serve --names')}")


@app.command()
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

    settings = _sample_settings(home)
    summary = place_sample(settings, _day(until, "--until") if until else None, seed=seed)
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
        console.say(f"Next: {_command(settings, f'ingest {_typed(settings.inbox)}')}")


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
        if n_events:
            console.say(f"Next: {_command(settings, 'build')}")
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
    instants = _moment(settings, as_of, "--as-of"), _moment(settings, known_at, "--known-at")
    _warn_of_future(instants[0])
    with console.progress("Building") as step:
        made = build_home(
            settings,
            as_of=instants[0],
            known_at=instants[1],
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
            console.warn(check.message)
    if made.n_hidden:
        console.warn(
            f"{made.n_hidden:,} events had happened by then but were recorded only after "
            f"{_friendly(publication.known_at)}: a later --known-at includes them"
        )
    n_pairs, n_listed = (publication.tables.get(f"mart.{name}", 0) for name in ("pair", "watchlist"))
    console.tell(
        f"Published {publication.build_id}: {n_pairs:,} pairs, {n_listed:,} on the watchlist, "
        f"as of {_friendly(publication.as_of)}."
    )
    console.say(f"Next: {_command(settings, 'watchlist')}, or {_command(settings, 'serve')}")


@app.command()
def watchlist(
    as_of: AsOf = None,
    known_at: KnownAt = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, max=MAX_ROWS, help="Pairs at most.", show_default="attention_budget"),
    ] = None,
    home: Home = None,
    json_: Json = False,
) -> None:
    """Which pairs need you, why, and what to do next; as of now, or as of any past instant."""
    from pipelines.watchlist import read_watchlist

    settings = _settings(home)
    instants = _moment(settings, as_of, "--as-of"), _moment(settings, known_at, "--known-at")
    _warn_of_future(instants[0])
    found = read_watchlist(settings, as_of=instants[0], known_at=instants[1], limit=limit)
    if found.sight.n_unjudged:
        console.warn(f"{found.sight.n_unjudged} pairs cannot be judged: {found.sight.why_unjudged}")
    if json_:
        console.emit({"as_of": found.as_of, "known_at": found.known_at, "rows": found.rows})
    elif found.rows:
        _print_watchlist(found)
    else:
        console.tell(f"{found.sight.calm}, as of {_friendly(found.as_of)}.")


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
    console.tell(f"{found.n_events_learnt:,} events learnt later, {n_pairs} pairs look otherwise.\n")
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
    all_: Annotated[bool, typer.Option("--all", help="Also what came back or was waived.")] = False,
    home: Home = None,
    json_: Json = False,
) -> None:
    """What was held back and why; contents are not shown, only what they look like."""
    from pipelines.ingest.quarantine import held_lines

    with _open_home(home) as opened:
        held = held_lines(opened, code=code, is_open=not all_)
        others = [] if held or code is None else held_lines(opened, is_open=not all_)
    if json_:
        console.emit({"rows": [line.as_dict() for line in held]})
        return
    for line in held:
        console.tell(_held_words(line))
    if others:
        codes = ", ".join(sorted({line.code for line in others}))
        console.tell(f"No {'' if all_ else 'open '}line has code {code}; codes in quarantine: {codes}.")
    elif not held:
        console.tell("Nothing is in quarantine.")


@quarantine.command("show")
def quarantine_show(
    quarantine_id: Annotated[str, typer.Argument(help="An id from `kinkeeper quarantine list`.")],
    home: Home = None,
) -> None:
    """One line as the source sent it, to be mended; it may hold names."""
    from pipelines.ingest.quarantine import held_line, raw_bytes, waived_for

    with _open_home(home) as opened:
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
            help="Mapping the file is read through now.",
            show_default="the inbox's, else as before",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    with_: Annotated[
        Path | None,
        typer.Option(
            "--with", help="One line, corrected (for CSV: header and row).", exists=True, dir_okay=False
        ),
    ] = None,
    requested: Annotated[
        bool, typer.Option("--requested", help="What was asked for on the data quality screen, now.")
    ] = False,
    home: Home = None,
    json_: Json = False,
) -> None:
    """Try quarantined lines again, as the mapping, the line or this version now are."""
    from pipelines.ingest.mapping import load_mapping
    from pipelines.ingest.quarantine import held_line, held_lines, redrive, redrive_mended

    if requested:
        if ids or code or mapping or with_:
            raise typer.BadParameter(
                "--requested does what was asked for, as it was asked: give nothing else"
            )
        _carry_out_requests(home, json_)
        return
    corrected = _bytes_of(with_) if with_ else None
    chosen = load_mapping(mapping) if mapping else None
    with _open_home(home) as opened:
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
    with _open_home(home) as opened:
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


def _carry_out_requests(home: Path | None, json_: bool) -> None:
    from pipelines.ingest.requested import carry_out_requests
    from warehouse.database import writer_lock

    settings = _settings(home)
    with writer_lock(settings.home):
        done = carry_out_requests(settings)
    if json_:
        console.emit({"requests": [item.as_dict() for item in done]})
        return
    for item in done:
        target = item.request.target
        console.tell(f"{item.request.action} {target.kind} {target.key}: {item.outcome}")
    if not done:
        console.tell("Nothing was asked for.")


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KinkeeperError(f"{path} cannot be read: {error.strerror}") from None


@app.command()
def erase(
    person: Annotated[str, typer.Argument(help="An address, a source's id of them, or a person id.")],
    reason: Annotated[str, typer.Option(help="A short code without names.")] = "requested",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
    home: Home = None,
    json_: Json = False,
) -> None:
    """Forget a person for ever: names, addresses, ids and landed lines; counts and history stay true."""
    from pipelines.erase import erase as forget

    settings = _settings(home)
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


@app.command()
def verify(home: Home = None, json_: Json = False) -> None:
    """Derive again what can be, read every landed file, compare; name the first that disagrees."""
    from warehouse.verify import verify as find_problems

    problems = find_problems(_settings(home))
    if json_:
        console.emit({"ok": not problems, "problems": problems})
    else:
        for problem in problems:
            console.fail(problem)
        if not problems:
            console.tell("Log, ledger, high-water mark, archive, vault and publication agree.")
    if problems:
        raise typer.Exit(1)


@app.command()
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

    serve_dashboards(_settings(home), port=port, with_names=names, say=console.say)


@app.command()
def dev(home: Home = None, port: Port = 3000) -> None:
    """Dagster's webserver and daemon on 127.0.0.1: assets, checks, the inbox sensor, the schedule."""
    from pipelines.serve import serve_dagster

    serve_dagster(_settings(home), port=port, say=console.say)


def _settings(home: Path | None) -> Settings:
    from warehouse.settings import load_settings

    return load_settings(home)


def _sample_settings(home: Path | None) -> Settings:
    """The sample lives in a home of its own, so that it never mixes with a program's own data."""
    from warehouse.settings import demo_home

    return _settings(home or demo_home())


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
    return None if text is None else _instant(settings, text, option)


def _instant(settings: Settings, text: str, option: str) -> dt.datetime:
    from warehouse.clock import end_of_day_or_instant

    with _refusing(
        text, option, "a date such as 2026-03-01, or an instant such as 2026-03-01T10:00:00+01:00"
    ):
        return end_of_day_or_instant(text, settings.policy.time_zone, field=option)


def _day(text: str, option: str) -> dt.date:
    from warehouse.clock import parse_date

    with _refusing(text, option, "a date such as 2026-03-01"):
        return parse_date(text, field=option)


@contextlib.contextmanager
def _refusing(text: str, option: str, wanted: str) -> Iterator[None]:
    """Say what was typed and what is wanted; the clock itself never repeats what it is given."""
    try:
        yield
    except EventRejected as error:
        reason = {
            "time.no_offset": " has a time without an offset",
            "time.range": " is out of range",
        }.get(error.code, " cannot be read")
        raise typer.BadParameter(f"{text!r}{reason}: give {wanted}.", param_hint=option) from None


def _warn_of_future(as_of: dt.datetime | None) -> None:
    from warehouse.clock import SKEW_ALLOWED, system_clock

    if as_of is not None and as_of > system_clock() + SKEW_ALLOWED:
        console.warn(
            f"--as-of lies in the future ({_friendly(as_of.isoformat())}): silence is counted up to a day "
            "that has not come, so pairs look worse than they are"
        )


def _print_watchlist(found: Watchlist) -> None:
    from warehouse.words import UNJUDGED, band_words

    console.tell(
        f"{len(found.rows)} of {found.n_all} pairs that need a look, as of {_friendly(found.as_of)}", "bold"
    )
    for number, row in enumerate(found.rows, 1):
        band, days = band_words(row["band"], row["state"]), row["silence_days"]
        silent = "" if days is None or row["state"] in UNJUDGED else f", silent {days:.0f} d"
        console.tell(f"\n{number:>3}  {row['pair_id']}  {band}{silent}")
        console.paragraph(row["reason"], indent=5)
        console.paragraph(f"Next: {row['next_step']}", indent=5)


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
    console.tell(f"\n{n_events:,} events in the log.")
    if any(result.quarantined for result in results):
        console.tell("Quarantined rows are kept with their reasons: kinkeeper quarantine list shows them.")


def _friendly(instant: str) -> str:
    """An ISO instant as people read it: 24 Nov 2026, 07:26 UTC."""
    import datetime as dt

    return f"{dt.datetime.fromisoformat(instant):%-d %b %Y, %H:%M} UTC"


def _command(settings: Settings, arguments: str) -> str:
    """A command for this home, to be copied: `.venv/bin/kinkeeper build --home var/demo`."""
    from warehouse.settings import default_home

    is_default = settings.home == default_home()
    return f"kinkeeper {arguments}" + ("" if is_default else f" --home {_typed(settings.home)}")


def _typed(path: Path) -> str:
    """A path as one word of a command."""
    return shlex.quote(_shown(path))


def _shown(path: Path) -> str:
    """A path as a person would type it: relative to the working directory where that is shorter."""
    with contextlib.suppress(ValueError):
        return str(path.absolute().relative_to(Path.cwd()))
    return str(path)


if __name__ == "__main__":
    main()
