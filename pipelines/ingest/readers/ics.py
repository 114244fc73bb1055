"""iCalendar (RFC 5545, RFC 5546): one record an entry, whatever calendar wrote it.

The file is cut into its entries here, so that a broken one costs itself alone; `icalendar` reads each, and
`recurring-ical-events` unfolds a series. Of an entry only what a session needs is taken: when, who, whether
they said yes, and the number of a call. Titles, places and descriptions are left behind.
"""

from __future__ import annotations

import datetime as dt
import re
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pipelines.ingest.readers.records import MAX_ROW_BYTES, MAYBE_TRUNCATED, Record, too_long
from warehouse.clock import EARLIEST_YEAR, LATEST_YEAR, zone
from warehouse.errors import EventRejected, FileRefused

if TYPE_CHECKING:
    from icalendar import Component

MAX_CALENDAR_BYTES = 64 << 20
MAX_OCCURRENCES = 1000
"""Occurrences of one series within the window; more is no meeting of two people."""

PARTSTATS = frozenset({"ACCEPTED", "DECLINED", "TENTATIVE", "NEEDS-ACTION", "DELEGATED"})

_BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, OSError)
"""What the libraries raise over an entry that breaks the standard."""

_TZID = re.compile(rb"^TZID[^:\r\n]*:([^\r\n]+)", re.MULTILINE | re.IGNORECASE)

_CALLS = (
    ("zoom", re.compile(r"zoom\.us/(?:j|s|w|my)/(\d{9,12})|zoommtg://\S*?confno=(\d{9,12})", re.IGNORECASE)),
    ("meet", re.compile(r"meet\.google\.com/([a-z]{3}-?[a-z]{4}-?[a-z]{3})", re.IGNORECASE)),
    ("teams", re.compile(r"(19:meeting_[A-Za-z0-9_\-]+@thread\.v2)", re.IGNORECASE)),
)
_LINKS = (
    "X-GOOGLE-CONFERENCE",
    "X-MICROSOFT-SKYPETEAMSMEETINGURL",
    "CONFERENCE",
    "URL",
    "LOCATION",
    "DESCRIPTION",
)


@dataclass(frozen=True, slots=True)
class CalendarLayout:
    """What a mapping and the program say about a calendar: the zone of floating times, and how far to unfold.

    `since` and `until` bound the occurrences of a series.
    """

    since: dt.datetime
    until: dt.datetime
    zone: str | None = None
    takes_all_day: bool = False


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody named in an entry and what they answered; `answer` is empty for who only organises."""

    address: str | None
    name: str | None
    answer: str


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One meeting an entry stands for; `of` is the start it had in its series, where it is of one."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    of: dt.datetime | None = None
    is_excluded: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """What an entry of a calendar says about a meeting.

    `made_at` is when it was created, `said_at` when it was changed last; a calendar need not know either.
    """

    uid: str
    revision: int
    method: str
    is_cancelled: bool
    made_at: dt.datetime | None
    said_at: dt.datetime
    organizer: Invited | None
    invited: tuple[Invited, ...]
    occurrences: tuple[Occurrence, ...]
    call: tuple[str, str] | None
    is_all_day: bool


@dataclass(frozen=True, slots=True)
class _Block:
    """A component at the top of a calendar, as it stands in the file."""

    number: int
    offset: int
    kind: str
    raw: bytes
    method: str
    is_whole: bool


def read_ics(chunks: Iterable[bytes], layout: CalendarLayout, notes: list[str]) -> Iterator[Record]:
    """One record an entry: `entry` holds what it says.

    Refuses the file with `ics.no_calendar` where it is none, and with the caps of all files. An entry that
    cannot be read is a record with the reason.
    """
    blocks = list(_blocks(_whole(chunks)))
    if blocks and not blocks[-1].is_whole:
        notes.append(MAYBE_TRUNCATED)
    zones = _own_zones(block.raw for block in blocks if block.kind == "VTIMEZONE")
    others = sorted({block.kind for block in blocks} - {"VEVENT", "VTIMEZONE"})
    if others:
        notes.append(f"components that are no meetings, left out: {', '.join(others)}")
    entries = [(block, _parsed(block, zones)) for block in blocks if block.kind == "VEVENT"]
    series: dict[str, list[Component]] = defaultdict(list)
    for _, component in entries:
        if not isinstance(component, EventRejected):
            series[str(component["UID"])].append(component)
    for block, component in entries:
        content: dict[str, Any] | EventRejected
        try:
            if isinstance(component, EventRejected):
                raise component
            content = {"entry": _entry(component, block.method, series[str(component["UID"])], layout)}
        except EventRejected as error:
            content = error
        except _BROKEN:  # a property the library read as something else than what it is for
            content = EventRejected("ics.syntax", None, "the entry breaks RFC 5545: export it again")
        yield Record(block.number, block.offset, block.raw, content)


def unfolded(raw: bytes) -> bytes:
    """The lines of an entry without the breaks a calendar puts into long ones."""
    return re.sub(rb"\r?\n[ \t]", b"", raw)


def spans(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The whole file in pieces: each entry, and each line between entries; number, place and bytes."""
    end = 0
    with suppress(FileRefused):  # what is no calendar is lines
        for block in _blocks(data):
            yield from _lines_between(data, end, block.offset)
            yield block.number, block.offset, block.raw
            end = block.offset + len(block.raw)
    yield from _lines_between(data, end, len(data))


