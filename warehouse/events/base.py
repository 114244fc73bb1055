"""What all event types share: the envelope, the registry and the vocabulary of fields.

An event type is a frozen dataclass registered under a stable name (`session.held`, version 1); class
names and module paths never reach the log. A field name means the same thing, with the same type and
unit, in every event type that carries it: the typed projection of the log has one column for each.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from msgspec import Meta

Evidence = Literal["observed", "attested2", "attested1", "inferred", "assumed"]
Visibility = Literal["aggregate", "coordinator", "self"]
Role = Literal["mentor", "mentee", "peer", "pm", "system", "sponsor"]
Party = Literal["mentor", "mentee"]

TYPE_PREFIX = "mentorship"
PERSON = "person"
PRIVATE = "private"
ZONE = "zone"
LINK = "link"

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._:@/+=~\-]*$"
Id = Annotated[str, Meta(min_length=1, max_length=200, pattern=ID_PATTERN)]
"""A technical identifier: ASCII, no spaces, so that it can be copied, linked and compared."""

Person = Annotated[str, Meta(min_length=1, max_length=320, extra={"kind": PERSON})]
"""Whatever a source calls a person by; the vault turns it into a pseudonym before the log sees it."""

Private = Annotated[str, Meta(max_length=2000, extra={"kind": PRIVATE})]
"""A name or an address: it goes to the vault and never into the log."""

Zone = Annotated[str, Meta(description="IANA name, for example Asia/Kolkata", extra={"kind": ZONE})]
"""A time zone; old names are turned into today's."""

LINK_PATTERN = (
    r"^https://[A-Za-z0-9]([A-Za-z0-9.\-]*[A-Za-z0-9])?(:[0-9]{1,5})?"
    r"([/?#][A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*)?$"
)
Link = Annotated[str, Meta(min_length=1, max_length=2000, pattern=LINK_PATTERN, extra={"kind": LINK})]
"""The address of a page, https alone and without a name or password in it: nothing else is safe to open."""

Word = Annotated[str, Meta(min_length=1, max_length=64)]
"""A short label from a list of the program's own, such as a topic or a wave; never free text."""

Minutes = Annotated[int, Meta(ge=0, le=24 * 60)]
Hours = Annotated[float, Meta(ge=0, le=24 * 366)]
Days = Annotated[int, Meta(ge=1, le=366)]
Rate = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0, le=100_000)]
Instant = dt.datetime
"""An instant with an offset, read by `clock.parse_instant` and kept in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Who, what and when of one event, in CloudEvents terms; the payload travels beside it.

    Times are UTC instants: `occurred_at` is when it happened, `recorded_at` when the program learnt it.
    `(source, id)` is the idempotency key. `actor_id` is a pseudonym from the vault.
    """

    id: str
    source: str
    event_type: str
    version: int
    occurred_at: dt.datetime
    recorded_at: dt.datetime
    pair_id: str | None = None
    program_id: str | None = None
    cohort_id: str | None = None
    actor_id: str | None = None
    actor_role: Role | None = None
    evidence: Evidence = "observed"
    visibility: Visibility = "coordinator"
    causation_id: str | None = None
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class EventType:
    """One entry of the catalogue: a name, a version and the payload class that carries it."""

    name: str
    version: int
    payload: type[Any]
    evidence: Evidence
    visibility: Visibility

    @property
    def family(self) -> str:
        return self.name.partition(".")[0]

    @property
    def full_name(self) -> str:
        """The CloudEvents `type`, for example `mentorship.session.held.v1`."""
        return f"{TYPE_PREFIX}.{self.name}.v{self.version}"

    @property
    def meaning(self) -> str:
        return (self.payload.__doc__ or "").strip()


@dataclass(frozen=True, slots=True)
class Field:
    """One payload field as the codec, the log's columns and the docs see it."""

    name: str
    base: type[object]
    is_required: bool
    kind: str | None
    meaning: str
    choices: tuple[str, ...] = ()
    is_list: bool = False

    @property
    def sql_type(self) -> str:
        """The column type in the log's typed projection."""
        scalar = SQL_TYPES[self.base]
        return f"{scalar}[]" if self.is_list else scalar


