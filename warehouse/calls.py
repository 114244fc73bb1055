"""What came through the webhook door and waits for the log: kept in one commit, drained by the next run.

The operational store takes a call while a build holds the log. A call's id is remembered for ever, its words
only until the log has them: like names, they never leave this store for any other.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from enum import Enum, auto

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from warehouse.clock import Clock, naive_utc, system_clock
from warehouse.operations import METADATA

WEBHOOK_CALL = sa.Table(
    "webhook_call",
    METADATA,
    sa.Column("sender", sa.String, primary_key=True),
    sa.Column("call_id", sa.String, primary_key=True),
    sa.Column("sha256", sa.String, nullable=False),
    sa.Column("received_at", sa.DateTime, nullable=False),
    sa.Column("lines", sa.LargeBinary),
    sa.Column("drained_at", sa.DateTime),
)


class Kept(Enum):
    """What became of a call."""

    NEW = auto()
    KNOWN = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Call:
    """A call that waits: its events, one a line, as a sender delivered them."""

    sender: str
    call_id: str
    received_at: dt.datetime
    lines: bytes

    @property
    def name(self) -> str:
        """A file name of its own, from nothing that a sender could choose the letters of."""
        return f"webhook-{hashlib.sha256(self.call_id.encode()).hexdigest()[:16]}.ndjson"


class Calls:
    """The calls of one operational store."""

    def __init__(self, engine: sa.Engine, clock: Clock = system_clock) -> None:
        self._engine = engine
        self._clock = clock

    def keep(self, sender: str, call_id: str, body: bytes, lines: bytes) -> Kept:
        """Commit a call: NEW, or KNOWN where it came before, or OTHER where that one said something else."""
        sha256 = hashlib.sha256(body).hexdigest()
        row = {
            "sender": sender,
            "call_id": call_id,
            "sha256": sha256,
            "received_at": self._now(),
            "lines": lines,
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(WEBHOOK_CALL).values(row))
        except IntegrityError:
            mine = (WEBHOOK_CALL.c.sender == sender, WEBHOOK_CALL.c.call_id == call_id)
            with self._engine.connect() as connection:
                kept = connection.scalar(sa.select(WEBHOOK_CALL.c.sha256).where(*mine))
            return Kept.KNOWN if kept == sha256 else Kept.OTHER
        return Kept.NEW

    def waiting(self) -> list[Call]:
        """What the log does not have yet, in the order in which it came."""
        query = (
            sa.select(WEBHOOK_CALL)
            .where(WEBHOOK_CALL.c.drained_at.is_(None))
            .order_by(WEBHOOK_CALL.c.received_at, WEBHOOK_CALL.c.sender, WEBHOOK_CALL.c.call_id)
        )
        with self._engine.connect() as connection:
            return [
                Call(row.sender, row.call_id, row.received_at, bytes(row.lines))
                for row in connection.execute(query)
            ]

    def drained(self, call: Call) -> None:
        """Note that the log has a call; its words are deleted here, its id stays."""
        mine = (WEBHOOK_CALL.c.sender == call.sender, WEBHOOK_CALL.c.call_id == call.call_id)
        with self._engine.begin() as connection:
            query = sa.update(WEBHOOK_CALL).where(*mine)
            connection.execute(query.values(drained_at=self._now(), lines=None))

    def _now(self) -> dt.datetime:
        return naive_utc(self._clock())
