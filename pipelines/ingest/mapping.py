"""A mapping: one TOML file that says how a source's rows become our events.

    [source]                       who the rows are from and how they are written
    name = "platform-export"
    format = "csv"                 csv | ndjson | parquet, or one of TABLES, MESSAGES or MEETING_FORMATS

    [[event]]                      one block per event a row can become
    type = "session.held"
    when = {kind = "meeting"}      only rows whose column says so
    id = "{meeting_id}"            a template of columns, or key = [columns] where the source has no id
    time = "started_at"
    pair = "match_id"
    data = {session_id = "meeting_id", minutes = "minutes"}

    [[ignore]]                     rows that are no events, on purpose, whatever else is said of them
    when = {kind = "test"}

Where a value is asked for stands an origin: a column's name, {value = constant}, {column = ..., map =
{theirs = "ours"}, default = ...}, {json = column, path = "a.b"}, or inside an `each` block {each = "key"}
and {each = "value"}; `slug = true` turns a printed option into a code. A row that no block is about is
quarantined: nothing is dropped because nobody thought of it.

Where a person is asked for, a column holds the source's own id of them or an address; {email = "column"},
{name = "column"} and {id = "column"} say which, and look the person up (pipelines/ingest/who.py). A source
that names no pairs names its people: pair = {people = ["organizer_email", {name = "attendee"}]}. With
`people = "known"` in [source], as reports should have it, nobody is made a person for being named there:
who is unknown waits until somebody says who it is.

TABLES (table, qualtrics, surveymonkey) are exports for people's eyes, as CSV or XLSX: their columns are
known by what they are called, without case and punctuation, and may have several names below [alias]; those
in `optional` may be missing. `preset = "name"` starts from a mapping that comes with Kinkeeper
(pipelines/ingest/presets), [survey] is short for the events of a survey (pipelines/ingest/surveys.py).

A calendar and the reports of meeting tools (ics, zoom, teams, meet) have no [[event]]: what their rows become
is the same for everybody (docs/sources/). Their mapping says what the file does not:

    [time]
    zone = "Europe/Berlin"         whose wall clock its times are
    date_order = "dmy"             mdy | dmy | ymd

    [meeting]
    strangers = "wait"             wait | skip: a meeting of somebody known with somebody unknown
    ignore_names = ["*notetaker*"] participants who are no people
    all_day = false                whether an entry without a time of day is a meeting
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

import warehouse.events.catalogue  # noqa: F401  fills the catalogue
from pipelines.ingest.readers.headings import OWN_COLUMNS, Heading
from pipelines.ingest.readers.records import Layout, nearest
from warehouse.clock import TimeFormat, zone
from warehouse.errors import EventRejected
from warehouse.events.base import CATALOGUE, PERSON, PRIVATE, EventType, Evidence, Visibility, fields

NATIVE = "native"

EACH_KEY = "each_key"

TABLES = ("table", "qualtrics", "surveymonkey")
"""Formats whose rows are read by what their columns are called; they differ in how many rows name them."""


Format = Literal[
    "csv",
    "ndjson",
    "parquet",
    "table",
    "qualtrics",
    "surveymonkey",
    "slack",
    "mbox",
    "ics",
    "zoom",
    "teams",
    "meet",
]

MEETING_FORMATS = frozenset({"ics", "zoom", "teams", "meet"})
"""Formats that say by themselves which events their rows become: a mapping of theirs has no [[event]]."""

CONTAINERS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("zoom", "teams", "meet"), ("csv", "xlsx")),
    **dict.fromkeys(TABLES, ("csv", "xlsx")),
    "slack": ("zip",),
}
"""Format -> the kinds of file it comes in, where these are called otherwise."""


Encoding = Literal["utf-8", "utf-16", "iso-8859-1", "iso-8859-15", "windows-1252"]

_ID_COLUMN = re.compile(r"\{([^{}]+)\}")

_TYPE = re.compile(r"(?P<name>[a-z_]+\.[a-z_]+)(?:\.v(?P<version>[0-9]{1,3}))?")


def _scalar(value: Any) -> Any:
    if not isinstance(value, str | bool | int | float):
        raise ValueError("a constant is text, a number, true or false")
    return value


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_WAYS_TO_NAME = ("email", "name", "id")
"""How a person may be named; written as {email = "column"}, short for {column = "column", as = "email"}."""


Constant = Annotated[Any, AfterValidator(_scalar)]


When = dict[str, Annotated[tuple[str, ...], BeforeValidator(_one_or_more)]]


class Block(BaseModel):
    """A table of a mapping file: what it does not know, it refuses."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Block):
    """Who the rows are from, whose person ids they carry, and how the file is written."""

    name: str = Field(min_length=1)
    format: Format
    sheet: str | None = None
    program: str | None = None
    cohort: str | None = None
    namespace: str | None = None
    people: Literal["new", "known"] = "new"
    delimiter: str = Field(default=",", min_length=1, max_length=1, pattern=r'^[^"\r\n]$')
    encoding: Encoding = "utf-8"

    @property
    def text_encoding(self) -> str:
        """What readers decode rows with: UTF-16 is turned into UTF-8 before anything is read."""
        return "utf-8" if self.encoding == "utf-16" else self.encoding


