"""What is hidden stays hidden: from subtraction, from a solver, from whoever reads all that is shown."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.signals.disclosure import (
    ALL,
    NOT_STATED,
    Size,
    cells,
    is_enough,
    is_unanimous,
    limits,
    protect,
    sums_of,
)
from warehouse.errors import FrameError

K = 5
FEW = settings(max_examples=15, deadline=None)


def members(*sizes: tuple[dict[str, Any], int], mentors_each: int | None = None) -> pd.DataFrame:
    """One row per pair: so many with these values, each with a mentor of its own unless said otherwise."""
    rows = []
    for part, (values, n) in enumerate(sizes):
        for i in range(n):
            mentor = i if mentors_each is None else i % mentors_each
            rows.append({"mentee_id": f"e{part}-{i}", "mentor_id": f"o{part}-{mentor}"} | values)
    return pd.DataFrame(rows).assign(pair_id=lambda frame: [f"p{i}" for i in range(len(frame))])


def size_of(group: pd.DataFrame) -> Size:
    """The size of a group of pairs, counted in the plainest way."""
    people = pd.concat([group["mentee_id"], group["mentor_id"]])
    return Size(people.nunique(), group["pair_id"].nunique(), group["mentor_id"].nunique())


def table_of(by_row: list[list[int]]) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """A table of rows and columns with its totals: cells, counts, sums."""
    n_rows, n_columns = len(by_row), len(by_row[0])
    keys, counts = [], []
    for i, j in product([*range(n_rows), ALL], [*range(n_columns), ALL]):
        rows = range(n_rows) if i == ALL else [i]
        columns = range(n_columns) if j == ALL else [j]
        keys.append((str(i), str(j)))
        counts.append(sum(by_row[r][c] for r in rows for c in columns))
    table = pd.DataFrame(keys, columns=["row", "column"])
    return table, np.array(counts, dtype=float), sums_of(table, ["row", "column"])


def solved(sums: np.ndarray, hidden: np.ndarray) -> list[int]:
    """The hidden cells that elimination alone pins down: an attacker written differently from `limits`.

    In the reduced rows of the totals, with exact fractions, a cell that stands alone is known.
    """
    rows = [[Fraction(int(x)) for x in row] for row in sums[:, hidden]]
    pivots = 0
    for column in range(int(hidden.sum())):
        row = next((r for r in range(pivots, len(rows)) if rows[r][column]), None)
        if row is None:
            continue
        rows[pivots], rows[row] = rows[row], rows[pivots]
        first = rows[pivots][column]
        rows[pivots] = [x / first for x in rows[pivots]]
        for r in range(len(rows)):
            if r != pivots and rows[r][column]:
                factor = rows[r][column]
                rows[r] = [x - factor * y for x, y in zip(rows[r], rows[pivots], strict=True)]
        pivots += 1
    alone = [[i for i, x in enumerate(row) if x] for row in rows[:pivots]]
    return [int(np.flatnonzero(hidden)[found[0]]) for found in alone if len(found) == 1]


def test_five_pairs_of_three_mentors_are_enough() -> None:
    assert is_enough(Size(people=8, pairs=5, mentors=3), K)
    assert not is_enough(Size(people=7, pairs=4, mentors=3), K)
    assert not is_enough(Size(people=4, pairs=5, mentors=3), K)


def test_the_five_mentees_of_one_mentor_are_no_group() -> None:
    five = members(({}, 5), mentors_each=1)
    assert size_of(five) == Size(people=6, pairs=5, mentors=1)
    assert not is_enough(size_of(five), K)


def test_where_no_mentor_is_known_pairs_and_people_decide() -> None:
    assert is_enough(size_of(members(({}, 5)).assign(mentor_id=None)), K)


def test_a_group_is_looked_at_whole_where_a_part_of_it_names_no_mentor() -> None:
    """Two known mentors among many unknown ones are two mentors, wherever their pairs stand."""
    many = members(({"type": "a"}, 300)).assign(mentor_id=None)
    many.loc[[298, 299], "mentor_id"] = ["o1", "o2"]
    assert cells(many, ["type"], K)["is_hidden"].all()
    many.loc[200, "mentor_id"] = "o3"
    assert not cells(many, ["type"], K)["is_hidden"].any()


def test_all_and_none_tell_about_each_of_a_group() -> None:
    assert [is_unanimous(n, 7) for n in (0, 1, 6, 7)] == [True, False, False, True]


def test_a_small_part_takes_the_smallest_other_part_with_it() -> None:
    table = cells(members(({"type": "a"}, 3), ({"type": "b"}, 9), ({"type": "c"}, 20)), ["type"], K)
    hidden = table.set_index("type")["is_hidden"]
    assert dict(hidden) == {"a": True, ALL: False, "b": True, "c": False}
    assert list(table[table["is_primary"]]["type"]) == ["a"]


def test_small_parts_that_are_a_group_together_need_no_other() -> None:
    table = cells(members(({"type": "a"}, 3), ({"type": "b"}, 3), ({"type": "c"}, 20)), ["type"], K)
    assert list(table[table["is_hidden"]]["type"]) == ["a", "b"]


def test_what_is_left_by_subtraction_must_have_three_mentors_too() -> None:
    one_mentors = members(({"type": "a"}, 8), mentors_each=1)
    others = members(({"type": "b"}, 9), ({"type": "c"}, 20))
    pairs = pd.concat([one_mentors, others.assign(mentor_id=others["mentor_id"] + "x")]).reset_index(
        drop=True
    )
    pairs["pair_id"] = [f"p{i}" for i in range(len(pairs))]
    hidden = cells(pairs, ["type"], K).set_index("type")["is_hidden"]
    assert hidden["a"]
    assert hidden["b"]
    assert not hidden["c"]


def test_a_share_of_all_or_none_is_hidden_and_so_is_what_would_give_it_away() -> None:
    pairs = members(({"type": "a"}, 8), ({"type": "b"}, 9), ({"type": "c"}, 20))
    pairs["is_done"] = (pairs["type"] == "a") | (pairs.index % 2 == 0)
    hidden = cells(pairs, ["type"], K, "is_done").set_index("type")["is_hidden"]
    assert dict(hidden) == {"a": True, ALL: False, "b": True, "c": False}


def test_a_total_that_is_too_small_hides_all_its_parts() -> None:
    assert cells(members(({"type": "a"}, 2), ({"type": "b"}, 1)), ["type"], K)["is_hidden"].all()


def test_a_missing_value_is_a_part_of_its_own() -> None:
    table = cells(members(({"type": None}, 6), ({"type": "b"}, 9)), ["type"], K)
    assert list(table["type"]) == [ALL, "b", NOT_STATED]
    assert not table["is_hidden"].any()


def test_members_without_a_column_or_with_a_value_called_like_a_total_are_refused() -> None:
    with pytest.raises(FrameError, match="lack country"):
        cells(members(({}, 3)), ["country"], K)
    with pytest.raises(FrameError, match="names totals"):
        cells(members(({"type": ALL}, 3)), ["type"], K)


def test_hiding_two_in_each_row_and_column_is_not_enough_and_more_is_hidden() -> None:
    # Two squares of hidden cells joined by one: elimination finds the cell between them.
    counts = [[3, 9, 50, 50], [9, 9, 4, 50], [50, 50, 9, 9], [50, 50, 9, 3]]
    table, flat, sums = table_of(counts)
    of = {key: place for place, key in enumerate(table.itertuples(index=False, name=None))}
    hidden = np.zeros(len(flat), dtype=bool)
    for i, j in ((0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 2), (2, 3), (3, 2), (3, 3)):
        hidden[of[str(i), str(j)]] = True
    assert solved(sums, hidden) == [of["1", "2"]]
    assert solved(sums, protect(flat, sums, hidden, K)) == []


COUNTS = st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=2, max_size=4)


@FEW
@given(by_row=COUNTS)
def test_a_solver_recovers_no_hidden_cell(by_row: list[list[int]]) -> None:
    _table, counts, sums = table_of(by_row)
    primary = (counts > 0) & (counts < K)
    hidden = protect(counts, sums, primary, K)
    assert (hidden | ~primary).all()
    assert solved(sums, hidden) == []
    low, high = limits(counts, sums, hidden)
    assert (high - low)[hidden].min(initial=K) >= K - 1e-6
    assert (low <= counts + 1e-6).all()
    assert (counts <= high + 1e-6).all()


VALUES = st.sampled_from(["a", "b", "c"])
PAIRS = st.lists(st.tuples(VALUES, VALUES, st.integers(0, 5), st.booleans()), min_size=1, max_size=60)


@FEW
@given(drawn=PAIRS)
def test_no_total_leaves_a_remainder_that_may_not_be_told(drawn: list[tuple[str, str, int, bool]]) -> None:
    pairs = pd.DataFrame(drawn, columns=["type", "country", "mentor_id", "is_done"])
    pairs = pairs.assign(pair_id=pairs.index, mentee_id=[f"e{i}" for i in pairs.index])
    table = cells(pairs, ["type", "country"], K, "is_done")
    for row in sums_of(table, ["type", "country"]):
        parts = table[(row == 1) & table["is_hidden"]]
        if len(parts) and not table[row == -1]["is_hidden"].iloc[0]:
            chosen = pairs.merge(_open(parts), on=_named(parts))
            assert is_enough(size_of(chosen), K)
            assert not is_unanimous(int(chosen["is_done"].sum()), len(chosen))


@FEW
@given(
    parts=st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=5), total=st.booleans()
)
def test_limits_of_one_sum_are_those_the_solver_finds(parts: list[tuple[int, bool]], total: bool) -> None:
    numbers, hidden = zip(*parts, strict=True)
    counts = np.array([*numbers, sum(numbers)], dtype=np.float64)
    sums = np.array([[1] * len(parts) + [-1]])
    found = limits(counts, sums, np.array([*hidden, total]))
    solved_twice = limits(counts, np.vstack([sums, sums]), np.array([*hidden, total]))
    np.testing.assert_allclose(found, solved_twice, atol=1e-9)


def _named(parts: pd.DataFrame) -> list[str]:
    return [name for name in ("type", "country") if (parts[name] != ALL).all()]


def _open(parts: pd.DataFrame) -> pd.DataFrame:
    return parts[_named(parts)]


@FEW
@given(drawn=PAIRS, order=st.randoms(use_true_random=False))
def test_the_order_of_members_does_not_matter(drawn: list[tuple[str, str, int, bool]], order: Any) -> None:
    pairs = pd.DataFrame(drawn, columns=["type", "country", "mentor_id", "is_done"])
    pairs = pairs.assign(pair_id=pairs.index, mentee_id=[f"e{i}" for i in pairs.index])
    shuffled = pairs.iloc[order.sample(range(len(pairs)), len(pairs))]
    one, other = (cells(each, ["type", "country"], K, "is_done") for each in (pairs, shuffled))
    pd.testing.assert_frame_equal(one, other)
