"""Drafts name nobody, and every reason of the list has steps and drafts that exist."""

from __future__ import annotations

import re

import pytest

from pipelines.signals.watchlist import STRENGTH
from warehouse.drafts import drafts, playbook


def test_the_five_messages_of_the_design_are_there() -> None:
    assert list(drafts()) == ["check_in", "short_call", "async_update", "graceful_end", "rematch"]


def test_a_draft_blames_nobody_and_leaves_the_name_open() -> None:
    for draft in drafts().values():
        assert "[name]" in draft.text
        assert not re.search(r"ghost|fail|lost|ignor|overdue", draft.text, re.IGNORECASE)


@pytest.mark.parametrize("code", [*STRENGTH, None, "something new"])
def test_every_reason_has_a_draft_and_steps_that_fit_into_an_event(code: str | None) -> None:
    book = playbook(code)
    assert book.drafts
    assert book.steps