def _known_zone(name: str) -> str:
    try:
        return zone(name).key
    except EventRejected as error:
        raise ValueError(error.hint) from None


class Time(Block):
    """How the source writes instants, where that is not RFC 3339 with an offset."""

    pattern: str | None = None
    unit: Literal["s", "ms"] | None = None
    zone: Annotated[str, AfterValidator(_known_zone)] | None = None
    date_order: Literal["mdy", "dmy", "ymd"] | None = None

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        if self.unit and (self.pattern or self.zone):
            raise ValueError("unit counts seconds since 1970 in UTC: it goes with neither pattern nor zone")
        return self


class Origin(Block):
    """Where one value comes from: exactly one of column, value, json and each.

    `join` names columns that are put together, with a space, where the column itself is empty.
    """

    column: str | None = None
    value: Constant = None
    document: str | None = Field(default=None, alias="json")
    path: str | None = None
    joined: tuple[str, ...] = Field(default=(), alias="join")
    each: Literal["key", "value"] | None = None
    codes: dict[str, Constant] | None = Field(default=None, alias="map")
    is_alike: bool = Field(default=False, alias="alike")
    default: Constant = None
    slug: bool = False
    way: Literal["email", "name", "id"] | None = Field(default=None, alias="as")

    @model_validator(mode="after")
    def _is_one_origin(self) -> Self:
        if sum(part is not None for part in (self.column, self.value, self.document, self.each)) != 1:
            raise ValueError("give exactly one of column, value, json and each")
        if (self.document is None) != (self.path is None):
            raise ValueError("json and path go together")
        if self.joined and self.column is None:
            raise ValueError("join stands beside a column: it is what is read where that is empty")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the value may come from."""
        return tuple(name for name in (self.column, self.document, *self.joined) if name is not None)


def _origin(given: Any) -> Any:
    """A bare text names a column, {email = text} one that holds addresses."""
    if isinstance(given, str):
        return {"column": given}
    if isinstance(given, dict) and len(ways := given.keys() & set(_WAYS_TO_NAME)) == 1:
        (way,) = ways
        return {"column": given[way], "as": way} | {key: given[key] for key in given if key != way}
    return given


From = Annotated[Origin, BeforeValidator(_origin)]


class Pairing(Block):
    """A pair told by its people: both of them, or everybody in a meeting of whom two are a pair.

    `begins` is for rosters of pairs: two people who are no pair yet become one by standing there.
    """

    people: tuple[From, ...] = Field(min_length=1)
    begins: bool = False


class OnlyPair(Block):
    """The pair of somebody who is in one; about none where they are in several at that time."""

    person: From

    @property
    def people(self) -> tuple[Origin, ...]:
        return (self.person,)


def _pair(given: Any) -> Any:
    if isinstance(given, dict) and "people" in given:
        return Pairing.model_validate(given)
    if isinstance(given, dict) and "person" in given:
        return OnlyPair.model_validate(given)
    return _origin(given)


PairFrom = Annotated[Pairing | OnlyPair | Origin, BeforeValidator(_pair)]


class Each(Block):
    """One event per entry of an object in a JSON column; `only` and `except` take patterns such as `q_*`."""

    document: str = Field(alias="json")
    path: str
    only: tuple[str, ...] = ("*",)
    but: tuple[str, ...] = Field(default=(), alias="except")


def _known_type(text: str) -> str:
    match = _TYPE.fullmatch(text)
    name, version = (match["name"], int(match["version"] or 1)) if match else (text, 1)
    if (name, version) not in CATALOGUE:
        close = nearest(name, {known for known, _ in CATALOGUE})
        raise ValueError(
            f"no such event type{f', did you mean {close!r}' if close else ''}: see docs/events.md"
        )
    return text


class Rule(Block):
    """One event that a row, or an entry of a row, becomes."""

    type: Annotated[str, AfterValidator(_known_type)]
    when: When = Field(default_factory=dict)
    skip_if_empty: str | None = None
    empty: tuple[str, ...] = ()
    each: Each | None = None
    id: str | None = None
    key: tuple[str, ...] = ()
    time: From
    recorded: From | None = None
    pair: PairFrom | None = None
    program: From | None = None
    cohort: From | None = None
    actor: From | None = None
    actor_role: From | None = None
    correlation: From | None = None
    evidence: Evidence | None = None
    visibility: Visibility | None = None
    data: dict[str, From] = Field(default_factory=dict)

    @property
    def kind(self) -> EventType:
        """The entry of the catalogue that `type` names."""
        name, _, version = self.type.partition(".v")
        return CATALOGUE[name, int(version or 1)]

    @property
    def id_literals(self) -> tuple[str, ...]:
        """The texts around the columns of an `id` template, one more than there are columns."""
        return tuple(_ID_COLUMN.split(self.id or "")[::2])

    @property
    def origins(self) -> list[Origin]:
        """Every origin of the block."""
        pair = (self.pair,) if isinstance(self.pair, Origin | None) else self.pair.people
        heads = (
            *(self.time, self.recorded, *pair, self.program, self.cohort),
            *(self.actor, self.actor_role, self.correlation),
        )
        return [origin for origin in (*heads, *self.data.values()) if origin is not None]

    @property
    def times(self) -> frozenset[str]:
        """The columns that hold an instant or a date."""
        of_time = (dt.datetime, dt.date)
        told = (
            self.data[field.name]
            for field in fields(self.kind)
            if field.base in of_time and field.name in self.data
        )
        said = (origin for origin in (self.time, self.recorded, *told) if origin is not None)
        return frozenset(name for origin in said for name in origin.columns)

    @property
    def people(self) -> list[Origin]:
        """The origins that hold people, names and addresses."""
        kinds = {field.name: field.kind for field in fields(self.kind)}
        pair = () if isinstance(self.pair, Origin | None) else self.pair.people
        told = (origin for name, origin in self.data.items() if kinds[name] in (PERSON, PRIVATE))
        return [origin for origin in (*pair, self.actor, *told) if origin is not None]

    @property
    def id_columns(self) -> tuple[str, ...]:
        """The columns an event's id is made of."""
        return self.key or tuple(_ID_COLUMN.findall(self.id or ""))

    @model_validator(mode="after")
    def _has_an_id(self) -> Self:
        if bool(self.id) == bool(self.key):
            raise ValueError('give either id = "{column}" or key = ["column", ...]')
        if not self.id_columns:
            raise ValueError("an id without a {column} would be the same for every row")
        return self

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        known = {field.name: field.is_required for field in fields(self.kind)}
        for name in self.data:
            if name not in known:
                raise ValueError(f"data.{name}: {self.type} has {', '.join(known) or 'no fields'}")
        missing = [name for name, is_required in known.items() if is_required and name not in self.data]
        if missing:
            raise ValueError(f"data: {self.type} needs {', '.join(missing)}")
        return self

    @model_validator(mode="after")
    def _names_people_where_people_are(self) -> Self:
        people = self.people
        if any(origin.way and not any(origin is one for one in people) for origin in self.origins):
            raise ValueError("email, name and id say how a person is named: none is asked for there")
        return self

    @model_validator(mode="after")
    def _has_entries(self) -> Self:
        uses_each = EACH_KEY in self.id_columns or any(origin.each for origin in self.origins)
        if uses_each and self.each is None:
            raise ValueError("each_key and {each = ...} need an `each`")
        if self.each is not None and EACH_KEY not in self.id_columns:
            raise ValueError("an event per entry needs {each_key} in its id")
        return self


