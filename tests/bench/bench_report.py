"""What four files for two thousand pairs cost: folding three quarters' ends, telling, writing.

The floor is one fold of the same log as of the same day, measured in the same run: a report folds what it
tells as of three days, two of them beside the third.
"""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import pytest

from pipelines.build import fold, open_build
from pipelines.quarterly.files import FORMATS, write
from pipelines.quarterly.make import make_report
from pipelines.quarterly.wanted import Wanted
from pipelines.report.model import from_json
from pipelines.report.quarters import Quarter
from tests.bench.bench_checks import multiply_log
from tests.conftest import DEMO_NOW
from warehouse import models
from warehouse.run import Run
from warehouse.settings import load_settings

Q3 = Quarter(2026, 3)
N_EVENTS = 16_794 * 14
"""Fourteen samples are 2,100 pairs."""
GOAL_SECONDS = 60.0


@pytest.mark.slow
def test_four_files_for_two_thousand_pairs(demo_home: Path, tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "home")
    multiply_log(load_settings(demo_home), settings, N_EVENTS)
    run = Run(Q3.ends_at("UTC"), DEMO_NOW, settings.policy)
    started = time.perf_counter()
    with open_build(settings, tmp_path / "floor.duckdb") as con:
        fold(con, run)
        n_pairs = models.count(con, "mart.pair")
    floor = time.perf_counter() - started

    started, cpu = time.perf_counter(), time.process_time()
    made = make_report(settings, Wanted(Q3), clock=lambda: DEMO_NOW + dt.timedelta(days=1))
    total, cpu = time.perf_counter() - started, time.process_time() - cpu
    report = from_json(made.edition.model())

    print(f"\na report of {n_pairs:,} pairs")
    print(f"{'':40}{'seconds':>9}{'of one fold':>14}")
    print(f"{'one fold (the floor)':40}{floor:9.2f}{1:14.2f}")
    print(f"{'the whole report':40}{total:9.2f}{total / floor:14.2f}")
    print(f"{'  of it in processors':40}{cpu:9.2f}{cpu / floor:14.2f}")
    for kind in FORMATS:
        started = time.perf_counter()
        write(report, kind)
        seconds = time.perf_counter() - started
        print(f"{'writing ' + kind:40}{seconds:9.2f}{seconds / floor:14.2f}")
    print(f"goal: at most {GOAL_SECONDS:.0f} s")
    assert len(made.edition.manifest.files) == len(FORMATS)
