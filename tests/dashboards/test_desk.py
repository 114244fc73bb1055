"""What a manager asks for of the quarantine is kept once and shown at once; nothing is taken on trust."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest

from dashboards.screen import EXTENSION
from warehouse.operations import open_operations, sqlite_url
from warehouse.requests import QUARANTINE_REQUEST, Requests, Target

LINE = Target("line", "file0-1")
FILE = Target("file", "file3")
REASON = Target.of_reason("sample-platform", "time.no_offset")
REFUSED = Target.of_reason("sample-platform", "json.not_lines")


class Desk:
    """A manager at the screen: clicks, and what the server answers."""

    def __init__(self, screens: Any) -> None:
        self.screens = screens

    @property
    def requests(self) -> Requests:
        found: Requests = self.screens.app.server.extensions[EXTENSION].requests
        return found

    def post(self, target: Target, action: str, n_clicks: int | None = 1, **texts: str) -> Any:
        place = {"kind": target.kind, "key": target.key}
        button = {"type": "desk-act", "action": action, **place}
        fields = [
            {"id": {"type": "desk-text", "action": name, **place}, "property": "value", "value": text}
            for name, text in texts.items()
        ]
        return self.screens.post(
            {
                "output": '{"key":["MATCH"],"kind":["MATCH"],"type":"desk"}.children',
                "outputs": {"id": {"type": "desk", **place}, "property": "children"},
                "inputs": [[{"id": button, "property": "n_clicks", "value": n_clicks}]],
                "state": [fields],
                "changedPropIds": [json.dumps(button, sort_keys=True, separators=(",", ":")) + ".n_clicks"],
            },
            headers={"Origin": "http://localhost"},
        )

    def click(self, target: Target, action: str, **texts: str) -> str:
        answer = self.post(target, action, **texts)
        assert answer.status_code == 200, answer.text
        return str(answer.text)

    def see_lines(self, target: Target) -> str:
        button = {"type": "see-lines", "key": target.key}
        answer = self.screens.post(
            {
                "output": '{"key":["MATCH"],"type":"held-lines"}.children',
                "outputs": {"id": {"type": "held-lines", "key": target.key}, "property": "children"},
                "inputs": [{"id": button, "property": "n_clicks", "value": 1}],
                "state": [],
                "changedPropIds": [json.dumps(button, sort_keys=True, separators=(",", ":")) + ".n_clicks"],
            }
        )
        assert answer.status_code == 200, answer.text
        return str(answer.text)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, published: ModuleType) -> Path:
    folder = tmp_path_factory.mktemp("asked")
    published.write_publication(folder)
    return folder


@pytest.fixture(scope="module")
def own_screens(place: Path, make_screens: Callable[..., Any]) -> Any:
    return make_screens(place)


@pytest.fixture
def desk(place: Path, own_screens: Any) -> Desk:
    """A desk at which nothing was asked for yet."""
    engine = open_operations(sqlite_url(place / "operations.sqlite"))
    with engine.begin() as connection:
        connection.execute(QUARANTINE_REQUEST.delete())
    engine.dispose()
    return Desk(own_screens)


def test_every_reason_says_how_many_since_when_and_what_they_look_like(screens: Any) -> None:
    words = screens.words("data_quality")
    assert "2 lines wait" in words
    assert " from sample-platform, the oldest since 21 Nov 2026 (2 days)" in words
    assert '{"id": "aaa-9999", "time": "9999-99-99a99:99:99", "data": {"minutes": 99}}' in words
    assert "Try all again" in words


def test_pairs_nobody_announced_are_listed_with_what_to_do(screens: Any) -> None:
    words = screens.words("data_quality")
    listed = words[words.index("Pairs nobody announced") :]
    assert listed.index("pair-7413") < listed.index("Unknown") < listed.index("pair-9120")
    assert "Announce the pair" in listed


def test_a_file_refused_as_a_whole_can_be_waived_and_not_tried_again(desk: Desk) -> None:
    lines = desk.see_lines(REFUSED)
    assert "the whole file" in lines
    assert "A later file of this name was accepted on 23 Nov 2026" in lines
    assert "Waive the file" in lines
    assert "again" not in lines
    assert "cannot be asked for here" in desk.click(FILE, "redrive")
    assert "cannot be asked for here" in desk.click(REFUSED, "redrive")
    assert desk.requests.open() == []
    assert "Asked" in desk.click(FILE, "waive", waive="mended and sent again")
    assert [request.target for request in desk.requests.open()] == [FILE]


def test_lines_are_listed_with_their_ids_once_asked_for(desk: Desk) -> None:
    assert "file0-1" not in desk.screens.words("data_quality")
    lines = desk.see_lines(REASON)
    assert all(text in lines for text in ("file0-1", "file0-2", "[red] events-with-problems.ndjson"))


def test_what_is_asked_for_is_kept_and_shown_at_once(desk: Desk) -> None:
    answer = desk.click(REASON, "redrive")
    assert "Asked 23 Nov 2026, 06:00 UTC: try again." in answer
    assert "It is done with the next build" in answer
    (request,) = desk.requests.open()
    assert (request.target, request.action) == (REASON, "redrive")
    assert request.seen_upto is not None
    assert "Asked 23 Nov 2026, 06:00 UTC: try again." in desk.screens.words("data_quality")


def test_a_double_click_is_one_request(desk: Desk) -> None:
    first, second = desk.click(LINE, "redrive"), desk.click(LINE, "redrive")
    assert first == second
    assert len(desk.requests.open()) == 1


def test_a_corrected_line_is_sealed_and_not_sent_back(desk: Desk) -> None:
    answer = desk.click(LINE, "correct", correct='{"name": "Asha"}')
    assert "Asked" in answer
    assert "Asha" not in answer
    assert "Asha" not in desk.screens.draw("data_quality")
    (request,) = desk.requests.open()
    assert desk.requests.corrected_bytes(request) == b'{"name": "Asha"}'


@pytest.mark.parametrize(
    ("action", "texts", "trouble"),
    [
        ("waive", {"waive": "  "}, "say why"),
        ("correct", {"correct": ""}, "paste the corrected line first"),
        ("waive", {}, "say why"),
    ],
)
def test_what_is_missing_is_said_beside_the_button(
    desk: Desk, action: str, texts: dict[str, str], trouble: str
) -> None:
    assert trouble in desk.click(LINE, action, **texts)
    assert desk.requests.open() == []


def test_what_was_typed_stays_when_it_could_not_be_taken(desk: Desk) -> None:
    reason = "x" * 501
    answer = desk.click(LINE, "waive", waive=reason)
    assert "500 are allowed" in answer
    assert reason in answer


def test_a_request_can_be_withdrawn_until_a_build_begins(desk: Desk) -> None:
    desk.click(LINE, "waive", waive="sent twice")
    assert "Try again" in desk.click(LINE, "withdraw")
    assert desk.requests.open() == []

    asked = desk.click(LINE, "redrive")
    assert "Withdraw" in asked
    desk.requests.start(desk.requests.open()[0].request_id)
    answer = desk.click(LINE, "withdraw")
    assert "A build is doing it now." in answer
    assert "Withdraw" not in answer
    assert len(desk.requests.open()) == 1


def test_what_came_of_a_request_is_shown(desk: Desk) -> None:
    desk.click(LINE, "redrive")
    (request,) = desk.requests.open()
    desk.requests.finish(request.request_id, "1 line still held back (line 1: [red] is no time)")
    words = desk.screens.words("data_quality")
    assert "1 line still held back (line 1: [red] is no time)" in words
    assert "What was asked for lately" in words


@pytest.mark.parametrize(
    "target",
    [
        Target("line", "file3-0"),
        Target("line", "nobody"),
        Target("file", "file0"),
        Target("reason", "x y"),
    ],
)
@pytest.mark.parametrize("action", ["redrive", "correct", "waive"])
def test_nothing_is_asked_for_what_the_publication_does_not_hold(
    desk: Desk, target: Target, action: str
) -> None:
    assert "reload the page" in desk.click(target, action, waive="why", correct="x")
    assert desk.requests.open() == []


@pytest.mark.parametrize("action", ["delete", "", "correct"])
def test_an_action_nobody_offered_is_refused(desk: Desk, action: str) -> None:
    assert "cannot be asked for here" in desk.click(REASON, action, correct="x")
    assert desk.requests.open() == []


def test_a_kind_of_target_nobody_offered_asks_for_nothing(desk: Desk) -> None:
    desk.post(Target("page", REASON.key), "redrive")  # type: ignore[arg-type]
    assert desk.requests.open() == []


def test_buttons_that_were_only_drawn_ask_for_nothing(desk: Desk) -> None:
    assert desk.post(LINE, "redrive", n_clicks=None).status_code in (200, 204)
    assert desk.requests.open() == []


def test_a_page_elsewhere_cannot_ask_for_anything(desk: Desk) -> None:
    answer = desk.screens.post({}, headers={"Origin": "https://example.org"})
    assert answer.status_code == 403


def test_a_settled_quarantine_is_good_news(
    tmp_path: Path, published: ModuleType, make_screens: Callable[..., Any]
) -> None:
    file = published.write_publication(tmp_path)
    with duckdb.connect(str(file)) as con:
        con.execute("update mart.quarantine set n_open = 0")
    words = make_screens(tmp_path).words("data_quality")
    assert "Nothing waits" in words
    assert "11 rows came back or were waived." in words
