"""The SQL that says when a line is certainly what the codec accepts, and what the codec makes of it.

Expressions read values as they are written in the line, texts without their quotes: what is in quotes and
what is not is said by the shape of the line (`shapes`), and so is which keys there are. No text holds an
escape.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import get_args

from msgspec import inspect

from warehouse.clock import EARLIEST_YEAR, LATEST_YEAR
from warehouse.events import base
from warehouse.events.base import CATALOGUE, ID_PATTERN, LINK, PERSON, EventType, Field, fields
from warehouse.events.codec import EVENT_NAMESPACE, MAX_ID, PAIR_FAMILIES
from warehouse.events.rules import RULES
from warehouse.events.shapes import Shape
from warehouse.events.upcast import is_still_current

CONSTANTS = ("specversion", "type", "datacontenttype", "dataschema")
"""Keys whose values lines of one shape share. The codec reads no content type and no schema."""

ENVELOPE_KEYS = (
    "id", "source", "time", "recordedat", "subject", "programid", "cohortid", "actorid", "actorrole",
    "evidence", "visibility", "causationid", "correlationid",
)  # fmt: skip
"""The other keys a plain line may have beside its payload."""

KIND_COLUMNS = {
    "type": "full_name",
    "event_type": "name",
    "version": "version",
    "its_evidence": "evidence",
    "its_visibility": "visibility",
}
"""Columns that say of each line what its event type says of itself."""

_OPTIONAL_IDS = ("programid", "cohortid", "causationid", "correlationid")
_ID = ID_PATTERN.removeprefix("^").removesuffix("$")
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = rf"{_DAY}T{_CLOCK}:[0-5][0-9](\.[0-9]{{1,6}})?(Z|[+-]{_CLOCK})"
_INTEGER = r"0|-?[1-9][0-9]{0,8}"
_REAL = r"0|0\.0|[1-9][0-9]{0,8}(\.(0|[0-9]{0,4}[1-9]))?|0\.[0-9]{0,2}[1-9]"
"""Numbers that Python and DuckDB spell alike; 1e6 and 0.00001 are the codec's."""

_RULES: dict[tuple[str, str], str] = {
    ("survey.answered", "score_on_scale"): (
        "try_cast(t_score as integer) between 1 and try_cast(t_score_max as integer)"
    ),
}
"""The rules between fields that have a form in SQL; a type with any other rule is never plain."""


@dataclass(frozen=True, slots=True)
class PlainField:
    """One payload field of one type, over what is written of it, `t_<name>`.

    `is_plain` says when that is certain, `canonical` how the payload spells it, `value` what it means.
    """

    name: str
    is_required: bool
    is_person: bool
    is_quoted: bool
    default: str | None
    is_plain: str
    canonical: str
    value: str


@cache
def plain_fields(kind: EventType) -> tuple[PlainField, ...] | None:
    """The fields of a type whose events can be plain; None where the codec alone can judge them."""
    is_ruled = all((kind.name, rule.__name__) in _RULES for rule in RULES.get(kind.name, ()))
    described = inspect.type_info(kind.payload)
    assert isinstance(described, inspect.DataclassType)
    made = [_plain_field(field, item) for field, item in zip(fields(kind), described.fields, strict=True)]
    whole = tuple(field for field in made if field is not None)
    is_plain = is_still_current(kind.name, kind.version) and is_ruled and len(whole) == len(made)
    return whole if is_plain else None


@cache
def plain_kinds() -> dict[str, EventType]:
    """The types whose events can be plain, by their full name."""
    return {kind.full_name: kind for kind in CATALOGUE.values() if plain_fields(kind) is not None}


def kind_of(shape: Shape) -> EventType | None:
    """The type of the events that lines of a shape are, if they can be plain: known keys, none missing."""
    said = {key: text[1:-1] for key, text in shape.constants.items() if text.startswith('"')}
    kind = plain_kinds().get(said.get("type", ""))
    if kind is None or not all(said.get(key) for key in shape.constants):
        return None
    own = {f"data.{field.name}": field for field in plain_fields(kind) or ()}
    required = {"id", "time", *(key for key, field in own.items() if field.is_required)}
    is_quoted = dict.fromkeys(ENVELOPE_KEYS, True) | {key: field.is_quoted for key, field in own.items()}
    is_known = required <= shape.values.keys() and shape.is_quoted.items() <= is_quoted.items()
    return kind if is_known and said.get("specversion", "1.0") == "1.0" else None


@cache
def field_columns(kinds: frozenset[EventType]) -> tuple[str, ...]:
    """The columns of values that `decode_sql` of these types reads, as they are written or nothing."""
    return (*ENVELOPE_KEYS, *(f"data.{name}" for name in sorted(_names(kinds))))


