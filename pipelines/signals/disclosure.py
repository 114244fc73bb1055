"""What may be told of a group: large enough, not all alike, and not to be worked out from what is told.

Three rules, used by everything that shows numbers of groups (spec: evidence 3.4):

1. **Enough stand behind it** (`is_enough`): k people, k relationships and three mentors. The five mentees
   of one mentor are no group. Where no mentor is known at all, that part of the rule says nothing.
2. **Not all alike** (`is_unanimous`): that all of a group did something, or none, tells it of each of them.
3. **Not by subtraction** (`cells`, `protect`): whoever knows a total and all its parts but one knows that
   one too. So more cells are hidden, the smallest first, until what is hidden below each total is together
   a group that may be told of, and no hidden count can be narrowed down to fewer than k numbers (`limits`).

The usual way in is `cells`: members in, a table with its totals out, each row marked `is_hidden`:

    table = cells(members, ["cohort_id", "type"], k=5)     # one row per pair
    shown = table[~table["is_hidden"]]

Hide a cell in all its columns. What was told in an earlier table counts as told: two tables of the same
pairs are safe together only if they are one table here. Against subtraction over time a report keeps a
ledger.

Primary and complementary suppression: L. Willenborg and T. de Waal, Elements of Statistical Disclosure
Control (Springer 2001), ch. 6. Limits by linear programming: M. Fischetti and J. J. Salazar, Journal of the
American Statistical Association 95 (2000) 916-928. The choice of cells is greedy: it hides enough, not
always the least.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linprog

from pipelines.signals.frames import Flags, Floats
from warehouse.errors import FrameError

Places = NDArray[np.intp]
Sums = NDArray[np.int64]
"""One row per total that a table holds, one column per cell: 1 for each part, -1 for the total."""

FEWEST_MENTORS = 3
"""The mentees of one or two mentors are no group."""
ALL = "all"
"""In a column of a table: all its values together, a total."""
NOT_STATED = "not stated"
READ = ("pair_id", "mentee_id", "mentor_id")
A_PART = 100
"""So many rows of a group are looked at before all of them."""
NEARLY = 1e-6
"""Limits come from a solver of real numbers."""
SOLVED = 0
"""The status of a linear program that has a least value; the others here are unbounded."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many different people, relationships and known mentors stand behind a number."""

    people: int
    pairs: int
    mentors: int


def is_enough(size: Size, k: int) -> bool:
    """Whether a group is large enough to be told of."""
    is_one_mentors = 0 < size.mentors < FEWEST_MENTORS
    return min(size.people, size.pairs) >= k and not is_one_mentors


def are_enough(rows: Places, size_at: Callable[[Places], Size], k: int) -> bool:
    """Whether a group is large enough to be told of, by the places of its rows.

    Where a part of it with known mentors is, so is all of it: of a large group few rows are looked at.
    """
    part = size_at(rows[:A_PART])
    return (part.mentors > 0 and is_enough(part, k)) or is_enough(size_at(rows), k)


def is_unanimous(n_reached: int, n: int) -> bool:
    """Whether a share is 0 % or 100 %, which tells about each of a group."""
    return n_reached in (0, n)


def cells(members: pd.DataFrame, dims: Sequence[str], k: int, is_reached: str | None = None) -> pd.DataFrame:
    """The table of a group by some of its columns, with all totals, and which of its cells to hide.

    Needs one row per pair: READ and the columns `dims`; where `is_reached` names a flag, `n_reached` counts
    it and shares of 0 % and 100 % are hidden too. Returns one row per cell that holds a pair, ordered by
    `dims`, with n_pairs, n_people, n_mentors, n_reached, is_primary and is_hidden; a column of `dims` is ALL
    in totals and NOT_STATED where a pair has no value.
    `is_primary` cells break rule 1 or 2, the other hidden ones protect them. Raises FrameError for a missing
    column or a value that is called like a total.
    """
    pairs = _checked(members, dims, is_reached)
    size_at = sizes_of(pairs)
    reached = pairs[is_reached].to_numpy() if is_reached else None

    def is_tellable(rows: Places) -> bool:
        is_alike = reached is not None and is_unanimous(int(reached[rows].sum()), len(rows))
        return are_enough(rows, size_at, k) and not is_alike

    table, rows_of = cross_table(pairs, dims)
    sizes = [size_at(rows) for rows in rows_of]
    counts = np.array([size.pairs for size in sizes], dtype=np.float64)
    primary, hidden = shield(table, rows_of, dims, counts, k, is_tellable)
    return table.assign(
        n_pairs=counts.astype(np.int64),
        n_people=[size.people for size in sizes],
        n_mentors=[size.mentors for size in sizes],
        n_reached=pd.array(
            [None if reached is None else int(reached[rows].sum()) for rows in rows_of], "Int64"
        ),
        is_primary=primary,
        is_hidden=hidden,
    )


