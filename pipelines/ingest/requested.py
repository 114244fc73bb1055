"""What a manager asked for on the data quality screen, carried out.

A request is begun in the operational store, done in the log, and closed in the operational store, in this
order. Whoever dies in between leaves it open; done again it finds nothing left to do, because a line leaves
quarantine once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.ingest.home import OpenHome, open_home
from pipelines.ingest.quarantine import (
    HeldLine,
    held_line,
    lines_of_file,
    lines_of_reason,
    redrive,
    redrive_mended,
    waive,
)
from warehouse.clock import Clock, system_clock
from warehouse.errors import KinkeeperError
from warehouse.log import Receipt
from warehouse.operations import open_operations
from warehouse.requests import Request, Requests
from warehouse.settings import Settings


@dataclass(frozen=True, slots=True)
class Done:
    """One request with what came of it; the outcome holds no personal data."""

    request: Request
    outcome: str

    def as_dict(self) -> dict[str, str]:
        target = self.request.target
        return {
            "request_id": self.request.request_id,
            "action": self.request.action,
            "kind": target.kind,
            "target": target.key,
            "outcome": self.outcome,
        }


def carry_out_requests(settings: Settings, clock: Clock = system_clock) -> list[Done]:
    """Do everything that was asked for in a home, in that order; call it under the writer lock.

    The log is opened only where something was asked for.
    """
    if not settings.log_file.exists():
        return []
    engine = open_operations(settings.operations_url)
    try:
        requests = Requests(engine, clock)
        if not requests.open():
            return []
        with open_home(settings, clock) as home:
            return carry_out(home, requests)
    finally:
        engine.dispose()


def carry_out(home: OpenHome, requests: Requests) -> list[Done]:
    """The same in a home that is open already."""
    done = []
    for asked in requests.open():
        request = requests.start(asked.request_id)
        if request is not None:  # else it was withdrawn this very moment
            outcome = _outcome(home, request, requests)
            requests.finish(request.request_id, outcome)
            done.append(Done(request, outcome))
    return done


def _outcome(home: OpenHome, request: Request, requests: Requests) -> str:
    """Do what a request says, and say what came of it."""
    try:
        lines = [line for line in _lines(home, request) if _is_concerned(line, request)]
        receipts = _act(home, request, [line for line in lines if line.status == "open"], requests)
        after = [held_line(home, line.quarantine_id).status for line in lines]
    except KinkeeperError as error:
        return f"not done: {error}"
    return _in_words(after, [note for receipt in receipts for note in receipt.notes])


def _lines(home: OpenHome, request: Request) -> list[HeldLine]:
    match request.target.kind:
        case "line":
            return [held_line(home, request.target.key)]
        case "file":
            return lines_of_file(home, request.target.key)
        case "reason":
            return lines_of_reason(home, *request.target.source_and_code, request.seen_upto)


def _is_concerned(line: HeldLine, request: Request) -> bool:
    """Whether a line was open when the request was begun, which may have been in a build that died."""
    assert request.started_at is not None
    if line.is_of_refused_file and request.action == "redrive" and request.target.kind == "reason":
        return False  # such a line waits for its whole file
    return line.settled_at is None or line.settled_at >= request.started_at


def _act(home: OpenHome, request: Request, waiting: Sequence[HeldLine], requests: Requests) -> list[Receipt]:
    if request.action == "waive":
        waive(home, waiting, request.reason or "")
        return []
    if request.action == "correct":
        corrected = requests.corrected_bytes(request)
        return [redrive_mended(home, line, corrected, None) for line in waiting]
    return redrive(home, waiting, None)


def _in_words(after: Sequence[str], notes: Sequence[str]) -> str:
    """How many lines stand where now, and why the first that stayed did."""
    words = {"redriven": "left quarantine", "waived": "waived", "open": "still held back"}
    parts = [
        f"{after.count(status)} {'line' if after.count(status) == 1 else 'lines'} {said}"
        for status, said in words.items()
        if status in after
    ]
    why = f" ({notes[0]})" if notes else ""
    return ", ".join(parts) + why if parts else "nothing was left to do"
