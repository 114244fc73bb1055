"""The attacker reads every report there is, alone and rolled up, and solves for groups that are too small.

Two programs grow from quarter to quarter. In each quarter some of three reports appear: that of the one, that
of the other, and both rolled up. What they tell (programs, their cohorts, the groups between which a gap is
told, and all together) is a system of equations over the smallest parts there are: program, cohort, form and
quarter of joining. Whatever union of parts over a span of quarters follows from it exactly must hold k pairs.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.report import rollup, sections
from pipelines.report.facts import Facts, Moment
from pipelines.report.guard import Guard, Published
from pipelines.report.quarters import Quarter
from pipelines.report.told import Told, tell
from pipelines.signals import disclosure

K = 5
PROGRAMS, COHORTS, FORMS = ("north", "south"), ("a", "b"), ("formal", "informal")
QUARTERS = (Quarter(2026, 1), Quarter(2026, 2), Quarter(2026, 3))
PARTS = list(product(PROGRAMS, COHORTS, FORMS, range(len(QUARTERS))))
Row = dict[str, Any]


@functools.cache
def people(seed: int) -> pd.DataFrame:
    """Pairs of two programs by cohort, form and the quarter in which they joined."""
    rng = np.random.default_rng(seed)
    sizes = [(program, at, int(rng.integers(14, 24) if at == 0 else rng.integers(0, 9)))
             for program in PROGRAMS for at in range(len(QUARTERS))]  # fmt: skip
    rows = [(program, at) for program, at, n in sizes for _ in range(n)]
    n = len(rows)
    return pd.DataFrame(rows, columns=["program_id", "joined"]).assign(
        pair_id=[f"p{i}" for i in range(n)],
        mentee_id=[f"e{i}" for i in range(n)],
        mentor_id=[f"m{i}" for i in rng.integers(0, n // 2, n)],
        cohort_id=rng.choice(COHORTS, n, p=(0.6, 0.4)),
        form=rng.choice(FORMS, n, p=(0.7, 0.3)),
        is_reached=rng.random(n) < 0.6,
    )


def measure(group: str | None, rows: pd.DataFrame) -> Row:
    n = len(rows)
    return {
        "program_id": "", "cohort_id": group, "kpi": "sustained", "unit": "rate", "of_what": "pairs", "n": n,
        "n_pairs": n, "value": float(rows["is_reached"].mean()), "low": 0.1, "high": 0.9, "n_before": None,
        "value_before": None, "worst_evidence": None,
    }  # fmt: skip


@functools.cache
def facts_of(seed: int, program: str, at: int) -> Facts:
    """What the tables of a build tell of one program: what they hide is hidden already."""
    pairs = people(seed)
    members = pairs[(pairs["program_id"] == program) & (pairs["joined"] <= at)]
    by_cohort, by_form = (shown(members, name) for name in ("cohort_id", "form"))
    kpis = [measure(None, members), *(measure(name, rows) for name, rows in by_cohort.items())]
    groups = [measure(None, rows) | {"field": "form", "group_value": name} for name, rows in by_form.items()]
    gap = {
        "field": "form", "kpi": "sustained", "ordinal": 1, "unit": "rate", "verdict": "gap", "gap_low": 0.1,
        "gap_high": 0.2, "lowest_group": FORMS[0], "lowest": 0.4, "highest_group": FORMS[1], "highest": 0.6,
        "p_adjusted": 0.01, "groups": groups,
    }  # fmt: skip
    times = {"accepted_at": dt.datetime(2025, 1, 1), "ended_at": None, "is_success": None, "band": "watch"}
    run = {"time_zone": "UTC", "program_label": ""}
    listed = [{str(key): value for key, value in row.items()} | times for row in members.to_dict("records")]
    return Facts(Moment(QUARTERS[at], run, kpis, listed), gaps=[gap] if len(groups) == len(FORMS) else [])


def shown(members: pd.DataFrame, by: str) -> dict[str, pd.DataFrame]:
    table = disclosure.cells(members, [by], K, "is_reached")
    names = table.loc[~table["is_hidden"] & (table[by] != disclosure.ALL), by]
    return {str(name): members[members[by] == name] for name in names}


class Reader:
    """Reads what is published, and knows which equations it amounts to."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.published: list[tuple[str, Published]] = []
        self.known: list[np.ndarray] = []

    def guard(self, program: str, at: int) -> Guard:
        return Guard(K, [told for of, told in self.published if of == program], str(QUARTERS[at]))

    def told(self, program: str, at: int) -> Told:
        return tell(facts_of(self.seed, program, at), self.guard(program, at))

    def read_one(self, program: str, at: int) -> None:
        """A program's own report, with its cohorts and its gap."""
        told = self.told(program, at)
        sections.equity.section(told)
        self._learn(program, at, told.guard, told.guard.cells)

    def read_both(self, at: int) -> None:
        """The programs rolled up: each as a whole, and both together."""
        told = {program: self.told(program, at) for program in PROGRAMS}
        whole = rollup.together(told)
        anew = []
        for program, each in told.items():
            cells = rollup.told_of_program(whole.guard.cells, program)
            self._learn(program, at, each.guard, cells)
            anew.append("sustained" in each.measures and "told_in" not in each.measures["sustained"])
        if "sustained" in whole.measures and all(anew):
            self.known.append(parts(PROGRAMS, COHORTS, FORMS, range(at + 1)))

    def _learn(self, program: str, at: int, guard: Guard, cells: Sequence[Any]) -> None:
        self.published.append((program, Published(str(QUARTERS[at]), {cell.key: cell for cell in cells})))
        for cell in cells:
            if cell.key in guard.kept:
                continue
            is_form = cell.measure.startswith("equity.") and cell.group
            forms = (cell.group,) if is_form else FORMS
            cohorts = (cell.group,) if cell.group and not is_form else COHORTS
            self.known.append(parts((program,), cohorts, forms, range(at + 1)))

    def recovers(self) -> list[str]:
        """Unions of parts of fewer than k pairs that follow from all that was read."""
        sizes = people(self.seed).groupby(["program_id", "cohort_id", "form", "joined"]).size()
        counts = np.array([int(sizes.get(part, 0)) for part in PARTS])
        known = np.array(self.known or [np.zeros(len(PARTS))])
        basis = np.linalg.svd(known, full_matrices=False)
        row_space = basis.Vh[basis.S > 1e-9]
        wanted = targets()
        is_small = (wanted @ counts > 0) & (wanted @ counts < K)
        follows = np.isclose(wanted @ row_space.T @ row_space, wanted, atol=1e-7).all(axis=1)
        return [
            f"{int(chosen @ counts)} pairs: {[part for part, x in zip(PARTS, chosen, strict=True) if x]}"
            for chosen in wanted[is_small & follows]
        ]


