"""The model of risk: its fit against scikit-learn, its fallbacks, its exact terms and its file."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from pipelines.signals.risk import INPUTS
from pipelines.signals.risk_model import (
    ModelFile,
    best_of,
    fit,
    fit_recency,
    from_json,
    losses,
    ridge,
    to_json,
)
from warehouse.errors import KinkeeperError

RNG = np.random.default_rng(5)
LEAST = (200, 20)


def closed(n: int, slope: float = 1.5) -> tuple[pd.DataFrame, np.ndarray]:
    """Closed windows in which silence, and nothing else, tells what follows."""
    rng = np.random.default_rng(n)
    inputs = pd.DataFrame(rng.normal(size=(n, len(INPUTS))), columns=list(INPUTS))
    odds = slope * inputs["silence"].to_numpy() - 1
    return inputs, rng.random(n) < 1 / (1 + np.exp(-odds))


def test_the_fit_is_that_of_scikit_learn() -> None:
    values = RNG.normal(size=(400, 3))
    is_true = RNG.random(400) < 1 / (1 + np.exp(-values @ np.array([1.0, -0.5, 0.0])))
    found = ridge(values, is_true, np.zeros(4), np.array([0.0, 10.0, 10.0, 10.0]))
    known = LogisticRegression(C=0.1, tol=1e-10, max_iter=1000).fit(values, is_true)
    np.testing.assert_allclose(found, [known.intercept_[0], *known.coef_[0]], atol=1e-5)


def test_a_row_counted_twice_is_two_rows() -> None:
    values, is_true = RNG.normal(size=(60, 2)), RNG.random(60) < 0.4
    pull = np.array([0.0, 1.0, 1.0])
    doubled = ridge(np.vstack([values, values]), np.append(is_true, is_true), np.zeros(3), pull)
    np.testing.assert_allclose(
        ridge(values, is_true, np.zeros(3), pull, np.full(60, 2.0)), doubled, atol=1e-6
    )


def test_terms_and_intercept_add_up_to_the_log_odds() -> None:
    inputs, is_silent = closed(500)
    model = fit(inputs, is_silent)
    np.testing.assert_allclose(
        model.terms(inputs).sum(axis=1) + model.intercept, model.log_odds(inputs), atol=1e-12
    )


def test_little_history_falls_back_to_calibrated_recency_and_less_to_nothing() -> None:
    inputs, is_silent = closed(190)
    model = best_of(inputs, is_silent, None, LEAST)
    assert model is not None
    assert (model.basis, model.inputs) == ("recency", ("silence",))
    assert best_of(inputs[:12], is_silent[:12], None, LEAST) is None
    enough = best_of(*closed(400), None, LEAST)
    assert enough is not None
    assert enough.basis == "model"


def test_recency_keeps_the_order_of_silence() -> None:
    inputs, is_silent = closed(150)
    rate = fit_recency(inputs, is_silent).rate(inputs)
    assert (np.diff(rate[np.argsort(inputs["silence"])]) >= 0).all()


def test_a_model_carried_over_is_used_at_once_and_held_near() -> None:
    carried = fit(*closed(5000))
    assert best_of(*closed(5), carried, LEAST) is carried
    near, far = best_of(*closed(300), carried, LEAST), best_of(*closed(300), None, LEAST)
    assert near is not None
    assert far is not None
    at = INPUTS.index("silence")
    assert abs(near.coefficient[at] - carried.coefficient[at]) < 0.3
    assert np.abs(np.delete(near.coefficient, at)).max() < np.abs(np.delete(far.coefficient, at)).max()


def test_a_model_of_another_world_is_left_out() -> None:
    opposite = fit(*closed(5000, slope=-1.5))
    inputs, is_silent = closed(400)
    found = best_of(inputs, is_silent, opposite, LEAST)
    assert found == best_of(inputs, is_silent, None, LEAST)
    assert found is not None
    assert losses(opposite, inputs, is_silent).mean() > losses(found, inputs, is_silent).mean()


def test_a_model_file_says_the_same_after_it_was_carried() -> None:
    file = ModelFile({"own": fit(*closed(300))}, {"trained_to": "2026-01-31", "basis": "model"})
    again = from_json(to_json(file))
    assert again.models == file.models
    assert to_json(again) == to_json(file)


@pytest.mark.parametrize(
    "damage",
    [
        lambda body: body | {"version": 99},
        lambda body: body | {"card": body["card"] | {"trained_to": "2020-01-01"}},
        lambda _body: {},
        lambda _body: [],
    ],
)
def test_a_damaged_or_foreign_file_is_refused(damage: object) -> None:
    text = to_json(ModelFile({"own": fit(*closed(300))}, {"trained_to": "2026-01-31"}))
    assert callable(damage)
    with pytest.raises(KinkeeperError):
        from_json(json.dumps(damage(json.loads(text))))
