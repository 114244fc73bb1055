"""docs/method.md on time, matching and growth: its examples, told as events, go through the models."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from warehouse import models
from warehouse.events.base import typed_columns
from warehouse.log_tables import ENVELOPE_COLUMNS
from warehouse.policy import Policy
from warehouse.replay import needed_for
from warehouse.run import Run, write_run

PAGE = (Path(__file__).parents[2] / "docs/method.md").read_text("utf-8")
NOVEMBER, JULY = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC), dt.datetime(2026, 7, 15, tzinfo=dt.UTC)
DECIMALS = 0.0005

Event = dict[str, Any]


def example(title: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a section's example is given, and what is found."""
    section = re.search(rf"^## {title}\n(.*?)(?=^## )", PAGE, re.MULTILINE | re.DOTALL)
    assert section
    told = tomllib.loads(re.findall(r"```toml\n(.*?)```", section[1], re.DOTALL)[0])
    (name,) = told.keys() - {"found"}
    return told[name], told["found"]


def ask_models(
    events: Sequence[Event], sql: str, *targets: str, as_of: dt.datetime = NOVEMBER
) -> tuple[Any, ...]:
    """The one row that a query finds in models made of these events."""
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'; attach ':memory:' as log")
    columns = ", ".join(f"{name} {kind}" for name, kind in (ENVELOPE_COLUMNS | typed_columns()).items())
    con.execute(f"create table log.typed_event ({columns})")
    for position, event in enumerate(events, 1):
        told = {
            "position": position,
            "source": "test",
            "evidence": "observed",
            "recorded_at": event["occurred_at"],
        }
        row = told | event
        names = ", ".join(f"? as {name}" for name in row)
        con.execute(
            f"insert into log.typed_event by name select uuid() as event_id, {names}", list(row.values())
        )
    write_run(con, Run(as_of, as_of, Policy()))
    built: set[str] = set()
    for target in targets:
        for model in needed_for(models.discover(), target):
            if model.name not in built:
                models.build_one(con, model)
                built.add(model.name)
    (found,) = con.execute(sql).fetchall()
    con.close()
    return tuple(found)


def pair(accepted_at: dt.datetime, pair_id: str = "p", **more: Any) -> Event:
    """Both sides accept."""
    people = {"mentee_id": f"{pair_id}-a", "mentor_id": f"{pair_id}-b"}
    about = {
        "event_type": "match.accepted",
        "occurred_at": accepted_at,
        "pair_id": pair_id,
        "program_id": "g",
    }
    return about | people | {"actor_role": "pm"} | more


def at(day: dt.date, hour: int = 9) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, hour)


def people_of(told: dict[str, Any]) -> list[Event]:
    """Where the two live and when they are free."""
    begun = dt.datetime(2026, 6, 1)
    events: list[Event] = []
    for person_id, side in (("p-a", "mentee"), ("p-b", "mentor")):
        about = {"occurred_at": begun, "person_id": person_id}
        registered = {"event_type": "participant.registered", "time_zone": told[f"{side}_zone"], "role": side}
        from_hour, until_hour = told[f"{side}_free"]
        free = {"event_type": "participant.availability_declared", "kind": "free", "starts_on": begun.date()}
        free |= {"ends_on": dt.date(2027, 5, 31), "from_hour": from_hour, "until_hour": until_hour}
        events += [about | registered, about | free]
    return [*events, pair(begun)]


@pytest.mark.parametrize(("month", "as_of"), [("november", NOVEMBER), ("july", JULY)])
def test_the_hours_two_people_share_follow_the_clocks_of_the_week(month: str, as_of: dt.datetime) -> None:
    told, found = example("Time and scheduling")
    sql = "select overlap_hours from feature.overlap"
    assert ask_models(people_of(told), sql, "feature.overlap", as_of=as_of) == (found[month],)


def test_off_hours_and_working_time_are_those_of_each_clock() -> None:
    told, found = example("Time and scheduling")
    by = {
        "mentee": {"actor_id": "p-a", "actor_role": "mentee"},
        "mentor": {"actor_id": "p-b", "actor_role": "mentor"},
    }
    session = {"event_type": "session.held", "occurred_at": told["held_at"], "session_id": "s", "minutes": 60}
    asked = {"event_type": "exchange.message_sent", "occurred_at": told["asked_at"], **by["mentee"]}
    # The session lies between the two: told here alone, so that the answer is the message.
    answered = {"event_type": "exchange.message_replied", "occurred_at": told["answered_at"], **by["mentor"]}
    about = {"pair_id": "p", "program_id": "g"}
    met = [*people_of(told), session | about]
    minutes = "select max(off_minutes) filter (where side = '{}') from core.local_session"
    for side in ("mentee", "mentor"):
        assert ask_models(met, minutes.format(side), "core.local_session") == (found[f"{side}_off_minutes"],)
    wrote = [*people_of(told), asked | about, answered | about]
    hours = "select reply_work_hours from core.local_answer where side = 'mentor'"
    assert ask_models(wrote, hours, "core.local_answer") == (found["reply_work_hours"],)