def _lines_between(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, bytes]]:
    for line in data[start:end].splitlines(keepends=True):
        yield 0, start, line
        start += len(line)


def _whole(chunks: Iterable[bytes]) -> bytes:
    parts, n_bytes = [], 0
    for chunk in chunks:
        n_bytes += len(chunk)
        if n_bytes > MAX_CALENDAR_BYTES:
            raise FileRefused("file.too_large", f"more than {MAX_CALENDAR_BYTES:,} bytes: export fewer years")
        parts.append(chunk)
    return b"".join(parts)


def _blocks(data: bytes) -> Iterator[_Block]:
    """The components right below VCALENDAR, one after the other; several calendars may stand in one file."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileRefused("text.encoding", "the file is UTF-16: a calendar is UTF-8")
    cutter, offset = _Cutter(), 0
    for number, line in enumerate(data.splitlines(keepends=True), 1):
        yield from cutter.take(number, offset, line)
        offset += len(line)
    if not cutter.is_calendar:
        raise FileRefused("ics.no_calendar", "no BEGIN:VCALENDAR: is this a calendar?")
    yield from cutter.close(is_whole=False)


class _Cutter:
    """Cuts the components out of a calendar, line by line."""

    def __init__(self) -> None:
        self.is_calendar = False
        self._method = self._kind = ""
        self._held: list[bytes] = []
        self._size = 0
        self._open: list[bytes] = []
        self._place = (0, 0)

    def take(self, number: int, offset: int, line: bytes) -> Iterator[_Block]:
        """The component that is complete with this line, if one is."""
        name, _, value = (part.strip().upper() for part in line.removeprefix(b"\xef\xbb\xbf").partition(b":"))
        if not self._held and value == b"VCALENDAR" and name in (b"BEGIN", b"END"):
            self.is_calendar, self._method = True, ""
        elif not self._held and name == b"METHOD":
            self._method = value.decode("ascii", "replace")
        elif name == b"BEGIN" and self.is_calendar:
            if value == b"VEVENT":  # one that stands open was never closed
                yield from self.close(is_whole=False)
            if not self._held:
                self._place, self._kind = (number, offset), value.decode("ascii", "replace")
            self._open.append(value)
        if self._open:
            self._hold(line)
            if name == b"END":
                self._open.pop()
                if not self._open:
                    yield from self.close(is_whole=True)

    def close(self, *, is_whole: bool) -> Iterator[_Block]:
        """What is held, as it stands."""
        if self._held:
            number, offset = self._place
            raw = b"".join(self._held)
            yield _Block(number, offset, self._kind, raw, self._method, is_whole)
        self._held, self._open, self._size = [], [], 0

    def _hold(self, line: bytes) -> None:
        self._held.append(line)
        self._size += len(line)
        if self._size > MAX_ROW_BYTES:
            raise too_long(line, self._place[0])


def _own_zones(raws: Iterable[bytes]) -> dict[str, bytes]:
    """The time zones that only the file itself defines; the others are in the tz database, kept better."""
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    found: dict[str, bytes] = {}
    for raw in raws:
        name = _TZID.search(unfolded(raw))
        if name is not None:
            found[name[1].decode("utf-8", "replace").strip()] = raw
    return {name: raw for name, raw in found.items() if name not in WINDOWS_TO_OLSON and not _is_iana(name)}


def _is_iana(name: str) -> bool:
    try:
        zone(name)
    except EventRejected:
        return False
    return True


def _parsed(block: _Block, own_zones: dict[str, bytes]) -> Component | EventRejected:
    """One entry with the time zones it needs, read by the library; or why it cannot be."""
    from icalendar import Calendar

    if not block.is_whole:
        return EventRejected("ics.syntax", None, "the entry does not end: is the file cut off?")
    body = _clean(block.raw)
    said = unfolded(body)
    zones = b"".join(_clean(raw) for name, raw in own_zones.items() if name.encode() in said)
    whole = b"BEGIN:VCALENDAR\r\n" + zones + body + b"END:VCALENDAR\r\n"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a vendor's prefix before a zone's name is expected
        try:
            calendar = Calendar.from_ical(whole)
            (event,) = calendar.walk("VEVENT")
        except _BROKEN:
            return EventRejected("ics.syntax", None, "the entry breaks RFC 5545: export it again")
    broken = {name for name, _ in event.errors} & {"DTSTART", "DTEND", "DURATION", "RRULE", "RECURRENCE-ID"}
    if broken:
        return EventRejected("ics.syntax", min(map(str, broken)), "cannot be read: export the calendar again")
    if "UID" not in event:
        return EventRejected("id.missing", "UID", "every entry of a calendar has a UID; it is never made up")
    return event


def _clean(raw: bytes) -> bytes:
    """UTF-8 with CR LF and without empty lines; what is no UTF-8 stands in texts, which nobody reads."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("windows-1252", "replace")
    lines = (line for line in re.split(r"\r\n|\n|\r", text) if line.strip())
    return "".join(f"{line}\r\n" for line in lines).encode()


