"""The read side for the command line and reports: one function per question, on a published file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
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


def people_of(con: duckdb.DuckDBPyConnection, pair_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Pair id -> mentee and mentor, for the pairs of which both are known."""
    rows = con.execute(
        "select pair_id, mentee_id, mentor_id from mart.pair "
        "where list_contains(?::varchar[], pair_id) and mentee_id is not null and mentor_id is not null",
        [list(pair_ids)],
    ).fetchall()
    return {pair_id: (mentee, mentor) for pair_id, mentee, mentor in rows}


def items_of(
    con: duckdb.DuckDBPyConnection, pair_ids: Sequence[str]
) -> dict[str, tuple[str | None, str | None]]:
    """Pair id -> its program, and the event by which somebody took its alert on, None where nobody did."""
    rows = con.execute(
        "select pair.pair_id, pair.program_id, decided.event_id::varchar "
        "from mart.pair as pair "
        "left join mart.handling as decided on decided.pair_id = pair.pair_id "
        "and decided.handling = 'acknowledged' and decided.is_current "
        "where list_contains(?::varchar[], pair.pair_id)",
        [list(pair_ids)],
    ).fetchall()
    return {pair_id: (program_id, event_id) for pair_id, program_id, event_id in rows}


def n_on_watchlist(con: duckdb.DuckDBPyConnection) -> int:
    """How many pairs need a look at all."""
    row = con.execute("select count(*) from mart.listed").fetchone()
    return int(row[0]) if row else 0


@dataclass(frozen=True, slots=True)
class Sight:
    """How far a build could look: its current pairs, those it judged, and those it could not and why.

    `late_feeds` are the sources of contact that fell silent for everybody, each with its newest event.
    """

    n_current: int
    n_judged: int
    n_data_late: int
    n_no_feed: int
    late_feeds: tuple[tuple[str, dt.date], ...]

    @property
    def n_unjudged(self) -> int:
        """Pairs whose silence cannot be told from missing data: nobody may call them calm."""
        return self.n_data_late + self.n_no_feed

    @property
    def calm(self) -> str:
        """What an empty list means: that all is well is said of pairs that were judged, and of no others."""
        if self.n_current == 0:
            return "No pair is running"
        if self.n_judged == 0:
            return "No pair can be judged yet"
        if self.n_unjudged:
            return f"Nobody needs you this week among the pairs that could be judged: {self.n_judged:,}"
        return "Nobody needs you this week"

    @property
    def why_unjudged(self) -> str:
        """What keeps those pairs from being judged, as the end of a sentence."""
        feeds = [f"the feed {name} is late, nothing since {_day(newest)}" for name, newest in self.late_feeds]
        missing = [f"{self.n_no_feed} without a contact feed"] if self.n_no_feed else []
        return "; ".join([*feeds, *missing])


PARKED_COLUMNS = ("code", "pair_id", "source", "program_id", "n_events", "first_recorded_at")


def parked(con: duckdb.DuckDBPyConnection, *, code: str | None = None) -> list[dict[str, Any]]:
    """The pairs whose events wait for somebody to announce them, longest first; of one code only."""
    rows = con.execute(
        f"select {', '.join(PARKED_COLUMNS)} from mart.parked where $code is null or code = $code "
        "order by first_recorded_at, pair_id, source",
        {"code": code},
    ).fetchall()
    return [dict(zip(PARKED_COLUMNS, row, strict=True)) for row in rows]


def sight(con: duckdb.DuckDBPyConnection) -> Sight:
    """How much of the program a build could judge."""
    row = con.execute(
        """
        select
            count(*) filter (where band <> 'ended'),
            count(*) filter (where band in ('on_track', 'watch', 'needs_check_in')),
            count(*) filter (where state = 'data_late'),
            count(*) filter (where state = 'no_contact_feed')
        from mart.pair
        where stage <> 'declined'
        """
    ).fetchone()
    assert row is not None, "a count always answers"
    late = con.execute(
        """
        select source.source, source.last_occurred_at::date
        from mart.source as source
        cross join ref.run as run
        where source.days_since_last > run.feed_late_days and source.n_pairs_unjudged > 0
        order by source.last_occurred_at, source.source
        """
    ).fetchall()
    n_current, n_judged, n_data_late, n_no_feed = row
    return Sight(n_current, n_judged, n_data_late, n_no_feed, tuple(late))


def _day(day: dt.date) -> str:
    return f"{day.day} {day:%b %Y}"
