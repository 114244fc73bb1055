"""The verdict of one instant: every rule applied to every pair, before any other day is looked at.

The same for one instant and for many: a history is many verdicts side by side (see `days`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.signals.bands import bands, is_fall_counted
from pipelines.signals.cadence import cadence
from pipelines.signals.frames import AsOf, Flags
from pipelines.signals.health import health
from pipelines.signals.states import OVER, stages, states
from pipelines.signals.turns import turns
from warehouse.policy import Policy


@dataclass(frozen=True)
class Verdict:
    """What the rules say.

    `pair`: row for row, all that `cadence`, `turns`, `states` and `health` found, with `stage`,
    `band_rule` (the band by the facts of the instant alone), `is_fall_counted` and `is_judged`.
    `health_part`: the columns of mart.health_part.
    """

    pair: pd.DataFrame
    health_part: pd.DataFrame


def judge(pairs: pd.DataFrame, as_of: AsOf, policy: Policy) -> Verdict:
    """The verdict on each row of a checked frame; `as_of` is the instant of all rows, or of each."""
    stage = stages(pairs, policy)
    rhythm = cadence(pairs, as_of, policy)
    turn = turns(pairs, rhythm, policy)
    is_judged: Flags = pairs["accepted_at"].notna().to_numpy() & ~np.isin(stage, OVER)
    score = health(pairs, rhythm, is_judged, policy)
    state = states(pairs, stage, as_of, rhythm, turn, policy)
    band = bands(pairs, stage, state, rhythm, score.pair, policy)
    found = pd.concat([rhythm, turn, state, score.pair], axis=1).assign(
        stage=stage,
        band_rule=band,
        is_fall_counted=is_fall_counted(pairs, state, band),
        is_judged=is_judged,
    )
    return Verdict(found, score.part)