def _entry(event: Component, method: str, series: Sequence[Component], layout: CalendarLayout) -> Entry:
    start = _property(event, "DTSTART")
    if start is None:
        raise EventRejected("field.missing", "DTSTART", "the entry does not say when it begins")
    is_all_day = not isinstance(start, dt.datetime)
    made_at = _stamp(event, "CREATED")
    said_at = _stamp(event, "LAST-MODIFIED") or _stamp(event, "DTSTAMP") or made_at
    if method in ("REPLY", "CANCEL", "COUNTER"):
        said_at = _stamp(event, "DTSTAMP") or said_at
    if said_at is None:
        raise EventRejected("field.missing", "DTSTAMP", "the entry does not say when it was written")
    organizer = event.get("ORGANIZER")
    occurrences: tuple[Occurrence, ...] = ()
    if not is_all_day or layout.takes_all_day:
        occurrences = tuple(_occurrences(event, series, layout))
    return Entry(
        uid=str(event["UID"]),
        revision=max(0, int(event.get("SEQUENCE", 0))),
        method=method,
        is_cancelled=method == "CANCEL" or str(event.get("STATUS", "")).upper() == "CANCELLED",
        made_at=made_at,
        said_at=said_at,
        organizer=None if organizer is None else _invited(organizer),
        invited=tuple(_people(event)),
        occurrences=occurrences,
        call=_call(event),
        is_all_day=is_all_day,
    )


def _people(event: Component) -> Iterator[Invited]:
    """The attendees that are people: no rooms, no groups."""
    found: Any = event.get("ATTENDEE", [])
    for attendee in found if isinstance(found, list) else [found]:
        kind = str(attendee.params.get("CUTYPE", "INDIVIDUAL")).upper()
        role = str(attendee.params.get("ROLE", "")).upper()
        if kind in ("INDIVIDUAL", "UNKNOWN") and role != "NON-PARTICIPANT":
            yield _invited(attendee)


def _invited(given: Any) -> Invited:
    """An address out of `mailto:`, of its parameter EMAIL where a calendar puts an account's path instead."""
    value = str(given)
    address = value[7:] if value.lower().startswith("mailto:") else str(given.params.get("EMAIL", ""))
    name = str(given.params.get("CN", "")).strip().strip("'\"")
    if not address and "@" in name:
        address = name
    answer = str(given.params.get("PARTSTAT", "")).upper()
    return Invited(
        address=unquote(address).strip() or None,
        name=name or None,
        answer=answer if answer in PARTSTATS else "",
    )


def _occurrences(
    event: Component, series: Sequence[Component], layout: CalendarLayout
) -> Iterator[Occurrence]:
    """The meetings an entry stands for: itself, or those of its series that no other entry speaks of."""
    start, own = _instant(event, "DTSTART", layout), _property(event, "RECURRENCE-ID")
    length = _length(event, start, layout)
    if own is not None:
        yield Occurrence(start, start + length, _at(own, "RECURRENCE-ID", layout))
        return
    if "RRULE" not in event and "RDATE" not in event:
        yield Occurrence(start, start + length)
        return
    spoken_of = {
        _at(other, "RECURRENCE-ID", layout)
        for one in series
        if (other := _property(one, "RECURRENCE-ID")) is not None
    }
    for begin, end, of in _unfolded(event, series, layout):
        if of not in spoken_of:
            yield Occurrence(begin, end, of)
    for excluded in _excluded(event, layout):
        if layout.since <= excluded <= layout.until and excluded not in spoken_of:
            yield Occurrence(excluded, excluded + length, excluded, is_excluded=True)


