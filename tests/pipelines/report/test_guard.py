"""Nobody can be worked out: not from one report, not from the difference of two, not from all together."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.report.guard import POOLED, Guard, Published, pooled
from pipelines.signals import disclosure

K = 5
COHORTS = ("a", "b", "c")
Row = dict[str, Any]


def measure(group: str | None, n: int, value: float = 0.5, **changes: Any) -> Row:
    return {
        "cohort_id": group,
        "kpi": "sustained",
        "unit": "rate",
        "of_what": "pairs",
        "n": n,
        "n_pairs": n,
        "value": value,
        "low": 0.3,
        "high": 0.7,
    } | changes


def after(*guards: Guard) -> list[Published]:
    return [Published(guard.quarter, {cell.key: cell for cell in guard.cells}) for guard in guards]


def told(guard: Guard, whole: Row, *parts: Row) -> dict[str | None, int]:
    return {row["cohort_id"]: row["n_pairs"] for row in guard.tell([whole, *parts])}


def test_a_number_that_moved_by_few_pairs_is_told_as_it_was() -> None:
    first = Guard(K, [], "2026Q2")
    first.tell([measure(None, 20, 0.5)])
    second = Guard(K, after(first), "2026Q3")
    (row,) = second.tell([measure(None, 23, 0.6)])
    assert (row["n"], row["value"], row["told_in"]) == (20, 0.5, "2026Q2")
    assert second.kept == {("", "sustained"): "2026Q2"}


def test_it_is_told_anew_once_enough_have_come_since_every_report() -> None:
    first = Guard(K, [], "2026Q1")
    first.tell([measure(None, 20)])
    second = Guard(K, after(first), "2026Q2")
    second.tell([measure(None, 23)])
    third = Guard(K, after(first, second), "2026Q3")
    assert told(third, measure(None, 25)) == {None: 25}


def test_what_is_of_one_instant_is_no_sum_of_quarters() -> None:
    first = Guard(K, [], "2026Q2")
    first.tell([measure(None, 20, of_what="current pairs")])
    assert told(Guard(K, after(first), "2026Q3"), measure(None, 22, of_what="current pairs")) == {None: 22}
    assert told(Guard(K, after(first), "2026Q2"), measure(None, 22, of_what="current pairs")) == {None: 20}


def test_too_few_are_not_told_and_named_without_a_reason() -> None:
    guard = Guard(K, [], "2026Q3")
    assert told(guard, measure(None, 20), measure("a", 4)) == {None: 20}
    assert guard.withheld == [("a", "sustained")]


def test_what_the_cohorts_leave_of_a_program_is_held_against_the_report_before() -> None:
    first = Guard(K, [], "2026Q2")
    first.tell([measure(None, 30), measure("a", 10)])
    second = Guard(K, after(first), "2026Q3")
    # Six came, five of them into cohort a: together the new numbers would tell of the sixth.
    assert told(second, measure(None, 36), measure("a", 15)) == {None: 30, "a": 10}


def test_counts_of_another_edition_that_moved_by_few_stay() -> None:
    first = Guard(K, [], "2026Q3")
    first.tell_counts("end", {"Natural": 20, "Early": 9})
    again = Guard(K, after(first), "2026Q3")
    assert again.tell_counts("end", {"Natural": 21, "Early": 9}) == {"Natural": 20, "Early": 9}
    later = Guard(K, after(first), "2026Q4")
    assert later.tell_counts("end", {"Natural": 21, "Early": 9}) == {"Natural": 21, "Early": 9}


def test_kinds_too_small_to_name_are_taken_together_and_never_alone() -> None:
    pairs = [{"kind": kind} for kind in "aaaaaaaabbbbbbcccd"]

    def is_enough(rows: Any) -> bool:
        return len(rows) >= K

    found = {kind: len(rows) for kind, rows in pooled(pairs, lambda pair: pair["kind"], is_enough).items()}
    assert found == {"a": 8, POOLED: 10}
    assert pooled(pairs[:3], lambda pair: pair["kind"], is_enough) == {}


# --- the attack


def program(seed: int, n_reports: int = 4) -> pd.DataFrame:
    """A small program that grows from report to report: a pair's cohort, type, mentor and joining report."""
    rng = np.random.default_rng(seed)
    sizes = [int(rng.integers(14, 26)), *(int(rng.integers(0, 9)) for _ in range(n_reports - 1))]
    joined = np.repeat(np.arange(n_reports), sizes)
    n = len(joined)
    return pd.DataFrame(
        {
            "pair_id": [f"p{i}" for i in range(n)],
            "mentee_id": [f"e{i}" for i in range(n)],
            "mentor_id": [f"m{int(i)}" for i in rng.integers(0, max(4, n // 2), n)],
            "cohort_id": rng.choice(COHORTS, n, p=(0.5, 0.3, 0.2)),
            "type": rng.choice(["peer", "standard"], n),
            "is_reached": rng.random(n) < 0.6,
            "joined": joined,
        }
    )


def published(pairs: pd.DataFrame) -> list[tuple[int, str | None, int]]:
    """What all reports of a growing program tell: report, group (None = program), number of pairs."""
    found, guards = [], []
    for report in range(int(pairs["joined"].max()) + 1):
        members = pairs[pairs["joined"] <= report]
        table = disclosure.cells(members, ["cohort_id"], K, "is_reached")
        shown = table[~table["is_hidden"]].set_index("cohort_id")["n_pairs"]
        guard = Guard(K, after(*guards), f"2026Q{report + 1}")
        rows = [
            measure(None if group == disclosure.ALL else str(group), int(n)) for group, n in shown.items()
        ]
        told_rows = guard.tell(rows) if rows else []
        found += [(report, row["cohort_id"], row["n_pairs"]) for row in told_rows if "told_in" not in row]
        guards.append(guard)
    return found


def recovered(pairs: pd.DataFrame) -> list[str]:
    """Groups of fewer than k that follow exactly from all that was told: any cohorts, any span of reports."""
    n_reports = int(pairs["joined"].max()) + 1
    places = {(cohort, report): i for i, (cohort, report) in enumerate(np.ndindex(len(COHORTS), n_reports))}
    counts = pairs.groupby(["cohort_id", "joined"]).size()

    def vector(cohorts: tuple[str, ...], since: int, until: int) -> np.ndarray:
        found = np.zeros(len(places))
        for cohort in cohorts:
            for report in range(since, until + 1):
                found[places[COHORTS.index(cohort), report]] = 1
        return found

    told_rows = [vector((group,) if group else COHORTS, 0, report) for report, group, _ in published(pairs)]
    known = np.array(told_rows or [np.zeros(len(places))])
    rank = np.linalg.matrix_rank(known)
    found = []
    for size in range(1, len(COHORTS) + 1):
        for cohorts in combinations(COHORTS, size):
            for since, until in combinations(range(n_reports + 1), 2):
                n = sum(
                    int(counts.get((cohort, report), 0))
                    for cohort in cohorts
                    for report in range(since, until)
                )
                target = vector(cohorts, since, until - 1)
                if 0 < n < K and np.linalg.matrix_rank(np.vstack([known, target])) == rank:
                    found.append(f"{cohorts} joined in {since}..{until - 1}: {n}")
    return found


@pytest.mark.parametrize("seed", range(25))
def test_no_difference_of_reports_tells_of_a_small_group(seed: int) -> None:
    assert recovered(program(seed)) == []


def test_without_the_guard_the_same_attack_finds_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Guard, "_close", lambda *_args: None)
    assert sum(len(recovered(program(seed))) for seed in range(25)) > 12


@pytest.mark.parametrize("seed", range(12))
def test_no_filter_of_one_report_narrows_a_hidden_cell_down(seed: int) -> None:
    pairs = program(seed, n_reports=1)
    dims = ["cohort_id", "type"]
    table = disclosure.cells(pairs, dims, K, "is_reached")
    hidden = table["is_hidden"].to_numpy()
    low, high = disclosure.limits(table["n_pairs"].to_numpy(float), disclosure.sums_of(table, dims), hidden)
    assert ((high - low)[hidden] >= K - 1e-6).all()
