"""Curves over time until an end: who is at risk, how many have left, and how sure that is.

Time is whole days. Every day has its place in an array, so that all groups are counted in one pass and no
pair is looped over; groups are the first axis, causes the second, days the last. Equal to R's `survival`
and to lifelines, which tests/golden holds (docs/decisions/0011).

A cause has a cumulative incidence, never one minus Kaplan-Meier: that would count pairs that ended
otherwise as if they could still end this way, and the causes would add up to more than all pairs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pipelines.signals.frames import Floats

Days = NDArray[np.int64]

FROM_THE_START = -1
"""The day of entry of a pair that was observed from its acceptance on: it can end on day 0 too."""

LEVEL = 0.95
CERTAIN = 1e-12
"""Sums of probabilities this close to 0 or 1 are 0 or 1, but for the last digits of a float."""


@dataclass(frozen=True)
class Lives:
    """Observed lives, one per place: `group` from 0, `entered` and `left` in days, `cause` from 1.

    A pair is at risk on the days after `entered` up to `left`. Cause 0 means it had not ended: censored.
    """

    group: Days
    entered: Days
    left: Days
    cause: Days

    def seen(self) -> Lives:
        """Those that were observed for a while."""
        chosen = self.left > self.entered
        if chosen.all():
            return self
        return Lives(self.group[chosen], self.entered[chosen], self.left[chosen], self.cause[chosen])


@dataclass(frozen=True)
class Counts:
    """By group and day `at_risk`, and by group, cause and day `ended`."""

    at_risk: Floats
    ended: Floats

    def part(self, group: int, first: int, last: int) -> Counts:
        """One group from day `first` to day `last`: as if observation began and ended there."""
        days = slice(first, last + 1)
        return Counts(self.at_risk[group : group + 1, days], self.ended[group : group + 1, :, days])

    def together(self, *causes: tuple[int, ...]) -> Counts:
        """The same with each of these sets of causes as one cause; what is in no set counts as censored."""
        sets = [self.ended[:, [cause - 1 for cause in chosen]].sum(1) for chosen in causes]
        return Counts(self.at_risk, np.stack(sets, 1))


@dataclass(frozen=True)
class Curve:
    """A probability by day with its variance and the limits of its interval, NaN where there is none."""

    estimate: Floats
    variance: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class LogRank:
    """The two-sided p of "both groups end at the same pace", with endings seen and expected of the first."""

    observed: float
    expected: float
    expected_other: float
    p_value: float

    @property
    def p_exact(self) -> float:
        """The same from the binomial distribution, for endings too few for the chi-squared one.

        Of all endings each falls to the first group with the share it would have at one pace. Shares change
        over the days, which only narrows the true distribution: this p is never too small for that.
        """
        n_ended = self.expected + self.expected_other
        if round(n_ended) == 0:
            return np.nan
        share = min(self.expected / n_ended, 1)
        return float(stats.binomtest(round(self.observed), round(n_ended), share).pvalue)


def count(lives: Lives, n_groups: int, n_causes: int) -> Counts:
    """Count by group and day who is at risk and who ends, in one pass over all lives.

    A life that left by the day it entered tells nothing and is left out. Pairs that end on a day are at
    risk on it, pairs censored on it too; pairs that enter on it are not.
    """
    lives = lives.seen()
    n_days = int(lives.left.max(initial=0)) + 1
    left = _tally((lives.group, lives.cause, lives.left), (n_groups, n_causes + 1, n_days))
    at_risk = _from_here_on(left.sum(1))
    is_late = lives.entered > FROM_THE_START
    if is_late.any():
        at_risk -= _from_here_on(_tally((lives.group[is_late], lives.entered[is_late]), (n_groups, n_days)))
    return Counts(at_risk, ended=left[:, 1:])


def kaplan_meier(counts: Counts) -> Curve:
    """By group and day the probability of not having ended, of whatever cause.

    Kaplan and Meier 1958, with Greenwood's variance S^2 sum d / (n (n - d)).
    """
    at_risk, ended = counts.at_risk, counts.ended.sum(1)
    estimate = np.cumprod(1 - _ratio(ended, at_risk), -1, dtype=np.float64)
    return _curve(estimate, np.square(estimate) * np.cumsum(_greenwood(at_risk, ended), -1))


def aalen_johansen(counts: Counts) -> Curve:
    """By group, cause and day the probability of having ended of that cause.

    CIF_j(t) = sum over u <= t of S(u-) d_j(u) / n(u) (Aalen and Johansen 1978). The variance is the
    multinomial one of Greenwood's type (Allignol, Schumacher and Beyersmann 2010), with F = CIF_j:

        sum over u <= t of   (F(t) - F(u))^2 d / (n (n - d))  +  S(u-)^2 d_j (n - d_j) / n^3
                             - 2 (F(t) - F(u)) S(u-) d_j / n^2

    Without late entry it equals the infinitesimal jackknife of R's survfit. The squares are multiplied
    out, so that one pass of cumulative sums over u answers for every t.
    """
    n, own = counts.at_risk[:, None], counts.ended
    left = 1 - _ratio(own.sum(1, keepdims=True), n)
    before = np.cumprod(np.concatenate([np.ones_like(left[..., :1]), left[..., :-1]], -1), -1)
    share = _ratio(own, n)
    step = before * share
    f = np.cumsum(step, -1)
    g = _greenwood(n, own.sum(1, keepdims=True))
    by_survival = f**2 * np.cumsum(g, -1) - 2 * f * np.cumsum(f * g, -1) + np.cumsum(f**2 * g, -1)
    by_cause = np.cumsum(_ratio(before * step * (1 - share), n), -1)
    shared = _ratio(step, n)
    by_both = f * np.cumsum(shared, -1) - np.cumsum(f * shared, -1)
    return _curve(f, np.maximum(by_survival + by_cause - 2 * by_both, 0))


def log_log(estimate: Floats, variance: Floats, level: float = LEVEL) -> tuple[Floats, Floats]:
    """The limits of the interval that is symmetric on the scale log(-log p), so it stays between 0 and 1.

    There is none (NaN) where the estimate is 0 or 1: the data then say nothing of the spread.
    Kalbfleisch and Prentice 1980; for incidences Choudhury 2002. R calls it `conf.type = "log-log"`.
    """
    inside = (estimate > CERTAIN) & (estimate < 1 - CERTAIN)
    p = np.where(inside, estimate, np.nan)
    width = stats.norm.ppf((1 + level) / 2) * np.sqrt(variance) / (p * np.log(p))
    return p ** np.exp(-width), p ** np.exp(width)


def log_rank(first: Counts, other: Counts) -> LogRank:
    """Whether two groups, one each in `first` and `other`, end at the same pace (Mantel 1966).

    Both are counted over the same days. Causes are taken together (`Counts.together` picks some). p is NaN
    where nobody ended or only one group was ever at risk.
    """
    n = np.concatenate([first.at_risk, other.at_risk])
    d = first.ended.sum((0, 1)) + other.ended.sum((0, 1))
    share = _ratio(n, n.sum(0))
    observed, (expected, expected_other) = first.ended.sum(), (share * d).sum(-1)
    variance = (share.prod(0) * d * _ratio(n.sum(0) - d, n.sum(0) - 1)).sum()
    square = (observed - expected) ** 2 / variance if variance > 0 else np.nan
    p_value = stats.chi2.sf(square, df=1)
    return LogRank(float(observed), float(expected), float(expected_other), float(p_value))


def _curve(estimate: Floats, variance: Floats) -> Curve:
    return Curve(estimate, variance, *log_log(estimate, variance))


def _tally(places: tuple[Days, ...], shape: tuple[int, ...]) -> Floats:
    """How many lives are at each place of an array of this shape."""
    flat = places[0]
    for place, size in zip(places[1:], shape[1:], strict=True):
        flat = flat * size + place
    return np.bincount(flat, minlength=math.prod(shape)).astype(np.float64).reshape(shape)


def _from_here_on(by_day: Floats) -> Floats:
    """For each day the sum of that day and all later ones."""
    return np.cumsum(by_day[..., ::-1], -1)[..., ::-1]


def _ratio(above: Floats, below: Floats) -> Floats:
    """`above / below`, 0 where nobody is left below."""
    shape = np.broadcast_shapes(above.shape, below.shape)
    return np.divide(above, below, out=np.zeros(shape), where=below > 0)


def _greenwood(n: Floats, d: Floats) -> Floats:
    return _ratio(_ratio(d, n), n - d)
