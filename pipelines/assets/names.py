"""How tables are called in Dagster: `mart.pair` is the asset mart/pair."""

from __future__ import annotations

import dagster as dg

LOG = dg.AssetKey(["log", "event"])
"""The log as one asset: one transaction writes its events, ledger and quarantine together."""


def key_of(table: str) -> dg.AssetKey:
    """The asset that makes a table; every table of the log is made by one."""
    return LOG if table.startswith("log.") else dg.AssetKey(table.split("."))
