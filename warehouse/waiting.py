"""People a source names and nobody knows yet: who is asked about, and which rows wait for the answer.

What a source called them is personal data, so it is kept in the vault's store and nowhere else.
"""

from __future__ import annotations

import datetime as dt
import secrets
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from warehouse.clock import naive_utc
from warehouse.errors import EventRejected
from warehouse.operations import METADATA

Kind = Literal["email", "name", "id"]
Status = Literal["waiting", "linked", "created", "ignored", "undone"]
"""`undone` is waiting again after an answer was taken back."""

UNANSWERED = ("waiting", "undone")
IGNORED = "person.ignored"
"""Why a row is held back that names somebody who was ignored; it is waived as the others were."""

WAITING_PERSON = sa.Table(
    "waiting_person",
    METADATA,
    sa.Column("waiting_id", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("namespace", sa.String, nullable=False),
    sa.Column("folded", sa.String, nullable=False),
    sa.Column("given", sa.String, nullable=False),
    sa.Column("code", sa.String, nullable=False),
    sa.Column("since_at", sa.DateTime, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("person_id", sa.String, index=True),
    sa.Column("reason", sa.String),
    sa.Column("settled_at", sa.DateTime),
    sa.UniqueConstraint("kind", "namespace", "folded"),
)
"""Who is asked about, and what was answered; `status` is one of `Status`."""

WAITING_ROW = sa.Table(
    "waiting_row",
    METADATA,
    sa.Column("waiting_id", sa.String, sa.ForeignKey("waiting_person.waiting_id"), primary_key=True),
    sa.Column("file_id", sa.String, primary_key=True, index=True),
    sa.Column("line", sa.Integer, primary_key=True),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("seen_at", sa.DateTime, nullable=False),
    sa.Column("state", sa.String, nullable=False),
)
"""The rows of a person asked about. `state`: it waits, it is tried again, it was waived, or it came back."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody a source names: by an address or a name, which count everywhere, or by its own id."""

    kind: Kind
    namespace: str
    given: str

    @property
    def key(self) -> tuple[str, str, str]:
        """The same for every spelling of the same person in question."""
        return self.kind, self.namespace, fold_name(self.given) if self.kind == "name" else self.given


@dataclass(frozen=True, slots=True)
class Place:
    """The row that waits, and when it landed."""

    file_id: str
    line: int
    source: str
    seen_at: dt.datetime


class PersonWaits(EventRejected):
    """A row cannot be an event before a person it names is known; `asked` is whom it names."""

    def __init__(self, code: str, field: str | None, hint: str, asked: tuple[Asked, ...]) -> None:
        super().__init__(code, field, hint)
        self.asked = asked


Wait = tuple[Asked, str, Place]
"""Who is asked about, under which code, in which row."""


def fold_name(name: str) -> str:
    """A name without what is only spelling: case, spaces, diacritics, width, and "Last, First".

    Two names are the same when this is; nothing is ever taken for another name that only looks like it.
    """
    last, comma, first = name.partition(",")
    turned = f"{first} {last}" if comma and "," not in first and first.strip() else name
    # Casefolding first: it may itself bring marks along (the dotted capital I).
    letters = unicodedata.normalize("NFKD", turned.casefold().replace("\u2019", "'"))
    kept = "".join(letter for letter in letters if unicodedata.category(letter) not in ("Mn", "Cf"))
    return " ".join(unicodedata.normalize("NFKC", kept.casefold()).split())


def keep_waiting(connection: sa.Connection, waits: Iterable[Wait]) -> None:
    """Note who is asked about and which rows wait; what is noted already stays as it is."""
    ids: dict[tuple[str, str, str], str] = {}
    rows: dict[tuple[str, str, int], dict[str, object]] = {}
    for asked, code, place in waits:
        seen_at = naive_utc(place.seen_at)
        if asked.key not in ids:
            ids[asked.key] = _waiting_id(connection, asked, code, seen_at)
        key = (ids[asked.key], place.file_id, place.line)
        rows[key] = {
            "waiting_id": key[0],
            "file_id": place.file_id,
            "line": place.line,
            "source": place.source,
            "seen_at": seen_at,
            "state": "waits",
        }
    known = _noted(connection, {file_id for _, file_id, _ in rows})
    fresh = [row for key, row in rows.items() if key not in known]
    if fresh:
        connection.execute(sa.insert(WAITING_ROW), fresh)
    set_states(connection, {key: "waits" for key in rows if known.get(key, "waits") != "waits"})


def note_tried(connection: sa.Connection, places: Iterable[tuple[str, int]]) -> None:
    """Note that rows are tried again: those that still ask about somebody are noted anew by it."""
    wanted = set(places)
    known = _noted(connection, {file_id for file_id, _ in wanted})
    set_states(
        connection, {key: "tried" for key, state in known.items() if state == "waits" and key[1:] in wanted}
    )


def set_states(connection: sa.Connection, states: Mapping[tuple[str, str, int], str | None]) -> None:
    """Note where rows stand by now, by who is asked about, file and line; None forgets a row."""
    table = WAITING_ROW
    mine = (
        table.c.waiting_id == sa.bindparam("of"),
        table.c.file_id == sa.bindparam("in_file"),
        table.c.line == sa.bindparam("at"),
    )
    given = [
        {"of": waiting_id, "in_file": file_id, "at": line, "now": state}
        for (waiting_id, file_id, line), state in states.items()
    ]
    if kept := [one for one in given if one["now"] is not None]:
        connection.execute(sa.update(table).where(*mine).values(state=sa.bindparam("now")), kept)
    if gone := [{key: one[key] for key in ("of", "in_file", "at")} for one in given if one["now"] is None]:
        connection.execute(sa.delete(table).where(*mine), gone)


def _noted(connection: sa.Connection, file_ids: Iterable[str]) -> dict[tuple[str, str, int], str]:
    """The state of every row noted of some files."""
    table = WAITING_ROW
    noted: dict[tuple[str, str, int], str] = {}
    for file_id in file_ids:
        query = sa.select(table.c.waiting_id, table.c.line, table.c.state).where(table.c.file_id == file_id)
        noted |= {(row.waiting_id, file_id, row.line): row.state for row in connection.execute(query)}
    return noted


def answers(engine: sa.Engine) -> dict[tuple[str, str, str], str | None]:
    """Whom people asked about turned out to be, by `Asked.key`; None for those that were ignored."""
    table = WAITING_PERSON
    query = sa.select(table).where(table.c.status.not_in(UNANSWERED))
    with engine.connect() as connection:
        return {(row.kind, row.namespace, row.folded): row.person_id for row in connection.execute(query)}


def _waiting_id(connection: sa.Connection, asked: Asked, code: str, seen_at: dt.datetime) -> str:
    table = WAITING_PERSON
    kind, namespace, folded = asked.key
    mine = (table.c.kind == kind, table.c.namespace == namespace, table.c.folded == folded)
    found = connection.scalar(sa.select(table.c.waiting_id).where(*mine))
    if found is not None:
        return str(found)
    waiting_id = f"who_{secrets.token_hex(6)}"
    row = {"waiting_id": waiting_id, "kind": kind, "namespace": namespace, "folded": folded}
    row |= {"given": asked.given, "code": code, "status": "waiting"}
    connection.execute(sa.insert(table).values(row | {"since_at": seen_at}))
    return waiting_id
