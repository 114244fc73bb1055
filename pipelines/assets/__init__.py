"""The assets: each is thin, a table or a step of the plain functions, with what it made as metadata."""

from __future__ import annotations

import dagster as dg

from pipelines.assets.ingest import log_event
from pipelines.assets.models import run, signals_assets, sql_asset
from pipelines.assets.publication import publication_asset
from pipelines.assets.report import report
from pipelines.assets.risk import risk_model
from pipelines.signal_models import all_models
from warehouse.models import Model
from warehouse.policy import Policy


def all_assets(policy: Policy) -> list[dg.AssetsDefinition]:
    """From the inbox to the publication; the SQL models are found in `warehouse/sql`."""
    models = all_models(policy)
    tables = [sql_asset(model, models) for model in models.values() if isinstance(model, Model)]
    marts = ["ref.run", *(name for name in models if name.startswith("mart."))]
    made = [log_event, run, *tables, *signals_assets(models), publication_asset(marts)]
    return [*made, report, risk_model]
