"""A record becomes an event whole, or is refused with a code; what is kept is canonical and nameless."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec import inspect

from warehouse.errors import EventRejected
from warehouse.events.base import CATALOGUE, LINK, PRIVATE, ZONE, EventType, fields, typed_columns
from warehouse.events.codec import Context, Decoded, canonical_json, decode, event_id, redecode

RECEIVED = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
CONTEXT = Context(received_at=RECEIVED)


class FakePeople:
    """Pseudonyms that can be read, so that a test can."""

    def __init__(self) -> None:
        self.private: dict[str, dict[str, str]] = {}

    def pseudonym(self, namespace: str, value: str) -> str:
        return f"per:{namespace}:{value.encode().hex()}"

    def remember(self, person_id: str, private: Mapping[str, str]) -> None:
        self.private.setdefault(person_id, {}).update(private)


def session(**changes: Any) -> dict[str, Any]:
    record = {
        "id": "e1",
        "source": "platform",
        "type": "mentorship.session.held.v1",
        "subject": "relationship/p1",
        "time": "2026-03-01T10:00:00Z",
        "data": {"session_id": "s1"},
    } | changes
    return {name: value for name, value in record.items() if value is not None}


def read(record: Mapping[str, Any], context: Context = CONTEXT) -> Decoded:
    return decode(record, FakePeople(), context)


def code_of(record: Mapping[str, Any], context: Context = CONTEXT) -> str:
    with pytest.raises(EventRejected) as caught:
        read(record, context)
    return caught.value.code


# --- every type of the catalogue -------------------------------------------------------------------------

words = st.text("abcdefgh-é", min_size=1, max_size=8)
ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:@/+=~-]{0,8}", fullmatch=True)
instants = st.datetimes(dt.datetime(2001, 1, 1), dt.datetime(2026, 1, 1), timezones=st.just(dt.UTC))
ZONES = st.sampled_from(["Asia/Calcutta", "Europe/London"])
LINKS = st.sampled_from(["https://example.org", "https://example.org/a?b=c#d"])
EMAILS = st.emails()
days = st.dates(dt.date(2001, 1, 1), dt.date(2026, 1, 1))

STRATEGIES: dict[type[Any], Callable[[Any], st.SearchStrategy[Any]]] = {
    inspect.Metadata: lambda kind: values(kind.type),
    inspect.UnionType: lambda kind: st.one_of(
        [values(one) for one in kind.types if not isinstance(one, inspect.NoneType)]
    ),
    inspect.LiteralType: lambda kind: st.sampled_from(kind.values),
    inspect.StrType: lambda kind: ids if kind.pattern else words,
    inspect.BoolType: lambda _kind: st.booleans(),
    inspect.IntType: lambda kind: st.integers(
        1 if kind.ge is None else kind.ge, 5 if kind.le is None else kind.le
    ),
    inspect.FloatType: lambda kind: st.floats(kind.ge, kind.le),
    inspect.DateTimeType: lambda _kind: instants.map(lambda instant: instant.isoformat()),
    inspect.DateType: lambda _kind: days.map(lambda day: day.isoformat()),
    inspect.VarTupleType: lambda kind: st.lists(values(kind.item_type), max_size=3),
}


def values(kind: inspect.Type) -> st.SearchStrategy[Any]:
    """JSON values of a payload field's type, within its constraints."""
    return STRATEGIES[type(kind)](kind)


def payloads(kind: EventType) -> st.SearchStrategy[dict[str, Any]]:
    info = inspect.type_info(kind.payload)
    assert isinstance(info, inspect.DataclassType)
    drawn = {ZONE: ZONES, LINK: LINKS}
    special = {field.name: drawn[field.kind] for field in fields(kind) if field.kind in drawn}
    special["email"] = EMAILS
    made = {
        field.name: special[field.name] if field.name in special else values(field.type)
        for field in info.fields
    }
    required = {field.name: made.pop(field.name) for field in info.fields if field.required}
    return st.fixed_dictionaries(required, optional=made)


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(sorted(CATALOGUE.values(), key=lambda kind: kind.full_name)))
    return session(
        type=kind.full_name,
        time=draw(instants).isoformat(),
        actorid=draw(words),
        actorrole=draw(st.sampled_from(["mentor", "mentee", "peer", "pm"])),
        data=draw(payloads(kind)),
    )


