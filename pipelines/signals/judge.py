"""The verdict of one instant: every rule applied to every pair, before any other day is looked at.

The same for one instant and for many: a history is many verdicts side by side (see `days`).
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from pipelines.signals.bands import bands, is_fall_counted
from pipelines.signals.cadence import cadence
from pipelines.signals.cohort import cohorts, entries, means_of, part_means
from pipelines.signals.frames import AsOf, flags
from pipelines.signals.health import Means, health
from pipelines.signals.states import is_judged, stages, states
from pipelines.signals.turns import turns
from warehouse.policy import Policy


@dataclass(frozen=True)
class Verdict:
    """What the rules say.

    `pair`: row for row, all that `cadence`, `turns`, `states` and `health` found, with `stage`,
    `band_rule` (the band by the facts of the instant alone), `is_fall_counted` and `is_judged`.
    `health_part`: one row per judged pair and component, the PARTS of `health`.
    """

    pair: pd.DataFrame
    health_part: pd.DataFrame


def judge(pairs: pd.DataFrame, as_of: AsOf, policy: Policy, means: Means | None = None) -> Verdict:
    """The verdict on each row of a checked frame; `as_of` is the instant of all rows, or of each.

    `means` are those of each pair's cohort; without them the rows are taken for all pairs of all cohorts.
    """
    stage = stages(pairs, policy)
    is_scored = is_judged(pairs)
    if means is None:
        means = means_of(entries(pairs, policy), cohorts(pairs))
    rhythm = cadence(pairs, as_of, policy)
    turn = turns(pairs, rhythm, policy)
    score = health(pairs, rhythm, is_scored, means, policy)
    state = states(pairs, stage, as_of, rhythm, turn, policy)
    band = bands(pairs, stage, state, rhythm, score.pair, policy)
    found = pd.concat([rhythm, turn, state, score.pair], axis=1).assign(
        stage=stage,
        band_rule=band,
        is_fall_counted=is_fall_counted(pairs, state, band),
        is_judged=is_scored,
    )
    return Verdict(found, score.part)


def compared(pairs: pd.DataFrame, verdict: Verdict, policy: Policy) -> pd.DataFrame:
    """The parts of a verdict on all pairs of all cohorts, with the cohort's `mean` of each component."""
    is_scored = flags(verdict.pair, "is_judged")
    entered = entries(pairs, policy)[is_scored]
    mean = part_means(verdict.health_part, entered, cohorts(pairs)[is_scored])
    return verdict.health_part.assign(mean=mean)
