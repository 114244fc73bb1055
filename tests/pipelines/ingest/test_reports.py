"""What a meeting tool saw: who was there together, who came late, who waited in vain."""

from __future__ import annotations

import datetime as dt
import json
import random
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingest.lines import REPORTS
from pipelines.ingest.mapping import Mapping
from pipelines.ingest.presets import preset
from pipelines.ingest.readers.attendance import ReportLayout, clock_time, length_of, names_of
from pipelines.ingest.readers.ics import CalendarLayout, read_ics
from pipelines.ingest.readers.records import Record
from pipelines.ingest.sessions import minutes_of, together
from pipelines.ingest.traces import Reading, Traces, names_somebody
from tests.conftest import DEMO_NOW
from tests.pipelines.ingest.exports import workbook
from warehouse.errors import FileRefused

LONDON = {"zone": "Europe/London"}
US = {"zone": "Europe/London", "date_order": "mdy"}
EU = {"zone": "Europe/London", "date_order": "dmy"}

HEADER = "Name (original name),Email,Join time,Leave time,Duration (minutes)\n"
MO = "Mo Mentor,mo.mentor@example.org,2026-11-03 10:00:00,2026-11-03 10:45:00,45\n"
ANA = "Ana Mentee,ana.mentee@example.org,2026-11-03 10:05:00,2026-11-03 10:40:00,35\n"


def session(desk: Any) -> list[tuple[Any, ...]]:
    """What became of sessions: type without joins, time, minutes, side."""
    rows = desk.rows(
        "select event_type, occurred_at, minutes, party from log.typed_event "
        "where event_type like 'session.%' and event_type not in ('session.joined', 'session.left') "
        "order by occurred_at, event_type"
    )
    return [(kind.removeprefix("session."), f"{at:%d %b %H:%M}", *rest) for kind, at, *rest in rows]