def decoded(record: dict[str, Any]) -> Decoded:
    """The event, unless the drawn fields contradict each other."""
    try:
        return read(record)
    except EventRejected as error:
        assume(not error.code.startswith(("domain.", "field.range")))
        raise


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first draw reads the tz database
@given(records())
def test_every_type_reads_back_from_its_canonical_payload(record: dict[str, Any]) -> None:
    event = decoded(record)
    envelope = event.envelope
    assert redecode(envelope.event_type, envelope.version, event.payload) == event.data
    assert canonical_json(json.loads(event.payload)) == event.payload
    assert set(event.data) <= set(typed_columns())


@given(records(), st.randoms(use_true_random=False))
def test_the_content_hash_does_not_depend_on_the_order_of_keys(record: dict[str, Any], random: Any) -> None:
    event = decoded(record)
    data = list(record["data"].items())
    random.shuffle(data)
    outer = list((record | {"data": dict(data)}).items())
    random.shuffle(outer)
    assert read(dict(outer)) == event


@given(records())
def test_no_name_and_no_source_id_of_a_person_reaches_the_payload(record: dict[str, Any]) -> None:
    event = decoded(record)
    kind = CATALOGUE[event.envelope.event_type, 1]
    kept = json.loads(event.payload)
    for field in fields(kind):
        if field.kind == PRIVATE:
            assert field.name not in kept
        if field.kind == "person" and field.name in kept:
            assert kept[field.name].startswith("per:platform:")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)


@given(records(), st.data())
def test_whatever_stands_in_a_record_it_is_an_event_or_a_refusal(
    record: dict[str, Any], data: st.DataObject
) -> None:
    attributes = [
        *record,
        "recordedat",
        "programid",
        "cohortid",
        "evidence",
        "visibility",
        "causationid",
        "specversion",
    ]
    place = record["data"] if record["data"] and data.draw(st.booleans()) else record
    name = data.draw(st.sampled_from(sorted(place) if place is record["data"] else attributes))
    place[name] = data.draw(anything)
    with contextlib.suppress(EventRejected):
        assert read(record).payload


# --- the envelope ----------------------------------------------------------------------------------------


def test_a_native_line_becomes_an_event() -> None:
    event = read(session(recordedat="2026-03-02T00:00:00Z", actorid="u1", actorrole="mentor", cohortid="c1"))
    envelope = event.envelope
    assert (envelope.event_type, envelope.version, envelope.pair_id) == ("session.held", 1, "p1")
    assert (envelope.occurred_at.day, envelope.recorded_at.day) == (1, 2)
    assert (envelope.actor_id, envelope.actor_role, envelope.cohort_id) == (
        "per:platform:7531",
        "mentor",
        "c1",
    )
    assert (envelope.evidence, envelope.visibility) == ("attested1", "coordinator")
    assert event.event_id == event_id("platform", "e1")


def test_what_does_not_say_when_it_was_recorded_was_recorded_when_it_landed() -> None:
    assert read(session()).envelope.recorded_at == RECEIVED


def test_the_same_event_recorded_later_is_the_same_event() -> None:
    first, later = read(session()), read(session(recordedat="2026-03-05T00:00:00Z"))
    assert first.content_hash == later.content_hash


@pytest.mark.parametrize(
    "changes",
    [
        {"time": "2026-03-01T10:00:01Z"},
        {"subject": "relationship/p2"},
        {"cohortid": "c1"},
        {"actorid": "u1"},
        {"actorrole": "pm"},
        {"evidence": "assumed"},
        {"visibility": "self"},
        {"data": {"session_id": "s1", "minutes": 30}},
        {"type": "mentorship.session.joined.v1", "data": {"session_id": "s1", "person_id": "u1"}},
    ],
)
def test_whatever_an_event_says_is_in_its_content_hash(changes: dict[str, Any]) -> None:
    assert read(session(**changes)).content_hash != read(session()).content_hash


