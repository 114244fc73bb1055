"""What a mapping makes of a row."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingest.mapping import Mapping
from pipelines.ingest.rows import MAX_CODE, RowMapper, ascii_code, slug
from warehouse.errors import EventRejected

MESSAGE = """
[source]
name = "chat"
format = "ndjson"
program = "spring"
cohort = "c1"

[[event]]
type = "exchange.message_sent"
when = {kind = ["chat", "mail"]}
id = "{id}"
time = "at"
pair = "pair"
actor = "who"
actor_role = {column = "side", map = {a = "mentee", b = "mentor"}}
"""

SURVEY = """
[source]
name = "survey"
format = "csv"

[[event]]
type = "survey.answered"
each = {json = "answers", path = "items", only = ["q_*"], except = ["q_9"]}
id = "{row}-{each_key}"
time = "at"

[event.data]
wave = {value = "w1"}
instrument = {value = "pulse"}
item = {each = "key"}
score = {each = "value"}
"""


def mapper(text: str) -> RowMapper:
    return RowMapper(Mapping.model_validate(tomllib.loads(text)))


def message(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "chat",
        "id": "m1",
        "at": "2026-03-01T10:00:00Z",
        "pair": "p1",
        "who": "u1",
        "side": "a",
    } | changes


def test_a_row_becomes_a_cloudevent() -> None:
    (record,) = mapper(MESSAGE)(message())
    assert {name: value for name, value in record.items() if value is not None} == {
        "type": "mentorship.exchange.message_sent.v1",
        "id": "m1",
        "time": "2026-03-01T10:00:00Z",
        "subject": "relationship/p1",
        "programid": "spring",
        "cohortid": "c1",
        "actorid": "u1",
        "actorrole": "mentee",
        "data": {},
    }


def test_numbers_stand_for_text_in_the_envelope() -> None:
    (record,) = mapper(MESSAGE)(message(id=7, pair=12, who=True))
    assert (record["id"], record["subject"], record["actorid"]) == ("7", "relationship/12", "true")


def test_any_value_of_a_condition_will_do() -> None:
    assert mapper(MESSAGE)(message(kind="mail"))


def test_a_row_no_rule_is_about_is_refused() -> None:
    with pytest.raises(EventRejected) as caught:
        mapper(MESSAGE)(message(kind="call"))
    assert caught.value.code == "mapping.no_rule"


def test_a_row_ignored_on_purpose_becomes_no_event_and_is_counted() -> None:
    run = mapper(MESSAGE + '[[ignore]]\nwhen = {kind = "call"}\n')
    assert (run(message(kind="call")), run.n_ignored) == ([], 1)


def test_a_code_nobody_listed_is_refused_unless_there_is_a_default() -> None:
    with pytest.raises(EventRejected) as caught:
        mapper(MESSAGE)(message(side="c"))
    assert (caught.value.code, caught.value.field) == ("mapping.unmapped_value", "side")
    kinder = MESSAGE.replace('b = "mentor"}}', 'b = "mentor"}, default = "peer"}')
    assert mapper(kinder)(message(side="c"))[0]["actorrole"] == "peer"
    assert mapper(kinder)(message(side=None))[0]["actorrole"] == "peer"


@pytest.mark.parametrize("changes", [{"kind": ["chat"]}, {"id": {}}, {"pair": []}, {"side": {"a": 1}}])
def test_a_list_where_text_belongs_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(EventRejected) as caught:
        mapper(MESSAGE)(message(**changes))
    assert caught.value.code == "field.type"


def test_an_id_is_never_made_up() -> None:
    with pytest.raises(EventRejected) as caught:
        mapper(MESSAGE)(message(id=""))
    assert (caught.value.code, caught.value.field) == ("id.missing", "id")


def test_a_source_without_ids_gets_one_from_its_natural_key() -> None:
    keyed = MESSAGE.replace('id = "{id}"', 'key = ["who", "at"]')
    run = mapper(keyed)
    first, again, other = (run(message(who=who))[0]["id"] for who in ("Ana Lee", "Ana Lee", "Bo"))
    assert first == again != other
    assert len(first) == 36


def test_two_events_of_a_row_cannot_share_an_id() -> None:
    block = MESSAGE[MESSAGE.index("[[event]]") :]
    with pytest.raises(EventRejected) as caught:
        mapper(MESSAGE + block.replace("exchange.message_sent", "exchange.checkin_sent"))(message())
    assert caught.value.code == "mapping.same_id"
    records = mapper(MESSAGE + block.replace("{id}", "{id}-check"))(message())
    assert [record["id"] for record in records] == ["m1", "m1-check"]


def test_one_event_per_wanted_entry() -> None:
    answers = '{"items": {"q_1": 4, "q_2": null, "q_9": 5, "note": "x", "q_3": 1}}'
    records = mapper(SURVEY)({"row": "r1", "at": "2026-03-01T10:00:00Z", "answers": answers})
    assert [(record["id"], record["data"]["item"], record["data"]["score"]) for record in records] == [
        ("r1-q_1", "q_1", 4),
        ("r1-q_3", "q_3", 1),
    ]


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ('{"items": {"q_1": 1, "q_1": 2}}', "json.duplicate_key"),
        ('{"items": [1]}', "field.type"),
        ("{", "json.syntax"),
    ],
)
def test_a_json_column_is_read_as_strictly_as_a_line(answers: str, code: str) -> None:
    with pytest.raises(EventRejected) as caught:
        mapper(SURVEY)({"row": "r1", "at": "2026-03-01T10:00:00Z", "answers": answers})
    assert caught.value.code == code


@pytest.mark.parametrize("answers", ["", None, "{}", '{"items": null}', "[]"])
def test_a_row_without_entries_becomes_no_event(answers: str | None) -> None:
    run = mapper(SURVEY)
    assert run({"row": "r1", "at": "2026-03-01T10:00:00Z", "answers": answers}) == []
    assert run.n_ignored == 1


def test_empty_cells_are_left_out_and_can_skip_an_event() -> None:
    text = """
    [source]
    name = "s"
    format = "csv"
    [[event]]
    type = "session.held"
    skip_if_empty = "held"
    id = "{id}"
    time = "at"
    pair = "pair"
    data = {session_id = "id", minutes = "minutes"}
    """
    run = mapper(text)
    cells = {"id": "s1", "at": "2026-03-01T10:00:00Z", "pair": "p1", "minutes": "", "held": "yes"}
    assert run(cells)[0]["data"] == {"session_id": "s1"}
    assert run(cells | {"held": ""}) == []


def test_a_printed_option_becomes_a_code() -> None:
    assert slug("They were always useful") == "they-were-always-useful"
    assert slug("  1-2 hours / week ") == "1-2-hours-week"
    assert slug("Très utile!") == "très-utile"
    assert ascii_code("frühjahr-2026") == "fruhjahr-2026"
    assert ascii_code("весна-2026") != ascii_code("осень-2026"), "two cohorts stay two"


@given(st.text())
def test_a_code_is_short_and_making_it_twice_changes_nothing(text: str) -> None:
    code = slug(text)
    assert len(code) <= MAX_CODE
    assert slug(code) == code
