"""BG/NBD: the probability that a customer, here a pair, is still alive. A baseline of the backtest.

Source: Fader, Hardie, Lee, "Counting your customers" the easy way: an alternative to the Pareto/NBD model,
Marketing Science 24(2), 2005: likelihood (6), with P(alive) of Fader, Hardie, Lee, "Computing P(alive) using
the BG/NBD model", 2008. Contacts come at a gamma-distributed rate; after each the pair drops out with a
beta-distributed probability.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, expit, gammaln

from pipelines.signals.frames import Floats

START = np.zeros(4)
SHRINK = 0.01
"""Weight of a penalty on log parameters: without it they run away where every pair is alike."""


def fit_alive(n_repeats: Floats, last_at: Floats, age: Floats) -> Floats:
    """r, alpha, a, b by maximum likelihood from repeat contacts, time of the last and age, in days."""

    def loss(logs: Floats) -> float:
        return float(-log_likelihood(np.exp(logs), n_repeats, last_at, age).mean() + SHRINK * (logs**2).sum())

    found: Floats = np.exp(minimize(loss, START, method="L-BFGS-B", bounds=[(-7.0, 7.0)] * 4).x)
    return found


def log_likelihood(parameters: Floats, n_repeats: Floats, last_at: Floats, age: Floats) -> Floats:
    """Of each pair, equation (6)."""
    r, alpha, a, b = parameters
    n = n_repeats
    common = gammaln(r + n) - gammaln(r) + r * np.log(alpha)
    alive = betaln(a, b + n) - betaln(a, b) - (r + n) * np.log(alpha + age)
    gone = betaln(a + 1, b + np.maximum(n, 1) - 1) - betaln(a, b) - (r + n) * np.log(alpha + last_at)
    total: Floats = common + np.where(n > 0, np.logaddexp(alive, gone), alive)
    return total


def alive_rate(parameters: Floats, n_repeats: Floats, last_at: Floats, age: Floats) -> Floats:
    """The probability that a pair is alive; 1 where there was no repeat contact."""
    r, alpha, a, b = parameters
    n = np.maximum(n_repeats, 1)
    against = np.log(a / (b + n - 1)) + (r + n_repeats) * np.log((alpha + age) / (alpha + last_at))
    alive: Floats = np.where(n_repeats > 0, expit(-against), 1.0)
    return alive