def test_empty_fields_say_nothing() -> None:
    full = session(cohortid="", actorid=None, data={"session_id": "s1", "minutes": None, "mode": None})
    assert read(full).content_hash == read(session()).content_hash


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"specversion": "0.3"}, "envelope.specversion"),
        ({"type": None}, "type.missing"),
        ({"type": ""}, "type.missing"),
        ({"type": "session.held"}, "schema.unknown_type"),
        ({"type": "mentorship.session.teleported.v1"}, "schema.unknown_type"),
        ({"type": "mentorship.session.held.v99"}, "schema.unknown_version"),
        ({"id": None}, "id.missing"),
        ({"id": " "}, "id.missing"),
        ({"id": "a b"}, "id.format"),
        ({"id": "x" * 201}, "id.format"),
        ({"id": "e\u0301"}, "id.not_nfc"),
        ({"id": "u1\u200b"}, "id.charset"),
        ({"id": "=1+1"}, "id.charset"),
        ({"id": True}, "field.type"),
        ({"source": None}, "source.missing"),
        ({"subject": None}, "subject.missing"),
        ({"subject": "cohort/c1"}, "subject.missing"),
        ({"subject": "relationship/"}, "subject.missing"),
        ({"time": None}, "field.missing"),
        ({"time": "2026-11-25T12:00:01Z"}, "time.future"),
        ({"recordedat": "2026-11-25T12:00:01Z"}, "time.future"),
        ({"actorid": "a\x07"}, "text.control_char"),
        ({"actorid": "a\ud800"}, "text.lone_surrogate"),
        ({"actorid": "e\u0301"}, "id.not_nfc"),
        ({"actorid": "u1\u200b"}, "id.charset"),
        ({"actorrole": "boss"}, "field.choice"),
        ({"evidence": "sure"}, "field.choice"),
        ({"visibility": "all"}, "field.choice"),
        ({"data": []}, "field.type"),
        ({"data": None}, "field.missing"),
        ({"data": {}}, "field.missing"),
        ({"data": {"session_id": "s 1"}}, "id.charset"),
        ({"data": {"session_id": 1}}, "field.type"),
        ({"data": {"session_id": "s1", "minutes": "thirty"}}, "field.type"),
        ({"data": {"session_id": "s1", "minutes": -1}}, "field.range"),
        ({"data": {"session_id": "s1", "minutes": 1441}}, "field.range"),
        ({"data": {"session_id": "s1", "minutes": 30.5}}, "field.range"),
        ({"data": {"session_id": "s1", "minutes": 2**31}}, "number.range"),
        ({"data": {"session_id": "s1", "minutes": True}}, "field.type"),
        ({"time": 1772359200}, "time.format"),
        ({"recordedat": 1772359200.5}, "time.format"),
        ({"time": True}, "field.type"),
        (
            {"type": "mentorship.session.proposed.v1", "data": {"session_id": "s1", "starts_at": 1772359200}},
            "time.format",
        ),
        (
            {
                "type": "mentorship.participant.profile_completed.v1",
                "data": {"person_id": "u1", "expertise": ["a\nb"]},
            },
            "text.control_char",
        ),
        ({"data": {"session_id": "s1", "mode": "telepathy"}}, "field.choice"),
        (
            {"type": "mentorship.prep.agenda_shared.v1", "data": {"session_id": "s1", "hours_before": True}},
            "field.type",
        ),
    ],
)
def test_a_record_in_doubt_is_refused_with_its_code(changes: dict[str, Any], code: str) -> None:
    assert code_of(session(**changes)) == code


def test_a_hint_never_repeats_a_value() -> None:
    for changes in (
        {"actorrole": "Secret"},
        {"data": {"session_id": "s1", "mode": "Secret"}},
        {"type": "Secret"},
        {"time": "Secret"},
    ):
        with pytest.raises(EventRejected) as caught:
            read(session(**changes))
        assert "Secret" not in str(caught.value)


def test_a_field_nobody_declared_is_left_out_and_named() -> None:
    event = read(session(data={"session_id": "s1", "mood": "blue"}))
    assert event.extras == ("mood",)
    assert event.payload == '{"session_id":"s1"}'


def test_numbers_are_read_out_of_text_only_where_everything_is_text() -> None:
    record = session(data={"session_id": "s1", "minutes": "30"})
    assert code_of(record) == "field.type"
    assert read(record, Context(received_at=RECEIVED, is_text=True)).data["minutes"] == 30


