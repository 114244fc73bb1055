"""How many pairs stand where, today and on the days before."""

from __future__ import annotations

import datetime as dt

from dashboards.data.publication import Publication, Row, once
from warehouse import queries
from warehouse.queries import Sight


@once
def standing(publication: Publication) -> list[Row]:
    """How many pairs stand where: band, state, is_success, n_pairs.

    A proposal that was declined never became a pair, so it is neither current nor ended: left out.
    """
    return publication.rows(
        """
        select band, state, is_success, count(*) as n_pairs
        from mart.pair
        where stage <> 'declined'
        group by band, state, is_success
        """
    )


def n_declined(publication: Publication) -> int:
    """How many proposals were declined."""
    return int(publication.rows("select count(*) as n from mart.pair where stage = 'declined'")[0]["n"])


@once
def sight(publication: Publication) -> Sight:
    """How many pairs could be judged, and what kept the others from it."""
    with publication.connection.cursor() as cursor:
        return queries.sight(cursor)


@once
def moves(publication: Publication) -> dict[str, int]:
    """By how many pairs each band grew or shrank within four weeks; nothing where the history is shorter."""
    rows = publication.rows(
        """
        with newest as (select max(day) as today from mart.band_day)
        select
            d.band,
            coalesce(sum(d.n_pairs) filter (where d.day = n.today), 0)::bigint as n_now,
            coalesce(sum(d.n_pairs) filter (where d.day = n.today - 28), 0)::bigint as n_then,
        from mart.band_day as d
        cross join newest as n
        group by d.band
        """
    )
    has_both = sum(row["n_then"] for row in rows) > 0
    return {row["band"]: row["n_now"] - row["n_then"] for row in rows} if has_both else {}


def on_day(publication: Publication, day: dt.date) -> list[Row]:
    """How many pairs are said today to have stood in each band at the end of a past day."""
    sql = "select band, sum(n_pairs)::bigint as n_pairs from mart.band_day where day = $day group by band"
    return publication.rows(sql, day=day)


def flows(publication: Publication) -> list[Row]:
    """Where pairs have gone since the start of the quarter or of the history."""
    return publication.rows(
        """
        select from_on, until_on, band_from, band_to, sum(n_pairs)::bigint as n_pairs
        from mart.band_flow
        group by from_on, until_on, band_from, band_to
        order by band_from, band_to
        """
    )
