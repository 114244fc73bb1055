"""The audit trail: who signed in, was denied, exported, erased or asked for what.

Entries are only ever added. Each carries the hash of itself and the one before, and the newest hash stands a
second time beside the table, so that a changed, deleted, inserted or swapped entry is found, also at the end.
No names: people are account ids, targets are ids that the log or the store gave.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from warehouse.clock import Clock, naive_utc, system_clock
from warehouse.errors import KinkeeperError
from warehouse.operations import METADATA

GENESIS = hashlib.sha256(b"kinkeeper audit").hexdigest()
TRIES = 20

AUDIT_ENTRY = sa.Table(
    "audit_entry",
    METADATA,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("account_id", sa.String, nullable=False),
    sa.Column("role", sa.String, nullable=False),
    sa.Column("act", sa.String, nullable=False),
    sa.Column("target", sa.String, nullable=False),
    sa.Column("outcome", sa.String, nullable=False),
    sa.Column("link", sa.String, nullable=False),
)
AUDIT_HEAD = sa.Table(
    "audit_head",
    METADATA,
    sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("link", sa.String, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry; `at` is naive UTC."""

    seq: int
    at: dt.datetime
    account_id: str
    role: str
    act: str
    target: str
    outcome: str


class Audit:
    """The audit trail of one operational store."""

    def __init__(self, engine: sa.Engine, clock: Clock = system_clock) -> None:
        self._engine = engine
        self._clock = clock

    def note(self, account_id: str, role: str, act: str, target: str = "", outcome: str = "done") -> None:
        """Add an entry; several processes may do so at once, the numbers have no gap."""
        at = naive_utc(self._clock())
        for _ in range(TRIES):
            try:
                with self._engine.begin() as connection:
                    self._append(connection, (at, account_id, role, act, target, outcome))
                return
            except IntegrityError:  # another process took the number
                continue
        raise KinkeeperError("the audit trail is busy: try again")

    def newest(self, limit: int) -> list[Entry]:
        """The latest entries, newest first."""
        query = sa.select(AUDIT_ENTRY).order_by(AUDIT_ENTRY.c.seq.desc()).limit(limit)
        with self._engine.connect() as connection:
            return [Entry(*row[:7]) for row in connection.execute(query)]

    def problems(self) -> Iterator[str]:
        """The first entry that is not what was written, in words."""
        expected, link = 1, GENESIS
        with self._engine.connect() as connection:
            for row in connection.execute(sa.select(AUDIT_ENTRY).order_by(AUDIT_ENTRY.c.seq)):
                link = _link(link, row.seq, tuple(row[1:7]))
                if row.seq != expected or row.link != link:
                    yield f"the audit trail was altered at entry {expected}"
                    return
                expected += 1
            head = connection.execute(sa.select(AUDIT_HEAD.c.seq, AUDIT_HEAD.c.link)).first()
        if (head is None and expected > 1) or (head is not None and tuple(head) != (expected - 1, link)):
            yield f"the audit trail was cut or extended after entry {expected - 1}"

    def _append(self, connection: sa.Connection, values: tuple[dt.datetime, str, str, str, str, str]) -> None:
        head = connection.execute(sa.select(AUDIT_HEAD.c.seq, AUDIT_HEAD.c.link)).first()
        seq, last = (head.seq + 1, head.link) if head else (1, GENESIS)
        link = _link(last, seq, values)
        names = ("at", "account_id", "role", "act", "target", "outcome")
        row = dict(zip(names, values, strict=True))
        connection.execute(sa.insert(AUDIT_ENTRY).values(seq=seq, link=link, **row))
        if head is None:
            connection.execute(sa.insert(AUDIT_HEAD).values(one=1, seq=seq, link=link))
        else:
            connection.execute(sa.update(AUDIT_HEAD).values(seq=seq, link=link))


def _link(last: str, seq: int, values: tuple[object, ...]) -> str:
    at, *rest = values
    assert isinstance(at, dt.datetime), "the table declares it so"
    said = json.dumps([last, seq, at.isoformat(), *rest], ensure_ascii=True)
    return hashlib.sha256(said.encode()).hexdigest()