def shield(
    table: pd.DataFrame,
    rows_of: Sequence[Places],
    dims: Sequence[str],
    counts: Floats,
    k: int,
    is_tellable: Callable[[Places], bool],
) -> tuple[Flags, Flags]:
    """Which cells of a `cross_table` may not be told, and which must be hidden with those that protect them.

    `is_tellable` says of the rows of one cell, or of several together, whether they may be told of.
    """

    def is_told_together(parts: Sequence[int]) -> bool:
        return is_tellable(np.concatenate([rows_of[part] for part in parts]))

    primary = np.array([not is_tellable(rows) for rows in rows_of], dtype=np.bool_)
    return primary, protect(counts, sums_of(table, dims), primary, k, is_told_together)


def protect(
    counts: Floats,
    sums: Sums,
    primary: Flags,
    k: int,
    is_told_together: Callable[[Sequence[int]], bool] | None = None,
) -> Flags:
    """Which cells to hide so that those of `primary` cannot be worked out from the others.

    `counts` and the totals in `sums` are those of one table. Cells are added until the hidden parts below
    each shown total may be told of as one group (`is_told_together`, given their places; by default: they
    count k), and no hidden count can be narrowed down to fewer than k numbers. Details go before totals and
    small before large; equal ones in the order of the table, so that the answer never depends on chance.
    """
    hidden = primary.copy()
    is_enough_together = is_told_together or (lambda parts: bool(counts[list(parts)].sum() >= k))
    while (weak := _weak_sum(sums, hidden, is_enough_together)) is not None or (
        weak := _weak_cell(counts, sums, hidden, k)
    ) is not None:
        hidden[_next_to_hide(counts, sums, hidden, weak)] = True
    return hidden


def limits(counts: Floats, sums: Sums, hidden: Flags) -> tuple[Floats, Floats]:
    """The least and the greatest count that each cell may have, for a reader of all cells that are shown.

    The reader knows the totals and that no count is negative. Shown cells have their count as both limits; a
    cell without an upper limit has infinity.
    """
    low, high = counts.copy(), counts.copy()
    chosen = np.flatnonzero(hidden)
    left = sums[:, chosen]
    is_told = (left != 0).any(axis=1)
    left, right = left[is_told], -(sums[is_told][:, ~hidden] @ counts[~hidden])
    for place, cell in enumerate(chosen):
        low[cell] = _extreme(left, right, place, 1)
        high[cell] = _extreme(left, right, place, -1)
    return low, high


def sums_of(table: pd.DataFrame, dims: Sequence[str]) -> Sums:
    """The totals in a table: each cell with ALL in a column is the sum of those with a value there."""
    keys = list(table[list(dims)].itertuples(index=False, name=None))
    place_of = {key: place for place, key in enumerate(keys)}
    found: dict[tuple[int, int], list[int]] = {}
    for place, key in enumerate(keys):
        for column, value in enumerate(key):
            total = place_of.get((*key[:column], ALL, *key[column + 1 :]))
            if value != ALL and total is not None:
                found.setdefault((total, column), []).append(place)
    sums = np.zeros((len(found), len(keys)), dtype=np.int64)
    for row, ((total, _column), parts) in enumerate(sorted(found.items())):
        sums[row, parts], sums[row, total] = 1, -1
    return sums


def _checked(members: pd.DataFrame, dims: Sequence[str], is_reached: str | None) -> pd.DataFrame:
    wanted = [*READ, *dims, *([is_reached] if is_reached else [])]
    missing = [name for name in wanted if name not in members.columns]
    if missing:
        raise FrameError(f"the members of a table lack {', '.join(missing)}")
    pairs = members[wanted].reset_index(drop=True)
    return pairs.assign(**{name: stated(pairs[name]) for name in dims})


def stated(values: pd.Series) -> pd.Series:
    """Values as categories, NOT_STATED among them; whoever asks many times may have made them so.

    Raises FrameError for a value that is called like a total.
    """
    is_category = isinstance(values.dtype, pd.CategoricalDtype)
    named = values if is_category else values.astype("str").astype("category")
    if (named == ALL).any():
        raise FrameError(f"{values.name} has the value {ALL!r}, which names totals: call it otherwise")
    if NOT_STATED not in named.cat.categories:
        named = named.cat.add_categories(NOT_STATED)
    return named.fillna(NOT_STATED)


