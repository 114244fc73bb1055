"""Cohort: the means that the scores of a cohort's pairs are drawn towards, held against and compared with.

A pair enters a few numbers, its cohort has their means. Both steps stand for themselves, so that what one
pair enters anew needs no look at the others until a mean has moved. Numbers are entered as they are kept,
rounded, and summed up in whole steps: a sum is exact, and so the same in whatever order pairs come.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.signals.frames import SIDES, Floats, Groups, numbers
from pipelines.signals.health import COMPONENTS, DECIMALS, Means, fresh_rating, growth_score, is_of_age
from pipelines.signals.states import is_judged
from warehouse.policy import Policy

COHORT = ("program_id", "cohort_id")
ENTERED = ("mentor_rating", "mentee_rating", "growth")
ASKED = (
    "pair_id", *COHORT, "accepted_at", "network_at", "ended_at", "reopened_at", "age_days", "n_growth",
    *(f"{side}_{name}" for side in SIDES for name in ("rating", "rated_days")),
)  # fmt: skip
"""The columns of feature.pair that entries follow from."""
STEPS = 10**DECIMALS
"""Steps from 0 to 1 in which numbers are summed up; exact for up to 900 000 pairs of a cohort."""


def cohorts(pairs: pd.DataFrame) -> Groups:
    """The cohort of each pair at its instant, as a number."""
    return pairs.groupby(["slice", *COHORT], dropna=False, sort=False).ngroup().to_numpy()


def entries(pairs: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """What each pair enters into the means of its cohort, row for row ENTERED; NaN where it does not count.

    Needs a checked frame with what is ASKED. Of pairs that are judged fresh ratings count, and growth from
    some age on.
    """
    is_grown = is_of_age(pairs, policy)
    said = {f"{side}_rating": fresh_rating(pairs, side, policy) for side in SIDES}
    said["growth"] = np.where(is_grown, growth_score(pairs, policy), np.nan)
    counts = is_judged(pairs)
    return pd.DataFrame({name: np.where(counts, said[name], np.nan).round(DECIMALS) for name in ENTERED})


def means_of(entered: pd.DataFrame, cohort: Groups) -> Means:
    """For each row the means of its cohort that its score is made with.

    A pair that nobody rated is drawn towards nothing, one that has not grown is held against nothing: of
    those the means are NaN, and none of their scores moves with the means.
    """
    mentor, mentee, growth = (numbers(entered, name) for name in ENTERED)
    rating = _mean(np.concatenate([mentor, mentee]), np.tile(cohort, 2))[: len(cohort)]
    is_rated = ~np.isnan(mentor) | ~np.isnan(mentee)
    return Means(np.where(is_rated, rating, np.nan), np.where(growth > 0, _mean(growth, cohort), np.nan))


def part_means(part: pd.DataFrame, entered: pd.DataFrame, cohort: Groups) -> Floats:
    """For each row of `Health.part` the cohort's mean of that component over pairs with evidence for it.

    That of growth is over all pairs old enough. Needs what the pairs of these rows entered, and their
    cohorts, row for row. `mart.health_mean` is the same for one instant.
    """
    score, evidence = (
        numbers(part, name).reshape(len(cohort), len(COMPONENTS)) for name in ("score", "evidence")
    )
    counted = np.where(evidence > 0, score, np.nan)
    counted[:, COMPONENTS.index("growth")] = numbers(entered, "growth")
    return np.column_stack([_mean(column, cohort) for column in counted.T]).ravel()


def _mean(values: Floats, cohort: Groups) -> Floats:
    """For each row the mean of its cohort over the rows with a value; NaN where none has one."""
    counts = ~np.isnan(values)
    n = np.bincount(cohort[counts], minlength=len(cohort))
    steps = np.bincount(cohort[counts], weights=(values[counts] * STEPS).round(), minlength=len(cohort))
    means = steps / np.where(n > 0, n, np.nan) / STEPS
    return np.asarray(means[cohort], dtype=np.float64)
