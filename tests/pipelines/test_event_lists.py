"""One hand-written list of events for each state, end reason and type of relationship, judged end to end.

Every list is a pair of its own; all are ingested together and judged as of one evening. Days are counted
back from it. A weekly pair that meets is the ground most lists stand on.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, get_args

import pandas as pd
import pytest

from pipelines.build import fold_only, open_build
from pipelines.ingest import ingest_into_home
from pipelines.signals.sentences import SUCCESSES
from pipelines.signals.states import STATES
from warehouse.events.catalogue.relationship import Direction, EndReason, Form, Modality
from warehouse.run import Run
from warehouse.settings import load_settings

AS_OF = dt.datetime(2026, 3, 2, 20, tzinfo=dt.UTC)
Told = tuple[float, str, dict[str, Any]]


def told(days_ago: float, name: str, by: str = "", **data: Any) -> Told:
    """An event so many days ago, by the mentee, the mentor or the program."""
    actor = {"actorid": f"{{pair}}-{by}", "actorrole": by} if by in ("mentee", "mentor") else {}
    return days_ago, name, actor | {"data": data}


PEOPLE = {"mentee_id": "{pair}-mentee", "mentor_id": "{pair}-mentor"}


def begun(days_ago: int = 90) -> list[Told]:
    return [
        told(days_ago, "match.accepted", **PEOPLE),
        told(days_ago, "relationship.cadence_agreed", cadence_days=7),
    ]


def met(*days_ago: int) -> list[Told]:
    return [told(day, "session.held", session_id=f"{{pair}}-s{day}") for day in days_ago]


def wrote(by: str, *days_ago: int) -> list[Told]:
    return [told(day, "exchange.message_sent", by) for day in days_ago]


def weekly(until: int = 3) -> list[Told]:
    """Accepted 90 days ago, met every week up to so many days ago."""
    return begun() + met(*range(until, 90, 7))


def rated(score: int, days_ago: int) -> list[Told]:
    return [
        told(
            days_ago,
            "survey.answered",
            by,
            wave="pulse",
            instrument="pulse",
            item="quality",
            score=score,
            score_max=5,
        )
        for by in ("mentee", "mentor")
    ]


def ended(reason: str, days_ago: float = 5, by: str = "mentee", **data: Any) -> Told:
    return told(days_ago, "relationship.ended", by, end_reason=reason, initiator=by, **data)


def left(days_ago: float, by: str, **data: Any) -> Told:
    return told(days_ago, "participant.withdrew", by, person_id=f"{{pair}}-{by}", **data)


def proposed(days_ago: int) -> Told:
    return told(days_ago, "match.proposed", **PEOPLE)


def elsewhere(events: list[Told], **envelope: str) -> list[Told]:
    """The same events in a cohort, or from a source, of their own."""
    return [(days_ago, name, rest | envelope) for days_ago, name, rest in events]


DONE = [
    told(80, "goal.set", "mentee", goal_id="{pair}-g"),
    told(31, "goal.achieved", "mentee", goal_id="{pair}-g"),
    *rated(5, 30),
]
OUTREACH = {"outreach_id": "{pair}-o", "to_id": "{pair}-mentor"}

STATE_LISTS: dict[str, list[Told]] = {
    "no_reply_to_outreach": [told(20, "outreach.sent", "mentee", **OUTREACH)],
    "proposed": [proposed(5)],
    "declined": [proposed(9), told(8, "match.declined", "mentor", party="mentor")],
    "never_started": begun(20),
    "in_rhythm": weekly(),
    "waiting": weekly(9) + wrote("mentee", 8),
    "suspected_ghosting": weekly(17) + wrote("mentee", 12, 8),
    "presumed_ghosted": weekly(38) + wrote("mentee", 30, 20),
    "stalled": weekly(20),
    "faded": begun() + met(62, 69, 76, 83),
    "probably_finished": weekly(30) + DONE,
    "delivery_problem": [
        *weekly(17),
        *wrote("mentee", 12, 8),
        told(7.9, "exchange.delivery_failed", "mentee"),
    ],
    "resumed": begun() + met(48, 55, 62, 69, 76, 83) + wrote("mentee", 40, 30) + met(2),
    "paused": [*weekly(17), told(16, "relationship.paused")],
    "closing": [*weekly(17), told(16, "relationship.closing_started", "mentee")],
    "ended": [*weekly(17), ended("goals_met", 16)],
    "network": [*weekly(17), told(16, "relationship.moved_to_network", "mentee")],
    "no_contact_feed": elsewhere(begun(40), cohortid="unconnected"),
    "data_late": elsewhere(weekly(24), cohortid="late", source="late-feed"),
}
WAITED_FOR = {"waiting": "mentor", "suspected_ghosting": "mentor", "presumed_ghosted": "mentor"}
MORE_LISTS: dict[str, list[Told]] = {
    "late twin": elsewhere(weekly(24), cohortid="late", source="late-feed"),
    "never called ghosting": [told(80, "outreach.sent", "mentee", **OUTREACH)],
    "mentee is silent": weekly(17) + wrote("mentor", 12, 8),
    "older turn": weekly(17) + wrote("mentee", 12) + wrote("mentor", 12),
    "light mode": [*weekly(17), told(16, "relationship.light_mode_set"), *met(2)],
    "reopened": [*weekly(17), ended("goals_met", 16), told(9, "relationship.reopened"), *met(3)],
    "accepted again": [*weekly(60), ended("faded", 30), told(5, "match.accepted", **PEOPLE)],
    "accepted again by one": [
        *weekly(60),
        ended("faded", 30),
        told(5, "match.accepted", "mentee", **PEOPLE),
    ],
    "accepted again with old turns": [
        *weekly(60),
        *wrote("mentee", 50, 45),
        ended("ghosted_by_mentor", 30),
        told(11, "match.accepted", **PEOPLE),
    ],
    "went on after the network": [
        *weekly(60),
        told(58, "relationship.moved_to_network", "mentee"),
        told(5, "relationship.reopened"),
    ],
    "declined after the yes": [*begun(20), told(18, "match.declined", "mentor", party="mentor")],
    "declined and accepted after all": [
        *begun(20),
        told(18, "match.declined", "mentor", party="mentor"),
        told(10, "match.accepted", **PEOPLE),
        *met(3),
    ],
    "declined after some words": [
        proposed(20),
        *wrote("mentee", 15),
        told(14, "exchange.message_replied", "mentor"),
        told(10, "match.declined", "mentor", party="mentor"),
    ],
    "yes taken back": [
        proposed(20),
        told(19, "match.accepted", "mentee", **PEOPLE),
        told(18, "match.declined", "mentee", party="mentee"),
        told(17, "match.accepted", "mentor", **PEOPLE),
    ],
    "yes taken back and given again": [
        proposed(20),
        told(19, "match.accepted", "mentee", **PEOPLE),
        told(18, "match.declined", "mentee", party="mentee"),
        told(17, "match.accepted", "mentor", **PEOPLE),
        told(5, "match.accepted", "mentee", **PEOPLE),
    ],
    "declined after an agreement alone": [
        told(20, "relationship.cadence_agreed", "mentor", cadence_days=7),
        told(18, "match.declined", "mentee", party="mentee"),
    ],
    "silent one left the program": [
        *weekly(38),
        *wrote("mentee", 30, 20),
        left(16, "mentor", reason="left_organisation"),
    ],
    "left after contact alone": elsewhere(
        [*wrote("mentee", 41), *met(40, 33, 26), *wrote("mentor", 24), left(16, "mentee")],
        programid="unannounced",
    ),
    "left before any contact": [*begun(20), left(16, "mentee")],
    "left while closing": [*weekly(24), told(20, "relationship.closing_started"), left(16, "mentee")],
    "left after the end": [*weekly(17), ended("goals_met", 9), left(5, "mentee", reason="life_event")],
    "left by mistake": [
        *weekly(17),
        left(16, "mentee"),
        told(
            10,
            "ops.event_retracted",
            retracted_source="test",
            retracted_id=f"{{pair}}-{len(weekly(17))}",
        ),
    ],
    "left and came back": [
        *weekly(31),
        left(30, "mentee"),
        told(9, "participant.registered", "mentee", person_id="{pair}-mentee", role="mentee"),
        told(8, "match.accepted", **PEOPLE),
    ],
    "left while asked": [proposed(9), told(8, "match.accepted", "mentee", **PEOPLE), left(7, "mentor")],
    "left while written to": [told(20, "outreach.sent", "mentee", **OUTREACH), left(10, "mentor")],
    "silent after a leave": [
        *weekly(31),
        *wrote("mentee", 20, 12),
        told(
            40,
            "participant.availability_declared",
            person_id="{pair}-mentor",
            kind="leave",
            starts_on=str(AS_OF.date() - dt.timedelta(days=30)),
            ends_on=str(AS_OF.date() - dt.timedelta(days=21)),
        ),
    ],
    "back after a check-in": [
        *weekly(26),
        *wrote("mentee", 22, 20),
        told(16, "ops.nudge_sent", party="mentor", nudge_kind="checkin"),
        *met(1),
    ],
    "labelled": [
        *weekly(17),
        *wrote("mentee", 12, 8),
        told(1, "ops.label_confirmed", label="in_rhythm"),
    ],
    "labelled before contact": [
        *weekly(17),
        told(9, "ops.label_confirmed", label="presumed_ghosted", party="mentor"),
        *met(2),
    ],
    "peers": [
        told(60, "relationship.type_set", direction="peer"),
        *weekly(9),
        *wrote("mentee", 8),
        *wrote("mentor", 8),
    ],
    "nobody attested": [*weekly(20), told(4, "session.date_passed", session_id="{pair}-assumed")],
    "disputed": [*weekly(17), ended("goals_met", 9), ended("faded", 8, "mentor")],
    "contradicted": [
        *weekly(17),
        ended("goals_met"),
        *(
            told(
                4, "survey.choice_made", by, wave="exit", instrument="exit", item="end_reason", choice=choice
            )
            for by, choice in (("mentee", "goals_met"), ("mentor", "mismatch.goals"))
        ),
    ],
    "contradicted by one answer": [
        *weekly(17),
        ended("goals_met"),
        told(
            4,
            "survey.choice_made",
            "mentor",
            wave="exit",
            instrument="exit",
            item="end_reason",
            choice="mismatch.goals",
        ),
    ],
    "told again by who does not know": [*weekly(17), ended("goals_met", 9), ended("unknown", 2, by="pm")],
    "told before by who does not know": [*weekly(17), ended("unknown", 9, by="pm"), ended("goals_met", 2)],
    "ended after a time-out": [
        *weekly(17),
        ended("faded", 9, by="system", is_auto_closed=True),
        ended("mismatch.goals", 2),
    ],
    "timed out after its end": [
        *weekly(17),
        ended("goals_met", 9),
        ended("faded", 2, by="system", is_auto_closed=True),
    ],
    "said to be good after a time-out": [
        *weekly(17),
        ended("faded", 9, by="system", is_auto_closed=True),
        ended("goals_met", 2),
    ],
    "told by the program to who does not know": [
        *weekly(17),
        ended("goals_met", 9, by="pm"),
        told(
            8,
            "survey.choice_made",
            "mentee",
            wave="exit",
            instrument="exit",
            item="end_reason",
            choice="unknown",
        ),
    ],
    "paused twice": [
        *weekly(24),
        told(20, "relationship.paused", until_on=str(AS_OF.date() - dt.timedelta(days=15))),
        told(12, "relationship.paused", until_on=str(AS_OF.date() - dt.timedelta(days=6))),
    ],
    "paused again within a pause": [
        *weekly(24),
        told(20, "relationship.paused"),
        told(15, "relationship.paused"),
        told(10, "relationship.resumed"),
    ],
    "silent peer": [
        told(60, "relationship.type_set", direction="peer"),
        *weekly(17),
        *wrote("mentor", 12, 8),
    ],
    "waits for an answer": weekly(9) + wrote("mentee", 8),
    "another pair of the mentee who waits": [
        told(60, "match.accepted", mentee_id="waits-for-an-answer-mentee", mentor_id="{pair}-mentor"),
        told(2, "ops.nudge_sent", party="mentee", nudge_kind="survey_reminder"),
    ],
    "asked twice in a day": weekly(17) + wrote("mentee", 12, 11.9),
    "accepted just now": [
        told(0, "match.accepted", mentee_id="{pair}-mentee", mentor_id="{pair}-mentor"),
    ],
    "asked again": [
        proposed(20),
        told(19, "match.declined", "mentor", party="mentor"),
        proposed(3),
    ],
    "written to again": [
        told(40, "outreach.sent", "mentee", **OUTREACH),
        told(39, "outreach.declined", "mentor", outreach_id="{pair}-o"),
        told(3, "outreach.sent", "mentee", **OUTREACH),
    ],
    "ended and reopened on one day": [
        *weekly(17),
        ended("faded", 10.1),
        told(10, "relationship.reopened"),
    ],
    "paused until yesterday": [
        *weekly(17),
        told(16, "relationship.paused", until_on=str(AS_OF.date() - dt.timedelta(days=1))),
    ],
    "paused from today": [*weekly(17), told(0, "relationship.paused")],
    "no agreed cadence": [event for event in weekly(20) if event[1] != "relationship.cadence_agreed"],
    "time-out": [*weekly(17), ended("faded", by="system", is_auto_closed=True)],
    "said by the program alone": [*weekly(17), ended("goals_met", by="pm")],
}
REASON_LISTS = {f"reason {reason}": [*weekly(17), ended(reason)] for reason in get_args(EndReason)}
TIME_OUT_LISTS = {
    f"time-out {reason}": [*weekly(17), ended(reason, by="system", is_auto_closed=True)]
    for reason in SUCCESSES
}
TYPES = {"form": Form, "direction": Direction, "modality": Modality}
TYPE_LISTS = {
    f"type {kind}": [*weekly(), told(60, "relationship.type_set", **{axis: kind})]
    for axis, kinds in TYPES.items()
    for kind in get_args(kinds)
}
LISTS = STATE_LISTS | TYPE_LISTS | MORE_LISTS | REASON_LISTS | TIME_OUT_LISTS


def line(pair: str, number: int, event: Told) -> str:
    days_ago, name, rest = event
    time = (AS_OF - dt.timedelta(days=days_ago)).isoformat()
    envelope = {
        "specversion": "1.0", "id": f"{pair}-{number}", "source": "test", "type": f"mentorship.{name}.v1",
        "subject": f"relationship/{pair}", "time": time, "recordedat": time, "cohortid": "cohort",
    }  # fmt: skip
    return json.dumps(envelope | rest).replace("{pair}", pair)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """mart.pair by the name of the list."""
    folder = tmp_path_factory.mktemp("lists")
    names = {name.replace(" ", "-"): name for name in LISTS}
    lines = [
        line(pair, number, event) for pair, name in names.items() for number, event in enumerate(LISTS[name])
    ]
    (folder / "events.ndjson").write_text("\n".join(lines) + "\n")
    settings = load_settings(folder / "home")
    (result,), _ = ingest_into_home(settings, [folder / "events.ndjson"])
    n_refused = len(TIME_OUT_LISTS)
    assert (result.quarantined, result.accepted) == (n_refused, len(lines) - n_refused)
    with open_build(settings, settings.models_file) as con:
        fold_only(con, Run(AS_OF, AS_OF, settings.policy), ["mart.pair"])
        rows = con.execute("select * from mart.pair").df().to_dict("records")
    return {names[row["pair_id"]]: row for row in rows}


def test_every_state_has_its_list() -> None:
    assert STATE_LISTS.keys() == set(STATES)


@pytest.mark.parametrize("state", STATE_LISTS)
def test_a_list_of_events_has_its_state(state: str, judged: dict[str, dict[str, Any]]) -> None:
    assert judged[state]["state"] == state
    assert judged[state]["waiting_on"] == WAITED_FOR.get(state) or pd.isna(judged[state]["waiting_on"])


def test_outreach_is_never_called_ghosting(judged: dict[str, dict[str, Any]]) -> None:
    assert judged["never called ghosting"]["state"] == "no_reply_to_outreach"


def test_either_side_can_be_the_silent_one(judged: dict[str, dict[str, Any]]) -> None:
    row = judged["mentee is silent"]
    assert (row["state"], row["waiting_on"]) == ("suspected_ghosting", "mentee")


def test_peers_who_both_wait_wait_for_each_other(judged: dict[str, dict[str, Any]]) -> None:
    row = judged["peers"]
    assert (row["state"], row["waiting_on"], row["direction"]) == ("waiting", "both", "peer")


def test_asked_again_after_a_refusal_the_answer_is_open(judged: dict[str, dict[str, Any]]) -> None:
    assert judged["asked again"]["state"] == "proposed"
    assert (judged["written to again"]["stage"], judged["written to again"]["state"]) == (
        "outreach",
        "proposed",
    )


def test_a_pair_reopened_on_the_day_it_ended_never_stood_still(judged: dict[str, dict[str, Any]]) -> None:
    row = judged["ended and reopened on one day"]
    assert (row["silence_days"], row["state"], row["stage"]) == (17, "stalled", "active")


def test_a_pair_that_both_accept_again_begins_anew(judged: dict[str, dict[str, Any]]) -> None:
    again, by_one = judged["accepted again"], judged["accepted again by one"]
    assert (again["stage"], again["state"], again["silence_days"]) == ("active", "in_rhythm", 5)
    assert pd.isna(again["ended_at"])
    assert (by_one["state"], by_one["end_reason"]) == ("ended", "faded")


def test_what_was_asked_before_an_end_is_not_owed_after_it(judged: dict[str, dict[str, Any]]) -> None:
    row = judged["accepted again with old turns"]
    assert (row["state"], row["silence_days"]) == ("in_rhythm", 11)
    assert pd.isna(row["waiting_on"])


def test_no_clock_runs_in_the_network(judged: dict[str, dict[str, Any]]) -> None:
    row = judged["went on after the network"]
    assert (row["stage"], row["silence_days"]) == ("active", 2 + 5)


def test_a_no_after_the_yes_is_an_end(judged: dict[str, dict[str, Any]]) -> None:
    row = judged["declined after the yes"]
    assert (row["state"], row["end_reason"], row["is_success"]) == ("ended", "never_started", False)
    assert judged["declined and accepted after all"]["state"] == "in_rhythm"
    assert judged["declined after some words"]["state"] == "declined"


def test_a_yes_taken_back_before_the_other_is_a_no(judged: dict[str, dict[str, Any]]) -> None:
    row, again = judged["yes taken back"], judged["yes taken back and given again"]
    assert (row["state"], row["band"]) == ("declined", "ended")
    assert pd.isna(row["accepted_at"])
    assert (again["stage"], again["silence_days"]) == ("accepted", 5)


def test_a_no_after_an_agreement_is_an_end(judged: dict[str, dict[str, Any]]) -> None:
    row = judged["declined after an agreement alone"]
    assert (row["state"], row["end_reason"]) == ("ended", "never_started")


@pytest.mark.parametrize(
    ("name", "reason", "days_ago"),
    [
        ("silent one left the program", "left_organisation", 16),
        ("left after contact alone", "unknown", 16),
        ("left before any contact", "never_started", 16),
        ("left while closing", "unknown", 16),
        ("left after the end", "goals_met", 9),
    ],
)
def test_nobody_waits_for_who_left_the_program(
    name: str, reason: str, days_ago: int, judged: dict[str, dict[str, Any]]
) -> None:
    row = judged[name]
    assert (row["state"], row["end_reason"]) == ("ended", reason)
    assert row["ended_at"] == (AS_OF - dt.timedelta(days=days_ago)).replace(tzinfo=None)
    assert pd.isna(row["waiting_on"])


def test_who_left_by_mistake_or_came_back_has_the_pair_again(judged: dict[str, dict[str, Any]]) -> None:
    mistaken, back = judged["left by mistake"], judged["left and came back"]
    assert (mistaken["state"], mistaken["silence_days"]) == ("stalled", 17)
    assert (back["state"], back["silence_days"]) == ("in_rhythm", 8)
    assert pd.isna([mistaken["ended_at"], back["ended_at"]]).all()


@pytest.mark.parametrize("name", ["left while asked", "left while written to"])
def test_what_waited_for_the_answer_of_who_left_is_called_off(
    name: str, judged: dict[str, dict[str, Any]]
) -> None:
    assert (judged[name]["state"], judged[name]["band"]) == ("declined", "ended")
    assert "called off" in judged[name]["reason"]


def test_a_pause_stops_the_clock_on_its_days_alone(judged: dict[str, dict[str, Any]]) -> None:
    over, begins = judged["paused until yesterday"], judged["paused from today"]
    assert (over["silence_days"], over["state"]) == (1, "in_rhythm")
    assert (begins["silence_days"], begins["state"]) == (16, "paused")


def test_without_an_agreement_the_rhythm_of_the_program_is_the_prior(
    judged: dict[str, dict[str, Any]],
) -> None:
    row = judged["no agreed cadence"]
    assert (row["silence_days"], round(row["tau_days"], 3)) == (20, round((30**3 * 7**6) ** (1 / 9), 3))
    assert row["state"] == "in_rhythm"


def test_who_does_not_know_why_it_ended_contradicts_nobody(judged: dict[str, dict[str, Any]]) -> None:
    again, before = judged["told again by who does not know"], judged["told before by who does not know"]
    assert (again["end_reason"], again["is_success"]) == ("goals_met", True)
    assert (before["end_reason"], before["is_success"]) == ("goals_met", True)
    for row in (again, before):
        assert row["ended_at"] == (AS_OF - dt.timedelta(days=9)).replace(tzinfo=None)


def test_what_a_person_says_after_a_time_out_contradicts_nothing(judged: dict[str, dict[str, Any]]) -> None:
    row = judged["ended after a time-out"]
    assert (row["end_reason"], row["is_success"]) == ("mismatch.goals", False)


def test_a_time_out_of_what_a_person_has_ended_changes_nothing(judged: dict[str, dict[str, Any]]) -> None:
    row = judged["timed out after its end"]
    assert (row["end_reason"], row["is_success"]) == ("goals_met", True)


def test_a_time_out_is_no_success_by_what_is_said_later(judged: dict[str, dict[str, Any]]) -> None:
    row = judged["said to be good after a time-out"]
    assert (row["end_reason"], row["is_success"]) == ("goals_met", False)


def test_pauses_are_taken_off_once_each(judged: dict[str, dict[str, Any]]) -> None:
    assert judged["paused twice"]["silence_days"] == 24 - 6 - 7
    assert judged["paused again within a pause"]["silence_days"] == 24 - 10


def test_nobody_falls_silent_on_their_leave(judged: dict[str, dict[str, Any]]) -> None:
    assert judged["suspected_ghosting"]["ghosted_on"].date() == AS_OF.date() - dt.timedelta(days=10)
    row = judged["silent after a leave"]
    assert (row["state"], row["waiting_on"]) == ("suspected_ghosting", "mentor")
    assert row["ghosted_on"].date() == AS_OF.date() - dt.timedelta(days=14)


def test_who_comes_back_after_a_check_in_has_resumed(judged: dict[str, dict[str, Any]]) -> None:
    assert judged["back after a check-in"]["state"] == "resumed"


def test_nobody_is_written_to_twice_whichever_pair_it_is_about(judged: dict[str, dict[str, Any]]) -> None:
    row = judged["waits for an answer"]
    assert (row["state"], row["next_step"]) == (
        "waiting",
        "Wait until 7 Mar: the program wrote to the mentee lately, and writes to nobody twice in 7 days.",
    )
    assert row["mentee_written_on"].date() == AS_OF.date() - dt.timedelta(days=2)
    assert judged["waiting"]["next_step"].startswith("Suggest a gentle")


def test_a_silent_peer_is_named_as_a_mentee_would_be(judged: dict[str, dict[str, Any]]) -> None:
    row = judged["silent peer"]
    assert (row["state"], row["waiting_on"]) == ("suspected_ghosting", "mentee")


def test_two_asks_of_one_day_are_one_for_suspicion(judged: dict[str, dict[str, Any]]) -> None:
    assert judged["asked twice in a day"]["state"] == "waiting"


def test_a_pair_accepted_at_the_instant_of_the_run_is_too_young(judged: dict[str, dict[str, Any]]) -> None:
    row = judged["accepted just now"]
    assert (row["silence_days"], row["state"], row["band"]) == (0, "in_rhythm", "too_early")


def test_light_mode_and_reopening_are_stages_of_running_pairs(judged: dict[str, dict[str, Any]]) -> None:
    assert (judged["light mode"]["stage"], judged["light mode"]["state"]) == ("light_mode", "in_rhythm")
    reopened = judged["reopened"]
    assert (reopened["stage"], reopened["band"]) == ("active", "on_track")
    assert pd.isna(reopened["ended_at"])


@pytest.mark.parametrize(("axis", "kind"), [(axis, kind) for axis in TYPES for kind in get_args(TYPES[axis])])
def test_each_type_of_relationship_is_kept_and_judged_alike(
    axis: str, kind: str, judged: dict[str, dict[str, Any]]
) -> None:
    row = judged[f"type {kind}"]
    assert (row[axis], row["state"], row["band"]) == (kind, "in_rhythm", "on_track")


def test_a_label_holds_until_the_two_are_in_touch_again(judged: dict[str, dict[str, Any]]) -> None:
    assert judged["labelled"]["state"] == "in_rhythm"
    assert "Confirmed by a program manager" in judged["labelled"]["reason"]
    assert judged["labelled before contact"]["state"] == "in_rhythm"


def test_example_13_a_session_nobody_attested_is_no_contact(judged: dict[str, dict[str, Any]]) -> None:
    row = judged["nobody attested"]
    assert (row["silence_days"], row["state"], row["n_sessions_held"]) == (20, "stalled", 10)


@pytest.mark.parametrize("reason", get_args(EndReason))
def test_each_end_reason_is_kept_and_only_successes_are_successes(
    reason: str, judged: dict[str, dict[str, Any]]
) -> None:
    row = judged[f"reason {reason}"]
    assert (row["state"], row["end_reason"], row["band"]) == ("ended", reason, "ended")
    expected = None if reason == "unknown" else reason in SUCCESSES
    assert pd.isna(row["is_success"]) if expected is None else row["is_success"] == expected


@pytest.mark.parametrize("reason", SUCCESSES)
def test_example_05_a_time_out_is_never_a_success(reason: str, judged: dict[str, dict[str, Any]]) -> None:
    refused = judged[f"time-out {reason}"]
    assert pd.isna([refused["ended_at"], refused["is_success"]]).all()
    assert judged["time-out"]["is_success"] == False  # noqa: E712 - a missing value is no answer


@pytest.mark.parametrize(
    "name",
    [
        "disputed",
        "contradicted",
        "contradicted by one answer",
        "said by the program alone",
        "told by the program to who does not know",
    ],
)
def test_an_end_that_is_disputed_or_unexplained_counts_for_nothing(
    name: str, judged: dict[str, dict[str, Any]]
) -> None:
    assert judged[name]["state"] == "ended"
    assert pd.isna(judged[name]["is_success"])
