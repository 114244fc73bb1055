"""Writes Data Docs of the sample program: what is expected of every table, and what was found.

They stay out of the repository: they carry the time at which they were made, and are large.
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
from pathlib import Path

from expectations.data_docs import write_data_docs
from pipelines.build import fold, open_build
from pipelines.ingest import ingest_into_home
from pipelines.sample import write_sample
from warehouse.run import Run
from warehouse.settings import Settings, load_settings

UNTIL = dt.date(2026, 11, 22)
AS_OF = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
FOLDER = Path("build/data-docs")


def write_sample_docs(folder: Path) -> Path:
    """Build the sample program in a home of its own and write the site; returns its first page."""
    with tempfile.TemporaryDirectory() as scratch:
        settings = load_settings(Path(scratch) / "home")
        _ingest(settings)
        with open_build(settings, settings.models_file) as con:
            fold(con, Run(AS_OF, AS_OF, settings.policy))
            return write_data_docs(con, folder)


def _ingest(settings: Settings) -> None:
    write_sample(settings.inbox, until=UNTIL)
    ingest_into_home(settings, [settings.inbox], clock=lambda: AS_OF)


if __name__ == "__main__":
    sys.stdout.write(f"Data Docs: {write_sample_docs(FOLDER)}\n")
