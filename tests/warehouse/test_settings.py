"""Where settings come from, in which order, and what a wrong one says."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.errors import SettingsError
from warehouse.settings import load_settings


def test_the_argument_wins_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINKEEPER_HOME", str(tmp_path / "other"))

    assert load_settings(tmp_path / "home").home == tmp_path / "home"
    assert load_settings().home == tmp_path / "other"


def test_without_both_the_home_is_var_below_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert load_settings().home == tmp_path / "var"


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    with pytest.raises(SettingsError, match="folder"):
        load_settings(file)


def test_the_programs_policy_is_read_from_the_home(tmp_path: Path) -> None:
    (tmp_path / "program.toml").write_text("attention_budget = 3\n")

    assert load_settings(tmp_path).policy.attention_budget == 3


def test_a_wrong_policy_names_file_and_key(tmp_path: Path) -> None:
    (tmp_path / "program.toml").write_text("attention_bugdet = 3\n")

    with pytest.raises(SettingsError, match=r"program\.toml.*attention_bugdet"):
        load_settings(tmp_path)
