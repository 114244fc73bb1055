"""A model is learnt from windows that have closed; its card says how good it is on pairs it has not seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipelines.risk.training import closed_windows, cross_validated, last_week, train
from pipelines.signals.backtest import History, history_of
from pipelines.signals.risk import INPUTS, OWN
from pipelines.signals.risk_model import best_of
from warehouse.errors import KinkeeperError
from warehouse.policy import Policy

POLICY = Policy(risk_least_windows=50, risk_least_outcomes=5)
FIRST = pd.Timestamp("2026-01-04 23:59:59")
N_PAIRS, N_WEEKS = 40, 9
LATE = "p00"
"""Its contacts are recorded 60 days after they happened."""


def met_on(number: int) -> pd.DatetimeIndex:
    """Every third pair meets once and never again, the others every week."""
    first = FIRST.normalize() - pd.Timedelta(days=number % 7)
    return pd.date_range(first, periods=1 if number % 3 == 1 else 24, freq="7D")


def history(n_weeks: int = N_WEEKS) -> History:
    """Pairs that were all in touch before the first week, of which some fall silent."""
    weeks = pd.date_range(FIRST, periods=n_weeks, freq="7D")
    met = {f"p{number:02}": met_on(number) for number in range(N_PAIRS)}
    contacts = pd.DataFrame(
        [
            (pair, day, day + pd.Timedelta(days=60 * (pair == LATE)))
            for pair, days in met.items()
            for day in days
        ],
        columns=["pair_id", "contacted_on", "known_at"],
    )
    rows = [week_of(pair, days, as_of) for as_of in weeks for pair, days in met.items()]
    testimony = pd.DataFrame(columns=["pair_id", "said_on", "kind", "known_at"])
    return history_of(pd.DataFrame(rows), contacts, testimony, POLICY)


def week_of(pair: str, days: pd.DatetimeIndex, as_of: pd.Timestamp) -> dict[str, object]:
    on = as_of.normalize()
    last = days[days <= on].max()
    silence = (on - last).days
    same = dict.fromkeys(
        (
            "n_contacts_7d", "n_contacts_14d", "n_contacts_28d", "n_contacts_56d", "n_updates",
            "update_silence_days", "n_missed", "push_streak", "unseen_days",
            *(f"{side}_{what}" for side in ("mentee", "mentor") for what in ("silence_days", "away_days")),
            *(
                f"n_{side}_{what}"
                for side in ("mentee", "mentor")
                for what in ("touches", "touches_28d", "acts_28d")
            ),
        ),
        1,
    )  # fmt: skip
    return same | {
        "pair_id": pair, "cohort_id": "c", "as_of": as_of, "on_date": on, "n_contact_days": 9,
        "silence_days": silence, "known_days": silence + 60, "last_contact_on": last, "gap_median": 7.0,
        "gap_max": 9, "gap_1": 7, "cohort_last_contact_on": on, "n_cohort_contacts_7d": 30,
        "n_cohort_contacts_28d": 120,
    }  # fmt: skip


@pytest.fixture(scope="module")
def whole() -> History:
    return history()


def test_only_windows_that_were_over_by_the_last_week_are_learnt_and_as_they_were_known_then(
    whole: History,
) -> None:
    now = last_week(whole)
    closed = closed_windows(whole, now)
    assert now == np.datetime64(FIRST + pd.Timedelta(weeks=N_WEEKS - 1), "us")
    assert closed.closes_on.max() <= now.astype("datetime64[D]")
    assert len(closed.rows) < len(whole.at_risk.rows)
    told = closed.rows.assign(is_silent=closed.is_silent).groupby("pair_id")["is_silent"]
    assert told.all()[LATE]  # it met every week, but nobody knew yet
    assert not told.any()["p02"]
    assert told.all()["p01"]


def test_no_pair_has_a_part_in_what_is_said_of_it(whole: History) -> None:
    closed = closed_windows(whole, last_week(whole))
    pair = closed.rows["pair_id"]
    said = cross_validated(closed.inputs, closed.is_silent, pair, POLICY)
    is_one = (pair == "p01").to_numpy()
    other_end = np.where(is_one, ~closed.is_silent, closed.is_silent)
    again = cross_validated(closed.inputs, other_end, pair, POLICY)
    assert again[is_one] == pytest.approx(said[is_one], abs=1e-12)
    assert not np.allclose(again[~is_one], said[~is_one])


def test_the_card_tells_what_was_learnt_and_how_good_it_is_on_other_pairs(whole: History) -> None:
    file = train(whole, POLICY)
    closed = closed_windows(whole, last_week(whole))
    card = file.card
    assert file.models[OWN].inputs == INPUTS
    assert (card["n_windows"], card["n_silent"]) == (len(closed.rows), closed.is_silent.sum())
    assert card["base_rate"] == pytest.approx(closed.is_silent.mean())
    assert card["trained_to"] == str(closed.closes_on.max())
    in_sample = best_of(closed.inputs, closed.is_silent, None, (50, 5))
    assert in_sample is not None
    seen = ((in_sample.rate(closed.inputs) - closed.is_silent) ** 2).mean()
    assert card["quality"]["brier"] > seen
    assert card["thresholds"]["high"] >= card["thresholds"]["raised"]


def test_from_too_few_closed_windows_nothing_is_learnt() -> None:
    with pytest.raises(KinkeeperError, match="too few windows have closed to learn from"):
        train(history(n_weeks=4), POLICY)
