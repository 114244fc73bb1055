"""What two builds tell of the same day, and what arrived between them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from dashboards.data.publication import Publication, Row, has_table


def verdicts(publication: Publication, only: str | None = None) -> dict[str, Row]:
    """How every pair, or that one, looks: what two builds of the same day may tell otherwise."""
    rows = publication.rows(
        "select pair_id, mentee_id, mentor_id, direction, stage, state, band, waiting_on, is_success "
        "from mart.pair where $only is null or pair_id = $only order by pair_id",
        only=only,
    )
    return {row["pair_id"]: row for row in rows}


def n_recorded_after(publication: Publication, known_at: dt.datetime) -> int:
    """How many events of pairs a publication holds that were recorded later than that."""
    sql = "select count(*) as n from mart.pair_event where recorded_at > $known_at"
    return int(publication.rows(sql, known_at=known_at)[0]["n"])


def events_of(publication: Publication, pair_ids: Sequence[str]) -> list[Row]:
    """The events of some pairs, oldest first."""
    sql = (
        "select pair_id, occurred_at, recorded_at, event_type, side, summary, summary_message, source "
        "from mart.pair_event where list_contains($ids::varchar[], pair_id) order by occurred_at, position"
    )
    return publication.rows(sql, ids=list(pair_ids))


def absences_of(publication: Publication, pair_ids: Sequence[str]) -> list[Row]:
    """What was declared of the absence of some pairs' people, oldest first; nothing of older publications."""
    if not has_table(publication, "mart", "pair_absence"):
        return []
    sql = (
        "select * from mart.pair_absence where list_contains($ids::varchar[], pair_id) "
        "order by occurred_at, pair_id, side"
    )
    return publication.rows(sql, ids=list(pair_ids))
