"""The backtest of a home: every week of its log as it was known then, judged by what followed.

Silence and formal exit are two targets with a record each; no model and no table mixes them.
"""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pipelines.alerts import accounts_of, managers_of
from pipelines.build import open_build, refuse_blind, resolve_run
from pipelines.record import keep_record, tables_of
from pipelines.risk.weeks import fold_weeks, known_now, week_ends
from pipelines.signals.backtest import FOR_EVER, METHODS, History, play
from pipelines.signals.frames import Flags, Instants
from pipelines.signals.record import Record, record_of
from pipelines.signals.risk import EXIT, SILENCE, Target
from pipelines.signals.risk_model import ModelFile
from warehouse import database, models
from warehouse.clock import Clock, system_clock
from warehouse.errors import KinkeeperError
from warehouse.settings import Settings

OnStep = Callable[[str], None]

SCORED = (*METHODS, "recency_rate")


@dataclass(frozen=True)
class Backtest:
    """What was said of whom in which week, the record of it, and between which as-of dates it was counted.

    `said` holds all weeks asked for; `record` is None where no window among them has closed. Weeks before a
    model could be learnt are said, but not counted.
    """

    said: pd.DataFrame
    record: Record | None
    n_weeks: int
    counted: tuple[dt.date, dt.date] | None


@dataclass(frozen=True)
class Period:
    """The as-of dates asked for, every seventh day from the first to the last, and what is foreseen."""

    first: dt.date | None = None
    last: dt.date | None = None
    target: Target = SILENCE


def run_backtest(
    settings: Settings,
    period: Period,
    carried: ModelFile | None = None,
    clock: Clock = system_clock,
    on_step: OnStep = lambda _name: None,
) -> Backtest:
    """Play the log of a home again, week by week, and keep the record for the next build to publish.

    Raises KinkeeperError where nothing was ingested, or nobody was at risk in the period, and for a model
    carried over to formal exit: those that are kept foresee silence.
    """
    if carried is not None and period.target == EXIT:
        raise KinkeeperError("a carried-over model foresees silence: leave out --model, or --target exit")
    run = resolve_run(settings, None, None, clock)
    with (
        database.writer_lock(settings.home),
        tempfile.TemporaryDirectory() as folder,
        open_build(settings, Path(folder) / "models.duckdb") as con,
    ):
        refuse_blind(con, run)
        ends = week_ends(con, run, period.first, period.last)
        history = fold_weeks(con, run, models.discover(), ends, on_step, period.target)
        groups = known_now(con, run, models.discover(), "feature.equity_pair")
    made = judge(history, groups, period, settings, carried, on_step)
    if made.record is not None and made.counted is not None:
        tables = tables_of(made.record, *made.counted, period.target)
        keep_record(settings.risk_folder, tables, run.as_of, period.target)
    return made


def judge(
    history: History,
    groups: pd.DataFrame,
    period: Period,
    settings: Settings,
    carried: ModelFile | None,
    on_step: OnStep = lambda _name: None,
) -> Backtest:
    """What the methods say in the weeks of a period, and the record of it, also by group of people.

    `groups` is feature.equity_pair; nothing is learnt from it.
    """
    weeks = _weeks(history, period)
    model = carried.models["own"] if carried else None
    with threadpool_limits(1):  # matrices this small are slower on many threads
        said = play(
            history, weeks, settings.policy, model, lambda n, of: on_step(f"{n + 1} of {of} weeks judged")
        )
    if said.empty:
        raise KinkeeperError("nobody was at risk in these weeks: choose an earlier --from or a later --to")
    is_counted = counted(history, said, carried is not None)
    if not is_counted.any():
        return Backtest(said, None, len(weeks), None)
    rows = said[is_counted].reset_index(drop=True)
    on_step("intervals")
    program = settings.policy.program_id
    n_managers = managers_of(accounts_of(settings), [program])[program]
    came_true, exit_on = outcomes(history, rows), exits_of(history, rows)
    record = record_of(rows, came_true, settings.policy, exit_on, n_managers, groups)
    return Backtest(said, record, len(weeks), (_day(rows["on_date"].min()), _day(rows["on_date"].max())))


def outcomes(history: History, said: pd.DataFrame) -> Flags:
    """Whether each pair went silent, or left, by all that is known now."""
    return history.windows.came_true(FOR_EVER)[said["row"].to_numpy()]


def exits_of(history: History, said: pd.DataFrame) -> Instants | None:
    """When each pair left, NaT where it did not; None where silence is the target."""
    return history.windows.next_on[said["row"].to_numpy()] if history.target == EXIT else None


def counted(history: History, said: pd.DataFrame, is_carried: bool) -> Flags:
    """Rows whose window is closed, from the first week on in which a model could be learnt or was given."""
    is_learnt = said["is_learnt"].to_numpy(dtype=np.bool_) | is_carried
    on = said["on_date"].to_numpy(dtype="datetime64[D]")
    begun = on[is_learnt].min() if is_learnt.any() else on.max() + np.timedelta64(1, "D")
    closed: Flags = history.judged()[said["row"].to_numpy()] & (on >= begun)
    return closed


def write_scores(path: Path, said: pd.DataFrame) -> int:
    """Write every method's score as CSV: pair_id, as_of (date), method, score. Returns the number of rows."""
    day = said["on_date"].astype(str).str[:10].to_numpy()
    n_rows = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("pair_id", "as_of", "method", "score"))
        for method in SCORED:
            there = said[method].notna().to_numpy()
            rows = zip(said["pair_id"][there], day[there], said[method][there], strict=True)
            writer.writerows((pair, on, method, f"{score:.9g}") for pair, on, score in rows)
            n_rows += int(there.sum())
    return n_rows


def _weeks(history: History, period: Period) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    rows = history.at_risk.rows.drop_duplicates("as_of")
    on = rows["on_date"].to_numpy(dtype="datetime64[D]")
    wanted = np.ones(len(rows), dtype=np.bool_)
    if period.first:
        wanted &= on >= np.datetime64(period.first)
    if period.last:
        wanted &= on <= np.datetime64(period.last)
    return np.sort(rows["as_of"].to_numpy(dtype="datetime64[us]")[wanted])


def _day(day: object) -> dt.date:
    return pd.Timestamp(str(day)).date()
