"""The signals as models: what they read, what they write, and when a few pairs are enough.

They take their place among the SQL models, between features and marts. Here frames come out of tables and go
back; what is computed of them is in `pipelines.signals`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd

from pipelines.causes import usable_causes
from pipelines.history import fold_past, past_of
from pipelines.record import BACKTEST_TABLES, read_record
from pipelines.risk.kept import card_row, folder_of, prior, usable_model
from pipelines.signal_tables import (
    ALERT_TABLES,
    RISK_TABLES,
    SHOWN_TABLES,
    SIGNAL_TABLES,
    SURVEY_TABLES,
    VERDICT_TABLES,
    store,
)
from pipelines.signals import entries_of, means_for, shown_of, verdict_on
from pipelines.signals.alert_effect import effects, held_back, precision
from pipelines.signals.causes import FALL_DAYS, judged_causes
from pipelines.signals.cohort import ASKED
from pipelines.signals.endings import endings
from pipelines.signals.equity import FIELDS, equity
from pipelines.signals.judged_risk import judged_risk
from pipelines.signals.measures import measures
from pipelines.signals.risk_model import ModelFile
from pipelines.signals.surveys import surveys
from warehouse import database, models
from warehouse.altered import IN_TOUCHED
from warehouse.models import Model, PythonModel
from warehouse.policy import Policy
from warehouse.run import Run

SURVEY_INPUTS = (
    "core.pair",
    "feature.group_pair",
    "feature.quarter",
    "feature.survey_invitation",
    "feature.survey_item",
    "feature.survey_score",
)

_EQUITY_PAIRS = """
with person as (
    select person_id, row_number() over () as person_no
    from (
        select mentee_id as person_id from feature.equity_pair
        union
        select mentor_id as person_id from feature.equity_pair
    )
    where person_id is not null
)
select pair.* exclude (pair_id) replace (mentee.person_no as mentee_id, mentor.person_no as mentor_id)
from feature.equity_pair as pair
left join person as mentee on pair.mentee_id = mentee.person_id
left join person as mentor on pair.mentor_id = mentor.person_id
order by pair.pair_id
"""
"""People are only told apart: they are counted sooner by any numbers than by their names."""

_EQUITY_UNITS = """
with numbered as (
    select pair_id, row_number() over (order by pair_id) - 1 as pair_no from feature.equity_pair
)
select pair_no as pair_id, {kpi} as kpi, is_reached, n_units, thousandths
from feature.equity_unit
inner join numbered using (pair_id)
"""
"""The same of pairs: their numbers are their places in `_EQUITY_PAIRS`. `kpi` may be read as a category."""


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
    around = () if is_risk_by_prior else ("feature.circumstance", "signal.pair_day")

    def risk_of_touched(con: duckdb.DuckDBPyConnection) -> None:
        write_risk(con, policy, activity, IN_TOUCHED)

    return (
        PythonModel("signal.past_day", ("feature.pair", "ref.run"), lambda con: write_past(con, policy)),
        PythonModel(
            "signal.cohort_entry",
            ("feature.pair",),
            lambda con: write_entries(con, policy),
            has_pairs=True,
            run_touched=lambda con: write_entries(con, policy, IN_TOUCHED),
        ),
        PythonModel("signal.pair_mean", ("signal.cohort_entry",), write_means, has_pairs=True),
        *_together(
            list(VERDICT_TABLES),
            ("feature.pair", "ref.run", "signal.pair_mean"),
            lambda con: write_verdicts(con, policy),
            reads_clock="day",
            has_pairs=True,
            run_touched=lambda con: write_verdicts(con, policy, IN_TOUCHED),
        ),
        *_together(
            list(SHOWN_TABLES),
            ("feature.pair", "feature.written", "ref.run", "signal.past_day", "signal.verdict"),
            lambda con: write_shown(con, policy),
            reads_clock="day",
            has_pairs=True,
            run_touched=lambda con: write_shown(con, policy, IN_TOUCHED),
        ),
        *_together(of_endings, ("feature.lifetime",), lambda con: write_endings(con, policy)),
        *_together(
            of_equity,
            ("feature.equity_pair", "feature.equity_unit"),
            lambda con: write_equity(con, policy),
        ),
        PythonModel(
            "signal.kpi", ("feature.kpi_count", "feature.term", "signal.ending_curve"), write_measures
        ),
        *_together(list(SURVEY_TABLES), SURVEY_INPUTS, lambda con: write_surveys(con, policy)),
        PythonModel("signal.risk_model", ("ref.run",), lambda con: write_card(con, policy)),
        *_together(
            list(RISK_TABLES),
            (activity, *around, "feature.pair", "ref.run", "signal.pair"),
            lambda con: write_risk(con, policy, activity),
            reads_clock="day",
            has_pairs=True,
            run_touched=risk_of_touched if is_risk_by_prior else None,
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
    store(con, "signal.past_day", past)


def write_entries(con: duckdb.DuckDBPyConnection, policy: Policy, of: str = "true") -> None:
    """What pairs enter into the means of their cohorts: all, or those that the condition `of` names."""
    frame = con.execute(f"select {', '.join(ASKED)} from feature.pair where {of}").df()
    con.execute("create schema if not exists signal")
    store(con, "signal.cohort_entry", entries_of(frame, policy), of)


def write_means(con: duckdb.DuckDBPyConnection) -> None:
    """The means of its cohort that the score of each pair is made with."""
    store(con, "signal.pair_mean", means_for(con.execute("from signal.cohort_entry order by pair_id").df()))


def write_verdicts(con: duckdb.DuckDBPyConnection, policy: Policy, of: str = "true") -> None:
    """What the rules say today of pairs, and what their scores are made of.

    Of all pairs, or of those that the condition `of` names.
    """
    frame = con.execute(f"select * from feature.pair where {of} order by pair_id").df()
    means = con.execute(f"select * from signal.pair_mean where {of}").df()
    found = verdict_on(frame, means, _as_of(con), policy)
    con.execute("create schema if not exists signal")
    store(con, "signal.verdict", found.pair.assign(pair_id=frame["pair_id"]), of)
    store(con, "signal.health_part", found.health_part, of)


_TO_SHOW = """
select
    pair.*,
    date_diff('day', mentor.written_on, run.as_of::date) as mentor_written_days,
    date_diff('day', mentee.written_on, run.as_of::date) as mentee_written_days