@cache
def decode_sql(kinds: tuple[EventType, ...]) -> str:
    """The query that decodes lines of these types, given `fields`, `feed` and `known` (see `bulk`).

    It gives the lines that are plain; people nobody has named yet stand in `strangers` as [namespace, name].
    `named_by` is the SHA-1 that the event id is made of.
    """
    columns = [_Column(name, kinds) for name in sorted(_names(kinds))]
    people = ["actor", *(column.name for column in columns if column.is_person)]
    typed = [column for column in columns if not column.is_person]
    conditions = [*_envelope_is_plain(kinds), *(column.is_plain for column in columns), _rules_hold(kinds)]
    return f"""
    with opened as (
        select
            fields.* replace (
                coalesce(source, feed_source) as source,
                coalesce(evidence, its_evidence) as evidence,
                coalesce(visibility, its_visibility) as visibility
            ),
            received_at,
            {_instant("time")} as occurred_at,
            case when recordedat is null then received_at else {_instant("recordedat")} end as recorded_at,
            {_after_prefix("subject", "relationship/")} as pair_id,
            coalesce(cohortid, {_after_prefix("subject", "cohort/")}) as cohort_id
            {_listed(column.text for column in columns)}
        from fields, feed
    ),
    judged as (select *, coalesce({_all(conditions)}, false) as is_plain from opened),
    named as (
        select
            judged.*
            {_listed(f'known_{name}.known_id as "{name}_id"' for name in people)},
            case when {" or ".join(_is_stranger(name) for name in people)}
                then list_filter([{", ".join(_stranger(name) for name in people)}],
                lambda one: one is not null)
            end as strangers
        from judged {" ".join(_join(name) for name in people)}
    ),
    told as (select *, {_payload(kinds)} as payload from named),
    hashed as (
        select
            *,
            case when is_plain then sha1(
                unhex('{EVENT_NAMESPACE.hex}') || encode(source || chr(10) || id)
            ) end as named_by,
            case when is_plain then unhex(sha256(concat_ws(
                chr(31), event_type, version, {_iso("time", "occurred_at")} || '+00:00',
                coalesce(pair_id, ''), coalesce(programid, ''), coalesce(cohort_id, ''),
                coalesce(actor_id, ''), coalesce(actorrole, ''), evidence, visibility, payload
            ))) end as content_hash
        from told
    )
    select
        line,
        strangers,
        named_by,
        source,
        id as source_event_id,
        event_type,
        version::smallint as version,
        pair_id,
        programid as program_id,
        cohort_id,
        actor_id,
        actorrole as actor_role,
        occurred_at,
        recorded_at,
        evidence,
        visibility,
        causationid as causation_id,
        correlationid as correlation_id,
        payload,
        content_hash
        {_listed(f'{column.value} as "{column.name}"' for column in typed)}
        {_listed(f'"{name}_id" as "{name}"' for name in people[1:])}
    from hashed
    where is_plain
    """


def _payload(kinds: Sequence[EventType]) -> str:
    """The canonical payload; each type spells its own fields."""

    def spelt(kind: EventType) -> str:
        own = sorted(plain_fields(kind) or (), key=lambda field: field.name)
        pairs = (f"""'"{field.name}":' || {field.canonical}""" for field in own)
        return f"""'{{' || {f"concat_ws(',', {', '.join(pairs)})" if own else "''"} || '}}'"""

    return _by_kind({kind: spelt(kind) for kind in kinds}, str)


class _Column:
    """A payload field over all the types that carry it: it means one thing, though its bounds may differ."""

    def __init__(self, name: str, kinds: Sequence[EventType]) -> None:
        self.name = name
        self._by_kind = {
            kind: field for kind in kinds for field in plain_fields(kind) or () if field.name == name
        }
        self._field = next(iter(self._by_kind.values()))

    @property
    def is_person(self) -> bool:
        return self._field.is_person

    @property
    def text(self) -> str:
        """What the line says, or else the default of the type."""
        defaults = {kind: field.default for kind, field in self._by_kind.items() if field.default is not None}
        given = f'"data.{self.name}"'
        if defaults:
            given = f"coalesce({given}, {_by_kind(defaults, _literal)})"
        return f'{given} as "t_{self.name}"'

    @property
    def is_plain(self) -> str:
        conditions = {kind: field.is_plain for kind, field in self._by_kind.items()}
        is_one = len(set(conditions.values())) == 1
        return _optional(f'"t_{self.name}"', self._field.is_plain if is_one else _by_kind(conditions, str))

    @property
    def value(self) -> str:
        return self._field.value


