"""A meeting is one session, whoever tells of it in whatever order; erased people leave no trace in it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st

from pipelines.build import build_home, open_build, resolve_run
from pipelines.erase import erase
from pipelines.ingest import ingest_into_home
from tests.conftest import DEMO_NOW
from warehouse import models
from warehouse.run import write_run
from warehouse.settings import Settings, load_settings
from warehouse.verify import verify

US = {"zone": "Europe/London", "date_order": "mdy"}
LONDON = {"zone": "Europe/London"}

PLANNED = """BEGIN:VCALENDAR
VERSION:2.0
METHOD:REQUEST
BEGIN:VEVENT
UID:planned@example.org
DTSTAMP:20261020T080000Z
CREATED:20261020T080000Z
LAST-MODIFIED:20261021T080000Z
DTSTART:20261103T100000Z
DTEND:20261103T110000Z
ORGANIZER:mailto:mo.mentor@example.org
ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana.mentee@example.org
LOCATION:https://example.zoom.us/j/81234567890?pwd=synthetic
END:VEVENT
BEGIN:VEVENT
UID:missed@example.org
DTSTAMP:20261020T080000Z
CREATED:20261020T080000Z
DTSTART:20261124T080000Z
DTEND:20261124T083000Z
ORGANIZER:mailto:mo.mentor@example.org
ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana.mentee@example.org
END:VEVENT
BEGIN:VEVENT
UID:passed@example.org
DTSTAMP:20261020T080000Z
CREATED:20261020T080000Z
DTSTART:20261110T100000Z
DTEND:20261110T110000Z
ORGANIZER:mailto:mo.mentor@example.org
ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana.mentee@example.org
END:VEVENT
END:VCALENDAR
"""


class Program:
    """A home of one pair, its files and what a build makes of them."""

    def __init__(self, folder: Path, roster: str, exports: Path) -> None:
        self.folder, self.exports = folder, exports
        self.roster = self.write("roster.ndjson", roster)
        self.calendar = self.write("calendar.ics", PLANNED)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def home(self, name: str) -> Settings:
        return load_settings(self.folder / name)

    def ingest(self, settings: Settings, path: Path) -> Any:
        declared = US if path.stem in ("with-meeting-block", "english-us") else LONDON
        (result,), _ = ingest_into_home(settings, [path], declared=declared, clock=lambda: DEMO_NOW)
        return result

    def sessions(self, settings: Settings) -> tuple[list[tuple[Any, ...]], int]:
        """The sessions of the pair, and how many contacts it had, by the models that say so."""
        wanted = models.order(needed("core.session", "core.contact"))
        with open_build(settings, settings.models_file) as con:
            write_run(con, resolve_run(settings, DEMO_NOW, None, lambda: DEMO_NOW))
            for model in wanted:
                models.build_one(con, model)
            rows = con.execute(
                "select status, starts_at, minutes, coalesce(missed_by, 'early ' || left_early_by) "
                "from core.session order by starts_at, status"
            ).fetchall()
            ((n_contacts,),) = con.execute("select count(*) from core.contact").fetchall()
        return [(status, f"{at:%d %b %H:%M}", *rest) for status, at, *rest in rows], n_contacts


def needed(*names: str) -> dict[str, Any]:
    """Some models and all they are made of."""
    every, found, open_names = models.discover(), {}, list(names)
    while open_names:
        name = open_names.pop()
        if name in every and name not in found:
            found[name] = every[name]
            open_names += every[name].depends_on
    return found


@pytest.fixture
def program(tmp_path: Path, pair_of_mo: Any, exports: Path) -> Program:
    return Program(tmp_path, pair_of_mo(), exports)


def test_a_calendar_and_two_reports_of_it_are_one_session_and_one_contact(program: Program) -> None:
    settings = program.home("home")
    zoom, teams = program.exports / "zoom", program.exports / "teams"
    for path in (program.roster, program.calendar, zoom / "with-meeting-block.csv", teams / "english-us.csv"):
        assert program.ingest(settings, path).quarantined == 0
    program.ingest(settings, zoom / "excel-resaved.csv")
    rows, n_contacts = program.sessions(settings)
    assert rows == [
        ("held", "03 Nov 10:09", 40, None),
        ("date_passed", "10 Nov 10:00", None, None),
        ("no_show", "24 Nov 08:00", None, "mentee"),
    ], "held as two tools saw it, passed as only the calendar says, missed as Mo was alone"
    assert n_contacts == 2, "the session, and the yes that Ana gave later than she was asked"
    again = program.ingest(settings, program.write("again.ics", PLANNED + "\n"))
    assert (again.duplicate, again.n_events) == (3, 0)


def test_a_dropped_report_is_a_contact_on_the_pairs_page(program: Program) -> None:
    settings = program.home("home")
    for path in (
        program.roster,
        program.exports / "zoom" / "plain.csv",
        program.exports / "teams" / "german.csv",
    ):
        program.ingest(settings, path)
    build_home(settings, as_of=DEMO_NOW, clock=lambda: DEMO_NOW)
    (published,) = settings.published.glob("*.duckdb")
    with closing(duckdb.connect(str(published), read_only=True)) as con:
        pairs = con.execute("select n_contacts, last_contact_at, evidence_grade from mart.pair").fetchall()
    assert [(n, f"{at:%d %b %H:%M}", grade) for n, at, grade in pairs] == [(1, "17 Nov 10:01", "observed")]


def test_a_calendar_and_a_meet_report_reach_the_pairs_page(program: Program, pair_of_mo: Any) -> None:
    settings = program.home("home")
    ben = pair_of_mo("Ben Mentee", "p2").splitlines(keepends=True)[1:]
    meet = "First name,Last name,Email,Duration,Time joined,Time exited\n"
    meet += "Mo,Mentor,mo.mentor@example.org,47 min,9:58 AM,10:45 AM\nBen,Mentee,,44 min,10:01 AM,10:45 AM\n"
    for path in (
        program.roster,
        program.write("ben.ndjson", "".join(ben)),
        program.exports / "calendar" / "google.ics",
        program.write("Call – 2026_11_17 09_55 GMT – Attendance.csv", meet),
    ):
        assert program.ingest(settings, path).quarantined == 0
    build_home(settings, as_of=DEMO_NOW, clock=lambda: DEMO_NOW)
    (published,) = settings.published.glob("*.duckdb")
    with closing(duckdb.connect(str(published), read_only=True)) as con:
        rows = con.execute(
            "select pair_id, n_contacts, last_contact_at, next_session_at is not null "
            "from mart.pair order by pair_id"
        ).fetchall()
    told = [(pair, n, f"{at:%d %b %H:%M}", is_planned) for pair, n, at, is_planned in rows]
    assert told == [("p1", 1, "03 Sep 12:00", True), ("p2", 1, "17 Nov 10:01", False)], "a yes, a session"


FILES = (
    "zoom/with-meeting-block.csv",
    "zoom/excel-resaved.csv",
    "teams/english-us.csv",
    "teams/german.csv",
    "calendar/outlook-moved.ics",
    "calendar/outlook.ics",
)


@hypothesis.settings(
    max_examples=2,
    deadline=None,
    phases=[Phase.generate],  # an order takes seconds: no shorter one that fails is looked for
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(order=st.permutations(range(len(FILES) + 2)))
def test_the_order_in_which_they_come_does_not_matter(program: Program, order: list[int]) -> None:
    paths = [*(program.exports / name for name in FILES), program.calendar, program.roster]
    home = program.home("home-" + "-".join(map(str, order)))
    for place in order:
        program.ingest(home, paths[place])
    rows, n_contacts = program.sessions(home)
    assert [row[:2] for row in rows if row[0] == "held"] == [
        ("held", "03 Nov 10:09"),
        ("held", "17 Nov 10:01"),
    ]
    assert (len(rows), n_contacts) == (5, 4)


def test_a_call_that_broke_off_is_one_session_of_both_parts(program: Program) -> None:
    settings = program.home("home")
    program.ingest(settings, program.roster)
    block = "Meeting ID,Topic,Start Time\n812 3456 7890,x,2026-11-03 {}\n"
    header = "Name (Original Name),User Email,Join Time,Leave Time\n"
    row = "{},{}@example.org,2026-11-03 {},2026-11-03 {}\n"
    text = ""
    for begin, end in (("10:00", "10:12"), ("10:15", "10:45")):
        rows = (
            row.format(name, name.lower().replace(" ", "."), begin, end)
            for name in ("Mo Mentor", "Ana Mentee")
        )
        text += block.format(begin) + header + "".join(rows)
    assert program.ingest(settings, program.write("zoom.csv", text)).accepted == 4
    assert program.sessions(settings) == ([("held", "03 Nov 10:00", 42, None)], 1)
    program.ingest(settings, program.calendar)
    (held, *_), _ = program.sessions(settings)
    assert held == ("held", "03 Nov 10:00", 42, "early both"), "planned until 11:00, and both left at 10:45"


def test_a_call_in_two_layouts_of_one_tool_is_told_twice_and_counted_once(program: Program) -> None:
    settings = program.home("home")
    program.ingest(settings, program.roster)
    for name in ("plain.csv", "meeting-in-every-row.csv"):
        program.ingest(settings, program.exports / "zoom" / name)
    rows, n_contacts = program.sessions(settings)
    assert rows == [("held", "03 Nov 10:09", 41, None), ("held", "17 Nov 10:01", 29, None)]
    assert n_contacts == 2


PERSONAL = (b"ana", "ana".encode("utf-16-le"))


@pytest.mark.parametrize(
    "name",
    [
        "calendar/google.ics",
        "calendar/outlook.ics",
        "zoom/plain.csv",
        "teams/english-us.csv",
        "teams/german.csv",
    ],
)
def test_erasure_takes_a_persons_rows_out_and_leaves_the_others(program: Program, name: str) -> None:
    settings = program.home("home")
    program.ingest(settings, program.roster)
    path = program.exports / name
    result = program.ingest(settings, path)
    assert result.quarantined == 0
    before = archived(settings, path)
    assert any(word in before.lower() for word in PERSONAL)
    erase(settings, "ana.mentee@example.org", clock=lambda: DEMO_NOW)
    after = archived(settings, path)
    assert len(after) == len(before)
    assert not any(word in after.lower() for word in PERSONAL), "not even folded over two lines"
    if name.endswith(".csv"):
        assert "Mo Mentor".encode("utf-16-le" if "teams" in name else "utf-8") in after
    else:
        assert after.count(b"BEGIN:VCALENDAR") == 1
    assert verify(settings) == []


def archived(settings: Settings, path: Path) -> bytes:
    """What the archive holds of a dropped file."""
    from pipelines.ingest.home import open_home
    from pipelines.ingest.rewriting import _landed_bytes, landed
    from warehouse.database import writer_lock

    with writer_lock(settings.home), open_home(settings, lambda: DEMO_NOW) as home:
        (delivery,) = [one for one in landed(home) if one.name == path.name]
        return _landed_bytes(home, delivery)


def test_a_row_of_an_erased_person_that_comes_again_is_not_kept(program: Program) -> None:
    settings = program.home("home")
    program.ingest(settings, program.roster)
    erase(settings, "ana.mentee@example.org", clock=lambda: DEMO_NOW)
    for name in ("zoom/plain.csv", "teams/english-us.csv", "calendar/outlook.ics"):
        path = program.exports / name
        program.ingest(settings, path)
        assert not any(word in archived(settings, path).lower() for word in PERSONAL), name
    with closing(duckdb.connect(str(settings.log_file), read_only=True)) as con:
        kinds = con.execute(
            "select distinct event_type from event where event_type like 'session%'"
        ).fetchall()
    assert kinds == [], "who met an erased person did not wait in vain"
    assert verify(settings) == []
