"""What managers did on the screens, on its way into the log like any dropped file.

What waits becomes one file of events, is ingested by the ordinary path, and is closed in the operational
store, in this order. Whoever dies in between leaves it open; done again, the log knows every id already.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable
from pathlib import Path

from pipelines.ingest.drops import FileResult, ingest_file
from pipelines.ingest.home import open_home
from warehouse.actions import SOURCE, Action, Actions, event_line, note_line
from warehouse.clock import Clock, system_clock
from warehouse.operations import open_operations
from warehouse.settings import Settings
from warehouse.vault import is_there


def drain_actions(settings: Settings, clock: Clock = system_clock) -> FileResult | None:
    """Bring every waiting action into the log; call it under the writer lock.

    The log is opened only where something was done.
    """
    if not is_there(settings.operations_url):
        return None
    engine = open_operations(settings.operations_url)
    try:
        actions = Actions(engine, clock)
        waiting = actions.waiting()
        if not waiting:
            return None
        lines = "".join(f"{line}\n" for line in _lines(waiting)).encode()
        name = f"actions-{hashlib.sha256(lines).hexdigest()[:16]}.ndjson"
        with open_home(settings, clock) as home, tempfile.TemporaryDirectory(dir=settings.home) as folder:
            path = Path(folder) / name
            path.write_bytes(lines)
            result = ingest_file(path, home, source=SOURCE)
            actions.drained(waiting)
        return result
    finally:
        engine.dispose()


def _lines(waiting: Iterable[Action]) -> Iterable[str]:
    for action in waiting:
        yield event_line(action)
        if action.has_note:
            yield note_line(action)