def test_the_interval_of_a_share_of_minutes_is_that_of_a_ratio() -> None:
    told, found = example("Time and scheduling")
    pairs = pd.DataFrame({"y": told["off_minutes"]}).assign(x=100)
    share, low, high = practice_of("off_minutes_mentor", pairs)
    assert share == found["share"]
    assert low == pytest.approx(found["low"], abs=DECIMALS)
    assert high == pytest.approx(found["high"], abs=DECIMALS)


def practice_of(practice: str, pairs: pd.DataFrame) -> tuple[float, float, float]:
    """Value and limits of one practice of a program whose pairs reached `y` of `x` units."""
    con = duckdb.connect()
    con.execute("create schema ref; create schema core; create schema feature; create schema mart")
    con.execute("create table ref.run as select 5 as small_group")
    pairs = pairs.assign(pair_id=[f"p{n}" for n in range(len(pairs))])
    con.register("pairs", pairs)
    con.execute(
        "create table feature.group_pair as select 'g' as program_id, null::varchar as cohort_id, pair_id, "
        "false as is_hidden from pairs"
    )
    con.execute("create table core.pair as select pair_id, pair_id as mentor_id from pairs")
    con.execute("create table feature.quarter as select 'now' as moment, '2026-11-20'::date as until_on")
    units = (
        f"select '{practice}' as practice, pair_id, '2026-11-01'::date as counts_on, "
        "'2026-11-01'::date as reached_on, y::integer as n_units, null::double as amount, "
        "'observed' as evidence from pairs where y > 0 "
        f"union all select '{practice}', pair_id, '2026-11-01'::date, null::date, (x - y)::integer, "
        "null::double, null::varchar from pairs"
    )
    con.execute(f"create table feature.time_measure as {units}")
    for other in ("match", "goal", "preparation", "agreement", "growth", "community", "opinion"):
        con.execute(f"create table feature.{other}_measure as select * from feature.time_measure limit 0")
    for other in ("load", "present"):
        con.execute(
            f"create table feature.{other}_measure as select practice, 'now' as moment, pair_id, "
            "true as is_reached, n_units, amount from feature.time_measure limit 0"
        )
    found = models.discover()
    for name in ("ref.practice", "ref.grade", "feature.practice_pair", "mart.practice"):
        models.build_one(con, found[name])
    (row,) = con.execute("select value, low, high from mart.practice").fetchall()
    con.close()
    return tuple(row)


def test_need_against_expertise_and_the_day_a_mismatch_is_recognised() -> None:
    told, found = example("Matching")
    about = {"pair_id": "p", "program_id": "g"}
    accepted_at = at(told["accepted_on"])
    persona = {"event_type": "goal.persona_defined", "occurred_at": accepted_at, "expertise": told["persona"]}
    goals = [
        {"event_type": "goal.set", "occurred_at": accepted_at, "goal_id": f"g{n}", "topic": topic}
        for n, topic in enumerate(told["topics"])
    ]
    session = {"event_type": "session.held", "occurred_at": at(told["met_on"]), "session_id": "s"}
    poor = {
        "event_type": "match.fit_rated",
        "occurred_at": at(told["poor_on"]),
        "party": "mentee",
        "fit": "poor",
    }
    ended = {"event_type": "relationship.ended", "occurred_at": at(told["ended_on"]), "initiator": "both"}
    profile = {"event_type": "participant.profile_completed", "occurred_at": accepted_at, "person_id": "p-b"}
    events = [
        pair(accepted_at),
        profile | {"expertise": told["profile"]},
        *(event | about for event in (persona, *goals, session, poor)),
        ended | about | {"end_reason": "mismatch.chemistry"},
    ]
    sql = "select need_distance, mismatch_days from feature.match"
    assert ask_models(events, sql, "feature.match") == (found["need_distance"], found["mismatch_days"])


def test_prepared_sessions_and_who_drives() -> None:
    told, found = example("Goals and growth")
    about = {"pair_id": "p", "program_id": "g"}
    first, second = told["held_on"]
    by = {"actor_id": "p-a", "actor_role": "mentee"}
    events = [pair(at(first - dt.timedelta(days=9)))]
    for number, (day, who) in enumerate(((first, by), (second, {"actor_id": "p-b", "actor_role": "mentor"}))):
        proposed = {"event_type": "session.proposed", "occurred_at": at(day - dt.timedelta(days=5)), **who}
        held = {"event_type": "session.held", "occurred_at": at(day)}
        events += [step | about | {"session_id": f"s{number}"} for step in (proposed, held)]
    assert told["agenda_for"] == first
    agenda = {"event_type": "prep.agenda_shared", "occurred_at": at(first - dt.timedelta(days=2)), **by}
    progressed = {"event_type": "goal.progressed", "occurred_at": at(told["progressed_on"]), "goal_id": "g1"}
    events += [agenda | about | {"session_id": "s0"}, progressed | about]
    sql = "select n_prepared, n_mentee_proposed from feature.preparation"
    assert ask_models(events, sql, "feature.preparation") == (found["n_prepared"], found["n_mentee_proposed"])
    pairs = pd.DataFrame({"y": [1] * told["n_pairs"]}).assign(x=2)
    share, low, high = practice_of("drive", pairs)
    assert share == found["drive"]
    assert (low, high) == pytest.approx((found["low"], found["high"]), abs=DECIMALS)