FILES = {
    "zoom/with-meeting-block.csv": (
        US,
        [("held", "03 Nov 10:09", 40, None), ("late", "03 Nov 10:09", 11, "mentee")],
    ),
    "zoom/plain.csv": (LONDON, [("held", "17 Nov 10:01", 29, None)]),
    "zoom/excel-resaved.csv": (LONDON, [("no_show", "24 Nov 08:00", None, "mentee")]),
    "zoom/meeting-in-every-row.csv": (
        LONDON,
        [
            ("held", "03 Nov 10:09", 41, None),
            ("late", "03 Nov 10:09", 11, "mentee"),
            ("held", "17 Nov 10:01", 29, None),
        ],
    ),
    "zoom/unique-users.csv": (LONDON, [("held", "17 Nov 10:00", 28, None)]),
    "zoom/guest-in-waiting-room.csv": (LONDON, [("held", "17 Nov 10:01", 29, None)]),
    "teams/durations-alone.csv": (LONDON, [("held", "17 Nov 10:00", 68, None)]),
    "teams/live-list.csv": (LONDON, [("held", "17 Nov 10:01", 43, None)]),
    "teams/live-list-german.csv": (LONDON, [("held", "17 Nov 10:01", 44, None)]),
    "teams/french.csv": (LONDON, [("held", "17 Nov 10:01", 44, None)]),
    "teams/english-us.csv": (
        US,
        [("held", "03 Nov 10:09", 40, None), ("late", "03 Nov 10:09", 11, "mentee")],
    ),
    "teams/german.csv": (LONDON, [("held", "17 Nov 10:01", 29, None)]),
    "teams/older-without-sections.csv": (
        LONDON,
        [("held", "24 Nov 08:15", 30, None), ("late", "24 Nov 08:15", 15, "mentee")],
    ),
    "meet/2026-11-03 10_00 abc-defg-hij - Attendance Report.csv": (
        LONDON,
        [("held", "03 Nov 10:09", 41, None), ("late", "03 Nov 10:09", 11, "mentee")],
    ),
    "meet/2026_11_17 evening (with names only).csv": (
        LONDON,
        [("held", "17 Nov 23:05", 75, None), ("late", "17 Nov 23:05", 5, "mentee")],
    ),
    "meet/Mentoring – 2026_11_17 09_55 GMT – Attendance Report.csv": (
        LONDON,
        [("held", "17 Nov 10:01", 44, None)],
    ),
    "meet/admin-log.csv": (
        {},
        [
            ("no_show", "20 Nov 09:00", None, "mentee"),
            ("held", "24 Nov 08:15", 30, None),
            ("late", "24 Nov 08:15", 15, "mentee"),
        ],
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_report_is_recognised_and_becomes_sessions(known: Any, exports: Path, name: str) -> None:
    declared, expected = FILES[name]
    result = known.ingest(exports / name, declared=declared)
    assert result.quarantined == 0, result.notes
    assert result.lines_in == result.accepted + result.duplicate > 0
    assert session(known) == expected
    again = known.drop(f"again-{Path(name).name}", (exports / name).read_bytes(), declared=declared)
    assert again.status == "already_ingested"


def test_everybody_joins_and_leaves_as_often_as_they_did(known: Any, exports: Path) -> None:
    known.ingest(exports / "zoom" / "with-meeting-block.csv", declared=US)
    counted = known.rows(
        "select event_type, count(*) from log.event group by 1 having event_type like '%oin%'"
    )
    assert counted == [("session.joined", 3)], "the notetaker is nobody, Ana came back under another address"


def test_nothing_a_report_says_in_words_is_kept(known: Any, exports: Path) -> None:
    for name, (declared, _) in FILES.items():
        known.ingest(exports / name, declared=declared)
    sessions = "where event_type like 'session.%'"
    texts = known.rows(f"select event.* exclude (content_hash) from log.event as event {sessions}")
    assert not [row for row in map(str, texts) if "SECRET" in row or "@" in row or "34567890" in row]
    held = "from log.event where event_type = 'session.held'"
    assert known.rows(f"select distinct evidence {held} order by 1") == [("inferred",), ("observed",)]


REFUSED = {
    "nothing": (b"", "file.empty"),
    "another tool's table": (b"a,b\n1,2\n", "report.unknown"),
    "totals alone": (
        b"Name (original name),Email,Total duration (minutes),Guest\nMo,m@example.org,4,No\n",
        "report.no_times",
    ),
    "nobody": (HEADER.encode(), "report.no_participants"),
    "cut in a quote": (HEADER.encode() + b'"Mo Mentor,mo', "csv.quote"),
    "half a character": (HEADER.encode("utf-16")[:-1], "text.encoding"),
    "no text": (HEADER.encode() + b"\x01\x02\n", "text.control_char"),
    "a very long row": (HEADER.encode() + b"a" * (2 << 20), "row.too_long"),
    "far too many columns": (HEADER.encode() + b"," * 400 + b"a\n", "csv.columns_max"),
}


@pytest.mark.parametrize(("content", "code"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_is_no_report_is_refused_with_the_reason(known: Any, content: bytes, code: str) -> None:
    result = known.drop("zoom.csv", content, zoom(), declared=LONDON)
    assert result.status == "refused"
    assert code in " ".join(result.notes)


def zoom(more: str = "") -> Mapping:
    return Mapping.model_validate(tomllib.loads(f'[source]\nname = "zoom"\nformat = "zoom"\n{more}'))


INCOMPLETE = ["report.incomplete", "field.missing"]

HELD_BACK = {
    "a time that is none": (ANA.replace("10:40:00", "late"), ["report.incomplete", "time.format"]),
    "left before joining": (ANA.replace("10:40", "09:40"), ["report.incomplete", "domain.order"]),
    "nobody named": (
        ",,2026-11-03 10:05:00,2026-11-03 10:40:00,35\n",
        INCOMPLETE,
    ),
    "a row cut off": (
        "Ana Mentee,ana.mentee@example.org,2026-11-03 10:05",
        INCOMPLETE,
    ),
    "somebody unknown": (ANA.replace("ana.", "eve."), ["person.unknown", "person.unknown"]),
    "a stranger by name": ("Eve,,2026-11-03 10:05:00,2026-11-03 10:40:00,35\n", ["person.unknown"] * 2),
}


@pytest.mark.parametrize(("row", "codes"), HELD_BACK.values(), ids=HELD_BACK)
def test_while_it_is_not_certain_who_was_there_nothing_is_said(
    known: Any, row: str, codes: list[str]
) -> None:
    result = known.drop("zoom.csv", HEADER + MO + row, declared=LONDON)
    assert (result.accepted, result.quarantined) == (0, 2), result.notes
    assert known.codes == codes
    assert session(known) == []


def test_the_order_of_day_and_month_is_never_guessed(known: Any) -> None:
    rows = (MO + ANA).replace("2026-11-03", "03/11/2026")
    refused = known.drop("zoom.csv", HEADER + rows, declared=LONDON)
    assert refused.status == "refused"
    assert "time.date_order" in refused.notes[0]
    known.drop("zoom.csv", HEADER + rows, declared=EU)
    assert session(known)[0][:2] == ("held", "03 Nov 10:05")
    proved = rows.replace("03/11", "17/11")
    result = known.drop("proved.csv", HEADER + proved, declared=LONDON)
    assert "dates read day before month: the file fits no other order" in result.notes


def test_a_declared_order_that_does_not_fit_holds_rows_back(known: Any) -> None:
    rows = (MO + ANA).replace("2026-11-03", "17/11/2026")
    known.drop("zoom.csv", HEADER + rows, declared=US)
    assert known.codes == ["time.format", "time.format"]


def test_a_report_without_a_zone_needs_one_or_the_programs(known: Any) -> None:
    result = known.drop("zoom.csv", HEADER + MO + ANA)
    assert "time.no_offset" in result.notes[0]
    (known.settings.home / "program.toml").write_text('time_zone = "Asia/Kolkata"\n')
    from pipelines.ingest import drops
    from warehouse.settings import load_settings

    settings = load_settings(known.settings.home)
    home = drops.OpenHome(settings, known.log, known.vault, known.clock)
    path = known.folder / "again.csv"
    path.write_text(HEADER + MO + ANA + "\n")
    result = drops.ingest_file(path, home)
    assert result.notes == (
        "times read in Asia/Kolkata, the program's zone: declare one if the report has another",
    )
    assert session(known)[0][:2] == ("held", "03 Nov 04:35")


def test_an_hour_that_comes_twice_is_not_guessed(known: Any) -> None:
    rows = (MO + ANA).replace("2026-11-03 10", "2026-10-25 01")
    known.drop("zoom.csv", HEADER + rows, declared=LONDON)
    assert known.codes == ["time.ambiguous", "time.ambiguous"]


def test_an_export_saved_by_a_spreadsheet_is_read_and_erased(known: Any, pair_of_mo: Any) -> None:
    known.drop("jose.ndjson", "".join(pair_of_mo("José Mentee", "p2").splitlines(keepends=True)[1:]))
    jose = ANA.replace("Ana Mentee,ana.mentee@example.org", "José Mentee,")
    text = (HEADER + MO + jose).replace(",", ";").encode("windows-1252")
    result = known.drop("zoom.csv", text, declared=LONDON)
    assert known.rows("select source, code, field, hint from log.quarantine") == []
    assert (result.accepted, result.quarantined) == (2, 0)
    assert result.notes == ("read as windows-1252", "columns end at ';'")
    assert session(known)[0] == ("held", "03 Nov 10:05", 35, None)
    traces = Traces((), "José Mentee")
    rows = Reading("zoom.csv", "zoom", is_native=False, mapping=zoom()).rows([text])
    assert [row.number for row in rows if names_somebody(row.data, traces)] == [3]


def test_columns_may_be_renamed_reordered_and_unknown(known: Any) -> None:
    text = (
        "Extra,Verlassen,Beitritt,NAME (ORIGINAL NAME),user_email\n"
        "x,2026-11-03 10:45,2026-11-03 10:00,Mo Mentor,MO.MENTOR@EXAMPLE.ORG\n"
        "x,2026-11-03 10:40,2026-11-03 10:05,Ana Mentee,\n"
    )
    mapping = zoom('[alias]\njoin = "Beitritt"\nleave = "Verlassen"\n')
    assert known.drop("zoom.csv", text, mapping, declared=LONDON).accepted == 2
    assert session(known)[0] == ("held", "03 Nov 10:05", 35, None)


TOTALS = "Name (Original Name),User Email,Total Duration (Minutes),Guest\n"
BLOCK = "Meeting ID,Topic,Start Time,End Time\n81234567890,x,2026-11-03 10:00,2026-11-03 10:45\n\n"


@pytest.mark.parametrize(
    ("mo", "ana", "expected"),
    [
        (45, 40, [("held", "03 Nov 10:00", 40, None)]),
        (25, 25, [("held", "03 Nov 10:00", 5, None)]),
        (22, 23, []),
        (45, None, [("no_show", "03 Nov 10:00", None, "mentee")]),
        (4, None, []),
    ],
)
def test_totals_say_what_they_prove_and_no_more(
    known: Any, mo: int, ana: int | None, expected: list[Any]
) -> None:
    rows = f"Mo Mentor,mo.mentor@example.org,{mo},No\n"
    rows += "" if ana is None else f"Ana Mentee,,{ana},Yes\n"
    result = known.drop("zoom.csv", BLOCK + TOTALS + rows, declared=LONDON)
    assert result.quarantined == 0
    assert session(known) == expected
    assert known.rows("select * from log.typed_event where event_type = 'session.joined'") == []


def test_totals_without_the_meetings_own_times_are_refused_with_what_to_do(known: Any) -> None:
    result = known.drop("zoom.csv", TOTALS + "Mo Mentor,mo.mentor@example.org,45,No\n", declared=LONDON)
    assert result.status == "refused"
    assert "report.no_times" in result.notes[-1]
    assert '"Show unique users"' in result.notes[-1]


def test_a_length_that_is_none_holds_the_meeting_back(known: Any) -> None:
    rows = "Mo Mentor,mo.mentor@example.org,45,No\nAna Mentee,,a while,Yes\n"
    known.drop("zoom.csv", BLOCK + TOTALS + rows, declared=LONDON)
    assert known.codes == ["report.incomplete", "field.type"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1h 13m 42s", 4422),
        ("1 Std. 13 Min. 42 Sek.", 4422),
        ("1 hr 5 min", 3900),
        ("47 min 8 s", 2828),
        ("48", 2880),
        ("42s", 42),
        ("a while", None),
        ("3 fortnights", None),
        ("", None),
    ],
)
def test_a_length_of_time_is_read_in_many_languages_or_not_at_all(text: str, seconds: int | None) -> None:
    assert length_of(text) == (None if seconds is None else dt.timedelta(seconds=seconds))


LIST = "Full Name\tUser Action\tTimestamp\n"
UNCLEAR_LISTS = {
    "nobody left yet": (
        "Mo Mentor\tJoined\t11/17/2026, 9:58:12 AM\nAna Mentee\tJoined\t11/17/2026, 10:01:20 AM\n",
        ["field.missing", "field.missing"],
    ),
    "it begins with who left": (
        "Ana Mentee\tLeft\t11/17/2026, 9:58:12 AM\nMo Mentor\tJoined\t11/17/2026, 10:01:20 AM\n"
        "Mo Mentor\tLeft\t11/17/2026, 10:20:20 AM\n",
        ["report.unknown"],
    ),
}


@pytest.mark.parametrize(("rows", "codes"), UNCLEAR_LISTS.values(), ids=UNCLEAR_LISTS)
def test_a_list_that_was_taken_too_early_says_nothing_of_a_session(
    known: Any, rows: str, codes: list[str]
) -> None:
    known.drop("list.csv", (LIST + rows).encode("utf-16"), declared=LONDON)
    assert known.codes == codes
    assert session(known) == []


def test_a_report_that_a_spreadsheet_saved_as_a_workbook_is_read_and_erased(
    known: Any, exports: Path
) -> None:
    text = (exports / "teams" / "english-us.csv").read_bytes().decode("utf-16")
    book = workbook(
        ("Attendance", [line.split("\t") for line in text.splitlines()]), ("Old", [["x"]]), hidden="Old"
    )
    result = known.drop("report.xlsx", book, declared=US)
    assert result.quarantined == 0, result.notes
    assert session(known) == FILES["teams/english-us.csv"][1]
    again = workbook(("Attendees", [["Name", "Time joined", "Time exited"], ["Mo", dt.time(9), dt.time(10)]]))
    refused = known.drop("attendance.xlsx", again, declared=LONDON)
    assert "report.no_date" in refused.notes[-1], "Meet's sheet is known too, and its day is in no cell"
    lines = [json.dumps({"cells": ["Ana Mentee", "x"]}).encode() + b"\n", b'{"cells": ["Mo Mentor"]}\n']
    rows = Reading("report.xlsx.ndjson", "teams", is_native=False, mapping=preset("teams")).rows(lines)
    assert [row.number for row in rows if names_somebody(row.data, Traces((), "Ana Mentee"))] == [1]


def test_a_header_that_comes_again_begins_another_meeting(known: Any) -> None:
    later = (MO + ANA).replace("11-03", "11-10")
    known.drop("zoom.csv", HEADER + MO + ANA + HEADER + later, declared=LONDON)
    assert [row[:2] for row in session(known) if row[0] == "held"] == [
        ("held", "03 Nov 10:05"),
        ("held", "10 Nov 10:05"),
    ]


def test_meetings_of_one_room_on_several_days_are_told_apart(known: Any) -> None:
    later = (MO + ANA).replace("11-03", "11-10")
    known.drop("zoom.csv", HEADER + MO + later + ANA, declared=LONDON)
    held = [row[:3] for row in session(known) if row[0] == "held"]
    assert held == [("held", "03 Nov 10:05", 35), ("held", "10 Nov 10:05", 35)]


def test_guests_bots_and_a_second_mentee_do_not_break_a_call(known: Any, pair_of_mo: Any) -> None:
    known.drop(
        "ben.ndjson",
        pair_of_mo("Ben Mentee", "p2").splitlines(keepends=True)[1]
        + pair_of_mo("Ben Mentee", "p2").splitlines(keepends=True)[2],
    )
    ben = ANA.replace("Ana", "Ben").replace("ana.", "ben.").replace("10:05", "10:20")
    guest = ANA.replace("Ana Mentee", "Visitor").replace("ana.mentee@example.org", "")
    bot = guest.replace("Visitor", "Fireflies.ai Notetaker")
    result = known.drop("zoom.csv", HEADER + MO + ANA + ben + guest + bot, declared=LONDON)
    assert (result.accepted, result.quarantined) == (5, 0)
    assert set(result.notes) == {"participants that are no people: 1", "rows of guests: 1"}
    held = "select pair_id, minutes from log.typed_event where event_type = 'session.held' order by 1"
    assert known.rows(held) == [("p1", 35), ("p2", 20)]


def test_who_was_alone_waited_for_whom_the_calendar_says(known: Any, pair_of_mo: Any) -> None:
    from pipelines.ingest.home import OpenHome
    from pipelines.ingest.waiting import try_again
    from tests.pipelines.ingest.test_calendar import entry

    known.drop("ben.ndjson", "".join(pair_of_mo("Ben Mentee", "p2").splitlines(keepends=True)[1:]))
    alone = known.drop("zoom.csv", HEADER + MO, declared=LONDON)
    assert alone.quarantined == 1
    assert known.codes == ["pair.ambiguous"]
    ana = entry(when="DTSTART:20261103T100000Z\nDTEND:20261103T110000Z")
    known.drop("calendar.ics", ana)
    assert try_again(OpenHome(known.settings, known.log, known.vault, known.clock)) == 1
    assert ("no_show", "03 Nov 10:00", None, "mentee") in session(known)


def test_a_short_look_into_an_empty_room_is_no_missed_session(known: Any) -> None:
    known.drop("zoom.csv", HEADER + MO.replace("10:45", "10:04"), declared=LONDON)
    assert session(known) == []


def test_two_who_missed_each_other_did_not_meet(known: Any) -> None:
    known.drop(
        "zoom.csv", HEADER + MO.replace("10:45", "10:15") + ANA.replace("10:05", "10:16"), declared=LONDON
    )
    assert session(known) == [("no_show", "03 Nov 10:00", None, "mentee")]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ana (Ana Mentee)", ("Ana Mentee", "Ana")),
        ("Ana Mentee (Guest)", ("Ana Mentee",)),
        ("Ana Mentee (Gast)", ("Ana Mentee",)),
        ("Ana Mentee", ("Ana Mentee",)),
        ("(Ana)", ("Ana",)),
        ("", ()),
    ],
)
def test_names_are_taken_out_of_what_a_tool_puts_around_them(text: str, names: tuple[str, ...]) -> None:
    assert names_of(text) == names


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("9:58:11 AM", dt.time(9, 58, 11)),
        ("9:58:11\u202fPM", dt.time(21, 58, 11)),
        ("12:05 a.m.", dt.time(0, 5)),
        ("12:05 pm", dt.time(12, 5)),
        ("21.05", dt.time(21, 5)),
        ("13:05 PM", None),
        ("25:00", None),
        ("soon", None),
    ],
)
def test_a_time_of_day_is_read_in_many_ways_or_not_at_all(text: str, time: dt.time | None) -> None:
    assert clock_time(text) == time


