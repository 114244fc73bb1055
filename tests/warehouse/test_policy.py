"""The policy: its file, its ranges, its fingerprint."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from warehouse.errors import SettingsError
from warehouse.policy import ORDERED, WEIGHTS, Policy, load_policy


def written(folder: Path, text: str) -> Path:
    """A program.toml with this text."""
    path = folder / "program.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_program_without_a_file_lives_by_the_defaults() -> None:
    assert load_policy(None) == Policy()


def test_a_file_changes_only_what_it_names(tmp_path: Path) -> None:
    policy = load_policy(written(tmp_path, 'time_zone = "Asia/Kolkata"\ncadence_default_days = 60\n'))
    assert (policy.time_zone, policy.cadence_default_days) == ("Asia/Kolkata", 60)
    assert policy == Policy(time_zone="Asia/Kolkata", cadence_default_days=60)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("suspected_days = -3", r"suspected_days = -3: .* \(allowed: .* 1 to 366\)"),
        ("suspected_day = 3", r"suspected_day is not a setting \(did you mean suspected_days\?\)"),
        ("[ghosting]\ndays = 3", "ghosting is not a setting"),
        ('cadence_default_days = "7"', "cadence_default_days = '7': Input should be a valid integer"),
        ("cadence_default_days = true", "cadence_default_days = True"),
        ("on_track_score = nan", "finite number"),
        ('time_zone = "Mars/Olympus"', r"time_zone = 'Mars/Olympus': no such time zone .*IANA"),
        ('time_zone = "../../etc/passwd"', "no such time zone"),
        ("weight_growth = 6", "must sum to 100, not 101"),
        ("thanks_share = 0.3", "steady_share must sum to 1, not 1.15"),
        ("watch_score = 80", r"watch_score \(80\) must not exceed on_track_score \(70\)"),
        ("suspected_days = 40", r"suspected_days \(40\) must not exceed presumed_days \(28\)"),
        ("small_group = 1", r"small_group = 1: .* each would know the other's answer; 3 to 100"),
        ("effect_pairs = 4", r"small_group \(5\) must not exceed effect_pairs \(4\)"),
        ("risk_least_outcomes = 300", r"must not exceed risk_least_windows \(200\)"),
        ("work_ends_hour = 9", r"work_starts_hour \(9\) must be before work_ends_hour \(9\)"),
        ("day_starts_hour = 21", r"day_starts_hour \(21\) must be before day_ends_hour \(20\)"),
        ("on_track_score =", "is not valid TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_what_where_and_what_to_do(
    tmp_path: Path, text: str, problem: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SettingsError, match=problem) as refused:
        load_policy(path)
    assert str(path) in str(refused.value)
    assert "Correct the value" in str(refused.value) or "Write one" in str(refused.value)


def test_all_wrong_values_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"outreach_days.*attention_budget"):
        load_policy(written(tmp_path, "outreach_days = 0\nattention_budget = 0\n"))


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"program\.toml: cannot be read"):
        load_policy(tmp_path / "program.toml")


def test_the_fingerprint_tells_policies_apart_and_nothing_else(tmp_path: Path) -> None:
    same = load_policy(written(tmp_path, "presumed_ratio = 3\nweight_cadence = 25.0\n"))
    assert same.fingerprint() == Policy().fingerprint()
    assert Policy(presumed_ratio=4).fingerprint() != Policy().fingerprint()
    assert len(same.fingerprint()) == 16
    assert int(same.fingerprint(), 16) >= 0


def test_a_policy_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValidationError):
        Policy().watch_score = 1  # type: ignore[misc]


def test_every_setting_is_a_column_with_a_description() -> None:
    assert list(Policy().as_columns()) == list(Policy.model_fields)
    assert all(field.description for field in Policy.model_fields.values())
    assert len(WEIGHTS) == 6
    assert {name for pair in ORDERED for name in pair} <= set(Policy.model_fields)
