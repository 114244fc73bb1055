"""Zoom's participant report: plain, below a block about the meeting, or with the meeting in every row.

Several reports in one file are several meetings: each block, or each repeated header, begins another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pipelines.ingest.readers.attendance import (
    Call,
    Cells,
    Columns,
    Draft,
    ReportLayout,
    Told,
    cell,
    columns_of,
    read_table,
    settle,
)
from pipelines.ingest.readers.records import Record
from warehouse.errors import FileRefused

PARTICIPANT = {
    "name": frozenset({"name original name", "nameoriginalname", "name", "user name", "display name"}),
    "email": frozenset(
        {"user email", "email", "email address", "e mail", "user email 2", "participant email"}
    ),
    "join": frozenset({"join time", "joined at", "join time timezone"}),
    "leave": frozenset({"leave time", "left at", "leave time timezone"}),
    "total": frozenset({"total duration minutes"}),
}
MEETING = {
    "number": frozenset({"meeting id", "id", "meetingid", "meeting number"}),
    "start": frozenset({"start time", "actual start time", "meeting start time"}),
    "end": frozenset({"end time", "actual end time", "meeting end time"}),
}


def read_zoom(chunks: Iterable[bytes], layout: ReportLayout, notes: list[str]) -> Iterator[Record]:
    """One record a participant's stay, with the call it belongs to.

    "Show unique users" adds up each one's time instead: such a row is a stay of the call's length with its
    total. Refuses with `report.unknown` what is no participant report, and with `report.no_times` totals
    without a block that says when the meeting began and ended.
    """
    drafts: list[Draft] = []
    told: list[Told] = []
    calls: dict[tuple[str, str], Call] = {}
    call, meeting, columns = Call("zoom"), Columns(), Columns()
    for row in read_table(chunks, layout, notes):
        header = columns_of(row, PARTICIPANT, layout.aliases)
        block = columns_of(row, MEETING, {})
        has_times = {"join", "leave"} <= header.keys() or "total" in header
        if has_times and ("name" in header or "email" in header):
            if columns and drafts and drafts[-1][1] is call and not block:
                call = Call("zoom")
            columns, meeting = header, block
        elif "number" in block or "start" in block:
            meeting, columns = block, Columns()
        elif columns:
            found = _call_of(row, meeting, calls, told) if meeting else call
            drafts.append((row, found, _texts(row, columns)))
        elif meeting:
            call = _call_of(row, meeting, calls, told)
            meeting = Columns()
    if not columns:
        raise FileRefused("report.unknown", "no row names Zoom's columns Name, Join time and Leave time")
    yield from settle(drafts, told, layout, notes)


def _texts(row: Cells, columns: Columns) -> dict[str, str]:
    """A participant's texts: join and leave, or the total where there are no times."""
    spare = "total" if "join" in columns else "join"
    return {name: cell(row, columns, name) for name in PARTICIPANT if name != spare}


def _call_of(
    row: Cells,
    meeting: Columns,
    calls: dict[tuple[str, str], Call],
    told: list[Told],
) -> Call:
    """The call a row is about, by the meeting's number and start: a number alone is used for years."""
    number, start = re.sub(r"\D", "", cell(row, meeting, "number")), cell(row, meeting, "start")
    if (number, start) not in calls:
        call = calls[number, start] = Call("zoom", number or None)
        if start:
            told.append((call, start, cell(row, meeting, "end")))
    return calls[number, start]
