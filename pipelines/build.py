"""From the log to a publication: fold the models, judge the pairs, check, publish.

The command line and Dagster call the same steps; this module is the plain, in-process order of them.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

import expectations
import pipelines
from expectations.drift import compare, write_drift
from expectations.results import CHECK_RESULT
from expectations.runner import CheckResult, checked_tables, read_results, run_checks, write_results
from pipelines.alerts import accounts_of, judge_alerts, record_alerts
from pipelines.causes import usable_causes
from pipelines.history import PAST_DAY_COLUMNS, fold_past, past_of
from pipelines.ingest.drain import drain
from pipelines.ingest.policy import record_policy
from pipelines.ingest.requested import carry_out_requests
from pipelines.ingest.waiting import carry_out_answers
from pipelines.record import BACKTEST_TABLES, read_record
from pipelines.risk import card_row, folder_of, model_in_use, prior, usable_model
from pipelines.signals import shown_of, verdict_on
from pipelines.signals.alert_effect import effects, held_back, precision
from pipelines.signals.causes import judged_causes
from pipelines.signals.days import PART_COLUMNS
from pipelines.signals.endings import endings
from pipelines.signals.equity import equity
from pipelines.signals.judged_risk import judged_risk
from pipelines.signals.measures import measures
from pipelines.signals.risk_model import ModelFile
from pipelines.signals.surveys import surveys
from warehouse import database, models, publish, refresh
from warehouse.altered import IN_TOUCHED, Altered
from warehouse.clock import Clock, system_clock
from warehouse.errors import ChecksFailed, KinkeeperError
from warehouse.instruments import load_instruments
from warehouse.log_tables import bring_up_to_date, refresh_typed_events, refuse_other_layout
from warehouse.models import Model, PythonModel
from warehouse.policy import Policy
from warehouse.publish import Publication
from warehouse.run import Run, first_instants, hidden_by_known_at, write_run
from warehouse.settings import Settings

OnStep = Callable[[str], None]

SIGNAL_TABLES: dict[str, dict[str, str]] = {
    "signal.past_day": PAST_DAY_COLUMNS,
    "signal.verdict": {
        "pair_id": "VARCHAR",
        "stage": "VARCHAR",
        "state": "VARCHAR",
        "is_labelled": "BOOLEAN",
        "band_rule": "VARCHAR",
        "is_judged": "BOOLEAN",
        "is_fall_counted": "BOOLEAN",
        "is_waiting_mentor": "BOOLEAN",
        "is_suspected_mentor": "BOOLEAN",
        "is_presumed_mentor": "BOOLEAN",
        "is_waiting_mentee": "BOOLEAN",
        "is_suspected_mentee": "BOOLEAN",
        "is_presumed_mentee": "BOOLEAN",
        "is_turn_open": "BOOLEAN",
        "waiting_on": "VARCHAR",
        "ghosted_on": "DATE",
        "agreed_days": "DOUBLE",
        "tau_days": "DOUBLE",
        "sigma": "DOUBLE",
        "silence_ratio": "DOUBLE",
        "surprise": "DOUBLE",
        "is_session_near": "BOOLEAN",
        "health": "DOUBLE",
        "weakest": "VARCHAR",
        "coverage": "DOUBLE",
        "rating_mean": "DOUBLE",
        "growth_mean": "DOUBLE",
    },
    "signal.pair": {
        "pair_id": "VARCHAR",
        "stage": "VARCHAR",
        "state": "VARCHAR",
        "band": "VARCHAR",
        "band_raw": "VARCHAR",
        "waiting_on": "VARCHAR",
        "tau_days": "DOUBLE",
        "sigma": "DOUBLE",
        "silence_ratio": "DOUBLE",
        "surprise": "DOUBLE",
        "health": "DOUBLE",
        "health_low": "DOUBLE",
        "health_high": "DOUBLE",
        "health_change_28d": "DOUBLE",
        "health_frozen_on": "DATE",
        "coverage": "DOUBLE",
        "ghosted_on": "DATE",
        "is_ghosting_final": "BOOLEAN",
        "reason": "VARCHAR",
        "reason_message": "VARCHAR",
        "next_step": "VARCHAR",
        "next_step_message": "VARCHAR",
        "priority": "DOUBLE",
    },
    "signal.pair_day": {
        "pair_id": "VARCHAR",
        "day": "DATE",
        "stage": "VARCHAR",
        "state": "VARCHAR",
        "band_raw": "VARCHAR",
        "band": "VARCHAR",
        "waiting_on": "VARCHAR",
        "health": "DOUBLE",
        "coverage": "DOUBLE",
        "health_frozen_on": "DATE",
        "tau_days": "DOUBLE",
        "silence_ratio": "DOUBLE",
    },
    "signal.pair_reason": {
        "pair_id": "VARCHAR",
        "ordinal": "INTEGER",
        "code": "VARCHAR",
        "reason": "VARCHAR",
        "reason_message": "VARCHAR",
        "value": "DOUBLE",
        "expected": "DOUBLE",
        "since_on": "DATE",
    },
    "signal.health_part": {name: kind for name, kind in PART_COLUMNS.items() if name != "as_of"},
    "signal.frozen_part": {name: kind for name, kind in PART_COLUMNS.items() if name != "as_of"},
    "signal.pair_risk": {
        "pair_id": "VARCHAR",
        "risk_30d": "DOUBLE",
        "risk_60d": "DOUBLE",
        "risk_own": "DOUBLE",
        "risk_horizon_days": "DOUBLE",
        "risk_tier": "VARCHAR",
        "risk_basis": "VARCHAR",
        "is_risk_calibrated": "BOOLEAN",
    },
    "signal.pair_risk_reason": {
        "pair_id": "VARCHAR",
        "ordinal": "INTEGER",
        "code": "VARCHAR",
        "reason": "VARCHAR",
        "reason_message": "VARCHAR",
        "log_odds": "DOUBLE",
    },
    "signal.pair_risk_cause": {
        "pair_id": "VARCHAR",
        "cause": "VARCHAR",
        "rate_30d": "DOUBLE",
        "rate_60d": "DOUBLE",
    },
    "signal.risk_model": {
        "basis": "VARCHAR",
        "sha256": "VARCHAR",
        "is_synthetic": "BOOLEAN",
        "is_calibrated": "BOOLEAN",
        "trained_from": "DATE",
        "trained_to": "DATE",
        "n_windows": "INTEGER",
        "n_pairs": "INTEGER",
        "n_silent": "INTEGER",
        "base_rate": "DOUBLE",
        "average_precision": "DOUBLE",
        "brier": "DOUBLE",
        "calibration_slope": "DOUBLE",
        "limits": "VARCHAR",
    },
    "signal.ending_curve": {
        "program_id": "VARCHAR",
        "cohort_id": "VARCHAR",
        "curve": "VARCHAR",
        "day": "INTEGER",
        "rate": "DOUBLE",
        "low": "DOUBLE",
        "high": "DOUBLE",
        "n_at_risk": "INTEGER",
        "n_ended": "INTEGER",
    },
    "signal.ending_comparison": {
        "program_id": "VARCHAR",
        "cohort_id": "VARCHAR",
        "outcome": "VARCHAR",
        "from_day": "INTEGER",
        "age_days": "INTEGER",
        "n_pairs": "INTEGER",
        "n_others": "INTEGER",
        "n_ended": "INTEGER",
        "n_others_ended": "INTEGER",
        "rate": "DOUBLE",
        "low": "DOUBLE",
        "high": "DOUBLE",
        "others_rate": "DOUBLE",
        "others_low": "DOUBLE",
        "others_high": "DOUBLE",
        "p_value": "DOUBLE",
        "verdict": "VARCHAR",
        "sentence": "VARCHAR",
        "sentence_message": "VARCHAR",
    },
    "signal.equity_value": {
        "program_id": "VARCHAR",
        "field": "VARCHAR",
        "group_value": "VARCHAR",
        "kpi": "VARCHAR",
        "n": "BIGINT",
        "n_pairs": "BIGINT",
        "value": "DOUBLE",
        "low": "DOUBLE",
        "high": "DOUBLE",
    },
    "signal.equity_gap": {
        "program_id": "VARCHAR",
        "field": "VARCHAR",
        "kpi": "VARCHAR",
        "n_groups": "INTEGER",
        "n_hidden": "INTEGER",
        "lowest_group": "VARCHAR",
        "highest_group": "VARCHAR",
        "lowest": "DOUBLE",
        "highest": "DOUBLE",
        "gap": "DOUBLE",
        "gap_low": "DOUBLE",
        "gap_high": "DOUBLE",
        "p_value": "DOUBLE",
        "p_adjusted": "DOUBLE",
        "verdict": "VARCHAR",
    },
    "signal.kpi": {
        "program_id": "VARCHAR",
        "cohort_id": "VARCHAR",
        "kpi": "VARCHAR",
        "moment": "VARCHAR",
        "n": "BIGINT",
        "n_pairs": "BIGINT",
        "value": "DOUBLE",
        "low": "DOUBLE",
        "high": "DOUBLE",
        "worst_evidence": "VARCHAR",
    },
    "signal.survey_response": {
        "program_id": "VARCHAR",
        "instrument": "VARCHAR",
        "wave": "VARCHAR",
        "side": "VARCHAR",
        "sent_on": "DATE",
        "is_open": "BOOLEAN",
        "is_hidden": "BOOLEAN",
        "n": "INTEGER",
        "n_reached": "INTEGER",
        "value": "DOUBLE",
        "low": "DOUBLE",
        "high": "DOUBLE",
    },
    "signal.survey_score": {
        "program_id": "VARCHAR",
        "field": "VARCHAR",
        "group_value": "VARCHAR",
        "instrument": "VARCHAR",
        "subscale": "VARCHAR",
        "side": "VARCHAR",
        "from_on": "DATE",
        "until_on": "DATE",
        "is_hidden": "BOOLEAN",
        "n": "INTEGER",
        "n_pairs": "INTEGER",
        "value": "DOUBLE",
        "low": "DOUBLE",
        "high": "DOUBLE",
        "scale_min": "INTEGER",
        "scale_max": "INTEGER",
        "worst_evidence": "VARCHAR",
        "wave_before": "VARCHAR",
        "n_before": "INTEGER",
        "value_before": "DOUBLE",
    },
    "signal.survey_share": {
        "program_id": "VARCHAR",
        "instrument": "VARCHAR",
        "wave": "VARCHAR",
        "side": "VARCHAR",
        "item": "VARCHAR",
        "step": "INTEGER",
        "n": "INTEGER",
        "n_all": "INTEGER",
    },
    "signal.survey_change": {
        "program_id": "VARCHAR",
        "field": "VARCHAR",
        "group_value": "VARCHAR",
        "instrument": "VARCHAR",
        "subscale": "VARCHAR",
        "side": "VARCHAR",
        "is_hidden": "BOOLEAN",
        "n_before": "INTEGER",
        "n_paired": "INTEGER",
        "n_lost": "INTEGER",
        "mean_before": "DOUBLE",
        "mean_after": "DOUBLE",
        "value": "DOUBLE",
        "low": "DOUBLE",
        "high": "DOUBLE",
        "effect": "DOUBLE",
        "effect_low": "DOUBLE",
        "effect_high": "DOUBLE",
        "stayed": "DOUBLE",
        "stayed_low": "DOUBLE",
        "stayed_high": "DOUBLE",
        "n_outside": "INTEGER",
        "outside": "DOUBLE",
        "difference": "DOUBLE",
        "difference_low": "DOUBLE",
        "difference_high": "DOUBLE",
        "scale_min": "INTEGER",
        "scale_max": "INTEGER",
        "worst_evidence": "VARCHAR",
    },
    "signal.holdout": {"pair_id": "VARCHAR", "held_until_on": "DATE"},
    "signal.nudge_effect": {
        "program_id": "VARCHAR",
        "comparison": "VARCHAR",
        "n_treated": "INTEGER",
        "n_treated_back": "INTEGER",
        "n_others": "INTEGER",
        "n_others_back": "INTEGER",
        "value": "DOUBLE",
        "low": "DOUBLE",
        "high": "DOUBLE",
    },
    "signal.alert_precision": {
        "judged_by": "VARCHAR",
        "n": "INTEGER",
        "n_right": "INTEGER",
        "value": "DOUBLE",
        "low": "DOUBLE",
        "high": "DOUBLE",
    },
    **BACKTEST_TABLES,
}
"""The tables the signals are kept in: column -> SQL type."""

ALERT_TABLES = ("signal.holdout", "signal.nudge_effect", "signal.alert_precision")

SURVEY_TABLES = (
    "signal.survey_response",
    "signal.survey_score",
    "signal.survey_share",
    "signal.survey_change",
)

GROUP_TABLES = ("signal.equity_value", "signal.equity_gap", "signal.kpi", *SURVEY_TABLES)
"""Those of groups: they read features that read the signals of pairs."""


RISK_TABLES = ("signal.pair_risk", "signal.pair_risk_reason", "signal.pair_risk_cause")

SHOWN_TABLES = ("signal.pair", "signal.pair_day", "signal.pair_reason", "signal.frozen_part")
"""Those of what is shown of pairs."""

SURVEY_INPUTS = (
    "core.pair",
    "feature.group_pair",
    "feature.quarter",
    "feature.survey_invitation",
    "feature.survey_item",
    "feature.survey_score",
    "ref.run",
)


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
            hashed = models.mart_hash(con, publish.mart_tables(con), keeps=True, altered=altered)
            before = refresh.settled(con)
            publication = publish.publish(con, settings.published, hashed, before=before, altered=altered)
            refresh.settle(con, publication.build_id)
            built = Build(publication, hidden_by_known_at(con, run), (*checks, *drift))
            found = judge_alerts(con, settings.policy, accounts_of(settings)) if raises_alerts else None
        if found is not None:
            record_alerts(settings, found, clock)
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
    write_results(con, run_checks(con, checked_tables(altered.tables)))
    checks = read_results(con)
    refuse_broken(checks)
    return replace(altered, tables=altered.tables | {CHECK_RESULT}), checks


def refuse_blind(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Raise KinkeeperError where the log holds events and the run sees none: nothing is not calm."""
    occurred_at, recorded_at, n_seen = first_instants(con, run)
    if n_seen or occurred_at is None:
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
    write_run(con, run)
    is_by_prior = _is_by_prior(con, run.policy)
    code = f"{_code_mark()} {run.risk_model} {is_by_prior}"
    return refresh.build(
        con, all_models(run.policy, is_risk_by_prior=is_by_prior), code=code, on_model=on_step
    )


