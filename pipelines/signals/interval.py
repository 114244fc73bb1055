"""Interval: how far a health score could be off, given how little some of its parts were observed.

What was counted (windows kept, answers, sessions held, agendas, thanks, advice) is drawn from a Beta, what
was measured (the usual gap, ratings) from a normal distribution around it. Each draw is a world in which
the score is computed by the very formula of `health`; the interval is the middle 80 % of the worlds. It
tells of chance in what was recorded, not of what nobody records (definitions 6.5). The means of the
cohort are taken as they are: what a pair is drawn towards is not in doubt for the pair.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.signals.cadence import RHYTHM, cadence_worlds
from pipelines.signals.frames import (
    FLAGS,
    NUMBERS,
    ONE_IF_ABSENT,
    SIDES,
    Arrays,
    Columns,
    Floats,
    flags,
    numbers,
)
from pipelines.signals.health import Means, scores
from warehouse.policy import Policy

N_WORLDS = 200
SHARE = 0.8
SEED = 20_260
"""Fixed: the same record has the same interval in every build."""
PAIRS_AT_ONCE = 250
"""As many as the fast memory of a processor holds worlds of."""
PRIOR = 0.5
"""Jeffreys' prior of a share: half a success and half a failure before anything was counted."""
RATING_SPREAD = 0.2
"""Spread of one person's answers around what they feel, on the scale 0-1: a prior."""
DECIMALS = 6

COUNTED: tuple[tuple[str, str], ...] = (
    ("n_windows_met", "n_windows"),
    ("mentor_answered", "mentor_asked"),
    ("mentee_answered", "mentee_asked"),
    ("n_agendas_on_time", "n_agendas"),
    ("n_thanks_on_time", "n_thanks"),
    ("n_advice_reported", "n_advice_due"),
)
"""Shares that are drawn: how many of how many."""
MEASURED = ("usual gap", *SIDES)
"""What is drawn around its value: the usual gap, and the rating of each side."""


def interval(pairs: pd.DataFrame, verdict: pd.DataFrame, score: Floats, policy: Policy) -> pd.DataFrame:
    """`health_low` and `health_high` of each row: the middle 80 % of worlds, widened to hold the score.

    Needs a checked frame and, row for row, the verdict on it, and the score of pairs that are asked about.
    NaN where there is none. The same record beside the same means has the same interval.
    """
    means = Means(numbers(verdict, "rating_mean"), numbers(verdict, "growth_mean"))
    columns = {name: pairs[name].to_numpy() for name in (*FLAGS, *NUMBERS, *ONE_IF_ABSENT)}
    rhythms = {name: verdict[name].to_numpy() for name in RHYTHM}
    asked = np.flatnonzero(flags(verdict, "is_judged") & ~np.isnan(score))
    ends = np.full((2, len(score)), np.nan)
    for start in range(0, len(asked), PAIRS_AT_ONCE):
        rows = asked[start : start + PAIRS_AT_ONCE]
        some, theirs = ({name: of[rows] for name, of in whole.items()} for whole in (columns, rhythms))
        ends[:, rows] = _ends(some, theirs, Means(means.rating[rows], means.growth[rows]), policy)
    return pd.DataFrame(
        {
            "health_low": np.minimum(ends[0], score).round(DECIMALS),
            "health_high": np.maximum(ends[1], score).round(DECIMALS),
        }
    )


def _ends(pairs: Arrays, rhythm: Arrays, means: Means, policy: Policy) -> Floats:
    """The lower and the upper end of the middle 80 % of worlds."""
    rhythms = cadence_worlds(pairs, rhythm, _normal("usual gap"), policy)
    worlds = scores({**pairs, **_drawn(pairs)}, rhythms, means, policy)
    tail = (1 - SHARE) / 2
    return np.asarray(np.quantile(worlds, [tail, 1 - tail], axis=0))


def _drawn(pairs: Arrays) -> dict[str, NDArray[np.float64]]:
    """The columns of a score that chance has a part in: worlds x pairs."""
    columns = {
        part: _share(part, numbers(pairs, part), numbers(pairs, of)) * numbers(pairs, of)
        for part, of in COUNTED
    }
    held, planned = _held(pairs), _planned(pairs)
    attended = _share("n_sessions_held", held, planned)
    return columns | {
        **{f"{side}_answered": _answered(pairs, side, columns) for side in SIDES},
        **{f"{side}_rating": _rating(pairs, side) for side in SIDES},
        "n_sessions_held": attended * planned,
        "n_no_shows": (1 - attended) * planned,
        "n_late_cancels": np.zeros(len(planned)),
    }


def _share(name: str, some: Floats, of: Floats) -> Floats:
    """Shares that were `some` out of `of`, in each world: worlds x pairs."""
    n_some, n_of = np.nan_to_num(some).astype(np.int64), np.nan_to_num(of).astype(np.int64)
    others = np.maximum(0, n_of - n_some)
    counts, place = np.unique(np.column_stack([n_some, others]), axis=0, return_inverse=True)
    drawn = np.column_stack([_beta(name, int(part), int(rest)) for part, rest in counts])
    return np.asarray(drawn[:, place], dtype=np.float64)


@lru_cache(maxsize=10_000)
def _beta(name: str, n_some: int, n_others: int) -> Floats:
    """One draw for each world of a share of which so much was counted."""
    chance = np.random.default_rng([SEED, *name.encode(), n_some, n_others])
    return chance.beta(PRIOR + n_some, PRIOR + n_others, N_WORLDS)


@lru_cache(maxsize=len(MEASURED))
def _normal(name: str) -> Floats:
    """One standard normal draw for each world: worlds x 1."""
    return np.random.default_rng([SEED, *name.encode()]).standard_normal((N_WORLDS, 1))


def _answered(pairs: Columns, side: str, drawn: dict[str, Floats]) -> Floats:
    """Answers at which the rate of `health`, (1 + answered) / (2 + asked), is the share that was drawn."""
    asked = np.nan_to_num(numbers(pairs, f"{side}_asked"))
    share = drawn[f"{side}_answered"] / np.where(asked > 0, asked, 1.0)
    return share * (2 + asked) - 1


def _rating(pairs: Columns, side: str) -> Floats:
    """A side's rating, off by chance: the less, the more often it answered."""
    n = np.fmax(numbers(pairs, f"{side}_n_ratings"), 1.0)
    return np.clip(numbers(pairs, f"{side}_rating") + RATING_SPREAD / np.sqrt(n) * _normal(side), 0.0, 1.0)


def _held(pairs: Columns) -> Floats:
    return np.nan_to_num(numbers(pairs, "n_sessions_held"))


def _planned(pairs: Columns) -> Floats:
    missed = (np.nan_to_num(numbers(pairs, name)) for name in ("n_no_shows", "n_late_cancels"))
    return _held(pairs) + sum(missed)
