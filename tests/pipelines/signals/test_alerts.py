"""Alerts: deduplicated, within the attention of a week, slow to end, taken back when evidence was wrong."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pipelines.signals.alerts import Turn, alert_id, turn
from warehouse.policy import Policy

NOW = pd.Timestamp("2026-03-20 09:00")
POLICY = Policy(attention_budget=3)
PAIR = {
    "program_id": "sample",
    "band": "needs_check_in",
    "state": "waiting",
    "silence_days": 20.0,
    "last_contact_at": pd.Timestamp("2026-02-28"),
    "risk_30d": 0.3,
    "risk_tier": "usual",
    "risk_basis": "prior",
    "priority": 0.5,
    "code": "waiting",
    "since_on": pd.Timestamp("2026-03-10"),
    "risk_code": "silence",
    "is_quiet": False,
}
ALERT = {
    "pair_id": "p1",
    "signal": "state",
    "reason": "waiting",
    "raised_at": pd.Timestamp("2026-03-12 09:00"),
    "closed_at": pd.NaT,
    "is_undisturbed": True,
}


def pairs(*changed: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([PAIR | {"pair_id": f"p{n}"} | each for n, each in enumerate(changed, 1)])


def alerts(*changed: dict[str, Any]) -> pd.DataFrame:
    rows = [ALERT | {"alert_id": f"a{n}"} | each for n, each in enumerate(changed, 1)]
    frame = pd.DataFrame(rows, columns=[*ALERT, "alert_id"])
    return frame.astype({"raised_at": "datetime64[us]", "closed_at": "datetime64[us]"})


def shown(pair_id: str = "p1", state: str = "waiting", until: str = "2026-03-19") -> pd.DataFrame:
    days = pd.date_range("2026-03-01", until)
    return pd.DataFrame({"pair_id": pair_id, "day": days, "state": state, "band": "watch"})


def run(pair: pd.DataFrame, known: pd.DataFrame | None = None, days: pd.DataFrame | None = None) -> Turn:
    return turn(
        pair,
        alerts() if known is None else known,
        shown() if days is None else days,
        NOW,
        POLICY,
    )


def test_the_gravest_fill_the_week_and_safety_waits_for_nobody() -> None:
    found = run(
        pairs(*({"priority": 0.1 * n} for n in range(1, 6)), {"code": "safety_flag", "priority": 0.01})
    )
    assert found.raised["pair_id"].tolist() == ["p6", "p5", "p4", "p3"]
    spent = alerts({"pair_id": "p5", "raised_at": NOW - pd.Timedelta(days=2)})
    assert run(pairs(*({} for _ in range(6))), spent).raised["pair_id"].tolist() == ["p1", "p2"]


def test_an_open_alert_is_not_raised_again_and_a_new_reason_is_another_one() -> None:
    assert run(pairs({}), alerts({})).raised.empty
    found = run(pairs({"state": "suspected_ghosting", "code": "suspected_ghosting"}), alerts({}))
    assert found.raised["reason"].tolist() == ["suspected_ghosting"]


def test_after_a_leave_it_is_quiet_but_for_safety() -> None:
    found = run(pairs({"is_quiet": True}, {"is_quiet": True, "code": "safety_flag"}))
    assert found.raised["pair_id"].tolist() == ["p2"]


@pytest.mark.parametrize(("last_shown", "closed_for"), [("2026-03-18", None), ("2026-03-12", "gone")])
def test_an_alert_ends_only_days_after_its_reason(last_shown: str, closed_for: str | None) -> None:
    calm = {"state": "in_rhythm", "code": "in_rhythm", "band": "on_track", "priority": 0.0}
    raised = {"raised_at": pd.Timestamp("2026-03-05 09:00")}
    found = run(pairs(calm), alerts(raised), shown(until=last_shown))
    assert found.closed["closed_for"].tolist() == ([closed_for] if closed_for else [])


def test_a_pair_that_is_over_ends_its_alerts_at_once() -> None:
    ended = {"band": "ended", "state": "ended", "code": "ended", "priority": 0.0}
    assert run(pairs(ended), alerts({})).closed["closed_for"].tolist() == ["over"]


def test_late_leave_takes_an_alert_back_but_a_contact_of_the_same_day_does_not() -> None:
    away = {"state": "in_rhythm", "code": "on_leave", "band": "on_track", "priority": 0.0}
    as_known_now = shown(state="in_rhythm")
    assert run(pairs(away), alerts({}), as_known_now).closed["closed_for"].tolist() == ["withdrawn"]
    same_day = run(pairs(away), alerts({"is_undisturbed": False}), as_known_now)
    assert same_day.closed["closed_for"].tolist() == ["gone"]


def test_risk_alone_alerts_only_where_the_own_model_says_so() -> None:
    calm = {
        "state": "in_rhythm",
        "code": "in_rhythm",
        "band": "on_track",
        "priority": 0.0,
        "risk_tier": "high",
    }
    found = run(pairs(calm, calm | {"risk_basis": "model"}))
    assert found.raised[["pair_id", "signal", "reason"]].to_numpy().tolist() == [
        ["p2", "risk", "risk_silence"]
    ]
    raised = alerts({"pair_id": "p2", "signal": "risk", "reason": "risk_silence"})
    assert run(pairs(calm, calm | {"risk_basis": "model"}), raised).raised.empty


def test_a_measured_risk_above_the_urgency_moves_a_pair_up() -> None:
    found = run(pairs({"priority": 0.4}, {"priority": 0.3, "risk_30d": 0.8, "risk_basis": "model"}))
    assert found.raised["pair_id"].tolist() == ["p2", "p1"]


def test_a_reason_that_came_back_without_a_new_beginning_begins_today() -> None:
    used = alert_id("p1", "waiting", PAIR["since_on"])
    over = alerts({"alert_id": used, "closed_at": NOW - pd.Timedelta(days=3)})
    found = run(pairs({}), over)
    assert found.raised["onset_on"].tolist() == [NOW.normalize()]
    assert found.raised["alert_id"].tolist() != [used]


def test_an_alert_that_is_held_back_is_written_down_with_its_arm_and_spends_attention_like_any_other() -> (
    None
):
    policy = POLICY.model_copy(update={"holdout_share": 0.5})
    many = pairs(*({"priority": 0.5} for _ in range(40)), {"code": "safety_flag", "priority": 0.01})
    raised = turn(many, alerts(), shown(), NOW, policy, {"sample": 10}).raised
    assert len(raised) == 1 + 3 * 10
    arm = raised.set_index("reason")["arm"]
    assert arm["safety_flag"] is None
    assert set(arm["waiting"]) == {"treated", "holdout"}
    assert set(run(many).raised["arm"]) == {None}


def test_managers_share_the_attention_of_their_program() -> None:
    raised = turn(pairs(*({} for _ in range(9))), alerts(), shown(), NOW, POLICY, {"sample": 2}).raised
    assert len(raised) == 2 * POLICY.attention_budget
