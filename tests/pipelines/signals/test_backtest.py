"""What a method says of a week does not depend on what became known later, whatever the target."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipelines.signals.backtest import History, exit_history_of, history_of, play
from warehouse.policy import Policy

POLICY = Policy(risk_least_windows=50, risk_least_outcomes=5)
N_PAIRS, N_WEEKS = 60, 9
WEEKS = pd.date_range("2026-01-04 23:59:59", periods=N_WEEKS, freq="7D")
PAIRS = [f"p{n:02}" for n in range(N_PAIRS)]


def activity() -> pd.DataFrame:
    """Pairs that are all at risk in every week, with numbers drawn at random."""
    rng = np.random.default_rng(5)
    n = N_PAIRS * N_WEEKS
    as_of = np.repeat(WEEKS.to_numpy(), N_PAIRS)
    silence = rng.integers(0, 25, n)
    counts = {
        name: rng.integers(0, 20, n)
        for name in (
            "n_contacts_7d", "n_contacts_14d", "n_contacts_28d", "mentee_silence_days", "mentor_silence_days",
            "mentee_away_days", "mentor_away_days", "n_updates", "update_silence_days", "n_missed",
            "push_streak", "n_mentee_touches", "n_mentor_touches", "n_mentee_touches_28d",
            "n_mentor_touches_28d", "n_mentee_acts_28d", "n_mentor_acts_28d", "unseen_days",
        )
    }  # fmt: skip
    on_date = pd.to_datetime(as_of).normalize()
    frame = pd.DataFrame(
        {
            "pair_id": PAIRS * N_WEEKS, "cohort_id": "c", "as_of": as_of, "on_date": on_date,
            "n_contact_days": 9, "silence_days": silence, "known_days": silence + 80,
            "last_contact_on": on_date - pd.to_timedelta(silence, unit="D"), "gap_median": 7.0, "gap_max": 20,
            "gap_1": 7, "n_contacts_56d": 40, "cohort_last_contact_on": on_date,
            "n_cohort_contacts_7d": 30, "n_cohort_contacts_28d": 120,
        }
    )  # fmt: skip
    return frame.assign(**counts)


def contacts() -> pd.DataFrame:
    """Half of the pairs meet every two weeks, the others every six; some of it is known ten days later."""
    rows = [
        (pair, day, day + pd.Timedelta(days=10 * (number % 7 == 0), hours=12))
        for number, pair in enumerate(PAIRS)
        for day in pd.date_range("2026-01-02", "2026-06-01", freq="14D" if number % 2 else "42D")
    ]
    return pd.DataFrame(rows, columns=["pair_id", "contacted_on", "known_at"])


def exits() -> pd.DataFrame:
    """Every fourth pair leaves, one after the other; half of the ends are told two weeks later."""
    first = pd.Timestamp("2026-01-10")
    rows = [
        (
            pair,
            first + pd.Timedelta(days=3 * n),
            first + pd.Timedelta(days=3 * n + 14 * (n % 2), hours=9),
            True,
        )
        for n, pair in enumerate(PAIRS[::4])
    ]
    return pd.DataFrame(rows, columns=["pair_id", "ended_on", "known_at", "is_exit"])


def statements() -> pd.DataFrame:
    first = pd.Timestamp("2026-01-15")
    kinds, days = ("in_touch", "explained"), pd.Timedelta(days=1)
    rows = [
        (pair, first + 5 * n * days, kinds[n % 2], first + (5 * n + 4) * days)
        for n, pair in enumerate(PAIRS[::5])
    ]
    return pd.DataFrame(rows, columns=["pair_id", "said_on", "kind", "known_at"])


def history(target: str, known_by: pd.Timestamp) -> History:
    """All weeks, and of what followed only what was known by an instant."""
    met, left, said = (each[each["known_at"] <= known_by] for each in (contacts(), exits(), statements()))
    if target == "exit":
        return exit_history_of(activity(), met, left, POLICY)
    return history_of(activity(), met, said, POLICY)


@pytest.mark.parametrize("target", ["silence", "exit"])
def test_what_becomes_known_later_changes_no_score_of_an_earlier_week(target: str) -> None:
    cut = WEEKS[7]
    weeks = WEEKS[6:8].to_numpy().astype("datetime64[us]")
    then, now = (history(target, known_by) for known_by in (cut, pd.Timestamp("2027-01-01")))
    said, later = (play(each, weeks, POLICY).drop(columns="row") for each in (then, now))
    assert (said["basis"] == "model").any()
    pd.testing.assert_frame_equal(said, later, rtol=1e-9)


def test_what_managers_said_changes_what_is_learnt_from_when_it_was_known() -> None:
    weeks = WEEKS[[1, 8]].to_numpy().astype("datetime64[us]")
    told = history("silence", pd.Timestamp("2027-01-01"))
    untold = history_of(activity(), contacts(), statements().iloc[:0], POLICY)
    with_it, without = (play(each, weeks, POLICY) for each in (told, untold))
    early = with_it["as_of"] < statements()["known_at"].min()
    assert (with_it.loc[early, "n_closed"] == without.loc[early, "n_closed"]).all()
    assert (with_it["n_closed"] < without["n_closed"]).any()


def test_a_rank_by_who_was_last_seen_is_the_days_since_either_did_anything() -> None:
    last = WEEKS[[8]].to_numpy().astype("datetime64[us]")
    said = play(history("silence", pd.Timestamp("2027-01-01")), last, POLICY).set_index("pair_id")
    rows = activity()
    unseen = rows[rows["as_of"] == WEEKS[8]].set_index("pair_id")["unseen_days"]
    assert said["last_seen"].to_dict() == unseen.loc[said.index].to_dict()
    assert (said["last_seen"] != said["recency"]).any()
