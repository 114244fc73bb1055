"""What must hold for any pair, not only for the examples."""

from __future__ import annotations

import dataclasses
import math
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.signals import evaluate
from pipelines.signals.frames import checked
from pipelines.signals.health import contributions
from pipelines.signals.judge import compared, judge
from pipelines.signals.watchlist import STRENGTH, urgency
from warehouse.policy import Policy

FEW = settings(max_examples=25, deadline=None)
COUNT = st.integers(0, 12)
SHARE = st.none() | st.floats(0, 1).map(lambda x: round(x, 6))
GAP = st.none() | st.integers(1, 90)


SIDE: dict[str, st.SearchStrategy[Any]] = {
    "owes_n": COUNT, "owes_n_days": COUNT, "owes_days": st.integers(0, 90), "asked": COUNT,
    "answered": COUNT, "reply_days": st.none() | COUNT, "silence_days": st.integers(0, 120),
    "rating": SHARE, "last_rating": SHARE, "rated_days": st.none() | st.integers(0, 200),
    "no_show_streak": st.integers(0, 3), "no_show_days": st.none() | st.integers(0, 40),
    "fit": st.sampled_from([None, "good", "poor"]),
}  # fmt: skip
PAIR: dict[str, st.SearchStrategy[Any]] = {
    **{f"{name}_{key}": value for name in ("mentor", "mentee") for key, value in SIDE.items()},
    **{f"gap_{k}": GAP for k in range(1, 7)},
    **dict.fromkeys(("n_contacts", "n_sessions_held", "n_no_shows", "n_late_cancels", "n_growth"), COUNT),
    **dict.fromkeys(("progress", "expected_progress"), SHARE),
    **dict.fromkeys(("is_delivery_failed", "is_feed_late", "is_paused"), st.booleans()),
    "cadence_days": st.none() | st.integers(3, 90), "age_days": st.integers(0, 400),
    "silence_days": st.integers(0, 200), "n_goals": COUNT, "n_goals_done": COUNT,
    "push_streak": st.integers(0, 4), "cohort_id": st.sampled_from(["a", "b", None]),
    "has_contact_feed": st.sampled_from([True, True, True, False]), "has_safety_flag": st.booleans(),
}  # fmt: skip
DIFFERS = st.fixed_dictionaries(PAIR)
"""What a pair may differ in: rhythm, turns, sessions, ratings, goals, growth, life."""


def rows(make: SimpleNamespace, drawn: list[dict[str, Any]]) -> pd.DataFrame:
    """Feature rows with ids from differences; a turn began as long ago as it is owed."""
    made = []
    for k, differs in enumerate(drawn):
        since = {
            f"{side}_owes_since": make.days_ago(differs[f"{side}_owes_days"])
            for side in ("mentor", "mentee")
            if differs[f"{side}_owes_n"]
        }
        made.append(make.pair(differs, since, pair_id=f"pair-{k}"))
    return pd.DataFrame(made)


@FEW
@given(drawn=st.lists(DIFFERS, min_size=1, max_size=4))
def test_contributions_sum_to_the_distance_from_the_cohort(
    make: SimpleNamespace, drawn: list[dict[str, Any]]
) -> None:
    pairs = checked(rows(make, drawn))
    verdict = judge(pairs, make.as_of, Policy())
    part = compared(pairs, verdict, Policy())
    reference = part["points_possible"] * part["mean"].fillna(0)
    part = part.assign(contribution=contributions(part), reference=reference)
    by_pair = part.groupby("pair_id")[["points", "contribution", "reference"]].sum()
    for k, row in enumerate(verdict.pair.itertuples()):
        if not math.isnan(row.health):
            points, contribution, reference = by_pair.loc[f"pair-{k}"]
            assert points == pytest.approx(row.health, abs=1e-9)
            assert contribution == pytest.approx(row.health - reference, abs=1e-9)
            assert 0 <= row.health <= 100
            assert 0 < row.coverage <= 1


