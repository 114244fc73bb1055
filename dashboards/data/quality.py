"""What arrived, what was rejected, what waits, and what the checks found."""

from __future__ import annotations

from dashboards.data.publication import ROW_LIMIT, Publication, Row, has_table, once


@once
def sources(publication: Publication) -> list[Row]:
    """How fresh each source is, stalest first."""
    worst_first = "case freshness when 'stale' then 0 when 'late' then 1 else 2 end"
    sql = f"select * from mart.source order by {worst_first}, days_since_last desc nulls first, source"
    return publication.rows(sql)


def deliveries(publication: Publication) -> list[Row]:
    """Every file that arrived, newest first."""
    sql = "select * from mart.ledger order by landed_at desc, name limit $limit"
    return publication.rows(sql, limit=ROW_LIMIT)


def delivery(publication: Publication, file_id: str) -> Row | None:
    """One file that arrived."""
    sql = "select * from mart.ledger where file_id = $file_id"
    return next(iter(publication.rows(sql, file_id=file_id)), None)


def ledger_by_source(publication: Publication) -> list[Row]:
    """Lines received and what became of them, for each source."""
    return publication.rows(
        """
            select
                source,
                count(*) as n_files,
                coalesce(sum(lines_in), 0)::bigint as lines_in,
                coalesce(sum(accepted), 0)::bigint as accepted,
                coalesce(sum(duplicate), 0)::bigint as duplicate,
                coalesce(sum(quarantined), 0)::bigint as quarantined,
            from mart.ledger
            group by source
            order by lines_in desc, source
            """
    )


def quarantine(publication: Publication) -> list[Row]:
    """Rejected rows by source and reason, open ones first."""
    sql = "select * from mart.quarantine order by n_open desc, n_rows desc, source, code"
    return publication.rows(sql)


def quarantine_reason(publication: Publication, source: str, code: str) -> Row | None:
    """One reason for which lines of a source wait, or None where none does any more."""
    sql = "select * from mart.quarantine where source = $source and code = $code and n_open > 0"
    return next(iter(publication.rows(sql, source=source, code=code)), None)


def quarantine_lines(publication: Publication, source: str, code: str) -> list[Row]:
    """The oldest lines of a source that wait for one reason."""
    sql = "select * from mart.quarantine_line where source = $source and code = $code order by ordinal"
    return publication.rows(sql, source=source, code=code)


def quarantine_line(publication: Publication, quarantine_id: str) -> Row | None:
    """One line that waits, by its id."""
    sql = "select * from mart.quarantine_line where quarantine_id = $id and not is_whole_file"
    return next(iter(publication.rows(sql, id=quarantine_id)), None)


def refused_file(publication: Publication, file_id: str) -> Row | None:
    """One file that waits because it was refused as a whole."""
    sql = "select * from mart.quarantine_line where file_id = $id and is_whole_file"
    return next(iter(publication.rows(sql, id=file_id)), None)


def parked(publication: Publication) -> list[Row]:
    """Pairs whose events wait for somebody to announce them, longest first."""
    return publication.rows("select * from mart.parked order by first_recorded_at, pair_id, source")


def drift(publication: Publication) -> list[Row]:
    """What moved since the publication before, what moved most first; nothing of older publications."""
    if not has_table(publication, "ref", "drift"):
        return []
    return publication.rows("select * from ref.drift order by is_ok, n_failed desc, table_name, rule")


def check_results(publication: Publication) -> list[Row]:
    """What was expected of the tables, broken rules first."""
    sql = "select * from mart.check_result order by is_ok, is_blocking desc, table_name, rule"
    return publication.rows(sql)
