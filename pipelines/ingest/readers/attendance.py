"""What the reports of meeting tools have in common: who was in a meeting from when to when.

A tool writes one row per participant and stay, in a table with a few lines above it, in the language and with
the clock of whoever exported it. Columns are known by what they are called, in any order and case. The order
of day and month and the time zone are declared, or proved by the file, and never guessed.
"""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from pipelines.ingest.readers.records import (
    MAX_COLUMNS,
    MAX_ROW_BYTES,
    UTF8_BOM,
    Record,
    split_lines,
    too_long,
)
from pipelines.ingest.readers.xlsx import WORKBOOK_CELLS, workbook_lines
from warehouse.clock import TimeFormat, parse_instant, shape
from warehouse.errors import EventRejected, FileRefused

MAX_REPORT_BYTES = 64 << 20
"""A report is held in memory: who was alone is known only when all its rows were read."""

MAX_IDLE = dt.timedelta(hours=4)
"""How long a call may stand empty; whoever comes later comes to another one."""

HEAD_BYTES = 1 << 16
HEAD_ROWS = 40
"""What is looked at to recognise a report."""

DELIMITERS = ",;\t"

_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NO_WORD = re.compile(r"[\W_]+")
_NUMERIC = re.compile(
    r"(?P<first>\d{1,4})(?P<mark>[./-]) ?(?P<second>\d{1,2})(?P=mark) ?(?P<third>\d{2,4})\.?,? +"
    r"(?P<clock>\d.*)"
)
_NAMED = re.compile(r"(?P<month>[A-Za-z]{3,9})\.? (?P<day>\d{1,2}),? (?P<year>\d{4}),? +(?P<clock>\d.*)")
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))? ?([AaPp])?\.?(?: ?[Mm]\.?)?")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})")
_HALVES = {"a": 0, "p": 12}
_HEADER_ZONE = re.compile(r"\((?:UTC|GMT)(?:[+-]00:00)?\)")
_MONTHS = {dt.date(2000, month, 1).strftime("%b").lower(): month for month in range(1, 13)}


@dataclass(frozen=True, slots=True)
class ReportLayout:
    """What a mapping, the file's name and the program say about a report.

    `zone` is the declared one, `program_zone` the one that stands in where the mapping declares none;
    `aliases` maps `name`, `email`, `join`, `leave` to the name of the column in the file.
    """

    zone: str | None = None
    program_zone: str | None = None
    date_order: str | None = None
    encoding: str = "utf-8"
    aliases: Mapping[str, str] = field(default_factory=dict)
    file_name: str = ""

    @property
    def is_workbook(self) -> bool:
        """Whether it landed as the cells of a workbook, one row a line (landing.py)."""
        return self.file_name.endswith(".ndjson")


@dataclass(frozen=True, slots=True)
class Stay:
    """One participant from joining to leaving; `names` are what they went by, the most reliable first.

    Where a tool only adds up how long somebody was there, that is `total`, and the times are the call's.
    """

    names: tuple[str, ...]
    email: str | None
    joined_at: dt.datetime
    left_at: dt.datetime
    total: dt.timedelta | None = None


@dataclass(eq=False, slots=True)
class Call:
    """One meeting as a tool saw it, complete once its file was read.

    `tool` and `number` are what links a call to a calendar entry, where the report names its link.
    `n_unreadable` rows could not be read, so who else was there is not certain.
    """

    tool: str
    number: str | None = None
    began_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    stays: list[Stay] = field(default_factory=list)
    n_unreadable: int = 0

    @property
    def starts_at(self) -> dt.datetime:
        """When it began: as the report says, else when the first one came."""
        return self.began_at or min(stay.joined_at for stay in self.stays)


@dataclass(frozen=True, slots=True)
class Cells:
    """One row of a report cut into cells, with its line and place."""

    number: int
    offset: int
    raw: bytes
    texts: tuple[str, ...]

    @property
    def folded(self) -> tuple[str, ...]:
        return tuple(fold(text) for text in self.texts)


Columns = dict[str, int]
"""What we call a column -> which it is."""

Draft = tuple[Cells, Call, dict[str, str]]
"""A row, the meeting it belongs to, and its texts: name, email, and leave with join or seconds, or total."""

UNTIL_LAST = "until the last time that is listed"
"""What `leave` says of somebody who was there still when the report was made."""

_LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)

Told = tuple[Call, str, str]
"""A call whose report says when it began and, where it says so, when it ended."""


