"""From a record to a typed event, strictly: accept it whole or refuse it with a stable code.

A record is a CloudEvents object as a dict. `decode` checks the envelope, converts the payload to its
type, upcasts it, swaps people for pseudonyms, keeps names and addresses out, and hashes what is left.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Protocol, get_args

import msgspec

import warehouse.events.catalogue  # noqa: F401  fills the catalogue
from warehouse.clock import (
    RFC3339,
    TimeFormat,
    parse_date,
    parse_instant,
    refuse_future,
    shape,
    time_flags,
    zone,
)
from warehouse.errors import EventRejected
from warehouse.events import base
from warehouse.events.base import CATALOGUE, Envelope, EventType, Field, fields
from warehouse.events.rules import RULES
from warehouse.events.upcast import upcast

EVENT_NAMESPACE = uuid.UUID("6d1b7c9e-3a52-5c1f-9f57-0b6a4a0d7e11")
"""Namespace of the log's event ids: uuid5 of source and the source's own id."""

PAIR_FAMILIES = frozenset(
    {"goal", "match", "relationship", "session", "prep", "exchange", "followup", "growth"}
)
"""Families whose events say something about one relationship and need to name it."""

MAX_ID = 200

_TYPE = re.compile(rf"{base.TYPE_PREFIX}\.(?P<name>[a-z_]+\.[a-z_]+)\.v(?P<version>[0-9]{{1,3}})")
_ID = re.compile(base.ID_PATTERN)
_LINK = re.compile(base.LINK_PATTERN)
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_EVIDENCE = frozenset(get_args(base.Evidence))
_VISIBILITY = frozenset(get_args(base.Visibility))
_ROLES = frozenset(get_args(base.Role))
_MAX_EMAIL = 254
_MAX_INTEGER = 2**31 - 1


class People(Protocol):
    """Who turns a source's name for a person into a pseudonym, and keeps what must stay private."""

    def pseudonym(self, namespace: str, value: str) -> str: ...

    def remember(self, person_id: str, private: Mapping[str, str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Context:
    """What the codec must know of where a record comes from.

    `namespace` is whose person ids these are, `style` how its times are written; `is_text` is true where
    every value arrives as text (CSV) and numbers have to be read out of it. What lies in the future is judged
    as of `judged_at`, which is later than `received_at` only where a record is tried again.
    """

    received_at: dt.datetime
    source: str | None = None
    namespace: str | None = None
    style: TimeFormat = RFC3339
    is_text: bool = False
    judged_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Decoded:
    """One accepted event. `data` is the newest version, typed; `payload` what was received, canonical.

    `extras` names fields nobody declared, `flags` what was taken all the same but deserves a look.
    """

    event_id: uuid.UUID
    envelope: Envelope
    data: dict[str, Any]
    payload: str
    content_hash: bytes
    extras: tuple[str, ...]
    flags: tuple[str, ...]


def decode(record: Mapping[str, Any], people: People, context: Context) -> Decoded:
    """One event out of one record, or `EventRejected` with a code, the field and what to do."""
    kind = _event_type(record)
    data, extras = _payload(record.get("data", {}), kind, context)
    envelope = _envelope(record, kind, people, context)
    received = _without_people(data, kind, people, envelope.source, context)
    newest, typed = upcast(kind.name, kind.version, received)
    for rule in RULES.get(newest.name, ()):
        rule(typed)
    payload = canonical_json(received)
    return Decoded(
        event_id=event_id(envelope.source, envelope.id),
        envelope=envelope,
        data=typed,
        payload=payload,
        content_hash=content_hash(envelope, payload),
        extras=extras,
        flags=_flags(record, kind, envelope, context.received_at),
    )


def redecode(name: str, version: int, payload: str) -> dict[str, Any]:
    """The typed newest-version payload of a logged event, for rebuilding the typed projection."""
    context = Context(received_at=dt.datetime.max.replace(tzinfo=dt.UTC))
    data, _ = _payload(json.loads(payload), CATALOGUE[name, version], context)
    return upcast(name, version, data)[1]


def event_id(source: str, source_id: str) -> uuid.UUID:
    """The log's key for (source, id): the same event has the same key wherever it is read."""
    return uuid.uuid5(EVENT_NAMESPACE, f"{source}\n{source_id}")


def canonical_json(data: Mapping[str, Any]) -> str:
    """One spelling for one payload: sorted keys, no spaces, times in UTC, nothing empty."""
    kept = {key: value for key, value in data.items() if value is not None and value != ()}
    return _CANONICAL.encode(kept)


def content_hash(envelope: Envelope, payload: str) -> bytes:
    """What makes two deliveries of one id the same event: everything but when it was recorded."""
    parts = (
        envelope.event_type,
        str(envelope.version),
        envelope.occurred_at.isoformat(),
        envelope.pair_id,
        envelope.program_id,
        envelope.cohort_id,
        envelope.actor_id,
        envelope.actor_role,
        envelope.evidence,
        envelope.visibility,
        payload,
    )
    return hashlib.sha256("\x1f".join(part or "" for part in parts).encode()).digest()


def check_text(value: str, field: str) -> None:
    """Refuse what no honest text holds: control characters and half characters."""
    if value.isascii() and value.isprintable():
        return
    match = _NO_TEXT.search(value)
    if match is None:
        return
    if match[0] >= "\ud800":
        raise EventRejected("text.lone_surrogate", field, "holds half of a character: fix its encoding")
    raise EventRejected("text.control_char", field, "holds a control character: remove it at the source")


def check_email(value: str, field: str) -> None:
    """Refuse what no mail can be sent to, above all what carries a second header; empty says nothing."""
    name, at, domain = value.partition("@")
    is_plain = value.isprintable() and " " not in value and len(value) <= _MAX_EMAIL
    if value and not (is_plain and name and at and domain and "@" not in domain):
        raise EventRejected("field.email", field, "is no e-mail address such as ana@example.org")


def check_link(value: str, field: str) -> None:
    """Refuse an address that is no page's: a script, another scheme, a name or password before the host."""
    if not _LINK.fullmatch(value):
        raise EventRejected("field.url", field, "is no address such as https://example.org/page: https only")


def _event_type(record: Mapping[str, Any]) -> EventType:
    if record.get("specversion", "1.0") != "1.0":
        raise EventRejected("envelope.specversion", "specversion", "only CloudEvents 1.0 is understood")
    text = record.get("type")
    if not isinstance(text, str) or not text:
        raise EventRejected("type.missing", "type", "name the event's type, see docs/events.md")
    return _known_type(text)


@lru_cache(maxsize=1024)
def _known_type(text: str) -> EventType:
    match = _TYPE.fullmatch(text)
    name = match["name"] if match else ""
    if (name, 1) not in CATALOGUE:
        hint = f"{text if match else shape(text)} is not in docs/events.md"
        raise EventRejected("schema.unknown_type", "type", hint)
    kind = CATALOGUE.get((name, int(match["version"]) if match else 0))
    if kind is None:
        raise EventRejected("schema.unknown_version", "type", f"{text} is newer than this version knows")
    return kind


def _envelope(record: Mapping[str, Any], kind: EventType, people: People, context: Context) -> Envelope:
    source = _required_id(record.get("source", context.source), "source")
    occurred_at = parse_instant(_time_text(record.get("time"), "time"), context.style)
    judged_at = context.judged_at or context.received_at
    refuse_future(occurred_at, judged_at)
    recorded_at = context.received_at
    if record.get("recordedat") not in (None, ""):
        text = _time_text(record["recordedat"], "recordedat")
        recorded_at = parse_instant(text, context.style, field="recordedat")
        refuse_future(recorded_at, judged_at, field="recordedat")
    pair_id, cohort_id = _subject(record, kind)
    return Envelope(
        id=_required_id(record.get("id"), "id"),
        source=source,
        event_type=kind.name,
        version=kind.version,
        occurred_at=occurred_at,
        recorded_at=recorded_at,
        pair_id=pair_id,
        program_id=_optional_id(record, "programid"),
        cohort_id=_optional_id(record, "cohortid") or cohort_id,
        actor_id=_actor(record, people, source, context),
        actor_role=_choice(record, "actorrole", _ROLES, None),
        evidence=_choice(record, "evidence", _EVIDENCE, kind.evidence),
        visibility=_choice(record, "visibility", _VISIBILITY, kind.visibility),
        causation_id=_optional_id(record, "causationid"),
        correlation_id=_optional_id(record, "correlationid"),
    )


def _subject(record: Mapping[str, Any], kind: EventType) -> tuple[str | None, str | None]:
    """Pair and cohort out of the CloudEvents subject, `relationship/<id>` or `cohort/<id>`."""
    subject = record.get("subject")
    if subject in (None, ""):
        if kind.family in PAIR_FAMILIES:
            raise EventRejected("subject.missing", "subject", "name the relationship: relationship/<id>")
        return None, None
    what, _, name = _text(subject, "subject").partition("/")
    name = _required_id(name, "subject")
    if what == "relationship":
        return name, None
    if kind.family in PAIR_FAMILIES:
        raise EventRejected("subject.missing", "subject", "must be relationship/<id>")
    return None, name if what == "cohort" else None


def _actor(record: Mapping[str, Any], people: People, source: str, context: Context) -> str | None:
    value = record.get("actorid")
    if value in (None, ""):
        return None
    text = _text(value, "actorid")
    check_person(text, "actorid")
    return people.pseudonym(context.namespace or source, text)


def check_person(value: str, field: str) -> None:
    """Refuse a person reference that looks like another one but is not equal to it."""
    check_text(value, field)
    if value.isascii():
        return
    if not unicodedata.is_normalized("NFC", value):
        raise EventRejected("id.not_nfc", field, "normalise the id to NFC at the source")
    if any(unicodedata.category(character) == "Cf" for character in value):
        raise EventRejected("id.charset", field, "holds an invisible character")


def _required_id(value: Any, field: str) -> str:
    if value is None or (isinstance(value, str) and not value.strip()):
        raise EventRejected(f"{field}.missing", field, "every event needs one; it is never made up")
    text = _text(value, field)
    if len(text) > MAX_ID or " " in text:
        raise EventRejected("id.format", field, f"an id has no spaces and at most {MAX_ID} characters")
    if _ID.fullmatch(text):
        return text
    if not unicodedata.is_normalized("NFC", text):
        raise EventRejected("id.not_nfc", field, "normalise the id to NFC at the source")
    raise EventRejected("id.charset", field, "an id is made of A-Z a-z 0-9 . _ : @ / + = ~ -")


def _optional_id(record: Mapping[str, Any], field: str) -> str | None:
    value = record.get(field)
    return None if value in (None, "") else _required_id(value, field)


def _text(value: Any, field: str) -> str:
    if value is None or value == "":
        raise EventRejected("field.missing", field, "is required")
    if isinstance(value, int) and not isinstance(value, bool) and field in ("id", "actorid"):
        return str(value)
    if not isinstance(value, str):
        raise EventRejected("field.type", field, f"expected text, got {type(value).__name__}")
    check_text(value, field)
    return value


def _time_text(value: Any, field: str) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise _no_time(field)
    return _text(value, field)


def _choice(record: Mapping[str, Any], field: str, allowed: frozenset[str], default: Any) -> Any:
    value = record.get(field)
    if value in (None, ""):
        return default
    if _text(value, field) not in allowed:
        raise EventRejected("field.choice", field, f"must be one of {', '.join(sorted(allowed))}")
    return value


def _payload(data: Any, kind: EventType, context: Context) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The typed payload as a dict without empty fields, and the names of fields nobody declared."""
    if not isinstance(data, dict):
        raise EventRejected("field.type", "data", "the payload must be an object")
    known = _fields_by_name(kind)
    ready = {name: _prepare(value, known[name], context) for name, value in data.items() if name in known}
    try:
        payload = msgspec.convert(
            ready, kind.payload, strict=not context.is_text, builtin_types=(dt.datetime, dt.date)
        )
    except msgspec.ValidationError as error:
        raise _rejected(str(error)) from None
    typed = {name: getattr(payload, name) for name in known}
    kept = {name: value for name, value in typed.items() if value is not None and value != ()}
    return kept, tuple(sorted(data.keys() - known.keys()))


@cache
def _fields_by_name(kind: EventType) -> dict[str, Field]:
    return {field.name: field for field in fields(kind)}


def _prepare(value: Any, field: Field, context: Context) -> Any:
    """Times, whole numbers and text by our own rules; everything else is left to msgspec."""
    if isinstance(value, str):
        return _prepared_text(value, field, context)
    if isinstance(value, int | float):
        return _prepared_number(value, field)
    if isinstance(value, list):
        return [_prepare(item, field, context) for item in value]
    return value


def _prepared_text(value: str, field: Field, context: Context) -> Any:
    if field.base is dt.datetime:
        return parse_instant(value, context.style, field=field.name)
    if field.base is dt.date:
        return parse_date(value, context.style, field=field.name)
    if field.base is int and context.is_text and _NUMBER.fullmatch(value):
        return _prepared_number(float(value), field)
    if field.kind == base.PERSON:
        check_person(value, field.name)
    elif field.kind == base.ZONE:
        return zone(value, field=field.name).key
    elif field.kind == base.LINK:
        check_link(value, field.name)
    elif field.name == "email":
        check_email(value, field.name)
    else:
        # A tab or CR that a spreadsheet left in front of a cell is kept; exports disarm it.
        check_text(value[1:] if value.startswith(("\t", "\r")) else value, field.name)
    return value


def _prepared_number(value: float, field: Field) -> float:
    if isinstance(value, bool):
        return value
    if field.base in (dt.datetime, dt.date):
        raise _no_time(field.name)
    if field.base is not int:
        return value
    if abs(value) > _MAX_INTEGER:
        raise EventRejected("number.range", field.name, f"a whole number is at most {_MAX_INTEGER:,}")
    if isinstance(value, float) and not value.is_integer():
        raise EventRejected("field.range", field.name, "is a fraction where a whole number is asked for")
    return int(value)


def _no_time(field: str) -> EventRejected:
    return EventRejected(
        "time.format", field, "a bare number: write RFC 3339, or declare its unit in a mapping"
    )


def _rejected(message: str) -> EventRejected:
    """A stable code for what msgspec says in words."""
    what, _, where = message.partition(" - at `$.")
    field = where.rstrip("`").partition("[")[0] or None
    if "missing required field" in what:
        return EventRejected("field.missing", what.split("`")[1], "is required")
    if what.startswith("Invalid enum value"):
        return EventRejected("field.choice", field, "is none of the values in docs/events.md")
    if "matching regex" in what:
        return EventRejected("id.charset", field, "an id is made of A-Z a-z 0-9 . _ : @ / + = ~ -")
    if "of length" in what:
        return EventRejected("field.length", field, what)
    if ", got `" in what:
        return EventRejected("field.type", field, what)
    return EventRejected("field.range", field, what)


def _without_people(
    data: dict[str, Any], kind: EventType, people: People, source: str, context: Context
) -> dict[str, Any]:
    """The payload with pseudonyms for people and without what belongs to the vault alone."""
    kept: dict[str, Any] = {}
    private: dict[str, str] = {}
    for name, value in data.items():
        what = _fields_by_name(kind)[name].kind
        if what == base.PERSON:
            kept[name] = people.pseudonym(context.namespace or source, value)
        elif what == base.PRIVATE:
            private[name] = value
        else:
            kept[name] = value
    if private:
        people.remember(kept["person_id"], private)
    return kept


def _flags(
    record: Mapping[str, Any], kind: EventType, envelope: Envelope, received_at: dt.datetime
) -> tuple[str, ...]:
    """What of an accepted record deserves a look: a clock ahead, a time cut, marks that turn text around."""
    flags = time_flags(record["time"])
    if record.get("recordedat"):
        flags += time_flags(record["recordedat"])
    if envelope.occurred_at > received_at or envelope.recorded_at > received_at:
        flags.append("clock_skew")
    known = _fields_by_name(kind)
    for name, value in record.get("data", {}).items():
        if not isinstance(value, str) or name not in known:
            continue
        if known[name].base is dt.datetime:
            flags += time_flags(value)
        elif not value.isascii() and _DIRECTION.search(value):
            flags.append("bidi_control")
    return tuple(sorted(set(flags))) if flags else ()


def _plain(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no canonical form")


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)
