"""Health: how good a relationship is, not how risky, in parts that add up exactly.

Six components, each a score and the evidence for it, both 0-1 (definitions 6.5). A component counts with
weight x evidence, so what nobody recorded neither helps nor harms; coverage says how much of the picture
there is. The weights are priors of the policy: no published weighting exists, and frequency gets no more
than a quarter because its known correlate is smaller than those of quality and similarity.

How the score moves from day to day is in `days`, how far it can be trusted in `interval`, what it is compared
with in `cohort`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.signals.frames import SIDES, Columns, Flags, Floats, Texts, flags, numbers, texts_of
from warehouse.policy import Policy

COMPONENTS = ("cadence", "responsiveness", "reliability", "felt_quality", "progress", "growth")
PARTS = ("pair_id", "component", "score", "evidence", "weight", "points", "points_possible")
DECIMALS = 10
"""Points and contributions of a pair still sum to its health to 1e-9 after rounding."""


@dataclass(frozen=True)
class Component:
    """One component for all pairs: score 0-1 (NaN where nothing is known) and evidence 0-1."""

    score: Floats
    evidence: Floats


@dataclass(frozen=True)
class Means:
    """Of each pair's cohort: the mean of its fresh ratings, and of growth; NaN where a score needs none."""

    rating: Floats
    growth: Floats


@dataclass(frozen=True)
class Health:
    """The scores of all pairs and the parts they are made of.

    `pair`: one row per pair: health 0-100, weakest component (most points missing), coverage 0-1, NaN or
    None where not judged; and the Means of its cohort, rating_mean and growth_mean 0-1.
    `part`: one row per judged pair and component: PARTS.
    """

    pair: pd.DataFrame
    part: pd.DataFrame


def health(
    pairs: pd.DataFrame, cadence: pd.DataFrame, is_judged: Flags, means: Means, policy: Policy
) -> Health:
    """The health score of each pair with its exact parts.

    H = 100 sum(w e c) / sum(w e); coverage = sum(w e) / 100. Needs a checked frame, its `cadence`, which
    pairs are judged (accepted and not over), and the means of their cohorts. Health is NaN where there is
    no evidence at all.
    """
    weighed = _weighed(pairs, cadence, is_judged, means, policy)
    total = weighed.effective.sum(axis=1)
    points, possible = weighed.points(), weighed.possible()
    pair = pd.DataFrame(
        {
            "health": points.sum(axis=1).round(DECIMALS),
            "weakest": _weakest(possible - points, is_judged & (total > 0)),
            "coverage": np.where(is_judged, (total / 100).round(DECIMALS), np.nan),
            "rating_mean": means.rating,
            "growth_mean": means.growth,
        }
    )
    grid = {
        "score": weighed.score,
        "evidence": weighed.evidence,
        "weight": np.broadcast_to(weighed.weight, points.shape),
        "points": np.nan_to_num(points),
        "points_possible": np.nan_to_num(possible),
    }
    return Health(pair, _long(pairs, grid, is_judged))


def contributions(part: pd.DataFrame) -> Floats:
    """Of parts with the cohort's `mean` of each: what it adds to the reference, which they sum up from.

    100 w e (c - mean of c) / sum(w e), so that health minus their sum is the reference: the score that the
    pair would have with its own weights at the means of its cohort. `mart.health_part` is the same.
    """
    expected = numbers(part, "points_possible") * np.nan_to_num(numbers(part, "mean"))
    return (numbers(part, "points") - expected).round(DECIMALS)


def scores(pairs: Columns, cadence: Columns, means: Means, policy: Policy) -> Floats:
    """The health score alone of judged pairs, without its parts.

    A column may hold many values for each pair, one row for each world: then so does the score.
    """
    total, points = np.float64(0), np.float64(0)
    for name, part in zip(COMPONENTS, _components(pairs, cadence, means, policy), strict=True):
        weight = getattr(policy, f"weight_{name}") * np.where(np.isnan(part.score), 0.0, part.evidence)
        total, points = total + weight, points + weight * np.nan_to_num(part.score)
    return np.asarray(100 * points / np.where(total > 0, total, np.nan))


@dataclass(frozen=True)
class _Weighed:
    """Pairs x components: score and evidence; and the weight of each component."""

    score: Floats
    evidence: Floats
    weight: Floats

    @property
    def effective(self) -> Floats:
        return self.weight * self.evidence

    def possible(self) -> Floats:
        """The points each component could earn; NaN where nothing has evidence."""
        total = self.effective.sum(axis=1)
        return np.asarray(100 * self.effective / np.where(total > 0, total, np.nan)[:, np.newaxis])

    def points(self) -> Floats:
        return self.possible() * np.nan_to_num(self.score)