@functools.cache
def _code_mark() -> str:
    """A mark of the code of signals and of expectations: what was found by other code is found anew."""
    digest = hashlib.sha256()
    for package in (pipelines, expectations):
        for path in sorted(Path(package.__path__[0]).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def all_models(policy: Policy, *, is_risk_by_prior: bool = False) -> dict[str, Model | PythonModel]:
    """Every model by name: the SQL files, and the signals between features and marts."""
    signals = signal_models(policy, is_risk_by_prior=is_risk_by_prior)
    return {**models.discover(), **{model.name: model for model in signals}}


def signal_models(policy: Policy, *, is_risk_by_prior: bool = False) -> tuple[PythonModel, ...]:
    """The signals as models: verdicts on pairs, what is shown of them, and numbers of groups.

    A risk that is judged by the prior follows from the pair alone; a model that was learnt compares pairs.
    """
    of_endings = [name for name in SIGNAL_TABLES if name.startswith("signal.ending_")]
    of_equity = [name for name in SIGNAL_TABLES if name.startswith("signal.equity_")]
    activity = "feature.pair_activity" if is_risk_by_prior else "feature.activity"
    return (
        PythonModel("signal.past_day", ("feature.pair", "ref.run"), lambda con: write_past(con, policy)),
        PythonModel(
            "signal.verdict",
            ("feature.pair", "ref.run"),
            lambda con: write_verdicts(con, policy),
            others=("signal.health_part",),
            has_pairs=True,
        ),
        # Its contributions are measured against the cohort: those of all pairs move with those of a few.
        PythonModel("signal.health_part", ("feature.pair", "ref.run", "signal.verdict"), lambda _con: None),
        *_together(
            list(SHOWN_TABLES),
            ("feature.pair", "ref.run", "signal.past_day", "signal.verdict"),
            lambda con: write_shown(con, policy),
            reads_clock="day",
            has_pairs=True,
            run_touched=lambda con: write_shown(con, policy, IN_TOUCHED),
        ),
        *_together(of_endings, ("feature.lifetime",), lambda con: write_endings(con, policy)),
        *_together(of_equity, ("feature.equity_unit",), lambda con: write_equity(con, policy)),
        PythonModel(
            "signal.kpi", ("feature.kpi_count", "feature.term", "signal.ending_curve"), write_measures
        ),
        *_together(list(SURVEY_TABLES), SURVEY_INPUTS, lambda con: write_surveys(con, policy)),
        PythonModel("signal.risk_model", ("ref.run",), lambda con: write_card(con, policy)),
        *_together(
            list(RISK_TABLES),
            (activity, "feature.pair", "ref.run", "signal.pair"),
            lambda con: write_risk(con, policy, activity),
            reads_clock="day",
            has_pairs=True,
            run_touched=(lambda con: write_risk(con, policy, activity, IN_TOUCHED)) if is_risk_by_prior else None,
        ),
        *_together(list(BACKTEST_TABLES), ("ref.run",), write_record),
        PythonModel(
            "signal.holdout",
            ("core.alert", "feature.pair", "ref.run", "signal.pair", "signal.pair_reason"),
            lambda con: write_holdout(con, policy),
        ),
        *_together(list(ALERT_TABLES[1:]), ("feature.alert_outcome",), write_effects),
    )


def write_past(con: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """Fold the days before the run that are not kept, and write which are, and what they were made of."""
    as_of, known_at = _clock(con)
    past = fold_past(con, Run(as_of, known_at, policy), models.discover())
    con.execute("create schema if not exists signal")
    _store(con, "signal.past_day", past)


def write_verdicts(con: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """What the rules say of every pair of `feature.pair` today, and what its score is made of."""
    frame = con.execute("select * from feature.pair order by pair_id").df()
    found = verdict_on(frame, _as_of(con), policy)
    con.execute("create schema if not exists signal")
    _store(con, "signal.verdict", found.pair.assign(pair_id=frame["pair_id"]))
    _store(con, "signal.health_part", found.health_part)


def write_shown(con: duckdb.DuckDBPyConnection, policy: Policy, of: str = "true") -> None:
    """What is shown of pairs, given the verdicts of today and of the days before: all, or those a condition names."""
    frame, verdict = (
        con.execute(f"select * from {table} where {of} order by pair_id").df()
        for table in ("feature.pair", "signal.verdict")
    )
    shown = shown_of(frame, verdict.drop(columns="pair_id"), _as_of(con), policy, past_of(con, policy, of))
    con.execute("create schema if not exists signal")
    for table, result in zip(
        SHOWN_TABLES, (shown.pair, shown.pair_day, shown.pair_reason, shown.frozen_part), strict=True
    ):
        _store(con, table, result, of)


def write_endings(con: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """Draw the curves of endings from `feature.lifetime` and compare the cohorts."""
    found = endings(con.execute("select * from feature.lifetime order by pair_id").df(), policy)
    con.execute("create schema if not exists signal")
    _store(con, "signal.ending_curve", found.curve)
    _store(con, "signal.ending_comparison", found.comparison)


def write_measures(con: duckdb.DuckDBPyConnection) -> None:
    """Put value and interval to the counts of each group."""
    counts, terms, curves = (
        con.execute(f"select * from {table}").df()
        for table in ("feature.kpi_count", "feature.term", "signal.ending_curve")
    )
    con.execute("create schema if not exists signal")
    _store(con, "signal.kpi", measures(counts, terms, curves))


def write_equity(con: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """Compare the groups of people within each program."""
    found = equity(con.execute("select * from feature.equity_unit").df(), policy)
    con.execute("create schema if not exists signal")
    _store(con, "signal.equity_value", found.value)
    _store(con, "signal.equity_gap", found.gap)


def write_surveys(con: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """What surveys say of each program and of its groups."""
    scores, items, invitations = (
        con.execute(f"select * from feature.survey_{name}").df() for name in ("score", "item", "invitation")
    )
    pairs = con.execute(
        "select pair.program_id, pair.cohort_id, pair.form, pair.pair_id, pair.mentee_id, pair.mentor_id, "
        "pair_id in (select pair_id from feature.group_pair where cohort_id is null) as is_member "
        "from core.pair as pair where program_id is not null"
    ).df()
    ((quarter_before,),) = con.execute(
        "select until_on from feature.quarter where moment = 'before'"
    ).fetchall()
    found = surveys(scores, items, invitations, pairs, quarter_before, policy)
    con.execute("create schema if not exists signal")
    for table, frame in zip(
        SURVEY_TABLES, (found.response, found.score, found.share, found.change), strict=True
    ):
        _store(con, table, frame)


def write_card(con: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """The card of the model that risk is judged by."""
    con.execute("create schema if not exists signal")
    _store(con, "signal.risk_model", card_row(_kept_model(con, policy) or prior()))


def write_risk(con: duckdb.DuckDBPyConnection, policy: Policy, activity: str, of: str = "true") -> None:
    """Estimate the risk of running pairs, all or some, with the kept model, else with the shipped prior.

    `activity` is the table of what happened lately: what the prior needs of it, or all.
    """
    as_of = _as_of(con)
    lately = con.execute(f"select * from {activity} where {of} order by pair_id").df()
    today = con.execute(
        "select feature.*, pair.stage, pair.state, pair.tau_days from signal.pair as pair "
        f"inner join (from feature.pair where {of}) as feature on pair.pair_id = feature.pair_id "
        "order by feature.pair_id"
    ).df()
    found = judged_risk(lately.assign(as_of=as_of), today, _kept_model(con, policy), prior(), policy)
    causes = judged_causes(usable_causes(con, as_of), today.assign(as_of=as_of))
    con.execute("create schema if not exists signal")
    for table, frame in zip(RISK_TABLES, (found.pair, found.reason, causes), strict=True):
        _store(con, table, frame, of)


def _is_by_prior(con: duckdb.DuckDBPyConnection, policy: Policy) -> bool:
    """Whether nothing that was learnt from this program or another judges risks and causes."""
    return _kept_model(con, policy) is None and usable_causes(con, _as_of(con)) is None


def _kept_model(con: duckdb.DuckDBPyConnection, policy: Policy) -> ModelFile | None:
    return usable_model(folder_of(con), _as_of(con), policy.program_id)


def write_holdout(con: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """Which pairs no list shows, for chance holds their alert back; none unless the policy asks for it."""
    pairs = con.execute(
        "select pair.pair_id, pair.last_contact_at, reason.code, reason.since_on "
        "from signal.pair as judged inner join feature.pair as pair on judged.pair_id = pair.pair_id "
        "inner join signal.pair_reason as reason on judged.pair_id = reason.pair_id and reason.ordinal = 1 "
        "where judged.band in ('watch', 'needs_check_in') order by pair.pair_id"
    ).df()
    alerts = con.execute("select pair_id, arm, raised_at from core.alert order by alert_id").df()
    con.execute("create schema if not exists signal")
    _store(con, "signal.holdout", held_back(pairs, alerts, pd.Timestamp(_as_of(con)), policy))


def write_effects(con: duckdb.DuckDBPyConnection) -> None:
    """What alerts do: shown against held back, acted on against not, and how often they were right."""
    con.execute("create schema if not exists signal")
    outcomes = con.execute("select * from feature.alert_outcome order by alert_id").df()
    _store(con, "signal.nudge_effect", effects(outcomes))
    _store(con, "signal.alert_precision", precision(outcomes))


def write_record(con: duckdb.DuckDBPyConnection) -> None:
    """Take over the record of the last backtest, unless the run lies before its last day."""
    con.execute("create schema if not exists signal")
    for table, frame in read_record(con, _as_of(con)).items():
        _store(con, table, frame)


def _as_of(con: duckdb.DuckDBPyConnection) -> dt.datetime:
    """The instant of the run, UTC without an offset."""
    as_of, _ = _clock(con)
    return as_of.replace(tzinfo=None)


def _clock(con: duckdb.DuckDBPyConnection) -> tuple[dt.datetime, dt.datetime]:
    """`as_of` and `known_at` of the run, UTC."""
    as_of, known_at = database.first_row(con, "select as_of, known_at from ref.run")
    return as_of.replace(tzinfo=dt.UTC), known_at.replace(tzinfo=dt.UTC)


def refuse_broken(checks: list[CheckResult]) -> None:
    """Raise ChecksFailed naming every blocking rule that does not hold."""
    broken = [check for check in checks if check.is_blocking and not check.is_ok]
    if broken:
        rules = "\n".join(f"  {check.message}" for check in broken)
        raise ChecksFailed(
            f"nothing was published, the last good publication stays up. Blocking rules are broken:\n{rules}"
        )


def _together(
    names: list[str],
    depends_on: tuple[str, ...],
    run: Callable[[duckdb.DuckDBPyConnection], None],
    **said: Any,
) -> tuple[PythonModel, ...]:
    """Models of tables that one function writes: the first runs it, the others follow."""
    first, *others = names
    return (
        PythonModel(first, depends_on, run, tuple(others), **said),
        *(PythonModel(name, (first, *depends_on), lambda _con: None, **said) for name in others),
    )


def _store(con: duckdb.DuckDBPyConnection, table: str, frame: pd.DataFrame, of: str = "true") -> None:
    """Write a signal table; where `of` names pairs, their rows alone are replaced."""
    casts = ", ".join(f"{name}::{sql_type} as {name}" for name, sql_type in SIGNAL_TABLES[table].items())
    con.register("frame", frame)
    if of == "true":
        con.execute(f"create or replace table {table} as select {casts} from frame")
    else:
        con.execute(f"delete from {table} where {of}")
        con.execute(f"insert into {table} select {casts} from frame")
    con.unregister("frame")
