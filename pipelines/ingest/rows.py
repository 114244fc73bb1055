"""Rows into records: what a mapping says, made ready once per file and then run on every row.

A record is a CloudEvents object as a dict, which `warehouse.events.codec.decode` reads.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from pipelines.ingest.mapping import (
    EACH_KEY,
    TABLES,
    Each,
    Mapping,
    OnlyPair,
    Origin,
    Pairing,
    Rule,
    Source,
    When,
)
from pipelines.ingest.readers.headings import alike
from pipelines.ingest.strict_json import parse_json
from pipelines.ingest.who import NO_PAIR, Directory, together
from warehouse.clock import parse_instant
from warehouse.errors import EventRejected, SettingsError
from warehouse.events.base import PERSON, fields
from warehouse.events.codec import EVENT_NAMESPACE
from warehouse.waiting import PersonWaits

MAX_CODE = 64
"""The longest code a `slug` gives: what fits the catalogue's `Word`."""

TWO = 2
"""How many known people a pair takes."""

_NO_WORD = re.compile(r"[\W_]+")


class _Row:
    """One row while its rules run: cells, JSON columns parsed once, and the present entry of an `each`."""

    __slots__ = ("_documents", "cells", "entry")

    def __init__(self, cells: dict[str, Any]) -> None:
        self.cells = cells
        self.entry: tuple[str, Any] = ("", None)
        self._documents: dict[str, Any] = {}

    def document(self, column: str) -> Any:
        if column not in self._documents:
            cell = self.cells.get(column)
            self._documents[column] = parse_json(cell) if isinstance(cell, str) and cell else cell
        return self._documents[column]


Read = Callable[[_Row], Any]


@dataclass(frozen=True, slots=True)
class Lookup:
    """Where the people of a source are looked up, and whose ids it uses."""

    directory: Directory
    namespace: str


@dataclass(frozen=True, slots=True)
class _Ready:
    """A rule with everything that does not depend on the row worked out."""

    when: When
    skip_if_empty: str | None
    empty: frozenset[str]
    each: Each | None
    constant: dict[str, Any]
    head: tuple[tuple[str, Read], ...]
    data: tuple[tuple[str, Read], ...]


class RowMapper:
    """A mapping ready to run; `n_ignored` counts the rows that became no event on purpose."""

    def __init__(self, mapping: Mapping, who: Lookup | None = None) -> None:
        self._said = alike if mapping.source.format in TABLES else str
        self._rules = [_ready(rule, mapping, who) for rule in mapping.rules]
        self._ignored = [block.when for block in mapping.ignore]
        conditions = [*(rule.when for rule in self._rules), *self._ignored]
        self._deciding = tuple(dict.fromkeys(column for when in conditions for column in when))
        self._rules_about = lru_cache(maxsize=1024)(self._decide)
        self.n_ignored = 0

    def __call__(self, cells: dict[str, Any]) -> list[dict[str, Any]]:
        """The records of a row; EventRejected where no rule is about it or a value cannot be had."""
        row = _Row(cells)
        records = []
        for rule in self._rules_about(
            *(self._said(_as_text(cells.get(column))) for column in self._deciding)
        ):
            for entry in _entries(rule, row):
                row.entry = entry
                records.append(_record(rule, row))
        self.n_ignored += not records
        if len({record["id"] for record in records}) < len(records):
            hint = "two events of one row get the same id: give their [[event]] blocks different templates"
            raise EventRejected("mapping.same_id", "id", hint)
        return records

    def _decide(self, *texts: str) -> list[_Ready]:
        """The rules for rows that say so in the deciding columns; there are few such rows, so it is kept."""
        said = dict(zip(self._deciding, texts, strict=True))

        def holds(when: When) -> bool:
            return all(said[column] in map(self._said, wanted) for column, wanted in when.items())

        if any(holds(when) for when in self._ignored):
            return []
        rules = [rule for rule in self._rules if holds(rule.when)]
        if not rules:
            hint = "no [[event]] and no [[ignore]] of the mapping is about such a row: add one"
            raise EventRejected("mapping.no_rule", None, hint)
        return rules


