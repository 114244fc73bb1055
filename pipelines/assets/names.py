"""How tables are called in Dagster: `mart.pair` is the asset mart/pair."""

from __future__ import annotations

import dagster as dg

LOG = dg.AssetKey(["log", "event"])
"""The log as one asset: one transaction writes its events, ledger and quarantine together."""


def key_of(table: str) -> dg.AssetKey:
    """The asset that makes a table: the log is one, and so are the run and what is written beside it."""
    if table.startswith("log."):
        return LOG
    return dg.AssetKey(("ref.run" if table == "ref.instrument_item" else table).split("."))