def _weighed(
    pairs: pd.DataFrame, cadence: pd.DataFrame, is_judged: Flags, means: Means, policy: Policy
) -> _Weighed:
    parts = _components(pairs, cadence, means, policy)
    weight = np.array([getattr(policy, f"weight_{name}") for name in COMPONENTS], dtype=np.float64)
    score = np.column_stack([part.score for part in parts])
    evidence = np.column_stack([part.evidence for part in parts])
    evidence = np.where(is_judged[:, np.newaxis] & ~np.isnan(score), evidence, 0.0)
    return _Weighed(score, evidence, weight)


def _components(pairs: Columns, cadence: Columns, means: Means, policy: Policy) -> list[Component]:
    """The six components of judged pairs, in the order of COMPONENTS."""
    return [
        _cadence(pairs, cadence, policy),
        _responsiveness(pairs, cadence, policy),
        _reliability(pairs, policy),
        _felt_quality(pairs, means, policy),
        _progress(pairs, policy),
        _growth(pairs, means, policy),
    ]


def _cadence(pairs: Columns, cadence: Columns, policy: Policy) -> Component:
    """Is the present silence usual, and were the agreed windows kept? Unknown while no feed tells."""
    late = np.maximum(0.0, numbers(cadence, "silence_ratio") - 1)
    rhythm = np.clip(1 - late / 2, 0.0, 1.0)
    kept = _rate(numbers(pairs, "n_windows_met"), numbers(pairs, "n_windows"))
    score = _mix([(policy.rhythm_share, rhythm), (1 - policy.rhythm_share, kept)])
    is_known = flags(pairs, "has_contact_feed") & ~flags(pairs, "is_feed_late") & ~np.isnan(rhythm)
    evidence = np.minimum(1.0, numbers(pairs, "age_days") / numbers(cadence, "agreed_days") / 2)
    return Component(np.where(is_known, score, np.nan), np.nan_to_num(evidence))


def _responsiveness(pairs: Columns, cadence: Columns, policy: Policy) -> Component:
    """Do they answer each other, and soon? Who starts is not scored: the mentee is meant to drive.

    The weaker direction counts. A direction is heard once it was asked often enough to be full evidence;
    until then the one asked more often speaks, so that a single question of a mentor to a mentee who
    does nearly all the asking does not drown eighteen prompt answers.
    """
    score, asked = [], []
    for side in SIDES:
        n_asked = np.nan_to_num(numbers(pairs, f"{side}_asked"))
        n_answered = np.fmin(numbers(pairs, f"{side}_answered"), n_asked)
        rate = (1 + n_answered) / (2 + n_asked)
        reply_days = np.nan_to_num(numbers(pairs, f"{side}_reply_days"), nan=np.inf)
        speed = 0.5 + 0.5 * np.exp(-reply_days / (numbers(cadence, "tau_days") / 4))
        score.append(rate * speed)
        asked.append(n_asked)
    most = np.minimum(policy.evidence_asks, np.maximum(*asked))
    heard = [np.where((n >= most) & (n > 0), s, np.nan) for s, n in zip(score, asked, strict=True)]
    return Component(np.fmin(*heard), most / policy.evidence_asks)


def _reliability(pairs: Columns, policy: Policy) -> Component:
    """Do they show up, prepare and say thanks? A reschedule with notice is no failure."""
    held = np.nan_to_num(numbers(pairs, "n_sessions_held"))
    planned = (
        held + np.nan_to_num(numbers(pairs, "n_no_shows")) + np.nan_to_num(numbers(pairs, "n_late_cancels"))
    )
    steady = 1 - np.minimum(1.0, np.nan_to_num(numbers(pairs, "push_streak")) / policy.pushes)
    score = _mix(
        [
            (policy.attendance_share, _rate(held, planned)),
            (policy.agenda_share, _rate(numbers(pairs, "n_agendas_on_time"), numbers(pairs, "n_agendas"))),
            (policy.thanks_share, _rate(numbers(pairs, "n_thanks_on_time"), numbers(pairs, "n_thanks"))),
            (policy.steady_share, steady),
        ]
    )
    return Component(score, np.minimum(1.0, planned / policy.evidence_sessions))


