"""The weeks of a log, each as it was known then: what a model learns from and a backtest is played on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd

from pipelines.signals.backtest import History, exit_history_of, history_of
from pipelines.signals.risk import EXIT, SILENCE, Target
from warehouse.clock import end_of_day, naive_utc
from warehouse.database import first_row
from warehouse.errors import KinkeeperError
from warehouse.models import AnyModel
from warehouse.replay import Replay, replay
from warehouse.run import Run

WEEK = dt.timedelta(days=7)
RUN_IN = dt.timedelta(days=20)
"""Three weeks of a log, its first day included, pass before its first as-of date."""

OnStep = Callable[[str], None]


def fold_weeks(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    models: Mapping[str, AnyModel],
    weeks: Sequence[dt.datetime],
    on_step: OnStep = lambda _name: None,
    target: Target = SILENCE,
) -> History:
    """The weeks, each as it was known then, and what followed, as the run knows it.

    Needs the log attached. Raises KinkeeperError where there is no week.
    """
    if not weeks:
        raise KinkeeperError("no pair was in touch before that day: there is no week to learn from")
    activity, n_done = list[pd.DataFrame](), 0
    for part in replay(con, Replay(models, "feature.activity", run, is_as_known=True), weeks):
        activity.append(part)
        n_done += part["as_of"].nunique()
        on_step(f"{n_done} of {len(weeks)} weeks folded")
    folded = pd.concat(activity, ignore_index=True)
    contacts = known_now(con, run, models, "feature.contact_known")
    if target == EXIT:
        exits = known_now(con, run, models, "feature.exit_known")
        return exit_history_of(folded, contacts, exits, run.policy)
    testimony = known_now(con, run, models, "feature.testimony")
    return history_of(folded, contacts, testimony, run.policy)


def known_now(
    con: duckdb.DuckDBPyConnection, run: Run, models: Mapping[str, AnyModel], table: str
) -> pd.DataFrame:
    """A table by all that the run knows."""
    (found,) = replay(con, Replay(models, table, run), [naive_utc(run.as_of)])
    return found


def week_ends(
    con: duckdb.DuckDBPyConnection, run: Run, anchor: dt.date | None = None, last: dt.date | None = None
) -> list[dt.datetime]:
    """The last moments of every seventh day on which there was something to see, up to the run and to `last`.

    `anchor` is one of these days; without it they begin RUN_IN after the first sign of life.
    """
    zone = ZoneInfo(run.policy.time_zone)
    row = first_row(
        con,
        "select min(occurred_at), max(occurred_at) from log.typed_event where pair_id is not null "
        "and occurred_at <= ? and (event_type like 'exchange.%' or event_type like 'session.%')",
        [naive_utc(run.as_of)],
    )
    if row is None or row[0] is None:
        return []
    begun, ended = (at.replace(tzinfo=dt.UTC).astimezone(zone).date() for at in row)
    day = anchor or begun + RUN_IN
    day -= max(0, (day - begun).days // WEEK.days) * WEEK
    until = min(day for day in (ended, last, run.as_of.astimezone(zone).date()) if day is not None)
    n_weeks = max(0, (until - day).days // WEEK.days + 1)
    return [naive_utc(end_of_day(day + n * WEEK, zone)) for n in range(n_weeks)]
