"""Who is who: the only place where a name, an address or a source's own person id is kept.

The log and everything derived from it hold random person ids. Erasing a person's rows here makes those
ids name nobody; the log's history and its hash chain stay as they are. Landed files and quarantined
rows may hold personal data too, so their bytes are sealed with one key per delivery, kept here.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import BinaryIO

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from warehouse.errors import KinkeeperError
from warehouse.operations import METADATA

EMAIL = "email"

PERSON = sa.Table(
    "person",
    METADATA,
    sa.Column("person_id", sa.String, primary_key=True),
    sa.Column("name", sa.String),
    sa.Column("email", sa.String),
)
IDENTITY = sa.Table(
    "identity",
    METADATA,
    sa.Column("namespace", sa.String, primary_key=True),
    sa.Column("value", sa.String, primary_key=True),
    sa.Column("person_id", sa.String, sa.ForeignKey("person.person_id"), nullable=False, index=True),
)
FILE_KEY = sa.Table(
    "file_key",
    METADATA,
    sa.Column("file_id", sa.String, primary_key=True),
    sa.Column("key", sa.LargeBinary, nullable=False),
)

_FRAME = 1 << 20
_NONCE = 12
_TAG = 16


def random_person_id() -> str:
    """A new pseudonym; it is random, so nothing about the person can be read out of it."""
    return f"per_{secrets.token_hex(8)}"


class Vault:
    """Pseudonyms for people, names for those who may see them, keys for sealed bytes.

    Everything learnt stays in memory until `flush`, which is one commit and runs before the log's own:
    a crash between the two leaves a person nobody refers to, never an event about nobody.
    """

    def __init__(self, engine: sa.Engine, new_person_id: Callable[[], str] = random_person_id) -> None:
        self._engine = engine
        self._new_person_id = new_person_id
        self._known = self._load()
        self._new: dict[tuple[str, str], str] = {}
        self._private: dict[str, dict[str, str]] = {}

    def pseudonym(self, namespace: str, value: str) -> str:
        """The person id for what a source calls somebody; e-mail addresses are one namespace for all."""
        key = (EMAIL, value.lower()) if "@" in value else (namespace, value)
        person_id = self._known.get(key)
        if person_id is None:
            person_id = self._known[key] = self._new[key] = self._new_person_id()
        return person_id

    def remember(self, person_id: str, private: Mapping[str, str]) -> None:
        """Keep a person's name or address, and let the address find them from now on."""
        self._private.setdefault(person_id, {}).update(private)
        if "email" in private:
            key = (EMAIL, private["email"].lower())
            if key not in self._known:
                self._known[key] = self._new[key] = person_id

    def flush(self) -> None:
        """Commit what was learnt since the last time."""
        if not self._new and not self._private:
            return
        with self._engine.begin() as connection:
            people = set(self._new.values()) | set(self._private)
            known = set(connection.scalars(sa.select(PERSON.c.person_id)))
            fresh = [{"person_id": person_id} for person_id in sorted(people - known)]
            if fresh:
                connection.execute(sa.insert(PERSON), fresh)
            for person_id, private in self._private.items():
                connection.execute(sa.update(PERSON).where(PERSON.c.person_id == person_id).values(private))
            if self._new:
                rows = [
                    {"namespace": namespace, "value": value, "person_id": person_id}
                    for (namespace, value), person_id in self._new.items()
                ]
                connection.execute(sa.insert(IDENTITY), rows)
        self._new, self._private = {}, {}

    def names(self, person_ids: Iterable[str]) -> dict[str, str]:
        """Person id -> name, for those the vault has a name of."""
        query = sa.select(PERSON.c.person_id, PERSON.c.name).where(
            PERSON.c.person_id.in_(list(person_ids)), PERSON.c.name.is_not(None)
        )
        with self._engine.connect() as connection:
            return {row.person_id: row.name for row in connection.execute(query)}

    def file_key(self, file_id: str) -> bytes:
        """The key that seals one delivery's bytes, made and committed on first use."""
        with self._engine.begin() as connection:
            query = sa.select(FILE_KEY.c.key).where(FILE_KEY.c.file_id == file_id)
            key = connection.scalar(query)
            if key is None:
                key = AESGCM.generate_key(bit_length=256)
                connection.execute(sa.insert(FILE_KEY).values(file_id=file_id, key=key))
            return bytes(key)

    def _load(self) -> dict[tuple[str, str], str]:
        query = sa.select(IDENTITY.c.namespace, IDENTITY.c.value, IDENTITY.c.person_id)
        with self._engine.connect() as connection:
            return {(row.namespace, row.value): row.person_id for row in connection.execute(query)}


def seal(key: bytes, data: bytes, frame: int = 0) -> bytes:
    """Encrypt a few bytes (AES-256-GCM), bound to their place in a stream: nonce, cipher text, tag."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data, frame.to_bytes(8, "big"))


def unseal(key: bytes, sealed: bytes, frame: int = 0) -> bytes:
    """What `seal` was given; raises where a byte or the place was changed or the key is another one."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], frame.to_bytes(8, "big"))
    except InvalidTag:
        hint = "sealed bytes were changed, or their key is gone: restore both together"
        raise KinkeeperError(hint) from None


def seal_stream(key: bytes, source: Iterable[bytes], target: BinaryIO) -> None:
    """Encrypt a stream frame by frame, so that a large file never has to fit into memory."""
    target.writelines(seal(key, chunk, frame) for frame, chunk in enumerate(_frames(source)))


def unseal_stream(key: bytes, source: BinaryIO) -> Iterator[bytes]:
    """The chunks `seal_stream` was given, joined as frames."""
    frame = 0
    while sealed := source.read(_NONCE + _FRAME + _TAG):
        yield unseal(key, sealed, frame)
        frame += 1


def _frames(source: Iterable[bytes]) -> Iterator[bytes]:
    buffer = bytearray()
    for chunk in source:
        buffer += chunk
        while len(buffer) >= _FRAME:
            yield bytes(buffer[:_FRAME])
            del buffer[:_FRAME]
    if buffer:
        yield bytes(buffer)
