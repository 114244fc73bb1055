"""Google Meet: the attendance report of one meeting, and the administrator's log of calls that ended.

The attendance report tells times of day only; its day is in the file's name, as Google writes it, from the
year to the day.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath

from pipelines.ingest.readers.attendance import (
    Call,
    Cells,
    Columns,
    Draft,
    ReportLayout,
    cell,
    clock_time,
    columns_of,
    read_table,
    settle,
)
from pipelines.ingest.readers.records import Record
from warehouse.errors import FileRefused

ATTENDANCE = {
    "name": frozenset({"name", "full name", "participant name"}),
    "first": frozenset({"first name"}),
    "last": frozenset({"last name"}),
    "email": frozenset({"email", "email address", "e mail"}),
    "join": frozenset({"time joined", "joined", "join time", "first seen", "first seen at"}),
    "leave": frozenset({"time exited", "time left", "exited", "left", "leave time", "last seen at"}),
}
LOG = {
    "name": frozenset({"participant name", "actor name", "display name"}),
    "email": frozenset({"participant identifier", "actor", "actor email", "email"}),
    "code": frozenset({"meeting code"}),
    "call": frozenset({"conference id"}),
    "leave": frozenset({"date", "time", "event time"}),
    "seconds": frozenset({"duration seconds", "duration sec"}),
}

_DAY = re.compile(r"(?<!\d)(20\d\d)[-_.](\d\d)[-_.](\d\d)(?!\d)")
_CODE = re.compile(r"(?<![a-z])[a-z]{3}-?[a-z]{4}-?[a-z]{3}(?![a-z])")


def read_meet(chunks: Iterable[bytes], layout: ReportLayout, notes: list[str]) -> Iterator[Record]:
    """One record a participant's stay, with the call it belongs to.

    Refuses with `report.unknown` what is neither of the two, and with `report.no_date` an attendance report
    whose times are times of day and whose name does not tell the day.
    """
    rows = read_table(chunks, layout, notes)
    for place, row in enumerate(rows):
        columns = columns_of(row, LOG, layout.aliases)
        if {"code", "call", "leave", "seconds"} <= columns.keys():
            yield from _from_log(rows[place + 1 :], columns, layout, notes)
            return
        columns = columns_of(row, ATTENDANCE, layout.aliases)
        if {"join", "leave"} <= columns.keys() and {"name", "first", "email"} & columns.keys():
            yield from _from_attendance(rows[place + 1 :], columns, layout, notes)
            return
    raise FileRefused("report.unknown", "no row names Meet's columns Name, Time joined and Time exited")


def _from_attendance(
    rows: Sequence[Cells], columns: Columns, layout: ReportLayout, notes: list[str]
) -> Iterator[Record]:
    name = PurePath(layout.file_name).name
    code = _CODE.search(name.lower())
    call = Call("meet", code[0].replace("-", "") if code else None)
    drafts = [(row, call, _texts(row, columns)) for row in rows]
    if any(clock_time(texts["join"]) for _, _, texts in drafts):
        day = _day_of(name)
        notes.append(f"the meeting's day, {day}, is taken from the file's name")
        drafts = [(row, call, _dated(texts, day)) for row, call, texts in drafts]
    return settle(drafts, [], layout, notes)


def _texts(row: Cells, columns: Columns) -> dict[str, str]:
    texts = {name: cell(row, columns, name) for name in ATTENDANCE}
    texts["name"] = texts["name"] or f"{texts['first']} {texts['last']}".strip()
    return texts


def _day_of(name: str) -> dt.date:
    match = _DAY.search(name)
    try:
        return dt.date(*(int(part) for part in match.groups())) if match else dt.date.fromisoformat("")
    except ValueError:
        hint = "the times have no date, and the file's name has none: name it `2026-03-24 ... .csv`"
        raise FileRefused("report.no_date", hint) from None


def _dated(texts: dict[str, str], day: dt.date) -> dict[str, str]:
    """Times of day on the meeting's day; who left at an earlier hour than they came left the day after."""
    joined, left = clock_time(texts["join"]), clock_time(texts["leave"])
    if joined is None or left is None:
        return texts
    end = day + dt.timedelta(days=left < joined)
    return texts | {"join": f"{day} {joined:%H:%M:%S}", "leave": f"{end} {left:%H:%M:%S}"}


def _from_log(
    rows: Sequence[Cells], columns: Columns, layout: ReportLayout, notes: list[str]
) -> Iterator[Record]:
    """Calls out of the administrator's log: each row is the end of a stay and says how long it was."""
    calls: dict[str, Call] = {}
    drafts: list[Draft] = []
    for row in rows:
        code = cell(row, columns, "code").replace("-", "").lower()
        call = calls.setdefault(cell(row, columns, "call"), Call("meet", code or None))
        drafts.append((row, call, {name: cell(row, columns, name) for name in LOG} | {"join": ""}))
    return settle(drafts, [], layout, notes)
