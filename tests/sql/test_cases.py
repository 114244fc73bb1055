"""Every data-only case of every SQL model; conftest.py says what a case is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def test_the_model_returns_what_the_case_expects(outcome: Any) -> None:
    assert outcome.found == outcome.expected


def test_every_core_and_feature_model_has_a_case(all_models: dict[str, Any]) -> None:
    wanted = {name for name, model in all_models.items() if model.layer in ("staging", "core", "feature")}
    covered = {f"{path.parts[-4]}.{path.parts[-3]}" for path in FOLDER.glob("*/*/*/expect.csv")}
    assert sorted(wanted - covered) == []


def test_every_case_is_of_a_model(all_models: dict[str, Any]) -> None:
    covered = {f"{path.parts[-4]}.{path.parts[-3]}" for path in FOLDER.glob("*/*/*/expect.csv")}
    assert sorted(covered - set(all_models)) == []
