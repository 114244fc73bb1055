"""What a build has changed: by this, what is checked, hashed and written follows what is new."""

from __future__ import annotations

from dataclasses import dataclass

TOUCHED = "temp.touched"
"""The pairs a refresh computes again, as `pair_id`; NULL where an event is of no pair."""

IN_TOUCHED = f"pair_id in (select pair_id from {TOUCHED})"


def rows_of_touched(table: str) -> str:
    """A select of the rows of touched pairs of a stored table.

    They are found by the pair alone: of rows that are not wanted no other column is read.
    """
    return f"(from {table} where rowid in (select rowid from {table} where {IN_TOUCHED}))"


@dataclass(frozen=True, slots=True)
class Altered:
    """The tables whose rows may be others than before; those `in_touched` in rows of TOUCHED pairs alone.

    The log was checked up to `log_checked`, a position, and has only grown since; 0 where nobody knows.
    """

    tables: frozenset[str]
    in_touched: frozenset[str] = frozenset()
    log_checked: int = 0

    @property
    def far(self) -> frozenset[str]:
        """The tables of which also rows that nobody touched may be others."""
        return self.tables - self.in_touched

    def is_near(self, table: str) -> bool:
        """Whether rows of touched pairs alone may be others in a table, or none."""
        return table not in self.tables or table in self.in_touched
