"""What waits in the operational store, on its way into the log like any dropped file.

Calls through the webhook door, what managers did on the screens, and that a report was put into own words.
Each becomes a file of events, is ingested by the ordinary path, and is closed in the store, in this order.
Whoever dies in between leaves it open: done again, the log knows every id already.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from pipelines.ingest.drops import FileResult, ingest_file
from pipelines.ingest.home import open_home
from warehouse import actions, report_words
from warehouse.actions import Action, Actions
from warehouse.calls import Calls
from warehouse.clock import Clock, system_clock
from warehouse.operations import open_operations
from warehouse.report_words import ReportWords
from warehouse.settings import Settings
from warehouse.vault import is_there


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file of events that Kinkeeper writes itself, and what is to be done once the log holds them."""

    name: str
    source: str
    lines: bytes
    close: Callable[[], None] = lambda: None


def delivery(
    kind: str, source: str, lines: Iterable[str], close: Callable[[], None] = lambda: None
) -> Delivery:
    """Lines as a file that is named by what it holds."""
    data = "".join(f"{line}\n" for line in lines).encode()
    return Delivery(f"{kind}-{hashlib.sha256(data).hexdigest()[:16]}.ndjson", source, data, close)


def calls(engine: sa.Engine, clock: Clock) -> Iterator[Delivery]:
    """What came through the webhook door: each call is a file of its own."""
    store = Calls(engine, clock)
    for call in store.waiting():
        yield Delivery(call.name, call.sender, call.lines, partial(store.drained, call))


def acts(engine: sa.Engine, clock: Clock) -> Iterator[Delivery]:
    """What managers did on the screens."""
    store = Actions(engine, clock)
    if waiting := store.waiting():
        lines = (line for action in waiting for line in _lines(action))
        yield delivery("actions", actions.SOURCE, lines, partial(store.drained, waiting))


def _lines(action: Action) -> Iterator[str]:
    yield actions.event_line(action)
    if action.has_note:
        yield actions.note_line(action)


def words(engine: sa.Engine, clock: Clock) -> Iterator[Delivery]:
    """That sections of reports were put into own words."""
    store = ReportWords(engine, clock)
    if waiting := store.waiting():
        lines = map(report_words.event_line, waiting)
        yield delivery("report-words", report_words.SOURCE, lines, partial(store.drained, waiting))


Kind = Callable[[sa.Engine, Clock], Iterator[Delivery]]
EVERY_KIND: tuple[Kind, ...] = (calls, acts, words)


def drain(
    settings: Settings, clock: Clock = system_clock, kinds: Sequence[Kind] = EVERY_KIND
) -> list[FileResult]:
    """Bring everything that waits into the log; call it under the writer lock.

    The log is opened only where something waits.
    """
    if not is_there(settings.operations_url):
        return []
    engine = open_operations(settings.operations_url)
    try:
        return deliver(settings, [each for kind in kinds for each in kind(engine, clock)], clock)
    finally:
        engine.dispose()


def deliver(settings: Settings, deliveries: Sequence[Delivery], clock: Clock) -> list[FileResult]:
    """Ingest such files one after the other, each closed before the next; call it under the writer lock."""
    if not deliveries:
        return []
    results = []
    with open_home(settings, clock) as home, tempfile.TemporaryDirectory(dir=settings.home) as folder:
        for each in deliveries:
            path = Path(folder) / each.name
            path.write_bytes(each.lines)
            results.append(ingest_file(path, home, source=each.source))
            each.close()
            path.unlink()
    return results
