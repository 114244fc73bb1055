"""From the log to a publication: fold the models, judge the pairs, check, publish.

The command line and Dagster call the same steps; this module is the plain, in-process order of them.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

import expectations
import pipelines
from expectations.drift import compare, write_drift
from expectations.results import CHECK_RESULT
from expectations.runner import CheckResult, checked_tables, read_results, run_checks, write_results
from pipelines.alerts import accounts_of, judge_alerts, record_alerts
from pipelines.ingest.drain import drain
from pipelines.ingest.policy import record_policy
from pipelines.ingest.requested import carry_out_requests
from pipelines.ingest.waiting import carry_out_answers
from pipelines.risk.kept import model_in_use
from pipelines.signal_models import all_models, is_judged_by_prior
from warehouse import database, models, publish, refresh
from warehouse.altered import Altered
from warehouse.clock import Clock, system_clock
from warehouse.errors import ChecksFailed, KinkeeperError
from warehouse.instruments import load_instruments
from warehouse.log_tables import bring_up_to_date, refresh_typed_events, refuse_other_layout
from warehouse.publish import Publication
from warehouse.run import Run, first_instants, hidden_by_known_at, sees_any, write_run
from warehouse.settings import Settings

OnStep = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Build:
    """A finished build, how many events its `known_at` kept out of sight, what was checked and compared."""

    publication: Publication
    n_hidden: int
    checks: tuple[CheckResult, ...]


def resolve_run(
    settings: Settings, as_of: dt.datetime | None, known_at: dt.datetime | None, clock: Clock
) -> Run:
    """The run a caller asked for: as of now unless said otherwise, knowing what was known then."""
    now = whole_second_after(clock())
    chosen = as_of or now
    return Run(
        as_of=chosen,
        known_at=known_at or chosen,
        policy=settings.policy,
        instruments=load_instruments(settings.instruments),
        risk_model=model_in_use(settings.risk_folder, chosen, settings.policy.program_id).sha256,
    )


def whole_second_after(instant: dt.datetime) -> dt.datetime:
    """The second an instant falls into, at its end: what was ingested just now counts."""
    whole = instant.replace(microsecond=0)
    return whole if whole == instant else whole + dt.timedelta(seconds=1)


def build_home(  # noqa: PLR0913 - each says what is built, or who watches
    settings: Settings,
    *,
    as_of: dt.datetime | None = None,
    known_at: dt.datetime | None = None,
    is_full: bool = False,
    raises_alerts: bool = False,
    clock: Clock = system_clock,
    on_step: OnStep = lambda _name: None,
) -> Build:
    """Build everything, check it and make it the current publication.

    What came by webhook, and what was done or asked for on screens, comes first; a build as of now notes the
    policy it judges by, a replay of the past notes nothing. `is_full` throws the derived
    tables away. Raises ChecksFailed where a blocking expectation is broken: the last good publication
    stays up. `raises_alerts` is for builds as of now alone: whom a published build alerts goes into the log,
    for the next build to see; a replay of the past alerts nobody.
    """
    run = resolve_run(settings, as_of, known_at, clock)
    with database.writer_lock(settings.home):
        learn_new_fields(settings)
        drain(settings, clock)
        if as_of is None and known_at is None:
            record_policy(settings, clock, run.as_of)
        carry_out_requests(settings, clock)
        carry_out_answers(settings, clock)
        if is_full:
            settings.models_file.unlink(missing_ok=True)
        with open_build(settings, settings.models_file) as con:
            altered, checks = fold_and_check(con, run, on_step)
            drift = compare(con, settings.published)
            write_drift(con, drift)
            on_step("publication")
            found = models.hash_tables(con, publish.mart_tables(con), keeps=True, altered=altered)
            publication = publish.publish(
                con,
                settings.published,
                found.whole,
                hashes=found.tables,
                before=refresh.settled(con),
                altered=altered,
            )
            refresh.settle(con, publication.build_id)
            built = Build(publication, hidden_by_known_at(con, run), (*checks, *drift))
            raised = judge_alerts(con, settings.policy, accounts_of(settings)) if raises_alerts else None
        if raised is not None:
            record_alerts(settings, raised, clock)
        return built


def open_build(settings: Settings, path: Path) -> duckdb.DuckDBPyConnection:
    """A models database with the log attached; refuses a home into which nothing was ever ingested."""
    if not settings.log_file.exists():
        raise KinkeeperError(f"{settings.home} holds no events yet: run `kinkeeper ingest PATH` first")
    con = database.open_models(path, settings.log_file)
    try:
        refuse_other_layout(con)
    except BaseException:
        con.close()
        raise
    return con


def learn_new_fields(settings: Settings) -> None:
    """Let the log hold the fields that events have since an upgrade; call it under the writer lock."""
    if settings.log_file.exists():
        with database.open_log(settings.log_file) as log:
            bring_up_to_date(log)
            refresh_typed_events(log)


def fold_and_check(
    con: duckdb.DuckDBPyConnection, run: Run, on_step: OnStep
) -> tuple[Altered, list[CheckResult]]:
    """Every table as of a run, and what was expected of them; raises ChecksFailed where a rule blocks.

    Only what a table that has changed since the last publication has a part in is looked at again. Returns
    what has changed, the results of all rules among it, and these.
    """
    refuse_blind(con, run)
    altered = fold(con, run, on_step)
    on_step("expectations")
    write_results(con, run_checks(con, checked_tables(altered.tables), altered))
    checks = read_results(con)
    refuse_broken(checks)
    return replace(altered, tables=altered.tables | {CHECK_RESULT}), checks


def refuse_blind(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Raise KinkeeperError where the log holds events and the run sees none: nothing is not calm."""
    if sees_any(con, run):
        return
    occurred_at, recorded_at = first_instants(con, run)
    if occurred_at is None:
        return
    if occurred_at > run.as_of:
        raise KinkeeperError(
            f"nothing had happened by {run.as_of:%Y-%m-%d}: the first event is of {occurred_at:%Y-%m-%d}. "
            "Choose a later --as-of"
        )
    raise KinkeeperError(
        f"nothing that happened by {run.as_of:%Y-%m-%d} was known at {run.known_at:%Y-%m-%d %H:%M} UTC: "
        f"the first of it was recorded at {recorded_at:%Y-%m-%d %H:%M} UTC. Choose a later --known-at"
    )


