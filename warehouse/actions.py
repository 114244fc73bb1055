"""What managers do about pairs: one commit when they do it, an event of the log with the next build.

Screens never write to the log. An action is kept here in one commit, shows at once, and the next build drains
it into the log as an `ops.*` event of the source `kinkeeper/actions`. Its id comes from the form that was
filled in, so a double click, two workers and a build that died make one event for ever. Taking an action
back is an action too: a retraction. What somebody writes beside it stays sealed in this store.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from warehouse.clock import Clock, naive_utc, system_clock
from warehouse.errors import EventRejected, KinkeeperError
from warehouse.events.base import TYPE_PREFIX
from warehouse.events.codec import Context, decode
from warehouse.operations import METADATA
from warehouse.vault import Vault, seal, unseal

SOURCE = "kinkeeper/actions"
MAX_NOTE = 2000
SHOWN_AGAIN = dt.timedelta(days=1)
"""How far before a publication actions are laid over it: what it knows already is laid over it in vain."""

ACTION = sa.Table(
    "action",
    METADATA,
    sa.Column("action_id", sa.String, primary_key=True),
    sa.Column("pair_id", sa.String, nullable=False, index=True),
    sa.Column("event", sa.String, nullable=False),
    sa.Column("data", sa.String, nullable=False),
    sa.Column("account_id", sa.String, nullable=False),
    sa.Column("happened_at", sa.DateTime, nullable=False),
    sa.Column("asked_at", sa.DateTime, nullable=False),
    sa.Column("takes_back", sa.String, unique=True),
    sa.Column("note", sa.LargeBinary),
    sa.Column("drained_at", sa.DateTime, index=True),
)
"""`takes_back` is unique: an action is taken back once, whoever clicks first."""

_TOKEN = re.compile(r"[0-9a-f]{16,64}")


@dataclass(frozen=True, slots=True)
class Alert:
    """What the list said of a pair when somebody acted: the code of its first reason, and since when."""

    pair_id: str
    code: str
    since_on: dt.date | None = None

    @property
    def alert_id(self) -> str:
        """The same pair for the same reason since the same day is the same alert, whoever acts on it."""
        said = f"{self.pair_id}\n{self.code}\n{self.since_on or ''}"
        return f"alr_{hashlib.sha256(said.encode()).hexdigest()[:20]}"


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody does about a pair: an event of the catalogue with its data, and words beside it.

    `happened_at` is naive UTC, now where it is left out; `alert` is what the deed is about, if anything.
    """

    pair_id: str
    event: str
    data: Mapping[str, Any]
    alert: Alert | None = None
    happened_at: dt.datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """One action; times are naive UTC. `takes_back` names the action that this one undoes."""

    action_id: str
    pair_id: str
    event: str
    data: Mapping[str, Any]
    account_id: str
    happened_at: dt.datetime
    asked_at: dt.datetime
    takes_back: str | None
    has_note: bool
    drained_at: dt.datetime | None


class _Nobody:
    """Actions name no people: an event that did would be refused here."""

    def pseudonym(self, _namespace: str, _value: str) -> str:
        raise EventRejected("person.unexpected", None, "an action names no people")

    def remember(self, _person_id: str, _private: Mapping[str, str]) -> None:
        raise EventRejected("person.unexpected", None, "an action names no people")


