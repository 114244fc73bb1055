"""The record of a backtest by group of people: by hand, and silent about whom nothing may be told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipelines.signals.equity import FIELDS
from pipelines.signals.group_record import by_group
from warehouse.policy import Policy

POLICY = Policy()
N_WEEKS = 4


def groups(**sizes: int) -> pd.DataFrame:
    """So many pairs of each form, each with a mentee and a mentor of its own."""
    rows = [
        dict.fromkeys(FIELDS)
        | {"program_id": "prog", "pair_id": f"{form}{n}", "mentee_id": f"e-{form}{n}", "form": form}
        | {"mentor_id": f"o-{form}{n}"}
        for form, size in sizes.items()
        for n in range(size)
    ]
    return pd.DataFrame(rows)


def weeks(of: pd.DataFrame) -> pd.DataFrame:
    """Four weeks of each pair: on average a formal one goes silent by 0.1, an informal one by 0.3."""
    said = pd.DataFrame({"pair_id": np.repeat(of["pair_id"].to_numpy(), N_WEEKS)})
    of_week = np.tile([0.05, 0.15, 0.0, 0.2], len(of))
    return said.assign(rate=of_week + np.where(said["pair_id"].str.startswith("formal"), 0.0, 0.2))


def record(of: pd.DataFrame, n_alerted: int = 4) -> pd.DataFrame:
    """The first pairs of each group are alerted in their first week, every second one rightly."""
    said = weeks(of)
    number = said["pair_id"].str.extract(r"(\d+)", expand=False).astype(int).to_numpy()
    is_first = ~said.duplicated("pair_id").to_numpy()
    is_alert = is_first & (number < n_alerted)
    came_true = is_first & (number % 2 == 0)
    found = by_group(said, is_alert, came_true, of, POLICY)
    return found.set_index(["field", "group_value", "metric"])


def test_of_each_group_it_is_told_who_was_alerted_how_rightly_and_what_was_said() -> None:
    found = record(groups(formal=20, informal=10), n_alerted=6)
    value = found["value"]
    assert value["form", "formal", "alert_rate"] == pytest.approx(6 / 80)
    assert value["form", "informal", "alert_rate"] == pytest.approx(6 / 40)
    assert value["form", "formal", "alert_precision"] == pytest.approx(3 / 6)
    assert value["form", "formal", "observed_rate"] == pytest.approx(10 / 80)
    assert value["form", "formal", "predicted_rate"] == pytest.approx(0.1)
    assert value["form", "informal", "predicted_rate"] == pytest.approx(0.3)
    assert found.loc[("form", "formal", "alert_precision"), "n"] == 6
    limits = found.loc[("form", "formal", "observed_rate"), ["low", "value", "high"]]
    assert limits.is_monotonic_increasing


def test_a_small_group_is_hidden_and_so_is_what_it_could_be_worked_out_from() -> None:
    assert record(groups(formal=20, informal=4)).empty
    found = record(groups(formal=20, informal=10, other=4), n_alerted=6)
    assert "other" not in found.index.get_level_values("group_value")


def test_alerts_of_fewer_pairs_than_may_be_told_of_have_no_precision() -> None:
    metrics = record(groups(formal=20, informal=20), n_alerted=4).index.get_level_values("metric")
    assert set(metrics) == {"alert_rate", "observed_rate", "predicted_rate"}


def test_pairs_that_are_in_no_group_are_left_out() -> None:
    of = groups(formal=20, informal=10)
    nobody = np.zeros(len(weeks(of)), dtype=np.bool_)
    assert by_group(weeks(of), nobody, nobody, of.iloc[:0], POLICY).empty
