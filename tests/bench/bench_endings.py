"""Curves with intervals of 50 cohorts and a million lives, as a ratio to lifelines on the same lives.

lifelines forbids pandas 3, so uv runs it in an environment of its own (tests/golden/lifelines_curves.py).
Without a registry to take it from the bench is skipped.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.signals.survival import FROM_THE_START, Lives, aalen_johansen, count, kaplan_meier

SCRIPT = Path(__file__).parents[1] / "golden/lifelines_curves.py"
LIFELINES = "lifelines==0.30.3"
N_LIVES, N_COHORTS, N_CAUSES = 1_000_000, 50, 7
REPEATS = 5
AT_LEAST = 20
CLOSE = 1e-9


def test_curves_of_endings_against_lifelines(tmp_path: Path) -> None:
    lives = million()
    seconds, reference = from_lifelines(lives, tmp_path)
    ours, counts = best(lambda: count(lives, N_COHORTS, N_CAUSES))
    kaplan, curve = best(lambda: kaplan_meier(count(lives, N_COHORTS, N_CAUSES)))
    incidence, _ = best(lambda: aalen_johansen(counts))

    print(f"\n{N_LIVES:,} lives in {N_COHORTS} cohorts, curves with 95% intervals")
    print(f"{'':34}{'milliseconds':>13}{'x lifelines':>13}")
    for name, spent in (
        ("lifelines, Kaplan-Meier", seconds),
        ("count", ours),
        ("count and Kaplan-Meier", kaplan),
        (f"incidence of {N_CAUSES} causes, counted", incidence),
    ):
        print(f"{name:34}{1000 * spent:13.1f}{seconds / spent:13.1f}")

    day = reference["day"].to_numpy(dtype=int)
    group = reference["group"].to_numpy(dtype=int)
    for measure in ("estimate", "low", "high"):
        found = np.nan_to_num(getattr(curve, measure)[group, day], nan=1)
        np.testing.assert_allclose(found, reference[measure], rtol=0, atol=CLOSE)
    assert seconds / kaplan >= AT_LEAST


def million() -> Lives:
    draw = np.random.default_rng(20)
    return Lives(
        group=draw.integers(0, N_COHORTS, N_LIVES),
        entered=np.full(N_LIVES, FROM_THE_START),
        left=draw.integers(1, 721, N_LIVES),
        cause=draw.integers(0, N_CAUSES + 1, N_LIVES),
    )


def from_lifelines(lives: Lives, folder: Path) -> tuple[float, pd.DataFrame]:
    """The seconds lifelines took and the curves it found; days on which nobody may be left are left out."""
    source, target = folder / "lives.csv", folder / "lifelines.csv"
    frame = pd.DataFrame({"set": "bench", "group": lives.group, "entered": lives.entered})
    frame.assign(left=lives.left, cause=lives.cause).to_csv(source, index=False)
    uv = [Path(sys.executable).with_name("uv"), "run", "--quiet", "--no-project", "--isolated"]
    command = [*uv, "--python", sys.executable, "--with", LIFELINES, "python", SCRIPT, source, target]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        pytest.skip(f"uv could not run {LIFELINES}: {done.stderr.strip()[-200:]}")
    found = pd.read_csv(target)
    return float(done.stdout), found[found["estimate"] > 0]


def best(work: Callable[[], Any]) -> tuple[float, Any]:
    """The shortest of some runs, and what the last of them returned."""
    spent = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        result = work()
        spent.append(time.perf_counter() - started)
    return min(spent), result
