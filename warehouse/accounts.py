"""Who may look at what: accounts, their roles and programs, and the sessions they are signed in with.

A role says what somebody may do; a list of programs says about whom. Passwords are kept as argon2id hashes,
sessions by the digest of their token, so that a copy of the store signs nobody in. Everything lives in the
operational store: several web workers share it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import argon2
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from warehouse.clock import Clock, naive_utc, system_clock
from warehouse.errors import KinkeeperError
from warehouse.operations import METADATA

PAIRS, NAMES, GROUPS, DATA = "pairs.read", "names.read", "groups.read", "data.read"
ACT, MEND, RESOLVE = "pairs.act", "quarantine.act", "people.resolve"
REPORTS, MAKE_REPORTS, EXPORT, AUDIT = "reports.read", "reports.make", "export", "audit.read"
PAST, BUILD = "past.read", "past.build"

HOME_WIDE = frozenset({DATA, MEND, RESOLVE, AUDIT})
"""What is about the whole home and no single program: only for those who may see all programs."""

MANAGER = "program_manager"
ROLES: Mapping[str, frozenset[str]] = {
    MANAGER: frozenset(
        {PAIRS, NAMES, GROUPS, DATA, ACT, MEND, RESOLVE, REPORTS, MAKE_REPORTS, EXPORT, PAST, BUILD}
    ),
    "cohort_viewer": frozenset({GROUPS, REPORTS}),
    "admin": frozenset({PAIRS, GROUPS, DATA, MEND, REPORTS, AUDIT, EXPORT, PAST, BUILD}),
    "auditor": frozenset({GROUPS, DATA, REPORTS, AUDIT, EXPORT, PAST}),
}
"""Role -> what it may do. An admin keeps the machinery running and sees pseudonyms only.

Who sees groups alone sees today's alone: two days of a small group, laid side by side, tell of one pair.
"""

IDLE = dt.timedelta(hours=2)
ABSOLUTE = dt.timedelta(hours=12)
"""How long a session lasts without and with use: a working day, nobody stays signed in for the night."""

SEEN_EVERY = dt.timedelta(minutes=1)
FAILURES_FOR = dt.timedelta(minutes=1)
MAX_FAILURES_OF_LOGIN = 5
MAX_FAILURES_OF_ADDRESS = 20
MIN_PASSWORD = 12

_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+@\-]{0,119}")
_HASHER = argon2.PasswordHasher()
_NOBODY = _HASHER.hash(secrets.token_hex(16))
"""Checked where there is no such account, so that the time of the answer does not tell."""

ACCOUNT = sa.Table(
    "account",
    METADATA,
    sa.Column("account_id", sa.String, primary_key=True),
    sa.Column("login", sa.String, nullable=False, unique=True),
    sa.Column("role", sa.String, nullable=False),
    sa.Column("password_hash", sa.String),
    sa.Column("is_disabled", sa.Boolean, nullable=False, default=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
)
ACCOUNT_PROGRAM = sa.Table(
    "account_program",
    METADATA,
    sa.Column("account_id", sa.ForeignKey("account.account_id"), primary_key=True),
    sa.Column("program_id", sa.String, primary_key=True),
)
"""The programs an account is confined to; no row means all."""

ACCOUNT_VIEW = sa.Table(
    "account_view",
    METADATA,
    sa.Column("account_id", sa.ForeignKey("account.account_id"), primary_key=True),
    sa.Column("view", sa.String, nullable=False),
)
"""How somebody wants to see the screens: language, zone, colours and the like, as a query."""

WEB_SESSION = sa.Table(
    "web_session",
    METADATA,
    sa.Column("token_digest", sa.String, primary_key=True),
    sa.Column("account_id", sa.ForeignKey("account.account_id"), nullable=False),
    sa.Column("begun_at", sa.DateTime, nullable=False),
    sa.Column("seen_at", sa.DateTime, nullable=False),
)
LOGIN_FAILURE = sa.Table(
    "login_failure",
    METADATA,
    sa.Column("failure_id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String, nullable=False, index=True),
    sa.Column("at", sa.DateTime, nullable=False),
)

SIGN_IN_TRY = sa.Table(
    "sign_in_try",
    METADATA,
    sa.Column("state_digest", sa.String, primary_key=True),
    sa.Column("nonce", sa.String, nullable=False),
    sa.Column("verifier", sa.String, nullable=False),
    sa.Column("wanted", sa.String, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
)
"""Who is on the way to an identity provider and back; any worker can finish it."""

TRY_FOR = dt.timedelta(minutes=10)


class SignInRefused(KinkeeperError):
    """Somebody could not be signed in; the message tells strangers nothing about which accounts exist."""


class TooManyTries(SignInRefused):
    """Signing in failed too often within a minute."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever a request comes from: what they may do, and in which programs (None: in all)."""

    account_id: str
    role: str
    permissions: frozenset[str]
    programs: tuple[str, ...] | None = None

    def may(self, permission: str) -> bool:
        """Whether they may do this at all; what is about the whole home needs all programs."""
        is_confined = self.programs is not None and permission in HOME_WIDE
        return permission in self.permissions and not is_confined


