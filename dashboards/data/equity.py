"""How groups of people stand beside each other."""

from __future__ import annotations

from dashboards.data.publication import Publication, Row


def programs(publication: Publication) -> list[str]:
    """The programs whose groups of people were compared."""
    rows = publication.rows("select distinct program_id from mart.equity_gap order by program_id")
    return [row["program_id"] for row in rows]


def gaps(publication: Publication, program_id: str) -> list[Row]:
    """The largest gap of each field and number of a program, in the order of numbers."""
    sql = "select * from mart.equity_gap where program_id = $program_id order by field, ordinal"
    return publication.rows(sql, program_id=program_id)


def values(publication: Publication, program_id: str) -> list[Row]:
    """How each group of people of a program stands, in the order of numbers."""
    sql = (
        "select * from mart.equity_value where program_id = $program_id "
        "order by field, ordinal, value desc, group_value"
    )
    return publication.rows(sql, program_id=program_id)
