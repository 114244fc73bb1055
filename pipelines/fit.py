"""Fit the model of risk of a home, and keep it where it is no worse than the one in use."""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipelines.build import open_build, refuse_blind, resolve_run
from pipelines.causes import learn_causes, put_causes
from pipelines.risk.kept import keep
from pipelines.risk.training import closed_windows, last_week, prior_card, train
from pipelines.risk.weeks import fold_weeks, week_ends
from pipelines.signals.causes import CauseModel
from pipelines.signals.risk import HORIZONS, OWN, prior_inputs
from pipelines.signals.risk_model import ModelFile, fit_prior, to_json
from warehouse import database, models
from warehouse.clock import Clock, system_clock
from warehouse.settings import Settings, load_settings


@dataclass(frozen=True)
class Fitted:
    """A new model, and whether and why it is in use now; that of endings where enough pairs have ended."""

    file: ModelFile
    is_promoted: bool
    reason: str
    causes: CauseModel | None


def fit_home(
    settings: Settings,
    as_of: dt.datetime | None = None,
    clock: Clock = system_clock,
    on_step: Callable[[str], None] = lambda _name: None,
) -> Fitted:
    """Learn from every window of a home that was closed, and known to be, by an instant."""
    run = resolve_run(settings, as_of, None, clock)
    with (
        database.writer_lock(settings.home),
        tempfile.TemporaryDirectory() as folder,
        open_build(settings, Path(folder) / "models.duckdb") as con,
    ):
        refuse_blind(con, run)
        weeks = week_ends(con, run)
        history = fold_weeks(con, run, models.discover(), weeks, on_step)
        file = train(history, settings.policy)
        promotion = keep(settings.risk_folder, file, history, settings.policy)
        causes = learn_causes(con, run, models.discover(), weeks)
        put_causes(settings.risk_folder, causes)
    return Fitted(file, promotion.is_promoted, promotion.reason, causes)


def prior_of(settings: Settings, clock: Clock = system_clock) -> ModelFile:
    """The prior that ships, fitted on the synthetic sample: silence in usual gaps, and nothing else.

    `make prior` writes it to pipelines/signals/prior.json.
    """
    run = resolve_run(settings, None, None, clock)
    with (
        tempfile.TemporaryDirectory() as folder,
        open_build(settings, Path(folder) / "models.duckdb") as con,
    ):
        history = fold_weeks(con, run, models.discover(), week_ends(con, run))
    rows = history.at_risk.rows
    usual = rows.rename(columns={"gap_median": "tau_days"})
    inputs = prior_inputs(usual, settings.policy)
    fitted, card = {}, {}
    for horizon in HORIZONS:
        closed = closed_windows(history, last_week(history), horizon)
        known = inputs.loc[closed.rows.index]
        model = fit_prior(known, closed.is_silent, horizon)
        fitted[horizon] = model
        if horizon == OWN:
            card = prior_card(model.rate(known), closed, settings.policy)
    return ModelFile(fitted, card)


if __name__ == "__main__":
    sys.stdout.write(to_json(prior_of(load_settings(Path(sys.argv[1])))))
