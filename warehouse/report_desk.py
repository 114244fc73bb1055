"""What a manager asks of the report on a screen: a report of a quarter, and words of their own in it.

A screen leaves a row here in one commit; the next build makes the report. Words are kept as they were
written, one row each time, sealed with a key of the vault: they may say anything, so they never reach the
log. The latest words of a section count; empty ones give it back to the draft.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from warehouse.clock import Clock, system_clock
from warehouse.editions import Audience
from warehouse.errors import KinkeeperError
from warehouse.operations import METADATA
from warehouse.vault import Vault, seal, unseal

MAX_WORDS = 4000
"""Characters of one section's words."""

REPORT_REQUEST = sa.Table(
    "report_request",
    METADATA,
    sa.Column("request_id", sa.String, primary_key=True),
    sa.Column("quarter", sa.String, nullable=False),
    sa.Column("audience", sa.String, nullable=False),
    sa.Column("is_new_edition", sa.Boolean, nullable=False),
    sa.Column("asked_at", sa.DateTime, nullable=False),
    sa.Column("done_at", sa.DateTime),
    sa.Column("outcome", sa.String),
)
_DONE_AT = REPORT_REQUEST.c.done_at
sa.Index(
    "report_request_one_open",
    REPORT_REQUEST.c.quarter,
    REPORT_REQUEST.c.audience,
    unique=True,
    sqlite_where=_DONE_AT.is_(None),
    postgresql_where=_DONE_AT.is_(None),
)
REPORT_TEXT = sa.Table(
    "report_text",
    METADATA,
    sa.Column("text_id", sa.String, primary_key=True),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("quarter", sa.String, nullable=False),
    sa.Column("section", sa.String, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("written_at", sa.DateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """One report asked for. Times are naive UTC."""

    request_id: str
    quarter: str
    audience: Audience
    is_new_edition: bool
    asked_at: dt.datetime
    done_at: dt.datetime | None
    outcome: str | None


class ReportDesk:
    """The requests and words of one home's reports."""

    def __init__(self, engine: sa.Engine, clock: Clock = system_clock) -> None:
        self._engine = engine
        self._clock = clock

    def ask(self, quarter: str, audience: Audience, *, is_new_edition: bool = False) -> None:
        """Ask for a report; one that is asked for already is not asked for twice."""
        row = {
            "request_id": f"req_{secrets.token_hex(8)}",
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

    def finish(self, request_id: str, outcome: str) -> None:
        """Close a request with what came of it."""
        query = sa.update(REPORT_REQUEST).where(REPORT_REQUEST.c.request_id == request_id, _DONE_AT.is_(None))
        with self._engine.begin() as connection:
            connection.execute(query.values(done_at=self._now(), outcome=outcome))

    def write(self, quarter: str, section: str, words: str) -> None:
        """Keep the words of a section; raises KinkeeperError where there are too many."""
        text = words.replace("\r\n", "\n").strip()
        if len(text) > MAX_WORDS:
            raise KinkeeperError(f"the text has {len(text):,} characters, {MAX_WORDS:,} are allowed")
        table = REPORT_TEXT
        with self._engine.begin() as connection:
            last = connection.scalar(sa.select(sa.func.max(table.c.ordinal))) or 0
        sealed = seal(self._key(quarter), text.encode("utf-8", "replace"))
        row = {
            "text_id": f"txt_{secrets.token_hex(8)}",
            "ordinal": last + 1,
            "quarter": quarter,
            "section": section,
            "sealed": sealed,
            "written_at": self._now(),
        }
        with self._engine.begin() as connection:
            connection.execute(sa.insert(table).values(row))

    def words(self, quarter: str) -> dict[str, str]:
        """The latest words of each section of a quarter's report that has some."""
        table = REPORT_TEXT
        query = sa.select(table.c.section, table.c.sealed).where(table.c.quarter == quarter)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(table.c.ordinal)).all()
        key = self._key(quarter) if rows else b""
        latest = {row.section: unseal(key, bytes(row.sealed)).decode("utf-8") for row in rows}
        return {section: text for section, text in latest.items() if text}

    def _found(self, query: sa.Select[tuple[object, ...]]) -> list[ReportRequest]:
        with self._engine.connect() as connection:
            return [ReportRequest(**row._mapping) for row in connection.execute(query)]

    def _key(self, quarter: str) -> bytes:
        return Vault(self._engine).file_key(f"report-text-{quarter}")

    def _now(self) -> dt.datetime:
        return self._clock().astimezone(dt.UTC).replace(tzinfo=None)
