"""Which list was sent to whom in which week, so that nobody gets one twice.

A notice is claimed, sent and closed, in this order. Whoever dies in between leaves it claimed: then nobody
knows whether it went out, and only a person decides to send it again.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from warehouse.clock import Clock, naive_utc, system_clock
from warehouse.operations import METADATA

NOTICE = sa.Table(
    "notice",
    METADATA,
    sa.Column("program_id", sa.String, primary_key=True),
    sa.Column("week", sa.String, primary_key=True),
    sa.Column("recipient", sa.String, primary_key=True),
    sa.Column("claimed_at", sa.DateTime, nullable=False),
    sa.Column("sent_at", sa.DateTime),
)


class Notices:
    """The notices of one operational store."""

    def __init__(self, engine: sa.Engine, program_id: str, clock: Clock = system_clock) -> None:
        self._engine = engine
        self._program_id = program_id
        self._clock = clock

    def claim(self, week: str, recipient: str) -> bool:
        """Whether the notice of this week is ours to send; False where somebody has claimed it before."""
        row = {
            "program_id": self._program_id,
            "week": week,
            "recipient": recipient,
            "claimed_at": self._now(),
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(NOTICE).values(row))
        except IntegrityError:
            return False
        return True

    def was_sent(self, week: str, recipient: str) -> bool:
        """Whether a claimed notice is known to have gone out."""
        query = sa.select(NOTICE.c.sent_at).where(self._mine(week, recipient))
        with self._engine.connect() as connection:
            return connection.scalar(query) is not None

    def close(self, week: str, recipient: str) -> None:
        """Note that it went out."""
        with self._engine.begin() as connection:
            query = sa.update(NOTICE).where(self._mine(week, recipient))
            connection.execute(query.values(sent_at=self._now()))

    def give_up(self, week: str, recipient: str) -> None:
        """Note that it did not go out: it may be tried again."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(NOTICE).where(self._mine(week, recipient)))

    def _mine(self, week: str, recipient: str) -> sa.ColumnElement[bool]:
        return sa.and_(
            NOTICE.c.program_id == self._program_id, NOTICE.c.week == week, NOTICE.c.recipient == recipient
        )

    def _now(self) -> dt.datetime:
        return naive_utc(self._clock())