def fold(con: duckdb.DuckDBPyConnection, run: Run, on_step: OnStep = lambda _name: None) -> Altered:
    """Write `ref.run` and build every model, SQL and signals, in the order of their dependencies.

    Returns what may be other than was last published.
    """
    found, is_by_prior = _models_of(con, run)
    code = f"{_code_mark()} {run.risk_model} {is_by_prior}"
    return refresh.build(con, found, code=code, on_model=on_step)


def fold_only(
    con: duckdb.DuckDBPyConnection, run: Run, tables: Iterable[str], on_step: OnStep = lambda _name: None
) -> None:
    """Write `ref.run` and build these tables, and what they are made of, whole: enough for one question."""
    found, _ = _models_of(con, run)
    models.build(con, models.beneath(found, tables), on_model=on_step)


def _models_of(con: duckdb.DuckDBPyConnection, run: Run) -> tuple[dict[str, models.AnyModel], bool]:
    """All models of a run, which is written for them; whether the shipped prior judges risk."""
    write_run(con, run)
    is_by_prior = is_judged_by_prior(con, run.policy)
    return all_models(run.policy, is_risk_by_prior=is_by_prior), is_by_prior


@functools.cache
def _code_mark() -> str:
    """A mark of the code of signals and of expectations: what was found by other code is found anew."""
    digest = hashlib.sha256()
    for package in (pipelines, expectations):
        for path in sorted(Path(package.__path__[0]).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def refuse_broken(checks: list[CheckResult]) -> None:
    """Raise ChecksFailed naming every blocking rule that does not hold."""
    broken = [check for check in checks if check.is_blocking and not check.is_ok]
    if broken:
        rules = "\n".join(f"  {check.message}" for check in broken)
        raise ChecksFailed(
            f"nothing was published, the last good publication stays up. Blocking rules are broken:\n{rules}"
        )
