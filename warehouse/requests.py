"""What a manager asked of the quarantine on a screen, kept until a build carries it out.

Screens never write to the log: they leave one row here, in one commit, and the next build does what it
says. A request is open until it is done or withdrawn; there is one open request for a target at most.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from warehouse.clock import Clock, naive_utc, system_clock
from warehouse.errors import KinkeeperError
from warehouse.operations import METADATA
from warehouse.vault import Vault, seal, unseal

Kind = Literal["line", "reason", "file"]
Action = Literal["redrive", "correct", "waive"]

WITHDRAWN = "withdrawn"
MAX_CORRECTED_BYTES = 1 << 20
MAX_REASON = 500

QUARANTINE_REQUEST = sa.Table(
    "quarantine_request",
    METADATA,
    sa.Column("request_id", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("target", sa.String, nullable=False),
    sa.Column("action", sa.String, nullable=False),
    sa.Column("file_id", sa.String),
    sa.Column("seen_upto", sa.DateTime),
    sa.Column("corrected", sa.LargeBinary),
    sa.Column("reason", sa.String),
    sa.Column("asked_at", sa.DateTime, nullable=False),
    sa.Column("started_at", sa.DateTime),
    sa.Column("done_at", sa.DateTime),
    sa.Column("outcome", sa.String),
)
_DONE_AT = QUARANTINE_REQUEST.c.done_at
sa.Index(
    "quarantine_request_one_open",
    QUARANTINE_REQUEST.c.kind,
    QUARANTINE_REQUEST.c.target,
    unique=True,
    sqlite_where=_DONE_AT.is_(None),
    postgresql_where=_DONE_AT.is_(None),
)


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about: one line by its quarantine id, a whole file, or all lines of a reason."""

    kind: Kind
    key: str

    @classmethod
    def of_reason(cls, source: str, code: str) -> Target:
        """All lines a source sent that were held back for one reason."""
        return cls("reason", f"{code} {source}")

    @property
    def source_and_code(self) -> tuple[str, str]:
        """Of a reason."""
        code, _, source = self.key.partition(" ")
        return source, code


@dataclass(frozen=True, slots=True)
class Request:
    """One thing asked for. Times are naive UTC; `seen_upto` is the newest line the asker could see."""

    request_id: str
    target: Target
    action: Action
    file_id: str | None
    seen_upto: dt.datetime | None
    reason: str | None
    asked_at: dt.datetime
    started_at: dt.datetime | None
    done_at: dt.datetime | None
    outcome: str | None


