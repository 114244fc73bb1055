"""Rows wait for people until somebody says who they are; then they come back once, and none is lost."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest

from pipelines.ingest.home import OpenHome
from pipelines.ingest.mapping import Mapping
from pipelines.ingest.waiting import after_ingest, carry_out, look_again, try_again
from warehouse.answers import Answers, Waiting
from warehouse.errors import KinkeeperError
from warehouse.known import known_person

REPORT = """
[source]
name = "report"
format = "csv"
people = "known"

[[event]]
type = "session.held"
id = "{meeting}"
time = "at"
pair = {people = ["host", {name = "guest"}]}
data = {session_id = "meeting", minutes = "minutes"}
"""
HEADER = "meeting,at,host,guest,minutes\n"
ROSTER = """
[source]
name = "hr"
format = "csv"

[[event]]
type = "participant.registered"
id = "{id}"
time = "at"
data = {person_id = "id", role = "role", name = "name", email = "email"}
"""
PAIRS = """
[source]
name = "hr"
format = "csv"

[[event]]
type = "match.accepted"
id = "{pair}"
time = "at"
pair = "pair"
data = {mentee_id = {id = "mentee"}, mentor_id = {id = "mentor"}}
"""
PEOPLE = (
    "id,at,role,name,email\n"
    "a1,2026-01-01T00:00:00Z,mentor,Ana Roe,ana@example.org\n"
    "b1,2026-01-01T00:00:00Z,mentee,Bea Ortiz,bea@example.org\n"
)


def mapping(text: str) -> Mapping:
    return Mapping.model_validate(tomllib.loads(text))


def test_a_row_that_was_tried_and_stays_says_why_it_stays_now(desk: Any, home: OpenHome) -> None:
    report = mapping(REPORT)
    desk.drop("report.csv", f"{HEADER}m1,2026-02-01T10:00:00Z,ana@example.org,Bea Ortiz,30\n", report)
    assert desk.codes == ["person.unknown"]
    desk.drop("people.csv", PEOPLE, mapping(ROSTER))
    assert try_again(home) == 0
    assert desk.codes == ["pair.unknown"]
    for pair_id in ("p1", "p2"):
        accepted = "pair,at,mentee,mentor\n" + f"{pair_id},2026-01-02T00:00:00Z,b1,a1\n"
        desk.drop(f"{pair_id}.csv", accepted, mapping(PAIRS))
    assert try_again(home) == 0
    assert desk.codes == ["pair.ambiguous"], "two relationships of the same two people ran then"


@pytest.fixture
def home(desk: Any) -> OpenHome:
    return OpenHome(desk.settings, desk.log, desk.vault, desk.clock)


@pytest.fixture
def answers(home: OpenHome) -> Answers:
    return Answers(home.vault.store, home.clock)


@pytest.fixture
def roster(desk: Any) -> None:
    """Ana mentors Bea."""
    desk.drop("hr.csv", PEOPLE, mapping(ROSTER))
    pair(desk)


def pair(desk: Any) -> Any:
    record = {
        "specversion": "1.0",
        "source": "hr",
        "id": "p",
        "type": "mentorship.match.accepted.v1",
        "subject": "relationship/p",
        "time": "2026-02-01T00:00:00Z",
        "data": {"mentor_id": "a1", "mentee_id": "b1"},
    }
    return desk.drop("pair.ndjson", json.dumps(record) + "\n")


def report(desk: Any, *rows: str) -> Any:
    """A report of meetings on the first of March, one a row of host and guest."""
    lines = (f"m{number},2026-03-01T{number:02}:00:00Z,{row},30\n" for number, row in enumerate(rows, 1))
    return desk.drop("report.csv", HEADER + "".join(lines), mapping(REPORT))


def killed(*_arguments: Any, **_said: Any) -> None:
    raise OSError("killed")


def only(found: list[Waiting]) -> Waiting:
    (one,) = found
    return one


def books(desk: Any) -> tuple[int, int, int, int]:
    """Lines in, accepted, duplicate, quarantined; the law holds."""
    (counts,) = desk.rows(
        "select sum(lines_in)::int, sum(accepted)::int, sum(duplicate)::int, sum(quarantined)::int "
        "from log.ledger where source = 'report'"
    )
    assert counts[0] == sum(counts[1:])
    return counts


def test_whoever_is_unknown_is_asked_about_once_with_all_rows(
    desk: Any, roster: None, answers: Answers
) -> None:
    report(desk, "ana@example.org,B. Ortiz", "ana@example.org,b. ORTIZ", "ana@example.org,Bea Ortiz")
    one = only(answers.waiting())
    assert (one.kind, one.given, one.n_rows, one.sources) == ("name", "B. Ortiz", 2, ("report",))
    assert books(desk) == (3, 1, 0, 2)


def test_a_link_brings_the_rows_back_and_counts_for_later_ones(
    desk: Any, roster: None, home: OpenHome, answers: Answers
) -> None:
    report(desk, "ana@example.org,B. Ortiz", "ana@example.org,b. ORTIZ")
    bea = desk.vault.find("hr", "b1")
    answers.link(only(answers.waiting()).waiting_id, bea)
    (done,) = carry_out(home)
    assert done.outcome == "2 rows left quarantine"
    assert books(desk) == (2, 2, 0, 0)
    assert answers.waiting() == []
    assert desk.rows(
        "select count(*) from log.event where pair_id = 'p' and event_type = 'session.held'"
    ) == [(2,)]
    later = desk.drop(
        "later.csv", HEADER + "m9,2026-03-02T10:00:00Z,ana@example.org,B. ORTIZ,5\n", mapping(REPORT)
    )
    assert later.accepted == 1


def test_answering_twice_changes_nothing_more(
    desk: Any, roster: None, home: OpenHome, answers: Answers
) -> None:
    report(desk, "ana@example.org,B. Ortiz")
    one = only(answers.waiting())
    bea = desk.vault.find("hr", "b1")
    assert answers.link(one.waiting_id, bea).answer_id == answers.create(one.waiting_id).answer_id
    carry_out(home)
    n_events, known = desk.n_events, desk.vault.person_ids()
    answers.create(one.waiting_id)
    (done,) = carry_out(home)
    assert "answered already" in done.outcome
    assert (desk.n_events, desk.vault.person_ids()) == (n_events, known)


def test_a_killed_answer_is_finished_by_doing_it_again(
    desk: Any, roster: None, home: OpenHome, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(desk, "ana@example.org,Cleo Park")
    answers.create(only(answers.waiting()).waiting_id)
    with monkeypatch.context() as broken:
        broken.setattr(Answers, "settle", killed)
        with pytest.raises(OSError, match="killed"):
            carry_out(home)
    n_people = len(desk.vault.person_ids())
    (done,) = carry_out(home)
    assert done.outcome.startswith("0 rows left quarantine, 1 row still held back")
    assert len(desk.vault.person_ids()) == n_people, "no second person was made"


def test_a_new_person_waits_for_their_pair_then_comes_back_by_themselves(
    desk: Any, home: OpenHome, answers: Answers
) -> None:
    desk.drop("hr.csv", PEOPLE, mapping(ROSTER))
    result = report(desk, "ana@example.org,Bea Ortiz")
    assert desk.codes == ["pair.unknown"]
    assert answers.waiting() == []
    assert after_ingest(home, [result, pair(desk)])[0].accepted == 1
    assert books(desk) == (1, 1, 0, 0)


def test_a_roster_that_comes_late_answers_by_itself(desk: Any, home: OpenHome, answers: Answers) -> None:
    report(desk, "ana@example.org,Bea Ortiz", "ana@example.org,Nobody Known")
    assert {one.given for one in answers.waiting()} == {"ana@example.org", "Bea Ortiz", "Nobody Known"}
    desk.drop("hr.csv", PEOPLE, mapping(ROSTER))
    pair(desk)
    assert try_again(home) == 1
    one = only(answers.waiting())
    assert (one.given, one.n_rows) == ("Nobody Known", 1)
    assert books(desk) == (2, 1, 0, 1)


def test_ignored_people_waive_their_rows_also_those_to_come(
    desk: Any, roster: None, home: OpenHome, answers: Answers
) -> None:
    report(desk, "ana@example.org,Notetaker")
    answers.ignore(only(answers.waiting()).waiting_id, "a recording bot")
    (done,) = carry_out(home)
    assert done.outcome == "1 row waived"
    later = desk.drop(
        "later.csv", HEADER + "m9,2026-03-02T10:00:00Z,ana@example.org,NOTETAKER,5\n", mapping(REPORT)
    )
    after_ingest(home, [later])
    held = desk.rows("select code, status from log.quarantine order by code")
    assert held == [("person.ignored", "waived"), ("person.unknown", "waived")]
    assert answers.waiting() == []


def test_an_ignored_person_can_be_let_in_after_all(
    desk: Any, roster: None, home: OpenHome, answers: Answers
) -> None:
    report(desk, "ana@example.org,B. Ortiz")
    waiting_id = only(answers.waiting()).waiting_id
    answers.ignore(waiting_id, "a guest")
    carry_out(home)
    answers.undo(waiting_id)
    carry_out(home)
    assert only(answers.waiting()).status == "undone"
    answers.link(waiting_id, desk.vault.find("hr", "b1"))
    carry_out(home)
    assert books(desk) == (1, 1, 0, 0)


def test_taking_a_link_back_retracts_its_events_and_asks_again(
    desk: Any, roster: None, home: OpenHome, answers: Answers
) -> None:
    report(desk, "ana@example.org,B. Ortiz")
    waiting_id = only(answers.waiting()).waiting_id
    answers.link(waiting_id, desk.vault.find("hr", "b1"))
    carry_out(home)
    answers.undo(waiting_id)
    (done,) = carry_out(home)
    assert done.outcome == "it is asked again; 1 event retracted"
    taken = desk.rows(
        "select retracted_source, retracted_id from log.typed_event where retracted_id is not null"
    )
    assert taken == [("report", "m1")]
    later = desk.drop(
        "later.csv", HEADER + "m9,2026-03-02T10:00:00Z,ana@example.org,B. ORTIZ,5\n", mapping(REPORT)
    )
    assert later.quarantined == 1
    answers.undo(waiting_id)
    (again,) = carry_out(home)
    assert "nothing to take back" in again.outcome


def test_an_answer_can_be_withdrawn_until_it_is_begun(
    desk: Any, roster: None, home: OpenHome, answers: Answers
) -> None:
    report(desk, "ana@example.org,Bot")
    said = answers.ignore(only(answers.waiting()).waiting_id, "a bot")
    assert answers.withdraw(said.answer_id)
    assert carry_out(home) == []
    assert only(answers.waiting()).n_rows == 1


def test_a_row_of_a_file_that_never_landed_waits_no_more(
    desk: Any, roster: None, home: OpenHome, answers: Answers
) -> None:
    report(desk, "ana@example.org,B. Ortiz")
    desk.log.con.execute("update log.quarantine set status = 'waived'")
    look_again(home)
    assert answers.waiting() == []


def test_whom_to_link_to_is_named_in_any_way_but_surely(desk: Any, roster: None, home: OpenHome) -> None:
    bea = desk.vault.find("hr", "b1")
    assert {
        known_person(home.vault.store, called) for called in ("b1", "BEA@example.org", "ortiz, béa", bea)
    } == {bea}
    with pytest.raises(KinkeeperError, match="nobody"):
        known_person(home.vault.store, "Bea")
    namesakes = PEOPLE.replace("1,2026", "2,2026").replace("@example.org", "@example.net")
    desk.drop("hr2.csv", namesakes, mapping(ROSTER))
    with pytest.raises(KinkeeperError, match="several"):
        known_person(home.vault.store, "Bea Ortiz")


def test_a_person_who_is_unknown_is_only_in_the_vault(desk: Any, roster: None) -> None:
    report(desk, "ana@example.org,Zebulon Quix")
    assert desk.codes == ["person.unknown"]
    for table in ("quarantine", "ledger"):
        assert "Quix" not in str(desk.rows(f"select * from log.{table}"))
