"""How tables are called in Dagster: `mart.pair` is the asset mart/pair."""

from __future__ import annotations

import dagster as dg

from warehouse.run import WRITTEN_WITH_RUN

LOG = dg.AssetKey(["log", "event"])
"""The log as one asset: one transaction writes its events, ledger and quarantine together."""


RUN = dg.AssetKey(["ref", "run"])
"""The run's one row, and what is written beside it."""


def key_of(table: str) -> dg.AssetKey:
    """The asset that makes a table; the log is one, and so is the run with its calendars."""
    if table.startswith("log."):
        return LOG
    return RUN if table in WRITTEN_WITH_RUN else dg.AssetKey(table.split("."))
