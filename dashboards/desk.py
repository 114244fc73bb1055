"""What a manager may ask of the quarantine, behind the buttons of `panels/quarantine.py`.

What arrives here was sent by a browser, so every target is looked up in the publication before anything is
asked for it. Nothing is done at once: a request is left for the next build.
"""

from __future__ import annotations

from collections.abc import Mapping

from dash.development.base_component import Component

from dashboards import data
from dashboards.access import note
from dashboards.data.publication import Row
from dashboards.panels import quarantine
from dashboards.screen import scene, setting
from warehouse.errors import KinkeeperError
from warehouse.requests import Request, Target


def open_requests() -> dict[Target, Request]:
    """What was asked for and is not done yet, by what it is about."""
    return {request.target: request for request in setting().requests.open()}


def see_lines(target: Target) -> list[Component]:
    """The lines of a reason that wait."""
    source, code = target.source_and_code
    publication = scene().publication
    reason = data.quality.quarantine_reason(publication, source, code)
    rows = data.quality.quarantine_lines(publication, source, code)
    return quarantine.lines(rows, reason["n_open"] if reason else 0, open_requests())


def act(target: Target, action: str, texts: Mapping[str, str]) -> list[Component]:
    """Leave a request, or take one back; the answer is how the target stands now.

    `texts` is what was typed: a corrected line for `correct`, a reason for `waive`.
    """
    row, trouble = waiting_row(target), None
    try:
        if action == "withdraw":
            withdraw(target)
        else:
            ask(target, row, action, texts)
        note(f"quarantine-{action}", f"{target.kind} {target.key}")
    except KinkeeperError as error:
        trouble = quarantine.Trouble(action, str(error), texts)
    return quarantine.desk_content(
        target, open_requests().get(target), can_redrive=can_redrive(target, row), trouble=trouble
    )


def waiting_row(target: Target) -> Row | None:
    """What the publication says of a target, or None where nothing of it waits any more."""
    publication = scene().publication
    match target.kind:
        case "line":
            return data.quality.quarantine_line(publication, target.key)
        case "file":
            return data.quality.refused_file(publication, target.key)
        case "reason":
            return data.quality.quarantine_reason(publication, *target.source_and_code)
        case _:
            return None  # no browser was offered this


def can_redrive(target: Target, row: Row | None) -> bool:
    """Whether trying again can help: a file refused as a whole is mended and ingested instead."""
    if row is None or target.kind == "file":
        return False
    return bool(target.kind == "line" or row["n_open"] > row["n_open_in_refused_files"])


def withdraw(target: Target) -> None:
    """Take the open request of a target back; raises KinkeeperError where it is too late."""
    asked = open_requests().get(target)
    if asked is None or not setting().requests.withdraw(asked.request_id):
        raise KinkeeperError("a build has begun to do it: reload the page to see what came of it")


def ask(target: Target, row: Row | None, action: str, texts: Mapping[str, str]) -> None:
    """Leave a request for a target; raises KinkeeperError where it cannot be asked for."""
    if row is None:
        raise KinkeeperError("nothing of it waits any more: reload the page")
    requests, seen_upto = setting().requests, row.get("last_seen_at")
    is_redrivable = can_redrive(target, row)
    match action:
        case "waive":
            requests.waive(target, texts.get("waive", ""), seen_upto)
        case "correct" if is_redrivable and target.kind == "line":
            requests.correct(target.key, row["file_id"], texts.get("correct", ""))
        case "redrive" if is_redrivable:
            requests.redrive(target, seen_upto)
        case _:
            raise KinkeeperError("this cannot be asked for here: mend the file and ingest it again")
