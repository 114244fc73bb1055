"""Who is who: the only place where a name, an address or a source's own person id is kept.

The log and everything derived from it hold random person ids. Erasing a person's rows here makes those
ids name nobody; the log's history and its hash chain stay as they are. Landed files and quarantined
rows may hold personal data too, so their bytes are sealed with one key per delivery, kept here.

Of an erased person a digest of each identity stays, so that they are not taken in again. Who holds the
vault and guesses an identity can find out that its person was erased, and no more.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain, pairwise
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from warehouse.errors import EventRejected, KinkeeperError
from warehouse.operations import METADATA
from warehouse.waiting import Asked, Place, Wait, fold_name, keep_waiting

EMAIL = "email"
NAME = "name"
"""Names somebody goes by beside the one in `person`: a namespace like `email`, for all sources."""

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
ERASURE = sa.Table(
    "erasure",
    METADATA,
    sa.Column("person_id", sa.String, primary_key=True),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("asked_at", sa.DateTime, nullable=False),
    sa.Column("done_at", sa.DateTime),
)
ERASED_IDENTITY = sa.Table(
    "erased_identity",
    METADATA,
    sa.Column("digest", sa.String, primary_key=True),
    sa.Column("person_id", sa.String, sa.ForeignKey("erasure.person_id"), nullable=False),
)

Identity = tuple[str, str]
"""Namespace and value: who calls a person what."""

FRAME_BYTES = 1 << 20
_NONCE = 12
_TAG = 16
_SEALED_FRAME = _NONCE + FRAME_BYTES + _TAG
_NOT_AS_SEALED = "sealed bytes were changed or cut, or their key is gone: restore both together"


def random_person_id() -> str:
    """A new pseudonym; it is random, so nothing about the person can be read out of it."""
    return f"per_{secrets.token_hex(8)}"


def identity_of(namespace: str, value: str) -> Identity:
    """What a source calls somebody; e-mail addresses are one namespace for all."""
    return (EMAIL, value.lower()) if "@" in value and namespace != NAME else (namespace, value)


def digest_of(identity: Identity) -> str:
    """What stays of an erased person's identity; the same for every spelling of a name."""
    namespace, value = identity
    if namespace == NAME:
        identity = (NAME, fold_name(value))
    return hashlib.sha256("\n".join(identity).encode()).hexdigest()


def is_there(url: str) -> bool:
    """Whether the store of a vault exists; opening a SQLite file that is gone would make an empty one."""
    where = sa.make_url(url)
    return where.get_backend_name() != "sqlite" or Path(where.database or "").is_file()


