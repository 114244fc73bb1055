"""Signals: from features to judgements, as pure functions of frames.

No I/O, no clock, no randomness: the as-of instant and the policy come in, frames go out. Start reading
at `evaluate`; each module answers one question:

    frames.py     is this the frame we need, and in one shape?
    cadence.py    how long is a gap usually, and how long is the present one?
    turns.py      who waits for whom?
    states.py     where does the relationship stand? stage, state
    health.py     how good is it, in parts that add up?
    bands.py      does anybody need to look?
    facts.py      what is to be said of each pair, and of which side?
    reasons.py    why is it so? (in words: sentences.py)
    ladder.py     what next?
    watchlist.py  in which order should somebody look?
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.signals.bands import bands
from pipelines.signals.cadence import cadence
from pipelines.signals.facts import facts_of
from pipelines.signals.frames import Floats, checked, numbers, texts
from pipelines.signals.health import health
from pipelines.signals.ladder import next_steps
from pipelines.signals.reasons import findings_of, reasons
from pipelines.signals.states import OVER, stages, states
from pipelines.signals.turns import turns
from pipelines.signals.watchlist import priorities
from warehouse.policy import Policy

PAIR_COLUMNS = (
    "pair_id", "stage", "state", "band", "waiting_on", "tau_days", "sigma", "silence_ratio", "surprise",
    "health", "coverage", "risk_30d", "ghosted_on", "reason", "next_step", "priority",
)  # fmt: skip
REASON_COLUMNS = ("pair_id", "ordinal", "code", "reason", "value", "expected", "since_on")


@dataclass(frozen=True)
class Signals:
    """What `evaluate` found, each frame in the order of pair_id.

    `pair`: one row per pair, PAIR_COLUMNS. `pair_reason`: REASON_COLUMNS. `health_part`: the columns of
    mart.health_part.
    """

    pair: pd.DataFrame
    pair_reason: pd.DataFrame
    health_part: pd.DataFrame


def evaluate(feature_pair: pd.DataFrame, as_of: dt.datetime, policy: Policy) -> Signals:
    """Judge every pair as of an instant.

    `feature_pair` is the table feature.pair as it stood then (columns: see `frames`); `as_of` is UTC, with
    or without an offset. Raises FrameError for a frame that lacks columns or breaks its grain. The same
    rows in any order give the same bytes. `risk_30d` is empty until a model of finished cohorts exists.
    """
    as_of = _utc(as_of)
    pairs = checked(feature_pair)
    stage = stages(pairs, policy)
    rhythm = cadence(pairs, as_of, policy)
    turn = turns(pairs, rhythm, policy)
    is_judged = pairs["accepted_at"].notna().to_numpy() & ~np.isin(stage, OVER)
    score = health(pairs, rhythm, is_judged, policy)
    state = states(pairs, stage, as_of, rhythm, turn, policy)
    band = bands(pairs, stage, state, rhythm, score.pair, policy)
    judged = pd.concat([rhythm, turn, state, score.pair], axis=1).assign(stage=stage, band=band)
    facts = facts_of(pairs, judged, as_of, policy)
    told = reasons(facts, findings_of(pairs, facts, policy), as_of, policy)
    first = told[told["ordinal"] == 1]
    pair = facts.assign(
        silence_ratio=_unless_over(facts, "silence_ratio"),
        surprise=_unless_over(facts, "surprise"),
        risk_30d=np.nan,
        reason=first["reason"].to_numpy(),
        next_step=next_steps(facts, texts(first, "code"), policy),
        priority=priorities(told, facts, policy),
    )
    words = ["pair_id", "stage", "state", "band", "waiting_on", "reason", "next_step"]
    return Signals(
        pair=pair[list(PAIR_COLUMNS)].astype(dict.fromkeys(words, "str")),
        pair_reason=told[list(REASON_COLUMNS)],
        health_part=score.part,
    )


def _utc(as_of: dt.datetime) -> dt.datetime:
    return as_of if as_of.tzinfo is None else as_of.astimezone(dt.UTC).replace(tzinfo=None)


def _unless_over(facts: pd.DataFrame, name: str) -> Floats:
    """A measure of silence; there is none after the end, because no clock runs there."""
    return np.where(np.isin(texts(facts, "stage"), OVER), np.nan, numbers(facts, name))
