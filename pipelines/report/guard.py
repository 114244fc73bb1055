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


@dataclass(frozen=True, slots=True)
class Published:
    """A report that was told before: its quarter and what it told of groups."""

    quarter: str
    cells: Mapping[tuple[str, str], Cell]
    """By group and measure."""

    def tells(self, measure: str) -> bool:
        """Whether it tells a measure of any group."""
        return any(cell.measure == measure for cell in self.cells.values())


@dataclass(slots=True)
class Guard:
    """Decides, number by number, what is told, and remembers it for the reports to come.

    `k` is the policy's small group; `earlier` are all reports published before, the oldest first; `quarter`
    is that of this report.
    """

    k: int
    earlier: Sequence[Published]
    quarter: str
    cells: list[Cell] = field(default_factory=list)
    kept: dict[tuple[str, str], str] = field(default_factory=dict)
    """Numbers told again from an earlier report -> the quarter of that report."""
    withheld: list[tuple[str, str]] = field(default_factory=list)
    """Group and measure of what is not told."""

    def tell(self, rows: Sequence[Row]) -> list[Row]:
        """One measure of a program and of its cohorts, as it may be told; what may not is left out.

        All its numbers are told anew together, or all as they were: numbers of different reports side by side
        could be subtracted from one another.
        """
        large = []
        for row in rows:
            if row["n_pairs"] is not None and row["n_pairs"] < self.k:
                self.withheld.append((row["cohort_id"] or "", row["kpi"]))
            else:
                large.append(row)
        told = [again for row in large if (again := self._again(row, self._close(large))) is not None]
        for row in told:
            self._remember(row)
        return told

    def tell_counts(self, measure: str, counts: Mapping[str, int]) -> Mapping[str, int]:
        """Counts by kind as they may be told: those of the edition before where they differ by too few.

        They are of one instant or of one quarter: only editions of the same quarter are held against them.
        """
        found = [self._counts(published, measure) for published in self.earlier if self._is_same(published)]
        close = [before for before in found if before and self._differ_by_few(before, counts)]
        told = close[-1] if close else dict(counts)
        if close and told != dict(counts):
            self.kept["", measure] = self.quarter
        for kind, n in told.items():
            self.cells.append(Cell("", f"{measure}:{kind}", COUNTS, n, n, float(n), None, None, f"{n:,}"))
        return told

    def _close(self, rows: Sequence[Row]) -> Published | None:
        """The latest report, where telling these numbers anew would tell of too few pairs; else None."""
        measure = rows[0]["kpi"]
        is_standing = rows[0]["of_what"] == STANDING
        held_against = [
            published
            for published in self.earlier
            if (self._is_same(published) or not is_standing) and published.tells(measure)
        ]
        is_close = any(self._differs_by_few(published, rows) for published in held_against)
        return held_against[-1] if is_close else None

    def _differs_by_few(self, published: Published, rows: Sequence[Row]) -> bool:
        """Whether a group, or what the cohorts leave of the program, moved by fewer than k pairs."""
        steps = {}
        for row in rows:
            group = row["cohort_id"] or ""
            cell = published.cells.get((group, row["kpi"]))
            if cell is not None and row["n_pairs"] is not None:
                steps[group] = row["n_pairs"] - cell.n_pairs
        rest = 2 * steps[""] - sum(steps.values()) if "" in steps else 0
        return any(0 < abs(step) < self.k for step in (*steps.values(), rest))

    def _again(self, row: Row, published: Published | None) -> Row | None:
        """A number as the report before told it; None where it told of no such group."""
        if published is None:
            return row
        cell = published.cells.get((row["cohort_id"] or "", row["kpi"]))
        if cell is None:
            return None
        self.kept[cell.key] = published.quarter
        return row | {
            "value": cell.value,
            "low": cell.low,
            "high": cell.high,
            "n": cell.n,
            "n_pairs": cell.n_pairs,
            "told_in": published.quarter,
        }

    def _remember(self, row: Row) -> None:
        shown = (row["unit"], row["n_pairs"] or 0, row["n"], row["value"], row["low"], row["high"])
        self.cells.append(
            Cell(row["cohort_id"] or "", row["kpi"], *shown, say.amount(row["value"], row["unit"]))
        )

    def _is_same(self, published: Published) -> bool:
        return published.quarter == self.quarter

    @staticmethod
    def _counts(published: Published, measure: str) -> dict[str, int]:
        kinds = (cell for cell in published.cells.values() if cell.measure.startswith(f"{measure}:"))
        return {cell.measure.removeprefix(f"{measure}:"): cell.n for cell in kinds}

    def _differ_by_few(self, before: Mapping[str, int], counts: Mapping[str, int]) -> bool:
        steps = (abs(counts.get(kind, 0) - before.get(kind, 0)) for kind in {*counts, *before})
        return any(0 < step < self.k for step in steps)


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