SQL_TYPES: dict[type[object], str] = {
    str: "VARCHAR",
    int: "INTEGER",
    float: "DOUBLE",
    bool: "BOOLEAN",
    dt.datetime: "TIMESTAMP",
    dt.date: "DATE",
}

CATALOGUE: dict[tuple[str, int], EventType] = {}
P = TypeVar("P")


def event(
    name: str,
    *,
    version: int = 1,
    evidence: Evidence = "observed",
    visibility: Visibility = "coordinator",
) -> Callable[[type[P]], type[P]]:
    """Make a class a frozen payload and enter it in the catalogue under a stable name.

    `evidence` and `visibility` are what an event of this type gets when its source says nothing.
    """

    def register(cls: type[P]) -> type[P]:
        payload = dataclass(frozen=True, slots=True, kw_only=True)(cls)
        key = (name, version)
        if key in CATALOGUE:
            raise ValueError(f"event type {name} v{version} is declared twice")
        CATALOGUE[key] = EventType(name, version, payload, evidence, visibility)
        return payload

    return register


@cache
def fields(kind: EventType) -> tuple[Field, ...]:
    """The fields of a type's payload, in declaration order."""
    hints = get_type_hints(kind.payload, include_extras=True)
    return tuple(_field(item, hints[item.name]) for item in dataclasses.fields(kind.payload))


def _field(item: dataclasses.Field[Any], hint: Any) -> Field:
    metas: list[Meta] = []
    inner = hint
    while True:
        origin = get_origin(inner)
        if origin is Annotated:
            inner, *marks = get_args(inner)
            metas.extend(mark for mark in marks if isinstance(mark, Meta))
        elif origin in (Union, types.UnionType):
            inner = next(arg for arg in get_args(inner) if arg is not type(None))
        else:
            break
    is_list = get_origin(inner) is tuple
    if is_list:
        inner = get_args(inner)[0]
        while get_origin(inner) is Annotated:
            inner = get_args(inner)[0]
    choices = tuple(str(arg) for arg in get_args(inner)) if get_origin(inner) is Literal else ()
    kinds = [meta.extra["kind"] for meta in metas if meta.extra and "kind" in meta.extra]
    meanings = [meta.description for meta in metas if meta.description]
    return Field(
        name=item.name,
        base=str if choices else inner,
        is_required=item.default is dataclasses.MISSING,
        kind=kinds[0] if kinds else None,
        meaning=meanings[0] if meanings else "",
        choices=choices,
        is_list=is_list,
    )


def typed_columns() -> dict[str, str]:
    """Column name -> SQL type of every payload field that may be kept in the log, in a stable order."""
    columns: dict[str, str] = {}
    for kind in latest():
        for field in fields(kind):
            if field.kind == PRIVATE:
                continue
            known = columns.setdefault(field.name, field.sql_type)
            if known != field.sql_type:
                raise ValueError(f"{kind.name}: {field.name} is {field.sql_type}, elsewhere {known}")
    return dict(sorted(columns.items()))


def latest() -> Iterator[EventType]:
    """The newest version of each type, by name."""
    newest: dict[str, EventType] = {}
    for kind in CATALOGUE.values():
        if kind.name not in newest or kind.version > newest[kind.name].version:
            newest[kind.name] = kind
    return iter(sorted(newest.values(), key=lambda kind: kind.name))


def note(text: str) -> Meta:
    """What a field means, with its unit; shown in docs/events.md and the JSON Schema."""
    return Meta(description=text)


__all__ = [
    "CATALOGUE",
    "ID_PATTERN",
    "LINK",
    "LINK_PATTERN",
    "PERSON",
    "PRIVATE",
    "TYPE_PREFIX",
    "ZONE",
    "Annotated",
    "Count",
    "Days",
    "Envelope",
    "EventType",
    "Evidence",
    "Field",
    "Hours",
    "Id",
    "Instant",
    "Link",
    "Literal",
    "Minutes",
    "Party",
    "Person",
    "Private",
    "Rate",
    "Role",
    "Visibility",
    "Word",
    "Zone",
    "event",
    "fields",
    "latest",
    "note",
    "typed_columns",
]
