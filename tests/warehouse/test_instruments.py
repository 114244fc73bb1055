from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.errors import SettingsError
from warehouse.instruments import ITEM_COLUMNS, OPERATOR_SUPPLIED, item_rows, load_instruments

OWN = """
id = "{id}"
version = "1"
title = "Ours"
citation = "us"
licence = "CC0-1.0"

[scale]
min = 0
max = 2

[subscales]
total = {{ title = "All", min_items = {min_items} }}

[[item]]
id = "bright"

[[item]]
id = "dark"
reversed = true
subscale = "{subscale}"

[[item]]
id = "why"
choices = ["sun", "moon"]
"""


def write(folder: Path, name: str = "own", **changes: object) -> Path:
    values = {"id": "own", "min_items": 2, "subscale": "total", **changes}
    (folder / f"{name}.toml").write_text(OWN.format(**values), "utf-8")
    return folder


def test_only_our_own_instruments_carry_their_wording() -> None:
    shipped = load_instruments()
    worded = {
        instrument.id
        for instrument in shipped.values()
        if any(item.text != OPERATOR_SUPPLIED for item in instrument.items)
    }
    assert worded == {"benefits-mentee", "benefits-mentor", "pulse"}
    assert {shipped[name].licence for name in worded} == {"CC0-1.0"}
    assert all(instrument.citation and instrument.licence for instrument in shipped.values())


def test_published_keys_have_as_many_items_as_their_names_say() -> None:
    shipped = load_instruments()
    assert {name: len(shipped[name].items) for name in shipped if name[-1].isdigit()} == {
        "mca-26": 26,
        "mfq-9": 9,
        "ysor-10": 10,
    }


def test_a_choice_has_no_score_and_a_reversed_item_is_marked(tmp_path: Path) -> None:
    own = load_instruments(write(tmp_path))["own"]
    rows = [dict(zip(ITEM_COLUMNS, row, strict=True)) for row in item_rows([own])]
    assert [(row["item"], row["is_reversed"], row["n_items_of"]) for row in rows] == [
        ("bright", False, 2),
        ("dark", True, 2),
    ]


def test_a_program_may_put_its_own_pulse_in_the_place_of_ours(tmp_path: Path) -> None:
    assert load_instruments(write(tmp_path, id="pulse"))["pulse"].title == "Ours"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"min_items": 3}, "min_items is above its 2 items"),
        ({"subscale": "light"}, "no subscale 'light'"),
        ({"id": "Not A Code"}, "id"),
    ],
)
def test_a_wrong_key_is_refused_by_name(tmp_path: Path, changes: dict[str, object], reason: str) -> None:
    with pytest.raises(SettingsError, match=reason) as refusal:
        load_instruments(write(tmp_path, **changes))
    assert "own.toml" in str(refusal.value)