THIS_MACHINE = Caller("this-machine", "this machine", frozenset().union(*ROLES.values()))
"""Whoever can reach a loopback server that has no accounts: everything on this machine is theirs already."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account; `programs` is None where it is confined to none."""

    account_id: str
    login: str
    role: str
    programs: tuple[str, ...] | None
    has_password: bool
    is_disabled: bool

    @property
    def caller(self) -> Caller:
        return Caller(self.account_id, self.role, ROLES[self.role], self.programs)


def responsible_for(program_id: str | None, accounts: Iterable[Account]) -> Account | None:
    """The one program manager who looks after a program; None where nobody does, or several share it.

    Whoever is confined to programs goes before those who may see all.
    """
    managers = [one for one in accounts if one.role == MANAGER and not one.is_disabled]
    own = [one for one in managers if one.programs is not None and program_id in one.programs]
    found = own or [one for one in managers if one.programs is None]
    return found[0] if len(found) == 1 else None


class Accounts:
    """The accounts and sessions of one operational store."""

    def __init__(self, engine: sa.Engine, clock: Clock = system_clock) -> None:
        self._engine = engine
        self._clock = clock

    def add(
        self, login: str, role: str, programs: tuple[str, ...] | None = None, password: str | None = None
    ) -> Account:
        """A new account; without a password only a proxy or an identity provider signs it in.

        Raises KinkeeperError for a taken or malformed login, a role that does not exist, an empty list of
        programs and a password that is too short.
        """
        if programs == ():
            raise KinkeeperError("name the programs of this account, or give it all of them")
        if not _LOGIN.fullmatch(login):
            raise KinkeeperError("a login is a name or an address without spaces, of 120 characters at most")
        if role not in ROLES:
            raise KinkeeperError(f"there is no role {role}: choose one of {', '.join(ROLES)}")
        account_id = f"acc_{secrets.token_hex(8)}"
        row = {
            "account_id": account_id,
            "login": login.lower(),
            "role": role,
            "password_hash": None if password is None else _hash(password),
            "is_disabled": False,
            "created_at": self._now(),
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(ACCOUNT).values(row))
                if programs is not None:
                    confined = [{"account_id": account_id, "program_id": name} for name in programs]
                    connection.execute(sa.insert(ACCOUNT_PROGRAM), confined)
        except IntegrityError:
            raise KinkeeperError("this login is taken") from None
        return self._one(ACCOUNT.c.account_id == account_id)

    def all(self) -> list[Account]:
        """Every account, by login."""
        return self._found(sa.true())

    def named(self, login: str) -> Account:
        """The account with this login; raises KinkeeperError where there is none."""
        return self._one(ACCOUNT.c.login == login.lower())

    def disable(self, login: str) -> Account:
        """Shut an account, end its sessions and forget how its owner saw the screens."""
        account = self.named(login)
        with self._engine.begin() as connection:
            mine = ACCOUNT.c.account_id == account.account_id
            connection.execute(sa.update(ACCOUNT).where(mine).values(is_disabled=True))
            for table in (WEB_SESSION, ACCOUNT_VIEW):
                connection.execute(sa.delete(table).where(table.c.account_id == account.account_id))
        return account

    def view(self, account_id: str) -> str | None:
        """How somebody wants to see the screens, as `keep_view` was told; None where they never said."""
        query = sa.select(ACCOUNT_VIEW.c.view).where(ACCOUNT_VIEW.c.account_id == account_id)
        with self._engine.connect() as connection:
            return connection.scalar(query)

    def keep_view(self, account_id: str, view: str) -> None:
        """Keep how somebody wants to see the screens; what they said last counts."""
        mine = ACCOUNT_VIEW.c.account_id == account_id
        with self._engine.begin() as connection:
            if connection.execute(sa.update(ACCOUNT_VIEW).where(mine).values(view=view)).rowcount:
                return
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(ACCOUNT_VIEW).values(account_id=account_id, view=view))
        except IntegrityError:  # another browser was first, a moment ago
            with self._engine.begin() as connection:
                connection.execute(sa.update(ACCOUNT_VIEW).where(mine).values(view=view))

    def set_password(self, login: str, password: str) -> Account:
        """Give an account a new password, open it again and end its sessions."""
        account, hashed = self.named(login), _hash(password)
        with self._engine.begin() as connection:
            mine = ACCOUNT.c.account_id == account.account_id
            values = {"password_hash": hashed, "is_disabled": False}
            connection.execute(sa.update(ACCOUNT).where(mine).values(values))
            connection.execute(sa.delete(WEB_SESSION).where(WEB_SESSION.c.account_id == account.account_id))
        return account

    def check_password(self, login: str, password: str, address: str) -> Account:
        """The account whose password this is; raises SignInRefused, and TooManyTries after some failures."""
        keys = {
            f"login {login.lower()}": MAX_FAILURES_OF_LOGIN,
            f"address {address}": MAX_FAILURES_OF_ADDRESS,
        }
        if any(self._n_failures(key) >= allowed for key, allowed in keys.items()):
            raise TooManyTries("too many failed attempts: wait a minute and try again")
        with self._engine.connect() as connection:
            query = sa.select(ACCOUNT.c.password_hash).where(
                ACCOUNT.c.login == login.lower(), ACCOUNT.c.is_disabled.is_(False)
            )
            hashed = connection.scalar(query)
        if not _is_password(hashed or _NOBODY, password) or hashed is None:
            self._note_failure(keys)
            raise SignInRefused("login or password is wrong")
        return self.named(login)

    def signed_in_elsewhere(self, login: str) -> Account:
        """The open account of somebody whom a proxy or identity provider vouches for."""
        try:
            account = self.named(login)
        except KinkeeperError:
            raise SignInRefused("there is no account for you here: ask an administrator") from None
        if account.is_disabled:
            raise SignInRefused("there is no account for you here: ask an administrator")
        return account

    def begin_session(self, account: Account) -> str:
        """A new session; the answer is its token, which is kept nowhere else."""
        token, now = secrets.token_urlsafe(32), self._now()
        row = {
            "token_digest": digest_of(token),
            "account_id": account.account_id,
            "begun_at": now,
            "seen_at": now,
        }
        with self._engine.begin() as connection:
            connection.execute(sa.delete(WEB_SESSION).where(_is_over(now)))
            connection.execute(sa.insert(WEB_SESSION).values(row))
        return token

    def caller(self, token: str) -> Caller | None:
        """Whose session this is, or None where it is unknown, over, or its account shut."""
        now = self._now()
        mine = WEB_SESSION.c.token_digest == digest_of(token)
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(WEB_SESSION).where(mine, sa.not_(_is_over(now)))).first()
        if row is None:
            return None
        if now - row.seen_at > SEEN_EVERY:
            with self._engine.begin() as connection:
                connection.execute(sa.update(WEB_SESSION).where(mine).values(seen_at=now))
        account = self._one(ACCOUNT.c.account_id == row.account_id)
        return None if account.is_disabled else account.caller

    def end_session(self, token: str) -> None:
        """Sign out."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(WEB_SESSION).where(WEB_SESSION.c.token_digest == digest_of(token)))

    def remember_try(self, state: str, nonce: str, verifier: str, wanted: str) -> None:
        """Note that somebody leaves for the identity provider."""
        now = self._now()
        row = {"state_digest": digest_of(state), "nonce": nonce, "verifier": verifier, "wanted": wanted}
        with self._engine.begin() as connection:
            connection.execute(sa.delete(SIGN_IN_TRY).where(SIGN_IN_TRY.c.at < now - TRY_FOR))
            connection.execute(sa.insert(SIGN_IN_TRY).values(row | {"at": now}))

    def recall_try(self, state: str) -> tuple[str, str, str]:
        """Nonce, verifier and wanted path of somebody who comes back; good for one time.

        Raises SignInRefused where nobody left with this state within the last ten minutes.
        """
        mine = SIGN_IN_TRY.c.state_digest == digest_of(state)
        with self._engine.begin() as connection:
            row = connection.execute(sa.select(SIGN_IN_TRY).where(mine)).first()
            taken = connection.execute(sa.delete(SIGN_IN_TRY).where(mine)).rowcount
        if row is None or not taken or row.at < self._now() - TRY_FOR:
            raise SignInRefused("signing in took too long: try again")
        return row.nonce, row.verifier, row.wanted

    def _one(self, condition: sa.ColumnElement[bool]) -> Account:
        found = self._found(condition)
        if not found:
            raise KinkeeperError("there is no such account: `kinkeeper accounts list` shows all")
        return found[0]

    def _found(self, condition: sa.ColumnElement[bool]) -> list[Account]:
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(ACCOUNT).where(condition).order_by(ACCOUNT.c.login)).all()
            confined: dict[str, list[str]] = {}
            for account_id, program_id in connection.execute(
                sa.select(ACCOUNT_PROGRAM).order_by(ACCOUNT_PROGRAM.c.program_id)
            ):
                confined.setdefault(account_id, []).append(program_id)
        return [
            Account(
                account_id=row.account_id,
                login=row.login,
                role=row.role,
                programs=tuple(confined[row.account_id]) if row.account_id in confined else None,
                has_password=row.password_hash is not None,
                is_disabled=row.is_disabled,
            )
            for row in rows
        ]

    def _n_failures(self, key: str) -> int:
        recent = LOGIN_FAILURE.c.at > self._now() - FAILURES_FOR
        query = sa.select(sa.func.count()).where(LOGIN_FAILURE.c.key == _private(key), recent)
        with self._engine.connect() as connection:
            return connection.scalar(query) or 0

    def _note_failure(self, keys: Mapping[str, int]) -> None:
        now = self._now()
        rows = [{"key": _private(key), "at": now} for key in keys]
        with self._engine.begin() as connection:
            connection.execute(sa.delete(LOGIN_FAILURE).where(LOGIN_FAILURE.c.at < now - FAILURES_FOR))
            connection.execute(sa.insert(LOGIN_FAILURE), rows)

    def _now(self) -> dt.datetime:
        return naive_utc(self._clock())


def digest_of(token: str) -> str:
    """What is kept of a token; tokens are random, so one round of SHA-256 suffices."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_of(token: str) -> str:
    """The word that a page must send along with a session's token, derived from it (double submit)."""
    return hmac.new(token.encode(), b"csrf", "sha256").hexdigest()


def _private(key: str) -> str:
    """Logins and addresses of failed attempts are kept as digests: they are compared and never read."""
    return hashlib.sha256(key.encode()).hexdigest()


def _is_over(now: dt.datetime) -> sa.ColumnElement[bool]:
    return sa.or_(WEB_SESSION.c.seen_at < now - IDLE, WEB_SESSION.c.begun_at < now - ABSOLUTE)


def _hash(password: str) -> str:
    if len(password) < MIN_PASSWORD:
        raise KinkeeperError(f"a password has at least {MIN_PASSWORD} characters")
    return _HASHER.hash(password)


def _is_password(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except argon2.exceptions.VerifyMismatchError:
        return False
