"""Wrong clocks bend no history: neither the one of the source nor the one of the machine that receives."""

from __future__ import annotations

import datetime as dt

import pytest

from pipelines.ingest.drops import ingest_paths
from pipelines.ingest.home import OpenHome
from pipelines.ingest.quarantine import held_lines, redrive, redrive_mended
from tests.conftest import DEMO_NOW
from warehouse.run import Run, hidden_by_known_at, sees_any
from warehouse.verify import verify

HOUR, DAY, YEAR = dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(days=365)
NAMES = ("a", "b", "c", "d")
ARRIVAL = [DEMO_NOW, DEMO_NOW + HOUR, DEMO_NOW - 3 * DAY, DEMO_NOW - 2 * DAY]
"""What our clock says as each of four files lands: it is set back between the second and the third."""

AHEAD = [
    (-10 * YEAR, None, None),
    (-DAY, None, None),
    (dt.timedelta(0), None, None),
    (dt.timedelta(seconds=1), "clock_skew: 1", None),
    (DAY, "clock_skew: 1", None),
    (DAY + dt.timedelta(seconds=1), None, "time.future"),
    (YEAR, None, "time.future"),
    (10 * YEAR, None, "time.future"),
]
"""How far ahead of ours the clock of a source is, what is noted of it, and why it is refused."""


def naive(instant: dt.datetime) -> dt.datetime:
    return instant.replace(tzinfo=None)


def two_lines(native, name: str, **changes: str) -> str:
    return native(id=f"{name}1", **changes) + native(id=f"{name}2", **changes)


@pytest.fixture(params=["one ingest a file", "one ingest of all"])
def set_back(request: pytest.FixtureRequest, desk, native):
    """Four files of two events; the clock was set back between two ingests, or within one."""
    paths = [desk.inbox(f"platform/{name}.ndjson", two_lines(native, name)) for name in NAMES]
    if request.param == "one ingest of all":
        ticks = iter(ARRIVAL)
        ingest_paths(paths, OpenHome(desk.settings, desk.log, desk.vault, lambda: next(ticks)))
    else:
        for path, now in zip(paths, ARRIVAL, strict=True):
            desk.ingest(path, clock=lambda now=now: now)
    return desk


def test_positions_are_in_order_of_arrival_and_nothing_is_lost(set_back) -> None:
    held = set_back.rows("select position, source_event_id from log.event order by position")
    assert held == list(enumerate((f"{name}{number}" for name in NAMES for number in (1, 2)), start=1))
    assert set_back.rows("select name, last_position from log.ledger order by last_position") == [
        (f"{name}.ndjson", 2 * nth) for nth, name in enumerate(NAMES, start=1)
    ]
    assert set_back.codes == []


def test_what_no_source_dated_was_recorded_when_the_clock_says_it_landed(set_back) -> None:
    landed = set_back.rows(
        "select name, landed_at, min(recorded_at), max(recorded_at) "
        "from log.ledger inner join log.event using (file_id) group by all order by name"
    )
    assert landed == [(f"{name}.ndjson", *[naive(now)] * 3) for name, now in zip(NAMES, ARRIVAL, strict=True)]


def test_what_was_known_goes_by_what_the_clock_said_and_not_by_position(set_back) -> None:
    """A replay of the days the clock was set back to knows what landed then: that is all a clock can tell."""
    for known_at, n_known in zip([ARRIVAL[2] - HOUR, *sorted(ARRIVAL)], (0, 2, 4, 6, 8), strict=True):
        run = Run(as_of=known_at, known_at=known_at, policy=set_back.settings.policy)
        assert sees_any(set_back.log.con, run) == (n_known > 0)
        assert hidden_by_known_at(set_back.log.con, run) == 8 - n_known


def test_what_comes_again_under_an_earlier_clock_is_a_duplicate_and_the_first_stands(
    set_back, native
) -> None:
    before = set_back.rows("select * from log.event order by position")
    again = set_back.inbox("platform/again.ndjson", two_lines(native, "a") + two_lines(native, "d"))
    result = set_back.ingest(again, clock=lambda: DEMO_NOW - 30 * DAY)
    same = set_back.ingest(
        set_back.inbox("platform/a.ndjson", two_lines(native, "a")), clock=lambda: DEMO_NOW - 30 * DAY
    )
    assert (result.accepted, result.duplicate, same.status) == (0, 4, "already_ingested")
    assert set_back.rows("select * from log.event order by position") == before


def test_a_log_whose_clock_was_set_back_is_whole(set_back) -> None:
    set_back.log.con.close()
    assert verify(set_back.settings) == []


@pytest.mark.parametrize("field", ["time", "recordedat"])
def test_a_source_ahead_of_us_is_flagged_for_a_day_and_then_refused(desk, native, field: str) -> None:
    """Its good neighbours are taken in all the same, on either side."""
    for number, (ahead, flag, code) in enumerate(AHEAD):
        said = (DEMO_NOW + ahead).isoformat()
        lines = [native(id=f"{number}{side}") for side in ("before", "behind")]
        lines.insert(1, native(id=f"{number}", **{field: said}))
        result = desk.drop(f"{number}.ndjson", "".join(lines))
        held = desk.rows(
            f"select line, code from log.quarantine inner join log.ledger using (file_id) "
            f"where name = '{number}.ndjson'"
        )
        assert held == ([(2, code)] if code else []), ahead
        assert (result.accepted, result.quarantined) == (3 - len(held), len(held)), ahead
        assert result.notes == ((flag,) if flag else ()), ahead


@pytest.mark.parametrize("field", ["time", "recordedat"])
def test_what_a_clock_set_far_back_took_for_the_future_comes_in_once_the_clock_is_right(
    desk, native, field: str
) -> None:
    """It was recorded when it landed, as its neighbours were; what is of the future still stays."""
    long_ago = DEMO_NOW - 10 * YEAR
    lines = native(id="old", time=(long_ago - DAY).isoformat(), recordedat=None)
    lines += native(**{"time": (DEMO_NOW - DAY).isoformat(), field: (DEMO_NOW - HOUR).isoformat()})
    lines += native(id="e2", **{field: (DEMO_NOW + YEAR).isoformat()})
    desk.ingest(desk.inbox("platform/a.ndjson", lines), clock=lambda: long_ago)
    assert (desk.n_events, desk.codes) == (1, ["time.future"] * 2)

    home = OpenHome(desk.settings, desk.log, desk.vault, desk.clock)
    (receipt,) = redrive(home, held_lines(home), None)

    assert (receipt.accepted, receipt.quarantined) == (1, 1)
    assert [line.line for line in held_lines(home)] == [3]
    ((recorded_at,),) = desk.rows("select recorded_at from log.event where source_event_id = 'e1'")
    assert recorded_at == naive(DEMO_NOW - HOUR if field == "recordedat" else long_ago)


def test_a_clock_set_back_since_a_line_landed_refuses_nothing_more_of_it(desk, native) -> None:
    desk.drop("a.ndjson", native(type="mentorship.session.held.v99"))
    home = OpenHome(desk.settings, desk.log, desk.vault, lambda: DEMO_NOW - 10 * YEAR)
    (held,) = held_lines(home)
    receipt = redrive_mended(home, held, native().encode(), None)
    assert (receipt.n_events, desk.n_events) == (1, 1)