def sizes_of(pairs: pd.DataFrame) -> Callable[[Places], Size]:
    """The size of a group by the places of its rows, asked many times over: ids are numbered once."""
    n = len(pairs)
    people = pd.factorize(pd.concat([pairs["mentee_id"], pairs["mentor_id"]]))[0]
    mentee, mentor, pair = people[:n], people[n:], pd.factorize(pairs["pair_id"])[0]

    def count(*codes: Places) -> int:
        is_there = np.zeros(1 + 2 * n, dtype=np.bool_)
        for some in codes:
            is_there[some + 1] = True  # nobody is numbered -1
        return int(is_there[1:].sum())

    return lambda rows: Size(count(mentee[rows], mentor[rows]), count(pair[rows]), count(mentor[rows]))


def cross_table(pairs: pd.DataFrame, dims: Sequence[str]) -> tuple[pd.DataFrame, list[Places]]:
    """The cells that hold a row, with ALL in totals, and for each the places of its rows."""
    coded = {name: _coded(pairs[name]) for name in dims}
    rows_of: dict[tuple[str, ...], Places] = {}
    for n in range(len(dims) + 1):
        for kept in combinations(dims, n):
            for rows in _alike([coded[name][0] for name in kept], len(pairs)):
                first = {name: codes[rows[0]] for name, (codes, _values) in coded.items()}
                key = tuple(coded[name][1][first[name]] if name in kept else ALL for name in dims)
                rows_of[key] = rows
    keys = sorted(rows_of)
    return pd.DataFrame(keys, columns=list(dims)), [rows_of[key] for key in keys]


def _coded(values: pd.Series) -> tuple[Places, pd.Index]:
    """A number for each value, and the values by their numbers; categories are numbered already."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return np.asarray(values.cat.codes, dtype=np.intp), values.cat.categories
    codes, different = pd.factorize(values)
    return codes.astype(np.intp), pd.Index(different)


def _alike(columns: Sequence[Places], n_rows: int) -> list[Places]:
    """The places of rows that have the same codes in all columns, in their order."""
    if not n_rows:
        return []
    cell = np.zeros(n_rows, dtype=np.intp)
    for codes in columns:
        cell = cell * (codes.max() + 1) + codes
    # Small numbers are sorted by counting.
    order = np.argsort(cell.astype(np.min_scalar_type(cell.max())), kind="stable")
    return np.split(order, np.flatnonzero(np.diff(cell[order])) + 1)


def _weak_sum(sums: Sums, hidden: Flags, is_told_together: Callable[[Sequence[int]], bool]) -> int | None:
    """A cell among the hidden parts of a shown total that would tell of too few by subtraction."""
    for row in sums:
        parts = np.flatnonzero((row == 1) & hidden)
        if len(parts) and not hidden[row == -1].any() and not is_told_together(parts.tolist()):
            return int(parts[0])
    return None


def _weak_cell(counts: Floats, sums: Sums, hidden: Flags, k: int) -> int | None:
    """A hidden cell whose count a reader could narrow down to fewer than k numbers."""
    low, high = limits(counts, sums, hidden)
    weak = np.flatnonzero(hidden & (high - low < k - NEARLY))
    return int(weak[0]) if len(weak) else None


def _next_to_hide(counts: Floats, sums: Sums, hidden: Flags, weak: int) -> int:
    """The shown cell to hide next: beside the weak one, a detail before a total, the smallest that counts."""
    n_parts = (sums == -1).sum(axis=0)
    beside = (sums[sums[:, weak] != 0] != 0).any(axis=0) & ~hidden
    linked = (sums[(sums[:, hidden] != 0).any(axis=1)] != 0).any(axis=0) & ~hidden
    shown = np.flatnonzero(beside if beside.any() else linked)
    return int(min(shown, key=lambda cell: (counts[cell] == 0, n_parts[cell], counts[cell], cell)))


def _extreme(left: Sums, right: Floats, place: int, sign: int) -> float:
    """The least (sign 1) or greatest (sign -1) count of one hidden cell that the shown ones allow."""
    if not len(left):
        return 0.0 if sign == 1 else np.inf
    if len(left) == 1:
        return _extreme_of_one(left[0], float(right[0]), place, sign)
    cost = np.zeros(left.shape[1])
    cost[place] = sign
    found: Any = linprog(cost, A_eq=left, b_eq=right, bounds=(0, None), method="highs")
    return float(sign * found.fun) if found.status == SOLVED else np.inf


def _extreme_of_one(row: NDArray[np.int64], right: float, place: int, sign: int) -> float:
    """The same where one sum is all there is to know, as in a table of one column: no program is needed."""
    own, others = row[place], np.delete(row, place)
    if own == 0:
        return 0.0 if sign == 1 else np.inf
    if sign == 1:
        others_make_it = right == 0 or bool((others * right > 0).any())
        return 0.0 if others_make_it else float(right * own)
    return np.inf if (others == -own).any() else float(right * own)
