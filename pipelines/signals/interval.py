"""Interval: how far a health score could be off, given how little some of its parts were observed.

What was counted (windows kept, answers, sessions held, agendas, thanks, advice) is drawn from a Beta, what
was measured (the usual gap, ratings) from a normal distribution around it. Each draw is a world in which
the score is computed by the very formula of `health`; the interval is the middle 80 % of the worlds. It
tells of chance in what was recorded, not of what nobody records (definitions 6.5).
"""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.signals.cadence import cadence_worlds
from pipelines.signals.frames import FLAGS, NUMBERS, ONE_IF_ABSENT, SIDES, Flags, Floats, numbers
from pipelines.signals.health import scores
from warehouse.policy import Policy

N_WORLDS = 200
SHARE = 0.8
SEED = 20_260
"""Fixed: the same pair in the same state has the same interval in every build."""
ROWS_AT_ONCE = 200_000
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
N_DRAWN = len(COUNTED) + 1 + 1 + len(SIDES)
"""All drawn numbers of a pair: the shares, attendance, the usual gap, a rating of each side."""


def interval(
    pairs: pd.DataFrame, rhythm: pd.DataFrame, score: Floats, is_judged: Flags, policy: Policy
) -> pd.DataFrame:
    """`health_low` and `health_high` of each row: the middle 80 % of worlds, widened to hold the score.

    Needs a checked frame of one instant and, row for row, its `cadence`, its health and which pairs are
    judged. NaN where there is no score. A pair's draws follow from its id alone.
    """
    rows = np.flatnonzero(is_judged)
    ends = np.full((2, len(score)), np.nan)
    for together in _whole_cohorts(pairs.iloc[rows]):
        chosen = rows[together]
        some, theirs = (frame.iloc[chosen].reset_index(drop=True) for frame in (pairs, rhythm))
        ends[:, chosen] = _ends(some, theirs, policy)
    return pd.DataFrame(
        {
            "health_low": np.minimum(ends[0], score).round(DECIMALS),
            "health_high": np.maximum(ends[1], score).round(DECIMALS),
        }
    )


def _whole_cohorts(pairs: pd.DataFrame) -> list[NDArray[np.intp]]:
    """The places of pairs, some cohorts at a time: a cohort's means need all of it, and worlds take room."""
    cohort = pairs.groupby(["program_id", "cohort_id"], dropna=False, sort=False).ngroup().to_numpy()
    part = (np.cumsum(np.bincount(cohort)) * N_WORLDS // ROWS_AT_ONCE)[cohort]
    return [np.flatnonzero(part == number) for number in np.unique(part)]


def _ends(pairs: pd.DataFrame, rhythm: pd.DataFrame, policy: Policy) -> Floats:
    """The lower and the upper end of the middle 80 % of worlds, for pairs of whole cohorts."""
    draws = _draws(pairs)
    at_once = max(1, ROWS_AT_ONCE // len(pairs))
    worlds = [
        _scores(pairs, rhythm, draws[start : start + at_once], policy)
        for start in range(0, N_WORLDS, at_once)
    ]
    tail = (1 - SHARE) / 2
    return np.asarray(np.quantile(np.vstack(worlds), [tail, 1 - tail], axis=0))


def _draws(pairs: pd.DataFrame) -> Floats:
    """The drawn numbers, worlds x numbers x pairs: shares from 0 to 1, then standard normal ones."""
    known = [*COUNTED, ("_held", "_planned")]
    counts = pairs.assign(_held=_held(pairs), _planned=_planned(pairs))
    some = np.column_stack([np.nan_to_num(numbers(counts, part)) for part, _ in known])
    others = np.maximum(0.0, np.column_stack([np.nan_to_num(numbers(counts, of)) for _, of in known]) - some)
    n_normal = N_DRAWN - len(known)
    drawn = np.zeros((N_WORLDS, N_DRAWN, len(pairs)))
    for row, pair_id in enumerate(pairs["pair_id"]):
        chance = np.random.Generator(np.random.PCG64(_seed(pair_id)))
        drawn[:, : len(known), row] = chance.beta(
            PRIOR + some[row], PRIOR + others[row], (N_WORLDS, len(known))
        )
        drawn[:, len(known) :, row] = chance.standard_normal((N_WORLDS, n_normal))
    return drawn


def _seed(pair_id: str) -> int:
    return SEED + int.from_bytes(hashlib.sha256(pair_id.encode()).digest()[:8], "big")


def _scores(pairs: pd.DataFrame, rhythm: pd.DataFrame, draws: Floats, policy: Policy) -> Floats:
    """The health of all pairs in each of some worlds, worlds x pairs."""
    n_worlds, n_pairs = len(draws), len(pairs)
    world = np.tile(np.arange(n_pairs), n_worlds)
    drawn: NDArray[np.float64] = draws.transpose(1, 0, 2).reshape(N_DRAWN, -1)
    shares, attended, gap, ratings = (
        drawn[: len(COUNTED)],
        drawn[len(COUNTED)],
        drawn[len(COUNTED) + 1],
        drawn[len(COUNTED) + 2 :],
    )
    stacked = _numbered(pairs).iloc[world].reset_index(drop=True)
    stacked["slice"] = np.repeat(np.arange(n_worlds), n_pairs)
    planned = _planned(stacked)
    columns = {part: share * numbers(stacked, of) for (part, of), share in zip(COUNTED, shares, strict=True)}
    columns |= {f"{side}_answered": _answered(stacked, side, columns) for side in SIDES}
    columns |= {
        f"{side}_rating": _rating(stacked, side, normal) for side, normal in zip(SIDES, ratings, strict=True)
    }
    columns |= {
        "n_sessions_held": attended * planned,
        "n_no_shows": (1 - attended) * planned,
        "n_late_cancels": np.zeros(len(planned)),
    }
    rhythms = cadence_worlds(stacked, rhythm.iloc[world].reset_index(drop=True), gap, policy)
    everybody = np.ones(len(stacked), dtype=np.bool_)
    return scores(stacked.assign(**columns), rhythms, everybody, policy).reshape(n_worlds, n_pairs)


def _numbered(pairs: pd.DataFrame) -> pd.DataFrame:
    """What a score is made of, the cohort as a number: texts are slow to copy and to group by."""
    cohort = pairs.groupby(["program_id", "cohort_id"], dropna=False, sort=False).ngroup()
    return pairs[[*FLAGS, *NUMBERS, *ONE_IF_ABSENT]].assign(program_id=0, cohort_id=cohort)


def _answered(pairs: pd.DataFrame, side: str, drawn: dict[str, Floats]) -> Floats:
    """Answers at which the rate of `health`, (1 + answered) / (2 + asked), is the share that was drawn."""
    asked = np.nan_to_num(numbers(pairs, f"{side}_asked"))
    share = drawn[f"{side}_answered"] / np.where(asked > 0, asked, 1.0)
    return share * (2 + asked) - 1


def _rating(pairs: pd.DataFrame, side: str, normal: Floats) -> Floats:
    """A side's rating, off by chance: the less, the more often it answered."""
    n = np.fmax(numbers(pairs, f"{side}_n_ratings"), 1.0)
    return np.clip(numbers(pairs, f"{side}_rating") + RATING_SPREAD / np.sqrt(n) * normal, 0.0, 1.0)


def _held(pairs: pd.DataFrame) -> Floats:
    return np.nan_to_num(numbers(pairs, "n_sessions_held"))


def _planned(pairs: pd.DataFrame) -> Floats:
    missed = (np.nan_to_num(numbers(pairs, name)) for name in ("n_no_shows", "n_late_cancels"))
    return _held(pairs) + sum(missed)