@pytest.mark.parametrize(("minutes", "is_text"), [(30.0, False), ("30.0", True), ("30", True)])
def test_a_whole_number_may_be_written_as_a_fraction(minutes: Any, is_text: bool) -> None:
    record = session(data={"session_id": "s1", "minutes": minutes})
    event = read(record, Context(received_at=RECEIVED, is_text=is_text))
    assert event.payload == '{"minutes":30,"session_id":"s1"}'


@pytest.mark.parametrize(
    ("minutes", "code"),
    [("30.5", "field.range"), ("-1", "field.range"), ("9" * 400, "number.range"), ("half", "field.type")],
)
def test_a_number_out_of_a_csv_is_held_to_the_same_rules(minutes: str, code: str) -> None:
    record = session(data={"session_id": "s1", "minutes": minutes})
    assert code_of(record, Context(received_at=RECEIVED, is_text=True)) == code


@pytest.mark.parametrize(
    ("changes", "flags"),
    [
        ({}, ()),
        ({"time": "2026-11-24T12:00:01Z"}, ("clock_skew",)),
        ({"recordedat": "2026-11-24T13:00:00Z"}, ("clock_skew",)),
        ({"recordedat": "2026-03-01T10:00:00.0000001Z"}, ("nanoseconds",)),
        ({"time": "2016-12-31T23:59:60Z"}, ("leap_second",)),
        (
            {
                "type": "mentorship.session.proposed.v1",
                "data": {"session_id": "s1", "starts_at": "2026-11-30T10:00:00.1234567Z"},
            },
            ("nanoseconds",),
        ),
        ({"data": {"session_id": "s1", "unknown": "\u202e"}}, ()),
        (
            {"type": "mentorship.program.created.v1", "data": {"program": "a\u202eb"}, "subject": None},
            ("bidi_control",),
        ),
    ],
)
def test_what_was_taken_all_the_same_is_flagged(changes: dict[str, Any], flags: tuple[str, ...]) -> None:
    assert read(session(**changes)).flags == flags


@pytest.mark.parametrize("email", ["ana@example.org", "ana+mentor@sub.example.org", "анна@example.org", ""])
def test_an_address_is_taken(email: str) -> None:
    assert person(email=email).payload


@pytest.mark.parametrize(
    "email", ["ana", "@example.org", "ana@", "a@b@c", "a b@c.org", "a@c.org\r\nBcc: b@c.org", "a\u202e@c.org"]
)
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(EventRejected) as caught:
        person(email=email)
    assert (caught.value.code, caught.value.field) == ("field.email", "email")


@pytest.mark.parametrize("mark", ["\t", "\r"])
def test_a_tab_or_cr_is_kept_in_front_of_a_name_only(mark: str) -> None:
    assert person(name=mark + "=1+1").payload
    with pytest.raises(EventRejected) as caught:
        person(name="a" + mark)
    assert caught.value.code == "text.control_char"


def person(**data: str) -> Decoded:
    data = {"person_id": "u1", "role": "mentor"} | data
    return read(session(type="mentorship.participant.registered.v1", subject=None, data=data))


def test_person_ids_belong_to_their_namespace() -> None:
    context = Context(received_at=RECEIVED, namespace="hr")
    assert read(session(actorid="u1"), context).envelope.actor_id == "per:hr:7531"


def test_a_name_goes_to_the_vault_alone() -> None:
    people = FakePeople()
    data = {"person_id": "u1", "role": "mentor", "name": "Synthetic Ana", "email": "ana@example.invalid"}
    record = session(type="mentorship.participant.registered.v1", subject=None, data=data)
    event = decode(record, people, CONTEXT)
    assert people.private == {"per:platform:7531": {"name": "Synthetic Ana", "email": "ana@example.invalid"}}
    assert event.payload == '{"person_id":"per:platform:7531","role":"mentor"}'


def test_an_instant_in_a_payload_is_kept_in_utc() -> None:
    record = session(
        type="mentorship.session.proposed.v1",
        data={"session_id": "s1", "starts_at": "2026-03-01T10:00:00+05:30"},
    )
    assert read(record).payload == '{"session_id":"s1","starts_at":"2026-03-01T04:30:00Z"}'


def test_an_old_zone_name_is_kept_under_todays() -> None:
    record = session(
        type="mentorship.program.created.v1", data={"program": "p", "time_zone": "Asia/Calcutta"}
    )
    assert read(record).data["time_zone"] == "Asia/Kolkata"