def fold(text: str) -> str:
    """A header or cell for comparing: without case, punctuation and kinds of space."""
    return _NO_WORD.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def read_table(chunks: Iterable[bytes], layout: ReportLayout, notes: list[str]) -> list[Cells]:
    """The rows of a report that hold something, whatever its encoding and delimiter, which are noted.

    Refuses with `text.encoding`, `file.too_large`, `row.too_long`, `csv.quote` and `csv.columns_max`.
    """
    data = b"".join(_capped(chunks))
    if layout.is_workbook:
        return _sheet_rows(data)
    encoding, mark = _encoding(data, layout)
    lines = list(_lines(data, encoding, mark))
    delimiter = _delimiter(lines)
    if encoding != "utf-8":
        notes.append(f"read as {encoding.removesuffix('-le').removesuffix('-be')}")
    if delimiter != ",":
        notes.append(f"columns end at {'a tab' if delimiter == chr(9) else repr(delimiter)}")
    return list(_rows(lines, delimiter))


def _sheet_rows(data: bytes) -> list[Cells]:
    """The rows of a workbook's first sheet that is not hidden."""
    rows: list[Cells] = []
    shown: str | None = None
    for number, offset, line in split_lines([data], []):
        told = json.loads(line)
        if not told["is_hidden"] and shown in (None, told["sheet"]):
            shown = told["sheet"]
            rows.append(Cells(number, offset, line, tuple(told[WORKBOOK_CELLS])))
    return rows


def columns_of(row: Cells, known: Mapping[str, frozenset[str]], aliases: Mapping[str, str]) -> Columns:
    """Which of the columns we know a row names; empty where it is no header."""
    found: Columns = {}
    for index, text in enumerate(row.folded):
        for ours, names in known.items():
            declared = aliases.get(ours)
            is_ours = text == fold(declared) if declared else text in names
            if is_ours and ours not in found:
                found[ours] = index
    return found


def zone_in_header(row: Cells) -> str | None:
    """UTC where a header says `First Join (UTC)`."""
    return "UTC" if any(_HEADER_ZONE.search(text) for text in row.texts) else None


def cell(row: Cells, columns: Columns, name: str) -> str:
    """The text a row has in a column; empty where it has none."""
    index = columns.get(name)
    return row.texts[index].strip() if index is not None and index < len(row.texts) else ""


def settle(
    drafts: Sequence[Draft],
    told: Sequence[Told],
    layout: ReportLayout,
    notes: list[str],
) -> Iterator[Record]:
    """Read all times of a report in one order and zone, complete its calls, and give one record a row.

    A row that cannot be read is a record with the reason. A call whose beginning cannot be read begins when
    the first one came. Refuses with `report.no_times` totals of a call that nobody can place in time.
    """
    if not drafts:
        raise FileRefused(
            "report.no_participants", "the report lists nobody: export it with its participants"
        )
    texts = [text for *_, row in drafts for name in ("join", "leave") if (text := row.get(name))]
    texts = [text for text in texts if text != UNTIL_LAST]
    texts += [text for _, *said in told for text in said if text]
    clock = _Clock.of(texts, layout, notes)
    for call, begin, end in told:
        call.began_at, call.ended_at = clock.read_or_none(begin), clock.read_or_none(end)
    last = max(texts, key=lambda text: clock.read_or_none(text) or _LONG_AGO, default="")
    settled = [
        (cells, call, _total_stay(row, call) if "total" in row else _stay(row, clock, last))
        for cells, call, row in drafts
    ]
    parts = _parts([(call, stay) for _, call, stay in settled])
    for (cells, _, stay), call in zip(settled, parts, strict=True):
        content: dict[str, Any] | EventRejected = (
            {"call": call, "stay": stay} if isinstance(stay, Stay) else stay
        )
        yield Record(cells.number, cells.offset, cells.raw, content)


def _parts(rows: Sequence[tuple[Call, Stay | EventRejected]]) -> list[Call]:
    """The call of each row, complete; after hours in which nobody was there, it is another call.

    A number is used for years, and a report need not say when each of its meetings began.
    """
    found = [call for call, _ in rows]
    stays: dict[Call, list[tuple[Stay, int]]] = {call: [] for call in found}
    for place, (call, stay) in enumerate(rows):
        if isinstance(stay, Stay):
            stays[call].append((stay, place))
        else:
            call.n_unreadable += 1
    for call, mine in stays.items():
        part, until = call, None
        for stay, place in sorted(mine, key=lambda row: row[0].joined_at):
            if until is not None and stay.joined_at > until + MAX_IDLE:
                part, until = Call(call.tool, call.number, n_unreadable=call.n_unreadable), None
            part.stays.append(stay)
            found[place] = part
            until = max(until or stay.left_at, stay.left_at)
    return found


