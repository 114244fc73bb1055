"""The model of risk: a logistic regression held near what is known already, and its exact explanation.

Coefficients are those of the most probable model under a normal prior (ridge): around zero where nothing is
known, with the slope of silence free, so that little data gives calibrated recency; around a carried-over
model where one exists and is of use here, so that little data gives that model. Below a stated amount of
closed windows it is calibrated recency alone, and without any the shipped prior. The log-odds are a sum of
one term for each input, so the explanation is exact. Figures, and what was tried: docs/benchmarks/risk.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import expit, log_expit

from pipelines.signals.frames import Flags, Floats
from pipelines.signals.risk import INPUTS, PRIOR_INPUTS
from warehouse.errors import KinkeeperError

VERSION = 1
"""Of the method: a file of another version is refused."""

PULL_TO_ZERO, PULL_TO_CARRIED = 100.0, 300.0
"""How strongly coefficients of standardised inputs are held near zero, or near those of a carried-over model.
The second was chosen by cross-validation; the first, like the set of inputs, partly by comparing about sixty
variants on the labelled rows themselves: their figures are a little too good (docs/benchmarks/risk.md)."""

FREE = ("silence",)
"""Inputs that nothing holds near zero."""

EXTREME = 4.0
"""Standardised inputs are cut off here: one odd pair never decides alone."""

LEAST_SPREAD = 0.05
CLEARLY = 2.0
"""Standard errors by which a carried-over model must be worse than recency to be left out."""

CALIBRATED = (0.8, 1.2)
"""Slopes between which a probability may be shown as one; outside, it is an order only."""

N_STEPS, SMALL_STEP = 50, 1e-6

Basis = Literal["model", "recency", "prior"]


@dataclass(frozen=True)
class RiskModel:
    """Coefficients and all that is needed to use, judge and carry them: plain numbers, no code.

    `basis`: 'model' (all inputs), 'recency' (silence alone) or 'prior' (shipped). `mean` and `spread`
    standardise the inputs; `coefficient` and `intercept` give log-odds. `card` says where it comes from: the
    window of training, n, calibration, thresholds of the tiers, limits.
    """

    basis: Basis
    horizon: str
    inputs: tuple[str, ...]
    mean: tuple[float, ...]
    spread: tuple[float, ...]
    coefficient: tuple[float, ...]
    intercept: float

    def terms(self, inputs: pd.DataFrame) -> pd.DataFrame:
        """What each input adds to the log-odds; with the intercept the terms sum to them exactly."""
        terms = _standardised(inputs, self) * np.array(self.coefficient)
        return pd.DataFrame(terms, columns=list(self.inputs))

    def log_odds(self, inputs: pd.DataFrame) -> Floats:
        """The log-odds of going silent, row for row."""
        odds: Floats = self.intercept + _standardised(inputs, self) @ np.array(self.coefficient)
        return odds

    def rate(self, inputs: pd.DataFrame) -> Floats:
        """The probability of going silent, row for row."""
        rate: Floats = expit(self.log_odds(inputs))
        return rate


def _standardised(inputs: pd.DataFrame, model: RiskModel) -> Floats:
    values = inputs[list(model.inputs)].to_numpy(dtype=np.float64)
    cut: Floats = np.clip((values - np.array(model.mean)) / np.array(model.spread), -EXTREME, EXTREME)
    return cut


def fit(
    inputs: pd.DataFrame, is_silent: Flags, carried: RiskModel | None = None, horizon: str = "own"
) -> RiskModel:
    """The model of all inputs from closed windows, held near `carried` where that is given.

    Needs INPUTS and, row for row, whether the window held no contact; both outcomes must occur.
    """
    if carried is None:
        values = inputs.to_numpy(dtype=np.float64)
        mean, spread = values.mean(axis=0), np.maximum(values.std(axis=0, ddof=1), LEAST_SPREAD)
        start = np.zeros(len(INPUTS) + 1)
        pull = np.array([0.0, *(0.0 if name in FREE else PULL_TO_ZERO for name in INPUTS)])
        carried = RiskModel("model", horizon, INPUTS, _plain(mean), _plain(spread), _plain(start[1:]), 0.0)
    else:
        start = np.array([carried.intercept, *carried.coefficient])
        pull = np.full(len(start), PULL_TO_CARRIED)
    found = ridge(_standardised(inputs, carried), is_silent, start, pull)
    return replace(carried, horizon=horizon, coefficient=_plain(found[1:]), intercept=float(found[0]))


def fit_recency(inputs: pd.DataFrame, is_silent: Flags, horizon: str = "own") -> RiskModel:
    """Recency, calibrated: a logistic regression on the silence alone (Platt)."""
    return _fit_few(inputs[["silence"]], is_silent, "recency", horizon)


def fit_prior(inputs: pd.DataFrame, is_silent: Flags, horizon: str = "own") -> RiskModel:
    """The prior for pairs and programs that no model knows: silence and horizon in the pair's usual gaps."""
    return _fit_few(inputs[list(PRIOR_INPUTS)], is_silent, "prior", horizon)


def _fit_few(inputs: pd.DataFrame, is_silent: Flags, basis: Basis, horizon: str) -> RiskModel:
    values = inputs.to_numpy(dtype=np.float64)
    mean, spread = values.mean(axis=0), np.maximum(values.std(axis=0), LEAST_SPREAD)
    empty = RiskModel(basis, horizon, tuple(inputs.columns), _plain(mean), _plain(spread), (), 0.0)
    pull = np.array([0.0, *np.ones(len(mean))])
    found = ridge(_standardised(inputs, empty), is_silent, np.zeros(len(pull)), pull)
    return replace(empty, coefficient=_plain(found[1:]), intercept=float(found[0]))


