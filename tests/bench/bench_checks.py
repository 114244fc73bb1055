"""What the checks cost of a full build of a million events, as a share of that build.

The events are those of the sample program, told again by other people under other names until there are a
million. The build is measured twice and the second counts: it has a publication to compare itself with.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from expectations.runner import run_checks, validate_tables
from pipelines.build import build_home, open_build
from tests.conftest import DEMO_NOW
from warehouse import database
from warehouse.log_tables import add_typed_columns, create_tables, refresh_typed_events
from warehouse.settings import Settings, load_settings

N_EVENTS = 1_000_000
GOAL = 0.25
SHARED = ("program_id", "cohort_id", "file_id")
"""What the copies of an event have in common; every other id gets a name of its own."""


@pytest.mark.slow
def test_checks_take_at_most_a_quarter_of_a_full_build(demo_home: Path, tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "home")
    # A day of history costs a fold and no checks: with one day the share is the largest it can be.
    settings = replace(settings, policy=settings.policy.model_copy(update={"history_days": 1}))
    n_events = multiply_log(load_settings(demo_home), settings)
    steps: list[tuple[str, float]] = []
    for _build in range(2):
        steps.clear()
        started = time.perf_counter()
        built = build_home(
            settings,
            is_full=True,
            as_of=DEMO_NOW,  # a build as of now would note its policy in the log, and ask the vault first
            on_step=lambda name: steps.append((name, time.perf_counter())),
        )
        total = time.perf_counter() - started
    at = dict(steps)
    checks = at["publication"] - at["expectations"]
    with database.writer_lock(settings.home), open_build(settings, settings.models_file) as con:
        in_sql = timed(lambda: run_checks(con))
        first = timed(lambda: validate_tables(con))
        again = timed(lambda: validate_tables(con))

    assert n_events >= N_EVENTS
    assert not [check for check in built.checks if check.is_blocking and not check.is_ok]
    n_pairs = built.publication.tables["mart.pair"]
    print(f"\nchecks of a full build, {n_events:,} events, {n_pairs:,} pairs, {len(built.checks)} checks")
    print(f"{'':52}{'seconds':>9}{'of the build':>14}")
    for name, seconds, whole in (
        ("full build", total, total),
        ("checks in it, compared with the last build too", checks, total),
        ("rules alone, in SQL", in_sql, total),
        ("rules by Great Expectations, its import included", first, total - checks + first),
        ("rules by Great Expectations, imported", again, total - checks + again),
    ):
        print(f"{name:52}{seconds:9.2f}{seconds / whole:14.1%}")
    print(f"goal: at most {GOAL:.0%} of a full build")
    assert checks <= GOAL * total


def multiply_log(sample: Settings, big: Settings, n_wanted: int = N_EVENTS) -> int:
    """Fill a home's log with copies of a sample's until it holds so many events; how many those are.

    For a build only: the hash chain of the copies is not computed, which `kinkeeper verify` would say.
    """
    with database.open_log(big.log_file) as con:
        create_tables(con)
        refresh_typed_events(con)
        con.execute(f"attach {database.quoted(sample.log_file)} as sample (read_only)")
        (n_sample,) = database.first_row(con, "select count(*) from sample.event")
        n_copies = -(-n_wanted // n_sample)
        columns = [row[0] for row in con.execute("describe sample.event").fetchall()]
        add_typed_columns(con, "log.event", columns)
        chosen = ", ".join(f"{copied(name, n_sample)} as {name}" for name in columns)
        con.execute(
            f"insert into event by name select {chosen} "
            f"from sample.event cross join range({n_copies}) as copy(n) order by copy.n, position"
        )
        con.execute(
            f"""
            insert into ledger by name
            select * replace (
                quarantined + (lines_in - quarantined) * {n_copies} as lines_in,
                accepted * {n_copies} as accepted,
                duplicate * {n_copies} as duplicate,
                n_events * {n_copies} as n_events
            )
            from sample.ledger
            """
        )
        con.execute("insert into quarantine by name from sample.quarantine")
        con.execute("insert or replace into meta from sample.meta")
        con.execute("checkpoint")
        return n_sample * n_copies


def copied(column: str, n_sample: int) -> str:
    """SQL of a column in copy number `copy.n`."""
    if column == "position":
        return f"position + copy.n * {n_sample}"
    if column == "event_id":
        return "md5(event_id::varchar || copy.n)::uuid"
    if column.endswith("_id") and column not in SHARED:
        return f"{column} || '~' || copy.n"
    return column


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
