"""Who is at risk, from what, and when it has come true."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipelines.signals.risk import INPUTS, at_risk, exit_windows, horizon_days, still_there, windows
from warehouse.policy import Policy

POLICY = Policy()


def activity(**differs: object) -> dict[str, object]:
    """A pair in touch once a week, as of 1 March."""
    row: dict[str, object] = {
        "pair_id": "a", "cohort_id": "c", "as_of": pd.Timestamp("2026-03-01 23:59:59"),
        "on_date": pd.Timestamp("2026-03-01"), "n_contact_days": 8, "silence_days": 4, "known_days": 53,
        "last_contact_on": pd.Timestamp("2026-02-25"), "gap_median": 7.0, "gap_max": 9, "gap_1": 7,
        "n_contacts_7d": 1, "n_contacts_14d": 2, "n_contacts_28d": 4, "n_contacts_56d": 8,
        "mentee_silence_days": 4, "mentor_silence_days": 4, "mentee_away_days": 1, "mentor_away_days": None,
        "unseen_days": 1,
        "n_updates": 2, "update_silence_days": 10, "n_missed": 0, "push_streak": 0,
        "n_cohort_contacts_7d": 9, "n_cohort_contacts_28d": 40,
    }  # fmt: skip
    for side in ("mentee", "mentor"):
        row |= {f"n_{side}_touches": 20, f"n_{side}_touches_28d": 9, f"n_{side}_acts_28d": 12}
    return row | differs


def frame(*rows: dict[str, object]) -> pd.DataFrame:
    made = pd.DataFrame(rows)
    return made.assign(mentor_away_days=pd.to_numeric(made["mentor_away_days"]))


def test_the_horizon_is_four_median_gaps_between_30_and_90_days() -> None:
    found = horizon_days(pd.Series([1.0, 8.0, 40.0]), POLICY)
    assert found.tolist() == [30, 32, 90]


def test_a_pair_is_at_risk_while_its_silence_is_within_its_horizon() -> None:
    rows = [
        activity(pair_id="young", n_contact_days=2),
        activity(pair_id="gone", silence_days=31),
        activity(pair_id="alive", silence_days=30),
        activity(pair_id="slow", silence_days=31, gap_median=10.0),
    ]
    assert at_risk(frame(*rows), POLICY).rows["pair_id"].tolist() == ["alive", "slow"]


def test_all_inputs_are_numbers_even_where_nothing_is_known_of_a_side() -> None:
    inputs = at_risk(frame(activity(), activity(pair_id="b", update_silence_days=None)), POLICY).inputs
    assert tuple(inputs.columns) == INPUTS
    assert np.isfinite(inputs.to_numpy()).all()


def test_a_week_is_compared_with_itself_only() -> None:
    quiet = activity(pair_id="b", n_contacts_28d=1)
    alone = at_risk(frame(activity(), quiet), POLICY).inputs
    later = [
        activity(pair_id=pair, as_of=pd.Timestamp("2026-03-08 23:59:59"), n_contacts_28d=28) for pair in "ab"
    ]
    among = at_risk(frame(activity(), quiet, *later), POLICY).inputs
    pd.testing.assert_frame_equal(among.iloc[:2], alone)
    assert among["contacts_28d_vs_others"].iloc[2:].tolist() == [0, 0]
    assert alone["contacts_28d_vs_others"].sum() == pytest.approx(0)


def test_who_is_behind_is_told_by_the_cohort() -> None:
    rows = [activity(pair_id="a", n_updates=0), activity(pair_id="b", n_updates=4)]
    behind = at_risk(frame(*rows), POLICY).inputs["updates_behind_vs_others"]
    assert behind.iloc[0] > 0 > behind.iloc[1]


def contacts(*rows: tuple[str, str, str]) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=["pair_id", "contacted_on", "known_at"])
    return made.assign(
        contacted_on=pd.to_datetime(made["contacted_on"]), known_at=pd.to_datetime(made["known_at"])
    )


def test_a_window_closes_with_its_horizon_and_counts_contacts_from_the_next_day_on() -> None:
    rows = at_risk(frame(activity(), activity(pair_id="b"), activity(pair_id="c")), POLICY).rows
    found = windows(
        rows,
        contacts(
            ("a", "2026-03-01", "2026-03-01 12:00"),
            ("a", "2026-03-31", "2026-03-31 12:00"),
            ("b", "2026-04-01", "2026-04-01 12:00"),
        ),
    )
    assert found.closes_on.tolist() == [pd.Timestamp("2026-03-31").date()] * 3
    assert found.came_true(np.datetime64("2026-12-31")).tolist() == [False, True, True]


def test_a_contact_learnt_after_the_window_closed_was_no_contact_then() -> None:
    rows = at_risk(frame(activity()), POLICY).rows
    found = windows(rows, contacts(("a", "2026-03-10", "2026-05-01 12:00")))
    assert found.came_true(np.datetime64("2026-04-30")).tolist() == [True]
    assert found.came_true(np.datetime64("2026-05-02")).tolist() == [False]


def exits(*rows: tuple[str, str, str, bool]) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=["pair_id", "ended_on", "known_at", "is_exit"])
    return made.assign(
        ended_on=pd.to_datetime(made["ended_on"]),
        known_at=pd.to_datetime(made["known_at"]),
        as_of=pd.Timestamp("2026-12-31"),
    )


def test_an_exit_counts_within_thirty_days_from_when_it_is_known_and_other_ends_never() -> None:
    rows = at_risk(frame(*(activity(pair_id=pair) for pair in "abcd")), POLICY).rows
    ends = exits(
        ("a", "2026-03-31", "2026-04-20 12:00", True),
        ("b", "2026-04-01", "2026-04-01 12:00", True),
        ("c", "2026-03-10", "2026-03-10 12:00", False),
    )
    found = exit_windows(rows, ends, POLICY)
    assert found.closes_on.tolist() == [pd.Timestamp("2026-03-31").date()] * 4
    assert found.came_true(np.datetime64("2026-04-19")).tolist() == [False] * 4
    assert found.came_true(np.datetime64("2026-12-31")).tolist() == [True, False, False, False]
    assert not exit_windows(rows, exits(), POLICY).came_true(np.datetime64("2026-12-31")).any()


def test_nobody_can_leave_who_has_left_as_far_as_was_known_then() -> None:
    found = at_risk(frame(*(activity(pair_id=pair) for pair in "abc")), POLICY)
    ends = exits(
        ("a", "2026-02-26", "2026-02-26 12:00", False),
        ("b", "2026-02-26", "2026-03-02 12:00", True),
        ("c", "2026-01-26", "2026-01-26 12:00", True),
    )
    # b's end was not known yet; c was in touch again after its end.
    assert still_there(found, ends).rows["pair_id"].tolist() == ["b", "c"]


def statements(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=["pair_id", "said_on", "kind", "known_at"])
    return made.assign(said_on=pd.to_datetime(made["said_on"]), known_at=pd.to_datetime(made["known_at"]))


def test_what_managers_say_corrects_a_label_from_when_it_is_known_and_never_an_input() -> None:
    found = at_risk(frame(*(activity(pair_id=pair) for pair in "abc")), POLICY)
    said = statements(
        ("a", "2026-03-10", "in_touch", "2026-03-12 09:00"),
        ("b", "2026-03-10", "explained", "2026-03-12 09:00"),
        ("c", "2026-05-10", "explained", "2026-05-10 09:00"),
    )
    told = windows(found.rows, contacts(), testimony=said)
    before, after = np.datetime64("2026-03-11"), np.datetime64("2026-12-31")
    assert told.came_true(before).tolist() == [True, True, True]
    assert told.came_true(after).tolist() == [False, True, True]
    assert told.is_open_to_doubt(before).tolist() == [False, False, False]
    assert told.is_open_to_doubt(after).tolist() == [False, True, False]
    assert not windows(found.rows, contacts()).is_open_to_doubt(after).any()