class Actions:
    """The actions of one operational store."""

    def __init__(self, engine: sa.Engine, clock: Clock = system_clock) -> None:
        self._engine = engine
        self._clock = clock

    def take(self, token: str, account_id: str, deed: Deed) -> Action:
        """Commit one action, and the alert it is about where nobody acted on that one before.

        `token` is the form's: sent twice, the answer is the first action. Raises KinkeeperError for what the
        log would refuse, so that nothing can be promised here and held back there.
        """
        now = self._now()
        if len(deed.note) > MAX_NOTE:
            raise KinkeeperError(f"the note has {len(deed.note):,} characters, {MAX_NOTE:,} are allowed")
        if deed.happened_at is not None and deed.happened_at > now:
            raise KinkeeperError("this lies in the future: say when it happened")
        action_id = _id_of(token, account_id)
        row: dict[str, Any] = {
            "action_id": action_id,
            "pair_id": deed.pair_id,
            "event": deed.event,
            "data": json.dumps(deed.data, sort_keys=True),
            "account_id": account_id,
            "happened_at": (deed.happened_at or now).replace(microsecond=0),
            "asked_at": now,
        }
        self._refuse_undecodable(row)
        if deed.note.strip():
            row["note"] = seal(self._key_of(action_id), deed.note.strip().encode())
        if deed.alert is not None:
            self._insert(_raised(deed.alert, now))
        self._insert(row)
        return self.one(action_id)

    def undo(self, action_id: str, account_id: str) -> Action:
        """Take an action back; the second time the answer is the first retraction.

        Raises KinkeeperError for what is no action, or is a retraction itself.
        """
        undone = self.one(action_id)
        if undone.takes_back is not None or undone.event == "ops.alert_raised":
            raise KinkeeperError("this cannot be taken back: do what is right now instead")
        now = self._now()
        data = {"retracted_source": SOURCE, "retracted_id": action_id, "reason": "taken back on the screen"}
        row = {
            "action_id": f"{action_id}.undo",
            "pair_id": undone.pair_id,
            "event": "ops.event_retracted",
            "data": json.dumps(data, sort_keys=True),
            "account_id": account_id,
            "happened_at": now,
            "asked_at": now,
            "takes_back": action_id,
        }
        self._insert(row)
        return self.one(f"{action_id}.undo")

    def waiting(self) -> list[Action]:
        """What the log does not have yet, in the order in which it was done."""
        return self._found(ACTION.c.drained_at.is_(None))

    def since(self, known_at: dt.datetime) -> list[Action]:
        """What a publication that knows what was known then may not show yet, oldest first."""
        recent = ACTION.c.asked_at > known_at - SHOWN_AGAIN
        return self._found(sa.or_(ACTION.c.drained_at.is_(None), recent))

    def of_pair(self, pair_id: str) -> list[Action]:
        """Everything that was ever done about a pair on the screens, oldest first."""
        return self._found(ACTION.c.pair_id == pair_id)

    def of_event(self, event: str) -> list[Action]:
        """What was ever done of one kind, oldest first."""
        return self._found(ACTION.c.event == event)

    def note_of(self, action_id: str) -> str:
        """What somebody wrote beside an action; empty where it is nothing, or was forgotten."""
        query = sa.select(ACTION.c.note).where(ACTION.c.action_id == action_id)
        with self._engine.connect() as connection:
            sealed = connection.scalar(query)
        return "" if sealed is None else unseal(self._key_of(action_id), bytes(sealed)).decode()

    def forget_notes(self, pair_ids: Sequence[str]) -> int:
        """Delete what was written about pairs, for one of the two is erased; answers how many notes went."""
        query = sa.update(ACTION).where(ACTION.c.pair_id.in_(pair_ids), ACTION.c.note.is_not(None))
        with self._engine.begin() as connection:
            return connection.execute(query.values(note=None)).rowcount

    def drained(self, actions: Iterable[Action]) -> None:
        """Note that the log has these."""
        now, ids = self._now(), [action.action_id for action in actions]
        with self._engine.begin() as connection:
            query = sa.update(ACTION).where(ACTION.c.action_id.in_(ids))
            connection.execute(query.values(drained_at=now))

    def _insert(self, row: Mapping[str, Any]) -> None:
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(ACTION).values(row))
        except IntegrityError:  # a second click, or another worker was first
            pass

    def one(self, action_id: str) -> Action:
        """An action by its id; raises KinkeeperError where there is none."""
        found = self._found(ACTION.c.action_id == action_id)
        if not found:
            raise KinkeeperError("there is no such action: reload the page")
        return found[0]

    def _found(self, condition: sa.ColumnElement[bool]) -> list[Action]:
        query = sa.select(ACTION).where(condition).order_by(ACTION.c.asked_at, ACTION.c.action_id)
        with self._engine.connect() as connection:
            return [_action(row) for row in connection.execute(query)]

    def _refuse_undecodable(self, row: Mapping[str, Any]) -> None:
        received_at = self._clock().astimezone(dt.UTC)
        line = json.loads(event_line(_action_of(row)))
        try:
            decode(line, _Nobody(), Context(received_at=received_at))
        except EventRejected as error:
            raise KinkeeperError(f"{error.field or 'this'}: {error.hint}") from None

    def _key_of(self, action_id: str) -> bytes:
        return Vault(self._engine).file_key(f"note-{action_id}")

    def _now(self) -> dt.datetime:
        return naive_utc(self._clock())


def event_line(action: Action) -> str:
    """An action as one native line of the log's own source: a CloudEvent that any build writes alike."""
    line = {
        "specversion": "1.0",
        "id": action.action_id,
        "source": SOURCE,
        "type": f"{TYPE_PREFIX}.{action.event}.v1",
        "subject": f"relationship/{action.pair_id}",
        "time": _iso(action.happened_at),
        "recordedat": _iso(action.asked_at),
        "actorrole": "system" if action.event == "ops.alert_raised" else "pm",
        "data": dict(action.data),
    }
    return json.dumps(line, sort_keys=True)


def note_line(action: Action) -> str:
    """That a note exists beside an action; its words stay where they are."""
    about = {"note_id": action.action_id}
    return event_line(
        replace(
            action,
            action_id=f"{action.action_id}.note",
            event="ops.case_note_added",
            data=about,
            happened_at=action.asked_at,
        )
    )


def standing(actions: Iterable[Action]) -> list[Action]:
    """Actions that were not taken back, without the retractions."""
    listed = list(actions)
    undone = {action.takes_back for action in listed}
    return [action for action in listed if action.takes_back is None and action.action_id not in undone]


def _id_of(token: str, account_id: str) -> str:
    """One form of one account is one action."""
    if not _TOKEN.fullmatch(token):
        raise KinkeeperError("this form is not valid any more: close it and open it again")
    return f"act_{hashlib.sha256(f'{account_id} {token}'.encode()).hexdigest()[:20]}"


def _raised(alert: Alert, now: dt.datetime) -> dict[str, Any]:
    """The alert itself, written down by whoever acts on it first."""
    return {
        "action_id": alert.alert_id,
        "pair_id": alert.pair_id,
        "event": "ops.alert_raised",
        "data": json.dumps({"alert_id": alert.alert_id, "alert_state": alert.code}, sort_keys=True),
        "account_id": "system",
        "happened_at": now.replace(microsecond=0),
        "asked_at": now,
    }


def _action(row: sa.Row[tuple[object, ...]]) -> Action:
    return _action_of(dict(row._mapping))


def _action_of(row: Mapping[str, Any]) -> Action:
    return Action(
        action_id=row["action_id"],
        pair_id=row["pair_id"],
        event=row["event"],
        data=json.loads(row["data"]),
        account_id=row["account_id"],
        happened_at=row["happened_at"],
        asked_at=row["asked_at"],
        takes_back=row.get("takes_back"),
        has_note=row.get("note") is not None,
        drained_at=row.get("drained_at"),
    )


def _iso(instant: dt.datetime) -> str:
    return f"{instant.replace(microsecond=0).isoformat()}Z"
