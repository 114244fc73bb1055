"""Who is meant is never guessed: one person, or somebody is asked."""

from __future__ import annotations

import datetime as dt
import json
import string
import tomllib
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingest.mapping import Mapping
from pipelines.ingest.who import Directory, address_of, alike
from warehouse.errors import EventRejected
from warehouse.policy import Policy
from warehouse.waiting import PersonWaits, fold_name

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)

REPORT = """
[source]
name = "report"
format = "csv"
people = "known"

[[event]]
type = "session.held"
id = "{meeting}"
time = "at"
pair = {people = [{email = "host"}, {email = "guest"}]}
actor = {email = "host"}
actor_role = {value = "mentor"}
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
data = {person_id = {id = "id"}, role = "role", name = "name", email = "email"}
"""


def mapping(text: str) -> Mapping:
    return Mapping.model_validate(tomllib.loads(text))


@pytest.fixture
def people(desk: Any) -> dict[str, str]:
    """Ana, Béa and two called Alex Kim, as a roster names them."""
    rows = (
        "id,at,role,name,email\n"
        "a1,2026-01-01T00:00:00Z,mentor,Ana Müller,ana@example.org\n"
        "b1,2026-01-01T00:00:00Z,mentee,Béa Ortiz,bea@example.org\n"
        "k1,2026-01-01T00:00:00Z,mentee,Alex Kim,alex1@example.org\n"
        "k2,2026-01-01T00:00:00Z,mentee,Alex Kim,alex2@example.org\n"
    )
    assert desk.drop("hr.csv", rows, mapping(ROSTER)).accepted == 4
    return {given: desk.vault.find("hr", given) for given in ("a1", "b1", "k1", "k2")}


@pytest.fixture
def directory(desk: Any) -> Any:
    """A directory as the reading of the next file gets it; `same` declares domains alike."""

    def made(**policy: str) -> Directory:
        return Directory(desk.vault, desk.log.con, Policy(**policy))

    return made


def pairs(desk: Any, *events: dict[str, Any]) -> None:
    """Native events about pairs, with ids that are unlike all others."""
    first = desk.n_events
    records = [
        {"specversion": "1.0", "source": "hr", "id": f"p{first + at}", **event}
        for at, event in enumerate(events)
    ]
    done = desk.drop(f"pairs{first}.ndjson", "".join(json.dumps(one) + "\n" for one in records))
    assert done.accepted == len(events), desk.codes


def accepted(pair: str, mentor: str, mentee: str, on: str = "2026-02-01") -> dict[str, Any]:
    data = {"mentor_id": mentor, "mentee_id": mentee}
    return happened("match.accepted", pair, on, data)


def happened(kind: str, pair: str, on: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": f"mentorship.{kind}.v1",
        "subject": f"relationship/{pair}",
        "time": f"{on}T00:00:00Z",
        "data": data,
    }


@pytest.mark.parametrize(
    "given",
    [
        "ana@example.org",
        "ANA@Example.ORG",
        " ana+zoom@example.org",
        "mailto:ana@example.org",
        "A <ana@example.org>",
    ],
)
def test_an_address_is_one_person_however_it_is_written(given: str, people: Any, directory: Any) -> None:
    assert directory().person("zoom", given) == people["a1"]


def test_a_tag_makes_another_person_where_the_policy_says_so(people: Any, directory: Any) -> None:
    with pytest.raises(PersonWaits, match=r"person.unknown"):
        directory(plus_addresses="apart").person("zoom", "ana+zoom@example.org")


def test_two_tags_of_a_shared_mailbox_are_two_people(desk: Any, directory: Any) -> None:
    desk.vault.pseudonym("hr", "team+ana@example.org")
    with pytest.raises(PersonWaits, match=r"person.unknown"):
        directory().person("zoom", "team+bea@example.org")


def test_two_mail_domains_are_the_same_only_where_declared(desk: Any, directory: Any) -> None:
    ana = desk.vault.pseudonym("hr", "ana@gmail.com")
    with pytest.raises(PersonWaits):
        directory().person("zoom", "ana@googlemail.com")
    declared = directory(same_mail_domains="gmail.com=googlemail.com, a.example=b.example")
    assert declared.person("zoom", "Ana+x@GoogleMail.com") == ana


def test_an_address_that_could_be_two_people_is_asked_about(desk: Any, directory: Any) -> None:
    desk.vault.pseudonym("hr", "ana@a.example")
    desk.vault.pseudonym("hr", "ana@b.example")
    declared = directory(same_mail_domains="a.example=b.example=c.example")
    with pytest.raises(PersonWaits, match=r"person.ambiguous"):
        declared.person("zoom", "ana@c.example")


@pytest.mark.parametrize("given", ["Ana Müller", "ana  MULLER", "Müller, Ana", "ANA MU\u0308LLER"])
def test_a_name_is_found_in_any_spelling(given: str, people: Any, directory: Any) -> None:
    assert directory().person("zoom", given, kind="name") == people["a1"]