def _felt_quality(pairs: Columns, means: Means, policy: Policy) -> Component:
    """How do both sides feel about it? Partly the mean, partly the less happy side.

    A side's rating is drawn towards the mean of its cohort's fresh ratings: n answers of the side weigh
    against `rating_shrinkage` answers of the cohort. A rating that is no longer fresh does not count.
    """
    k = policy.rating_shrinkage
    fresh = [fresh_rating(pairs, side, policy) for side in SIDES]
    drawn = []
    for side, x in zip(SIDES, fresh, strict=True):
        n = np.fmax(numbers(pairs, f"{side}_n_ratings"), 1.0)
        drawn.append((n * x + k * means.rating) / (n + k))
    lower = np.fmin(*drawn)
    middle = _mix([(0.5, drawn[0]), (0.5, drawn[1])])
    evidence = 0.5 * (~np.isnan(fresh[0])).astype(np.float64) + 0.5 * (~np.isnan(fresh[1]))
    share = policy.lower_side_share
    return Component((1 - share) * middle + share * lower, evidence)


def fresh_rating(pairs: Columns, side: str, policy: Policy) -> Floats:
    """How a side rates the relationship, 0-1; NaN where it did not lately."""
    is_fresh = numbers(pairs, f"{side}_rated_days") <= policy.rating_fresh_days
    return np.where(is_fresh, numbers(pairs, f"{side}_rating"), np.nan)


def _progress(pairs: Columns, policy: Policy) -> Component:
    """Whether short-term goals move with their time, and whether advice comes back as a story."""
    expected = np.nan_to_num(numbers(pairs, "expected_progress"))
    ahead = np.where(expected > 0, numbers(pairs, "progress") / np.where(expected > 0, expected, 1.0), 1.0)
    has_goals = (numbers(pairs, "n_goals") > 0) & ~np.isnan(numbers(pairs, "progress"))
    goals = np.where(has_goals, np.clip(ahead, 0.0, 1.0), np.nan)
    advice = _rate(numbers(pairs, "n_advice_reported"), numbers(pairs, "n_advice_due"))
    parts = [(policy.goals_share, goals), (1 - policy.goals_share, advice)]
    evidence = sum(share * ~np.isnan(values) for share, values in parts)
    return Component(_mix(parts), np.asarray(evidence))


def _growth(pairs: Columns, means: Means, policy: Policy) -> Component:
    """Introductions, advocacy and stretch: a bonus that no pair loses points by lacking."""
    score = growth_score(pairs, policy)
    is_bonus = (
        is_of_age(pairs, policy) & (score > 0) & (score.round(DECIMALS) >= means.growth.round(DECIMALS))
    )
    return Component(score, is_bonus.astype(np.float64))


def is_of_age(pairs: Columns, policy: Policy) -> Flags:
    """Whether growth may be asked for."""
    return np.asarray(numbers(pairs, "age_days") >= policy.growth_age_days)


def growth_score(pairs: Columns, policy: Policy) -> Floats:
    """How much a pair has grown, 0-1."""
    return np.asarray(1 - np.exp(-np.nan_to_num(numbers(pairs, "n_growth")) / policy.growth_acts))


def _weakest(missing: Floats, is_scored: Flags) -> Texts:
    """The component that misses most points, the first of equals; None where there is no health."""
    place = np.nan_to_num(missing).round(DECIMALS).argmax(axis=1)
    weakest = texts_of(np.array(COMPONENTS, dtype=np.object_), place)
    weakest[~is_scored] = None
    return weakest


def _rate(part: Floats, whole: Floats) -> Floats:
    """Part / whole, 0-1; NaN where there is no whole."""
    is_known = whole > 0
    return np.where(is_known, np.clip(part / np.where(is_known, whole, 1.0), 0.0, 1.0), np.nan)


def _mix(parts: list[tuple[float, Floats]]) -> Floats:
    """The weighted mean of the known parts: a part without any record leaves its share to the others."""
    share = sum(weight * ~np.isnan(values) for weight, values in parts)
    total = sum(weight * np.nan_to_num(values) for weight, values in parts)
    return np.asarray(total / np.where(share > 0, share, np.nan), dtype=np.float64)


def _long(pairs: pd.DataFrame, grid: dict[str, Floats], is_judged: Flags) -> pd.DataFrame:
    """One row per judged pair and component from matrices of pairs x components."""
    columns = {name: values[is_judged].ravel().round(DECIMALS) for name, values in grid.items()}
    pair_id = np.repeat(pairs["pair_id"].to_numpy()[is_judged], len(COMPONENTS))
    component = np.tile(np.array(COMPONENTS, dtype=np.object_), int(is_judged.sum()))
    return pd.DataFrame({"pair_id": pair_id, "component": component, **columns}).astype(
        {"pair_id": "str", "component": "str"}
    )
