"""What the signals accept and what they refuse."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pandas as pd
import pytest

from pipelines.signals import PAIR_COLUMNS, REASON_COLUMNS, evaluate
from warehouse.errors import FrameError
from warehouse.policy import Policy


def test_missing_columns_are_all_named(make: SimpleNamespace) -> None:
    frame = pd.DataFrame([make.pair()]).drop(columns=["age_days", "mentor_fit"])
    with pytest.raises(FrameError, match=r"feature\.pair lacks mentor_fit, age_days"):
        evaluate(frame, make.as_of, Policy())


@pytest.mark.parametrize(
    ("differs", "problem"),
    [
        ({"gap_2": 0}, r"gap_2 is below one day for pair-1"),
        ({"pair_id": None}, "without pair_id"),
        ({"n_contacts": "many"}, r"n_contacts does not hold numbers"),
        ({"accepted_at": "some day"}, r"accepted_at does not hold instants"),
        ({"is_paused": "perhaps"}, r"is_paused does not hold flags"),
    ],
)
def test_a_broken_frame_is_refused(make: SimpleNamespace, differs: dict[str, object], problem: str) -> None:
    with pytest.raises(FrameError, match=problem):
        make.judge(make.pair(differs))


def test_a_pair_that_comes_twice_is_refused(make: SimpleNamespace) -> None:
    with pytest.raises(FrameError, match="pair-1 twice"):
        make.judge(make.pair(), make.pair())


def test_no_pairs_give_no_rows_but_all_columns(make: SimpleNamespace) -> None:
    signals = evaluate(pd.DataFrame([make.pair()]).iloc[:0], make.as_of, Policy())
    assert (list(signals.pair), len(signals.pair)) == (list(PAIR_COLUMNS), 0)
    assert (list(signals.pair_reason), len(signals.health_part)) == (list(REASON_COLUMNS), 0)


def test_the_null_shapes_of_a_database_mean_the_same(make: SimpleNamespace) -> None:
    plain = pd.DataFrame([make.pair(), make.pair(make.silent(20), pair_id="b", cadence_days=None)])
    nullable = plain.convert_dtypes()
    for name in ("outreach_sent_at", "confirmed_label", "mentor_rating"):
        nullable[name] = pd.Series([None, None], dtype="object")
    expected, found = (evaluate(frame, make.as_of, Policy()) for frame in (plain, nullable))
    pd.testing.assert_frame_equal(expected.pair, found.pair)
    pd.testing.assert_frame_equal(expected.pair_reason, found.pair_reason)


def test_an_as_of_with_an_offset_is_the_same_instant(make: SimpleNamespace) -> None:
    frame = pd.DataFrame([make.pair(next_session_at=make.days_ago(-10), silence_days=17)])
    offset = make.as_of.replace(tzinfo=dt.UTC).astimezone(dt.timezone(dt.timedelta(hours=5, minutes=30)))
    expected, found = (evaluate(frame, as_of, Policy()).pair for as_of in (make.as_of, offset))
    pd.testing.assert_frame_equal(expected, found)
