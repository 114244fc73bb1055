"""A build after new events, as a share of the full build, on a log and on one a tenth as long.

Both logs grow by one event for each hundred pairs of the longer one. `SCALE=25` makes the logs one and ten
million events long, and the new events a thousand.

Shares are of CPU seconds: of the refresh on the day of the build before, when the new events are all that is
new, and on the day after, when every column that moves with the clock is another and one more day of history
is folded. The full build has `HISTORY` days of it, few by default: each further day costs what the table says
and makes a refresh a smaller share.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipelines.build import build_home, fold, open_build
from tests.bench.long_log import AS_OF, add_fresh_events, write_long_log
from warehouse import models, publish
from warehouse.policy import Policy
from warehouse.replay import needed_for
from warehouse.run import Run
from warehouse.settings import Settings, load_settings

SCALE = int(os.environ.get("SCALE", "1"))
HISTORY = int(os.environ.get("HISTORY", "3"))
N_PAIRS = 4_000 * SCALE
N_NEW = N_PAIRS // 100
SHARE, GROWTH, WHOLE = 0.05, 2, 8
ROOT = Path(__file__).parents[2]


def test_a_refresh_against_a_full_build(tmp_path: Path) -> None:
    told = {n_pairs: in_a_child(tmp_path, n_pairs) for n_pairs in (N_PAIRS // 10, N_PAIRS)}
    print(f"\nCPU seconds of builds, {HISTORY} days of history")
    columns = ("events", "pairs", "full", "features", "a day", "refresh", "next day", "peak MB")
    print("".join(f"{column:>11}" for column in columns))
    for found in told.values():
        print("".join(f"{found[column]:11,.1f}" for column in columns))
    short, long = told.values()
    share, tomorrow = (long[name] / long["full"] for name in ("refresh", "next day"))
    print(f"refresh / full build {share:.1%} (goal: at most {SHARE:.0%}), on the next day {tomorrow:.1%}")
    usual = Policy().history_days
    whole = long["full"] + (usual - HISTORY) * long["a day"]
    print(
        f"beside {usual} days of history, as a program has them, each as long as the one that was measured: "
        f"{long['refresh'] / whole:.1%}, on the next day {long['next day'] / whole:.1%}"
    )
    print(
        f"refresh / that of a log a tenth as long {long['refresh'] / short['refresh']:.1f} (goal: {GROWTH})"
    )
    print(f"full build / pair features {long['full'] / long['features']:.1f} (goal: {WHOLE})")
    assert short["is_equal"]
    assert long["is_equal"]


def in_a_child(folder: Path, n_pairs: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.bench_refresh", str(folder / str(n_pairs)), str(n_pairs)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@dataclass
class Steps:
    """CPU seconds of each step of a build, and of all."""

    begun: float
    at: list[tuple[str, float]]

    def spent(self, names: set[str]) -> float:
        ends = [*(at for _, at in self.at[1:]), time.process_time()]
        return sum(end - at for (name, at), end in zip(self.at, ends, strict=True) if name in names)


def built(settings: Settings, as_of: dt.datetime, *, is_full: bool = False) -> tuple[float, Steps]:
    steps = Steps(time.process_time(), [])
    build_home(
        settings,
        as_of=as_of,
        is_full=is_full,
        on_step=lambda name: steps.at.append((name, time.process_time())),
    )
    return time.process_time() - steps.begun, steps


def measure(home: Path, n_pairs: int) -> dict[str, Any]:
    settings = load_settings(home)
    settings = replace(settings, policy=settings.policy.model_copy(update={"history_days": HISTORY}))
    fewer = replace(settings, policy=settings.policy.model_copy(update={"history_days": HISTORY - 1}))
    n_events = write_long_log(settings, n_pairs)
    warm_up(load_settings(home / "warm"))
    with_fewer_days, _ = built(fewer, AS_OF, is_full=True)
    full, steps = built(settings, AS_OF, is_full=True)
    features = steps.spent({model.name for model in needed_for(models.discover(), "feature.pair")})
    refreshes = []
    for hour in (1, 2):
        at = AS_OF + dt.timedelta(hours=hour)
        add_fresh_events(settings, n_pairs, N_NEW, hour, at)
        refreshes.append(built(settings, at)[0])
    tomorrow = AS_OF + dt.timedelta(days=1)
    next_day, _ = built(settings, tomorrow)
    # Not ru_maxrss: a child begins with what its parent had.
    peak_mb = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
    return {
        "events": n_events,
        "pairs": n_pairs,
        "full": full,
        "features": features,
        "a day": full - with_fewer_days,
        "refresh": min(refreshes),
        "next day": next_day,
        "peak MB": peak_mb,
        "is_equal": is_equal(settings, tomorrow),
    }


def warm_up(settings: Settings) -> None:
    """Pay for imports and caches, which cost the same on any log, before the clocks start."""
    write_long_log(settings, 50)
    built(settings, AS_OF, is_full=True)


def is_equal(settings: Settings, as_of: dt.datetime) -> bool:
    """Whether the publication, refreshed three times, holds what a build from nothing does."""
    with open_build(settings, settings.home / "anew.duckdb") as con:
        fold(con, Run(as_of, as_of, settings.policy))
        marts = publish.mart_tables(con)
        anew = models.mart_hash(con, marts)
    with open_build(settings, settings.models_file) as con:
        return models.mart_hash(con, marts) == anew


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), int(sys.argv[2]))))