def report_lines(data: bytes, declared: str) -> Iterator[tuple[int, int, bytes, int]]:
    """The whole file in rows, its mark included: number, place, bytes, and the width of a character."""
    encoding, mark = _encoding(data, ReportLayout(encoding=declared))
    width = len("\n".encode(encoding))
    if mark:
        yield 0, 0, mark, width
    for number, start, raw, _ in _lines(data, encoding, mark):
        yield number, start, raw, width


def head_rows(head: bytes) -> list[Cells]:
    """The first rows of what may be a report; none where they cannot be read."""
    with suppress(FileRefused):
        encoding, mark = _encoding(head, ReportLayout())
        text = head[len(mark) :].decode(encoding, "replace")
        lines = [(number, 0, b"", line) for number, line in enumerate(text.splitlines(), 1)]
        return list(_rows(lines[:HEAD_ROWS], _delimiter(lines)))
    return []


def head_of_workbook(file: BinaryIO) -> list[Cells]:
    """The first rows of a workbook; none where it cannot be read."""
    with suppress(FileRefused):
        lines = itertools.islice(workbook_lines(file), HEAD_ROWS)
        return [Cells(line["row"], 0, b"", tuple(line[WORKBOOK_CELLS])) for line in lines]
    return []


def looks_like(rows: Sequence[Cells], signatures: Iterable[Sequence[str]]) -> bool:
    """Whether the first rows hold all cells of a signature; `1. *` is a row of one cell that begins so."""
    cells = {text for row in rows for text in row.folded}
    titles = [row.texts[0].strip().casefold() for row in rows if not any(row.texts[1:])]

    def is_there(wanted: str) -> bool:
        if wanted.endswith("*"):
            return any(title.startswith(wanted[:-1].casefold()) for title in titles)
        return fold(wanted) in cells

    return any(all(map(is_there, signature)) for signature in signatures)


def _stay(row: dict[str, str], clock: _Clock, last: str) -> Stay | EventRejected:
    try:
        if not row["name"] and not row["email"]:
            raise EventRejected("field.missing", "name", "the row names nobody")
        left_at = clock.read(last if row["leave"] == UNTIL_LAST else row["leave"], "leave")
        joined_at = _before(left_at, row["seconds"]) if "seconds" in row else clock.read(row["join"], "join")
        if left_at < joined_at:
            hint = "left before joining: is the order of day and month, or a column, another one?"
            raise EventRejected("domain.order", "leave", hint)
    except EventRejected as error:
        return error
    return Stay(names_of(row["name"]), row["email"] or None, joined_at, left_at)


def _total_stay(row: dict[str, str], call: Call) -> Stay | EventRejected:
    """How long somebody was in a call, where nothing says when: at most from its beginning to its end."""
    if call.began_at is None or call.ended_at is None or call.ended_at <= call.began_at:
        raise FileRefused("report.no_times", NO_TIMES)
    if not row["name"] and not row["email"]:
        return EventRejected("field.missing", "name", "the row names nobody")
    total = length_of(row["total"])
    if total is None:
        return EventRejected("field.type", "duration", f"{shape(row['total'])} is no length of time")
    total = min(total, call.ended_at - call.began_at)
    return Stay(names_of(row["name"]), row["email"] or None, call.began_at, call.ended_at, total)


NO_TIMES = (
    "the report adds up how long each was there and does not say when the meeting began and ended: export it "
    'with join and leave times (Zoom: without "Show unique users"), or with its meeting data'
)

_PART = re.compile(r"(\d{1,5})(?:[.,]\d+)? ?([^\W\d_]+)\.?")
_UNITS = {
    3600: "h hr hrs hour hours std stunde stunden heure heures hora horas ora ore uur godz",
    60: "m min mins minute minutes minuten minuto minutos minuti minuut",
    1: "s sec secs second seconds sek sekunde sekunden seconde secondes seconden seg segundo segundos",
}
_SECONDS = {word: seconds for seconds, words in _UNITS.items() for word in words.split()}


def length_of(text: str) -> dt.timedelta | None:
    """A length such as `1h 13m 42s`, `31 Min. 5 Sek.` or `48` (minutes); None where it is none."""
    tidy = _tidy(text).casefold()
    if re.fullmatch(r"\d{1,4}", tidy):
        return dt.timedelta(minutes=int(tidy))
    parts = _PART.findall(tidy)
    is_whole = not re.sub(r"[ ,]", "", _PART.sub("", tidy))
    if not parts or not is_whole or any(unit not in _SECONDS for _, unit in parts):
        return None
    return dt.timedelta(seconds=sum(int(number) * _SECONDS[unit] for number, unit in parts))


