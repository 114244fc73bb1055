"""The only place where text becomes time, and where "now" may be asked for.

Two libraries read the same time text in two ways (a wall clock that happens twice, a `24:00`, an
offset of 25 hours), so every time in an inbound record is parsed here, once and strictly, before
any other library sees it. Instants are aware datetimes in UTC.
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from warehouse.errors import EventRejected

Clock = Callable[[], dt.datetime]
"""Whatever answers "what time is it": injected, so that tests and replays choose the answer."""

EARLIEST_YEAR = 2000
LATEST_YEAR = 2199
SKEW_ALLOWED = dt.timedelta(hours=24)

_RFC3339 = re.compile(
    r"(?P<year>[0-9]{4,5})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})[Tt ]"
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,12}))?)?"
    r"(?P<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EPOCH_DIVISOR = {"s": 1, "ms": 1000}
_ORDERED = re.compile(
    r"(?P<a>[0-9]{1,4})(?P<mark>[./-]) ?(?P<b>[0-9]{1,2})(?P=mark) ?(?P<c>[0-9]{1,4})\.?"
    r"(?:,? +(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})(?:[:.](?P<second>[0-9]{2})(?:\.[0-9]{1,6})?)?"
    r"(?: ?(?P<half>[AaPp])\.? ?[Mm]\.?)?"
    r"(?: +(?P<zone>[A-Za-z]{1,5}|(?:GMT|UTC)[+-][0-9]{1,2}(?::?[0-9]{2})?))?)?"
)
_OFFSET = re.compile(r"(?:GMT|UTC)(?P<sign>[+-])(?P<hours>0?[0-9]|1[0-4])(?::?(?P<minutes>[0-9]{2}))?")
_UTC_NAMES = ("UTC", "GMT", "Z")
_BELOW_MICROSECONDS = re.compile(r"\.[0-9]{6}[0-9]*[1-9]")


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """How a source writes time: RFC 3339 unless it declares a pattern, an epoch unit or a zone.

    `pattern` is a `strptime` pattern, `unit` is `s` or `ms` since 1970, `zone` the IANA zone of times
    that carry no offset. `order` (`dmy`, `mdy` or `ymd`) is that of day, month and year where they are
    written with numbers, as spreadsheets do.
    """

    pattern: str | None = None
    unit: str | None = None
    zone: str | None = None
    order: str | None = None


RFC3339 = TimeFormat()


def system_clock() -> dt.datetime:
    """Now, in UTC."""
    return dt.datetime.now(dt.UTC)


def naive_utc(instant: dt.datetime) -> dt.datetime:
    """An instant as tables keep it: in UTC, which it does not say."""
    return instant.astimezone(dt.UTC).replace(tzinfo=None)


def parse_instant(text: str, style: TimeFormat = RFC3339, *, field: str = "time") -> dt.datetime:
    """The instant a source wrote down, in UTC, cut to microseconds.

    Refuses with `time.format`, `time.no_offset`, `time.nonexistent` (skipped by a clock change),
    `time.ambiguous` (happens twice), `time.zone` and `time.range` (outside 2000-2199). A leap second
    counts as the second before it.
    """
    if style.unit is not None:
        instant = _from_epoch(text, style.unit, field)
    elif style.pattern is not None:
        instant = _from_pattern(text, style, field)
    elif style.order is not None and (match := _ORDERED.fullmatch(text.strip())):
        instant = _from_ordered(match, text, style, field)
    else:
        instant = _from_rfc3339(text, style.zone, field)
    if not EARLIEST_YEAR <= instant.year <= LATEST_YEAR:
        raise EventRejected("time.range", field, f"{shape(text)} is outside {EARLIEST_YEAR}-{LATEST_YEAR}")
    return instant


def time_flags(text: str) -> list[str]:
    """What had to go from a time that `parse_instant` read: `leap_second`, `nanoseconds` or nothing."""
    flags = []
    if ":60" in text:
        flags.append("leap_second")
    if "." in text and _BELOW_MICROSECONDS.search(text):
        flags.append("nanoseconds")
    return flags


def parse_date(text: str, style: TimeFormat = RFC3339, *, field: str = "date") -> dt.date:
    """A calendar date written as 2026-03-01, or with numbers in the order a source declares."""
    try:
        if style.order is not None and (match := _ORDERED.fullmatch(text.strip())):
            text = _ordered_day(match, style.order).isoformat()
        if not _ISO_DATE.fullmatch(text):
            raise ValueError
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise EventRejected("time.format", field, f"{shape(text)} is no date such as 2026-03-01") from None
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise EventRejected("time.range", field, f"{shape(text)} is outside {EARLIEST_YEAR}-{LATEST_YEAR}")
    return day


def shape(text: str) -> str:
    """What a text looks like without telling what it says: digits as 9, letters as a."""
    letters = re.sub(r"[^\W\d_]", "a", re.sub(r"[0-9]", "9", text[:40]))
    return repr(letters)


def refuse_future(instant: dt.datetime, received_at: dt.datetime, *, field: str = "time") -> None:
    """Refuse what claims to have happened more than a day after it was received."""
    if instant > received_at + SKEW_ALLOWED:
        hint = f"{instant.isoformat()} is more than 24 hours after it was received"
        raise EventRejected("time.future", field, hint)


def zone(name: str, *, field: str = "time_zone") -> zoneinfo.ZoneInfo:
    """The time zone of an IANA name; an abbreviation such as IST names no one place and is refused."""
    canonical = _links().get(name, name)
    if canonical != "UTC" and "/" not in canonical:
        raise EventRejected("time.zone", field, f"{shape(name)} is no IANA zone such as Asia/Kolkata")
    try:
        return zoneinfo.ZoneInfo(canonical)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        hint = f"{shape(name)} is no IANA zone such as Asia/Kolkata"
        raise EventRejected("time.zone", field, hint) from None


@cache
def _links() -> dict[str, str]:
    """Old zone names and what they are called now, from the tz database itself."""
    text = resources.files("tzdata").joinpath("zoneinfo", "tzdata.zi").read_text("utf-8")
    rows = (line.split() for line in text.splitlines() if line.startswith("L "))
    return {alias: target for _, target, alias in rows if "/" in alias}


def _from_rfc3339(text: str, zone_name: str | None, field: str) -> dt.datetime:
    match = _RFC3339.fullmatch(text)
    if match is None:
        example = "2026-03-01T10:00:00+01:00"
        hint = f"{shape(text)} is no time such as {example}: other dates need a declared date_order and zone"
        raise EventRejected("time.format", field, hint)
    year_text, month, day, hour, minute, second_text, fraction, offset_text = match.groups()
    year = int(year_text)
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise EventRejected("time.range", field, f"{shape(text)} is outside {EARLIEST_YEAR}-{LATEST_YEAR}")
    second = 59 if second_text == "60" else int(second_text or 0)
    micros = int(fraction[:6].ljust(6, "0")) if fraction else 0
    try:
        wall = dt.datetime(year, int(month), int(day), int(hour), int(minute), second, micros)
        offset = _offset(offset_text)
    except ValueError:
        raise EventRejected("time.format", field, f"{shape(text)} does not exist on any calendar") from None
    if offset is None:
        return _localise(wall, zone_name, text, field)
    instant = wall.replace(tzinfo=offset)
    return instant if offset is dt.UTC else instant.astimezone(dt.UTC)


def _offset(text: str | None) -> dt.timezone | None:
    if text is None:
        return None
    if text in "Zz":
        return dt.UTC
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 23 or minutes > 59:
        raise ValueError(text)
    delta = dt.timedelta(hours=hours, minutes=minutes)
    return dt.timezone(-delta if text[0] == "-" else delta)


def _from_pattern(text: str, style: TimeFormat, field: str) -> dt.datetime:
    if not text.isascii():
        raise EventRejected("time.format", field, f"{shape(text)} has digits that are not 0-9")
    try:
        wall = dt.datetime.strptime(text, style.pattern or "")
    except ValueError:
        hint = f"{shape(text)} does not look like {style.pattern!r}"
        raise EventRejected("time.format", field, hint) from None
    if wall.tzinfo is not None:
        return wall.astimezone(dt.UTC)
    return _localise(wall, style.zone, text, field)


def _from_ordered(match: re.Match[str], text: str, style: TimeFormat, field: str) -> dt.datetime:
    """An instant written with numbers; without a clock it is the start of the day."""
    try:
        wall = dt.datetime.combine(_ordered_day(match, style.order or ""), _ordered_clock(match))
    except ValueError:
        hint = f"{shape(text)} is no date and time in the order {style.order}: declare another date_order"
        raise EventRejected("time.format", field, hint) from None
    said = match["zone"]
    if said is None:
        return _localise(wall, style.zone, text, field)
    if said in _UTC_NAMES:
        return wall.replace(tzinfo=dt.UTC)
    if offset := _OFFSET.fullmatch(said):
        delta = dt.timedelta(hours=int(offset["hours"]), minutes=int(offset["minutes"] or 0))
        return wall.replace(tzinfo=dt.UTC) + (delta if offset["sign"] == "-" else -delta)
    return _abbreviated(wall, said, style.zone, text, field)


def _ordered_day(match: re.Match[str], order: str) -> dt.date:
    """The day out of three numbers; the year has four digits, so that no other number can be it.

    A date as ISO writes it is one whatever order was declared: so workbooks write cells that hold dates.
    """
    if match["mark"] == "-" and len(match["a"]) == 4:
        order = "ymd"
    parts = dict(zip(order, (match["a"], match["b"], match["c"]), strict=True))
    if len(parts["y"]) != 4 or max(len(parts["m"]), len(parts["d"])) > 2:
        raise ValueError(order)
    return dt.date(int(parts["y"]), int(parts["m"]), int(parts["d"]))


def _ordered_clock(match: re.Match[str]) -> dt.time:
    hour = int(match["hour"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if match["half"] in "Pp" else 0)
    return dt.time(hour, int(match["minute"] or 0), int(match["second"] or 0))


def _abbreviated(wall: dt.datetime, said: str, zone_name: str | None, text: str, field: str) -> dt.datetime:
    """An abbreviation such as CET names no one place; with the declared zone it tells winter from summer."""
    if zone_name is not None:
        for fold in (0, 1):
            at = wall.replace(tzinfo=zone(zone_name, field=field), fold=fold)
            if at.tzname() == said:
                return at.astimezone(dt.UTC)
    hint = f"{shape(text)} ends in an abbreviation of a zone: declare the zone it stands for in the mapping"
    raise EventRejected("time.zone", field, hint)


def _from_epoch(text: str, unit: str, field: str) -> dt.datetime:
    if not re.fullmatch(r"-?[0-9]{1,15}", text):
        raise EventRejected("time.format", field, f"{shape(text)} is no whole number of {unit} since 1970")
    try:
        return dt.datetime.fromtimestamp(int(text) / _EPOCH_DIVISOR[unit], dt.UTC)
    except (OverflowError, ValueError, OSError):
        raise EventRejected("time.range", field, f"{shape(text)} {unit} since 1970 is out of range") from None


def _localise(wall: dt.datetime, zone_name: str | None, text: str, field: str) -> dt.datetime:
    if zone_name is None:
        hint = f"{shape(text)} has no offset: add one, or declare the source's zone in its mapping"
        raise EventRejected("time.no_offset", field, hint)
    tz = zone(zone_name, field=field)
    early, late = (wall.replace(tzinfo=tz, fold=fold).astimezone(dt.UTC) for fold in (0, 1))
    if early == late:
        return early
    if early.astimezone(tz).replace(tzinfo=None) != wall:
        hint = f"{shape(text)} was skipped by a clock change in {zone_name}"
        raise EventRejected("time.nonexistent", field, hint)
    hint = f"{shape(text)} happened twice in {zone_name}: give the offset"
    raise EventRejected("time.ambiguous", field, hint)


def end_of_day_or_instant(text: str, zone_name: str, *, field: str) -> dt.datetime:
    """What a person means by a point in time: an instant with offset, or a date up to its last moment."""
    if not _ISO_DATE.fullmatch(text):
        return parse_instant(text, field=field)
    return end_of_day(parse_date(text, field=field), zone(zone_name))


def end_of_day(day: dt.date, tz: dt.tzinfo) -> dt.datetime:
    """The last moment of a local date."""
    midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tz)
    return midnight.astimezone(dt.UTC) - dt.timedelta(microseconds=1)


def is_between(hour: int, begins: int, ends: int) -> bool:
    """Whether an hour lies in a span of the day, which may reach past midnight."""
    return begins <= hour < ends if begins < ends else hour >= begins or hour < ends
