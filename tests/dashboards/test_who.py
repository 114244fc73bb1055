"""Who is who on a screen: seen and answered only where names are shown; no browser is believed."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from warehouse.answers import Answers
from warehouse.operations import open_operations, sqlite_url
from warehouse.vault import Vault
from warehouse.waiting import Asked, Place

BEA = "per_00000000000000be"
LANDED = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


class Reception:
    """A manager at the screen: clicks, and what the server answers."""

    def __init__(self, screens: Any, answers: Answers) -> None:
        self.screens = screens
        self.answers = answers

    @property
    def waiting_id(self) -> str:
        return self.answers.waiting()[0].waiting_id

    def post(self, action: str, waiting_id: str = "", person: str = "", **texts: str) -> Any:
        key = waiting_id or self.waiting_id
        button = {"type": "who-act", "key": key, "action": action, "person": person}
        fields = [
            {"id": {"type": "who-text", "key": key, "action": name}, "property": "value", "value": text}
            for name, text in texts.items()
        ]
        return self.screens.post(
            {
                "output": '{"key":["MATCH"],"type":"who"}.children',
                "outputs": {"id": {"type": "who", "key": key}, "property": "children"},
                "inputs": [[{"id": button, "property": "n_clicks", "value": 1}]],
                "state": [fields],
                "changedPropIds": [json.dumps(button, sort_keys=True, separators=(",", ":")) + ".n_clicks"],
            },
            headers={"Origin": "http://localhost"},
        )

    def click(self, action: str, **more: str) -> str:
        answer = self.post(action, **more)
        assert answer.status_code == 200, answer.text
        return str(answer.text)


@pytest.fixture
def place(tmp_path: Path, published: ModuleType) -> Path:
    """A home in which three rows ask about B. Ortiz, and the vault knows Bea."""
    published.write_publication(tmp_path)
    engine = open_operations(sqlite_url(tmp_path / "operations.sqlite"))
    vault = Vault(engine, lambda: BEA)
    vault.remember(vault.pseudonym("hr", "b1"), {"name": "Bea Ortiz", "email": "bea@example.org"})
    for line in (2, 3, 4):
        asked = Asked("name", "name", "B. Ortiz")
        vault.await_person(asked, "person.unknown", Place("file0", line, "meetings", LANDED))
    vault.flush()
    engine.dispose()
    return tmp_path


@pytest.fixture
def reception(place: Path, make_screens: Callable[..., Any]) -> Any:
    engine = open_operations(sqlite_url(place / "operations.sqlite"))
    yield Reception(make_screens(place, names=Vault(engine).names), Answers(engine))
    engine.dispose()


def test_who_is_asked_about_is_shown_with_who_it_might_be(reception: Reception) -> None:
    words = reception.screens.words("people")
    assert "3 rows wait for 1 person nobody has placed yet." in words
    assert "B. Ortiz" in words
    assert " from meetings, since 20 Nov 2026 (2 days)" in words
    assert "It is Bea Ortiz · bea@example.org" in words


def test_without_names_nobody_is_shown_and_nothing_is_answered(
    place: Path, make_screens: Callable[..., Any], reception: Reception
) -> None:
    nameless = Reception(make_screens(place), reception.answers)
    drawn = nameless.screens.draw("people")
    assert "Ortiz" not in drawn
    assert "1 person is asked about" in drawn
    answer = nameless.post("create")
    assert answer.status_code == 500
    assert "Ortiz" not in answer.text
    assert reception.answers.open() == []


@pytest.mark.parametrize(
    ("action", "more", "said"),
    [
        ("link", {"person": BEA}, ("link", BEA)),
        ("link", {"link": "ortiz, bea"}, ("link", BEA)),
        ("link", {"link": "BEA@example.org"}, ("link", BEA)),
        ("ignore", {"ignore": "a bot"}, ("ignore", None)),
    ],
)
def test_an_answer_is_kept_for_the_next_build_and_can_be_withdrawn(
    reception: Reception, action: str, more: dict[str, str], said: tuple[str, str | None]
) -> None:
    assert "Answered 23 Nov 2026, 06:00 UTC" in reception.click(action, **more)
    (answer,) = reception.answers.open()
    assert (answer.action, answer.person_id) == said
    assert "Withdraw" in reception.screens.draw("people")
    assert "A new person" in reception.click("withdraw")
    assert reception.answers.open() == []


@pytest.mark.parametrize(
    ("action", "more", "said"),
    [
        ("link", {}, "say who it is first"),
        ("link", {"link": "Bea"}, "nobody in the vault is called so"),
        ("link", {"person": "per_ffffffffffffffff"}, "nobody in the vault is called so"),
        ("ignore", {"ignore": "  "}, "say why"),
        ("withdraw", {}, "a build has begun"),
        ("erase", {}, "cannot be answered here"),
    ],
)
def test_what_cannot_be_answered_is_told_and_what_was_typed_stays(
    reception: Reception, action: str, more: dict[str, str], said: str
) -> None:
    told = reception.click(action, **more)
    assert said in told
    assert all(text.strip() in told for name, text in more.items() if name != "person")
    assert reception.answers.open() == []


def test_a_made_up_question_gets_no_answer(reception: Reception) -> None:
    assert reception.post("create", waiting_id="who_000000000000").status_code == 500
    assert reception.answers.open() == []


def test_two_clicks_are_one_answer(reception: Reception) -> None:
    reception.click("create")
    reception.click("create")
    assert len(reception.answers.open()) == 1


def test_who_was_answered_is_listed_with_a_way_back(reception: Reception) -> None:
    waiting_id = reception.waiting_id
    reception.answers.settle(waiting_id, "linked", BEA)
    words = reception.screens.words("people")
    assert "Every person that rows name is known." in words
    assert " is Bea Ortiz" in words
    assert "take the answer back" in reception.click("undo", waiting_id=waiting_id)
    assert [answer.action for answer in reception.answers.open()] == ["undo"]