def _before(left_at: dt.datetime, seconds: str) -> dt.datetime:
    """When somebody came of whom the tool says how many seconds they stayed."""
    if not re.fullmatch(r"\d{1,6}(?:\.0+)?", seconds):
        raise EventRejected("field.type", "duration", f"{shape(seconds)} is no number of seconds")
    return left_at - dt.timedelta(seconds=float(seconds))


_GUEST = re.compile(
    r" *\((?:guest|external|unverified|gast|extern|invité|invitado|convidado|ospite)\)$", re.IGNORECASE
)
_ORIGINAL = re.compile(r"(?P<shown>.*?) *\((?P<original>.+)\)")


def names_of(text: str) -> tuple[str, ...]:
    """The names in a cell: `Ana (Ana Kim)` was Ana Kim before; the mark of a guest is no name."""
    bare = _GUEST.sub("", text.strip())
    match = _ORIGINAL.fullmatch(bare)
    names = (match["original"], match["shown"]) if match else (bare,)
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))


@dataclass(frozen=True, slots=True)
class _Clock:
    """How one report writes instants."""

    order: str | None
    zone: str | None

    @classmethod
    def of(cls, texts: Sequence[str], layout: ReportLayout, notes: list[str]) -> _Clock:
        tidy = [_tidy(text) for text in texts]
        zone = layout.zone
        if zone is None and not all(_ISO.fullmatch(text) for text in tidy):
            zone = layout.program_zone
            if zone is None:
                hint = 'the report does not say its time zone: declare zone = "Europe/Berlin" below [time]'
                raise FileRefused("time.no_offset", f"{hint} in its mapping, or --zone")
            notes.append(f"times read in {zone}, the program's zone: declare one if the report has another")
        return cls(_order(tidy, layout.date_order, notes), zone)

    def read(self, text: str, field_name: str) -> dt.datetime:
        """The instant of a cell; EventRejected where it is none in this order and zone."""
        if not text:
            raise EventRejected("field.missing", field_name, "is empty: the tool did not record it")
        tidy = _tidy(text)
        if _ISO.fullmatch(tidy):
            return parse_instant(tidy, field=field_name)
        day, clock = _day(tidy, self.order), _time_of(tidy)
        if day is None or clock is None:
            hint = f"{shape(tidy)} is no {'/'.join(self.order or 'ymd')} date with a time"
            raise EventRejected("time.format", field_name, hint)
        wall = f"{day.isoformat()}T{clock.isoformat()}"
        return parse_instant(wall, TimeFormat(zone=self.zone), field=field_name)

    def read_or_none(self, text: str) -> dt.datetime | None:
        try:
            return self.read(text, "start")
        except EventRejected:
            return None


def _order(texts: Sequence[str], declared: str | None, notes: list[str]) -> str | None:
    """The order of day and month: as declared, as the file proves, or none where none is needed."""
    if declared is not None:
        return declared
    numeric = [match for text in texts if (match := _NUMERIC.fullmatch(text)) and len(match["first"]) < 4]
    if not numeric:
        return None
    fitting = [order for order in ("dmy", "mdy") if all(_day(match[0], order) for match in numeric)]
    if len(fitting) == 1:
        what = "day before month" if fitting == ["dmy"] else "month before day"
        notes.append(f"dates read {what}: the file fits no other order")
        return fitting[0]
    seen = shape(numeric[0][0].partition(" ")[0].rstrip(","))
    hint = (
        f'dates such as {seen} fit day/month and month/day: declare date_order = "dmy" or "mdy" below [time]'
    )
    raise FileRefused("time.date_order", f"{hint} in a mapping, or --date-order")


def _day(text: str, order: str | None) -> dt.date | None:
    """The date a text begins with, read in an order; None where it is none."""
    named = _NAMED.fullmatch(text)
    if named:
        month = _MONTHS.get(named["month"][:3].lower(), 0)
        return _date(int(named["year"]), month, int(named["day"]))
    match = _NUMERIC.fullmatch(text)
    if match is None:
        return None
    parts = (int(match["first"]), int(match["second"]), int(match["third"]))
    order = "ymd" if len(match["first"]) == 4 else order
    if order is None or (order != "ymd" and len(match["first"]) > 2):
        return None
    by_letter = dict(zip(order, parts, strict=True))
    year = by_letter["y"]
    return _date(year + 2000 if year < 100 else year, by_letter["m"], by_letter["d"])


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _time_of(text: str) -> dt.time | None:
    match = _NAMED.fullmatch(text) or _NUMERIC.fullmatch(text)
    return None if match is None else clock_time(match["clock"])


