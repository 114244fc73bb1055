"""How relationships end, as competing risks: a curve for each cause, and cohorts compared at the same age.

Needs feature.lifetime: program_id, cohort_id, mentee_id, mentor_id, entered_day (missing = seen from its
acceptance), left_day, cause (missing = has not ended). Ages are active days. The estimators are in
`survival`; here is decided who may be shown, over which ages, and what is said.

A group is shown when it has at least k pairs, k people and three mentors (k is the policy's `small_group`).
The curve of a program takes hidden cohorts in only where these together could be shown, so that the
difference between the two tells nothing about a hidden one. Curves run over the ages at which at least k
pairs are at risk.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipelines.signals.survival import (
    FROM_THE_START,
    Counts,
    Curve,
    Days,
    Lives,
    aalen_johansen,
    count,
    kaplan_meier,
    log_rank,
)
from warehouse.errors import FrameError
from warehouse.messages import Message, message, packed, render
from warehouse.policy import Policy

CAUSES = ("natural", "ghosted_by_mentor", "ghosted_by_mentee", "faded", "mismatch", "other", "unclear")
STILL_ACTIVE, EARLY, NATURAL = "still_active", "early", "natural"
CODES = {cause: code for code, cause in enumerate(CAUSES, start=1)}
OUTCOMES = {
    STILL_ACTIVE: tuple(CODES.values()),
    EARLY: tuple(code for cause, code in CODES.items() if cause not in ("natural", "unclear")),
    NATURAL: (CODES["natural"],),
}
"""What cohorts are compared by -> the causes of the endings that decide it."""

READ = ("pair_id", "program_id", "cohort_id", "mentee_id", "mentor_id", "entered_day", "left_day", "cause")
CURVE_COLUMNS = (
    "program_id", "cohort_id", "is_whole", "curve", "day", "rate", "low", "high", "n_at_risk", "n_ended"
)  # fmt: skip
COMPARISON_COLUMNS = (
    "program_id", "cohort_id", "outcome", "from_day", "age_days", "n_pairs", "n_others", "n_ended",
    "n_others_ended", "rate", "low", "high", "others_rate", "others_low", "others_high", "p_value", "verdict",
    "sentence",
    "sentence_message",
)  # fmt: skip

FEWEST_MENTORS = 3
"""The mentees of one mentor are no group."""
FEWEST_EXPECTED = 5
"""Endings expected of each group below which the chi-squared distribution is not trusted (Cochran 1954)."""
CHANCE = 0.05
"""The p below which a difference is called more than chance."""
GRID_DAYS = 30
"""Curves have a point at least this often, so that the number at risk can stand below them."""
DECIMALS = 6


@dataclass(frozen=True)
class Endings:
    """`curve`: CURVE_COLUMNS, cohort_id missing = the program. `comparison`: COMPARISON_COLUMNS."""

    curve: pd.DataFrame
    comparison: pd.DataFrame


@dataclass(frozen=True)
class Group:
    """A cohort, or with `cohort_id` None a program, and its lives; not `is_whole` where some are left out."""

    program_id: str
    cohort_id: str | None
    lives: pd.DataFrame
    is_whole: bool = True


def endings(lifetime: pd.DataFrame, policy: Policy) -> Endings:
    """The curves of each cohort and program that may be shown, and how each cohort compares to the others.

    Raises FrameError for a missing column or an unknown cause. Rows in any order give the same bytes.
    """
    curves, comparisons = [], []
    for program_id, program in _checked(lifetime).groupby("program_id", sort=True):
        cohorts = [
            Group(str(program_id), str(cohort_id), lives)
            for cohort_id, lives in program.groupby("cohort_id", sort=True)
        ]
        shown = [cohort for cohort in cohorts if is_shown(cohort.lives, policy)]
        told = _tellable(program, shown, policy)
        whole = Group(str(program_id), None, told, len(told) == len(program))
        curves += _curves([group for group in (whole, *shown) if len(group.lives)], policy)
        comparisons += [row for cohort in cohorts for row in _compared(cohort, whole.lives, policy)]
    return Endings(
        pd.DataFrame(curves, columns=list(CURVE_COLUMNS)),
        pd.DataFrame(comparisons, columns=list(COMPARISON_COLUMNS)),
    )


def is_shown(lives: pd.DataFrame, policy: Policy) -> bool:
    """Whether a group is large enough to be shown: by its pairs, people and known mentors."""
    people = pd.concat([lives["mentee_id"], lives["mentor_id"]]).nunique()
    n_mentors = lives["mentor_id"].nunique()
    is_one_mentors = 0 < n_mentors < FEWEST_MENTORS
    return min(len(lives), people) >= policy.small_group and not is_one_mentors


def _checked(lifetime: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in READ if name not in lifetime.columns]
    if missing:
        raise FrameError(f"feature.lifetime lacks {', '.join(missing)}: add them to warehouse/sql/feature")
    unknown = sorted(set(lifetime["cause"].dropna()) - set(CAUSES))
    if unknown:
        raise FrameError(f"feature.lifetime has causes without a curve: {', '.join(unknown)}")
    return lifetime.sort_values("pair_id", ignore_index=True)


def _tellable(program: pd.DataFrame, shown: list[Group], policy: Policy) -> pd.DataFrame:
    """The pairs of the shown cohorts, and those of the hidden ones where these together are a group."""
    is_open = program["cohort_id"].isin([cohort.cohort_id for cohort in shown])
    return program if is_shown(program[~is_open], policy) else program[is_open]


def _counted(groups: Iterable[pd.DataFrame]) -> Counts:
    """Who is at risk and who ends, by group, cause and day."""
    parts = list(groups)
    lives = pd.concat(parts)
    group = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    entered = _whole_days(lives["entered_day"].fillna(FROM_THE_START))
    cause = _whole_days(lives["cause"].map(CODES).fillna(0))
    return count(Lives(group, entered, _whole_days(lives["left_day"]), cause), len(parts), len(CAUSES))


def _whole_days(column: pd.Series[Any]) -> Days:
    return column.to_numpy(dtype=np.int64)


def _window(counts: Counts, group: int, policy: Policy) -> tuple[int, int] | None:
    """The first and the last age at which a group has enough pairs at risk; None where it never has."""
    (days,) = np.nonzero(counts.at_risk[group] >= policy.small_group)
    return (int(days[0]), int(days[-1])) if len(days) else None


def _curves(groups: list[Group], policy: Policy) -> list[dict[str, Any]]:
    """The rows of the curves of these groups."""
    if not groups:
        return []
    counts = _counted(group.lives for group in groups)
    rows = []
    for place, group in enumerate(groups):
        window = _window(counts, place, policy)
        if window is not None:
            named = {
                "program_id": group.program_id,
                "cohort_id": group.cohort_id,
                "is_whole": group.is_whole,
            }
            rows += [named | row for row in _points(counts.part(place, *window), window[0])]
    return rows


def _points(counts: Counts, first: int) -> list[dict[str, Any]]:
    """Still active and each cause that occurs, at every day with an ending and every thirtieth."""
    at_risk, ended = counts.at_risk[0], counts.ended[0]
    days = np.arange(len(at_risk))
    told = days[(ended.sum(0) > 0) | ((days + first) % GRID_DAYS == 0) | (days == 0) | (days == days[-1])]
    rows = _rows(STILL_ACTIVE, _of(kaplan_meier(counts), 0), at_risk, ended.sum(0), told)
    incidence = aalen_johansen(counts)
    for cause, code in CODES.items():
        if ended[code - 1].any():
            rows += _rows(cause, _of(incidence, 0, code - 1), at_risk, ended[code - 1], told)
    return [row | {"day": row["day"] + first} for row in rows]


def _of(curve: Curve, *place: int) -> Curve:
    return Curve(curve.estimate[place], curve.variance[place], curve.low[place], curve.high[place])


def _rows(name: str, curve: Curve, at_risk: Any, ended: Any, days: Any) -> list[dict[str, Any]]:
    columns = {
        "day": days,
        "rate": np.round(curve.estimate[days], DECIMALS),
        "low": np.round(curve.low[days], DECIMALS),
        "high": np.round(curve.high[days], DECIMALS),
        "n_at_risk": at_risk[days],
        "n_ended": np.cumsum(ended)[days],
    }
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    return [{"curve": name, **dict(zip(columns, row, strict=True))} for row in rows]


def _compared(cohort: Group, program: pd.DataFrame, policy: Policy) -> list[dict[str, Any]]:
    """A cohort against the other pairs of its program, by each outcome, at the oldest common age."""
    named = {"program_id": cohort.program_id, "cohort_id": cohort.cohort_id, "n_pairs": len(cohort.lives)}
    others = program[program["cohort_id"] != cohort.cohort_id]
    if not is_shown(cohort.lives, policy):
        k = policy.small_group
        words = message(
            "Too small to show: fewer than {k} pairs, {k} people or {mentors} mentors.",
            k=k,
            mentors=FEWEST_MENTORS,
        )
        return _untold(named, "hidden", words)
    if not is_shown(others, policy):
        return _untold(named, "alone", message("There are not enough other pairs to compare with."))
    counts = _counted((cohort.lives, others))
    windows = [_window(counts, place, policy) for place in (0, 1)]
    first = max(window[0] if window else 0 for window in windows)
    last = min(window[1] if window else -1 for window in windows)
    if first > last:
        words = message("Too few pairs to tell: not enough were observed at the same age.")
        return _untold(named, "too_few", words)
    both = [counts.part(place, first, last) for place in (0, 1)]
    named |= {"from_day": first, "age_days": last, "n_others": len(others)}
    return [named | _outcome(outcome, both, named) for outcome in OUTCOMES]


def _untold(named: dict[str, Any], verdict: str, words: Message) -> list[dict[str, Any]]:
    return [named | {"outcome": outcome, "verdict": verdict} | _told(words) for outcome in OUTCOMES]


def _outcome(outcome: str, both: list[Counts], named: dict[str, Any]) -> dict[str, Any]:
    """The rates of both groups at the end of their window, the test between them, and what is said."""
    first, other = (part.together(OUTCOMES[outcome]) for part in both)
    test = log_rank(first, other)
    own, others = (_at_the_end(outcome, part) for part in both)
    row = {
        "outcome": outcome,
        "n_ended": int(first.ended.sum()),
        "n_others_ended": int(other.ended.sum()),
        **dict(zip(("rate", "low", "high"), own, strict=True)),
        **dict(zip(("others_rate", "others_low", "others_high"), others, strict=True)),
    }
    is_sparse = min(test.expected, test.expected_other) < FEWEST_EXPECTED
    p_value = round(test.p_exact if is_sparse else test.p_value, DECIMALS)
    is_more = (test.observed > test.expected) != (outcome == STILL_ACTIVE)
    difference, none = "more" if is_more else "fewer", "too_few" if is_sparse else "alike"
    verdict = difference if p_value < CHANCE else none
    row |= {"p_value": p_value, "verdict": verdict}
    return row | _told(_sentence(named | row))


def _at_the_end(outcome: str, counts: Counts) -> tuple[float, float, float]:
    """Rate, low and high of an outcome at the last day of the counts."""
    if outcome == STILL_ACTIVE:
        curve = _of(kaplan_meier(counts), 0, -1)
    else:
        sets = [OUTCOMES[EARLY], OUTCOMES[NATURAL], (CODES["unclear"],)]
        curve = _of(aalen_johansen(counts.together(*sets)), 0, sets.index(OUTCOMES[outcome]), -1)
    low, high, rate = (round(float(x), DECIMALS) for x in (curve.low, curve.high, curve.estimate))
    return rate, low, high


DID = {STILL_ACTIVE: "were still active", EARLY: "had ended early", NATURAL: "had come to a natural end"}
DIFFERENCE = {
    "alike": "no more of a difference than chance explains",
    "more": "more, and chance hardly explains it",
    "fewer": "fewer, and chance hardly explains it",
}


def _told(words: Message) -> dict[str, str]:
    return {"sentence": render(words), "sentence_message": packed(words)}


def _sentence(row: dict[str, Any]) -> Message:
    """What a comparison says, in one sentence."""
    when = message("By day {last}", last=row["age_days"])
    if row["from_day"]:
        ages = {"first": row["from_day"], "last": row["age_days"]}
        when = message("Of pairs active on day {first}, by day {last}", **ages)
    did = message(DID[row["outcome"]])
    if row["verdict"] == "too_few":
        return message(
            "Too few pairs to tell. {when}, {n} of {pairs} {did}, and {n_others} of {others} others.",
            when=when,
            n=row["n_ended"],
            pairs=row["n_pairs"],
            did=message("had ended") if row["outcome"] == STILL_ACTIVE else did,
            n_others=row["n_others_ended"],
            others=row["n_others"],
        )
    return message(
        "{when}, {own} {did}, of the others at the same age {others}: {difference}.",
        when=when,
        own=_percent(row["rate"], row["low"], row["high"]),
        did=did,
        others=_percent(row["others_rate"], row["others_low"], row["others_high"]),
        difference=message(DIFFERENCE[row["verdict"]]),
    )


def _percent(rate: float, low: float, high: float) -> Message:
    if np.isnan(low):
        return message("{rate:.0%}", rate=rate)
    return message("{rate:.0%} ({low:.0%} to {high:.0%})", rate=rate, low=low, high=high)
