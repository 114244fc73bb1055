"""What came through the webhook door, on its way into the log like any dropped file.

A call becomes a file of its events, is ingested by the ordinary path, and is closed in the operational store,
in this order. Whoever dies in between leaves it open: done again, the ledger knows the file and adds nothing.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from pipelines.ingest.drops import FileResult, ingest_file
from pipelines.ingest.home import open_home
from warehouse.calls import Calls
from warehouse.clock import Clock, system_clock
from warehouse.operations import open_operations
from warehouse.settings import Settings
from warehouse.vault import is_there


def drain_calls(settings: Settings, clock: Clock = system_clock) -> list[FileResult]:
    """Bring every waiting call into the log; call it under the writer lock.

    The log is opened only where a call waits.
    """
    if not is_there(settings.operations_url):
        return []
    engine = open_operations(settings.operations_url)
    try:
        calls = Calls(engine, clock)
        waiting = calls.waiting()
        if not waiting:
            return []
        results = []
        with open_home(settings, clock) as home, tempfile.TemporaryDirectory(dir=settings.home) as folder:
            for call in waiting:
                path = Path(folder) / call.name
                path.write_bytes(call.lines)
                results.append(ingest_file(path, home, source=call.sender))
                calls.drained(call)
                path.unlink()
        return results
    finally:
        engine.dispose()
