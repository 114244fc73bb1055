"""Rosters, pairs, goals and a platform's lists, as CSV and as workbooks."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipelines.ingest.mapping import Mapping
from pipelines.ingest.mapping_file import read_mapping
from pipelines.ingest.presets import preset
from tests.pipelines.ingest import exports

FIXTURES = Path(__file__).parent / "fixtures"


def mapping(text: str) -> Mapping:
    return read_mapping(text, "test")


def ingest(desk: Any, name: str, chosen: Mapping) -> Any:
    result = desk.ingest(FIXTURES / name, chosen)
    assert result.lines_in == result.accepted + result.duplicate + result.quarantined
    return result


def people(desk: Any) -> list[tuple[Any, ...]]:
    """Name, role, day and time zone of everybody who registered, by name."""
    rows = desk.rows(
        "select person_id, role, occurred_at::date::varchar, time_zone from log.typed_event "
        "where event_type = 'participant.registered'"
    )
    desk.vault.flush()
    names = desk.vault.names([person_id for person_id, *_ in rows])
    return sorted((names.get(person_id, ""), *rest) for person_id, *rest in rows)


def test_an_hr_list_names_people_by_first_and_last_name(desk: Any) -> None:
    result = ingest(desk, "roster/hris.csv", preset("roster"))
    assert people(desk) == [
        ("Ana Silva-Étude", "mentee", "2026-01-05", None),
        ("Bo Ng", "mentor", "2026-01-05", None),
    ]
    assert (result.accepted, desk.codes) == (2, ["time.format", "field.email"])
    assert any("Salary Band" in note for note in result.notes)


def test_a_german_list_is_read_as_declared(desk: Any) -> None:
    chosen = mapping(
        'preset = "roster"\n[source]\nencoding = "windows-1252"\n'
        '[time]\ndate_order = "dmy"\nzone = "Europe/Berlin"'
    )
    ingest(desk, "roster/german.csv", chosen)
    assert people(desk) == [
        ("Jürgen Groß", "mentor", "2026-01-04", None),
        ("Änne Öz", "mentee", "2025-12-30", None),
    ]


def test_a_workbook_may_have_a_title_above_its_header(desk: Any) -> None:
    result = desk.drop(
        "people.xlsx", exports.workbook(("People", exports.PEOPLE), merged="A1:C1"), preset("roster")
    )
    assert people(desk) == [
        ("Ana Silva", "mentee", "2026-01-05", "Europe/Lisbon"),
        ("Bo Ng", "mentor", "2026-01-06", None),
        ("Cy", "mentor", "2026-01-07", None),
    ]
    assert (result.lines_in, result.accepted) == (3, 3)


def test_the_sheet_is_the_one_that_has_the_columns_or_the_one_that_is_named(desk: Any) -> None:
    other = [["What", "How many"], ["chairs", 7]]
    two = exports.workbook(("Chairs", other), ("People", exports.PEOPLE))
    assert desk.drop("two.xlsx", two, preset("roster")).accepted == 3
    again = exports.workbook(("A", exports.PEOPLE), ("B", exports.PEOPLE))
    refused = desk.drop("again.xlsx", again, preset("roster"))
    assert refused.notes[-1].startswith("xlsx.sheet: several sheets")
    named = desk.drop("again.xlsx", again, mapping('preset = "roster"\n[source]\nsheet = "b"'))
    assert (named.lines_in, named.duplicate) == (3, 3)


def test_a_hidden_sheet_is_not_read_unless_it_is_named(desk: Any) -> None:
    book = exports.workbook(("Shown", [["x"], [1]]), ("Old", exports.PEOPLE), hidden="Old")
    assert desk.drop("hidden.xlsx", book, preset("roster")).status == "refused"
    assert desk.drop("hidden.xlsx", book, mapping('preset = "roster"\n[source]\nsheet = "Old"')).accepted == 3


def test_a_formula_is_never_worked_out(desk: Any) -> None:
    rows = [["Employee ID", "Role", "Joined"], ["=A1", "Mentor", "2026-01-05"]]
    result = desk.drop("formula.xlsx", exports.workbook(("P", rows)), preset("roster"))
    assert (result.accepted, desk.codes) == (0, ["id.missing"])


def zip_of(**entries: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


BROKEN_BOOKS = {
    "cut off": (exports.workbook(("P", exports.PEOPLE))[:-200], "zip.damaged"),
    "not a zip": (b"Employee ID,Role\n1,mentor\n", "zip.damaged"),
    "another zip": (zip_of(notes=b"hello"), "file.type_mismatch"),
    "no workbook inside": (zip_of(**{"xl__workbook.xml": b"<nothing/>"}), "xlsx.damaged"),
    "a bomb": (zip_of(**{"xl__workbook.xml": b" " * (8 << 20)}), "zip.too_large"),
    "a path that climbs": (zip_of(**{"..__evil.xml": b"x", "xl__workbook.xml": b"x"}), "zip.path"),
    "without the columns": (exports.workbook(("P", [["a", "b"], [1, 2]])), "schema.missing_column"),
}


@pytest.mark.parametrize("name", BROKEN_BOOKS)
def test_a_broken_workbook_is_refused_by_name(desk: Any, name: str) -> None:
    content, code = BROKEN_BOOKS[name]
    result = desk.drop("broken.xlsx", content, preset("roster"))
    assert result.status == "refused"
    assert code in " ".join(result.notes)
    assert desk.n_events == 0


def test_a_list_of_pairs_makes_pairs_of_people_named_by_address(desk: Any) -> None:
    ingest(desk, "roster/hris.csv", preset("roster"))
    ingest(desk, "roster/pairs.csv", preset("pairs"))
    ((pair_id, cohort),) = desk.rows(
        "select pair_id, cohort_id from log.typed_event where event_type = 'match.accepted'"
    )
    assert cohort == "spring-2026"
    assert desk.rows(
        "select count(*) from log.typed_event as pair inner join log.typed_event as ana "
        "on pair.mentee_id = ana.person_id where pair.event_type = 'match.accepted'"
    ) == [(1,)]
    ingest(desk, "roster/goals.csv", preset("goals"))
    assert desk.rows(
        "select event_type, pair_id, goal_id, goal_kind, due_on::varchar from log.typed_event "
        "where event_type like 'goal.%' order by occurred_at, goal_id"
    ) == [
        ("goal.set", pair_id, "g1", "career", "2026-06-30"),
        ("goal.set", pair_id, "g2", "network", None),
        ("goal.achieved", pair_id, "g2", None, None),
    ]


def test_a_pair_that_stands_in_the_list_again_is_the_same_pair(desk: Any) -> None:
    ingest(desk, "roster/pairs.csv", preset("pairs"))
    later = "Mentor,Mentee,Started,Cohort\nBO@example.org,ana.silva@example.org,2026-01-12,Spring 2026\n"
    desk.drop("later.csv", later, preset("pairs"))
    assert desk.rows("select count(distinct pair_id), count(distinct mentor_id) from log.typed_event") == [
        (1, 1)
    ]


DMY = '[time]\ndate_order = "dmy"\nzone = "Europe/Berlin"\n'
OLD = '[source]\nencoding = "windows-1252"\n'

LISTS = {
    "roster/french.csv": ('preset = "roster"\n[alias]\n"Last Name" = "Nom de famille"\n' + DMY, [2]),
    "roster/by-email.csv": ('preset = "roster-by-email"', [2]),
    "roster/pairs-german.csv": (f'preset = "pairs"\n{OLD}{DMY}', [1]),
    "roster/pairs-matched.csv": ('preset = "pairs"', [2]),
    "roster/goals-short.csv": ('preset = "goals"', [1]),
    "roster/goals-done.csv": ('preset = "goals"', [2, 1]),
    "platform/participants-members.csv": ('preset = "platform-participants"', [2]),
    "platform/participants-tabs.csv": ('preset = "platform-participants"', [3]),
    "platform/matches-connections.csv": ('preset = "platform-matches"', [1]),
    "platform/matches-requests.csv": ('preset = "platform-matches"', [1, 1, 1]),
    "platform/meetings-sessions.csv": ('preset = "platform-meetings"', [1, 1]),
    "platform/meetings-dated.csv": ('preset = "platform-meetings"', [1]),
    "platform/messages-authors.csv": ('preset = "platform-messages"', [2]),
    "platform/messages-semicolons.csv": ('preset = "platform-messages"', [1]),
    "platform/tasks-milestones.csv": ('preset = "platform-tasks"', [1]),
    "platform/tasks-goals.csv": ('preset = "platform-tasks"', [2, 1]),
}
"""Files with other names, dates and encodings -> how they are read, and how many events of each type come."""


@pytest.mark.parametrize("name", LISTS)
def test_a_list_with_other_names_and_dates_is_read_whole(desk: Any, name: str) -> None:
    text, counts = LISTS[name]
    chosen = mapping(text)
    if chosen.source.people == "known":
        ingest(desk, "roster/by-email.csv", preset("roster-by-email"))
        ingest(desk, "roster/pairs.csv", preset("pairs"))
        ingest(desk, "platform/participants-tabs.csv", preset("platform-participants"))
    before = desk.n_events
    assert ingest(desk, name, chosen).quarantined == 0
    new = f"select count(*) from log.event where position > {before} group by event_type order by 1 desc"
    assert [n_events for (n_events,) in desk.rows(new)] == counts


def test_people_without_ids_are_known_by_their_addresses(desk: Any) -> None:
    text = "Name;E-mail;Role;Joined\nAna;ana@example.org;Mentee;2026-01-05\n"
    desk.drop("people.csv", text, preset("roster-by-email"))
    desk.drop("again.csv", text.replace("ana@", "ANA@").replace("01-05", "01-06"), preset("roster-by-email"))
    assert desk.rows("select count(*), count(distinct person_id) from log.typed_event") == [(2, 1)]


def test_people_who_are_in_no_list_yet_wait_for_it(desk: Any) -> None:
    ingest(desk, "platform/messages.csv", preset("platform-messages"))
    assert desk.codes == ["person.unknown", "person.unknown"]


def test_the_lists_of_a_platform_tell_who_met_and_what_became_of_it(desk: Any) -> None:
    counted = {
        name: ingest(desk, f"platform/{name}.csv", preset(f"platform-{name}")).n_events
        for name in ("participants", "matches", "meetings", "messages", "tasks")
    }
    assert counted == {"participants": 3, "matches": 3, "meetings": 3, "messages": 2, "tasks": 2}
    assert desk.codes == ["mapping.no_rule"]
    assert desk.rows(
        "select event_type, evidence, minutes from log.typed_event "
        "where event_type like 'session.%' order by event_type"
    ) == [
        ("session.cancelled", "observed", None),
        ("session.date_passed", "assumed", None),
        ("session.held", "attested1", 45),
    ]
    said = " ".join(str(row) for row in desk.rows("select * from log.event"))
    assert "private" not in said
    assert "Write the plan" not in said