class Vault:
    """Pseudonyms for people, names for those who may see them, keys for sealed bytes.

    Everything learnt stays in memory until `flush`, which is one commit and runs before the log's own:
    a crash between the two leaves a person nobody refers to, never an event about nobody. What a refused
    file taught is given up by `discard`.
    """

    def __init__(self, engine: sa.Engine, new_person_id: Callable[[], str] = random_person_id) -> None:
        self._engine = engine
        self._new_person_id = new_person_id
        self.erased = self._load_erased()
        self._known = self._load()
        self._new: dict[Identity, str] = {}
        self._private: dict[str, dict[str, str]] = {}
        self._waits: list[Wait] = []

    @property
    def store(self) -> sa.Engine:
        """Where it is kept."""
        return self._engine

    def pseudonym(self, namespace: str, value: str) -> str:
        """The person id for what a source calls somebody; an erased person is refused."""
        key = identity_of(namespace, value)
        person_id = self._known.get(key)
        if person_id is None:
            self._refuse_erased(key)
            person_id = self._known[key] = self._new[key] = self._new_person_id()
        return person_id

    def remember(self, person_id: str, private: Mapping[str, str]) -> None:
        """Keep a person's name or address, and let the address find them from now on."""
        if "email" in private:
            key = identity_of(EMAIL, private["email"])
            if key not in self._known:
                self._refuse_erased(key)
                self._known[key] = self._new[key] = person_id
        self._private.setdefault(person_id, {}).update(private)

    def find(self, namespace: str, value: str) -> str | None:
        """The person id for what a source calls somebody, if anybody is called so."""
        return self._known.get(identity_of(namespace, value))

    def link(self, namespace: str, value: str, person_id: str) -> None:
        """Let a person be found by one more address, id or name; what is taken already stays."""
        key = identity_of(namespace, value)
        if key not in self._known:
            self._refuse_erased(key)
            self._known[key] = self._new[key] = person_id

    def unlink(self, namespace: str, value: str) -> None:
        """Let nobody be found by an address, id or name any more, at once."""
        key = identity_of(namespace, value)
        self._known.pop(key, None)
        self._new.pop(key, None)
        mine = sa.and_(IDENTITY.c.namespace == key[0], IDENTITY.c.value == key[1])
        with self._engine.begin() as connection:
            connection.execute(sa.delete(IDENTITY).where(mine))

    def unname(self, person_id: str) -> None:
        """Forget what a person is called, at once: they were no person after all."""
        nothing = {"name": None, "email": None}
        with self._engine.begin() as connection:
            connection.execute(sa.update(PERSON).where(PERSON.c.person_id == person_id).values(nothing))

    def new_person(self) -> str:
        """The id of somebody nobody has named yet."""
        return self._new_person_id()

    def refuse_erased(self, namespace: str, value: str) -> None:
        """Raise `subject.erased` where an erased person was called so."""
        self._refuse_erased(identity_of(namespace, value))

    def await_person(self, asked: Asked, code: str, place: Place) -> None:
        """Note that a row waits for somebody to say who it names."""
        self._waits.append((asked, code, place))

    def spoken_names(self) -> Iterator[tuple[str, str]]:
        """Every name and the person id of whom it is; a person may go by several, and share one."""
        going = sa.select(ERASURE.c.person_id)
        query = sa.select(PERSON.c.name, PERSON.c.person_id).where(
            PERSON.c.name.is_not(None), PERSON.c.person_id.not_in(going)
        )
        with self._engine.connect() as connection:
            names = [(row.name, row.person_id) for row in connection.execute(query)]
        yield from names
        yield from (
            (private["name"], person_id) for person_id, private in self._private.items() if "name" in private
        )
        yield from (
            (value, person_id) for (namespace, value), person_id in self._known.items() if namespace == NAME
        )

    def discard(self) -> None:
        """Forget what was learnt since the last flush: its file was refused."""
        for key in self._new:
            del self._known[key]
        self._new, self._private, self._waits = {}, {}, []

    def flush(self) -> None:
        """Commit what was learnt since the last time."""
        if not self._new and not self._private and not self._waits:
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
            keep_waiting(connection, self._waits)
        self._new, self._private, self._waits = {}, {}, []

    def names(self, person_ids: Iterable[str]) -> dict[str, str]:
        """Person id -> name, for those the vault has a name of."""
        query = sa.select(PERSON.c.person_id, PERSON.c.name).where(
            PERSON.c.person_id.in_(list(person_ids)), PERSON.c.name.is_not(None)
        )
        with self._engine.connect() as connection:
            return {row.person_id: row.name for row in connection.execute(query)}

    def person_ids(self) -> set[str]:
        """Everybody the log may refer to: whom the vault knows, and whom it was told to forget."""
        with self._engine.connect() as connection:
            known = connection.scalars(
                sa.union(sa.select(PERSON.c.person_id), sa.select(ERASURE.c.person_id))
            )
            return set(known)

    def file_key(self, file_id: str) -> bytes:
        """The key that seals one delivery's bytes, made and committed on first use."""
        with self._engine.begin() as connection:
            key = _key(connection, file_id)
            if key is None:
                key = AESGCM.generate_key(bit_length=256)
                connection.execute(sa.insert(FILE_KEY).values(file_id=file_id, key=key))
            return key

    def forget_key(self, file_id: str) -> None:
        """Destroy the key of what was sealed: nobody reads it any more."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(FILE_KEY).where(FILE_KEY.c.file_id == file_id))

    def known_key(self, file_id: str) -> bytes:
        """The key of a delivery that was sealed before; raises KinkeeperError where the vault lost it."""
        with self._engine.connect() as connection:
            key = _key(connection, file_id)
        if key is None:
            raise KinkeeperError(f"the vault holds no key of {file_id}: restore the vault from a backup")
        return key

    def _refuse_erased(self, key: Identity) -> None:
        if self.erased and digest_of(key) in self.erased:
            raise EventRejected("subject.erased", None, "this person was erased: stop sending their data")

    def _load(self) -> dict[Identity, str]:
        going = sa.select(ERASURE.c.person_id)
        query = sa.select(IDENTITY.c.namespace, IDENTITY.c.value, IDENTITY.c.person_id).where(
            IDENTITY.c.person_id.not_in(going)
        )
        with self._engine.connect() as connection:
            return {(row.namespace, row.value): row.person_id for row in connection.execute(query)}

    def _load_erased(self) -> frozenset[str]:
        with self._engine.connect() as connection:
            return frozenset(connection.scalars(sa.select(ERASED_IDENTITY.c.digest)))


def _key(connection: sa.Connection, file_id: str) -> bytes | None:
    key = connection.scalar(sa.select(FILE_KEY.c.key).where(FILE_KEY.c.file_id == file_id))
    return None if key is None else bytes(key)


def seal(key: bytes, data: bytes) -> bytes:
    """Encrypt a few bytes (AES-256-GCM): nonce, cipher text, tag."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data, None)


