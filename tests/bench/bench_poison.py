"""A folder of which a tenth is poison, against its good files alone: what bad files cost the others.

Poison is what `tests/faults/test_poison.py` deals, each kind of file in the corpus of bad inputs that is
spoilt from end to end, and then files of bad lines and files cut short: no two alike, for the same bytes
again are known at the door. Both folders are ingested in turn, several times; the best run counts.
`FILES=200` makes it shorter.
"""

from __future__ import annotations

import gzip
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.faults.conftest import Home, native, sessions
from tests.faults.test_poison import MAPPINGS, N_EVENTS, Poison, drop_good, of_a_torn_disk, of_the_corpus

ROOT = Path(__file__).parents[2]
N_FILES = int(os.environ.get("FILES", "1000"))
ONE_IN = 10
REPEATS = 2
GOAL, GOAL_MB = 2, 1024


def test_a_folder_with_poison_against_its_good_files_alone(tmp_path: Path) -> None:
    # In a process of its own: the peak of this one is that of every bench before.
    command = [sys.executable, "-m", "tests.bench.bench_poison", str(tmp_path)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    found = json.loads(ran.stdout)
    good, mixed, n_poison = found["good"], found["mixed"], N_FILES // ONE_IN
    print(
        f"\n{N_FILES - n_poison:,} good files alone {good:.1f} CPU s, with {n_poison} of poison {mixed:.1f}"
    )
    print(f"with poison / without {mixed / good:.2f} (goal: at most {GOAL})")
    print(f"peak {found['peak MB']:,.0f} MB (goal: at most {GOAL_MB:,})")


def measure(folder: Path) -> dict[str, float]:
    """CPU seconds of the best run of each kind, and the peak of them all."""
    scratch = folder / "corpus"
    scratch.mkdir()
    poisons = [*of_the_corpus(scratch), *of_a_torn_disk()]
    cpu_seconds: dict[str, list[float]] = {"good": [], "mixed": []}
    ingest(folder / "warm", poisons, ONE_IN)
    for repeat, name in itertools.product(range(REPEATS), cpu_seconds):
        spent = ingest(folder / f"{name}-{repeat}", poisons if name == "mixed" else [], N_FILES)
        cpu_seconds[name].append(spent)
    # Not ru_maxrss: a child begins with what its parent had.
    peak_mb = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
    return {name: min(runs) for name, runs in cpu_seconds.items()} | {"peak MB": peak_mb}


def without_end(poisons: list[Poison]) -> Iterator[Poison]:
    """Each of these once, then others that are all different."""
    yield from poisons
    for number in itertools.count(100_000, N_EVENTS):
        own = range(number, number + N_EVENTS)
        lines = "".join(native(line, time="yesterday") for line in own)
        yield Poison("platform", "events.ndjson", lines.encode(), {})
        cut_short = gzip.compress(sessions(*own).encode(), mtime=0)[:-9]
        yield Poison("platform", "events.ndjson.gz", cut_short, {})


def ingest(folder: Path, poisons: list[Poison], n_files: int) -> float:
    """CPU seconds of an ingest of so many files; where there is no poison its places are left empty."""
    home, dealt, nth = Home(folder), without_end(poisons), itertools.count()
    for number in range(n_files):
        if number % ONE_IN != ONE_IN // 2:
            drop_good(home, f"{number:05}", next(nth))
        elif poisons:
            poison = next(dealt)
            home.drop_bytes(f"{poison.folder}/{number:05}-{poison.name}", poison.content)
    for source in home.settings.inbox.iterdir():
        mapping = MAPPINGS / f"{source.name}.toml"
        if mapping.exists():
            shutil.copy(mapping, source / "mapping.toml")
    begun = time.process_time()
    results = home.ingest()
    spent = time.process_time() - begun
    n_good = next(nth)
    assert sum(result.accepted for result in results if result.status == "accepted") >= n_good * N_EVENTS
    assert len(home.rows("select 1 from event")) == len(home.expected)
    shutil.rmtree(folder)
    return spent


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
