"""What a report reads: the log folded as of the ends of three quarters, beside the publication."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb

from pipelines.build import fold_only, open_build
from pipelines.history import bring_kept
from pipelines.quarterly.wanted import OnStep, Wanted, in_order
from pipelines.report import facts as facts_of
from pipelines.report.facts import Facts, Moment
from pipelines.report.quarters import Quarter
from warehouse import database, high_water, models
from warehouse.clock import naive_utc
from warehouse.editions import Manifest
from warehouse.errors import KinkeeperError
from warehouse.run import Run
from warehouse.settings import Settings


def read_facts(settings: Settings, run: Run, wanted: Wanted, on_step: OnStep) -> dict[str, Facts]:
    """All that is told, by program, folded as of three ends of quarters.

    The two earlier ends are folded beside this one: most of a fold is the days before it, one after another.
    """
    quarter = wanted.quarter
    models.discover()  # read once, before two threads ask for it
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(1) as beside:

        def earlier(asked: Quarter) -> Moment | None:
            return _earlier(settings, Path(name) / f"{asked}.duckdb", run, asked, on_step)

        promised = [beside.submit(earlier, asked) for asked in (quarter.before, quarter.year_before)]
        with _folded(settings, Path(name) / "now.duckdb", run, facts_of.OF_A_REPORT, on_step, quarter) as con:
            chosen, now = _programs(facts_of.programs(con), wanted), facts_of.read_moment(con, quarter)
            facts = {program: facts_of.read_facts(con, now.of(program)) for program in chosen}
        before, year_ago = (each.result() for each in promised)
    return {
        program: replace(
            found, before=before and before.of(program), year_ago=year_ago and year_ago.of(program)
        )
        for program, found in facts.items()
    }


def _earlier(settings: Settings, path: Path, run: Run, quarter: Quarter, on_step: OnStep) -> Moment | None:
    """The state at the end of an earlier quarter, with today's knowledge; None before there was anything."""
    as_of = quarter.ends_at(run.policy.time_zone)
    with open_log(settings) as con:
        (n,) = con.execute(
            "select count(*) from log.typed_event where occurred_at <= ? and recorded_at <= ?",
            [naive_utc(as_of), naive_utc(run.known_at)],
        ).fetchall()[0]
    if not n:
        return None
    earlier = replace(run, as_of=as_of)
    with _folded(settings, path, earlier, facts_of.OF_A_MOMENT, on_step, quarter) as con:
        return facts_of.read_moment(con, quarter)


@contextmanager
def _folded(
    settings: Settings, path: Path, run: Run, tables: Sequence[str], on_step: OnStep, quarter: Quarter
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A temporary build as of an instant, of no more than these tables need; the publication stays."""
    with open_build(settings, path) as con:
        bring_kept(con, settings.models_file)
        fold_only(con, run, tables, lambda name: on_step(f"end of {quarter}: {name}"))
        yield con


@contextmanager
def open_log(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The log, open for reading."""
    with database.open_scratch() as con:
        database.attach_log(con, settings.log_file)
        yield con


def log_mark(con: duckdb.DuckDBPyConnection, frozen: Manifest | None) -> tuple[int, str]:
    """How far the log reaches, and the head of its hash chain there.

    Of a frozen edition it is what it was then, if the log still came by there: else it is nowhere.
    """
    if frozen is None:
        return high_water.head(con)
    mark = (frozen.origin.log_position, frozen.origin.log_hash)
    passed = "select 1 from log.ledger where last_position = ? and chain_head = ?"
    return mark if database.first_row(con, passed, mark) else (0, "")


def _programs(found: Sequence[str], wanted: Wanted) -> tuple[str, ...]:
    """The programs to tell of, in order; raises KinkeeperError where they cannot be told."""
    if not found:
        raise KinkeeperError(
            "no relationship had been accepted by the end of that quarter: choose a later one"
        )
    if wanted.is_all_programs:
        if len(found) == 1:
            raise KinkeeperError(f"{found[0]} is the only program: leave --all-programs out")
        return tuple(found)
    unknown = set(wanted.programs) - set(found)
    if unknown or not wanted.programs:
        refuse_ambiguous(found, is_known=not unknown)
    return in_order(wanted.programs) or (found[0],)


def refuse_ambiguous(found: Collection[str], *, is_known: bool = True) -> None:
    """Raise KinkeeperError where there are several programs to choose from, or none was meant."""
    if len(found) > 1 or not is_known:
        raise KinkeeperError(
            f"name one of the programs with --program: {', '.join(sorted(found))}. Each has a report of its "
            "own; --program given twice, or --all-programs, rolls them up into one"
        )
