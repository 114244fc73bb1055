"""The SQL hides what pipelines/signals/disclosure.py hides: random groups, compared cell by cell."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from pipelines.signals.disclosure import ALL, cells

K = 5
KPI = "goals_set"
STEP = "goals"


def drawn_pairs(seed: int) -> pd.DataFrame:
    """Pairs of up to five cohorts; mentors may carry several, and some did so by the day."""
    rng = random.Random(seed)
    rows = []
    for cohort in "abcde"[: rng.randint(2, 5)]:
        often, n_mentors = rng.choice((0.0, 0.5, 0.5, 1.0)), rng.choice((2, 4, 12))
        for _ in range(rng.choice((2, 4, 5, 6, 9, 12))):
            mentor = f"{cohort}{rng.randrange(n_mentors)}"
            rows.append({"cohort_id": cohort, "mentor_id": mentor, "is_done": rng.random() < often})
    pairs = pd.DataFrame(rows)
    return pairs.assign(pair_id=[f"p{i}" for i in pairs.index], mentee_id=[f"e{i}" for i in pairs.index])


def inputs_of(pairs: pd.DataFrame) -> dict[str, list[dict[str, str | None]]]:
    people = pairs[["pair_id", "mentee_id", "mentor_id"]].to_dict("records")
    groups = [
        {"program_id": "prog", "cohort_id": cohort, "pair_id": row["pair_id"], "is_hidden": "false"}
        for row in pairs.to_dict("records")
        for cohort in (None, row["cohort_id"])
    ]
    done = [
        {
            "kpi": KPI,
            "pair_id": row["pair_id"],
            "counts_on": "2026-01-01",
            "reached_on": "2026-01-01" if row["is_done"] else None,
            "n_units": "1",
        }
        for row in pairs.to_dict("records")
    ]
    return {
        "core.pair": people,
        "feature.group_pair": groups,
        "feature.quarter": [{"moment": "now", "until_on": "2026-03-01"}],
        "feature.start_measure": done,
        "feature.step": [
            {"pair_id": row["pair_id"], "step": STEP, "reached_at": "2026-01-01 10:00:00"}
            for row in pairs.to_dict("records")
        ],
    }


def shown_by_module(pairs: pd.DataFrame, is_reached: str | None) -> set[str]:
    table = cells(pairs, ["cohort_id"], K, is_reached)
    return set(table.loc[~table["is_hidden"], "cohort_id"])


@pytest.mark.parametrize("seed", range(15))
def test_measures_and_funnel_hide_what_the_module_hides(build_from: Callable[..., Any], seed: int) -> None:
    pairs = drawn_pairs(seed)
    kpis = ("ref.kpi", "feature.kpi_pair", "feature.kpi_cell", "feature.kpi_count")
    con = build_from(inputs_of(pairs), *kpis, "ref.funnel_step", "mart.funnel")
    steps = con.execute(
        "select coalesce(cohort_id, ?) from mart.funnel where step = ? and not is_hidden", [ALL, STEP]
    )
    assert {row[0] for row in steps.fetchall()} == shown_by_module(pairs, None)
    rows = con.execute("select coalesce(cohort_id, ?) from feature.kpi_count where kpi = ?", [ALL, KPI])
    # What nobody ever did is taken as not recorded.
    expected = shown_by_module(pairs, "is_done") if pairs["is_done"].any() else set()
    assert {row[0] for row in rows.fetchall()} == expected
