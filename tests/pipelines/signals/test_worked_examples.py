"""The thirteen worked examples of the definitions, each from its events through log and build to the mart.

All lists of events are ingested once, into one home, and built as of one evening; days are counted back from
it. Example 11 (a quarter reported again after late data) belongs to the report: its test has this name,
`test_example_11_...`, in tests/pipelines/test_quarterly.py.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa

from pipelines.build import build_home
from pipelines.erase import erase
from pipelines.ingest import ingest_into_home
from warehouse import publish
from warehouse.operations import open_operations, sqlite_url
from warehouse.policy import Policy
from warehouse.settings import Settings, load_settings
from warehouse.vault import PERSON
from warehouse.verify import verify

AS_OF = dt.datetime(2026, 3, 2, 20, tzinfo=dt.UTC)
BEFORE_THE_LEAVE_WAS_KNOWN = AS_OF - dt.timedelta(days=3)
Event = dict[str, Any]


def told(days_ago: float, name: str, by: str = "", known_days_ago: float | None = None, **data: Any) -> Event:
    """An event so many days ago, by the mentee, the mentor or the program."""
    happened = AS_OF - dt.timedelta(days=days_ago)
    known = happened if known_days_ago is None else AS_OF - dt.timedelta(days=known_days_ago)
    event: Event = {"type": f"mentorship.{name}.v1", "time": happened.isoformat(), "data": data}
    if by:
        event |= {"actorid": f"{{pair}}-{by}", "actorrole": by}
    return event | {"recordedat": known.isoformat()}


def begun(every: int = 7, days_ago: int = 90, mentor: str = "{pair}-mentor") -> list[Event]:
    return [
        told(days_ago, "match.accepted", mentee_id="{pair}-mentee", mentor_id=mentor),
        told(days_ago, "relationship.cadence_agreed", cadence_days=every),
    ]


def met(*days_ago: int, minutes: int = 45) -> list[Event]:
    return [told(day, "session.held", session_id=f"{{pair}}-s{day}", minutes=minutes) for day in days_ago]


def wrote(by: str, *days_ago: float) -> list[Event]:
    return [told(day, "exchange.message_sent", by) for day in days_ago]


def weekly(until: int) -> list[Event]:
    """Accepted 90 days ago, met every week up to so many days ago."""
    return begun() + met(*range(until, 90, 7))


def rated(score: int, days_ago: int) -> list[Event]:
    pulse = {"wave": "pulse", "instrument": "pulse", "item": "quality", "score": score, "score_max": 5}
    return [told(days_ago, "survey.answered", by, **pulse) for by in ("mentee", "mentor")]


def away(known_days_ago: float) -> Event:
    """The mentor is on leave since twelve days ago; the program learns it so many days ago."""
    until_on = (AS_OF + dt.timedelta(days=20)).date().isoformat()
    leave = {"person_id": "{pair}-mentor", "starts_on": (AS_OF - dt.timedelta(days=12)).date().isoformat()}
    return told(12, "participant.availability_declared", "mentor", known_days_ago, ends_on=until_on, **leave)


def cohort(name: str, n: int, lists: Any) -> dict[str, list[Event]]:
    """So many pairs of a cohort of their own."""
    return {
        f"{name}-{i}": [event | {"cohortid": name, "programid": name} for event in lists(i)] for i in range(n)
    }


ASKED_TWICE = weekly(17) + wrote("mentee", 7, 3)
GOALS_MET = [
    told(80, "goal.set", "mentee", goal_id="{pair}-g", horizon="short"),
    told(45, "goal.achieved", "mentee", goal_id="{pair}-g"),
    *rated(5, 42),
]
ANSWERED_IN_A_DAY = [
    event
    for day in range(60, 6, -6)
    for event in (*wrote("mentee", day + 0.3), told(day + 0.1, "exchange.message_replied", "mentor"))
]
MOVED_WITH_NOTICE = [
    told(24, "session.rescheduled", "mentee", session_id="{pair}-m", notice_hours=72),
    told(20, "session.rescheduled", "mentor", session_id="{pair}-m", notice_hours=72),
    told(16, "session.rescheduled", "mentee", session_id="{pair}-m", notice_hours=72),
]


NAMED = {"person_id": "{pair}-mentor", "role": "mentor", "name": "Synthetic Mentor"}


def five_mentees_of_one(i: int) -> list[Event]:
    return begun(mentor="one-mentor") + met(3, 10, 17) + rated(3 + i % 2, 5)


def two_attested_sessions(i: int) -> list[Event]:
    """Every other pair met a third time; of the others one session's date passed, another's was assumed."""
    third: list[Event] = met(3)
    if i % 2:
        third = [told(3, "session.date_passed", session_id="{pair}-s3")]
    if i == 1:
        third = [told(3, "session.held", session_id="{pair}-s3") | {"evidence": "assumed"}]
    return begun() + met(10, 17) + third


LISTS: dict[str, list[Event]] = {
    "sixty-days": begun(every=60, days_ago=230) + met(45, 105, 165, 225),
    "asked-twice": [*ASKED_TWICE, told(95, "participant.registered") | {"data": NAMED}],
    "on-leave": [*ASKED_TWICE, away(known_days_ago=12)],
    "leave-learnt-late": [*ASKED_TWICE, away(known_days_ago=1)],
    "goals-met": [*begun(every=14), *met(40, 54, 68, 82), *GOALS_MET],
    "time-out": [
        *weekly(17),
        told(5, "relationship.ended", end_reason="faded", initiator="system", is_auto_closed=True),
    ],
    "bounced": [*ASKED_TWICE, told(2.9, "exchange.delivery_failed", "mentee")],
    "mentee-drives": [*begun(), *met(3, 10, 17), *ANSWERED_IN_A_DAY],
    "moved-with-notice": [*begun(), *met(28, 35, 42), *MOVED_WITH_NOTICE, *met(5, 12, minutes=10)],
    "peers": [
        told(60, "relationship.type_set", direction="peer"),
        *weekly(9),
        *wrote("mentee", 8),
        *wrote("mentor", 8),
    ],
    **cohort("one-mentor", 5, five_mentees_of_one),
    **cohort("attested", 8, two_attested_sessions),
}


def lines(name: str, events: list[Event]) -> Iterator[str]:
    for number, event in enumerate(events):
        envelope = {"specversion": "1.0", "id": f"{name}-{number}", "source": "test", "cohortid": "cohort"}
        subject = {} if ".participant." in event["type"] else {"subject": f"relationship/{name}"}
        yield json.dumps(envelope | subject | event).replace("{pair}", name)


@dataclass(frozen=True)
class Mart:
    """A publication of all lists."""

    con: duckdb.DuckDBPyConnection

    def pair(self, name: str) -> dict[str, Any]:
        return self.rows(f"select * from mart.pair where pair_id = '{name}'")[0]

    def rows(self, sql: str) -> list[dict[str, Any]]:
        found = self.con.execute(sql)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("examples")
    (folder / "events.ndjson").write_text(
        "".join(f"{line}\n" for name, events in LISTS.items() for line in lines(name, events))
    )
    settings = replace(load_settings(folder / "home"), policy=Policy(history_days=1))
    (result,), _ = ingest_into_home(settings, [folder / "events.ndjson"])
    assert result.quarantined == 0
    return settings


def names(settings: Settings) -> list[str]:
    """All names that the vault keeps."""
    engine = open_operations(settings.operations_url)
    with engine.connect() as connection:
        found = [name for name in connection.scalars(sa.select(PERSON.c.name)) if name]
    engine.dispose()
    return found


def built(settings: Settings, known_at: dt.datetime = AS_OF) -> duckdb.DuckDBPyConnection:
    build_home(settings, as_of=AS_OF, known_at=known_at)
    return publish.open_current(settings.published)


@pytest.fixture(scope="module")
def mart(settings: Settings) -> Iterator[Mart]:
    with built(settings) as con:
        yield Mart(con)


def test_example_01_a_pair_agreed_on_60_days_is_on_track_after_45(mart: Mart) -> None:
    row = mart.pair("sixty-days")
    assert (row["state"], row["band"], row["waiting_on"]) == ("in_rhythm", "on_track", None)
    assert (row["silence_days"], round(row["tau_days"])) == (45, 60)


def test_example_02_a_weekly_pair_names_the_mentor_who_does_not_answer(mart: Mart) -> None:
    row = mart.pair("asked-twice")
    assert (row["state"], row["waiting_on"]) == ("suspected_ghosting", "mentor")
    assert row["band"] == "needs_check_in"
    assert row["reason"].startswith("Mentor has not answered 2 messages since 23 Feb (7 days)")


def test_example_03_leave_explains_and_leave_learnt_late_withdraws_an_alert(
    mart: Mart, settings: Settings
) -> None:
    for name in ("on-leave", "leave-learnt-late"):
        assert mart.pair(name)["state"] not in ("suspected_ghosting", "presumed_ghosted")
        assert mart.pair(name)["band"] == "on_track"
    with built(settings, BEFORE_THE_LEAVE_WAS_KNOWN) as con:
        then = Mart(con)
        assert then.pair("on-leave")["band"] == "on_track"
        assert then.pair("leave-learnt-late")["state"] == "suspected_ghosting"
        assert then.pair("leave-learnt-late")["band"] == "needs_check_in"


def test_example_04_goals_met_and_content_people_are_finished_not_ghosting(mart: Mart) -> None:
    row = mart.pair("goals-met")
    assert (row["silence_days"], row["state"], row["waiting_on"]) == (40, "probably_finished", None)


def test_example_05_an_automatic_closing_is_never_a_success(mart: Mart) -> None:
    row = mart.pair("time-out")
    assert (row["state"], row["end_reason"], row["is_success"]) == ("ended", "faded", False)
    assert row["reason"].startswith("Closed by a time-out")


def test_example_06_bounced_mail_is_a_delivery_problem_that_blames_nobody(mart: Mart) -> None:
    row = mart.pair("bounced")
    assert (row["state"], row["waiting_on"]) == ("delivery_problem", None)
    assert "nobody is to blame" in row["reason"]


def test_example_07_a_mentee_who_asks_and_a_mentor_who_answers_are_responsive(mart: Mart) -> None:
    (part,) = mart.rows(
        "select * from mart.health_part where pair_id = 'mentee-drives' and component = 'responsiveness'"
    )
    assert part["score"] > 0.9
    assert mart.pair("mentee-drives")["band"] == "on_track"


def test_example_08_moved_with_notice_and_met_briefly_hints_at_time_not_ghosting(mart: Mart) -> None:
    row = mart.pair("moved-with-notice")
    assert (row["state"], row["waiting_on"]) == ("in_rhythm", None)
    codes = mart.rows(
        "select code from mart.pair_reason where pair_id = 'moved-with-notice' order by ordinal"
    )
    assert [row["code"] for row in codes] == ["in_rhythm", "time_constraint"]


def test_example_09_five_mentees_of_one_mentor_are_no_group(mart: Mart) -> None:
    n = "select count(distinct pair_id) as n from mart.pair where program_id = 'one-mentor'"
    assert mart.rows(n)[0]["n"] == 5
    for table in ("kpi", "ending_curve", "equity_value"):
        assert mart.rows(f"select * from mart.{table} where program_id = 'one-mentor'") == []
    steps = mart.rows("select * from mart.funnel where program_id = 'one-mentor'")
    assert all(row["is_hidden"] and row["n_entered"] is None for row in steps)


def test_example_12_two_peers_who_wait_for_each_other_both_wait(mart: Mart) -> None:
    row = mart.pair("peers")
    assert (row["state"], row["waiting_on"]) == ("waiting", "both")
    assert row["reason"].startswith("Both peers are waiting for an answer since 22 Feb (8 days)")


def test_example_13_a_session_nobody_attested_is_left_out_of_the_headline(mart: Mart) -> None:
    measures = mart.rows("select * from mart.kpi where program_id = 'attested' and cohort_id is null")
    by_name = {row["kpi"]: row for row in measures}
    assert (by_name["sustained"]["value"], by_name["sustained"]["n"]) == (0.5, 8)
    assert (by_name["unattested"]["value"], by_name["unattested"]["n"]) == (
        pytest.approx(4 / 24, abs=1e-6),
        24,
    )
    assert {row["kpi"] for row in measures if row["worst_evidence"] == "assumed"} <= {"unattested"}
    assert {mart.pair(f"attested-{i}")["n_sessions_held"] for i in (1, 3, 5, 7)} == {2}


def test_example_10_erasing_a_person_leaves_counts_and_chain_as_they_were(
    mart: Mart, settings: Settings, tmp_path: Path
) -> None:
    home = shutil.copytree(settings.home, tmp_path / "home")
    own = replace(settings, home=home, operations_url=sqlite_url(home / "operations.sqlite"))
    counts = "select count(*) as n, sum(n_sessions_held) as held from mart.pair"
    assert names(own) == ["Synthetic Mentor"]
    erase(own, "asked-twice-mentor")
    assert verify(own) == []
    with built(own) as con:
        assert Mart(con).rows(counts) == mart.rows(counts)
    assert names(own) == []
