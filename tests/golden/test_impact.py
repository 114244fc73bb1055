"""Reliability and change are those of R, and of numbers worked by hand."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipelines.signals.impact import change, compare, reliability

FOLDER = Path(__file__).parent
FROM_R = pd.read_csv(FOLDER / "impact.csv").set_index("measure")["value"]
WAVES = pd.read_csv(FOLDER / "waves.csv").set_index("respondent")
CLOSE = 1e-9
FITTED = 1e-4
"""Two programs stop at slightly different maxima of one likelihood."""


def group(name: str) -> tuple[pd.Series, pd.Series]:
    rows = WAVES[WAVES["group"] == name]
    return rows["before"], rows["after"]


def test_alpha_and_its_interval_are_those_of_r() -> None:
    found = reliability(pd.read_csv(FOLDER / "answers.csv"))
    assert found is not None
    assert found.n == FROM_R["n"] == 58
    np.testing.assert_allclose(found.alpha, FROM_R[["alpha", "alpha_low", "alpha_high"]], atol=CLOSE)


def test_omega_is_that_of_the_factor_r_finds() -> None:
    found = reliability(pd.read_csv(FOLDER / "answers.csv"))
    assert found is not None
    assert found.omega == pytest.approx(FROM_R["omega"], abs=FITTED)


def test_the_change_its_effect_and_who_was_lost_are_those_of_r() -> None:
    found = change(*group("treated"), fewest=20)
    assert found is not None
    assert found.effect is not None
    assert found.stayed_less_lost is not None
    assert (found.n_before, found.n_paired, found.n_lost) == (40, 32, 8)
    np.testing.assert_allclose(found.change, FROM_R[["change", "change_low", "change_high"]], atol=CLOSE)
    np.testing.assert_allclose(found.effect, FROM_R[["effect", "effect_low", "effect_high"]], atol=CLOSE)
    stayed = FROM_R[["stayed_less_lost", "stayed_low", "stayed_high"]]
    np.testing.assert_allclose(found.stayed_less_lost, stayed, atol=CLOSE)


def test_the_comparison_with_others_is_that_of_r() -> None:
    found = compare(group("treated"), group("control"), fewest=20)
    assert found is not None
    assert found.effect is not None
    expected = FROM_R[["difference", "difference_low", "difference_high"]]
    np.testing.assert_allclose(found.difference, expected, atol=CLOSE)
    np.testing.assert_allclose(found.effect[:2], FROM_R[["between", "between_low"]], atol=CLOSE)


@pytest.mark.skipif(
    shutil.which("Rscript") is None and not os.environ.get("CI"), reason="R is not installed here"
)
def test_r_still_says_what_is_committed(tmp_path: Path) -> None:
    made = tmp_path / "impact.csv"
    subprocess.run(["Rscript", str(FOLDER / "impact.R"), str(FOLDER), str(made)], check=True, timeout=120)
    again = pd.read_csv(made).set_index("measure")["value"]
    np.testing.assert_allclose(again, FROM_R, atol=1e-6)