def _plain_field(field: Field, described: inspect.Field) -> PlainField | None:
    text = f'"t_{field.name}"'
    checked = _checked(text, _bare(described.type))
    if checked is None or field.kind not in (None, PERSON, LINK) or field.name == "email":
        return None
    has_default = not field.is_required and described.default is not None
    is_quoted, is_plain, canonical, value = checked
    is_person = field.kind == PERSON
    return PlainField(
        name=field.name,
        is_required=field.is_required,
        is_person=is_person,
        is_quoted=is_quoted,
        default=json.dumps(described.default).strip('"') if has_default else None,
        is_plain=is_plain,
        canonical=_quoted(f'"{field.name}_id"') if is_person else canonical,
        value=f"{value}::{field.sql_type}",
    )


def _checked(text: str, described: inspect.Type) -> tuple[bool, str, str, str] | None:
    """Whether a value of this type is quoted, when it is plain, its canonical spelling and what it means.

    None for types that the codec alone can judge.
    """
    is_quoted, canonical, value = True, _quoted(text), text
    match described:
        case inspect.LiteralType(values=choices):
            is_plain = _equals_any(text, map(str, choices))
        case inspect.StrType(pattern=base.ID_PATTERN):
            is_plain = _is_id(text)
        case inspect.StrType(pattern=str(pattern), min_length=shortest, max_length=longest):
            is_written_so = f"regexp_full_match({text}, {_literal(pattern)})"
            is_plain = f"({_is_text(text, shortest or 1, longest)} and {is_written_so})"
        case inspect.StrType(min_length=shortest, max_length=longest):
            is_plain = _is_text(text, shortest or 1, longest)
        case inspect.BoolType():
            is_quoted, canonical, value = False, text, f"({text} = 'true')"
            is_plain = _equals_any(text, ("true", "false"))
        case inspect.IntType():
            is_quoted, canonical, value = False, text, f"try_cast({text} as integer)"
            is_plain = f"(regexp_full_match({text}, '{_INTEGER}') and {_in_range(value, described)})"
        case inspect.FloatType():
            is_quoted, value = False, f"try_cast({text} as double)"
            canonical = f"case when contains({text}, '.') then {text} else {text} || '.0' end"
            is_plain = f"(regexp_full_match({text}, '{_REAL}') and {_in_range(value, described)})"
        case inspect.DateTimeType():
            value = _instant(text)
            canonical, is_plain = _quoted(f"{_iso(text, value)} || 'Z'"), _is_instant(text, value)
        case inspect.DateType():
            value = f"try_cast({text} as date)"
            in_range = f"year({value}) between {EARLIEST_YEAR} and {LATEST_YEAR}"
            is_plain = f"(regexp_full_match({text}, '{_DAY}') and {in_range})"
        case _:
            return None
    return is_quoted, is_plain, canonical, value


def _bare(described: inspect.Type) -> inspect.Type:
    """A field's type without what is said about it and without None."""
    if isinstance(described, inspect.Metadata):
        return _bare(described.type)
    if isinstance(described, inspect.UnionType):
        (inner,) = (item for item in described.types if not isinstance(item, inspect.NoneType))
        return _bare(inner)
    return described


def _in_range(value: str, described: inspect.IntType | inspect.FloatType) -> str:
    bounds = {">=": described.ge, ">": described.gt, "<=": described.le, "<": described.lt}
    return _all([f"{value} {sign} {bound}" for sign, bound in bounds.items() if bound is not None])


def _envelope_is_plain(kinds: Sequence[EventType]) -> Iterator[str]:
    alone = [kind for kind in kinds if kind.family not in PAIR_FAMILIES]
    yield _are_ids(["id", "source", *_OPTIONAL_IDS])
    yield f"{_is_instant('time', 'occurred_at')} and occurred_at <= received_at"
    yield _optional("recordedat", _is_instant("recordedat", "recorded_at"))
    yield "recorded_at <= received_at"
    yield _optional("subject", f"({_is_id('subject', 'relationship/')} or {_is_id('subject', 'cohort/')})")
    yield f"(pair_id is not null or {_is_kind(alone)})"
    yield "source is not null"
    yield _optional("actorid", _is_text("actorid"))
    yield _optional("actorrole", _equals_any("actorrole", get_args(base.Role)))
    yield _optional("evidence", _equals_any("evidence", get_args(base.Evidence)))
    yield _optional("visibility", _equals_any("visibility", get_args(base.Visibility)))


