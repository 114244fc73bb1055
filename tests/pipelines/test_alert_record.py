"""Alerts through log and builds: what was raised when stays visible, chance holds some back, people judge."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from pipelines.build import build_home
from pipelines.ingest import ingest_into_home
from warehouse import publish
from warehouse.policy import Policy
from warehouse.settings import Settings, load_settings

pytestmark = pytest.mark.slow

MONDAY = dt.datetime(2026, 3, 2, 20, tzinfo=dt.UTC)
LATER = MONDAY + dt.timedelta(days=16)
N_WAITING = 12
POLICY = Policy(history_days=20, holdout_share=0.5, attention_budget=50, small_group=3)


def told(at: dt.datetime, pair: str, name: str, by: str = "", **data: Any) -> str:
    event = {
        "specversion": "1.0",
        "id": f"{pair}-{name}-{at:%m%d}-{by}",
        "source": "test",
        "type": f"mentorship.{name}.v1",
        "subject": f"relationship/{pair}",
        "programid": "sample",
        "cohortid": "cohort",
        "time": at.isoformat(),
        "recordedat": at.isoformat(),
        "data": data,
    }
    person = {"actorid": f"{pair}-{by}", "actorrole": by} if by else {}
    return json.dumps(event | person)


def asked_twice(pair: str) -> Iterator[str]:
    """Met every week, last 17 days before that Monday; the mentee wrote twice since, the mentor did not."""
    begun = MONDAY - dt.timedelta(days=90)
    yield told(begun, pair, "match.accepted", mentee_id=f"{pair}-mentee", mentor_id=f"{pair}-mentor")
    yield told(begun, pair, "relationship.cadence_agreed", cadence_days=7)
    for ago in range(17, 90, 7):
        held = {"session_id": f"{pair}-{ago}", "minutes": 45}
        yield told(MONDAY - dt.timedelta(days=ago), pair, "session.held", **held)
    for ago in (7, 3):
        yield told(MONDAY - dt.timedelta(days=ago), pair, "exchange.message_sent", "mentee")


def leave_of(pair: str) -> str:
    """The mentor is away since twelve days before that Monday, which nobody knew before the next day."""
    away = {
        "person_id": f"{pair}-mentor",
        "starts_on": (MONDAY - dt.timedelta(days=12)).date().isoformat(),
        "ends_on": (MONDAY + dt.timedelta(days=30)).date().isoformat(),
    }
    event = json.loads(
        told(MONDAY - dt.timedelta(days=12), pair, "participant.availability_declared", "mentor")
    )
    del event["subject"]
    return json.dumps(event | {"data": away, "recordedat": (MONDAY + dt.timedelta(days=1)).isoformat()})


def take_in(settings: Settings, name: str, lines: list[str], at: dt.datetime) -> None:
    path = settings.home.parent / name
    path.write_text("".join(f"{line}\n" for line in lines))
    (result,), _ = ingest_into_home(settings, [path], clock=lambda: at)
    assert result.quarantined == 0


def rows(settings: Settings, sql: str) -> list[dict[str, Any]]:
    with publish.open_current(settings.published) as con:
        found = con.execute(sql)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What four builds published: on Monday, sixteen days later, and that day as it was known on Monday."""
    settings = replace(load_settings(tmp_path_factory.mktemp("alerts") / "home"), policy=POLICY)
    pairs = ["late-leave", *(f"waits-{n:02}" for n in range(N_WAITING))]
    take_in(settings, "monday.ndjson", [line for pair in pairs for line in asked_twice(pair)], MONDAY)
    build_home(settings, raises_alerts=True, clock=lambda: MONDAY)
    monday = {"watchlist": rows(settings, "select pair_id from mart.watchlist")}

    build_home(settings, clock=lambda: MONDAY + dt.timedelta(hours=1))
    alerts = rows(settings, "select * from mart.alert order by pair_id")
    wrong = next(row for row in alerts if row["pair_id"] != "late-leave" and row["arm"] == "treated")
    about = {"alert_id": wrong["alert_id"], "reason": "wrong: they are in touch"}
    judged = told(MONDAY + dt.timedelta(days=2), wrong["pair_id"], "ops.alert_dismissed", "pm", **about)
    take_in(settings, "later.ndjson", [leave_of("late-leave"), judged], LATER)
    build_home(settings, raises_alerts=True, clock=lambda: LATER)
    build_home(settings, clock=lambda: LATER + dt.timedelta(hours=1))
    later = {
        name: rows(settings, f"select * from mart.{name} order by all")
        for name in ("alert", "nudge_effect", "alert_precision", "watchlist")
    }
    build_home(settings, as_of=LATER, known_at=MONDAY + dt.timedelta(hours=1), clock=lambda: LATER)
    as_known = rows(settings, "select * from mart.alert order by pair_id")
    return {"monday": monday, "alerts": alerts, "wrong": wrong, "later": later, "as_known": as_known}


def of(alerts: list[dict[str, Any]], pair: str) -> dict[str, Any]:
    """The first alert of a pair; by the last build some have a second one, for a graver reason."""
    return min((row for row in alerts if row["pair_id"] == pair), key=lambda row: row["raised_at"])


def test_example_03_an_alert_is_withdrawn_when_leave_is_learnt_late_and_both_stay_visible(
    builds: dict[str, Any],
) -> None:
    then, now, as_known = (
        of(builds["alerts"], "late-leave"), of(builds["later"]["alert"], "late-leave"),
        of(builds["as_known"], "late-leave"),
    )  # fmt: skip
    assert then["reason"] == "suspected_ghosting"
    assert then["closed_at"] is None
    assert (now["status"], now["closed_for"]) == ("withdrawn", "withdrawn")
    assert now["raised_at"] == then["raised_at"]
    assert (as_known["closed_at"], as_known["verdict"]) == (None, None)


def test_what_chance_holds_back_is_on_no_list_from_the_first_build_on_and_comes_back_by_itself(
    builds: dict[str, Any],
) -> None:
    listed = {row["pair_id"] for row in builds["monday"]["watchlist"]}
    by_arm = {
        arm: {row["pair_id"] for row in builds["alerts"] if row["arm"] == arm}
        for arm in ("treated", "holdout")
    }
    assert len(by_arm["treated"]) + len(by_arm["holdout"]) == N_WAITING + 1
    assert by_arm["holdout"]
    assert listed == by_arm["treated"]
    assert {row["status"] for row in builds["alerts"] if row["arm"] == "holdout"} == {"held_back"}
    later = {row["pair_id"] for row in builds["later"]["watchlist"]}
    assert by_arm["holdout"] - {"late-leave"} <= later


def test_the_effect_counts_both_arms_and_managers_judge_alerts(builds: dict[str, Any]) -> None:
    (effect,) = [row for row in builds["later"]["nudge_effect"] if row["comparison"] == "holdout"]
    assert effect["n_treated"] + effect["n_others"] == N_WAITING + 1
    assert effect["value"] == 0  # nobody came back
    assert effect["low"] < 0 < effect["high"]
    wrong = of(builds["later"]["alert"], builds["wrong"]["pair_id"])
    assert (wrong["verdict"], wrong["is_wrong"]) == ("wrong", True)
    (managers,) = [row for row in builds["later"]["alert_precision"] if row["judged_by"] == "managers"]
    assert (managers["n"], managers["n_right"]) == (1, 0)