class Ignore(Block):
    """Rows that are no events, on purpose."""

    when: When = Field(min_length=1)


class Meeting(Block):
    """What a calendar or a meeting report does not say about the meetings in it."""

    strangers: Literal["wait", "skip"] = "wait"
    ignore_names: tuple[str, ...] = ()
    all_day: bool = False


class Mapping(Block):
    """A whole mapping file.

    `looks_like` is how a preset's files are recognised: sets of cells, any of which stands whole in one of
    the first rows.
    """

    source: Source
    time: Time = Time()
    meeting: Meeting = Meeting()
    looks_like: tuple[tuple[str, ...], ...] = Field(default=(), exclude=True)
    alias: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)
    optional: tuple[str, ...] = ()
    some_of: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = Field(default=(), alias="event")
    ignore: tuple[Ignore, ...] = ()

    @model_validator(mode="after")
    def _has_what_its_format_asks_for(self) -> Self:
        is_meeting = self.source.format in MEETING_FORMATS
        if is_meeting and (self.rules or self.ignore):
            raise ValueError(f"{self.source.format} decides itself what its rows become: no [[event]] here")
        if not is_meeting and not self.rules:
            raise ValueError("event is missing: add at least one [[event]]")
        return self

    @cached_property
    def fingerprint(self) -> str:
        """Changes with what the file means, not with how it is written."""
        canonical = json.dumps(
            self.model_dump(mode="json", exclude_defaults=True), sort_keys=True, ensure_ascii=False
        )
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    @property
    def layout(self) -> Layout:
        """What the reader must find in the file."""
        return Layout(
            needed=self._columns(),
            aliases={name: foreign for name, foreign in self.alias.items() if isinstance(foreign, str)},
            delimiter=self.source.delimiter,
            encoding=self.source.text_encoding,
        )

    @property
    def heading(self) -> Heading:
        """What the reader of a table must find in it."""
        optional = frozenset(self.optional) | frozenset(self.some_of)
        return Heading(
            needed=self._columns() - optional,
            optional=optional & self._columns(),
            some_of=frozenset(self.some_of),
            known_as={name: self.names_of(name) for name in self._columns()},
            times=frozenset().union(*(rule.times for rule in self.rules)),
            ids=frozenset(name for rule in self.rules for name in rule.id_columns),
            style=self.style,
            delimiter=self.source.delimiter if "delimiter" in self.source.model_fields_set else None,
            encoding=self.source.text_encoding,
            sheet=self.source.sheet,
        )

    def names_of(self, column: str) -> tuple[str, ...]:
        """What a column may be called in the file."""
        foreign = self.alias.get(column, ())
        return (column, *((foreign,) if isinstance(foreign, str) else foreign))

    @property
    def style(self) -> TimeFormat:
        """How the file writes instants."""
        return TimeFormat(self.time.pattern, self.time.unit, self.time.zone, self.time.date_order)

    def _columns(self) -> frozenset[str]:
        names: set[str | None] = set()
        for rule in self.rules:
            names.update(rule.when, rule.id_columns, (rule.skip_if_empty,))
            names.update(name for origin in rule.origins for name in origin.columns)
            if rule.each is not None:
                names.add(rule.each.document)
        for ignored in self.ignore:
            names.update(ignored.when)
        return frozenset(name for name in names if name is not None and name not in (EACH_KEY, *OWN_COLUMNS))
