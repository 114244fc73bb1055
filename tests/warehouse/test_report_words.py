"""Words of a report's own: sealed, named by the log, swapped by nobody, gone when they are forgotten."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from warehouse.errors import KinkeeperError
from warehouse.operations import open_operations, sqlite_url
from warehouse.report_words import MAX_WORDS, REPORT_WORDS, Place, ReportWords, event_line, standing

PLAN, ANSWER = Place("2026Q3", "plan"), Place("2026Q3", "answer")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_operations(sqlite_url(tmp_path / "operations.sqlite"))
    yield engine
    engine.dispose()


def named(words: ReportWords, program: str = "") -> dict[str, str]:
    """Id -> SHA-256 of what stands, as the log would name it."""
    rows = [(each.place.program, each.place.section, each.text_id, each.sha256) for each in words.waiting()]
    return dict(standing(rows, program).values())


def test_the_latest_words_count_and_lie_sealed(engine: sa.Engine, tmp_path: Path) -> None:
    words = ReportWords(engine)
    words.write(PLAN, "Zarathustra will call every pair.")
    words.write(PLAN, "We will call every pair.\r\n\r\nTwice.")
    words.write(ANSWER, "It works.")
    words.write(ANSWER, " ")
    assert words.latest("2026Q3") == {"plan": "We will call every pair.\n\nTwice."}
    assert words.latest("2026Q2") == {}
    assert b"Zarathustra" not in b"".join(path.read_bytes() for path in tmp_path.glob("operations.sqlite*"))


def test_the_log_learns_where_words_are_and_nothing_of_what_they_say(engine: sa.Engine) -> None:
    words = ReportWords(engine)
    words.write(Place("2026Q3", "plan", "north"), "Call Zarathustra.")
    words.write(PLAN, "")
    told = [json.loads(event_line(each)) for each in words.waiting()]
    assert "Zarathustra" not in json.dumps(told)
    assert [each["type"] for each in told] == ["mentorship.ops.report_worded.v1"] * 2
    assert told[0]["data"] | {"text_id": "", "sealed_sha256": ""} == {
        "quarter": "2026Q3", "section": "plan", "program": "north", "text_id": "", "sealed_sha256": "",
    }  # fmt: skip
    assert set(told[1]["data"]) == {"quarter", "section", "text_id"}
    words.drained(words.waiting())
    assert words.waiting() == []


def test_words_of_one_program_stand_before_those_of_every_one(engine: sa.Engine) -> None:
    words = ReportWords(engine)
    words.write(PLAN, "For all.")
    words.write(Place("2026Q3", "plan", "north"), "For the north.")
    assert words.latest("2026Q3", "south") == {"plan": "For all."}
    assert words.latest("2026Q3", "north") == {"plan": "For the north."}
    for program, text in (("south", "For all."), ("north", "For the north.")):
        assert list(words.texts(named(words, program)).values()) == [text]


def test_what_a_draft_was_given_back_stands_for_nothing(engine: sa.Engine) -> None:
    words = ReportWords(engine)
    words.write(PLAN, "Once.")
    words.write(PLAN, "")
    assert named(words) == {}


def test_a_text_that_somebody_swapped_is_refused(engine: sa.Engine) -> None:
    words = ReportWords(engine)
    words.write(PLAN, "Once.")
    was = named(words)
    with engine.begin() as connection:
        connection.execute(sa.update(REPORT_WORDS).values(sealed=b"other"))
    with pytest.raises(KinkeeperError, match="not those that the log names"):
        words.texts(was)


def test_forgotten_words_are_gone_and_the_draft_stands_again(engine: sa.Engine) -> None:
    words = ReportWords(engine)
    words.write(PLAN, "Once.")
    words.write(PLAN, "Twice.")
    was = named(words)
    assert words.forget(PLAN) == 2
    assert words.texts(was) == {}
    assert words.latest("2026Q3") == {}
    with engine.connect() as connection:
        assert set(connection.scalars(sa.select(REPORT_WORDS.c.sealed))) == {None}


def test_too_many_words_and_words_for_no_section_are_refused(engine: sa.Engine) -> None:
    words = ReportWords(engine)
    with pytest.raises(KinkeeperError, match="4,001 characters"):
        words.write(PLAN, "x" * (MAX_WORDS + 1))
    with pytest.raises(KinkeeperError, match="no section is called 'weather'"):
        words.write(Place("2026Q3", "weather"), "Fair.")
