"""What was known then, and what was learnt later: the third worked example, end to end.

A weekly pair last met on day 0; the mentee wrote on days 10 and 14; the mentor is silent. On day 17 that
is an alert. On day 20 the program learns that the mentor had been on leave since day 5: the alert existed
as of day 17, it is withdrawn with today's knowledge, and both can be seen.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import pytest

from pipelines.build import build_home
from pipelines.diff import Change, Difference, judged_by, learnt_between
from pipelines.ingest import ingest_into_home
from warehouse import publish
from warehouse.errors import KinkeeperError
from warehouse.policy import Policy
from warehouse.run import Run
from warehouse.settings import Settings, load_settings

DAY_0 = dt.datetime(2026, 3, 2, 10, tzinfo=dt.UTC)


def day(number: int) -> dt.datetime:
    return DAY_0 + dt.timedelta(days=number)


def line(number: int, name: str, on_day: int, recorded_on_day: int | None = None, **changes: Any) -> str:
    recorded = day(on_day if recorded_on_day is None else recorded_on_day)
    return json.dumps(
        {
            "specversion": "1.0",
            "id": f"e{number}",
            "source": "test",
            "type": f"mentorship.{name}.v1",
            "subject": "relationship/p1",
            "time": day(on_day).isoformat(),
            "recordedat": recorded.isoformat(),
            "data": {},
        }
        | changes
    )


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("replay")
    mentee, mentor = {"actorid": "a", "actorrole": "mentee"}, {"actorid": "b", "actorrole": "mentor"}
    lines = [
        line(0, "match.accepted", -60, data={"mentee_id": "a", "mentor_id": "b"}),
        line(1, "relationship.cadence_agreed", -60, data={"cadence_days": 7}),
        *(
            line(10 + week, "session.held", -7 * week, data={"session_id": f"s{week}"}, **mentee)
            for week in range(8)
        ),
        line(2, "exchange.message_sent", 10, **mentee),
        line(3, "exchange.message_sent", 14, **mentee),
        line(
            4,
            "participant.availability_declared",
            5,
            recorded_on_day=20,
            subject=None,
            data={"person_id": "b", "starts_on": str(day(5).date()), "ends_on": str(day(30).date())},
            **mentor,
        ),
    ]
    file = folder / "events.ndjson"
    file.write_text("\n".join(lines) + "\n")
    settings = replace(load_settings(folder / "home"), policy=Policy(history_days=1))
    (result,), _ = ingest_into_home(settings, [file])
    assert result.quarantined == 0
    return settings


def verdict(settings: Settings, known_at: dt.datetime) -> tuple[str, str | None, str]:
    build_home(settings, as_of=day(17), known_at=known_at)
    with publish.open_current(settings.published) as con:
        ((state, waiting_on, band),) = con.execute("select state, waiting_on, band from mart.pair").fetchall()
    return state, waiting_on, band


def test_example_03_leave_recorded_late_withdraws_an_alert_that_existed(settings: Settings) -> None:
    assert verdict(settings, known_at=day(17)) == ("suspected_ghosting", "mentor", "needs_check_in")

    state, _, band = verdict(settings, known_at=day(21))
    assert state not in ("suspected_ghosting", "presumed_ghosted")
    assert band != "needs_check_in"

    assert verdict(settings, known_at=day(17)) == ("suspected_ghosting", "mentor", "needs_check_in")


def test_the_difference_lists_what_was_learnt_later(settings: Settings) -> None:
    found = learnt_between(settings, day(17), day(21))

    assert found.n_events_learnt == 1
    changes = {change.column: (change.before, change.after) for change in found.changes}
    assert changes["state"][0] == "suspected_ghosting"
    assert changes["band"][0] == "needs_check_in"
    assert {change.pair_id for change in found.changes} == {"p1"}


def test_nothing_learnt_is_no_difference(settings: Settings) -> None:
    found = learnt_between(settings, day(17), day(18))

    assert (found.n_events_learnt, found.changes) == (0, ())


def test_the_second_instant_must_be_later(settings: Settings) -> None:
    with pytest.raises(KinkeeperError, match="later"):
        learnt_between(settings, day(18), day(17))


def test_another_policy_judges_the_same_day_and_publishes_nothing(settings: Settings) -> None:
    published = verdict(settings, known_at=day(17))
    patient = settings.policy.model_copy(update={"suspected_acts": 3})

    found = judged_by(settings, patient, day(17))

    changes = {change.column: (change.before, change.after) for change in found.changes}
    assert changes["state"][0] == "suspected_ghosting"
    assert changes["state"][1] not in ("suspected_ghosting", None)
    assert found.n_events_learnt == 0
    assert {change.n_events_learnt for change in found.changes} == {0}
    with publish.open_current(settings.published) as con:
        assert con.execute("select state, waiting_on, band from mart.pair").fetchall() == [published]


def test_pairs_that_only_one_of_two_runs_puts_into_a_band_are_counted() -> None:
    run = Run(day(17), day(17), Policy())
    bands = [("watch", "needs_check_in"), ("on_track", "needs_check_in"), ("needs_check_in", "ended")]
    moved = [Change(f"p{n}", "band", *told, 0) for n, told in enumerate(bands)]
    other = Change("p9", "reason", "needs_check_in", "needs_check_in", 0)

    found = Difference(run, run, 0, (*moved, other))

    assert (found.n_new("needs_check_in"), found.n_gone("needs_check_in")) == (2, 1)
    assert (found.n_new("watch"), found.n_gone("watch")) == (0, 1)
