"""What is shown, given the days before: bands that are held, scores that fall and scores that stand still."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.signals import evaluate
from pipelines.signals.days import (
    BANDS,
    NO_PAST,
    VERDICT_COLUMNS,
    Past,
    judged_days,
    judged_with_parts,
    shown_days,
)
from pipelines.signals.health import COMPONENTS
from warehouse.policy import Policy

LAST = dt.datetime(2026, 11, 20, 23, 59)
OK, WATCH, NEEDS, EARLY = "on_track", "watch", "needs_check_in", "too_early"


def verdicts(bands: Sequence[str], pair_id: str = "p", **columns: Any) -> pd.DataFrame:
    """One verdict a day, the last one on LAST; a column is one value or one for each day."""
    n = len(bands)
    rows = {
        "pair_id": pair_id,
        "as_of": [LAST - dt.timedelta(days=n - 1 - k) for k in range(n)],
        "stage": "active",
        "state": "in_rhythm",
        "band_rule": list(bands),
        "is_fall_counted": [band == OK for band in bands],
        "waiting_on": None,
        "ghosted_on": pd.NaT,
        "tau_days": 7.0,
        "silence_ratio": 0.5,
        "health": 80.0,
        "coverage": 1.0,
        "frozen_since": pd.NaT,
    }
    frame = pd.DataFrame(rows | columns, index=range(n))[list(VERDICT_COLUMNS)]
    return frame.astype(dict.fromkeys(("as_of", "ghosted_on", "frozen_since"), "datetime64[us]"))


def shown(days: pd.DataFrame, before: pd.DataFrame = NO_PAST.before, policy: Policy | None = None) -> Any:
    past = dataclasses.replace(NO_PAST, days=days, before=before)
    return shown_days(past, days.iloc[:0], policy or Policy())


@pytest.mark.parametrize(
    ("raw", "held"),
    [
        ([OK, WATCH, OK, WATCH, OK], [OK] * 5),
        ([OK, WATCH, WATCH, WATCH], [OK, OK, WATCH, WATCH]),
        ([NEEDS, OK, OK], [NEEDS, NEEDS, OK]),
        ([NEEDS, OK, NEEDS, OK], [NEEDS] * 4),
        ([OK, NEEDS, OK, OK], [OK, NEEDS, NEEDS, OK]),
        ([NEEDS, WATCH, OK], [NEEDS, NEEDS, OK]),
        ([EARLY, OK, OK], [EARLY, EARLY, OK]),
        ([OK, "paused", OK], [OK, "paused", OK]),
        ([NEEDS, "closing", "ended"], [NEEDS, "closing", "ended"]),
    ],
)
def test_a_band_is_left_after_two_days_outside_it_and_an_alarm_begins_at_once(
    raw: list[str], held: list[str]
) -> None:
    found = shown(verdicts(raw))
    assert list(found["band"]) == held
    assert list(found["band_raw"]) == raw


def test_how_many_days_it_takes_is_policy() -> None:
    raw = [NEEDS, OK, OK, OK]
    assert list(shown(verdicts(raw), policy=Policy(band_leave_days=3))["band"]) == [NEEDS, NEEDS, NEEDS, OK]
    assert list(shown(verdicts(raw), policy=Policy(band_leave_days=1))["band"]) == raw


@settings(max_examples=60, deadline=None)
@given(raw=st.lists(st.sampled_from(BANDS), min_size=1, max_size=20))
def test_two_days_in_the_same_band_show_it_and_an_alarm_is_never_hidden(raw: list[str]) -> None:
    band = list(shown(verdicts(raw))["band"])
    assert band[0] == raw[0]
    for day in range(1, len(raw)):
        assert band[day] in (raw[day], band[day - 1])
        if raw[day] == NEEDS or raw[day] == raw[day - 1]:
            assert band[day] == raw[day]


def test_a_score_that_falls_fast_is_watched() -> None:
    falling = [90.0] * 5 + [76.0] * 26 + [75.0] * 4
    found = shown(verdicts([OK] * 35, health=falling))
    assert list(found["band_raw"])[-5:] == [OK, WATCH, WATCH, WATCH, WATCH]
    assert list(found["band"])[-4:] == [OK, WATCH, WATCH, WATCH]
    assert found["health_fall"].iloc[-1] == 15


@pytest.mark.parametrize("excused", [{"is_fall_counted": False}, {"coverage": [0.3] * 10 + [1.0] * 25}])
def test_a_fall_that_says_nothing_is_not_watched(excused: dict[str, Any]) -> None:
    falling = [90.0] * 10 + [70.0] * 25
    assert WATCH not in list(shown(verdicts([OK] * 35, health=falling, **excused))["band_raw"])


def test_the_change_of_four_weeks_is_the_score_now_less_the_score_then() -> None:
    found = shown(verdicts([OK] * 30, health=[float(day) for day in range(30)]))
    assert list(found["health_change_28d"].iloc[-2:]) == [28, 28]
    assert found["health_change_28d"].iloc[:-2].isna().all()


@pytest.mark.parametrize("stage", ["paused", "closing"])
def test_the_score_stands_still_from_the_day_before_a_pause_or_closing(stage: str) -> None:
    stages = ["active", "active", stage, stage, "active"]
    bands = [OK, OK, stage, stage, OK]
    found = shown(verdicts(bands, stage=stages, health=[80.0, 70.0, 60.0, 50.0, 40.0]))
    assert list(found["health"]) == [80, 70, 70, 70, 40]
    frozen_on = pd.Timestamp(2026, 11, 17)
    assert list(found["health_frozen_on"].dropna()) == [frozen_on, frozen_on]
    assert found["health_change_28d"].isna().all()


def test_a_pause_older_than_the_days_shows_the_score_of_the_day_before_it() -> None:
    before = verdicts([OK], health=77.0).assign(as_of=pd.Timestamp(2026, 6, 1, 23, 59))
    found = shown(verdicts(["paused"] * 2, stage="paused", health=50.0), before)
    assert list(found["health"]) == [77, 77]
    assert list(found["health_frozen_on"]) == [pd.Timestamp(2026, 6, 1)] * 2


def test_without_an_earlier_day_a_paused_score_has_no_date() -> None:
    found = shown(verdicts(["paused"], stage="paused"))
    assert list(found["health"]) == [80]
    assert found["health_frozen_on"].isna().all()


@pytest.mark.parametrize(("n_days", "is_final"), [(89, False), (90, True)])
def test_presumed_ghosting_is_final_90_days_after_its_onset(n_days: int, is_final: bool) -> None:
    onset = pd.Timestamp(LAST.date()) - pd.Timedelta(days=n_days)
    found = shown(verdicts([NEEDS], state="presumed_ghosted", ghosted_on=onset))
    assert list(found["is_ghosting_final"]) == [is_final]


def test_presumed_ghosting_is_final_when_the_pair_closes() -> None:
    onset = pd.Timestamp(LAST.date()) - pd.Timedelta(days=10)
    states, stages = ["presumed_ghosted", "closing", "ended"], ["active", "closing", "ended"]
    found = shown(verdicts([NEEDS, "closing", "ended"], state=states, stage=stages, ghosted_on=onset))
    assert list(found["is_ghosting_final"]) == [False, True, True]
    calm = shown(verdicts([OK, "closing"], state=["in_rhythm", "closing"], stage=["active", "closing"]))
    assert not calm["is_ghosting_final"].any()


def test_a_day_is_that_of_the_programs_time_zone() -> None:
    found = shown(verdicts([OK]), policy=Policy(time_zone="Asia/Kolkata"))
    assert list(found["day"]) == [pd.Timestamp(2026, 11, 21)]


def test_pairs_do_not_see_each_other_and_their_order_does_not_matter() -> None:
    one, other = verdicts([OK, WATCH, WATCH], "a"), verdicts([NEEDS, OK], "b")
    both = pd.concat([one, other])
    together = shown(both.sample(frac=1, random_state=1))
    alone = pd.concat([shown(one), shown(other)], ignore_index=True)
    pd.testing.assert_frame_equal(together[["pair_id", "day", "band"]], alone[["pair_id", "day", "band"]])


def test_many_instants_are_judged_as_each_alone(make: SimpleNamespace) -> None:
    rated = {"mentor_rating": 0.9, "mentor_rated_days": 5, "mentor_n_ratings": 2}
    late = pd.DataFrame([make.pair(make.silent(20)), make.pair(rated, pair_id="other")])
    calm = pd.DataFrame([make.pair(make.silent(2)), make.pair(pair_id="other")])
    instants = [make.as_of, make.as_of - dt.timedelta(days=9)]
    frames = [frame.assign(as_of=at) for frame, at in zip((late, calm), instants, strict=True)]
    together = judged_days(pd.concat(frames), Policy())
    alone = pd.concat([judged_days(frame, Policy()) for frame in reversed(frames)], ignore_index=True)
    pd.testing.assert_frame_equal(together, alone)
    assert list(together["band_rule"]) == [OK, OK, OK, NEEDS]


def test_only_accepted_pairs_have_days(make: SimpleNamespace) -> None:
    rows = pd.DataFrame([make.pair(make.proposed(), pair_id="proposed"), make.pair()]).assign(
        as_of=make.as_of
    )
    assert list(judged_days(rows, Policy())["pair_id"]) == ["pair-1"]


def past_of(make: SimpleNamespace, *parts: dict[str, Any], **differs: Any) -> Past:
    """The day before the instant of these tests, judged from a feature row."""
    yesterday = make.as_of - dt.timedelta(days=1)
    row = make.pair(*parts, **differs)
    days, *scores = judged_with_parts(pd.DataFrame([row]).assign(as_of=yesterday), Policy(), [row["pair_id"]])
    return Past(days, NO_PAST.before, *scores)


def test_a_held_band_says_that_it_waits_for_a_second_day(make: SimpleNamespace) -> None:
    past = past_of(make, make.silent(20))
    signals = evaluate(pd.DataFrame([make.pair(make.silent(0))]), make.as_of, Policy(), past)
    (row,) = signals.pair.itertuples()
    assert (row.band, row.band_raw) == (NEEDS, OK)
    assert row.reason == "By today's facts: On track. The band changes after 2 days in a row."
    assert list(signals.pair_day["band"]) == [NEEDS, NEEDS]


def test_a_paused_pair_keeps_its_score_with_the_parts_and_the_interval_of_that_day(
    make: SimpleNamespace,
) -> None:
    past = past_of(make, n_windows_met=3)
    paused = make.pair(is_paused=True, paused_since=make.days_ago(0.2), n_windows_met=6)
    signals = evaluate(pd.DataFrame([paused]), make.as_of, Policy(), past)
    (row,) = signals.pair.itertuples()
    assert row.health == past.days["health"].iloc[0] != 100
    assert row.health_frozen_on == pd.Timestamp(2026, 11, 19)
    (then,) = evaluate(pd.DataFrame([make.pair(n_windows_met=3)]), make.as_of, Policy()).pair.itertuples()
    assert (row.health_low, row.health_high) == (then.health_low, then.health_high)
    assert row.health_low < row.health < row.health_high
    assert pd.isna(row.health_change_28d)
    assert signals.health_part["points"].sum() == pytest.approx(row.health)
    assert len(signals.health_part) == len(COMPONENTS)


def test_parts_and_interval_of_another_day_than_that_of_the_score_are_not_shown(
    make: SimpleNamespace,
) -> None:
    past = past_of(make, n_windows_met=3)
    parts, intervals = (
        kept.assign(as_of=kept["as_of"] - pd.Timedelta(days=1)) for kept in (past.parts, past.intervals)
    )
    paused = make.pair(is_paused=True, paused_since=make.days_ago(0.2))
    past = dataclasses.replace(past, parts=parts, intervals=intervals)
    signals = evaluate(pd.DataFrame([paused]), make.as_of, Policy(), past)
    assert signals.health_part.empty
    assert signals.pair[["health_low", "health_high"]].isna().all(axis=None)


def test_only_the_scores_that_may_stand_still_are_kept_with_their_interval(make: SimpleNamespace) -> None:
    rows = [make.pair(pair_id=name) for name in ("a", "b")]
    features = pd.DataFrame(rows).assign(as_of=make.as_of)
    _, parts, intervals = judged_with_parts(features, Policy(), ["b"])
    assert set(parts["pair_id"]) == set(intervals["pair_id"]) == {"b"}
    assert len(intervals) == 1
