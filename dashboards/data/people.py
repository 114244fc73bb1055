"""The people of pairs, and the mentors among them."""

from __future__ import annotations

from dashboards.data.publication import ROW_LIMIT, Publication, Row


def everybody(publication: Publication) -> list[str]:
    """Everybody who is one of a pair."""
    rows = publication.rows(
        """
        select mentee_id as person_id from mart.pair where mentee_id is not null
        union
        select mentor_id as person_id from mart.pair where mentor_id is not null
        order by person_id
        """
    )
    return [row["person_id"] for row in rows]


def mentors(publication: Publication) -> list[Row]:
    """The mentors who carry a pair, the fullest first."""
    sql = (
        "select distinct * exclude (program_id) from mart.mentor where n_pairs > 0 "
        "order by load_rate desc nulls last, n_pairs desc, mentor_id limit $limit"
    )
    return publication.rows(sql, limit=ROW_LIMIT)


def generations(publication: Publication) -> list[Row]:
    """How many mentors there are of each generation, and to how many people they are linked on average."""
    return publication.rows(
        """
        select generation, count(*) as n_mentors, avg(n_partners) as mean_partners
        from (select distinct mentor_id, generation, n_partners from mart.mentor where generation > 0)
        group by generation
        order by generation
        """
    )
