"""The record of a backtest: its numbers against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from pipelines.signals.record import Curve, calibration_slope, record_of, wilson
from pipelines.signals.renewal import alive_rate, fit_alive
from warehouse.policy import Policy


def test_areas_are_those_of_scikit_learn_with_ties_and_weights() -> None:
    rng = np.random.default_rng(3)
    score, is_true = rng.integers(0, 8, 300).astype(float), rng.random(300) < 0.3
    weight = rng.integers(0, 4, 300).astype(float)
    curve = Curve(score, is_true)
    assert curve.average_precision(weight) == pytest.approx(
        average_precision_score(is_true, score, sample_weight=weight)
    )
    assert curve.roc_auc(weight) == pytest.approx(roc_auc_score(is_true, score, sample_weight=weight))


def test_who_is_twice_as_sure_as_right_has_slope_one_half() -> None:
    rng = np.random.default_rng(4)
    odds = rng.normal(size=20_000)
    is_true = rng.random(20_000) < 1 / (1 + np.exp(-odds))
    assert calibration_slope(1 / (1 + np.exp(-2 * odds)), is_true) == pytest.approx(0.5, abs=0.03)


def test_wilson_holds_a_share_of_none() -> None:
    low, high = wilson(np.array([0.0]), np.array([10.0]))
    assert (low[0], high[0]) == (pytest.approx(0, abs=1e-12), pytest.approx(0.2775, abs=1e-3))


def said() -> tuple[pd.DataFrame, np.ndarray]:
    """Two pairs over three weeks: `a` falls silent after 1 March, `b` stays in touch."""
    week = pd.to_datetime(["2026-03-08", "2026-03-15", "2026-03-22"])
    rows = pd.DataFrame(
        {
            "pair_id": ["a", "b"] * 3,
            "as_of": np.repeat(week, 2),
            "on_date": np.repeat(week, 2),
            "last_contact_on": pd.to_datetime(["2026-03-01", "2026-03-07"] * 3),
        }
    )
    risk = np.array([0.9, 0.1, 0.9, 0.2, 0.9, 0.3])
    blank = dict.fromkeys(
        ("other_cohorts", "recency", "recency_rate", "silence_ratio", "alive", "silent_28d", "silent_30d",
         "silent_90d", "last_seen"), np.nan
    )  # fmt: skip
    return rows.assign(risk=risk, silent_14d=[0, 0, 1, 0, 1, 1], **blank), np.array([True, False] * 3)


def test_an_alert_is_given_once_in_a_silence_and_its_lead_counts_to_day_30() -> None:
    record = record_of(*said(), Policy())
    value = record.metric.set_index(["method", "metric"])["value"]
    assert value["risk", "average_precision"] == 1
    assert value["risk", "precision_top"] == 1
    # The first week alerts a; then a is silent on, so the budget goes to b, once.
    assert value["risk", "alert_precision"] == pytest.approx(1 / 2)
    assert value["risk", "alerts_per_week"] == pytest.approx(2 / 3)
    assert value["risk", "median_lead_days"] == 23
    assert value["silent_14d", "median_lead_days"] == 16
    assert record.lead[record.lead["method"] == "risk"]["n_silences"].tolist() == [1]
    assert record.week[record.week["method"] == "risk"]["n_alerts"].tolist() == [1, 1, 0]


def test_what_is_found_is_what_came_true_among_as_many_as_managers_can_look_at() -> None:
    rows, _ = said()
    everybody = np.array([True] * 6)

    def found(n_managers: int) -> pd.Series[float]:
        record = record_of(rows, everybody, Policy(attention_budget=1), n_managers=n_managers)
        metric = record.metric[record.metric["method"] == "risk"]
        return metric.set_index("metric")["value"]

    one, two = found(1), found(2)
    assert (one["attention"], two["attention"]) == (1, 2)
    assert (one["recall_attention"], two["recall_attention"]) == (1 / 2, 1)
    assert one["precision_attention"] == 1
    assert two["alerts_per_manager"] == one["alerts_per_manager"] / 2 == one["alerts_per_week"] / 2


def test_of_the_first_that_managers_look_at_the_share_that_came_true_is_their_precision() -> None:
    value = record_of(*said(), Policy(attention_budget=2)).metric.set_index(["method", "metric"])["value"]
    assert value["risk", "precision_attention"] == 1 / 2
    assert value["risk", "recall_attention"] == 1


def test_of_an_exit_an_alert_stands_for_thirty_days_and_its_lead_counts_to_the_exit() -> None:
    rows, _ = said()
    exit_on = pd.to_datetime(["2026-03-25", "2026-07-01"] * 3).to_numpy()
    record = record_of(rows, np.array([True, False] * 3), Policy(), exit_on)
    value = record.metric.set_index(["method", "metric"])["value"]
    assert value["risk", "median_lead_days"] == 17  # alerted on 8 March
    assert record.week[record.week["method"] == "risk"]["n_alerts"].tolist() == [1, 1, 0]
    later = rows.assign(on_date=rows["on_date"] + pd.to_timedelta(np.repeat([0, 7, 28], 2), unit="D"))
    again = record_of(later, np.array([False] * 6), Policy(), exit_on)
    assert again.week[again.week["method"] == "risk"]["n_alerts"].tolist() == [1, 1, 1]


def test_methods_that_say_nothing_are_left_out() -> None:
    assert set(record_of(*said(), Policy()).metric["method"]) == {"risk", "silent_14d"}


def test_the_longer_a_busy_pair_is_silent_the_less_it_is_alive() -> None:
    rng = np.random.default_rng(1)
    n = rng.integers(1, 30, 200).astype(float)
    last, age = n * 5, n * 5 + rng.integers(0, 60, 200)
    parameters = fit_alive(n, last, age)
    alive = alive_rate(parameters, np.full(3, 20.0), np.full(3, 100.0), np.array([100.0, 130.0, 200.0]))
    assert alive[0] > alive[1] > alive[2]
    assert alive_rate(parameters, np.zeros(1), np.zeros(1), np.array([50.0])).tolist() == [1]


def test_the_probability_of_being_alive_is_that_of_the_published_formula() -> None:
    r, alpha, a, b = 0.243, 4.414, 0.793, 2.426  # CDNOW, Fader, Hardie, Lee 2005
    found = alive_rate(np.array([r, alpha, a, b]), np.array([2.0]), np.array([30.43]), np.array([38.86]))
    by_hand = 1 / (1 + a / (b + 1) * ((alpha + 38.86) / (alpha + 30.43)) ** (r + 2))
    assert found[0] == pytest.approx(by_hand)
    assert found[0] == pytest.approx(0.7266, abs=1e-3)
