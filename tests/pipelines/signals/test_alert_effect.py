"""Hold-out: chance decides alike in every build, holds back silences only, and ends by itself."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pipelines.signals.alert_effect import HOLDOUT, TREATED, arms, effects, held_back
from warehouse.policy import Policy

NOW = pd.Timestamp("2026-03-20 09:00")
HALF = Policy(holdout_share=0.5)


def pairs(n: int = 400, **changed: Any) -> pd.DataFrame:
    row = {
        "code": "waiting",
        "since_on": pd.Timestamp("2026-03-19"),
        "last_contact_at": pd.Timestamp("2026-02-20 10:00"),
    }
    return pd.DataFrame([{"pair_id": f"p{i}"} | row | changed for i in range(n)])


def alerts(*rows: tuple[str, str | None, str]) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=["pair_id", "arm", "raised_at"])
    return made.astype({"raised_at": "datetime64[us]"})


def test_without_a_share_nobody_is_held_back_and_no_arm_is_named() -> None:
    found = pairs()
    assert arms(found, found["code"], Policy()).isna().all()
    assert held_back(found, alerts(), NOW, Policy()).empty


def test_chance_decides_by_pair_silence_and_seed_and_by_nothing_else() -> None:
    found = pairs()
    arm = arms(found, found["code"], HALF)
    assert (arm == HOLDOUT).mean() == pytest.approx(0.5, abs=0.08)
    turned = found.iloc[::-1].assign(since_on=NOW, code="presumed_ghosted")
    assert arms(turned, turned["code"], HALF).sort_index().tolist() == arm.tolist()
    later = found.assign(last_contact_at=pd.Timestamp("2026-03-01"))
    assert arms(later, later["code"], HALF).tolist() != arm.tolist()
    assert arms(found, found["code"], Policy(holdout_share=0.5, holdout_seed=2)).tolist() != arm.tolist()


@pytest.mark.parametrize(
    "code", ["safety_flag", "poor_fit", "delivery_problem", "low_score", "no_contact_feed"]
)
def test_what_is_no_silence_is_never_held_back(code: str) -> None:
    found = pairs(code=code)
    assert arms(found, found["code"], HALF).isna().all()
    assert held_back(found, alerts(), NOW, HALF).empty


def test_a_pair_is_held_back_from_its_alert_on_for_fourteen_days() -> None:
    found = pairs()
    held = held_back(found, alerts(), NOW, HALF)
    assert set(held["held_until_on"]) == {pd.Timestamp("2026-04-02")}
    chosen = held["pair_id"].iloc[0]
    over = alerts((chosen, HOLDOUT, "2026-03-06 09:00"))
    assert chosen not in held_back(found, over, NOW, HALF)["pair_id"].tolist()
    running = alerts((chosen, HOLDOUT, "2026-03-07 09:00"))
    kept = held_back(found, running, NOW, HALF).set_index("pair_id")
    assert kept.loc[chosen, "held_until_on"] == pd.Timestamp("2026-03-21")
    of_an_older_silence = alerts((chosen, HOLDOUT, "2026-02-01 09:00"))
    assert chosen in held_back(found, of_an_older_silence, NOW, HALF)["pair_id"].tolist()


def outcomes(*groups: tuple[str | None, bool | None, bool | None, int]) -> pd.DataFrame:
    rows = [
        {"program_id": "sample", "arm": arm, "is_acted": is_acted, "is_back": is_back}
        for arm, is_acted, is_back, n in groups
        for _ in range(n)
    ]
    return pd.DataFrame(rows, columns=["program_id", "arm", "is_acted", "is_back"], dtype=object)


def test_the_effect_is_the_difference_of_shares_with_newcombes_interval() -> None:
    found = effects(
        outcomes(
            (TREATED, None, True, 56), (TREATED, None, False, 14), (HOLDOUT, None, True, 48),
            (HOLDOUT, None, False, 32), (TREATED, None, None, 5),
        )
    )  # fmt: skip
    (row,) = found.to_dict("records")
    assert row["comparison"] == "holdout"
    assert [row[n] for n in ("n_treated", "n_treated_back", "n_others", "n_others_back")] == [70, 56, 80, 48]
    # Newcombe 1998, table II, case (a), method 10: 0.0524 to 0.3339.
    assert (row["value"], row["low"], row["high"]) == pytest.approx((20, 5.24, 33.39), abs=0.01)


def test_who_was_helped_by_choice_is_compared_apart_and_an_empty_side_says_nothing() -> None:
    found = effects(outcomes((None, True, True, 3), (None, True, False, 1), (HOLDOUT, True, True, 2)))
    assert found["comparison"].tolist() == ["holdout", "acted"]
    assert found["value"].isna().all()
    assert found["n_treated"].tolist() == [0, 4]
