"""What a manager answers when asked who somebody is, kept until a build or the command line carries it out.

As with the quarantine, screens never write to the log or the vault's people: they leave one row here. An
answer is open until it is done or withdrawn; there is one open answer for a person asked about at most.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from warehouse.clock import Clock, naive_utc, system_clock
from warehouse.errors import KinkeeperError
from warehouse.operations import METADATA
from warehouse.requests import WITHDRAWN, reason_given
from warehouse.vault import PERSON, random_person_id
from warehouse.waiting import UNANSWERED, WAITING_PERSON, WAITING_ROW, Asked, Kind, Status

Action = Literal["link", "create", "ignore", "undo"]

PERSON_ANSWER = sa.Table(
    "person_answer",
    METADATA,
    sa.Column("answer_id", sa.String, primary_key=True),
    sa.Column("waiting_id", sa.String, nullable=False),
    sa.Column("action", sa.String, nullable=False),
    sa.Column("person_id", sa.String),
    sa.Column("reason", sa.String),
    sa.Column("asked_at", sa.DateTime, nullable=False),
    sa.Column("started_at", sa.DateTime),
    sa.Column("done_at", sa.DateTime),
    sa.Column("outcome", sa.String),
)
_DONE_AT = PERSON_ANSWER.c.done_at
sa.Index(
    "person_answer_one_open",
    PERSON_ANSWER.c.waiting_id,
    unique=True,
    sqlite_where=_DONE_AT.is_(None),
    postgresql_where=_DONE_AT.is_(None),
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody rows wait for. `given` is personal data: only for those who may see names. Times are UTC."""

    waiting_id: str
    kind: Kind
    namespace: str
    given: str
    code: str
    since_at: dt.datetime
    status: Status
    person_id: str | None
    reason: str | None
    settled_at: dt.datetime | None
    n_rows: int
    sources: tuple[str, ...]

    @property
    def asked(self) -> Asked:
        return Asked(self.kind, self.namespace, self.given)

    @property
    def is_answered(self) -> bool:
        return self.status not in UNANSWERED


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody said about a person asked about. Times are naive UTC."""

    answer_id: str
    waiting_id: str
    action: Action
    person_id: str | None
    reason: str | None
    asked_at: dt.datetime
    started_at: dt.datetime | None
    done_at: dt.datetime | None
    outcome: str | None


class Answers:
    """The people asked about in one home, and what was answered."""

    def __init__(self, engine: sa.Engine, clock: Clock = system_clock) -> None:
        self._engine = engine
        self._clock = clock

    def waiting(self) -> list[Waiting]:
        """Whom rows wait for: those with the most rows first."""
        found = self._people(WAITING_PERSON.c.status.in_(UNANSWERED))
        return sorted(found, key=lambda one: (-one.n_rows, one.since_at, one.waiting_id))

    def answered(self, limit: int | None = None) -> list[Waiting]:
        """Who was asked about and is settled, the latest first."""
        found = self._people(WAITING_PERSON.c.status.not_in(UNANSWERED))
        return sorted(found, key=lambda one: one.settled_at or one.since_at, reverse=True)[:limit]

    def person(self, waiting_id: str) -> Waiting:
        """One person asked about; raises KinkeeperError where there is none of this id."""
        found = self._people(WAITING_PERSON.c.waiting_id == waiting_id)
        if not found:
            raise KinkeeperError(f"nobody is asked about as {waiting_id!r}: see `kinkeeper people waiting`")
        return found[0]

    def link(self, waiting_id: str, person_id: str) -> Answer:
        """Say that it is somebody the vault knows already, by their person id."""
        with self._engine.connect() as connection:
            known = sa.select(PERSON.c.person_id).where(PERSON.c.person_id == person_id)
            if connection.scalar(known) is None:
                raise KinkeeperError(
                    "no such person is known: choose one of the list, or say it is a new one"
                )
        return self._say(waiting_id, "link", person_id=person_id)

    def create(self, waiting_id: str) -> Answer:
        """Say that it is somebody new; who they will be is settled now, so that they are made once."""
        return self._say(waiting_id, "create", person_id=random_person_id())

    def ignore(self, waiting_id: str, reason: str) -> Answer:
        """Say that rows naming them are no events of the program; raises KinkeeperError without a reason."""
        return self._say(waiting_id, "ignore", reason=reason_given(reason))

    def undo(self, waiting_id: str) -> Answer:
        """Take back what was answered: it is asked again."""
        return self._say(waiting_id, "undo")

    def withdraw(self, answer_id: str) -> bool:
        """Take an answer back that nobody has begun to carry out; answers whether it was taken."""
        table = PERSON_ANSWER
        query = sa.update(table).where(
            table.c.answer_id == answer_id, table.c.started_at.is_(None), _DONE_AT.is_(None)
        )
        with self._engine.begin() as connection:
            return connection.execute(query.values(done_at=self._now(), outcome=WITHDRAWN)).rowcount == 1

    def open(self) -> list[Answer]:
        """What was answered and is not carried out yet, in that order."""
        query = sa.select(PERSON_ANSWER).where(_DONE_AT.is_(None)).order_by("asked_at", "answer_id")
        with self._engine.connect() as connection:
            return [Answer(**row._mapping) for row in connection.execute(query)]

    def start(self, answer_id: str) -> Answer | None:
        """Begin to carry an answer out: from now on it cannot be withdrawn. None where it is closed."""
        table = PERSON_ANSWER
        mine = (table.c.answer_id == answer_id, _DONE_AT.is_(None))
        with self._engine.begin() as connection:
            begun = sa.func.coalesce(table.c.started_at, self._now())
            connection.execute(sa.update(table).where(*mine).values(started_at=begun))
        return next((one for one in self.open() if one.answer_id == answer_id), None)

    def finish(self, answer_id: str, outcome: str) -> None:
        """Close an answer with what came of it."""
        table = PERSON_ANSWER
        query = sa.update(table).where(table.c.answer_id == answer_id, _DONE_AT.is_(None))
        with self._engine.begin() as connection:
            connection.execute(query.values(done_at=self._now(), outcome=outcome))

    def settle(
        self, waiting_id: str, status: Status, person_id: str | None = None, reason: str | None = None
    ) -> None:
        """Note who a person asked about is, so that rows that come later need not ask again."""
        settled_at = None if status in UNANSWERED else self._now()
        said = {"status": status, "person_id": person_id, "reason": reason, "settled_at": settled_at}
        query = sa.update(WAITING_PERSON).where(WAITING_PERSON.c.waiting_id == waiting_id)
        with self._engine.begin() as connection:
            connection.execute(query.values(said))

    def rows(self, waiting_id: str, *states: str) -> list[tuple[str, int]]:
        """File and line of the rows of a person asked about that are in one of these states."""
        table = WAITING_ROW
        query = sa.select(table.c.file_id, table.c.line).where(
            table.c.waiting_id == waiting_id, table.c.state.in_(states)
        )
        with self._engine.connect() as connection:
            return [(row.file_id, row.line) for row in connection.execute(query.order_by("file_id", "line"))]

    def _people(self, which: sa.ColumnElement[bool]) -> list[Waiting]:
        person, row = WAITING_PERSON, WAITING_ROW
        rows = sa.select(row.c.waiting_id, row.c.source, sa.func.count().label("n_rows")).where(
            row.c.state == "waits"
        )
        with self._engine.connect() as connection:
            found = connection.execute(sa.select(person).where(which).order_by("waiting_id")).all()
            counted = connection.execute(rows.group_by(row.c.waiting_id, row.c.source)).all()
        by_person: dict[str, list[sa.Row[tuple[str, str, int]]]] = defaultdict(list)
        for counts in counted:
            by_person[counts.waiting_id].append(counts)
        waiting = []
        for one in found:
            mine = by_person[one.waiting_id]
            values = {key: value for key, value in one._mapping.items() if key != "folded"}
            sources = tuple(sorted(counts.source for counts in mine))
            waiting.append(Waiting(**values, n_rows=sum(counts.n_rows for counts in mine), sources=sources))
        return waiting

    def _say(
        self, waiting_id: str, action: Action, person_id: str | None = None, reason: str | None = None
    ) -> Answer:
        """The open answer about a person: this one, or the one that was given before."""
        self.person(waiting_id)
        row = {
            "answer_id": f"ans_{secrets.token_hex(8)}",
            "waiting_id": waiting_id,
            "action": action,
            "person_id": person_id,
            "reason": reason,
            "asked_at": self._now(),
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(PERSON_ANSWER).values(row))
        except IntegrityError:  # a second click, or somebody else was first
            pass
        said = next((answer for answer in self.open() if answer.waiting_id == waiting_id), None)
        if said is None:
            raise KinkeeperError("a build has just carried this out: reload the page")
        return said

    def _now(self) -> dt.datetime:
        return naive_utc(self._clock())


def forget_person(connection: sa.Connection, person_id: str, folded: frozenset[str]) -> None:
    """Delete what was asked and answered about a person, and whoever is asked about by one of their names."""
    person = WAITING_PERSON
    gone = sa.or_(person.c.person_id == person_id, person.c.folded.in_(folded))
    ids = sa.select(person.c.waiting_id).where(gone).scalar_subquery()
    connection.execute(sa.delete(WAITING_ROW).where(WAITING_ROW.c.waiting_id.in_(ids)))
    connection.execute(sa.delete(PERSON_ANSWER).where(PERSON_ANSWER.c.waiting_id.in_(ids)))
    connection.execute(sa.delete(PERSON_ANSWER).where(PERSON_ANSWER.c.person_id == person_id))
    connection.execute(sa.delete(person).where(gone))
