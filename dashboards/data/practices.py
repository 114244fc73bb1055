"""How programs live the practices of mentoring."""

from __future__ import annotations

from dashboards.data.publication import Publication, Row


def groups(publication: Publication) -> list[Row]:
    """The programs and cohorts that have numbers about practices, and whether all of them are hidden."""
    sql = (
        "select program_id, cohort_id, bool_and(is_hidden) as is_hidden from mart.practice "
        "group by program_id, cohort_id order by program_id, cohort_id nulls first"
    )
    return publication.rows(sql)


def numbers(publication: Publication, section: str, program_id: str, cohort_id: str | None) -> dict[str, Row]:
    """The numbers about the practices of one section, by name and in their order."""
    rows = publication.rows(
        """
        select * from mart.practice
        where section = $section and program_id = $program_id and cohort_id is not distinct from $cohort_id
        order by ordinal
        """,
        section=section,
        program_id=program_id,
        cohort_id=cohort_id,
    )
    return {row["practice"]: row for row in rows}


def choices(publication: Publication, section: str, program_id: str) -> dict[str, list[Row]]:
    """The numbers told by kind of one section of a program, by name and in their order."""
    rows = publication.rows(
        "select * from mart.choice where section = $section and program_id = $program_id "
        "order by ordinal, rate desc nulls last, kind",
        section=section,
        program_id=program_id,
    )
    told: dict[str, list[Row]] = {}
    for row in rows:
        told.setdefault(row["choice"], []).append(row)
    return told


def short_of_time(publication: Publication, limit: int) -> list[Row]:
    """Current pairs short of time, the most often moved first; `n_listed`: how many there are."""
    return publication.rows(
        """
        with short as (select * from mart.pair_practice where is_short_of_time),
        foremost as (
            select pair_id, (select count(*) from short) as n_listed
            from short
            order by push_streak desc nulls last, overlap_hours, pair_id
            limit $limit
        )
        select
            p.pair_id, p.mentee_id, p.mentor_id, p.direction, p.mentee_time_zone, p.mentor_time_zone,
            t.overlap_hours, t.is_overlap_short, t.push_streak, t.session_minutes,
            t.mentee_off_minutes, t.mentor_off_minutes, f.n_listed
        from foremost as f
        inner join mart.pair as p on p.pair_id = f.pair_id
        inner join mart.pair_practice as t on t.pair_id = f.pair_id
        order by t.push_streak desc nulls last, t.overlap_hours, p.pair_id
        """,
        limit=limit,
    )
