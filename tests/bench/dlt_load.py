"""Native lines into DuckDB by dlt's fastest way, in a process of its own.

python dlt_load.py FOLDER FEED; prints what the run took as JSON. DuckDB reads the file as the bare table of
`bench_ingest` does and hands Arrow batches to dlt, which merges them on `id`: it takes out what came twice,
and neither checks the lines nor keeps those it cannot take.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

COLUMNS = (
    "specversion", "id", "source", "type", "time", "recordedat", "subject", "programid", "cohortid",
    "actorid", "actorrole",
)  # fmt: skip


def load(feed: str, folder: Path) -> None:
    """Merge the lines of a file into a table of a new database."""
    import dlt
    import duckdb
    import pyarrow as pa

    def batches() -> Iterator[pa.Table]:
        columns = ", ".join(f"{name}: 'VARCHAR'" for name in (*COLUMNS, "data"))
        lines = f"read_json('{feed}', format = 'newline_delimited', columns = {{{columns}}})"
        for batch in duckdb.sql(f"select * from {lines}").to_arrow_reader(100_000):
            yield pa.Table.from_batches([batch])

    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=str(folder / "pipelines"),
        destination=dlt.destinations.duckdb(str(folder / "dlt.duckdb")),
        dataset_name="log",
    )
    event = dlt.resource(batches, name="event", primary_key="id", write_disposition="merge")
    pipeline.run(event).raise_on_failed_jobs()


def main(folder: str, feed: str) -> None:
    """Load a file and tell what that took."""
    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}
    os.makedirs(folder)
    started = time.perf_counter()
    load(feed, Path(folder))
    wall = time.perf_counter() - started
    usage = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = usage.ru_utime + usage.ru_stime + children.ru_utime + children.ru_stime
    peak_mb = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
    print(json.dumps({"wall": wall, "cpu": cpu, "peak_mb": peak_mb}))


if __name__ == "__main__":
    main(*sys.argv[1:])