def _ready(rule: Rule, mapping: Mapping, who: Lookup | None) -> _Ready:
    source = mapping.source
    head = {"id": _id(rule), "time": _text(rule.time)}
    if isinstance(rule.pair, Pairing):
        head["subject"] = _subject_of_people(rule.pair, _text(rule.time), mapping, who)
    elif isinstance(rule.pair, OnlyPair):
        head["subject"] = _subject_of_person(rule.pair, _text(rule.time), mapping, who)
    elif rule.pair is not None:
        head["subject"] = _subject(rule.pair)
    if rule.actor is not None:
        head["actorid"] = _person(rule.actor, source, who, "actorid")
    origins = {
        "recordedat": rule.recorded,
        "programid": rule.program or _constant(source.program),
        "cohortid": rule.cohort or _constant(source.cohort),
        "actorrole": rule.actor_role,
        "correlationid": rule.correlation,
    }
    head |= {name: _text(origin) for name, origin in origins.items() if origin is not None}
    for name in ("programid", "cohortid"):
        if (origin := origins[name]) is not None and origin.slug:
            head[name] = _plain(head[name])
    constant = {"type": rule.kind.full_name, "evidence": rule.evidence, "visibility": rule.visibility}
    return _Ready(
        when=rule.when,
        skip_if_empty=rule.skip_if_empty,
        empty=frozenset(alike(text) for text in rule.empty),
        each=rule.each,
        constant=constant,
        head=tuple(head.items()),
        data=tuple(_field(rule, name, origin, source, who) for name, origin in rule.data.items()),
    )


def _field(rule: Rule, name: str, origin: Origin, source: Source, who: Lookup | None) -> tuple[str, Read]:
    """A payload field; a source may write as a number what is a text or an instant here."""
    field = next(field for field in fields(rule.kind) if field.name == name)
    if field.kind == PERSON:
        return name, _person(origin, source, who, name)
    if field.base in (str, dt.datetime, dt.date) and not field.is_list:
        return name, _text(origin)
    return name, _value(origin)


def _record(rule: _Ready, row: _Row) -> dict[str, Any]:
    record = dict(rule.constant)
    for name, read in rule.head:
        record[name] = read(row)
    values = ((name, read(row)) for name, read in rule.data)
    record["data"] = {name: value for name, value in values if not _is_empty(value)}
    return record


def _entries(rule: _Ready, row: _Row) -> Iterator[tuple[str, Any]]:
    """The entries a rule makes events of: one nameless one unless it has an `each`."""
    if rule.skip_if_empty is not None and _says_nothing(row.cells.get(rule.skip_if_empty), rule.empty):
        return
    if rule.each is None:
        yield "", None
        return
    entries = _at(row.document(rule.each.document), rule.each.path)
    if entries is None:
        return
    if not isinstance(entries, dict):
        raise EventRejected("field.type", rule.each.document, f"{rule.each.path} is no object")
    for key, value in entries.items():
        if _is_wanted(key, rule.each) and not _is_empty(value):
            yield key, value


def _says_nothing(cell: Any, empty: frozenset[str]) -> bool:
    """Whether a cell is empty, or holds a text that a source writes for it."""
    return _is_empty(cell) or (bool(empty) and alike(_as_text(cell)) in empty)


def _is_wanted(key: str, each: Each) -> bool:
    return any(fnmatchcase(key, one) for one in each.only) and not any(
        fnmatchcase(key, one) for one in each.but
    )


def _constant(value: str | None) -> Origin | None:
    return None if value is None else Origin(value=value)


def _id(rule: Rule) -> Read:
    """The event's id in its source: a template filled in, or a hash of the natural key."""
    columns, literals = rule.id_columns, rule.id_literals
    if rule.key:
        return lambda row: str(
            uuid.uuid5(EVENT_NAMESPACE, "\n".join(_id_part(row, name) for name in columns))
        )

    first, rest = literals[0], tuple(zip(columns, literals[1:], strict=True))

    def filled(row: _Row) -> str:
        text = first
        for column, literal in rest:
            text += _id_part(row, column) + literal
        return text

    return filled


