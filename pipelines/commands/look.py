"""What the published tables say: watchlist, diff, export."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from pipelines import console
from pipelines.commands.options import (
    AsOf,
    Home,
    Json,
    KnownAt,
    friendly,
    home_settings,
    instant,
    moment,
    warn_of_future,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.diff import Difference
    from pipelines.watchlist import Watchlist


MAX_ROWS = 1_000_000


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

    settings = home_settings(home)
    instants = moment(settings, as_of, "--as-of"), moment(settings, known_at, "--known-at")
    warn_of_future(instants[0])
    found = read_watchlist(settings, as_of=instants[0], known_at=instants[1], limit=limit)
    if found.sight.n_unjudged:
        console.warn(f"{found.sight.n_unjudged} pairs cannot be judged: {found.sight.why_unjudged}")
    if json_:
        console.emit({"as_of": found.as_of, "known_at": found.known_at, "rows": found.rows})
    elif found.rows:
        _print_watchlist(found)
    else:
        console.tell(f"{found.sight.calm}, as of {friendly(found.as_of)}.")


def diff(
    known_at: Annotated[
        list[str] | None,
        typer.Option(metavar="T", help="Twice: what was known then, and later."),
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option(
            help="Another program.toml, beside the one in force; in place of --known-at.", dir_okay=False
        ),
    ] = None,
    as_of: AsOf = None,
    home: Home = None,
    json_: Json = False,
) -> None:
    """A day told twice: with what we learnt later, or by another policy. Nothing is published."""
    from pipelines.diff import as_dict, judged_by, learnt_between
    from warehouse.policy import load_policy

    settings = home_settings(home)
    day = moment(settings, as_of, "--as-of")
    if policy and not known_at:
        warn_of_future(day)
        found = judged_by(settings, load_policy(policy), day)
    elif known_at and len(known_at) == 2 and not policy:
        earlier, later = (instant(settings, text, "--known-at") for text in known_at)
        found = learnt_between(settings, earlier, later, day)
    else:
        raise typer.BadParameter("give --known-at twice (the earlier instant first), or --policy once")
    if not json_:
        _print_difference(found, policy)
        return
    runs = (found.before, found.after)
    console.emit(
        {
            "as_of": found.after.as_of.isoformat(),
            "known_at": [run.known_at.isoformat() for run in runs],
            "policy_fingerprint": [run.policy.fingerprint() for run in runs],
            "events_learnt": found.n_events_learnt,
            "rows": [as_dict(change) for change in found.changes],
        }
    )


def _print_difference(found: Difference, policy: Path | None) -> None:
    n_pairs = len({change.pair_id for change in found.changes})
    otherwise = "1 pair looks" if n_pairs == 1 else f"{n_pairs:,} pairs look"
    if policy:
        new, gone = (count("needs_check_in") for count in (found.n_new, found.n_gone))
        day = friendly(found.after.as_of.isoformat())
        console.tell(f"By {policy} {otherwise} otherwise as of {day}.")
        console.tell(f"{new:,} more need a check-in, {gone:,} no longer.\n")
        heads = ["Pair", "What", "Now", "By that policy"]
    else:
        learnt = console.plural(found.n_events_learnt, "event")
        console.tell(f"{learnt} learnt later, {otherwise} otherwise.\n")
        heads = ["Pair", "What", "Then", "Now", "#Events"]
    listing = console.table(*heads)
    for change in found.changes:
        cells = [change.pair_id, change.column, change.before or "-", change.after or "-"]
        listing.add_row(*cells, *([] if policy else [str(change.n_events_learnt)]))
    if found.changes:
        console.OUT.print(listing)


def export(
    table: Annotated[str, typer.Argument(help="A published table, for example mart.pair; or events.")],
    out: Annotated[Path | None, typer.Option(help="Write to this file.", show_default="stdout")] = None,
    home: Home = None,
    json_: Json = False,
) -> None:
    """A published table as CSV, safe to open in a spreadsheet; or all events of the log as CloudEvents."""
    from pipelines.export import EVENTS, export_table, write_csv, write_events

    settings = home_settings(home)
    if json_:
        if table == EVENTS:
            raise typer.BadParameter("events are JSON already, an object a line: leave --json out")
        console.emit(export_table(settings, table))
        return
    with _written(out) as target:
        is_log = table == EVENTS
        n_rows = write_events(settings, target) if is_log else write_csv(settings, table, target)
    what = "events of the log" if is_log else f"rows of {table}"
    console.say(f"{n_rows:,} {what}" + (f" in {out}" if out else ""))


@contextlib.contextmanager
def _written(out: Path | None) -> Iterator[TextIO]:
    """Where an answer goes: stdout, or a file that is there whole, or as it was before."""
    if out is None:
        yield sys.stdout
    elif out.exists() and not out.is_file():  # a pipe or a device is written to, never replaced
        with out.open("w", newline="", encoding="utf-8") as target:
            yield target
    else:
        beside = out.with_name(f"{out.name}.part")
        try:
            with beside.open("w", newline="", encoding="utf-8") as target:
                yield target
            beside.replace(out)
        finally:
            beside.unlink(missing_ok=True)


def _print_watchlist(found: Watchlist) -> None:
    from warehouse.words import UNJUDGED, band_words

    console.tell(
        f"{len(found.rows)} of {found.n_all} pairs that need a look, as of {friendly(found.as_of)}", "bold"
    )
    for number, row in enumerate(found.rows, 1):
        band, days = band_words(row["band"], row["state"]), row["silence_days"]
        silent = "" if days is None or row["state"] in UNJUDGED else f", silent {days:.0f} d"
        whose = found.whose(row["pair_id"], with_login=True)
        stands = f"{band}{silent}" + (f", {whose}" if whose else "")
        console.tell(f"\n{number:>3}  {row['pair_id']}  {stands}")
        console.paragraph(row["reason"], indent=5)
        console.paragraph(f"Next: {row['next_step']}", indent=5)