def _rules_hold(kinds: Sequence[EventType]) -> str:
    ruled = {kind: [_RULES[kind.name, rule.__name__] for rule in RULES.get(kind.name, ())] for kind in kinds}
    return _all([f"(not {_is_kind([kind])} or {_all(rules)})" for kind, rules in ruled.items() if rules])


def _quoted(text: str) -> str:
    """A text as JSON."""
    return f"""'"' || {text} || '"'"""


def _after_prefix(text: str, prefix: str) -> str:
    """What a text says after a prefix, if it has that prefix."""
    return f"case when starts_with({text}, '{prefix}') then substr({text}, {len(prefix) + 1}) end"


def _is_text(text: str, shortest: int = 1, longest: int | None = None) -> str:
    """Whether a text has so many characters."""
    upper = f" and length({text}) <= {longest}" if longest is not None else ""
    return f"(length({text}) >= {max(1, shortest)}{upper})"


def _is_id(text: str, prefix: str = "") -> str:
    """Whether a text is an identifier, after a prefix that does not count."""
    return f"(length({text}) <= {len(prefix) + MAX_ID} and regexp_full_match({text}, '{prefix}{_ID}'))"


def _are_ids(texts: Sequence[str]) -> str:
    """Whether those of some texts that are there are identifiers; one match is faster than many.

    They are put together with a quote, which no text holds.
    """
    lengths = " and ".join(f"coalesce(length({text}), 0) <= {MAX_ID}" for text in texts)
    joined = f"""concat_ws('"', {", ".join(texts)})"""
    return f"""({lengths} and regexp_full_match({joined}, '{_ID}("{_ID})*'))"""


def _is_instant(text: str, value: str) -> str:
    """Whether a text is a time in RFC 3339; the years at the ends of the range are the codec's."""
    earliest, latest = f"timestamp '{EARLIEST_YEAR + 1}-01-01'", f"timestamp '{LATEST_YEAR}-01-01'"
    return f"(regexp_full_match({text}, '{_TIME}') and {value} between {earliest} and {latest})"


def _instant(text: str) -> str:
    """The UTC instant of a time; a cast to TIMESTAMP alone would drop the offset without a word."""
    return (
        f"case when ends_with({text}, 'Z') then try_cast({text} as timestamp) "
        f"else try_cast({text} as timestamptz)::timestamp end"
    )


def _iso(text: str, value: str) -> str:
    """What `isoformat` writes of an instant, without the offset; most times are spelt that way already."""
    return (
        f"case when length({text}) = 20 then substr({text}, 1, 19) "
        f"else strftime({value}, '%Y-%m-%dT%H:%M:%S') || "
        f"case when {value} = date_trunc('second', {value}) then '' else strftime({value}, '.%f') end end"
    )


def _join(name: str) -> str:
    return (
        f"left join known as known_{name} "
        f"on known_{name}.known_as = {_person(name)} and known_{name}.known_in = {_namespace(name)}"
    )


def _is_stranger(name: str) -> str:
    return f"(known_{name}.known_id is null and {_person(name)} is not null)"


def _stranger(name: str) -> str:
    return f"case when {_is_stranger(name)} then [{_namespace(name)}, {_person(name)}] end"


def _person(name: str) -> str:
    return "actorid" if name == "actor" else f'"t_{name}"'


def _namespace(name: str) -> str:
    """Whose word for a person it is; an address means the same whoever writes it."""
    return f"case when contains({_person(name)}, '@') then '@' else source end"


def _names(kinds: Iterable[EventType]) -> set[str]:
    """The payload fields of these types."""
    return {field.name for kind in kinds for field in plain_fields(kind) or ()}


def _by_kind(values: Mapping[EventType, str], write: Callable[[str], str]) -> str:
    """A value that hangs on the type of the event."""
    kinds: dict[str, list[EventType]] = {}
    for kind, value in values.items():
        kinds.setdefault(value, []).append(kind)
    cases = " ".join(f"when {_is_kind(group)} then {write(value)}" for value, group in kinds.items())
    return f"case {cases} end"


def _is_kind(kinds: Sequence[EventType]) -> str:
    return _equals_any("type", (kind.full_name for kind in kinds))


def _equals_any(text: str, values: Iterable[str]) -> str:
    """DuckDB makes a join of a longer IN, which is slower here."""
    return "(" + (" or ".join(f"{text} = {_literal(value)}" for value in values) or "false") + ")"


def _optional(text: str, is_plain: str) -> str:
    return f"({text} is null or {is_plain})"


def _all(conditions: Sequence[str]) -> str:
    return " and ".join(conditions) or "true"


def _listed(expressions: Iterable[str]) -> str:
    """More columns for a select list that has some already."""
    return "".join(f", {expression}" for expression in expressions)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