class Requests:
    """The requests of one home; what may hold personal data is sealed with the key of its delivery."""

    def __init__(self, engine: sa.Engine, clock: Clock = system_clock) -> None:
        self._engine = engine
        self._clock = clock

    @property
    def store(self) -> sa.Engine:
        """Where they are kept."""
        return self._engine

    def redrive(self, target: Target, seen_upto: dt.datetime | None = None) -> Request:
        """Ask to try lines again as they are."""
        return self._ask(target, "redrive", seen_upto=seen_upto)

    def correct(self, quarantine_id: str, file_id: str, corrected: str) -> Request:
        """Ask to try one line again with these words in its place; they are kept sealed.

        Raises KinkeeperError where there are none or too many.
        """
        data = corrected.encode("utf-8", "replace")
        if not data.strip():
            raise KinkeeperError("paste the corrected line first")
        if len(data) > MAX_CORRECTED_BYTES:
            raise KinkeeperError(f"a line has {MAX_CORRECTED_BYTES:,} bytes at most: is this one line?")
        sealed = seal(self._key_of(file_id), data)
        return self._ask(Target("line", quarantine_id), "correct", file_id=file_id, corrected=sealed)

    def waive(self, target: Target, reason: str, seen_upto: dt.datetime | None = None) -> Request:
        """Ask to give lines up; raises KinkeeperError without a reason."""
        return self._ask(target, "waive", reason=reason_given(reason), seen_upto=seen_upto)

    def withdraw(self, request_id: str) -> bool:
        """Take a request back, unless a build has begun to carry it out; answers whether it was taken."""
        table = QUARANTINE_REQUEST
        query = sa.update(table).where(
            table.c.request_id == request_id, table.c.started_at.is_(None), _DONE_AT.is_(None)
        )
        closed = {"done_at": self._now(), "outcome": WITHDRAWN, "corrected": None}
        with self._engine.begin() as connection:
            return connection.execute(query.values(closed)).rowcount == 1

    def open(self) -> list[Request]:
        """What is still to be done, in the order in which it was asked."""
        return self._found(sa.select(QUARANTINE_REQUEST).where(_DONE_AT.is_(None)).order_by("asked_at"))

    def closed(self, limit: int) -> list[Request]:
        """What was done or withdrawn, the latest first."""
        query = sa.select(QUARANTINE_REQUEST).where(_DONE_AT.is_not(None))
        return self._found(query.order_by(_DONE_AT.desc(), "request_id").limit(limit))

    def start(self, request_id: str) -> Request | None:
        """Begin to carry a request out: from now on it cannot be withdrawn. None where it is closed.

        A request that was begun before keeps its time: what a killed build did belongs to it.
        """
        table = QUARANTINE_REQUEST
        mine = (table.c.request_id == request_id, _DONE_AT.is_(None))
        with self._engine.begin() as connection:
            begun = sa.func.coalesce(table.c.started_at, self._now())
            connection.execute(sa.update(table).where(*mine).values(started_at=begun))
        return next(iter(self._found(sa.select(table).where(*mine))), None)

    def corrected_bytes(self, request: Request) -> bytes:
        """The words somebody put in the place of a line."""
        query = sa.select(QUARANTINE_REQUEST.c.corrected).where(
            QUARANTINE_REQUEST.c.request_id == request.request_id
        )
        with self._engine.connect() as connection:
            sealed = connection.scalar(query)
        if sealed is None or request.file_id is None:
            raise KinkeeperError("the corrected line is gone: paste it again")
        return unseal(self._key_of(request.file_id), bytes(sealed))

    def finish(self, request_id: str, outcome: str) -> None:
        """Close a request with what came of it; the corrected words are deleted, the log holds them."""
        table = QUARANTINE_REQUEST
        query = sa.update(table).where(table.c.request_id == request_id, _DONE_AT.is_(None))
        with self._engine.begin() as connection:
            connection.execute(query.values(done_at=self._now(), outcome=outcome, corrected=None))

    def _ask(
        self,
        target: Target,
        action: Action,
        *,
        file_id: str | None = None,
        corrected: bytes | None = None,
        reason: str | None = None,
        seen_upto: dt.datetime | None = None,
    ) -> Request:
        """The open request of a target: this one, or the one that was asked before."""
        row = {
            "request_id": f"req_{secrets.token_hex(8)}",
            "kind": target.kind,
            "target": target.key,
            "action": action,
            "file_id": file_id,
            "corrected": corrected,
            "reason": reason,
            "seen_upto": seen_upto,
            "asked_at": self._now(),
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(QUARANTINE_REQUEST).values(row))
        except IntegrityError:  # a second click, or somebody else was first
            pass
        asked = next((request for request in self.open() if request.target == target), None)
        if asked is None:
            raise KinkeeperError("a build has just carried this out: reload the page")
        return asked

    def _found(self, query: sa.Select[tuple[object, ...]]) -> list[Request]:
        with self._engine.connect() as connection:
            return [_request(row) for row in connection.execute(query)]

    def _key_of(self, file_id: str) -> bytes:
        return Vault(self._engine).file_key(file_id)

    def _now(self) -> dt.datetime:
        return naive_utc(self._clock())


def reason_given(reason: str) -> str:
    """Why lines are given up, in one line; raises KinkeeperError where there are no words or too many."""
    words = " ".join(reason.split())
    if not words:
        raise KinkeeperError("say why: lines are given up only with a reason")
    if len(words) > MAX_REASON:
        raise KinkeeperError(f"the reason has {len(words)} characters, {MAX_REASON} are allowed")
    return words


def _request(row: sa.Row[tuple[object, ...]]) -> Request:
    values = dict(row._mapping)
    target = Target(values.pop("kind"), values.pop("target"))
    values.pop("corrected")
    return Request(target=target, **values)