def unseal(key: bytes, sealed: bytes) -> bytes:
    """What `seal` was given; raises KinkeeperError where a byte was changed or the key is another one."""
    return _open(AESGCM(key), sealed, None)


def seal_stream(key: bytes, source: Iterable[bytes], target: BinaryIO) -> None:
    """Encrypt a stream frame by frame, so that a large file never has to fit into memory.

    Each frame is bound to its place and says whether it is the last one, so that a stream with frames
    swapped, missing or added, at its end too, opens no more. This is the STREAM construction (Hoang,
    Reyhanitabar, Rogaway, Vizar 2015, "Online authenticated-encryption and its nonce-reuse
    misuse-resistance") with place and end in the associated data and a random nonce for each frame.
    """
    cipher = AESGCM(key)
    for place, (frame, is_last) in enumerate(_marked(_frames(source))):
        nonce = os.urandom(_NONCE)
        target.write(nonce)
        target.write(cipher.encrypt(nonce, frame, _place(place, is_last)))


def unseal_stream(key: bytes, source: BinaryIO) -> Iterator[bytes]:
    """The chunks `seal_stream` was given, joined as frames; raises KinkeeperError where any is not as sealed.

    What was yielded before the error is genuine, but not all there was.
    """
    cipher = AESGCM(key)
    sealed = iter(partial(source.read, _SEALED_FRAME), b"")
    is_empty = True
    for place, (frame, is_last) in enumerate(_marked(sealed)):
        is_empty = False
        yield _open(cipher, frame, _place(place, is_last))
    if is_empty:
        raise KinkeeperError(_NOT_AS_SEALED)


def check_end(key: bytes, source: BinaryIO) -> None:
    """Open the last frame of a sealed stream alone: a stream that was cut anywhere has lost it."""
    n_bytes = source.seek(0, os.SEEK_END)
    place = max(0, n_bytes - 1) // _SEALED_FRAME
    source.seek(place * _SEALED_FRAME)
    _open(AESGCM(key), source.read(), _place(place, is_last=True))


def _open(cipher: AESGCM, sealed: bytes, bound_to: bytes | None) -> bytes:
    view = memoryview(sealed)
    try:
        return cipher.decrypt(view[:_NONCE], view[_NONCE:], bound_to)
    except (InvalidTag, ValueError):  # a nonce cut short is a ValueError
        raise KinkeeperError(_NOT_AS_SEALED) from None


def _place(place: int, is_last: bool) -> bytes:
    return place.to_bytes(8, "big") + (b"\x01" if is_last else b"\x00")


def _marked(frames: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each frame, and whether it is the last; only a stream of no bytes has an empty frame."""
    for frame, following in pairwise(chain(frames, [b""])):
        yield frame, not following


def _frames(source: Iterable[bytes]) -> Iterator[bytes]:
    """The stream cut anew; a chunk that is one whole frame already is passed on as it is."""
    buffer = bytearray()
    is_empty = True
    for chunk in source:
        if not buffer and len(chunk) == FRAME_BYTES:
            is_empty = False
            yield chunk
            continue
        buffer += chunk
        while len(buffer) >= FRAME_BYTES:
            is_empty = False
            yield bytes(buffer[:FRAME_BYTES])
            del buffer[:FRAME_BYTES]
    if buffer or is_empty:
        yield bytes(buffer)