from (select * from feature.pair where {of}) as pair
cross join ref.run as run
left join feature.written as mentor on pair.pair_id = mentor.pair_id and mentor.side = 'mentor'
left join feature.written as mentee on pair.pair_id = mentee.pair_id and mentee.side = 'mentee'
order by pair.pair_id
"""
"""When the program last wrote to somebody judges no pair: it decides on the next step alone."""


def write_shown(con: duckdb.DuckDBPyConnection, policy: Policy, of: str = "true") -> None:
    """What is shown of pairs, given the verdicts of today and of the days before.

    Of all pairs, or of those that the condition `of` names.
    """
    frame = con.execute(_TO_SHOW.format(of=of)).df()
    verdict = con.execute(f"select * from signal.verdict where {of} order by pair_id").df()
    shown = shown_of(frame, verdict.drop(columns="pair_id"), _as_of(con), policy, past_of(con, policy, of))
    con.execute("create schema if not exists signal")
    for table, result in zip(
        SHOWN_TABLES, (shown.pair, shown.pair_day, shown.pair_reason, shown.frozen_part), strict=True
    ):
        store(con, table, result, of)


def write_endings(con: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """Draw the curves of endings from `feature.lifetime` and compare the cohorts."""
    found = endings(con.execute("select * from feature.lifetime order by pair_id").df(), policy)
    con.execute("create schema if not exists signal")
    store(con, "signal.ending_curve", found.curve)
    store(con, "signal.ending_comparison", found.comparison)


def write_measures(con: duckdb.DuckDBPyConnection) -> None:
    """Put value and interval to the counts of each group."""
    counts, terms, curves = (
        con.execute(f"select * from {table}").df()
        for table in ("feature.kpi_count", "feature.term", "signal.ending_curve")
    )
    con.execute("create schema if not exists signal")
    store(con, "signal.kpi", measures(counts, terms, curves))


def write_equity(con: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """Compare the groups of people within each program."""
    kpis = con.execute("select distinct kpi from feature.equity_unit order by kpi").fetchall()
    kpi = f"kpi::enum({', '.join(database.quoted(kpi) for (kpi,) in kpis)})" if kpis else "kpi"
    units = con.execute(_EQUITY_UNITS.format(kpi=kpi)).df()
    groups = con.execute(_EQUITY_PAIRS).df().astype(dict.fromkeys(("program_id", *FIELDS), "category"))
    found = equity(units.join(groups, on="pair_id"), policy)
    con.execute("create schema if not exists signal")
    store(con, "signal.equity_value", found.value)
    store(con, "signal.equity_gap", found.gap)


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
        store(con, table, frame)


def write_card(con: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """The card of the model that risk is judged by."""
    con.execute("create schema if not exists signal")
    store(con, "signal.risk_model", card_row(_kept_model(con, policy) or prior()))


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
    known = usable_causes(con, as_of)
    around = today if known is None else today.merge(_around(con, as_of, policy), on="pair_id")
    causes = judged_causes(known, around.assign(as_of=as_of))
    con.execute("create schema if not exists signal")
    for table, frame in zip(RISK_TABLES, (found.pair, found.reason, causes), strict=True):
        store(con, table, frame, of)


def _around(con: duckdb.DuckDBPyConnection, as_of: dt.datetime, policy: Policy) -> pd.DataFrame:
    """What surrounds each pair, with its verdict today and its band of FALL_DAYS days before."""
    then = as_of.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(policy.time_zone)).date()
    return con.execute(
        "select around.*, pair.surprise, pair.band_raw as band_rule, before.band_raw as band_before "
        "from feature.circumstance as around inner join signal.pair as pair on around.pair_id = pair.pair_id "
        "left join signal.pair_day as before on around.pair_id = before.pair_id and before.day = $day",
        {"day": then - dt.timedelta(days=FALL_DAYS)},
    ).df()


def is_judged_by_prior(con: duckdb.DuckDBPyConnection, policy: Policy) -> bool:
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
    store(con, "signal.holdout", held_back(pairs, alerts, pd.Timestamp(_as_of(con)), policy))


def write_effects(con: duckdb.DuckDBPyConnection) -> None:
    """What alerts do: shown against held back, acted on against not, and how often they were right."""
    con.execute("create schema if not exists signal")
    outcomes = con.execute("select * from feature.alert_outcome order by alert_id").df()
    store(con, "signal.nudge_effect", effects(outcomes))
    store(con, "signal.alert_precision", precision(outcomes))


def write_record(con: duckdb.DuckDBPyConnection) -> None:
    """Take over the record of the last backtest, unless the run lies before its last day."""
    con.execute("create schema if not exists signal")
    for table, frame in read_record(con, _as_of(con)).items():
        store(con, table, frame)


def _as_of(con: duckdb.DuckDBPyConnection) -> dt.datetime:
    """The instant of the run, UTC without an offset."""
    as_of, _ = _clock(con)
    return as_of.replace(tzinfo=None)


def _clock(con: duckdb.DuckDBPyConnection) -> tuple[dt.datetime, dt.datetime]:
    """`as_of` and `known_at` of the run, UTC."""
    as_of, known_at = database.first_row(con, "select as_of, known_at from ref.run")
    return as_of.replace(tzinfo=dt.UTC), known_at.replace(tzinfo=dt.UTC)


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
