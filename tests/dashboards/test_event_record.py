"""An event of a pair leads to what is stored of it, and no further than its reader may see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dashboards.data.reader import Reader
from tests.dashboards.published import HOSTILE_PAIR

PAIR = "pair-suspected-ghosting-01"


@pytest.fixture(scope="module")
def places(home: Path) -> dict[tuple[str, str], int]:
    """Pair and lane -> the place of the last event of the pair in it."""
    sql = "select pair_id, lane, max(position) as position from mart.pair_event group by all"
    rows = Reader(home / "published").publication().rows(sql)
    return {(row["pair_id"], row["lane"]): row["position"] for row in rows}


def asked(position: Any, pair_id: str = PAIR) -> dict[str, Any]:
    return {
        "output": "..record.children...record-modal.opened..",
        "outputs": [
            {"id": "record", "property": "children"},
            {"id": "record-modal", "property": "opened"},
        ],
        "inputs": [{"id": "record-asked", "property": "data", "value": {"position": position}}],
        "state": [
            {"id": "address", "property": "pathname", "value": f"/pairs/{pair_id}"},
            {"id": "address", "property": "search", "value": ""},
        ],
        "changedPropIds": ["record-asked.data"],
    }


def told(screens: Any, position: Any, pair_id: str = PAIR) -> str:
    """What the record says; nothing where none is shown."""
    response = json.loads(screens.post(asked(position, pair_id)).text)["response"]
    return json.dumps(response, ensure_ascii=False) if response else ""


Places = dict[tuple[str, str], int]


def test_an_event_leads_to_what_is_stored_of_it(screens: Any, places: Places) -> None:
    position = places[PAIR, "session"]
    record = told(screens, position)
    for part in ("minutes", str(30 + position % 60), "mentee per_0123456789abcdef", "/data-quality"):
        assert part in record
    assert '"opened": true' in record


def test_a_record_names_nobody_and_tells_no_answer_of_a_survey(screens: Any, places: Places) -> None:
    place = next((at for (_, lane), at in places.items() if lane == "survey"), None)
    pair_id = next(pair_id for (pair_id, lane) in places if lane == "survey")
    record = told(screens, place, pair_id)
    assert "told of groups alone" in record
    assert "per_0123456789abcdef" not in record


@pytest.mark.parametrize("position", ["0", "-1", "1 or 1=1", None, "99999999", "9" * 40])
def test_what_is_no_event_of_the_pair_leads_nowhere(screens: Any, position: Any) -> None:
    assert told(screens, position) == ""


def test_an_event_of_another_pair_is_not_told(screens: Any, places: Places) -> None:
    assert told(screens, places[HOSTILE_PAIR, "session"]) == ""


def test_what_was_taken_back_is_told_beside_what_stands_in_its_place(screens: Any) -> None:
    drawn = json.loads(screens.draw("pair", pair_id=HOSTILE_PAIR))
    text = json.dumps(drawn)
    assert "Events that were taken back" in text
    (position,) = set(find_places(drawn))
    assert "was corrected on 21 Nov 2026" in told(screens, position, HOSTILE_PAIR)
    assert "Events that were taken back" not in screens.words("pair", pair_id=PAIR)


def find_places(node: Any) -> list[str]:
    """The places of events that buttons on a screen lead to."""
    if isinstance(node, list):
        return [place for child in node for place in find_places(child)]
    if not isinstance(node, dict):
        return []
    own = [node["data-position"]] if "data-position" in node else []
    return own + [place for child in node.values() for place in find_places(child)]
