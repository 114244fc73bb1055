"""The run, the SQL models and the signals, with the dependencies that the SQL itself shows."""

# ruff: noqa: I002
# Annotations are not postponed here: Dagster would not find the class of the run's `config` behind one.

from collections.abc import Iterator, Mapping

import dagster as dg

from pipelines.assets.names import LOG, key_of
from pipelines.build import resolve_run
from pipelines.ingest.policy import record_policy
from pipelines.resources import Home, Warehouse
from pipelines.signal_models import all_models
from pipelines.signal_tables import GROUP_TABLES
from warehouse.clock import end_of_day_or_instant, system_clock
from warehouse.models import AnyModel, Model, PythonModel, build
from warehouse.run import write_run

SIGNAL_MEANING = {
    "signal.risk_model": "One row: the card of the model that risk was judged by.",
    "signal.past_day": "One row per day before the run: a mark of what the verdicts kept of it are made of.",
    "signal.cohort_entry": "One row per judged pair: what of it enters the means of its cohort.",
    "signal.pair_mean": "One row per judged pair: the means of its cohort that its score is made with.",
    "signal.verdict": "One row per pair: what the rules say of it at the run's instant, whatever was before.",
    "signal.pair": "One row per pair: its stage, state and band, who is waited for, and the next step.",
    "signal.pair_day": "One row per accepted pair and day: what was shown of it, as known at the run.",
    "signal.pair_reason": "One row per pair and reason for its band, the weightiest first.",
    "signal.health_part": "One row per pair and component of its score today.",
    "signal.frozen_part": "The same of a score that stands still, from the day whose score it is, and means.",
    "signal.pair_risk": "One row per running pair: its risk of falling silent, its tier, what that rests on.",
    "signal.pair_risk_cause": "One row per running pair and cause: how likely it ends so in 30 and 60 days.",
    "signal.pair_risk_reason": "One row per pair and reason for its risk, from the exact terms of the model.",
    "signal.holdout": "One row per pair that no list shows: chance holds its alert back for some days.",
    "signal.nudge_effect": "One row per program and comparison: whether pairs are back sooner after alerts.",
    "signal.alert_precision": "One row per way to judge alerts: how often they were right.",
    "signal.backtest": "One row per target, method and metric of the last backtest, with intervals.",
    "signal.backtest_bin": "One row per target, method and tenth of what it said: reliability.",
    "signal.backtest_lead": "One row per target, method and step of lead of its alerts.",
    "signal.backtest_week": "One row per target, method and week of the last backtest.",
    "signal.backtest_group": "One row per target, method, group of people and number of the last backtest.",
    "signal.ending_curve": "One row per cohort or program, curve and age: how many have ended, and of what.",
    "signal.kpi": "One row per cohort or program, number and moment: its value with an interval.",
    "signal.equity_value": "One row per field, group of people and number: how the group stands.",
    "signal.equity_gap": "One row per field and number: the largest gap between two groups of people.",
    "signal.survey_response": "One row per instrument, wave and side: who answered what went out.",
    "signal.survey_score": "One row per scale, side, and wave or group: its mean with an interval.",
    "signal.survey_share": "One row per item, wave, side and step: how many chose it.",
    "signal.survey_change": "One row per scale, side and group: what changed from before to after.",
    "signal.ending_comparison": "One row per cohort and outcome: against the others at the same age.",
}


class Moments(dg.Config):
    """As of when to judge, and what was known when: a date, or an instant with its offset."""

    as_of: str | None = None
    known_at: str | None = None


@dg.asset(key=key_of("ref.run"), deps=[LOG], group_name="ref", kinds={"duckdb"})
def run(config: Moments, home: Home, warehouse: Warehouse) -> dg.MaterializeResult:
    """One row: as of when this build is, what was known then, and the policy it judges by."""
    settings = home.settings()
    zone = settings.policy.time_zone
    as_of, known_at = (
        end_of_day_or_instant(text, zone, field=field) if text else None
        for field, text in (("as_of", config.as_of), ("known_at", config.known_at))
    )
    asked = resolve_run(settings, as_of, known_at, system_clock)
    if as_of is None and known_at is None:  # a replay notes nothing; the run holds the writer lock already
        record_policy(settings, at=asked.as_of)
    with warehouse.models() as con:
        write_run(con, asked)
    return dg.MaterializeResult(
        metadata={
            "as_of": asked.as_of.isoformat(),
            "known_at": asked.known_at.isoformat(),
            "policy_fingerprint": settings.policy.fingerprint(),
        }
    )


def sql_asset(model: Model, models: Mapping[str, AnyModel]) -> dg.AssetsDefinition:
    """The asset of one SQL model among all models."""

    @dg.asset(
        key=key_of(model.name),
        deps=_parents(model),
        description=f"{model.grain}\n\n{model.meaning}",
        group_name=model.layer,
        kinds={"duckdb", "sql"},
    )
    def table(warehouse: Warehouse) -> dg.MaterializeResult:
        with warehouse.models() as con:
            rows = build(con, models, targets=[model.name])
        return _materialized(model.name, rows)

    return table


def signals_assets(models: Mapping[str, AnyModel]) -> list[dg.AssetsDefinition]:
    """The signals: those of pairs and endings are written together, those of groups after their counts."""
    tables = [model for model in models.values() if isinstance(model, PythonModel)]
    of_groups = [model for model in tables if model.name in GROUP_TABLES]
    others = [model for model in tables if model.name not in GROUP_TABLES]
    return [_written_together("signals", others), _written_together("group_signals", of_groups)]


def _written_together(name: str, tables: list[PythonModel]) -> dg.AssetsDefinition:
    """One step that writes these tables."""

    @dg.multi_asset(
        name=name,
        specs=[
            dg.AssetSpec(
                key_of(model.name),
                deps=_parents(model),
                description=SIGNAL_MEANING[model.name],
                group_name="signal",
                kinds={"python"},
            )
            for model in tables
        ],
    )
    def signals(home: Home, warehouse: Warehouse) -> Iterator[dg.MaterializeResult]:
        """Judged by the policy as it is now."""
        judged = all_models(home.settings().policy)
        with warehouse.models() as con:
            rows = build(con, judged, targets=[model.name for model in tables])
        for table in rows:
            yield _materialized(table, rows)

    return signals


def _parents(model: AnyModel) -> list[dg.AssetKey]:
    return sorted({key_of(table) for table in model.depends_on})


def _materialized(table: str, rows: Mapping[str, int]) -> dg.MaterializeResult:
    """The result of a table with its number of rows; views are not counted."""
    metadata = {"dagster/row_count": rows[table]} if table in rows else {}
    return dg.MaterializeResult(asset_key=key_of(table), metadata=metadata)
