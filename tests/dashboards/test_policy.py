"""The settings screen answers which thresholds were in force on a day."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

MARCH, FEBRUARY = dt.datetime(2026, 3, 3, 12), dt.datetime(2026, 2, 1, 12)


@pytest.fixture(scope="module")
def past_screens(
    home: Path, tmp_path_factory: pytest.TempPathFactory, published: ModuleType, make_screens: Any
) -> Any:
    """Today, a day under another policy, and one before any was noted."""
    folder = tmp_path_factory.mktemp("policies")
    shutil.copytree(home / "published", folder / "published")
    for day in (MARCH, FEBRUARY):
        not_yet = "delete from mart.policy where set_at > (select as_of from ref.run)"
        published.write_past(folder, day, day, not_yet)
    return make_screens(folder)


def test_the_settings_screen_and_the_activity_tell_every_policy(screens: Any) -> None:
    for page in ("settings", "activity"):
        words = screens.words(page)
        assert "attention_budget: 12 -> 10" in words
        assert words.index("0123456789abcdef") < words.index("fedcba9876543210")
        assert "Everything is as it comes" in words


def test_today_is_judged_by_the_policy_in_force(screens: Any) -> None:
    assert "judges by another policy" not in screens.words("settings")


def test_a_past_day_says_what_was_in_force_then(past_screens: Any) -> None:
    words = past_screens.words("settings", asof="2026-03-03")
    assert "another policy than the one in force on 3 Mar 2026: attention_budget was 12." in words
    assert "0123456789abcdef" in words  # what this build judges by
    assert "attention_budget: 12 -> 10" not in words


def test_before_any_policy_was_noted_the_screen_says_so(past_screens: Any) -> None:
    assert "None is noted yet" in past_screens.words("settings", asof="2026-02-01")