@pytest.mark.parametrize("given", ["Ana Muller-Ruiz", "Ana", "Anna Müller", "A. Müller"])
def test_a_name_that_only_looks_like_it_is_not_taken(given: str, people: Any, directory: Any) -> None:
    with pytest.raises(PersonWaits, match=r"person.unknown") as waits:
        directory().person("zoom", given, kind="name", field="who")
    assert given not in str(waits.value)
    assert waits.value.field == "who"


def test_a_name_two_people_share_is_asked_about(people: Any, directory: Any) -> None:
    with pytest.raises(PersonWaits, match=r"person.ambiguous"):
        directory().person("zoom", "KIM, Alex", kind="name")


def test_an_id_counts_within_its_source(people: Any, directory: Any) -> None:
    assert directory().person("hr", "a1") == people["a1"]
    with pytest.raises(PersonWaits):
        directory().person("zoom", "a1")


def test_a_broken_address_is_no_person(directory: Any) -> None:
    with pytest.raises(EventRejected, match=r"field.email"):
        directory().person("zoom", "ana@", kind="email")


def test_a_person_named_for_the_first_time_may_be_new(people: Any, directory: Any, desk: Any) -> None:
    one = directory().person("zoom", "cleo@example.org", may_be_new=True)
    assert one not in people.values()
    assert desk.vault.find("zoom", "CLEO@example.org") == one
    dana = directory().person("zoom", "Dana Roe", kind="name", may_be_new=True)
    assert directory().person("zoom", "roe, dana", kind="name") == dana


def test_an_erased_person_is_not_let_in_by_another_spelling(desk: Any, people: Any, directory: Any) -> None:
    from warehouse.erasure import Erasures

    Erasures(desk.vault.store).begin(people["a1"], "requested", desk.clock())
    Erasures(desk.vault.store).forget(people["a1"])
    desk.vault.__init__(desk.vault.store)
    for kind, called in (("email", "ana+zoom@example.org"), ("name", "müller, ana")):
        with pytest.raises(EventRejected, match=r"subject.erased"):
            directory().person("zoom", called, kind=kind)


def test_the_pair_is_the_one_that_ran_then(desk: Any, people: Any, directory: Any) -> None:
    end = {"end_reason": "goals_met", "initiator": "both"}
    pairs(
        desk,
        accepted("old", "a1", "b1", "2025-01-01"),
        happened("relationship.ended", "old", "2025-06-01", end),
        accepted("new", "a1", "b1", "2026-02-01"),
        accepted("other", "a1", "k1", "2025-01-01"),
    )
    two = [people["b1"], people["a1"]]
    found = {on: directory().pair_of(two, dt.datetime.fromisoformat(f"{on}T12:00:00+00:00")) for on in DAYS}
    assert found == dict(zip(DAYS, ["old", "old", "new", "new"], strict=True))


DAYS = ("2024-12-01", "2025-03-01", "2025-08-01", "2026-03-01")
"""Before either (its roster came late), during the first, between them, during the second."""


def test_a_late_meeting_belongs_to_the_pair_that_ended(desk: Any, people: Any, directory: Any) -> None:
    end = {"end_reason": "goals_met", "initiator": "both"}
    pairs(
        desk, accepted("p", "a1", "b1", "2025-01-01"), happened("relationship.ended", "p", "2025-06-01", end)
    )
    assert directory().pair_of([people["a1"], people["b1"]], NOON) == "p"


def test_a_pair_of_which_somebody_left_the_program_is_over(desk: Any, people: Any, directory: Any) -> None:
    left = {"type": "mentorship.participant.withdrew.v1", "time": "2026-02-10T00:00:00Z"}
    pairs(
        desk,
        accepted("p", "a1", "b1"),
        left | {"data": {"person_id": "b1"}},
        accepted("q", "b1", "a1", "2026-02-20"),
    )
    two = [people["a1"], people["b1"]]
    found = [directory().pair_of(two, NOON.replace(month=2, day=day)) for day in (5, 25)]
    assert found == ["p", "q"]


END = {"end_reason": "faded", "initiator": "pm"}


@pytest.mark.parametrize(
    "over",
    [
        happened("relationship.ended", "p", "2026-03-01", END),
        happened("match.declined", "p", "2026-03-01", {"party": "mentor"}),
        {
            "type": "mentorship.participant.withdrew.v1",
            "time": "2026-03-01T00:00:00Z",
            "data": {"person_id": "b1"},
        },
    ],
    ids=lambda event: event["type"],
)
def test_a_pair_that_both_accept_again_after_its_end_runs_anew(
    desk: Any, people: Any, directory: Any, over: dict[str, Any]
) -> None:
    one, other = people["a1"], people["b1"]
    pairs(desk, accepted("p", "a1", "b1", "2026-02-01"), over)
    assert directory().pairs_with(one, NOON.replace(month=4)) == []
    yes = happened("match.accepted", "p", "2026-03-10", {"mentor_id": "a1"})
    pairs(desk, yes)
    assert directory().pairs_with(one, NOON.replace(month=4)) == []
    pairs(desk, happened("match.accepted", "p", "2026-03-12", {"mentee_id": "b1"}))
    (anew,) = directory().pairs_with(other, NOON.replace(month=4))
    assert (anew.pair_id, anew.ends_at) == ("p", None)


