"""What a report may tell, held against everything that was told before: no difference tells of a few pairs.

A program's total of today less that of a report before is a number about the pairs that came in between.
Where these are fewer than k, the number of the earlier report is told again instead, marked as such, until
enough have come. What a report itself holds is protected by `pipelines.signals.disclosure` in the tables it
is made of; counts by kind that are too small are taken together here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.report import say
from pipelines.report.model import Cell

Row = dict[str, Any]

STANDING = "current pairs"
"""Numbers of current pairs tell of one instant: those of two quarters are no sum of one another."""
POOLED = "Others, too few of each to name"
COUNTS = "counts"
"""What the measure of a cell is called that holds counts by kind."""


@dataclass(slots=True)
class Guard:
    """Decides, number by number, what is told, and remembers it for the reports to come.

    `earlier` are the cells of all reports published before; `k` is the policy's small group.
    `is_same_quarter` tells whether a cell is of an edition of the same quarter.
    """

    k: int
    earlier: Sequence[tuple[str, Cell]]
    """Quarter and cell."""
    quarter: str
    cells: list[Cell] = field(default_factory=list)
    kept: dict[tuple[str, str], str] = field(default_factory=dict)
    """Numbers told again from an earlier report -> the quarter of that report."""
    withheld: list[tuple[str, str]] = field(default_factory=list)
    """Group and measure of what is not told."""

    def tell(self, row: Row) -> Row | None:
        """A measure as it may be told; None where it may not."""
        group, measure = row["cohort_id"] or "", row["kpi"]
        if row["n_pairs"] is not None and row["n_pairs"] < self.k:
            self.withheld.append((group, measure))
            return None
        is_standing = row["of_what"] == STANDING
        close = self._too_close((group, measure), row["n_pairs"], is_standing)
        told = row if close is None else self._again(row, close)
        self._remember(group, measure, told)
        return told

    def tell_counts(self, measure: str, counts: Mapping[str, int]) -> tuple[Mapping[str, int], str]:
        """Counts by kind, and the quarter they were told in before where they are told again.

        They are of one instant or of one quarter: only editions of the same quarter are held against them.
        """
        found = {
            cell.measure.removeprefix(f"{measure}:"): (cell, quarter)
            for quarter, cell in self.earlier
            if cell.measure.startswith(f"{measure}:") and quarter == self.quarter
        }
        before = {kind: cell.n for kind, (cell, _) in found.items()}
        moved = [abs(counts.get(kind, 0) - before.get(kind, 0)) for kind in {*counts, *before}]
        is_close = bool(before) and any(0 < step < self.k for step in moved)
        told = before if is_close else dict(counts)
        for kind, n in told.items():
            self.cells.append(Cell("", f"{measure}:{kind}", COUNTS, n, n, float(n), None, None, f"{n:,}"))
        if is_close and before != dict(counts):
            self.kept["", measure] = self.quarter
            return told, self.quarter
        return told, ""

    def _too_close(
        self, key: tuple[str, str], n_pairs: int | None, is_standing: bool
    ) -> tuple[str, Cell] | None:
        """An earlier cell whose difference to this number would tell of fewer than k pairs."""
        if n_pairs is None:
            return None
        same = [
            (quarter, cell)
            for quarter, cell in self.earlier
            if cell.key == key and (quarter == self.quarter or not is_standing)
        ]
        close = [found for found in same if 0 < abs(found[1].n_pairs - n_pairs) < self.k]
        return close[-1] if close else None

    def _again(self, row: Row, found: tuple[str, Cell]) -> Row:
        quarter, cell = found
        self.kept[cell.key] = quarter
        return row | {
            "value": cell.value,
            "low": cell.low,
            "high": cell.high,
            "n": cell.n,
            "n_pairs": cell.n_pairs,
            "told_in": quarter,
        }

    def _remember(self, group: str, measure: str, row: Row) -> None:
        self.cells.append(
            Cell(
                group,
                measure,
                row["unit"],
                row["n_pairs"] or 0,
                row["n"],
                row["value"],
                row["low"],
                row["high"],
                say.amount(row["value"], row["unit"]),
            )
        )


def pooled(
    pairs: Iterable[Row], kind_of: Callable[[Row], str], is_enough: Callable[[Sequence[Row]], bool]
) -> dict[str, list[Row]]:
    """Pairs by kind, the largest kind first; kinds too small to be told of are taken together.

    Where even these together are too few, the smallest kind that could be told of joins them: the total less
    the kinds told of never tells of too few. Empty where all pairs together are too few.
    """
    kinds: dict[str, list[Row]] = {}
    for pair in pairs:
        kinds.setdefault(kind_of(pair), []).append(pair)
    ranked = sorted(kinds.items(), key=lambda kind: (-len(kind[1]), kind[0]))
    told = [(kind, members) for kind, members in ranked if is_enough(members)]
    rest = [pair for _, members in ranked if not is_enough(members) for pair in members]
    while rest and not is_enough(rest) and told:
        rest += told.pop()[1]
    if rest and not is_enough(rest):
        return {}
    return dict(told) | ({POOLED: rest} if rest else {})
