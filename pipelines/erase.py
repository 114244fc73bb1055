"""Forgetting a person: nothing that says who they are is left, and the history of all adds up as before.

The vault's rows about them go, and their lines in every landed file and in quarantine. Their events stay
under a pseudonym that names nobody, so counts, hash chain and publications are what they were. Before
anything is deleted the person is refused at the door, so an erasure that was interrupted can be done again.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipelines.ingest.archive import MAPPING_PREFIX, seal_file, sha256_of, sweep
from pipelines.ingest.drain import drain
from pipelines.ingest.home import OpenHome, open_home
from pipelines.ingest.mapping import NATIVE
from pipelines.ingest.rewriting import forget_returned, landed, rows_about, take_out
from pipelines.ingest.traces import Traces
from warehouse.actions import Actions
from warehouse.batches import Line
from warehouse.clock import Clock, system_clock
from warehouse.database import writer_lock
from warehouse.erasure import Erasure, Erasures
from warehouse.errors import KinkeeperError
from warehouse.events.codec import Context, decode
from warehouse.log import Delivery
from warehouse.settings import Settings

REQUESTED = "requested"
SOURCE = "kinkeeper"
ERASURES_FILE = "erasures.txt"
"""Of a home: whom it erased, one person id a line; kept apart, it lets an old backup be restored safely."""

_REASON = re.compile(r"[a-z][a-z_]{0,39}")


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done, without a word about whom."""

    person_id: str
    reason: str
    asked_at: str
    n_deliveries: int
    n_rows: int
    n_emptied: int
    n_waiting: int

    def as_dict(self) -> dict[str, str | int]:
        return dataclasses.asdict(self)


class _AlreadyPseudonyms:
    """The vault of an event that we write ourselves: it names people as the log does."""

    def pseudonym(self, namespace: str, value: str) -> str:
        return value

    def remember(self, person_id: str, private: Mapping[str, str]) -> None:
        raise NotImplementedError


def erase(
    settings: Settings,
    called: str,
    reason: str = REQUESTED,
    *,
    clock: Clock = system_clock,
    on_step: Callable[[str], None] = lambda _step: None,
) -> Erased:
    """Forget whoever is called so by a source, an address or the log; done twice it changes nothing more.

    Erasures that were interrupted are finished first. Raises KinkeeperError where nobody or more than one
    person is called so, and where the reason is no short code such as `requested`.
    """
    if not _REASON.fullmatch(reason):
        raise KinkeeperError("the reason is a short code such as requested or consent_withdrawn: no names")
    with writer_lock(settings.home):
        drain(settings, clock)
        if not settings.log_file.exists():
            raise KinkeeperError(f"{settings.home} holds no events yet: nobody is known")
        return _erase(settings, called, reason, clock, on_step)


def _erase(
    settings: Settings, called: str, reason: str, clock: Clock, on_step: Callable[[str], None]
) -> Erased:
    with open_home(settings, clock) as home:
        forget_returned(home)
        erasures = Erasures(home.vault.store)
        person_id = erasures.find(called)
        erasures.begin(person_id, reason, clock())
        _note(settings, person_id)
        for other in erasures.unfinished():
            if other != person_id:
                _carry_out(home, other, on_step)
        return _carry_out(home, person_id, on_step)


def _note(settings: Settings, person_id: str) -> None:
    """Add a person to the home's list of erasures, once."""
    path = settings.home / ERASURES_FILE
    listed = path.read_text("ascii").split() if path.exists() else []
    if person_id not in listed:
        with path.open("a", encoding="ascii") as file:
            file.write(f"{person_id}\n")


def _carry_out(home: OpenHome, person_id: str, on_step: Callable[[str], None]) -> Erased:
    erasures = Erasures(home.vault.store)
    erasure = erasures.get(person_id)
    assert erasure is not None, "it was begun"
    _delete_orphans(home)
    counts = _take_out_of_every_file(home, person_id, on_step)
    _forget_notes(home, person_id)
    erasures.forget(person_id)
    _record(home, erasure)
    erasures.close(person_id, home.clock())
    return Erased(person_id, erasure.reason, f"{erasure.asked_at.isoformat()}Z", *counts, _n_waiting(home))


def _take_out_of_every_file(
    home: OpenHome, person_id: str, on_step: Callable[[str], None]
) -> tuple[int, int, int]:
    """How many deliveries were sealed anew, how many rows went, and how many files went as a whole."""
    erasures = Erasures(home.vault.store)
    traces = Traces(tuple(erasures.identities(person_id)), erasures.only_name(person_id))
    n_deliveries = n_rows = n_emptied = 0
    for delivery in landed(home):
        on_step(delivery.name)
        rows = rows_about(home, delivery, traces)
        n_deliveries += take_out(home, delivery, rows)
        n_rows += len(rows.starts)
        n_emptied += rows.is_all
    return n_deliveries, n_rows, n_emptied


def _delete_orphans(home: OpenHome) -> None:
    """Delete archived bytes of files that never got into the ledger: they wait in the inbox, or are gone."""
    sweep(home.settings)
    known = {delivery.file_id for delivery in landed(home)}
    for path in home.settings.archive.iterdir():
        if path.name not in known and not path.name.startswith(MAPPING_PREFIX):
            path.unlink()


def _forget_notes(home: OpenHome, person_id: str) -> None:
    """Delete what managers wrote about the person's pairs: nobody can tell whom of the two it is about."""
    rows = home.log.con.execute(
        "select distinct pair_id from log.typed_event "
        "where pair_id is not null and (mentee_id = $1 or mentor_id = $1)",
        [person_id],
    ).fetchall()
    Actions(home.vault.store, home.clock).forget_notes([pair_id for (pair_id,) in rows])


def _record(home: OpenHome, erasure: Erasure) -> None:
    """Put the erasure into the log, as an event about a pseudonym; the same erasure is the same event."""
    asked_at = erasure.asked_at.replace(tzinfo=dt.UTC)
    record = {
        "specversion": "1.0",
        "id": f"erased-{erasure.person_id}",
        "source": SOURCE,
        "type": "mentorship.participant.erased.v1",
        "time": asked_at.isoformat(),
        "data": {"person_id": erasure.person_id},
    }
    raw = json.dumps(record).encode() + b"\n"
    file = io.BytesIO(raw)
    delivery = Delivery(sha256_of(file), f"erased-{erasure.person_id}.ndjson", SOURCE, NATIVE, asked_at)
    if home.log.receipt(delivery) is None:
        seal_file(file, delivery, home.settings, home.vault)
        event = decode(record, _AlreadyPseudonyms(), Context(received_at=asked_at))
        home.log.append(delivery, [Line(1, 0, raw, (event,))])


def _n_waiting(home: OpenHome) -> int:
    """How many files wait in the inbox: nobody looked into them."""
    inbox = home.settings.inbox
    return (
        sum(path.is_file() and path.suffix != ".toml" for path in inbox.rglob("*")) if inbox.exists() else 0
    )
