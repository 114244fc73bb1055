"""Our curves are those of R's survival and of lifelines, to nine decimals."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipelines.signals.survival import (
    Counts,
    Curve,
    Lives,
    aalen_johansen,
    count,
    kaplan_meier,
    log_rank,
)

FOLDER = Path(__file__).parent
LIVES = pd.read_csv(FOLDER / "lives.csv")
FROM_R = pd.read_csv(FOLDER / "survival.csv")
FROM_LIFELINES = pd.read_csv(FOLDER / "lifelines.csv")
GROUPS = ("a", "b")
CAUSES = ("cause1", "cause2", "cause3")
CLOSE = 1e-9
LATE_ENTRY = 0.05
"""With late entry R's standard error of an incidence is the infinitesimal jackknife, ours is not."""


def counted(name: str) -> Counts:
    lives = LIVES[LIVES["set"] == name]
    group = (lives["group"] == "b").to_numpy(dtype=np.int64)
    return count(Lives(group, *(lives[c].to_numpy() for c in ("entered", "left", "cause"))), 2, 3)


def curve_of(name: str, group: str, curve: str) -> Curve:
    counts, place = counted(name), GROUPS.index(group)
    if curve == "active":
        found, at = kaplan_meier(counts), (place,)
    else:
        found, at = aalen_johansen(counts), (place, CAUSES.index(curve))
    return Curve(found.estimate[at], found.variance[at], found.low[at], found.high[at])


def from_r(name: str, group: str, curve: str, measure: str) -> pd.Series:
    """R's values by day."""
    rows = FROM_R[(FROM_R["set"] == name) & (FROM_R["group"] == group) & (FROM_R["curve"] == curve)]
    found = rows[rows["measure"] == measure].set_index("day")["value"]
    assert len(found) > 10
    return found[found.index >= 0]


@pytest.mark.parametrize("curve", ["active", *CAUSES])
@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("name", ["early", "late"])
def test_every_curve_is_that_of_r(name: str, group: str, curve: str) -> None:
    r = from_r(name, group, curve, "estimate")
    found = curve_of(name, group, curve).estimate
    np.testing.assert_allclose(found[r.index], r, rtol=0, atol=CLOSE)


@pytest.mark.parametrize("curve", ["active", *CAUSES])
@pytest.mark.parametrize("group", GROUPS)
def test_standard_errors_and_intervals_are_those_of_r(group: str, curve: str) -> None:
    found = curve_of("early", group, curve)
    for measure, values in (
        ("std_error", np.sqrt(found.variance)),
        ("low", found.low),
        ("high", found.high),
    ):
        r = from_r("early", group, curve, measure)
        np.testing.assert_allclose(values[r.index], r, rtol=0, atol=CLOSE, equal_nan=True)


@pytest.mark.parametrize("group", GROUPS)
def test_late_entry_changes_nothing_for_kaplan_meier(group: str) -> None:
    found = curve_of("late", group, "active")
    for measure, values in (("low", found.low), ("high", found.high)):
        r = from_r("late", group, "active", measure)
        np.testing.assert_allclose(values[r.index], r, rtol=0, atol=CLOSE, equal_nan=True)


@pytest.mark.parametrize("curve", CAUSES)
@pytest.mark.parametrize("group", GROUPS)
def test_with_late_entry_standard_errors_of_incidences_are_near_the_jackknife(group: str, curve: str) -> None:
    found = np.sqrt(curve_of("late", group, curve).variance)
    r = from_r("late", group, curve, "std_error")
    np.testing.assert_allclose(found[r.index], r, rtol=LATE_ENTRY, atol=0)


@pytest.mark.parametrize("name", ["early", "late"])
def test_pairs_at_risk_are_those_of_r(name: str) -> None:
    counts = counted(name)
    for place, group in enumerate(GROUPS):
        r = from_r(name, group, "active", "at_risk")
        assert counts.at_risk[place][r.index].tolist() == r.tolist()


def test_the_log_rank_test_is_that_of_r() -> None:
    counts = counted("early")
    found = log_rank(*(counts.part(place, 0, counts.at_risk.shape[-1] - 1) for place in (0, 1)))
    r = FROM_R[FROM_R["curve"] == "log_rank"].set_index("measure")["value"]
    assert len(r) == 4
    for measure, value in r.items():
        assert getattr(found, str(measure)) == pytest.approx(value, abs=CLOSE)


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("name", ["early", "late"])
def test_kaplan_meier_is_that_of_lifelines(name: str, group: str) -> None:
    rows = FROM_LIFELINES[(FROM_LIFELINES["set"] == name) & (FROM_LIFELINES["group"] == group)]
    rows = rows[(rows["day"] >= 0) & (rows["estimate"] < 1)].set_index("day")
    assert len(rows) > 20
    found = curve_of(name, group, "active")
    for measure in ("estimate", "low", "high"):
        values = getattr(found, measure)[rows.index.astype(int)]
        np.testing.assert_allclose(values, rows[measure], rtol=0, atol=CLOSE)


@pytest.mark.skipif(
    shutil.which("Rscript") is None and os.environ.get("CI") != "true", reason="R is not installed"
)
def test_r_still_says_what_is_written_down(tmp_path: Path) -> None:
    again = tmp_path / "survival.csv"
    subprocess.run(["Rscript", FOLDER / "survival.R", FOLDER, again], check=True, timeout=120)
    found = pd.read_csv(again)
    named = ["set", "group", "curve", "day", "measure"]
    pd.testing.assert_frame_equal(found[named], FROM_R[named])
    np.testing.assert_allclose(found["value"], FROM_R["value"], rtol=1e-12, equal_nan=True)