def ridge(
    values: Floats, is_true: Flags, start: Floats, pull: Floats, weight: Floats | None = None
) -> Floats:
    """Intercept and coefficients that maximise log-likelihood - 1/2 sum pull (coefficient - start)^2.

    Newton's method on a strictly concave function. With `start` zero and a free intercept it is
    scikit-learn's LogisticRegression(C=1/pull), which takes no other centre; a test holds them together.
    """
    design = np.column_stack([np.ones(len(values)), values])
    found, y = start.copy(), is_true.astype(np.float64)
    weight = np.ones(len(values)) if weight is None else weight
    for _ in range(N_STEPS):
        rate = expit(design @ found)
        slope = design.T @ (weight * (y - rate)) - pull * (found - start)
        bend = (design * (weight * rate * (1 - rate))[:, None]).T @ design + np.diag(pull + 1e-6)
        step = np.clip(np.linalg.solve(bend, slope), -2.0, 2.0)
        found += step
        if np.abs(step).max() < SMALL_STEP:
            break
    return found


def best_of(
    inputs: pd.DataFrame,
    is_silent: Flags,
    carried: RiskModel | None,
    least: tuple[int, int],
    horizon: str = "own",
) -> RiskModel | None:
    """The model to use, from the windows closed so far: one method and one setting for every log.

    `least` is how many closed windows, and of each outcome, a model of all inputs needs. A carried-over model
    that explains the closed windows clearly worse than calibrated recency is of no use and left out. None
    where there is neither enough to fit anything nor a model carried over.
    """
    n_each = int(min(is_silent.sum(), (~is_silent).sum()))
    is_enough = len(is_silent) >= least[0] and n_each >= least[1]
    if n_each < least[1] // 2:
        return carried
    recency = fit_recency(inputs, is_silent, horizon)
    if not is_enough:
        return carried if carried is not None and carried.basis == "model" else recency
    is_of_use = (
        carried is not None
        and carried.basis == "model"
        and not _is_clearly_worse(losses(carried, inputs, is_silent), losses(recency, inputs, is_silent))
    )
    return fit(inputs, is_silent, carried if is_of_use else None, horizon)


def _is_clearly_worse(one: Floats, other: Floats) -> bool:
    """Whether the mean loss is higher by more than CLEARLY standard errors of the paired difference."""
    more = one - other
    return bool(more.mean() > CLEARLY * more.std() / np.sqrt(len(more)))


def losses(model: RiskModel, inputs: pd.DataFrame, is_silent: Flags) -> Floats:
    """The negative log-likelihood of what happened, window by window."""
    odds = model.log_odds(inputs)
    each: Floats = -np.where(is_silent, log_expit(odds), log_expit(-odds))
    return each


def _plain(values: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


# --- the file a model is carried in ------------------------------------------------------------------------


@dataclass(frozen=True)
class ModelFile:
    """The models of all horizons, from one training, with the card that says what they are good for."""

    models: Mapping[str, RiskModel]
    card: Mapping[str, Any]

    @property
    def trained_to(self) -> str:
        """The last day a window it learnt from was open; a build as of an earlier day must not use it."""
        return str(self.card["trained_to"])

    @property
    def is_calibrated(self) -> bool:
        """Whether its percentages held on windows it had not learnt from; never the shipped prior's."""
        slope = self.card.get("quality", {}).get("calibration_slope")
        low, high = CALIBRATED
        return self.card["basis"] != "prior" and slope is not None and low <= slope <= high

    @property
    def sha256(self) -> str:
        """The SHA-256 of its contents, as its file has it: two models are the same only where this is."""
        return _digest(_body(self))


def to_json(file: ModelFile) -> str:
    """The file's text: sorted keys, readable, with the SHA-256 of its contents."""
    return json.dumps(_body(file) | {"sha256": file.sha256}, indent=1, sort_keys=True) + "\n"


def from_json(text: str) -> ModelFile:
    """Read a model file; raises KinkeeperError where it is damaged or of another version."""
    try:
        body = json.loads(text)
        digest = body.pop("sha256")
        if digest != _digest(body):
            raise KinkeeperError("the model file was changed after it was written: export it again")
        if body["version"] != VERSION:
            raise KinkeeperError(f"the model file is of version {body['version']}, not {VERSION}: fit anew")
        models = {name: _model(each) for name, each in body["models"].items()}
        return ModelFile(models, body["card"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KinkeeperError(
            f"this is not a model file: export one with `kinkeeper model export` ({error})"
        ) from None


def _model(each: Mapping[str, Any]) -> RiskModel:
    unknown = set(each["inputs"]) - set(INPUTS) - set(PRIOR_INPUTS)
    if unknown:
        raise KinkeeperError(
            f"the model needs {', '.join(sorted(unknown))}, which is not known here: fit anew"
        )
    lists = {name: tuple(each[name]) for name in ("inputs", "mean", "spread", "coefficient")}
    if len({len(values) for values in lists.values()}) != 1:
        raise ValueError("lists of different lengths")
    return RiskModel(**{**each, **lists})


def _body(file: ModelFile) -> dict[str, Any]:
    return {
        "version": VERSION,
        "card": dict(file.card),
        "models": {name: asdict(model) for name, model in sorted(file.models.items())},
    }


def _digest(body: Mapping[str, Any]) -> str:
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
