"""A home folder open for writing: its settings, its log and its vault, which belong together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from warehouse.clock import Clock, system_clock
from warehouse.database import first_row
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
    """Open a home and close it again; call it under `database.writer_lock`.

    Raises KinkeeperError where the vault is not the one the log was written with.
    """
    engine = open_operations(settings.operations_url)
    try:
        vault = Vault(engine)
        log = open_log(settings, vault)
        with closing(log.con):
            _refuse_another_vault(log, vault)
            yield OpenHome(settings, log, vault, clock)
    finally:
        engine.dispose()


def _refuse_another_vault(log: EventLog, vault: Vault) -> None:
    """A vault that is new while the log is not would make strangers of everybody who comes again."""
    first = first_row(log.con, "select file_id from log.ledger where status <> 'redriven' limit 1")
    if first is not None:
        vault.known_key(first[0])