def test_two_pairs_running_at_once_are_asked_about(desk: Any, people: Any, directory: Any) -> None:
    pairs(desk, accepted("p", "a1", "b1"), accepted("q", "b1", "a1"))
    with pytest.raises(EventRejected, match=r"pair.ambiguous"):
        directory().pair_of([people["a1"], people["b1"]], NOON)


def test_a_declined_or_retracted_pair_is_none(desk: Any, people: Any, directory: Any) -> None:
    proposal = {"mentor_id": "a1", "mentee_id": "b1"}
    pairs(
        desk,
        happened("match.proposed", "p", "2026-02-01", proposal),
        happened("match.declined", "p", "2026-02-02", {"party": "mentor"}),
        accepted("q", "a1", "b1"),
    )
    gone = {"retracted_source": "hr", "retracted_id": "p6"}
    retraction = {"type": "mentorship.ops.event_retracted.v1", "time": "2026-02-03T00:00:00Z", "data": gone}
    pairs(desk, retraction)
    with pytest.raises(EventRejected, match=r"pair.unknown"):
        directory().pair_of([people["a1"], people["b1"]], NOON)


def test_a_third_person_does_not_hide_the_pair(desk: Any, people: Any, directory: Any) -> None:
    pairs(desk, accepted("p", "a1", "b1"))
    assert directory().pair_of([people["a1"], people["k1"], people["b1"]], NOON) == "p"
    with pytest.raises(EventRejected, match=r"pair.unknown"):
        directory().pair_of([people["a1"], people["k1"]], NOON)


def test_a_report_names_its_people_and_the_pair_is_found(desk: Any, people: Any) -> None:
    pairs(desk, accepted("p", "a1", "b1"))
    row = "m1,2026-03-01T10:00:00Z,Ana+cal@example.org,BEA@example.org,30\n"
    assert desk.drop("report.csv", HEADER + row, mapping(REPORT)).accepted == 1
    held = desk.rows("select pair_id, actor_id from log.event where event_type = 'session.held'")
    assert held == [("p", people["a1"])]


def test_a_report_makes_nobody_a_person(desk: Any, people: Any) -> None:
    before = desk.vault.person_ids()
    row = "m1,2026-03-01T10:00:00Z,ana@example.org,stranger@example.org,30\n"
    done = desk.drop("report.csv", HEADER + row, mapping(REPORT))
    assert (done.accepted, done.quarantined, desk.codes) == (0, 1, ["person.unknown"])
    assert desk.vault.person_ids() == before


@given(st.text(alphabet=string.ascii_lowercase + string.digits + "._-", min_size=1, max_size=20), st.data())
def test_no_spelling_of_an_address_makes_another_one(mailbox: str, data: st.DataObject) -> None:
    address = f"{mailbox}@example.org"
    spelt = "".join(data.draw(st.sampled_from([letter, letter.upper()])) for letter in address)
    assert address_of(f"  {spelt} ") == address_of(f"N <{spelt}>") == address
    assert address in alike(f"{mailbox}+tag@example.org", Policy())
    assert alike(address, Policy()) == []


@given(st.text(max_size=60))
def test_folding_a_name_twice_changes_nothing_more(name: str) -> None:
    once = fold_name(name)
    assert fold_name(once.replace(",", "")) == once.replace(",", "").strip() or "," in once
    assert fold_name(unicodedata.normalize("NFD", name)) == once
    assert fold_name(f"  {name}\t") == once


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ("ana@example.org,ana+work@example.org", "pair.unknown"),
        ("ana@example.org,bea@", "field.email"),
        ("ana@example.org,bea@example.org bcc: x@example.org", "field.email"),
        ("ana@example.org,", "field.missing"),
        ("ana@example.org,Bea Ortiz", "field.email"),
    ],
)
def test_a_row_that_names_no_two_people_says_why(desk: Any, people: Any, cells: str, code: str) -> None:
    done = desk.drop("report.csv", HEADER + f"m1,2026-03-01T10:00:00Z,{cells},30\n", mapping(REPORT))
    assert (done.quarantined, desk.codes) == (1, [code])


@pytest.mark.parametrize(
    ("given_id", "code"),
    [("e\u0301", "id.not_nfc"), ("u1\u200b", "id.charset"), ("u\x001", "text.control_char")],
)
def test_an_id_that_only_looks_like_another_is_refused(directory: Any, given_id: str, code: str) -> None:
    with pytest.raises(EventRejected) as refused:
        directory().person("hr", given_id, kind="id")
    assert refused.value.code == code


def test_a_mentor_under_two_addresses_is_not_their_own_mentee(desk: Any, people: Any) -> None:
    text = """
[source]
name = "pairs"
format = "csv"

[[event]]
type = "match.accepted"
id = "{pair}"
time = "at"
pair = "pair"
data = {mentor_id = {email = "mentor"}, mentee_id = {email = "mentee"}}
"""
    row = "pair,at,mentor,mentee\np9,2026-01-01T00:00:00Z,ana@example.org,ANA+x@example.org\n"
    desk.drop("pairs.csv", row, mapping(text))
    assert desk.codes == ["domain.self_pair"]
