"""What surveys show: how reliable a scale is, and what changed between before and after.

Formulas
- alpha: L. J. Cronbach, Psychometrika 16 (1951) 297; its interval: L. S. Feldt, Psychometrika 30 (1965) 357.
- omega: R. P. McDonald, Test Theory (1999), of one factor fitted by maximum likelihood to the correlations.
- standardised mean change with the pre-test SD and the small-sample factor c(m) = sqrt(2/m)
  G(m/2)/G((m-1)/2), m = n - 1: B. J. Becker, British Journal of Mathematical and Statistical Psychology 41
  (1988) 257; its variance 2(1 - r)/n + g^2/(2n), r the correlation of before and after. Indices that divide
  by the SD of the change are not told: they grow with r.
- two groups: the difference of their standardised mean changes, g_T - g_C: S. B. Morris, Organizational
  Research Methods 11 (2008) 364, beside the plain difference-in-differences with Welch's interval.

Assumptions: scores are means of items on one scale; people answer for themselves; who is lost after the
first wave is lost for reasons of their own, which is why those who stayed are compared with those who were
lost. All intervals are of 95%. Nothing here says that the program caused a change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special, stats

from pipelines.signals.frames import Floats
from warehouse.errors import FrameError

SHARE = 0.95
FEWEST_ITEMS = 2
FEWEST_FOR_OMEGA = 3
"""Two items do not determine a factor."""


class Estimate(NamedTuple):
    """A number with its interval; the limits are NaN where too few answers carry one."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """How well the items of a scale agree. `n` answered all `n_items`."""

    n: int
    n_items: int
    alpha: Estimate
    omega: float
    """NaN with fewer than three items, and where no factor fits."""


@dataclass(frozen=True, slots=True)
class Change:
    """What changed between two waves, and who was lost in between.

    `effect` is None below the fewest pairs an effect is told for: then counts and intervals only.
    """

    n_before: int
    n_paired: int
    n_lost: int
    mean_before: float
    """Of the paired."""
    mean_after: float
    change: Estimate
    """Mean change, in points of the scale."""
    effect: Estimate | None
    stayed_less_lost: Estimate | None
    """First score of those who stayed less that of the lost; None with fewer than two of either."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The change of a group beside that of a comparison group, which chose not to take part or could not."""

    treated: Change
    control: Change
    difference: Estimate
    """Difference-in-differences, in points of the scale."""
    effect: Estimate | None


def reliability(answers: pd.DataFrame) -> Reliability | None:
    """Alpha and omega of a scale: one row per respondent, one column per item, reversed items turned already.

    Only respondents who answered every item count. None with fewer than two items, with no more respondents
    than items, or where nobody differs from anybody.
    """
    rows = answers.dropna().to_numpy(dtype=np.float64)
    n, k = rows.shape
    if k < FEWEST_ITEMS or n <= k:
        return None
    covariances = np.cov(rows, rowvar=False)
    if covariances.sum() <= 0:
        return None
    return Reliability(n, k, _alpha(covariances, n), _omega(rows, covariances))


def change(before: pd.Series, after: pd.Series, fewest: int) -> Change | None:
    """What changed: scores of two waves by respondent (the index); a missing score counts as lost.

    `fewest` pairs are needed for an effect size. None with fewer than two pairs. Raises FrameError where a
    respondent has two scores in a wave.
    """
    for wave in (before, after):
        if not wave.index.is_unique:
            raise FrameError("a respondent has more than one score in a wave")
    before = before.dropna()
    paired = pd.DataFrame({"before": before, "after": after}).dropna()
    if len(paired) < 2:
        return None
    first, second = paired["before"].to_numpy(), paired["after"].to_numpy()
    lost = before.drop(paired.index).to_numpy()
    return Change(
        n_before=len(before),
        n_paired=len(paired),
        n_lost=len(lost),
        mean_before=float(first.mean()),
        mean_after=float(second.mean()),
        change=mean(second - first),
        effect=_effect(first, second)[0] if len(paired) >= fewest else None,
        stayed_less_lost=_welch(first, lost) if len(lost) > 1 else None,
    )


