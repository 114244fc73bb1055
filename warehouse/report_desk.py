"""Which reports were asked for on a screen: a row here, in one commit, which the next build carries out."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from warehouse.clock import Clock, naive_utc, system_clock
from warehouse.editions import Audience
from warehouse.operations import METADATA

ONLY_PROGRAM = ""
"""What is asked for where a home has one program."""
REPORT_REQUEST = sa.Table(
    "report_asked",
    METADATA,
    sa.Column("request_id", sa.String, primary_key=True),
    sa.Column("program", sa.String, nullable=False),
    sa.Column("quarter", sa.String, nullable=False),
    sa.Column("audience", sa.String, nullable=False),
    sa.Column("is_new_edition", sa.Boolean, nullable=False),
    sa.Column("asked_at", sa.DateTime, nullable=False),
    sa.Column("step", sa.String),
    sa.Column("done_at", sa.DateTime),
    sa.Column("outcome", sa.String),
)
_DONE_AT = REPORT_REQUEST.c.done_at
sa.Index(
    "report_asked_one_open",
    REPORT_REQUEST.c.program,
    REPORT_REQUEST.c.quarter,
    REPORT_REQUEST.c.audience,
    unique=True,
    sqlite_where=_DONE_AT.is_(None),
    postgresql_where=_DONE_AT.is_(None),
)


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """One report asked for. Times are naive UTC."""

    request_id: str
    program: str
    """Empty for the only one, ALL_PROGRAMS for all in one report."""
    quarter: str
    audience: Audience
    is_new_edition: bool
    asked_at: dt.datetime
    step: str | None
    """What is being done for it just now; None while it waits."""
    done_at: dt.datetime | None
    outcome: str | None


class ReportDesk:
    """The requests of one home's reports."""

    def __init__(self, engine: sa.Engine, clock: Clock = system_clock) -> None:
        self._engine = engine
        self._clock = clock

    def ask(
        self, quarter: str, audience: Audience, program: str = ONLY_PROGRAM, *, is_new_edition: bool = False
    ) -> None:
        """Ask for a report; one that is asked for already is not asked for twice."""
        row = {
            "request_id": f"req_{secrets.token_hex(8)}",
            "program": program,
            "quarter": quarter,
            "audience": audience,
            "is_new_edition": is_new_edition,
            "asked_at": self._now(),
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(REPORT_REQUEST).values(row))
        except IntegrityError:  # a second click
            pass

    def open(self) -> list[ReportRequest]:
        """What is still to be made, in the order in which it was asked."""
        return self._found(sa.select(REPORT_REQUEST).where(_DONE_AT.is_(None)).order_by("asked_at"))

    def closed(self, limit: int) -> list[ReportRequest]:
        """What was made, or could not be, the latest first."""
        query = sa.select(REPORT_REQUEST).where(_DONE_AT.is_not(None))
        return self._found(query.order_by(_DONE_AT.desc(), "request_id").limit(limit))

    def note_step(self, request_id: str, step: str) -> None:
        """Note how far a request is."""
        query = sa.update(REPORT_REQUEST).where(REPORT_REQUEST.c.request_id == request_id)
        with self._engine.begin() as connection:
            connection.execute(query.values(step=step))

    def finish(self, request_id: str, outcome: str) -> None:
        """Close a request with what came of it."""
        query = sa.update(REPORT_REQUEST).where(REPORT_REQUEST.c.request_id == request_id, _DONE_AT.is_(None))
        with self._engine.begin() as connection:
            connection.execute(query.values(done_at=self._now(), outcome=outcome))

    def _found(self, query: sa.Select[tuple[object, ...]]) -> list[ReportRequest]:
        with self._engine.connect() as connection:
            return [ReportRequest(**row._mapping) for row in connection.execute(query)]

    def _now(self) -> dt.datetime:
        return naive_utc(self._clock())
