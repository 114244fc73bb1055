"""The watchlist for the command line: from the publication, or built as of any past instant."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.build import fold, open_build, refuse_blind, resolve_run
from warehouse import database, publish, queries
from warehouse.clock import Clock, system_clock
from warehouse.queries import Sight

if TYPE_CHECKING:
    import duckdb

    from warehouse.settings import Settings


@dataclass(frozen=True, slots=True)
class Watchlist:
    """The pairs that need a look, most urgent first, how many there are in all, and how far we could see."""

    as_of: str
    known_at: str
    rows: list[dict[str, Any]]
    n_all: int
    sight: Sight


def read_watchlist(
    settings: Settings,
    *,
    as_of: dt.datetime | None = None,
    known_at: dt.datetime | None = None,
    limit: int | None = None,
    clock: Clock = system_clock,
) -> Watchlist:
    """What the current publication says, or what it would have said as of another instant.

    A past instant is folded in a temporary file: the publication the dashboards read stays as it is.
    """
    limit = limit or settings.policy.attention_budget
    if as_of is None and known_at is None:
        with publish.open_current(settings.published) as con:
            return _read(con, limit)
    run = resolve_run(settings, as_of, known_at, clock)
    with (
        database.writer_lock(settings.home),
        tempfile.TemporaryDirectory() as folder,
        open_build(settings, Path(folder) / "models.duckdb") as con,
    ):
        refuse_blind(con, run)
        fold(con, run)
        return _read(con, limit)


def _read(con: duckdb.DuckDBPyConnection, limit: int) -> Watchlist:
    as_of, known_at = queries.run_instants(con)
    rows = queries.watchlist(con, limit=limit)
    return Watchlist(as_of, known_at, rows, queries.n_on_watchlist(con), queries.sight(con))
