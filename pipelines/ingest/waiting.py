"""Rows that wait for somebody to say who a person is: what was answered is carried out here.

An answer changes the vault first, then the log, then it is closed, and each step done again changes nothing:
a line leaves quarantine once. Rows that were answered by themselves, because a roster came after the report,
are tried again whenever something new was learnt.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import sqlalchemy as sa

from pipelines.ingest.archive import seal_file, sha256_of
from pipelines.ingest.drops import FileResult
from pipelines.ingest.home import OpenHome, open_home
from pipelines.ingest.lines import archived_lines
from pipelines.ingest.mapping import NATIVE
from pipelines.ingest.quarantine import (
    HeldLine,
    held_lines,
    judged_at,
    landed_delivery,
    lines_of_file,
    redrive,
    waive,
)
from pipelines.ingest.who import WAITING_CODES
from warehouse.answers import Answer, Answers, Waiting
from warehouse.batches import Line
from warehouse.clock import Clock, system_clock
from warehouse.database import first_row
from warehouse.errors import KinkeeperError
from warehouse.events.codec import Context, Decoded, decode
from warehouse.log import Delivery
from warehouse.operations import open_operations
from warehouse.settings import Settings
from warehouse.vault import EMAIL, NAME
from warehouse.waiting import IGNORED, UNANSWERED, WAITING_PERSON, WAITING_ROW, note_tried, set_states

SOURCE = "kinkeeper"


@dataclass(frozen=True, slots=True)
class Settled:
    """One answer with what came of it; the outcome holds no personal data."""

    answer: Answer
    outcome: str

    def as_dict(self) -> dict[str, str | None]:
        answer = self.answer
        return {
            "waiting_id": answer.waiting_id,
            "action": answer.action,
            "person_id": answer.person_id,
            "outcome": self.outcome,
        }


def carry_out_answers(settings: Settings, clock: Clock = system_clock) -> list[Settled]:
    """Carry out everything that was answered in a home; call it under the writer lock."""
    if not settings.log_file.exists():
        return []
    engine = open_operations(settings.operations_url)
    try:
        if not Answers(engine).open():
            return []
        with open_home(settings, clock) as home:
            return carry_out(home)
    finally:
        engine.dispose()


def carry_out(home: OpenHome) -> list[Settled]:
    """The same in a home that is open already."""
    answers = Answers(home.vault.store, home.clock)
    done = []
    for said in answers.open():
        answer = answers.start(said.answer_id)
        if answer is not None:  # else it was withdrawn this very moment
            try:
                outcome = _outcome(home, answers, answer)
            except KinkeeperError as error:
                outcome = f"not done: {error}"
            answers.finish(answer.answer_id, outcome)
            done.append(Settled(answer, outcome))
    if done:
        look_again(home)
    return done


def try_again(home: OpenHome) -> int:
    """Try rows again that wait for people or pairs, waive those of ignored people; how many came back.

    Files whose rows cannot be tried (their mapping is gone) are passed over: `quarantine redrive` says why.
    """
    waits = [line for line in held_lines(home) if line.code in WAITING_CODES and not line.is_of_refused_file]
    n_back, _ = _redrive(home, waits)
    waive_ignored(home)
    return n_back


def waive_ignored(home: OpenHome) -> None:
    """Waive the rows that name people who are to be ignored, with the reason that was given for them."""
    look_again(home)
    answers = Answers(home.vault.store, home.clock)
    ignored = [one for one in answers.answered() if one.status == "ignored" and one.n_rows]
    for one in ignored:
        _waive_rows(home, answers, one)
    if ignored:
        look_again(home)


def after_ingest(home: OpenHome, results: list[FileResult]) -> list[FileResult]:
    """What became of some files, once rows were tried again that waited for what these files brought."""
    if not any(result.n_events for result in results):  # nothing new that a row could wait for
        waive_ignored(home)
    elif try_again(home):
        return [_as_it_stands(home, result) for result in results]
    return results


def _as_it_stands(home: OpenHome, result: FileResult) -> FileResult:
    """The counts of a file that was accepted just now, as the ledger has them since."""
    if result.status != "accepted":
        return result
    row = first_row(
        home.log.con,
        "select accepted, duplicate, quarantined from log.ledger where sha256 = ? and status = 'accepted' "
        "order by last_position desc, rowid desc limit 1",
        [result.sha256],
    )
    accepted, duplicate, quarantined = row
    return dataclasses.replace(result, accepted=accepted, duplicate=duplicate, quarantined=quarantined)


def look_again(home: OpenHome) -> None:
    """Note which rows wait still; whom no row asks about any more is forgotten, unless somebody answered."""
    row, person = WAITING_ROW, WAITING_PERSON
    noted = sa.select(row, person.c.status).join(person, row.c.waiting_id == person.c.waiting_id)
    asking = sa.select(row.c.waiting_id).where(row.c.state == "waits")
    idle = sa.and_(person.c.status == "waiting", person.c.waiting_id.not_in(asking))
    with home.vault.store.begin() as connection:
        found = connection.execute(noted).all()
        now = _states(home, {one.file_id for one in found})
        states = {
            (one.waiting_id, one.file_id, one.line): state
            for one in found
            if (state := _state(now.get((one.file_id, one.line)), one.state, one.status)) != one.state
        }
        set_states(connection, states)
        ids = list(connection.scalars(sa.select(person.c.waiting_id).where(idle)))
        connection.execute(sa.delete(row).where(row.c.waiting_id.in_(ids)))
        connection.execute(sa.delete(person).where(person.c.waiting_id.in_(ids)))


def _state(line_status: str | None, state: str, status: str) -> str | None:
    """Where a row stands by what the log says of its line; None where it no longer asks."""
    match line_status:
        case "open" if state == "tried" and status in UNANSWERED:
            return None  # it asks about somebody else by now
        case "open":
            return "tried" if state == "tried" else "waits"
        case "waived":
            return "waived"
        case "redriven":
            return "back"
        case _:
            return None  # its delivery was never committed


def _states(home: OpenHome, file_ids: Iterable[str]) -> dict[tuple[str, int], str]:
    found = home.log.con.execute(
        "select file_id, line, status from log.quarantine where list_contains($files::varchar[], file_id)",
        {"files": sorted(file_ids)},
    ).fetchall()
    return {(file_id, line): status for file_id, line, status in found}


def _outcome(home: OpenHome, answers: Answers, answer: Answer) -> str:
    """Do what was answered, and say what came of it."""
    asked = answers.person(answer.waiting_id)
    if answer.action == "undo":
        return _undo(home, answers, asked)
    if asked.is_answered:
        return "it was answered already: take that answer back first"
    if answer.action == "ignore":
        answers.settle(asked.waiting_id, "ignored", reason=answer.reason)
        n_waived = _waive_rows(home, answers, answers.person(asked.waiting_id))
        return f"{_rows(n_waived)} waived"
    person_id = answer.person_id
    assert person_id is not None, "whoever they are has an id"
    if answer.action == "create" and asked.kind in (EMAIL, NAME):
        home.vault.remember(person_id, {asked.kind: asked.given})
    home.vault.link(asked.namespace, asked.given, person_id)
    home.vault.flush()
    answers.settle(asked.waiting_id, "linked" if answer.action == "link" else "created", person_id)
    return _bring_back(home, answers, asked)


def _bring_back(home: OpenHome, answers: Answers, asked: Waiting) -> str:
    """Redrive the rows that waited for a person, waived ones included where an answer was taken back."""
    states = ("waits", "tried", "waived") if asked.status == "undone" else ("waits", "tried")
    n_back, n_held = _redrive(home, _lines(home, answers.rows(asked.waiting_id, *states)))
    held = f", {_rows(n_held)} still held back (a pair or another person is unknown)" if n_held else ""
    return f"{_rows(n_back)} left quarantine{held}"


def _redrive(home: OpenHome, lines: Sequence[HeldLine]) -> tuple[int, int]:
    """How many lines left quarantine and how many stay."""
    n_back = n_held = 0
    with home.vault.store.begin() as connection:
        note_tried(connection, [(line.file_id, line.line) for line in lines])
    for file_id in dict.fromkeys(line.file_id for line in lines):
        with suppress(KinkeeperError):
            for receipt in redrive(home, [line for line in lines if line.file_id == file_id], None):
                n_back += receipt.accepted + receipt.duplicate
                n_held += receipt.quarantined
    home.vault.flush()  # whom rows that are still held back ask about
    return n_back, n_held


def _lines(home: OpenHome, wanted: Iterable[tuple[str, int]]) -> list[HeldLine]:
    """Those of some rows that are in quarantine still."""
    places = set(wanted)
    held = [
        line
        for file_id in sorted({file_id for file_id, _ in places})
        for line in lines_of_file(home, file_id)
    ]
    return [line for line in held if (line.file_id, line.line) in places and line.status != "redriven"]


def _waive_rows(home: OpenHome, answers: Answers, ignored: Waiting) -> int:
    lines = _lines(home, answers.rows(ignored.waiting_id, "waits"))
    return waive(home, lines, ignored.reason or IGNORED)


def _undo(home: OpenHome, answers: Answers, asked: Waiting) -> str:
    """Ask again: the alias goes, and the events its rows brought no longer count."""
    if not asked.is_answered:
        return "nothing was answered, so there is nothing to take back"
    n_retracted = 0
    if asked.status in ("linked", "created"):
        n_retracted = _retract(home, answers.rows(asked.waiting_id, "back"), asked.waiting_id)
        home.vault.unlink(asked.namespace, asked.given)
        if asked.status == "created" and asked.person_id is not None:
            home.vault.unname(asked.person_id)
    answers.settle(asked.waiting_id, "undone")
    events = "1 event" if n_retracted == 1 else f"{n_retracted} events"
    return f"it is asked again; {events} retracted"


def _retract(home: OpenHome, rows: Sequence[tuple[str, int]], waiting_id: str) -> int:
    """Take back the events that rows brought, as a delivery of our own; how many there were."""
    events: list[Decoded] = []
    for file_id in dict.fromkeys(file_id for file_id, _ in rows):
        delivery, mapping = landed_delivery(home, file_id)
        wanted = {line for other, line in rows if other == file_id}
        lines = archived_lines(delivery, home, mapping, [], judged_at(delivery, home.clock()))
        events += [event for line in lines if line.number in wanted for event in line.events]
    home.vault.discard()  # reading the rows again must teach the vault nothing
    if events:
        _record_retractions(home, events, waiting_id)
    return len(events)


def _record_retractions(home: OpenHome, events: Sequence[Decoded], waiting_id: str) -> None:
    at = home.clock()
    records = [
        {
            "specversion": "1.0",
            "id": f"{waiting_id}-{at:%Y%m%dT%H%M%S}-{number}",
            "source": SOURCE,
            "type": "mentorship.ops.event_retracted.v1",
            "time": at.astimezone(dt.UTC).isoformat(),
            "data": {
                "retracted_source": event.envelope.source,
                "retracted_id": event.envelope.id,
                "reason": "who_is_who",
            },
        }
        for number, event in enumerate(events, 1)
    ]
    raws = [json.dumps(record).encode() for record in records]
    file = io.BytesIO(b"\n".join(raws) + b"\n")
    delivery = Delivery(sha256_of(file), f"retracted-{waiting_id}.ndjson", SOURCE, NATIVE, at)
    if home.log.receipt(delivery) is not None:
        return
    seal_file(file, delivery, home.settings, home.vault)
    context = Context(received_at=at)
    lines, offset = [], 0
    for number, (record, raw) in enumerate(zip(records, raws, strict=True), 1):
        lines.append(Line(number, offset, raw, (decode(record, home.vault, context),)))
        offset += len(raw) + 1
    home.log.append(delivery, lines)


def _rows(n_rows: int) -> str:
    return "1 row" if n_rows == 1 else f"{n_rows} rows"
