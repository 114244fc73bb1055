"""How and when relationships end."""

from __future__ import annotations

from dashboards.data.publication import Publication, Row


def reasons(publication: Publication) -> list[Row]:
    """How many relationships ended for each reason, with whether it counts as a natural end."""
    return publication.rows(
        """
            select coalesce(end_reason, 'unknown') as end_reason, is_success, count(*) as n_pairs,
            from mart.pair
            where band = 'ended' and stage <> 'declined'
            group by 1, 2
            order by n_pairs desc, end_reason
            """
    )


def groups(publication: Publication) -> list[Row]:
    """The programs and cohorts that have curves of endings, each program before its cohorts."""
    sql = (
        "select distinct program_id, cohort_id from mart.ending_curve "
        "order by program_id, cohort_id nulls first"
    )
    return publication.rows(sql)


def curves(publication: Publication, program_id: str, cohort_id: str | None) -> dict[str, list[Row]]:
    """The curves of endings of one cohort, or of a whole program, by name."""
    rows = publication.rows(
        """
        select * from mart.ending_curve
        where program_id = $program_id and cohort_id is not distinct from $cohort_id
        order by curve, day
        """,
        program_id=program_id,
        cohort_id=cohort_id,
    )
    curves: dict[str, list[Row]] = {}
    for row in rows:
        curves.setdefault(row["curve"], []).append(row)
    return curves


def comparisons(publication: Publication) -> list[Row]:
    """Each cohort against the others at the same age, by outcome."""
    sql = "select * from mart.ending_comparison order by program_id, cohort_id, outcome"
    return publication.rows(sql)


def match_months(publication: Publication, program_id: str) -> list[Row]:
    """Of the pairs that began in a month, how many were still active at each age."""
    sql = "select * from mart.match_month where program_id = $program_id order by month, n_months"
    return publication.rows(sql, program_id=program_id)
