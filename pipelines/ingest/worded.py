"""That a report was put into own words, on its way into the log like any dropped file.

What waits becomes one file of events, is ingested by the ordinary path, and is closed in the operational
store, in this order. Whoever dies in between leaves it open; done again, the log knows every id already.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from pipelines.ingest.drops import FileResult, ingest_file
from pipelines.ingest.home import open_home
from warehouse.clock import Clock, system_clock
from warehouse.operations import open_operations
from warehouse.report_words import SOURCE, ReportWords, event_line
from warehouse.settings import Settings
from warehouse.vault import is_there


def drain_words(settings: Settings, clock: Clock = system_clock) -> FileResult | None:
    """Tell the log of all words it does not know of yet; call it under the writer lock.

    The log is opened only where something was written.
    """
    if not is_there(settings.operations_url):
        return None
    engine = open_operations(settings.operations_url)
    try:
        words = ReportWords(engine, clock)
        waiting = words.waiting()
        if not waiting:
            return None
        lines = "".join(f"{event_line(each)}\n" for each in waiting).encode()
        name = f"report-words-{hashlib.sha256(lines).hexdigest()[:16]}.ndjson"
        with open_home(settings, clock) as home, tempfile.TemporaryDirectory(dir=settings.home) as folder:
            path = Path(folder) / name
            path.write_bytes(lines)
            result = ingest_file(path, home, source=SOURCE)
            words.drained(waiting)
        return result
    finally:
        engine.dispose()
