"""One published build: an immutable DuckDB file, open for reading, and what every question to it needs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import duckdb

from dashboards.told import told
from dashboards.viewer import viewer

Row = dict[str, Any]

ROW_LIMIT = 2000
"""The most rows a grid is given; the screen says so when there are more."""


@dataclass(frozen=True)
class Publication:
    """One published build, open for reading."""

    build_id: str
    connection: duckdb.DuckDBPyConnection
    answers: dict[tuple[object, str], Any] = field(default_factory=dict, compare=False, repr=False)

    def rows(self, sql: str, **parameters: Any) -> list[Row]:
        """The answer to one query, on a cursor of its own."""
        cursor = self.connection.cursor()
        try:
            found = cursor.execute(sql, parameters).fetchall()
            names = [column[0] for column in cursor.description or ()]
        finally:
            cursor.close()
        return told([dict(zip(names, row, strict=True)) for row in found])


Answer = TypeVar("Answer")


def once(ask: Callable[[Publication], Answer]) -> Callable[[Publication], Answer]:
    """Keep the answer to a question without parameters: in one language it never changes."""

    @functools.wraps(ask)
    def answer(publication: Publication) -> Answer:
        kept, question = publication.answers, (ask, viewer().language)
        if question not in kept:
            kept[question] = ask(publication)
        return cast(Answer, kept[question])

    return answer


@once
def run(publication: Publication) -> Row:
    """The run behind the publication: as-of, known-at, policy thresholds, program label."""
    return publication.rows("select * from ref.run")[0]


def has_table(publication: Publication, schema: str, table: str) -> bool:
    """Whether a publication has a table that older ones lack."""
    found = publication.rows(
        "select view_name as name from duckdb_views() where schema_name = $schema and view_name = $table "
        "union all "
        "select table_name from duckdb_tables() where schema_name = $schema and table_name = $table",
        schema=schema,
        table=table,
    )
    return bool(found)


def count_where(rows: Sequence[Row], column: str = "n_pairs", **wanted: Any) -> int:
    """The sum of a column over the rows that have these values."""
    chosen = (row for row in rows if all(row[name] == value for name, value in wanted.items()))
    return int(sum(row[column] or 0 for row in chosen))
