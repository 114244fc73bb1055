"""What must hold between the fields of one event."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from warehouse.errors import EventRejected
from warehouse.events.base import CATALOGUE
from warehouse.events.catalogue.relationship import EndReason
from warehouse.events.rules import RULES, SUCCESSES

DAY = dt.date(2026, 3, 1)
NEXT = dt.date(2026, 3, 2)


def check(name: str, data: dict[str, Any]) -> str | None:
    try:
        for rule in RULES[name]:
            rule(data)
    except EventRejected as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("match.accepted", {"mentor_id": "a", "mentee_id": "b"}, None),
        ("match.accepted", {"mentor_id": "a"}, None),
        ("match.accepted", {}, None),
        ("match.accepted", {"mentor_id": "a", "mentee_id": "a"}, "domain.self_pair"),
        ("match.proposed", {"mentor_id": "a", "mentee_id": "a"}, "domain.self_pair"),
        ("program.break_declared", {"starts_on": DAY, "ends_on": DAY}, None),
        ("program.break_declared", {"starts_on": NEXT, "ends_on": DAY}, "domain.interval"),
        ("program.term_opened", {"starts_on": DAY}, None),
        ("survey.answered", {"score": 1}, None),
        ("survey.answered", {"score": 5}, None),
        ("survey.answered", {"score": 0}, "field.range"),
        ("survey.answered", {"score": 6}, "field.range"),
        ("survey.answered", {"score": 6, "score_max": 7}, None),
        ("survey.answered", {"score": 1, "score_max": 0}, "field.range"),
        ("relationship.ended", {"end_reason": "goals_met"}, None),
        ("relationship.ended", {"end_reason": "faded", "is_auto_closed": True}, None),
        ("relationship.ended", {"end_reason": "goals_met", "is_auto_closed": True}, "domain.auto_close"),
    ],
)
def test_a_rule_lets_pass_what_agrees_and_names_what_does_not(
    name: str, data: dict[str, Any], code: str | None
) -> None:
    assert check(name, data) == code


def test_every_rule_is_about_a_known_type() -> None:
    assert {(name, 1) for name in RULES} <= set(CATALOGUE)


def test_every_success_is_a_known_end_reason() -> None:
    assert set(EndReason.__args__) > SUCCESSES
