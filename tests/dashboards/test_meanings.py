"""Every number on a screen leads to how it is computed, and what it leads to is there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dashboards import app, meanings
from dashboards.panels.explained import RULES
from warehouse.words import CHOICE, FUNNEL_STEP, KPI, PRACTICE

PAGES = [file.stem for file in sorted((Path(app.__file__).parent / "pages").glob("[!_]*.py"))]
ADDRESS: Mapping[str, dict[str, str]] = {"pair": {"pair_id": "pair-suspected-ghosting-01"}}
NO_MEASURE = {"activity", "help_metrics", "people", "reports", "settings"}
"""Screens of lists and forms: an edition, an entry of the audit trail and a setting are not computed."""
HELP = "/help/metrics#"


def parts(drawn: Any) -> Iterator[dict[str, Any]]:
    """Every component of a screen."""
    if isinstance(drawn, dict):
        if "props" in drawn and "type" in drawn:
            yield drawn
        for value in drawn.values():
            yield from parts(value)
    elif isinstance(drawn, list):
        for value in drawn:
            yield from parts(value)


def links(part: Any) -> list[str]:
    """The places on the screen of definitions that a part leads to."""
    found = [each["props"].get("href") or "" for each in parts(part)]
    return [href.removeprefix(HELP) for href in found if href.startswith(HELP)]


def holds_numbers(part: dict[str, Any]) -> bool:
    """Whether a panel shows numbers: a chart, facts, a grid, or a table with a column of numbers."""
    return any(
        each["type"] in {"Graph", "AgGrid", "Dl"}
        or (each["type"] == "Td" and each["props"].get("className") == "number")
        for each in parts(part)
    )


def panels(drawn: Any) -> list[dict[str, Any]]:
    """The cards and the single numbers of a screen."""
    return [
        each
        for each in parts(drawn)
        if (each["props"].get("className") or "").split(" ")[0] in {"card", "kpi-box"}
    ]


@pytest.mark.parametrize("name", [name for name in PAGES if name not in NO_MEASURE])
def test_every_panel_with_numbers_leads_to_how_they_are_computed(name: str, screens: Any) -> None:
    drawn = json.loads(screens.draw(name, **ADDRESS.get(name, {})))
    without = [
        json.dumps(panel)[:200]
        for panel in panels(drawn)
        if ("kpi-box" in panel["props"]["className"] or holds_numbers(panel)) and not links(panel)
    ]
    assert without == []


@pytest.mark.parametrize("name", PAGES)
def test_every_such_link_arrives(name: str, screens: Any) -> None:
    places = {
        each["props"].get("id")
        for each in parts(json.loads(screens.draw("help_metrics")))
        if isinstance(each["props"].get("id"), str)
    }
    wanted = set(links(json.loads(screens.draw(name, **ADDRESS.get(name, {})))))
    assert wanted - places == set()


def test_every_number_of_a_group_has_its_meaning() -> None:
    told = {each.code for found in meanings.meanings().values() for each in found}
    assert told >= {*KPI, *PRACTICE, *CHOICE, *FUNNEL_STEP}


def test_a_number_of_the_method_says_what_it_is_counted_of() -> None:
    (found,) = [each for each in meanings.meanings()["Numbers of a group"] if each.code == "activation"]
    assert found.of == "accepted pairs"
    assert found.counted.startswith("mutual contact within")


def test_every_rule_says_of_what_and_on_what_evidence() -> None:
    assert all(rule.how and rule.of and rule.evidence for rule in RULES.values())
