"""Ingest one file in this process; print what became of it, how long it took and how far memory grew.

    python -m tests.conformance.measured HOME FILE

Memory counts from the peak of ingesting a small file, so that libraries and an open home are not in it.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from pathlib import Path

from pipelines.ingest import ingest_into_home
from warehouse.settings import load_settings

_STATUS = Path("/proc/self/status")


def peak_mib() -> float:
    """The most memory this process has held so far.

    Linux hands `ru_maxrss` down from the process that started this one, so its own account comes first.
    """
    if _STATUS.exists():
        line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


def main(home: Path, path: Path) -> None:
    settings = load_settings(home)
    small = home / "small.ndjson"
    small.write_text("{}\n")
    ingest_into_home(settings, [small])
    before, start = peak_mib(), time.perf_counter()
    (result,), _ = ingest_into_home(settings, [path])
    measured = {
        "result": dataclasses.asdict(result),
        "seconds": time.perf_counter() - start,
        "grown_mib": peak_mib() - before,
    }
    print(json.dumps(measured))  # noqa: T201  this is what the process is for


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
