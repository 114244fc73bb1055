"""Signals: from features to judgements, as pure functions of frames.

No I/O, no clock, no randomness: the as-of instant and the policy come in, frames go out. Start reading
at `evaluate`, which does at once what a build does in two steps; each module answers one question:

    frames.py     is this the frame we need, and in one shape?
    cadence.py    how long is a gap usually, and how long is the present one?
    turns.py      who waits for whom?
    states.py     where does the relationship stand? stage, state
    health.py     how good is it, in parts that add up? (compared with others: cohort.py)
    bands.py      does anybody need to look?
    judge.py      all of the above, for one instant or for many
    days.py       what is shown today, given the days before?
    interval.py   how far could the score be off?
    facts.py      what is to be said of each pair, and of which side?
    reasons.py    why is it so? (in words: sentences.py)
    ladder.py     what next?
    watchlist.py  in which order should somebody look?
    measures.py   how do the numbers of a group stand, and how sure is that?
    equity.py     are groups of people served alike?
    disclosure.py what may be told of a group?
    endings.py    how do relationships end, and is a cohort like the others? (curves: survival.py)
    risk.py       how likely is silence? (learnt in risk_model.py, told in judged_risk.py)
    backtest.py   what would have been said, week by week? (held against what followed in record.py,
                  and group by group in group_record.py)
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.signals.cohort import ASKED, COHORT, cohorts, entries, means_of
from pipelines.signals.days import (
    DAY_COLUMNS,
    NO_PAST,
    Past,
    frozen_intervals,
    frozen_parts,
    shown_days,
    verdicts_of,
)
from pipelines.signals.facts import facts_of
from pipelines.signals.frames import Floats, checked, instants, numbers, texts
from pipelines.signals.health import PARTS, Means, contributions
from pipelines.signals.interval import interval
from pipelines.signals.judge import Verdict, compared, judge
from pipelines.signals.ladder import next_steps
from pipelines.signals.reasons import findings_of, reasons
from pipelines.signals.states import OVER, is_judged
from pipelines.signals.watchlist import priorities
from warehouse.clock import naive_utc
from warehouse.messages import packed, render
from warehouse.policy import Policy

PAIR_COLUMNS = (
    "pair_id", "stage", "state", "band", "band_raw", "waiting_on", "tau_days", "sigma", "silence_ratio",
    "surprise", "health", "health_low", "health_high", "health_change_28d", "health_frozen_on", "coverage",
    "ghosted_on", "is_ghosting_final", "reason", "reason_message", "next_step", "next_step_message",
    "priority",
)  # fmt: skip
REASON_COLUMNS = ("pair_id", "ordinal", "code", "reason", "reason_message", "value", "expected", "since_on")


@dataclass(frozen=True)
class Shown:
    """What is shown of pairs, each frame in the order of pair_id.

    `pair`: one row per pair, PAIR_COLUMNS. `pair_day`: DAY_COLUMNS, one row per accepted pair and day of
    the past that was given, and the day of the as-of instant. `pair_reason`: REASON_COLUMNS. `frozen_part`:
    of scores that stand still the parts of their day, with the cohort's `mean` of each on that day.
    """

    pair: pd.DataFrame
    pair_day: pd.DataFrame
    pair_reason: pd.DataFrame
    frozen_part: pd.DataFrame


@dataclass(frozen=True)
class Signals:
    """What `evaluate` found: as in Shown, and `health_part`, the parts of every score that is shown.

    These have the columns of mart.health_part.
    """

    pair: pd.DataFrame
    pair_day: pd.DataFrame
    pair_reason: pd.DataFrame
    health_part: pd.DataFrame


def evaluate(feature_pair: pd.DataFrame, as_of: dt.datetime, policy: Policy, past: Past = NO_PAST) -> Signals:
    """Judge every pair as of an instant, given the verdicts of the days before.

    `feature_pair` is the table feature.pair as it stood then (columns: see `frames`); `as_of` is UTC, with
    or without an offset. Raises FrameError for a frame that lacks columns or breaks its grain. The same
    rows in any order give the same bytes.
    """
    pairs, at = checked(feature_pair), _utc(as_of)
    verdict = judge(pairs, at, policy)
    shown = shown_of(feature_pair, verdict.pair, as_of, policy, past)
    part = compared(pairs, verdict, policy)
    is_frozen = part["pair_id"].isin(shown.pair["pair_id"][shown.pair["health_frozen_on"].notna()])
    part = _in_order(part[~is_frozen], shown.frozen_part)
    return Signals(
        pair=shown.pair,
        pair_day=shown.pair_day,
        pair_reason=shown.pair_reason,
        health_part=part[list(PARTS)].assign(contribution=contributions(part)),
    )


def entries_of(feature_pair: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """What some pairs enter into the means of their cohorts: one row per judged pair (see `cohort`).

    Needs of `feature.pair` the columns that are ASKED.
    """
    pairs = checked(feature_pair, ASKED)
    entry = pairs[["pair_id", *COHORT]].join(entries(pairs, policy))
    return entry[is_judged(pairs)].reset_index(drop=True)


def means_for(entry: pd.DataFrame) -> pd.DataFrame:
    """Given what all pairs enter, the means that the score of each is made with.

    Returns `pair_id`, `rating_mean` and `growth_mean`, 0-1, NaN where the score needs none.
    """
    means = means_of(entry, cohorts(entry.assign(slice=0)))
    return pd.DataFrame(
        {"pair_id": entry["pair_id"], "rating_mean": means.rating, "growth_mean": means.growth}
    )


def verdict_on(
    feature_pair: pd.DataFrame, means: pd.DataFrame, as_of: dt.datetime, policy: Policy
) -> Verdict:
    """What the rules say of some pairs at an instant, given the means of their cohorts (see `means_for`).

    It follows from the date of the instant alone.
    """
    pairs, at = checked(feature_pair), _utc(as_of)
    of_pair = means.set_index("pair_id").reindex(pairs["pair_id"])
    given = Means(numbers(of_pair, "rating_mean"), numbers(of_pair, "growth_mean"))
    return judge(pairs, at, policy, given)


def shown_of(
    feature_pair: pd.DataFrame,
    verdict: pd.DataFrame,
    as_of: dt.datetime,
    policy: Policy,
    past: Past = NO_PAST,
) -> Shown:
    """What is shown of some pairs, given the verdict on each and those of the days before.

    `verdict` is `Verdict.pair` of these pairs, in the order of pair_id. What is shown of a pair follows from
    its own rows, and of the instant from the date alone.
    """
    at = _utc(as_of)
    pairs = checked(feature_pair).assign(as_of=at)
    days = shown_days(past, verdicts_of(pairs, verdict), policy)
    judged = _as_shown(pairs, verdict, days, frozen_intervals(past, days, policy), policy)
    facts = facts_of(pairs, judged, at, policy)
    reason = reasons(facts, findings_of(pairs, facts, policy), at, policy)
    first = reason[reason["ordinal"] == 1]
    steps = next_steps(facts, texts(first, "code"), at, policy)
    pair = facts.assign(
        silence_ratio=_unless_over(facts, "silence_ratio"),
        surprise=_unless_over(facts, "surprise"),
        reason=first["reason"].to_numpy(),
        reason_message=first["reason_message"].to_numpy(),
        next_step=[render(step) for step in steps],
        next_step_message=[packed(step) for step in steps],
        priority=priorities(reason, facts, policy),
    )
    words = dict.fromkeys(("pair_id", "stage", "state", "band", "band_raw", "waiting_on"), "str")
    told = dict.fromkeys(("reason", "reason_message", "next_step", "next_step_message"), "str")
    return Shown(
        pair=pair[list(PAIR_COLUMNS)].astype(words | told),
        pair_day=days[list(DAY_COLUMNS)].astype(words),
        pair_reason=reason[list(REASON_COLUMNS)],
        frozen_part=frozen_parts(past, days, policy),
    )


def _in_order(moving: pd.DataFrame, frozen: pd.DataFrame) -> pd.DataFrame:
    """The parts of scores that move and of those that stand still, in the order of pair_id."""
    parts = pd.concat([moving, frozen]) if len(frozen) else moving
    return parts.sort_values("pair_id", kind="stable", ignore_index=True)


def _as_shown(
    pairs: pd.DataFrame, verdict: pd.DataFrame, days: pd.DataFrame, frozen: pd.DataFrame, policy: Policy
) -> pd.DataFrame:
    """The verdict with what the days before make of it, and how far its score could be off.

    `frozen` says that of scores that stand still. Before an acceptance there are no days: then the rules
    alone decide.
    """
    today = days[days["as_of"].isin(pairs["as_of"])].set_index("pair_id").reindex(pairs["pair_id"])
    rule, is_shown = texts(verdict, "band_rule"), today["band"].notna().to_numpy()
    judged = verdict.assign(
        band=np.where(is_shown, texts(today, "band"), rule),
        band_raw=np.where(is_shown, texts(today, "band_raw"), rule),
        health_frozen_on=instants(today, "health_frozen_on"),
        is_ghosting_final=(today["is_ghosting_final"] == True).to_numpy(),  # noqa: E712 - NaN is no
        **{name: numbers(today, name) for name in ("health", "coverage", "health_change_28d", "health_fall")},
    )
    score = np.where(np.isnat(instants(judged, "health_frozen_on")), numbers(judged, "health"), np.nan)
    off = interval(pairs, verdict, score, policy)
    kept = frozen.set_index("pair_id").reindex(pairs["pair_id"]).reset_index(drop=True)
    return pd.concat([judged, off.fillna(kept)], axis=1)


def _utc(as_of: dt.datetime) -> dt.datetime:
    return as_of if as_of.tzinfo is None else naive_utc(as_of)


def _unless_over(facts: pd.DataFrame, name: str) -> Floats:
    """A measure of silence; there is none after the end, because no clock runs there."""
    return np.where(np.isin(texts(facts, "stage"), OVER), np.nan, numbers(facts, name))
