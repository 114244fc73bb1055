"""The read side for the command line and reports: one function per question, on a published file."""

from __future__ import annotations

from typing import Any

import duckdb

WATCHLIST_COLUMNS = (
    "pair_id",
    "band",
    "state",
    "waiting_on",
    "silence_days",
    "silence_ratio",
    "health",
    "coverage",
    "risk_30d",
    "reason",
    "next_step",
)


def run_instants(con: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    """As-of and known-at of a build, ISO 8601 in UTC."""
    row = con.execute("select as_of, known_at from ref.run").fetchone()
    assert row is not None, "every build has a run row"
    return f"{row[0].isoformat()}Z", f"{row[1].isoformat()}Z"


def watchlist(con: duckdb.DuckDBPyConnection, *, limit: int) -> list[dict[str, Any]]:
    """The first `limit` pairs of the watchlist, most urgent first."""
    rows = con.execute(
        f"select {', '.join(WATCHLIST_COLUMNS)} from mart.watchlist order by rank limit ?", [limit]
    ).fetchall()
    return [dict(zip(WATCHLIST_COLUMNS, row, strict=True)) for row in rows]


def n_on_watchlist(con: duckdb.DuckDBPyConnection) -> int:
    """How many pairs need a look at all."""
    row = con.execute("select count(*) from mart.watchlist").fetchone()
    return int(row[0]) if row else 0