def clock_time(text: str) -> dt.time | None:
    """A time of day such as `10:01`, `10:01:22 AM` or `1:30 p.m.`; None where it is none."""
    match = _CLOCK.fullmatch(_tidy(text))
    if match is None:
        return None
    hour, minute, second, half = int(match[1]), int(match[2]), int(match[3] or 0), match[4]
    if half is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + _HALVES[half.lower()]
    try:
        return dt.time(hour, minute, second)
    except ValueError:
        return None


def _tidy(text: str) -> str:
    """All kinds of space as one space, which newer tools put before AM and PM; no marks of direction."""
    return " ".join(re.sub("[\u200e\u200f\u202a-\u202e]", "", text).split())


def _capped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    n_bytes = 0
    for chunk in chunks:
        n_bytes += len(chunk)
        if n_bytes > MAX_REPORT_BYTES:
            raise FileRefused(
                "file.too_large", f"more than {MAX_REPORT_BYTES:,} bytes: a meeting report is smaller"
            )
        yield chunk


def _encoding(data: bytes, layout: ReportLayout) -> tuple[str, bytes]:
    """The encoding and the mark it begins with; UTF-16 also where its mark was lost."""
    for mark, name in _UTF16.items():
        if data.startswith(mark):
            return name, mark
    if data.startswith(UTF8_BOM):
        return "utf-8", UTF8_BOM
    if data[1:2] == b"\x00" and data[3:4] == b"\x00":
        return "utf-16-le", b""
    if layout.encoding == "utf-8" and not _is_utf8(data):
        return "windows-1252", b""  # what a spreadsheet saves; a name it spoils is one nobody knows
    return layout.encoding, b""


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.end == len(data) and len(data) == HEAD_BYTES  # cut inside a character
    return True


def _lines(data: bytes, encoding: str, mark: bytes) -> Iterator[tuple[int, int, bytes, str]]:
    """Number, offset, bytes and text of each line; a line feed inside quotes does not end a row."""
    end = "\n".encode(encoding)
    start, number = len(mark), 1
    while start < len(data):
        stop = _end_of_row(data, start, end, encoding)
        raw = data[start:stop]
        if len(raw) > MAX_ROW_BYTES:
            raise too_long(raw, number)
        yield number, start, raw, _text(raw, encoding, number)
        number += 1
        start = stop


def _end_of_row(data: bytes, start: int, end: bytes, encoding: str) -> int:
    quote = '"'.encode(encoding)
    stop = start
    while True:
        found = _aligned(data, end, stop, len(end), start)
        if found < 0:
            if data.count(quote, start) % 2:
                raise FileRefused("csv.quote", "a quote is opened and never closed: is the file cut off?")
            return len(data)
        stop = found + len(end)
        if data.count(quote, start, stop) % 2 == 0:
            return stop
        if stop - start > MAX_ROW_BYTES:
            raise FileRefused("csv.quote", "a quote is opened and never closed: is the file cut off?")


def _aligned(data: bytes, end: bytes, begin: int, width: int, start: int) -> int:
    """Where a line feed is that starts at a whole character."""
    found = data.find(end, begin)
    while found >= 0 and (found - start) % width:
        found = data.find(end, found + 1)
    return found


def _text(raw: bytes, encoding: str, number: int) -> str:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        hint = (
            f"line {number} is not {encoding}: save the export as it was downloaded, or declare its encoding"
        )
        raise FileRefused("text.encoding", hint) from None
    if _CONTROL.search(text):
        raise FileRefused("text.control_char", f"line {number} holds a control character: is it a text file?")
    return text.strip("\r\n")


def _delimiter(lines: Sequence[tuple[int, int, bytes, str]]) -> str:
    """The one the first rows use most."""
    head = [text for *_, text in lines[:HEAD_ROWS]]
    return max(DELIMITERS, key=lambda mark: sum(text.count(mark) for text in head))


def _rows(lines: Iterable[tuple[int, int, bytes, str]], delimiter: str) -> Iterator[Cells]:
    for number, offset, raw, text in lines:
        if not text.strip(f" {delimiter}"):
            continue
        if text.count(delimiter) >= MAX_COLUMNS:
            raise FileRefused("csv.columns_max", f"more than {MAX_COLUMNS} columns: is this the right file?")
        try:
            texts = next(csv.reader([text], delimiter=delimiter))
        except csv.Error:
            raise FileRefused("csv.quote", f"line {number} cannot be cut into cells") from None
        yield Cells(number, offset, raw, tuple(texts))
