"""How pairs end: causes compete, nothing that was not over is learnt, and what is said adds up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.signals import causes
from pipelines.signals.causes import (
    CAUSES,
    INPUTS,
    OWN_INPUTS,
    CauseModel,
    cause_inputs,
    fit_causes,
    judged_causes,
    with_band_before,
)
from warehouse.errors import KinkeeperError

NOW = np.datetime64("2026-11-01T00:00:00", "us")


def week(pair: str, as_of: str, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "pair_id": pair,
        "as_of": pd.Timestamp(as_of),
        "accepted_at": pd.Timestamp("2026-01-01"),
        "planned_end_on": pd.Timestamp("2026-12-31"),
        "stage": "active",
        "tau_days": 14.0,
        "silence_days": 7.0,
        "age_days": 60.0,
        "mentor_fit": None,
        "mentee_fit": None,
        "mentor_rating": 0.8,
        "mentee_rating": None,
        "n_goals": 2,
        "n_goals_done": 1,
        "push_streak": 0,
        "surprise": 0.5,
        "band_rule": "on_track",
        "band_before": "on_track",
        "n_mentor_pairs": 1,
        "overlap_hours": None,
        "off_hours_rate": None,
        "days_to_match": None,
        "is_mentor_chosen": None,
        "n_mentee_pairs_before": 0,
        "n_mentor_pairs_before": 0,
        "n_support_contacts_28d": 0,
        "nudged_days": None,
    } | {f"{side}_{what}": 0 for side in ("mentor", "mentee") for what in ("owes_n", "no_show_streak")}
    return row | more


@pytest.fixture(scope="module")
def program() -> tuple[pd.DataFrame, pd.DataFrame]:
    """160 pairs over ten weeks: a mentor who owes much goes silent, who has reached all goals ends well."""
    chance = np.random.default_rng(7)
    weeks, lives = [], []
    for number in range(160):
        pair, is_ghosted, is_done = f"p{number}", number % 4 == 0, number % 4 == 1
        last = int(chance.integers(3, 10)) if is_ghosted or is_done else 10
        for n in range(last):
            is_last = n == last - 1 and last < 10
            weeks.append(
                week(
                    pair,
                    str(pd.Timestamp("2026-05-03") + pd.Timedelta(weeks=n)),
                    mentor_owes_n=4 if is_ghosted and is_last else int(chance.integers(0, 2)),
                    silence_days=40.0 if is_ghosted and is_last else float(chance.integers(1, 15)),
                    n_goals_done=2 if is_done and is_last else 0,
                )
            )
        if last < 10:
            ended = pd.Timestamp("2026-05-03") + pd.Timedelta(weeks=last - 1, days=3)
            cause = "ghosted_by_mentor" if is_ghosted else "natural"
            lives.append({"pair_id": pair, "closed_on": ended, "cause": cause})
    return pd.DataFrame(weeks), pd.DataFrame(lives)


@pytest.fixture(scope="module")
def model(program: tuple[pd.DataFrame, pd.DataFrame]) -> CauseModel:
    found = fit_causes(*program, NOW)
    assert found is not None
    return found


def test_each_cause_is_told_from_what_goes_before_it(model: CauseModel) -> None:
    today = pd.DataFrame(
        [
            week("silent", "2026-07-05", mentor_owes_n=4, silence_days=40.0, n_goals_done=0),
            week("done", "2026-07-05", n_goals_done=2),
            week("calm", "2026-07-05", n_goals_done=0),
        ]
    )
    rates = judged_causes(model, today).pivot(index="pair_id", columns="cause", values="rate_30d")
    assert rates["ghosted_by_mentor"].idxmax() == "silent"
    assert rates["natural"].idxmax() == "done"
    assert rates.loc["calm"].sum() < rates.loc["silent"].sum()


def test_the_model_tells_more_than_constant_hazards(model: CauseModel) -> None:
    assert model.card["log_loss"] < 0.7 * model.card["log_loss_constant"]


@pytest.mark.parametrize("n_days", [7, 30, 60, 3650])
def test_the_causes_of_a_pair_add_up_to_less_than_certainty(
    model: CauseModel, program: tuple[pd.DataFrame, pd.DataFrame], n_days: int
) -> None:
    rates = model.rates(cause_inputs(program[0]), n_days)
    assert (rates >= 0).all()
    assert (rates.sum(axis=1) <= 1 + 1e-12).all()
    assert (rates <= model.rates(cause_inputs(program[0]), n_days + 7) + 1e-12).all()


def test_a_week_of_the_hazard_is_the_hazard(model: CauseModel) -> None:
    inputs = cause_inputs(pd.DataFrame([week("p", "2026-07-05")]))
    assert model.rates(inputs, 7) == pytest.approx(model.hazard(inputs), rel=1e-12)


def test_two_weeks_by_hand() -> None:
    model = CauseModel(
        ("natural", "other"),
        INPUTS,
        (0.0,) * len(INPUTS),
        (1.0,) * len(INPUTS),
        ((0.0,) * len(INPUTS),) * 2,
        (np.log(0.2 / 0.7), np.log(0.1 / 0.7)),
        {},
    )
    rates = model.rates(cause_inputs(pd.DataFrame([week("p", "2026-07-05")])), 14)
    assert rates[0] == pytest.approx([0.2 + 0.7 * 0.2, 0.1 + 0.7 * 0.1], rel=1e-12)


def test_a_week_that_is_not_over_teaches_nothing(program: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    weeks, lives = program
    until = np.datetime64("2026-06-15", "us")
    later = lives["closed_on"] > pd.Timestamp(until)
    known = fit_causes(weeks[weeks["as_of"] < pd.Timestamp("2026-06-08")], lives[~later], until)
    all_ = fit_causes(weeks, lives, until)
    assert known == all_


def test_rare_causes_are_told_as_other_and_too_few_ends_not_at_all(
    program: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    weeks, lives = program
    few = lives.assign(
        cause=np.where(
            lives.index < 12,
            ["faded", "mismatch"] * (len(lives) // 2) + ["faded"] * (len(lives) % 2),
            lives["cause"],
        )
    )
    found = fit_causes(weeks, few, NOW)
    assert found is not None
    assert "faded" not in found.causes
    assert "other" in found.causes
    assert fit_causes(weeks, lives.head(19), NOW) is None


def test_who_the_people_are_is_no_input() -> None:
    assert not {name for name in INPUTS if "country" in name or "gender" in name or "language" in name}
    assert len(CAUSES) == 6


def test_what_nobody_told_says_nothing(model: CauseModel) -> None:
    told = cause_inputs(pd.DataFrame([week("p", "2026-07-05", mentor_rating=None)]))
    mean = told.assign(rating=model.mean[model.inputs.index("rating")])
    assert model.hazard(told) == pytest.approx(model.hazard(mean), rel=1e-12)


def test_what_surrounds_a_pair_is_used_only_where_it_tells_more_of_other_pairs(
    program: tuple[pd.DataFrame, pd.DataFrame], model: CauseModel
) -> None:
    assert model.inputs == OWN_INPUTS  # here it is the same for all
    weeks, lives = program
    last = weeks.groupby("pair_id")["as_of"].transform("max") == weeks["as_of"]
    ends = last & weeks["pair_id"].isin(lives["pair_id"])
    plain = weeks.assign(mentor_owes_n=0, silence_days=7.0, n_goals_done=1)
    told = fit_causes(plain.assign(n_mentor_pairs=np.where(ends, 9, 1)), lives, NOW)
    assert told is not None
    assert told.inputs == INPUTS
    assert told.card["log_loss"] == told.card["log_loss_all"] < told.card["log_loss_own"]
    loaded = judged_causes(told, pd.DataFrame([week("p", "2026-07-05", n_mentor_pairs=n) for n in (9,)]))
    calm = judged_causes(told, pd.DataFrame([week("p", "2026-07-05")]))
    assert loaded["rate_30d"].sum() > 2 * calm["rate_30d"].sum()


def test_what_surrounds_a_pair_is_put_in_numbers_and_what_is_not_known_stays_open() -> None:
    known = week(
        "p", "2026-07-05", surprise=0.9, band_rule="needs_check_in", mentee_rating=0.3, n_mentor_pairs=3,
        overlap_hours=9.0, off_hours_rate=0.25, days_to_match=30, is_mentor_chosen=True,
        n_mentee_pairs_before=1, n_support_contacts_28d=2, nudged_days=6,
    )  # fmt: skip
    found = cause_inputs(pd.DataFrame([known, week("q", "2026-07-05", band_before="paused")]))
    row = found.iloc[0].to_dict()
    assert row["surprise"] == 0.9
    assert row["band_fall"] == 2
    assert row["rating_gap"] == pytest.approx(0.5)
    logged = {
        "mentor_load": 3,
        "overlap": 9,
        "match_wait": 30,
        "mentee_before": 1,
        "support": 2,
        "nudge_age": 6,
    }
    assert {name: row[name] for name in logged} == pytest.approx({k: np.log1p(n) for k, n in logged.items()})
    assert (row["off_hours"], row["is_chosen"], row["was_nudged"], row["mentor_before"]) == (0.25, 1, 1, 0)
    open_ = found.columns[found.iloc[1].isna()].tolist()
    assert open_ == [
        "band_fall",
        "rating_gap",
        "overlap",
        "off_hours",
        "match_wait",
        "is_chosen",
        "nudge_age",
    ]
    assert found.iloc[1]["was_nudged"] == 0


def test_a_band_that_rose_has_not_fallen_and_is_that_of_four_weeks_before() -> None:
    days = {
        "2026-05-03": "needs_check_in",
        "2026-05-10": "watch",
        "2026-05-31": "watch",
        "2026-06-07": "watch",
    }
    weeks = pd.DataFrame([week("p", day, band_rule=band) for day, band in days.items()])
    found = with_band_before(weeks.drop(columns="band_before"))
    assert found["band_before"].fillna("").tolist() == ["", "", "needs_check_in", "watch"]
    assert cause_inputs(found)["band_fall"].iloc[2:].tolist() == [0, 0]


def test_a_model_that_was_kept_before_there_were_more_inputs_is_still_read(model: CauseModel) -> None:
    assert causes.from_json(causes.to_json(model)).inputs == OWN_INPUTS
    with pytest.raises(KinkeeperError):
        causes.from_json(causes.to_json(model).replace('"silence_ratio"', '"who_it_is"'))


def test_a_model_survives_its_text_and_a_damaged_one_is_refused(model: CauseModel) -> None:
    assert causes.from_json(causes.to_json(model)) == model
    for broken in ("{}", "no", causes.to_json(model).replace('"version": 1', '"version": 9')):
        with pytest.raises(KinkeeperError):
            causes.from_json(broken)


def test_without_a_model_nothing_is_said() -> None:
    assert judged_causes(None, pd.DataFrame([week("p", "2026-07-05")])).empty
