"""Past days that somebody asked to look at and that no build has shown yet.

A screen leaves a row here in one commit; a builder beside the server takes one row at a time, says how far
it is, and closes the row. Nothing of it is personal: two instants, an account's id and what came of it.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from warehouse.clock import Clock, naive_utc, system_clock
from warehouse.errors import KinkeeperError
from warehouse.operations import METADATA

MAX_OPEN = 3
"""How many days may wait at once: each is a whole build, and they are made one after the other."""

BUILT = "built"

PAST_REQUEST = sa.Table(
    "past_request",
    METADATA,
    sa.Column("request_id", sa.String, primary_key=True),
    sa.Column("as_of", sa.DateTime, nullable=False),
    sa.Column("known_at", sa.DateTime, nullable=False),
    sa.Column("account_id", sa.String, nullable=False),
    sa.Column("asked_at", sa.DateTime, nullable=False),
    sa.Column("n_steps", sa.Integer, nullable=False, default=0),
    sa.Column("n_done", sa.Integer, nullable=False, default=0),
    sa.Column("done_at", sa.DateTime),
    sa.Column("outcome", sa.String),
)
_DONE_AT = PAST_REQUEST.c.done_at
sa.Index(
    "past_request_one_open",
    PAST_REQUEST.c.as_of,
    PAST_REQUEST.c.known_at,
    unique=True,
    sqlite_where=_DONE_AT.is_(None),
    postgresql_where=_DONE_AT.is_(None),
)


@dataclass(frozen=True, slots=True)
class PastRequest:
    """One day asked for; times are naive UTC. `n_steps` is 0 until its build has begun."""

    request_id: str
    as_of: dt.datetime
    known_at: dt.datetime
    account_id: str
    asked_at: dt.datetime
    n_steps: int
    n_done: int
    done_at: dt.datetime | None
    outcome: str | None


class PastDesk:
    """The past days asked for in one home."""

    def __init__(self, engine: sa.Engine, clock: Clock = system_clock) -> None:
        self._engine = engine
        self._clock = clock

    def ask(self, as_of: dt.datetime, known_at: dt.datetime, account_id: str) -> None:
        """Ask for a day (naive UTC); one that waits already is not asked for twice.

        Raises KinkeeperError where enough others wait.
        """
        waiting = self.open()
        if any((one.as_of, one.known_at) == (as_of, known_at) for one in waiting):
            return
        if len(waiting) >= MAX_OPEN:
            raise KinkeeperError(f"{len(waiting)} other days wait to be built: try again when one is done")
        row = {
            "request_id": f"past_{secrets.token_hex(8)}",
            "as_of": as_of,
            "known_at": known_at,
            "account_id": account_id,
            "asked_at": self._now(),
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(PAST_REQUEST).values(row))
        except IntegrityError:  # a second click
            pass

    def open(self) -> list[PastRequest]:
        """What is still to be built, in the order in which it was asked."""
        return self._found(sa.select(PAST_REQUEST).where(_DONE_AT.is_(None)).order_by("asked_at"))

    def latest(self, as_of: dt.datetime, known_at: dt.datetime) -> PastRequest | None:
        """What became of a day that was asked for, the last time it was."""
        at = (PAST_REQUEST.c.as_of == as_of, PAST_REQUEST.c.known_at == known_at)
        query = sa.select(PAST_REQUEST).where(*at).order_by(PAST_REQUEST.c.asked_at.desc()).limit(1)
        return next(iter(self._found(query)), None)

    def one(self, request_id: str) -> PastRequest:
        """A request by its id; raises KinkeeperError where there is none."""
        found = self._found(sa.select(PAST_REQUEST).where(PAST_REQUEST.c.request_id == request_id))
        if not found:
            raise KinkeeperError(f"no past day is asked for under {request_id!r}")
        return found[0]

    def progress(self, request_id: str, n_done: int, n_steps: int) -> None:
        """Say how far a build is."""
        self._update(request_id, n_done=n_done, n_steps=n_steps)

    def finish(self, request_id: str, outcome: str = BUILT) -> None:
        """Close a request with what came of it; what is closed stays as it is."""
        self._update(request_id, done_at=self._now(), outcome=outcome)

    def _update(self, request_id: str, **values: object) -> None:
        query = sa.update(PAST_REQUEST).where(PAST_REQUEST.c.request_id == request_id, _DONE_AT.is_(None))
        with self._engine.begin() as connection:
            connection.execute(query.values(values))

    def _found(self, query: sa.Select[tuple[object, ...]]) -> list[PastRequest]:
        with self._engine.connect() as connection:
            return [PastRequest(**row._mapping) for row in connection.execute(query)]

    def _now(self) -> dt.datetime:
        return naive_utc(self._clock())
