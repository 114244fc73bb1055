"""Every code a table may carry has words, and they are the agreed ones."""

from __future__ import annotations

from typing import get_args

import pytest

from dashboards.figures.timeline import LANES
from warehouse import words
from warehouse.events.base import Evidence
from warehouse.events.catalogue.relationship import Direction, EndReason, Form, Modality

STATES = [
    "no_reply_to_outreach",
    "never_started",
    "waiting",
    "suspected_ghosting",
    "presumed_ghosted",
    "stalled",
    "faded",
    "probably_finished",
    "delivery_problem",
    "resumed",
    "data_late",
    "no_contact_feed",
    "in_rhythm",
    "paused",
    "closing",
    "ended",
    "network",
    "proposed",
    "declined",
]
BANDS = ["on_track", "watch", "needs_check_in", "too_early", "paused", "closing", "ended"]
STAGES = [
    "outreach",
    "proposed",
    "accepted",
    "forming",
    "active",
    "paused",
    "light_mode",
    "closing",
    "ended",
    "network",
    "declined",
]


@pytest.mark.parametrize(
    ("names", "codes"),
    [
        (words.STATE, STATES),
        (words.BAND, BANDS),
        (words.STAGE, STAGES),
        (words.END_REASON, get_args(EndReason)),
        (words.LANE, LANES),
        (words.DIRECTION, get_args(Direction)),
        (words.FORM, get_args(Form)),
        (words.MODALITY, get_args(Modality)),
        (words.EVIDENCE, get_args(Evidence)),
    ],
)
def test_every_code_has_words(names: dict[str, str], codes: list[str]) -> None:
    assert sorted(names) == sorted(codes)
    assert all(names.values())


@pytest.mark.parametrize(
    ("state", "waiting_on", "direction", "expected"),
    [
        ("suspected_ghosting", "mentor", "standard", "Needs check-in: mentor unresponsive"),
        ("suspected_ghosting", "mentee", "peer", "Needs check-in: first peer unresponsive"),
        ("presumed_ghosted", "mentee", "reverse", "Presumed ghosted (senior mentee)"),
        ("waiting", "mentor", "peer", "Waiting on second peer"),
        ("waiting", "both", "peer", "Both waiting"),
        ("waiting", None, "standard", "Waiting on mentor/mentee"),
        ("never_started", None, None, "Not started"),
    ],
)
def test_a_state_names_who_owes_the_answer(
    state: str, waiting_on: str | None, direction: str | None, expected: str
) -> None:
    assert words.state_words(state, waiting_on, direction) == expected


def test_nobody_is_called_a_ghoster() -> None:
    said = [*words.STATE.values(), *words.END_REASON.values(), *words.BAND.values()]
    assert not [text for text in said if "ghoster" in text.lower()]


def test_no_natural_end_is_called_lost() -> None:
    natural = [words.END_REASON[code] for code in ("goals_met", "term_completed", "needs_evolved")]
    assert not [text for text in natural if "lost" in text.lower() or "drop" in text.lower()]


def test_a_pair_without_enough_evidence_is_too_early_to_tell() -> None:
    assert words.BAND["too_early"] == "Too early to tell"