def compare(
    treated: tuple[pd.Series, pd.Series], control: tuple[pd.Series, pd.Series], fewest: int
) -> Comparison | None:
    """The change of a group beside that of a comparison group; each is (before, after) as in `change`.

    None where either has fewer than two pairs; no effect size where either has fewer than `fewest`.
    """
    changes = [change(*waves, fewest) for waves in (treated, control)]
    if changes[0] is None or changes[1] is None:
        return None
    pairs = [pd.DataFrame({"b": before, "a": after}).dropna() for before, after in (treated, control)]
    steps = [(pair["a"] - pair["b"]).to_numpy() for pair in pairs]
    return Comparison(changes[0], changes[1], _welch(*steps), _effect_between(pairs, fewest))


def small_sample_factor(m: float) -> float:
    """c(m): what a standardised difference of m degrees of freedom is too large by."""
    return float(np.sqrt(2 / m) * np.exp(special.gammaln(m / 2) - special.gammaln((m - 1) / 2)))


def _alpha(covariances: Floats, n: int) -> Estimate:
    k = len(covariances)
    alpha = k / (k - 1) * (1 - np.trace(covariances) / covariances.sum())
    tail = (1 - SHARE) / 2
    low, high = (1 - (1 - alpha) * stats.f.ppf(q, n - 1, (n - 1) * (k - 1)) for q in (1 - tail, tail))
    return Estimate(float(alpha), float(low), float(high))


def _omega(rows: Floats, covariances: Floats) -> float:
    """Share of the variance of the sum that one common factor explains."""
    spread = np.sqrt(np.diag(covariances))
    if len(covariances) < FEWEST_FOR_OMEGA or not spread.all():
        return float("nan")
    from sklearn.decomposition import FactorAnalysis

    model = FactorAnalysis(n_components=1, tol=1e-12, max_iter=20_000, svd_method="lapack")
    model.fit((rows - rows.mean(axis=0)) / rows.std(axis=0))
    loadings = model.components_[0] * spread
    common = loadings.sum() ** 2
    unique = (model.noise_variance_ * spread**2).sum()
    return float(common / (common + unique))


def _effect(before: Floats, after: Floats) -> tuple[Estimate, float]:
    """The standardised mean change, and its variance; NaN where nobody differed before."""
    n, spread = len(before), before.std(ddof=1)
    if spread == 0:
        return Estimate(*[float("nan")] * 3), float("nan")
    g = small_sample_factor(n - 1) * (after - before).mean() / spread
    r = np.corrcoef(before, after)[0, 1] if after.std() > 0 else 0.0
    variance = 2 * (1 - r) / n + g**2 / (2 * n)
    return _normal(float(g), float(variance)), float(variance)


def _effect_between(pairs: list[pd.DataFrame], fewest: int) -> Estimate | None:
    if min(len(pair) for pair in pairs) < fewest:
        return None
    (treated, of_treated), (control, of_control) = (
        _effect(pair["b"].to_numpy(), pair["a"].to_numpy()) for pair in pairs
    )
    return _normal(treated.value - control.value, of_treated + of_control)


def _normal(value: float, variance: float) -> Estimate:
    half = stats.norm.ppf((1 + SHARE) / 2) * np.sqrt(variance)
    return Estimate(value, float(value - half), float(value + half))


def mean(values: Floats) -> Estimate:
    """A mean with Student's interval."""
    half = stats.t.ppf((1 + SHARE) / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return Estimate(float(values.mean()), float(values.mean() - half), float(values.mean() + half))


def _welch(first: Floats, second: Floats) -> Estimate:
    """The difference of two means with Welch's interval; no limits where nobody differs."""
    value = float(first.mean() - second.mean())
    if first.std() == 0 and second.std() == 0:
        return Estimate(value, float("nan"), float("nan"))
    limits = stats.ttest_ind(first, second, equal_var=False).confidence_interval(SHARE)
    return Estimate(value, float(limits.low), float(limits.high))
