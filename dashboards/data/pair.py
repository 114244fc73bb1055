"""One pair: what is known of it, why it is judged so, and its history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from dashboards.data.publication import ROW_LIMIT, Publication, Row, has_table


def facts(publication: Publication, pair_id: str) -> Row | None:
    """Everything known about one pair, or None where no pair has this id."""
    rows = publication.rows(
        """
            select p.*, listed.priority
            from mart.pair as p
            left join mart.listed as listed on listed.pair_id = p.pair_id
            where p.pair_id = $pair_id
            """,
        pair_id=pair_id,
    )
    return rows[0] if rows else None


def reasons(publication: Publication, pair_id: str) -> list[Row]:
    """Why the pair is where it is, weightiest first."""
    sql = (
        "select ordinal, code, reason, reason_message, value, expected, since_on from mart.pair_reason "
        "where pair_id = $pair_id order by ordinal"
    )
    return publication.rows(sql, pair_id=pair_id)


def risk_reasons(publication: Publication, pair_id: str) -> list[Row]:
    """What makes the silence of a pair likely, weightiest first."""
    sql = "select * from mart.pair_risk_reason where pair_id = $pair_id order by ordinal"
    return publication.rows(sql, pair_id=pair_id)


def foremost_reasons(publication: Publication, pair_ids: Sequence[str]) -> dict[str, Row]:
    """The reason each of these pairs is listed for, by pair."""
    if not pair_ids:
        return {}
    sql = "select * from mart.pair_reason where ordinal = 1 and pair_id in (select unnest($ids::varchar[]))"
    return {row["pair_id"]: row for row in publication.rows(sql, ids=list(pair_ids))}


def gaps(publication: Publication, pair_ids: Sequence[str]) -> dict[str, list[Row]]:
    """What of these pairs' contact may be missing, by pair."""
    sql = (
        "select * from mart.pair_gap where list_contains($ids::varchar[], pair_id) "
        "order by pair_id, newest_at, source, family"
    )
    found: dict[str, list[Row]] = {}
    for row in publication.rows(sql, ids=list(pair_ids)):
        found.setdefault(row["pair_id"], []).append(row)
    return found


def health_parts(publication: Publication, pair_id: str) -> list[Row]:
    """The parts of the pair's health score, heaviest first."""
    sql = "select * from mart.health_part where pair_id = $pair_id order by weight desc, component"
    return publication.rows(sql, pair_id=pair_id)


def thresholds(publication: Publication, pair_id: str) -> list[Row]:
    """The signs a band rests on, each beside its threshold; nothing of pairs that are not running."""
    if not has_table(publication, "mart", "pair_threshold"):
        return []
    sql = "select * from mart.pair_threshold where pair_id = $pair_id order by ordinal"
    return publication.rows(sql, pair_id=pair_id)


def pattern(publication: Publication, pair_id: str) -> Row | None:
    """How a pair meets, in numbers; None of a pair without a contact."""
    sql = "select * from mart.pair_pattern where pair_id = $pair_id"
    return next(iter(publication.rows(sql, pair_id=pair_id)), None)


def practice(publication: Publication, pair_id: str) -> Row | None:
    """How one pair lives the practices of the guide, in numbers."""
    rows = publication.rows("select * from mart.pair_practice where pair_id = $pair_id", pair_id=pair_id)
    return rows[0] if rows else None


def days(publication: Publication, pair_id: str) -> list[Row]:
    """What was shown of the pair on each day of its history, oldest first."""
    sql = "select * from mart.pair_day where pair_id = $pair_id order by day"
    return publication.rows(sql, pair_id=pair_id)


def on_day(publication: Publication, pair_id: str, day: dt.date) -> Row | None:
    """What is said today of a pair at the end of a past day; None outside its history."""
    sql = "select * from mart.pair_day where pair_id = $pair_id and day = $day"
    return next(iter(publication.rows(sql, pair_id=pair_id, day=day)), None)


_INTERVENTIONS = ("ops.support_contact_made", "ops.nudge_sent", "ops.action_taken")


def interventions(publication: Publication, pair_id: str, since: dt.date) -> list[Row]:
    """What the program did for a pair since a day: the day (UTC) and its words, oldest first."""
    sql = (
        "select occurred_at::date as day, summary, summary_message from mart.pair_event "
        "where pair_id = $pair_id and occurred_at >= $since and list_contains($types::varchar[], event_type) "
        "order by occurred_at, position"
    )
    return publication.rows(sql, pair_id=pair_id, since=since, types=list(_INTERVENTIONS))


def events(publication: Publication, pair_id: str, limit: int = ROW_LIMIT) -> list[Row]:
    """The pair's newest events, newest first."""
    sql = (
        "select * from mart.pair_event where pair_id = $pair_id "
        "order by occurred_at desc, position desc limit $limit"
    )
    return publication.rows(sql, pair_id=pair_id, limit=limit)


def record(publication: Publication, pair_id: str, position: int) -> Row | None:
    """One event of a pair with what it carries; without `file_id` where it is told of groups alone.

    None where the pair has no event at this place.
    """
    sql = """
        select event.*, record.actor_id, record.actor_role, record.file_id, record.fields
        from mart.pair_event as event
        left join mart.pair_record as record
            on record.pair_id = event.pair_id and record.event_id = event.event_id
        where event.pair_id = $pair_id and event.position = $position
        """
    return next(iter(publication.rows(sql, pair_id=pair_id, position=position)), None)


def retractions(publication: Publication, pair_id: str) -> list[Row]:
    """What was once told of a pair and counts no more, the latest first."""
    sql = "select * from mart.pair_retraction where pair_id = $pair_id order by taken_back_at desc, event_id"
    return publication.rows(sql, pair_id=pair_id)