@FEW
@given(drawn=st.lists(DIFFERS, min_size=1, max_size=4), order=st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(
    make: SimpleNamespace, drawn: list[dict[str, Any]], order: Any
) -> None:
    frame = rows(make, drawn)
    shuffled = frame.iloc[order.sample(range(len(frame)), len(frame))]
    expected, found = (evaluate(each, make.as_of, Policy()) for each in (frame, shuffled))
    for field in dataclasses.fields(expected):
        pd.testing.assert_frame_equal(
            getattr(expected, field.name), getattr(found, field.name), check_exact=True
        )


@FEW
@given(drawn=st.lists(DIFFERS, min_size=1, max_size=4))
def test_every_pair_has_one_first_reason_and_a_next_step(
    make: SimpleNamespace, drawn: list[dict[str, Any]]
) -> None:
    signals = evaluate(rows(make, drawn), make.as_of, Policy())
    assert list(signals.pair_reason.query("ordinal == 1")["pair_id"]) == list(signals.pair["pair_id"])
    assert not signals.pair[["reason", "next_step", "state", "band", "stage"]].isna().any(axis=None)
    assert signals.pair["priority"].between(0, 1).all()


@FEW
@given(differs=DIFFERS, direction=st.sampled_from(["standard", "peer", "reverse"]))
def test_swapping_the_sides_swaps_who_is_waited_for(
    make: SimpleNamespace, differs: dict[str, Any], direction: str
) -> None:
    differs = differs | {"direction": direction}
    opposite = {"mentor": "mentee", "mentee": "mentor"}
    swapped = {opposite.get(name.split("_")[0], name.split("_")[0]) + name[len(name.split("_")[0]) :]: value
               for name, value in differs.items()}  # fmt: skip
    frame, mirror = rows(make, [differs]), rows(make, [swapped])
    one, other = (next(evaluate(each, make.as_of, Policy()).pair.itertuples()) for each in (frame, mirror))
    assert (one.state, one.band, one.health, one.priority) == pytest.approx(
        (other.state, other.band, other.health, other.priority), nan_ok=True
    )
    assert opposite.get(one.waiting_on, "") == (other.waiting_on if other.waiting_on in opposite else "")


@FEW
@given(differs=DIFFERS, days=st.integers(0, 150), more=st.integers(1, 150))
def test_more_silence_never_raises_the_cadence_component(
    make: SimpleNamespace, differs: dict[str, Any], days: int, more: int
) -> None:
    known = differs | {"has_contact_feed": True, "is_feed_late": False}
    frame = rows(make, [known | {"silence_days": d} for d in (days, days + more)])
    part = evaluate(frame, make.as_of, Policy()).health_part
    short, long = part[part["component"] == "cadence"]["score"]
    assert long <= short


@FEW
@given(days=st.integers(0, 150), more=st.integers(1, 150), code=st.sampled_from([*STRENGTH, "in_rhythm"]))
def test_more_silence_never_lowers_the_urgency_of_a_reason(days: int, more: int, code: str) -> None:
    silence = pd.Series([days, days + more], dtype="float64").to_numpy()
    short, long = urgency(pd.Series([code, code]), silence, silence / 14, Policy())
    assert short <= long <= 1


@FEW
@given(differs=DIFFERS, days=st.integers(0, 150), more=st.integers(1, 150))
def test_more_silence_never_lowers_the_urgency_of_a_pair(
    make: SimpleNamespace, differs: dict[str, Any], days: int, more: int
) -> None:
    frame = rows(make, [differs | {"silence_days": d, "cohort_id": str(d)} for d in (days, days + more)])
    signals = evaluate(frame, make.as_of, Policy())
    silence = (
        signals.pair.set_index("pair_id").loc[signals.pair_reason["pair_id"], "silence_ratio"].to_numpy()
    )
    silent_days = signals.pair_reason["pair_id"].map({"pair-0": days, "pair-1": days + more}).to_numpy(float)
    pressing = urgency(signals.pair_reason["code"], silent_days, silence, Policy())
    short, long = pd.Series(pressing).groupby(signals.pair_reason["pair_id"].to_numpy()).max()
    assert short <= long
