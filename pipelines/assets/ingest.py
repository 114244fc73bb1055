"""The inbox: every complete file becomes events, quarantined rows and a ledger row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from pipelines.assets.names import LOG
from pipelines.ingest.drain import drain
from pipelines.ingest.drops import ingest_paths
from pipelines.ingest.home import open_home
from pipelines.ingest.requested import carry_out_requests
from pipelines.ingest.waiting import after_ingest, carry_out_answers
from pipelines.ingest.which_mapping import MAPPING_NAME
from pipelines.resources import Home, Warehouse
from warehouse.clock import system_clock

STABLE_FOR = dt.timedelta(seconds=2)
"""A file that changed more recently may still be growing."""


@dg.asset(key=LOG, group_name="log", kinds={"duckdb"})
def log_event(home: Home, warehouse: Warehouse) -> dg.MaterializeResult:
    """The event log, with its ledger and quarantine, after every complete file of the inbox was ingested."""
    settings = home.settings()
    files = list(complete_files(settings.inbox, system_clock()))
    drain(settings)  # the run holds the writer lock already
    carry_out_requests(settings)
    carry_out_answers(settings)
    with open_home(settings) as opened:
        results, n_events = after_ingest(opened, ingest_paths(files, opened)), opened.n_events
    return dg.MaterializeResult(
        metadata={
            "files": len(results),
            "turned_away": sum(result.sha256 is None for result in results),
            "accepted": sum(result.accepted for result in results),
            "duplicate": sum(result.duplicate for result in results),
            "quarantined": sum(result.quarantined for result in results),
            "dagster/row_count": n_events,
        }
    )


def complete_files(inbox: Path, now: dt.datetime) -> Iterator[Path]:
    """The data files of an inbox, by name: no `.part`, none hidden, none that changed just now."""
    for path in sorted(inbox.rglob("*")):
        is_hidden = any(part.startswith(".") for part in path.relative_to(inbox).parts)
        is_data = path.is_file() and path.suffix != ".part" and path.name != MAPPING_NAME
        if is_data and not is_hidden and not _is_growing(path, now):
            yield path


def _is_growing(path: Path, now: dt.datetime) -> bool:
    age = now - dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
    return dt.timedelta(0) <= age < STABLE_FOR
