"""The list of people who are to be forgotten, and what the vault gives up for them.

An erasure is begun, carried out and closed. From the commit that begins it on the person is refused at the
door; what they were called stays until their lines are gone from every landed file, because that is how the
lines are found. Whoever dies in between leaves it open, and doing it again finishes it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from warehouse.answers import forget_person
from warehouse.clock import naive_utc
from warehouse.errors import KinkeeperError
from warehouse.operations import METADATA
from warehouse.requests import QUARANTINE_REQUEST, WITHDRAWN
from warehouse.vault import (
    EMAIL,
    ERASED_IDENTITY,
    ERASURE,
    FILE_KEY,
    IDENTITY,
    NAME,
    PERSON,
    Identity,
    digest_of,
)
from warehouse.waiting import fold_name

NEXT_KEY = sa.Table(
    "next_key",
    METADATA,
    sa.Column("file_id", sa.String, primary_key=True),
    sa.Column("key", sa.LargeBinary, nullable=False),
)
"""The key a delivery is being sealed with anew; it has a row only while that goes on."""

REWRITTEN = sa.Table(
    "rewritten",
    METADATA,
    sa.Column("file_id", sa.String, primary_key=True),
    sa.Column("sha256", sa.String, nullable=False),
)
"""What the archive holds of a delivery since lines were taken out of it."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """One person to be forgotten; times are naive UTC, `done_at` is None while it goes on."""

    person_id: str
    reason: str
    asked_at: dt.datetime
    done_at: dt.datetime | None


class Erasures:
    """The erasures of one home's vault."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def find(self, called: str) -> str:
        """The person id of whom a source, an address or the log calls so, also where they are erased.

        Raises KinkeeperError where nobody, or more than one person, is called so.
        """
        digests = {digest_of((EMAIL, called.lower()))}
        values = sa.or_(
            IDENTITY.c.value == called,
            sa.and_(IDENTITY.c.namespace == EMAIL, IDENTITY.c.value == called.lower()),
        )
        with self._engine.connect() as connection:
            found: set[str] = set()
            found |= {*connection.scalars(sa.select(PERSON.c.person_id).where(PERSON.c.person_id == called))}
            found |= {
                *connection.scalars(sa.select(ERASURE.c.person_id).where(ERASURE.c.person_id == called))
            }
            namespaces = connection.scalars(sa.select(IDENTITY.c.namespace).distinct())
            digests |= {digest_of((namespace, called)) for namespace in namespaces}
            if not found:
                found |= {*connection.scalars(sa.select(IDENTITY.c.person_id).where(values))}
                erased = sa.select(ERASED_IDENTITY.c.person_id).where(ERASED_IDENTITY.c.digest.in_(digests))
                found |= {*connection.scalars(erased)}
        if not found:
            raise KinkeeperError(
                "nobody in the vault is called so: give the address, id or person id in full"
            )
        if len(found) > 1:
            raise KinkeeperError(f"several people are called so, give one of {', '.join(sorted(found))}")
        return found.pop()

    def get(self, person_id: str) -> Erasure | None:
        """The erasure of a person, if one was begun."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(ERASURE).where(ERASURE.c.person_id == person_id)).first()
        return None if row is None else Erasure(*row)

    def unfinished(self) -> list[str]:
        """The people whose erasure was begun and not closed."""
        query = sa.select(ERASURE.c.person_id).where(ERASURE.c.done_at.is_(None)).order_by("person_id")
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    def begin(self, person_id: str, reason: str, at: dt.datetime) -> Erasure:
        """Refuse a person from now on; an erasure begun before keeps its reason and time."""
        begun = self.get(person_id)
        if begun is not None:
            return begun
        row = {"person_id": person_id, "reason": reason, "asked_at": naive_utc(at)}
        name = self.only_name(person_id)
        called = [*self.identities(person_id), *([] if name is None else [(NAME, name)])]
        digests = [
            {"digest": digest, "person_id": person_id} for digest in sorted(set(map(digest_of, called)))
        ]
        with self._engine.begin() as connection:
            connection.execute(sa.insert(ERASURE).values(row))
            if digests:
                connection.execute(sa.insert(ERASED_IDENTITY), digests)
        return Erasure(person_id, reason, naive_utc(at), None)

    def identities(self, person_id: str) -> list[Identity]:
        """Everything a person is called by, by namespace, but names that somebody else goes by too."""
        query = sa.select(IDENTITY).where(
            sa.or_(IDENTITY.c.person_id == person_id, IDENTITY.c.namespace == NAME)
        )
        others = sa.select(PERSON.c.name).where(PERSON.c.name.is_not(None), PERSON.c.person_id != person_id)
        with self._engine.connect() as connection:
            found = connection.execute(query).all()
            taken = {fold_name(name) for name in connection.scalars(others)}
        taken |= {fold_name(row.value) for row in found if row.person_id != person_id}
        return [
            (row.namespace, row.value)
            for row in found
            if row.person_id == person_id and not (row.namespace == NAME and fold_name(row.value) in taken)
        ]

    def only_name(self, person_id: str) -> str | None:
        """A person's name, unless somebody else goes by it too."""
        own = sa.select(PERSON.c.name).where(PERSON.c.person_id == person_id).scalar_subquery()
        query = sa.select(PERSON.c.name, sa.func.count()).where(PERSON.c.name == own).group_by(PERSON.c.name)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return str(row[0]) if row is not None and row[1] == 1 else None

    def forget(self, person_id: str) -> None:
        """Delete who a person is, then write the vault's file anew, so that no freed page still says it."""
        called = [value for _, value in self.identities(person_id)]
        name = self.only_name(person_id)
        folded = frozenset(called) | {fold_name(one) for one in (*called, *([] if name is None else [name]))}
        with self._engine.begin() as connection:
            forget_person(connection, person_id, folded)
            connection.execute(sa.delete(IDENTITY).where(IDENTITY.c.person_id == person_id))
            connection.execute(sa.delete(PERSON).where(PERSON.c.person_id == person_id))
        self.rewrite_store()

    def rewrite_store(self) -> None:
        """Write the store's file anew from the rows that are left, its write-ahead log included.

        Raises KinkeeperError where another process keeps the old file in use.
        """
        is_sqlite = self._engine.dialect.name == "sqlite"
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("vacuum" if is_sqlite else "vacuum full")
            if is_sqlite:
                (is_busy, _, _) = connection.exec_driver_sql("pragma wal_checkpoint(truncate)").one()
                if is_busy:
                    raise KinkeeperError("the vault is being read: stop `kinkeeper serve` and erase again")

    def close(self, person_id: str, at: dt.datetime) -> None:
        """Note that nothing is left to do."""
        with self._engine.begin() as connection:
            query = sa.update(ERASURE).where(ERASURE.c.person_id == person_id)
            connection.execute(query.values(done_at=naive_utc(at)))

    def keys(self, file_id: str) -> Sequence[bytes]:
        """The keys a delivery may be sealed with: the next, where it is being sealed anew, then its own."""
        with self._engine.connect() as connection:
            tables = (NEXT_KEY, FILE_KEY)
            found = (
                connection.scalar(sa.select(table.c.key).where(table.c.file_id == file_id))
                for table in tables
            )
            return [bytes(key) for key in found if key is not None]

    def next_key(self, file_id: str) -> bytes:
        """The key to seal a delivery with anew, made and committed on first use."""
        with self._engine.begin() as connection:
            key = connection.scalar(sa.select(NEXT_KEY.c.key).where(NEXT_KEY.c.file_id == file_id))
            if key is None:
                key = AESGCM.generate_key(bit_length=256)
                connection.execute(sa.insert(NEXT_KEY).values(file_id=file_id, key=key))
            return bytes(key)

    def half_sealed(self) -> list[str]:
        """The deliveries that are being sealed anew."""
        with self._engine.connect() as connection:
            return list(connection.scalars(sa.select(NEXT_KEY.c.file_id).order_by("file_id")))

    def sealed_anew(self, file_id: str, sha256: str) -> None:
        """Put the next key of a delivery in the place of its key, and note what the archive holds now."""
        key = sa.select(NEXT_KEY.c.key).where(NEXT_KEY.c.file_id == file_id).scalar_subquery()
        with self._engine.begin() as connection:
            connection.execute(sa.update(FILE_KEY).where(FILE_KEY.c.file_id == file_id).values(key=key))
            connection.execute(sa.delete(NEXT_KEY).where(NEXT_KEY.c.file_id == file_id))
            connection.execute(sa.delete(REWRITTEN).where(REWRITTEN.c.file_id == file_id))
            connection.execute(sa.insert(REWRITTEN).values(file_id=file_id, sha256=sha256))
            _withdraw_corrections(connection, file_id)

    def rewritten(self) -> dict[str, str]:
        """File id -> sha256 of those deliveries out of whose archive lines were taken."""
        with self._engine.connect() as connection:
            return {row.file_id: row.sha256 for row in connection.execute(sa.select(REWRITTEN))}


def _withdraw_corrections(connection: sa.Connection, file_id: str) -> None:
    """Corrections that wait for a build are sealed with the old key of their delivery: they go with it."""
    waiting = sa.and_(QUARANTINE_REQUEST.c.file_id == file_id, QUARANTINE_REQUEST.c.corrected.is_not(None))
    closed = {"corrected": None, "outcome": WITHDRAWN, "done_at": sa.func.current_timestamp()}
    connection.execute(sa.update(QUARANTINE_REQUEST).where(waiting).values(closed))