def parts(programs: Any, cohorts: Any, forms: Any, quarters: Any) -> np.ndarray:
    wanted = set(product(programs, cohorts, forms, quarters))
    return np.array([float(part in wanted) for part in PARTS])


@functools.cache
def targets() -> np.ndarray:
    """Every filter there is: any programs, cohorts and forms, of those who joined in any span of quarters."""
    spans = [range(a, b) for a, b in combinations(range(len(QUARTERS) + 1), 2)]
    filters = product(*(subsets(each) for each in (PROGRAMS, COHORTS, FORMS)), spans)
    return np.array([parts(*each) for each in filters])


def subsets(values: Sequence[str]) -> list[tuple[str, ...]]:
    return [chosen for n in range(1, len(values) + 1) for chosen in combinations(values, n)]


def attacked(seed: int, plan: Sequence[tuple[bool, bool, bool]]) -> list[str]:
    """What a reader recovers where in each quarter the reports of this plan appear."""
    reader = Reader(seed)
    for at, (is_north, is_south, is_both) in enumerate(plan):
        if is_north:
            reader.read_one("north", at)
        if is_both:
            reader.read_both(at)
        if is_south:
            reader.read_one("south", at)
    return reader.recovers()


SEEDS = range(8)
PLANS = [
    ((True, True, True), (True, True, True), (True, True, True)),
    ((True, False, False), (False, False, True), (False, True, True)),
    ((False, False, True), (True, True, False), (False, False, True)),
    ((True, True, False), (True, False, True), (True, True, False)),
]
"""Which reports appear in each quarter: north's, south's, both rolled up."""


@pytest.mark.parametrize("plan", PLANS, ids=["all", "handed-over", "apart-between", "mixed"])
def test_no_small_group_follows_from_reports_alone_and_rolled_up(plan: Any) -> None:
    assert {seed: found for seed in SEEDS if (found := attacked(seed, plan))} == {}


def test_without_the_guard_the_same_reader_finds_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Guard, "_close", lambda *_args: None)
    assert sum(bool(attacked(seed, plan)) for seed in SEEDS for plan in PLANS) > 8
