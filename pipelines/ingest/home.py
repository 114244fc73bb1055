"""A home folder open for writing: its settings, its log and its vault, which belong together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from warehouse.clock import Clock, system_clock
from warehouse.log import EventLog, open_log
from warehouse.operations import open_operations
from warehouse.settings import Settings
from warehouse.vault import Vault


@dataclass(frozen=True, slots=True)
class OpenHome:
    """What ingest works on; `clock` says when a file landed."""

    settings: Settings
    log: EventLog
    vault: Vault
    clock: Clock = system_clock

    @property
    def n_events(self) -> int:
        """How many events the log holds."""
        row = self.log.con.execute("select count(*) from log.event").fetchone()
        return int(row[0]) if row else 0


@contextmanager
def open_home(settings: Settings, clock: Clock = system_clock) -> Iterator[OpenHome]:
    """Open a home and close it again; call it under `database.writer_lock`."""
    engine = open_operations(settings.operations_url)
    try:
        vault = Vault(engine)
        log = open_log(settings, vault)
        with closing(log.con):
            yield OpenHome(settings, log, vault, clock)
    finally:
        engine.dispose()
