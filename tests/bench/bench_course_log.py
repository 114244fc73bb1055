"""Ingest throughput and build time of a real course log, as ratios to bare DuckDB on the same file.

The floors are measured in the same run and on the same machine: absolute seconds tell little, ratios do.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipelines.build import build_home
from pipelines.ingest import ingest_into_home
from warehouse.settings import load_settings

ROOT = Path(__file__).parents[2]
MAPPING = ROOT / "examples/mappings/oulad.toml"
AS_OF = dt.datetime(2014, 3, 1, tzinfo=dt.UTC)
REPEATS = 3

pytestmark = pytest.mark.real


def test_course_log_ingest_and_build_against_bare_duckdb(real_data: Path, tmp_path: Path) -> None:
    source = real_data / "oulad_events.parquet"
    scan = best(lambda _run: bare_scan(source))
    ctas = best(lambda run: bare_table(source, tmp_path / f"floor-{run}.duckdb"))

    settings = load_settings(tmp_path / "home")
    started = time.perf_counter()
    (result,), n_events = ingest_into_home(settings, [source], mapping=MAPPING)
    ingest = time.perf_counter() - started
    build = best(lambda _run: timed(lambda: build_home(settings, as_of=AS_OF, known_at=AS_OF, is_full=True)))

    assert result.quarantined == 0
    assert n_events == result.lines_in
    print(f"\ncourse log, {n_events:,} events of {source.name}")
    print(f"{'':28}{'seconds':>9}{'events/s':>12}{'x scan':>9}{'x create table as':>20}")
    for name, seconds in (
        ("bare scan", scan),
        ("bare create table as", ctas),
        ("ingest (strict, durable)", ingest),
        ("build with expectations", build),
    ):
        print(
            f"{name:28}{seconds:9.2f}{n_events / seconds:12,.0f}{seconds / scan:9.1f}{seconds / ctas:20.1f}"
        )


def best(measure: Callable[[int], float]) -> float:
    return min(measure(run) for run in range(REPEATS))


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def bare_scan(source: Path) -> float:
    with duckdb.connect() as con:
        return timed(lambda: con.execute(f"select count(*), sum(length(payload)) from '{source}'").fetchall())


def bare_table(source: Path, target: Path) -> float:
    with duckdb.connect(str(target)) as con:
        return timed(lambda: con.execute(f"create table event as from '{source}'; checkpoint"))