def _id_part(row: _Row, column: str) -> str:
    text = row.entry[0] if column == EACH_KEY else _as_text(row.cells.get(column))
    if not text:
        raise EventRejected("id.missing", column, "the event's id needs it; it is never made up")
    return text


def _subject(pair: Origin) -> Read:
    read = _text(pair)

    def subject(row: _Row) -> str | None:
        pair_id = read(row)
        return f"relationship/{pair_id}" if pair_id else None

    return subject


def _subject_of_people(pairing: Pairing, time: Read, mapping: Mapping, who: Lookup | None) -> Read:
    """The relationship between the people of a row at its time."""
    if who is None:
        raise SettingsError("pair = {people = [...]} needs people to be looked up: ingest into a home")
    if pairing.begins:
        return _subject_of_new_pair(pairing, time, mapping, who)
    reads = [(_value(origin), origin) for origin in pairing.people]

    def subject(row: _Row) -> str:
        at = parse_instant(time(row), mapping.style)
        named = [(given, origin) for read, origin in reads for given in _each_person(read(row))]
        return f"relationship/{_pair_of(named, at, who)}"

    return subject


def _subject_of_new_pair(pairing: Pairing, time: Read, mapping: Mapping, who: Lookup) -> Read:
    """The relationship of some people; where they have none yet, one that is named after these people."""
    reads = [_person(one, mapping.source, who, "subject", is_looked_up=True) for one in pairing.people]

    def subject(row: _Row) -> str:
        people = [read(row) for read in reads]
        if not all(people):
            raise EventRejected("field.missing", "subject", "a pair needs both of its people")
        try:
            pair_id = who.directory.pair_of(people, parse_instant(time(row), mapping.style))
        except EventRejected as rejected:
            if rejected.code != NO_PAIR:
                raise
            pair_id = str(uuid.uuid5(EVENT_NAMESPACE, "\n".join(["pair", *sorted(people)])))
        return f"relationship/{pair_id}"

    return subject


def _subject_of_person(pair: OnlyPair, time: Read, mapping: Mapping, who: Lookup | None) -> Read:
    """The one relationship of somebody at the row's time; none where nobody is named."""
    if who is None:
        raise SettingsError("pair = {person = ...} needs people to be looked up: ingest into a home")
    person = _person(pair.person, mapping.source, who, "subject", is_looked_up=True)

    def subject(row: _Row) -> str | None:
        person_id = person(row)
        if not person_id:
            return None
        pair_id = who.directory.only_pair_of(person_id, parse_instant(time(row), mapping.style))
        return f"relationship/{pair_id}" if pair_id else None

    return subject


def _each_person(cell: Any) -> list[str]:
    """A cell names one person, or a list of them as a reader of meetings makes it."""
    return [_as_text(one) for one in cell] if isinstance(cell, list | tuple) else [_as_text(cell)]


def _pair_of(named: list[tuple[str, Origin]], at: dt.datetime, who: Lookup) -> str:
    """The pair among some people; guests and others nobody knows matter only where it is not clear."""
    people: set[str] = set()
    waits: list[PersonWaits] = []
    for given, origin in named:
        try:
            person_id = who.directory.person(
                who.namespace, given, kind=origin.way, field=origin.column or origin.path
            )
            people.add(person_id)
        except PersonWaits as wait:
            waits.append(wait)
    if waits and len(people) < TWO:
        raise together(waits)
    try:
        return who.directory.pair_of(people, at)
    except EventRejected as rejected:
        if waits and rejected.code == NO_PAIR:
            raise together(waits) from None
        raise


