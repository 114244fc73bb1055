"""How far relationships came."""

from __future__ import annotations

from dashboards.data.publication import Publication, Row


def groups(publication: Publication) -> list[Row]:
    """The programs and cohorts that have a funnel, with whether they are too small to be shown."""
    sql = (
        "select program_id, cohort_id, bool_and(is_hidden) as is_hidden from mart.funnel "
        "group by program_id, cohort_id order by program_id, cohort_id nulls first"
    )
    return publication.rows(sql)


def steps(publication: Publication, program_id: str, cohort_id: str | None) -> list[Row]:
    """The steps of one cohort, or of a whole program, in their order."""
    return publication.rows(
        """
        select * from mart.funnel
        where program_id = $program_id and cohort_id is not distinct from $cohort_id
        order by ordinal
        """,
        program_id=program_id,
        cohort_id=cohort_id,
    )
