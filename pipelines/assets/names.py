"""How tables are called in Dagster: `mart.pair` is the asset mart/pair."""

from __future__ import annotations

import dagster as dg

from warehouse.calendars import CALENDAR_TABLES

LOG = dg.AssetKey(["log", "event"])
"""The log as one asset: one transaction writes its events, ledger and quarantine together."""


RUN = dg.AssetKey(["ref", "run"])
"""The run's one row, and the calendars written beside it."""


def key_of(table: str) -> dg.AssetKey:
    """The asset that makes a table; one makes every table of the log, another the run and its calendars."""
    if table.startswith("log."):
        return LOG
    return RUN if table in CALENDAR_TABLES else dg.AssetKey(table.split("."))
