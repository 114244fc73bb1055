"""What a calendar says of a session, from whichever program wrote it, and what it never may say."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from pipelines.ingest.mapping import Mapping

LONDON = {"zone": "Europe/London"}

ENTRY = """BEGIN:VCALENDAR
VERSION:2.0
{head}BEGIN:VEVENT
UID:one@example.org
DTSTAMP:20261001T080000Z
CREATED:20261001T080000Z
LAST-MODIFIED:20261002T080000Z
{when}
ORGANIZER:mailto:mo.mentor@example.org
{who}
{more}END:VEVENT
END:VCALENDAR
"""
ANA = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana.mentee@example.org"
WHEN = "DTSTART:20261103T090000Z\nDTEND:20261103T100000Z"


def entry(when: str = WHEN, who: str = ANA, more: str = "", head: str = "") -> str:
    return ENTRY.format(when=when, who=who, more=more, head=head)


def told(desk: Any, kind: str = "session.%") -> list[tuple[Any, ...]]:
    """Type and time of every event of sessions."""
    rows = desk.rows(
        f"select event_type, occurred_at from log.typed_event where event_type like '{kind}' order by 2, 1"
    )
    return [(event_type.removeprefix("session."), f"{at:%d %b %H:%M}") for event_type, at in rows]


def n_sessions(desk: Any) -> int:
    ((count,),) = desk.rows("select count(distinct session_id) from log.typed_event")
    return int(count)


def starts(desk: Any) -> list[str]:
    rows = desk.rows(
        "select distinct starts_at from log.typed_event where starts_at is not null order by starts_at"
    )
    return [f"{at:%d %b %H:%M}" for (at,) in rows]


def test_a_series_becomes_its_sessions_within_the_window_without_those_called_off(
    known: Any, exports: Path
) -> None:
    result = known.ingest(exports / "calendar" / "google.ics")
    assert (result.lines_in, result.accepted, result.quarantined) == (4, 4, 0)
    assert result.notes == ("entries of whole days: 1", "entries that invite nobody: 1")
    assert starts(known) == [
        *("07 Sep 09:00", "21 Sep 09:00", "19 Oct 09:00", "20 Oct 14:00"),
        *("02 Nov 10:00", "16 Nov 10:00", "30 Nov 10:00", "14 Dec 10:00", "28 Dec 10:00"),
    ], "the clocks go back on 25 October, and 5 October was taken out"
    assert told(known, "session.cancelled") == [("cancelled", "03 Sep 12:00")]
    assert ("rescheduled", "15 Oct 10:00") in told(known)
    assert known.rows(
        "select notice_hours from log.typed_event where event_type = 'session.rescheduled'"
    ) == [(95.0,)], "from the start it had in its series"


def test_nothing_a_calendar_says_in_words_is_kept(known: Any, exports: Path) -> None:
    for name in ("google", "outlook", "apple"):
        known.ingest(exports / "calendar" / f"{name}.ics", declared=LONDON)
    sessions = "where event_type like 'session.%'"
    texts = known.rows(f"select event.* exclude (content_hash) from log.event as event {sessions}")
    assert len(texts) > 30
    assert not [row for row in map(str, texts) if "SECRET" in row or "@" in row or "81234567890" in row]


def test_a_later_export_brings_only_what_changed(known: Any, exports: Path) -> None:
    first = known.ingest(exports / "calendar" / "outlook.ics")
    assert told(known) == [
        ("proposed", "26 Oct 08:00"),
        ("confirmed", "26 Oct 09:30"),
        ("date_passed", "03 Nov 10:00"),
    ], "09:00 UTC is 10:00 in the zone that Outlook calls W. Europe Standard Time"
    moved = known.ingest(exports / "calendar" / "outlook-moved.ics")
    called_off = known.ingest(exports / "calendar" / "outlook-cancel.ics")
    assert [one.n_events for one in (first, moved, called_off)] == [3, 3, 1]
    assert known.rows(
        "select count(distinct session_id) from log.typed_event where session_id is not null"
    ) == [(1,)]
    cancelled = "select by_party, notice_hours from log.typed_event where event_type = 'session.cancelled'"
    assert known.rows(cancelled) == [("mentor", 13.0)]
    later = known.drop("again.ics", (exports / "calendar" / "outlook.ics").read_bytes() + b"\r\n")
    assert (later.duplicate, later.n_events) == (1, 0)


def test_who_declines_calls_off_and_a_place_is_nobody(known: Any, exports: Path) -> None:
    result = known.ingest(exports / "calendar" / "apple.ics", declared=LONDON)
    assert result.accepted == 2
    rows = known.rows(
        "select by_party, notice_hours from log.typed_event where event_type = 'session.cancelled'"
    )
    assert rows == [("mentee", 50.0)]


def test_a_time_without_a_zone_waits_until_one_is_declared(known: Any, exports: Path) -> None:
    result = known.ingest(exports / "calendar" / "apple.ics")
    assert (result.accepted, result.quarantined) == (1, 1)
    assert known.codes == ["time.no_offset"]


@pytest.mark.parametrize(
    ("zone", "utc"),
    [
        ("Europe/Berlin", "03 Nov 09:00"),
        ("W. Europe Standard Time", "03 Nov 09:00"),
        ("Eastern Standard Time", "03 Nov 15:00"),
        ("/freeassociation.sourceforge.net/Europe/Berlin", "03 Nov 09:00"),
        ("/mozilla.org/20050126_1/Asia/Kolkata", "03 Nov 04:30"),
        ("US/Eastern", "03 Nov 15:00"),
        ("Asia/Calcutta", "03 Nov 04:30"),
    ],
)
def test_a_zone_goes_by_many_names(known: Any, zone: str, utc: str) -> None:
    known.drop("one.ics", entry(f'DTSTART;TZID="{zone}":20261103T100000\nDURATION:PT45M'))
    assert starts(known) == [utc]
    assert known.rows("select minutes from log.typed_event where event_type = 'session.proposed'") == [(45,)]


def test_a_zone_the_file_defines_itself_is_read(known: Any) -> None:
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Customized Time Zone\nBEGIN:STANDARD\nDTSTART:16010101T000000\n"
        "TZOFFSETFROM:+0530\nTZOFFSETTO:+0530\nEND:STANDARD\nEND:VTIMEZONE\n"
    )
    known.drop("one.ics", entry("DTSTART;TZID=Customized Time Zone:20261103T100000", head=zone))
    assert starts(known) == ["03 Nov 04:30"]


WRONG = {
    "a zone nobody knows": (entry("DTSTART;TZID=Nowhere:20261103T100000"), "time.zone"),
    "an end before the start": (entry("DTSTART:20261103T100000Z\nDTEND:20261103T090000Z"), "domain.order"),
    "no start": (entry("DTEND:20261103T090000Z"), "field.missing"),
    "a start that is no time": (entry("DTSTART:next Tuesday"), "ics.syntax"),
    "two starts": (entry("DTSTART:20261103T100000Z\nDTSTART:20261104T100000Z"), "ics.syntax"),
    "a year long gone": (entry("DTSTART:19010101T100000Z"), "time.range"),
    "a rule that is none": (entry(f"{WHEN}\nRRULE:FREQ=SOMETIMES"), "ics.syntax"),
    "a meeting every minute": (entry(f"{WHEN}\nRRULE:FREQ=MINUTELY"), "ics.recurrence"),
    "no id": (entry().replace("UID:one@example.org\n", ""), "id.missing"),
    "somebody unknown": (entry(who="ATTENDEE:mailto:who@example.org"), "person.unknown"),
    "an address that is none": (entry(who="ATTENDEE:mailto:who"), "field.email"),
    "an entry that does not end": (entry().partition("END:VEVENT")[0], "ics.syntax"),
}


@pytest.mark.parametrize(("text", "code"), WRONG.values(), ids=WRONG)
def test_an_entry_that_cannot_be_read_is_held_back_alone(known: Any, text: str, code: str) -> None:
    good = entry(when=WHEN.replace("1103", "1110")).replace("one@", "two@").partition("BEGIN:VEVENT")[2]
    whole = text.replace("VERSION:2.0\n", f"VERSION:2.0\nBEGIN:VEVENT{good.partition('END:VCAL')[0]}")
    result = known.drop("one.ics", whole)
    assert (result.accepted, result.quarantined) == (1, 1), result.notes
    assert known.codes == [code]


REFUSED = {
    "a table": ("a,b\n1,2\n", "ics.no_calendar"),
    "a page of an error": ("<html>Sign in</html>", "ics.no_calendar"),
    "nothing": ("", "file.empty"),
    "utf-16": (entry().encode("utf-16"), "text.encoding"),
    "an endless entry": ("BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + "X-A:b\n" * 200_000, "row.too_long"),
}


@pytest.mark.parametrize(("content", "code"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_is_no_calendar_is_refused(known: Any, content: Any, code: str) -> None:
    result = known.drop("one.ics", content)
    assert result.status == "refused"
    assert result.notes[0].startswith(code)


def test_an_empty_calendar_is_no_mistake(known: Any) -> None:
    result = known.drop("one.ics", "BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n")
    assert (result.status, result.lines_in) == ("accepted", 0)


def test_bytes_that_are_no_utf_8_harm_nobody_where_nobody_reads_them(known: Any) -> None:
    text = entry(more="SUMMARY:Gespräch\n").encode("windows-1252")
    assert known.drop("one.ics", text).accepted == 1
    assert starts(known) == ["03 Nov 09:00"]


def test_a_series_begins_and_ends_with_the_relationship(known: Any, native: Any) -> None:
    end = native(
        id="end",
        type="mentorship.relationship.ended.v1",
        time="2026-10-01T00:00:00Z",
        data={"end_reason": "goals_met", "initiator": "both"},
    )
    known.drop("end.ndjson", end)
    known.drop("one.ics", entry("DTSTART:20260803T090000Z\nRRULE:FREQ=WEEKLY"))
    assert starts(known) == ["07 Sep 09:00", "14 Sep 09:00", "21 Sep 09:00", "28 Sep 09:00"]


def test_additional_dates_are_sessions_and_a_moved_one_is_told_once(known: Any) -> None:
    series = entry("DTSTART:20261103T090000Z\nRRULE:FREQ=WEEKLY;COUNT=2\nRDATE:20261106T090000Z")
    moved = entry("RECURRENCE-ID:20261110T090000Z\nDTSTART:20261111T150000Z").partition("BEGIN:VEVENT")[2]
    known.drop("one.ics", series.replace("END:VCALENDAR\n", f"BEGIN:VEVENT{moved}"))
    assert starts(known) == ["03 Nov 09:00", "06 Nov 09:00", "10 Nov 09:00", "11 Nov 15:00"]
    assert known.rows(
        "select count(distinct session_id) from log.typed_event where session_id is not null"
    ) == [(3,)]


def test_a_whole_day_is_a_session_only_where_the_mapping_says_so(known: Any) -> None:
    day = entry("DTSTART;VALUE=DATE:20261103")
    assert known.drop("one.ics", day).n_events == 0
    text = '[source]\nname="c"\nformat="ics"\n[time]\nzone="Europe/London"\n[meeting]\nall_day=true\n'
    assert known.drop("one.ics", day, Mapping.model_validate(tomllib.loads(text))).n_events > 0


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("METHOD:REPLY\n", ["confirmed"]),
        ("METHOD:CANCEL\n", ["cancelled"]),
        ("METHOD:COUNTER\n", ["proposed"]),
        ("METHOD:REFRESH\n", ["confirmed"]),
        ("METHOD:REQUEST\n", ["proposed", "confirmed", "date_passed"]),
        ("", ["proposed", "confirmed", "date_passed"]),
    ],
)
def test_a_message_about_a_meeting_says_what_its_method_says(
    known: Any, head: str, expected: list[str]
) -> None:
    known.drop("one.ics", entry(head=head))
    assert [kind for kind, _ in told(known)] == expected


def test_a_meeting_nobody_accepted_did_not_even_pass(known: Any) -> None:
    known.drop("one.ics", entry(who="ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:ana.mentee@example.org"))
    assert [kind for kind, _ in told(known)] == ["proposed"]


def test_a_meeting_to_come_has_not_passed(known: Any) -> None:
    known.drop("one.ics", entry("DTSTART:20261201T090000Z"))
    assert [kind for kind, _ in told(known)] == ["proposed", "confirmed"]


def test_a_calendar_that_came_before_the_roster_is_read_again(desk: Any, pair_of_mo: Any) -> None:
    from pipelines.ingest.home import OpenHome
    from pipelines.ingest.waiting import try_again

    assert desk.drop("one.ics", entry()).quarantined == 1
    desk.drop("roster.ndjson", pair_of_mo())
    assert try_again(OpenHome(desk.settings, desk.log, desk.vault, desk.clock)) == 1
    assert starts(desk) == ["03 Nov 09:00"]
    assert desk.rows("select sum(lines_in) - sum(accepted + duplicate + quarantined) from log.ledger") == [
        (0,)
    ]


def test_guests_and_large_gatherings_make_no_session(known: Any) -> None:
    guests = "\n".join(f"ATTENDEE:mailto:guest{number}@example.org" for number in range(3))
    assert known.drop("one.ics", entry(who=f"{ANA}\n{guests}")).n_events > 0
    many = "\n".join(f"ATTENDEE:mailto:guest{number}@example.org" for number in range(20))
    result = known.drop("two.ics", entry(who=f"{ANA}\n{many}").replace("one@", "two@"))
    assert (result.accepted, result.n_events) == (1, 0)
    assert result.notes == ("entries of gatherings too large to be a pair's session: 1",)


def test_strangers_can_be_passed_over(known: Any) -> None:
    text = '[source]\nname="c"\nformat="ics"\n[meeting]\nstrangers="skip"\n'
    mapping = Mapping.model_validate(tomllib.loads(text))
    result = known.drop("one.ics", entry(who="ATTENDEE:mailto:who@example.org"), mapping)
    assert (result.accepted, result.n_events) == (1, 0)


def test_a_series_is_unfolded_no_further_ahead_than_the_policy_says(known: Any) -> None:
    known.drop("one.ics", entry("DTSTART:20261103T090000Z\nRRULE:FREQ=WEEKLY"))
    assert len(starts(known)) == 12
    assert starts(known)[-1] == "19 Jan 09:00", "sixty days after it landed is 23 January"
