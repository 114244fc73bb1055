"""What a run works on: the home folder, and the one door to its derived tables.

A run holds the home's writer lock from its first step to its last: two runs that fold at the same time
would publish a mixture of both, and DuckDB lets one process write to a file. Others wait their turn.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import duckdb
from dagster_duckdb import DuckDBResource

from warehouse.database import attach_log, writer_lock
from warehouse.settings import Settings, load_settings

RUN_WAIT_SECONDS = 3600
"""How long a run waits for another one, or for the command line, to let go of the home."""

_DAGSTER_YAML = """\
# Written by `kinkeeper dev`; yours to change, it is not written again.
telemetry:
  enabled: false
# Every run writes to the same home folder: a second one waits in the queue.
concurrency:
  runs:
    max_concurrent_runs: 1
# A run whose process died would hold its place in the queue for ever.
run_monitoring:
  enabled: true
  max_runtime_seconds: 3600
"""


class Home(dg.ConfigurableResource):
    """The home folder that assets, checks and sensors are about."""

    path: str

    def settings(self) -> Settings:
        """Read anew each time, so that a changed policy needs no restart."""
        return load_settings(Path(self.path))


class Warehouse(DuckDBResource):
    """The derived tables of one home, written by one run at a time."""

    home: str

    @contextlib.contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Warehouse]:
        """Hold the writer lock as long as the run executes in this process, and the tables open.

        DuckDB opens a file once for a process: hundreds of steps find it open, and none closes it for good.
        """
        with writer_lock(Path(self.home), wait_seconds=RUN_WAIT_SECONDS), self._opened():
            yield self

    @contextlib.contextmanager
    def models(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The models database for writing, in UTC, with the log attached read-only as `log`."""
        with self._opened() as con:
            con.execute("set TimeZone = 'UTC'")
            attach_log(con, load_settings(Path(self.home)).log_file)
            yield con

    @contextlib.contextmanager
    def _opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        Path(self.database).parent.mkdir(parents=True, exist_ok=True)
        with self.get_connection() as con:
            try:
                yield con
            finally:
                # After an error DuckDBResource leaves its connection, and with it the file lock, open.
                con.close()


def resources(settings: Settings) -> dict[str, dg.ConfigurableResource]:
    """The resources of a home folder by the names that assets ask for."""
    return {
        "home": Home(path=str(settings.home)),
        "warehouse": Warehouse(home=str(settings.home), database=str(settings.models_file)),
    }


def quiet_libraries() -> None:
    """Dagster and Great Expectations report nothing to anybody, unless the environment asks for it."""
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")


def write_dagster_yaml(home: Path) -> Path:
    """Give a home folder its Dagster instance, where it has none yet."""
    path = home / "dagster" / "dagster.yaml"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_DAGSTER_YAML, "utf-8")
    return path
