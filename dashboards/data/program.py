"""Programs and their cohorts as a whole: weeks, ages, measures and policies."""

from __future__ import annotations

from dashboards.data.publication import Publication, Row


def programs(publication: Publication) -> list[str]:
    """The programs that have relationships, by name."""
    sql = (
        "select distinct program_id from mart.pair "
        "where program_id is not null and accepted_at is not null order by program_id"
    )
    return [row["program_id"] for row in publication.rows(sql)]


def cohorts(publication: Publication) -> list[Row]:
    """The cohorts, newest first."""
    sql = "select * from mart.cohort order by first_accepted_on desc nulls last, cohort_id"
    return publication.rows(sql)


def weeks(publication: Publication) -> list[Row]:
    """Sessions and contacts of all cohorts by ISO week."""
    return publication.rows(
        """
        select
            week_on,
            sum(n_sessions_held)::bigint as n_sessions_held,
            sum(n_contacts)::bigint as n_contacts,
            sum(n_pairs_in_contact)::bigint as n_pairs_in_contact,
            sum(n_pairs_alive)::bigint as n_pairs_alive,
        from mart.week
        group by week_on
        order by week_on
        """
    )


def told_weeks(publication: Publication) -> list[Row]:
    """The same of the cohorts that may be told of, taken together."""
    return publication.rows(
        """
        select
            week.week_on,
            sum(week.n_sessions_held)::bigint as n_sessions_held,
            sum(week.n_contacts)::bigint as n_contacts,
            sum(week.n_pairs_in_contact)::bigint as n_pairs_in_contact,
            sum(week.n_pairs_alive)::bigint as n_pairs_alive,
        from mart.week as week
        inner join mart.cohort as cohort on week.cohort_id = cohort.cohort_id and cohort.is_told
        cross join ref.run as run
        group by week.week_on
        having sum(week.n_pairs_alive) >= max(run.small_group)
        order by week.week_on
        """
    )


def health_ages(publication: Publication) -> list[Row]:
    """The health of current pairs by their age."""
    return publication.rows("select * from mart.health_age order by program_id, n_quarters")


def kpis(publication: Publication, program_id: str, cohort_id: str | None) -> list[Row]:
    """The measures of one cohort, or of a whole program, in their order."""
    return publication.rows(
        """
        select * from mart.kpi
        where program_id = $program_id and cohort_id is not distinct from $cohort_id
        order by ordinal
        """,
        program_id=program_id,
        cohort_id=cohort_id,
    )


def kpis_by_program(publication: Publication) -> dict[str, dict[str, Row]]:
    """All measures of every program as a whole, by program and name."""
    found: dict[str, dict[str, Row]] = {}
    for row in publication.rows(
        "select * from mart.kpi where cohort_id is null order by program_id, ordinal"
    ):
        found.setdefault(row["program_id"], {})[row["kpi"]] = row
    return found


def kpi_by_program(publication: Publication, kpi: str) -> dict[str, Row]:
    """One measure of every program as a whole, by program."""
    sql = "select * from mart.kpi where kpi = $kpi and cohort_id is null order by program_id"
    return {row["program_id"]: row for row in publication.rows(sql, kpi=kpi)}


def policies(publication: Publication) -> list[Row]:
    """Each policy that was found in force, as far as the run knows, the newest first."""
    return publication.rows("select * from mart.policy order by set_at desc, recorded_at desc")