def _unfolded(
    event: Component, series: Sequence[Component], layout: CalendarLayout
) -> list[tuple[dt.datetime, dt.datetime, dt.datetime]]:
    """Start, end and original start of a series' occurrences within the window."""
    import recurring_ical_events
    from icalendar import Calendar

    calendar: Calendar = Calendar()
    calendar.add_component(event)
    for other in series:
        if "RECURRENCE-ID" in other and "RRULE" not in other:
            calendar.add_component(other)
    try:
        found = []
        unfolding: Iterator[Any] = recurring_ical_events.of(calendar).after(layout.since)
        for one in unfolding:
            begin = _at(one.start, "DTSTART", layout)
            if begin > layout.until:
                break
            of = _property(one, "RECURRENCE-ID")
            found.append(
                (begin, _at(one.end, "DTEND", layout), begin if of is None else _at(of, "RRULE", layout))
            )
            if len(found) > MAX_OCCURRENCES:
                hint = f"more than {MAX_OCCURRENCES:,} meetings within the window: no pair meets so often"
                raise EventRejected("ics.recurrence", "RRULE", hint)
    except _BROKEN:
        raise EventRejected("ics.recurrence", "RRULE", "the series cannot be unfolded") from None
    return found


def _excluded(event: Component, layout: CalendarLayout) -> Iterator[dt.datetime]:
    found: Any = event.get("EXDATE", [])
    for group in found if isinstance(found, list) else [found]:
        for one in group.dts:
            yield _at(one.dt, "EXDATE", layout)


def _length(event: Component, start: dt.datetime, layout: CalendarLayout) -> dt.timedelta:
    """How long it takes; without an end or a duration it takes no time, as RFC 5545 says, a day its day."""
    end, length = _property(event, "DTEND"), _property(event, "DURATION")
    if end is not None:
        found = _at(end, "DTEND", layout) - start
    elif length is not None:
        found = length
    else:
        found = dt.timedelta()
    if found < dt.timedelta():
        raise EventRejected("domain.order", "DTEND", "ends before it begins")
    return found


def _property(event: Component, name: str) -> Any:
    value: Any = event.get(name)
    if isinstance(value, list):
        raise EventRejected("ics.syntax", name, "stands there more than once")
    return None if value is None else value.dt


def _instant(event: Component, name: str, layout: CalendarLayout) -> dt.datetime:
    value: Any = event[name]
    named = str(value.params.get("TZID", ""))
    if named and isinstance(value.dt, dt.datetime) and value.dt.tzinfo is None:
        hint = "names a time zone the file does not define and nobody knows"
        raise EventRejected("time.zone", name, hint)
    return _at(value.dt, name, layout)


def _at(value: dt.date, name: str, layout: CalendarLayout) -> dt.datetime:
    """An instant in UTC; a wall clock that is skipped or comes twice is read as RFC 5545 says."""
    if not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, dt.time())
    if value.tzinfo is None:
        if layout.zone is None:
            hint = (
                'a time without a zone: declare zone = "Europe/Berlin" below [time] in a mapping, or --zone'
            )
            raise EventRejected("time.no_offset", name, hint)
        value = value.replace(tzinfo=zone(layout.zone))
    if not EARLIEST_YEAR <= value.year <= LATEST_YEAR:
        raise EventRejected("time.range", name, f"is outside {EARLIEST_YEAR}-{LATEST_YEAR}")
    return value.astimezone(dt.UTC)


def _stamp(event: Component, name: str) -> dt.datetime | None:
    """When a calendar wrote something down, which is in UTC; an impossible one, such as of 1900, is none."""
    value: Any = event.get(name)
    found = getattr(value[0] if isinstance(value, list) else value, "dt", None)
    if not isinstance(found, dt.datetime) or not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
        return None
    return found.astimezone(dt.UTC) if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _call(event: Component) -> tuple[str, str] | None:
    """Tool and number of the call an entry links to, out of wherever a calendar puts the link."""
    for text in _links(event):
        for tool, pattern in _CALLS:
            if match := pattern.search(text):
                number = next(group for group in match.groups() if group)
                return tool, number.replace("-", "").lower()
    return None


def _links(event: Component) -> Iterator[str]:
    """Every text of an entry that may hold a link, likeliest first."""
    for name in _LINKS:
        found = event.get(name)
        for text in found if isinstance(found, list) else [found]:
            yield unquote(str(text or ""))
