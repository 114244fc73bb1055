"""A proposal says what a file is, asks what it does not settle, and reads the file it was made for."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipelines.ingest.helper.preview import preview
from pipelines.ingest.helper.proposal import Proposal, propose
from pipelines.ingest.helper.table import look_at
from warehouse.errors import FileRefused
from warehouse.settings import Settings, load_settings

TODAY = dt.date(2026, 11, 24)

SESSIONS = (
    "Datum;Mentor E-Mail;Mentee E-Mail;Dauer (Minuten);Status\r\n"
    "13.02.2026 10:30;müller@example.org;b@example.org;30;Completed\r\n"
    "01.03.2026 10:30;müller@example.org;c@example.org;45;Cancelled\r\n"
)
PAIRS = (
    "Start date,Mentor,Mentor email,Mentee,Mentee email,Cohort\n"
    "01/02/2026,Ana Roe,a@example.org,Bo Li,b@example.org,spring\n"
    "03/04/2026,Ana Roe,a@example.org,Cy Ray,c@example.org,spring\n"
)
PLATFORM = (
    "session_id,mentor_id,mentee_id,scheduledAt,Duration (min),status\n"
    "S-1,u1,v1,2026-02-01T10:00:00Z,30,COMPLETED\n"
    "S-2,u1,v2,2026-02-02T10:00:00Z,30,SCHEDULED\n"
    "S-3,u2,v1,2026-02-03T10:00:00Z,30,mentee no-show\n"
)
MESSAGES = (
    "id,from,to,sent_at\n"
    "1,a@example.org,b@example.org,1772359200000\n"
    "2,b@example.org,a@example.org,1772445600000\n"
)
REPORT = "Mentoring report,,,\nExported today,,,\n,,,\nDate,Mentor name,Mentee name,Topic\n" + "".join(
    f'{day} Mar 2026,Ana Roe,Bo Li,"Talk,\nabout {day}"\n' for day in range(1, 9)
)
EXCEL = "Meeting date\tCoach\tCoachee\tRating\r\n" + "".join(
    f"{day}/{day + 12}/26 {day}:05 PM\tAna Roe\tBo Li\t4,5\r\n" for day in range(1, 9)
)
MENTORS = "Employee ID,First seen,Full name,Work email\nE1,2026-01-02,Ana Roe,a@example.org\n"
PEOPLE = "Email,Name,Role\na@example.org,Ana Roe,Mentor\nb@example.org,Bo Li,Mentee\n"
SURVEY = (
    "Submitted,Your e-mail,How satisfied are you?,Do you feel heard?\n"
    "2026-03-10 10:00,a@example.org,5,4\n2026-03-11 10:00,b@example.org,3,4\n"
)
OBJECTS = "".join(
    json.dumps(
        {
            "meetingId": f"m{day}",
            "startedAt": f"2026-03-0{day}T10:00:00+01:00",
            "hostEmail": "a@example.org",
            "guestEmail": "b@example.org",
            "durationMinutes": 30,
        }
    )
    + "\n"
    for day in range(1, 5)
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(tmp_path / "home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "files"
    place.mkdir()
    return place


def proposed(path: Path, content: str | bytes, **answers: Any) -> Proposal:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return propose(look_at(path), TODAY, **answers)


CASES: dict[str, tuple[str, str | bytes, dict[str, str], str, dict[str, int]]] = {
    "windows-1252 and semicolons": (
        "Sitzungen März.csv",
        SESSIONS.encode("cp1252"),
        {"zone": "Europe/Berlin"},
        "sessions",
        {"session.held": 1, "session.cancelled": 1},
    ),
    "pairs of names and addresses": (
        "pairs.csv",
        PAIRS,
        {"zone": "UTC", "order": "dmy"},
        "pairs",
        {"match.accepted": 2, "participant.registered": 4},
    ),
    "a platform's sessions by id": (
        "export.csv",
        PLATFORM,
        {},
        "sessions",
        {"session.held": 1, "session.no_show": 1},
    ),
    "messages with epoch times": ("mail.csv", MESSAGES, {}, "messages", {"exchange.message_sent": 2}),
    "a report with a title": ("report.csv", REPORT, {"zone": "UTC"}, "sessions", {"session.held": 8}),
    "UTF-16 with tabs": (
        "excel.csv",
        EXCEL.encode("utf-16"),
        {"zone": "America/New_York"},
        "sessions",
        {"session.held": 8},
    ),
    "mentors by the file's name": (
        "mentors.csv",
        MENTORS,
        {"zone": "UTC"},
        "participants",
        {"participant.registered": 1},
    ),
    "people with a role": ("people.csv", PEOPLE, {}, "participants", {"participant.registered": 2}),
    "objects of another program": ("foreign.ndjson", OBJECTS, {}, "sessions", {"session.held": 4}),
    "UTF-8 with a mark": (
        "bom.csv",
        b"\xef\xbb\xbf" + PLATFORM.encode(),
        {},
        "sessions",
        {"session.held": 1, "session.no_show": 1},
    ),
    "bars between": (
        "bars.csv",
        MESSAGES.replace(",", "|"),
        {},
        "messages",
        {"exchange.message_sent": 2},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_file_is_read_through_its_own_proposal(case: str, folder: Path, settings: Settings) -> None:
    name, content, answers, what, events = CASES[case]
    made = proposed(folder / name, content, **answers)
    assert (made.what, made.questions) == (what, [])
    shown = preview(folder / name, made.toml, settings)
    assert shown.problems == []
    assert shown.by_type == events
    assert len(shown.events) == sum(events.values())


def test_a_preview_leaves_nothing_behind(folder: Path, settings: Settings) -> None:
    made = proposed(folder / "a.csv", PLATFORM)
    before = sorted(settings.home.rglob("*"))
    preview(folder / "a.csv", made.toml, settings)
    assert sorted(settings.home.rglob("*")) == before
    assert sorted(path.name for path in folder.iterdir()) == ["a.csv"]


def test_a_preview_shows_nobody(folder: Path, settings: Settings) -> None:
    made = proposed(folder / "pairs.csv", PAIRS, zone="UTC", order="dmy")
    shown = preview(folder / "pairs.csv", made.toml, settings)
    told = " ".join(event.says for event in shown.events)
    assert "role mentor" in told
    assert not any(word in told for word in ("Ana", "example.org", "per_"))


def test_a_workbook_is_proposed_from_its_longest_sheet(folder: Path, settings: Settings) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active.append(["nothing"])
    sheet = book.create_sheet("Pairs")
    sheet.append(["Pair", "Mentor email", "Mentee email", "Matched on"])
    for number in (1, 2, 3):
        pair = [f"p{number}", "a@example.org", f"m{number}@example.org", dt.datetime(2026, 2, number)]
        sheet.append(pair)
    book.save(folder / "roster.xlsx")
    made = propose(look_at(folder / "roster.xlsx"), TODAY, zone="UTC")
    assert made.what == "pairs"
    assert 'sheet = "Pairs"' in made.toml
    assert preview(folder / "roster.xlsx", made.toml, settings).by_type == {"match.accepted": 3}


def test_day_and_month_that_fit_both_ways_are_asked_for(folder: Path) -> None:
    made = proposed(folder / "pairs.csv", PAIRS, zone="UTC")
    (question,) = made.questions
    assert (question.option, question.choices) == ("--date-order", ("dmy", "mdy"))
    assert "all 2 rows are dates both day first and month first" in question.text
    assert "date_order" not in made.toml


def test_two_exports_in_one_file_are_told_apart_by_their_dates(folder: Path) -> None:
    rows = "date,mentor email,mentee email\n13/02/2026,a@x.org,b@x.org\n02/13/2026,a@x.org,c@x.org\n"
    (question,) = proposed(folder / "mixed.csv", rows, zone="UTC").questions
    assert "no order fits all rows" in question.text


def test_one_order_that_fits_is_taken_and_the_reason_written_beside_it(folder: Path) -> None:
    made = proposed(folder / "s.csv", SESSIONS, zone="UTC")
    assert (
        'date_order = "dmy" # day first: the first number is above 12 in 1 row, so it is the day' in made.toml
    )


def test_an_order_is_borrowed_from_another_column_and_said(folder: Path) -> None:
    rows = "Started,Ended,Mentor email,Mentee email\n01/02/2026,25/02/2026,a@x.org,b@x.org\n"
    made = proposed(folder / "pairs.csv", rows, zone="UTC")
    assert made.questions == []
    assert any("'Started' is read day first, as in 'Ended'" in reason for reason in made.reasons)


def test_a_clock_without_a_zone_is_asked_for(folder: Path) -> None:
    (question,) = proposed(folder / "s.csv", SESSIONS).questions
    assert question.option == "--zone"
    assert "zone =" not in proposed(folder / "s.csv", SESSIONS).toml


def test_decimal_commas_are_told_and_never_taken_for_whole_numbers(folder: Path) -> None:
    rows = SESSIONS.replace(";30;", ";30,5;").replace(";45;", ";45,0;")
    made = proposed(folder / "s.csv", rows, zone="UTC")
    assert any("with a decimal comma" in reason for reason in made.reasons)
    assert "minutes" not in made.toml.partition("[[event]]")[2]


def test_a_status_nobody_knows_is_left_to_a_person(folder: Path, settings: Settings) -> None:
    made = proposed(folder / "s.csv", SESSIONS.replace("Cancelled", "krank"), zone="UTC")
    assert made.unfinished == ["'Status': say what \"krank\" means"]
    shown = preview(folder / "s.csv", made.toml, settings)
    assert [(problem.code, problem.n_rows) for problem in shown.problems] == [("mapping.no_rule", 1)]


def test_a_survey_is_left_to_be_bound_by_hand(folder: Path) -> None:
    made = proposed(folder / "answers.csv", SURVEY, zone="UTC")
    assert made.what == "survey"
    assert '# item = "Do you feel heard?"' in made.toml


def test_a_table_of_something_else_is_not_forced_into_events(folder: Path) -> None:
    made = proposed(folder / "stock.csv", "sku,price,qty\nA1,4.5,3\nB2,5.5,4\n")
    assert made.what is None
    assert "# [[event]]" in made.toml
    assert made.unfinished


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"", "file.empty"),
        ("a.csv", b"\n\n", "file.empty"),
        ("a.csv", b"%PDF-1.4 hello", "file.type_mismatch"),
        ("a.csv", b"2026-03-01,a@x.org\n2026-03-02,b@x.org\n", "csv.header_missing"),
        ("a.csv", "date,who\n".encode("utf-16-le"), "text.encoding"),
        ("a.xlsx", b"PK\x03\x04broken", "zip.damaged"),
        ("a.docx", b"PK", "file.type_unknown"),
    ],
)
def test_what_is_no_table_is_refused_with_its_reason(
    folder: Path, name: str, content: bytes, code: str
) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(FileRefused) as refused:
        look_at(folder / name)
    assert refused.value.code == code


def test_how_a_file_is_written_is_said(folder: Path) -> None:
    (folder / "a.csv").write_bytes(SESSIONS.encode("cp1252"))
    (how, parted) = look_at(folder / "a.csv").said
    assert how.startswith("not UTF-8: read as Windows-1252, 2 characters depend on it")
    assert parted == "columns parted by semicolons"