def _person(
    origin: Origin, source: Source, who: Lookup | None, field: str, *, is_looked_up: bool = False
) -> Read:
    """Somebody a row names: looked up where the mapping says how, else left to the vault as it is."""
    read = _text(origin)
    if origin.way is None and source.people == "new" and not is_looked_up:
        return read
    if who is None:
        raise SettingsError(f"{field}: people are looked up in a vault: ingest into a home")

    def person(row: _Row) -> str:
        given = read(row)
        if not given:
            return given
        return who.directory.person(
            who.namespace,
            given,
            kind=origin.way,
            field=origin.column or field,
            may_be_new=source.people == "new",
        )

    return person


def _text(origin: Origin) -> Read:
    """A value that is text in an event, whatever the source wrote it as."""
    read = _value(origin)
    return lambda row: _as_text(read(row))


def _value(origin: Origin) -> Read:
    read = _raw(origin)
    if origin.codes is not None or origin.default is not None:
        read = _coded(origin, read)
    return _slugged(read) if origin.slug else read


def _raw(origin: Origin) -> Read:
    if origin.column is not None:
        column, joined = origin.column, origin.joined
        if not joined:
            return lambda row: row.cells.get(column)
        return lambda row: row.cells.get(column) or _joined(row.cells, joined)
    if origin.document is not None:
        document, path = origin.document, origin.path or ""
        return lambda row: _at(row.document(document), path)
    if origin.each is not None:
        index = 0 if origin.each == "key" else 1
        return lambda row: row.entry[index]
    return lambda row: origin.value


def _joined(cells: dict[str, Any], columns: tuple[str, ...]) -> str:
    """Cells put together, such as a first and a last name."""
    return " ".join(text for name in columns if (text := _as_text(cells.get(name)).strip()))


def _coded(origin: Origin, read: Read) -> Read:
    """Their codes into ours; a code nobody listed takes the default or is refused."""
    said = {} if origin.codes is None else origin.codes
    codes = {alike(theirs): ours for theirs, ours in said.items()} if origin.is_alike else said
    field = origin.column or origin.path

    def coded(row: _Row) -> Any:
        value = read(row)
        if _is_empty(value):
            return origin.default
        if origin.codes is None:
            return value
        text = _as_text(value)
        code = _said_alike(text, codes) if origin.is_alike else codes.get(text)
        code = origin.default if code is None else code
        if code is None:
            raise EventRejected("mapping.unmapped_value", field, f"the map knows only {', '.join(said)}")
        return code

    return coded


def _said_alike(text: str, codes: dict[str, Any]) -> Any:
    """The code of a text, whatever its case; `5 - Agree` says it twice, and both must say the same."""
    said = alike(text)
    first, _, rest = said.partition(" ")
    twice = codes.get(first) if rest and codes.get(first) == codes.get(rest) else None
    return codes.get(said, twice)


def _slugged(read: Read) -> Read:
    return lambda row: slug(value) if isinstance(value := read(row), str) else value


def slug(text: str) -> str:
    """A printed option as a code: lower case, words joined by hyphens, cut to what a code may hold."""
    words = _NO_WORD.sub("-", unicodedata.normalize("NFC", text).casefold())
    return words.strip("-")[:MAX_CODE].rstrip("-")


def _plain(read: Read) -> Read:
    return lambda row: ascii_code(value) if isinstance(value := read(row), str) else value


def ascii_code(code: str) -> str:
    """A code as an id: without accents. What is of another alphabet is told apart by a digest."""
    letters = unicodedata.normalize("NFKD", code)
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    if bare.isascii():
        return bare
    told = _NO_WORD.sub("-", bare.encode("ascii", "ignore").decode()).strip("-")
    return "-".join(part for part in (told, hashlib.sha256(code.encode()).hexdigest()[:8]) if part)


def _at(document: Any, path: str) -> Any:
    """The value at a path such as `answers.score`, or nothing where the path leads nowhere."""
    for step in path.split("."):
        if not isinstance(document, dict):
            return None
        document = document.get(step)
    return document


def _is_empty(value: Any) -> bool:
    return value is None or value == ""


def _as_text(value: Any) -> str:
    """A number or a boolean as text; what is not written is empty."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise EventRejected("field.type", None, f"expected text or a number, got {type(value).__name__}")