MINUTES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(sorted), max_size=5)


@given(MINUTES, MINUTES)
def test_the_time_together_is_every_minute_in_which_both_were_there(mentor: Any, mentee: Any) -> None:
    noon = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)

    def spans(side: Any) -> list[tuple[dt.datetime, dt.datetime]]:
        return [tuple(noon + dt.timedelta(minutes=minute) for minute in span) for span in side]

    def minutes(side: Any) -> set[int]:
        return {minute for begin, end in side for minute in range(begin, end)}

    both = together(spans(mentor), spans(mentee))
    assert minutes_of(both) == len(minutes(mentor) & minutes(mentee))
    assert both == together(spans(mentee)[::-1], spans(mentor)[::-1])


MUTATIONS = 600


def test_no_mutation_of_an_export_does_more_than_hold_rows_back(exports: Path) -> None:
    """Whatever happened to a file, its rows keep their place, so that they can be taken out of it."""
    chance = random.Random(20_261_124)
    files = sorted(
        path for tool in ("calendar", "zoom", "teams", "meet") for path in (exports / tool).iterdir()
    )
    contents = [(path, path.read_bytes()) for path in files]
    n_read = 0
    for _ in range(MUTATIONS):
        path, content = chance.choice(contents)
        data = mutated(content, chance)
        with suppress(FileRefused):
            records = list(read(path, data))
            n_read += 1
            assert len({record.number for record in records}) == len(records)
            assert all(data[one.offset : one.offset + len(one.raw)] == one.raw for one in records)
            pieces = list(Reading(path.name, "s", False, preset(tool_of(path))).rows([data]))
            assert b"".join(piece.data for piece in pieces) == data
            assert {one.offset for one in records} <= {piece.start for piece in pieces}
    assert n_read > MUTATIONS / 4


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Some bytes changed, taken out, said twice or cut off."""
    data = bytearray(content)
    for _ in range(chance.randint(1, 5)):
        place = chance.randrange(len(data))
        match chance.randrange(4):
            case 0:
                data[place] = chance.randrange(256)
            case 1:
                del data[place : place + chance.randint(1, 60)]
            case 2:
                data[place:place] = data[chance.randrange(len(data)) :][: chance.randint(1, 80)]
            case _:
                data[place:place] = chance.choice([b"\n", b'"', b",", b"\t", b":", b"BEGIN:VEVENT\n", b"9"])
    return bytes(data) or b"x"


def tool_of(path: Path) -> str:
    return path.parent.name


def read(path: Path, data: bytes) -> Iterator[Record]:
    """The records of an export, by its tool's reader."""
    if tool_of(path) == "calendar":
        year = dt.timedelta(days=365)
        window = CalendarLayout(since=DEMO_NOW - year, until=DEMO_NOW, zone="Europe/London")
        return read_ics(iter([data]), window, [])
    layout = ReportLayout(zone="Europe/London", date_order="mdy", file_name=path.name)
    return REPORTS[tool_of(path)](iter([data]), layout, [])
