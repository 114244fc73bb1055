"""Published reports for the screen that lists them: which the caller may see, and the files themselves.

A file is served only where an edition's manifest names it, to callers who may read that edition: internal
ones name pairs, so they need the permission to read pairs; a caller of some programs sees their reports.
"""

from __future__ import annotations

import datetime as dt
import hashlib

import msgspec
from flask import Blueprint, Response, abort

from dashboards.access import caller, note, scoped
from dashboards.screen import setting
from dashboards.speech import say, translated
from warehouse.accounts import PAIRS, REPORTS
from warehouse.editions import ALL_PROGRAMS, Edition, editions

TYPES = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
N_QUARTERS = 6
"""How many quarters that are over can be asked for."""

report_files = Blueprint("report_files", __name__)


def seen_editions() -> list[Edition]:
    """The editions the caller may read, the newest quarter and edition first."""
    return list(reversed([each for each in editions(setting().shelf.folder) if may_read(each)]))


def may_read(edition: Edition) -> bool:
    """Whether an edition is for the caller."""
    who, origin = caller(), edition.manifest.origin
    is_in_scope = who.programs is None or set(origin.told_of) <= set(who.programs)
    return is_in_scope and (origin.audience == "sponsor" or who.may(PAIRS))


@report_files.route("/reports/files/<quarter>/<edition>/<name>")
@scoped(REPORTS)
def file(quarter: str, edition: str, name: str) -> Response:
    """One file of an edition; 404 for everything that no manifest names, or that is not as it was frozen."""
    found = next((each for each in seen_editions() if _is_at(each, quarter, edition)), None)
    named = {each.name: each.sha256 for each in found.manifest.files} if found else {}
    path = found.folder / name if found and name in named else None
    if path is None or not path.is_file():
        abort(404)
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != named[name]:
        abort(404)
    kind = name.rpartition(".")[2]
    note("read_report", f"{quarter}/{edition}/{kind}")
    answer = Response(data, content_type=TYPES[kind])
    if kind != "html":
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _is_at(edition: Edition, quarter: str, folder: str) -> bool:
    return edition.manifest.origin.quarter == quarter and edition.folder.name == folder


def address_of(edition: Edition, name: str) -> str:
    """Where one file of an edition is served."""
    return f"/reports/files/{edition.manifest.origin.quarter}/{edition.folder.name}/{name}"


def called(edition: Edition) -> str:
    """What an edition is called where one is chosen."""
    origin = edition.manifest.origin
    template = (
        "{quarter}, {program}, for sponsors, edition {edition}"
        if origin.audience == "sponsor"
        else "{quarter}, {program}, internal, edition {edition}"
    )
    return say(
        template,
        quarter=spoken(origin.quarter),
        program=program_called(origin.program_id),
        edition=edition.manifest.edition,
    )


def program_called(program: str) -> str:
    """The programs of a report, in words."""
    return translated("all programs") if program == ALL_PROGRAMS else program


def drafts_of(quarter: str, program: str) -> dict[str, str]:
    """What the latest edition of a quarter says in each section, to be put in other words."""
    found = [
        each
        for each in seen_editions()
        if each.manifest.origin.quarter == quarter and program in {"", each.manifest.origin.program_id}
    ]
    if not found:
        return {}
    model = msgspec.json.decode(found[0].model())
    drafts = {
        section["key"]: "\n\n".join(
            block["text"] for block in section["blocks"] if block.get("kind") in {"draft", "written"}
        )
        for section in model["sections"]
    }
    return {key: text for key, text in drafts.items() if text} | {"answer": model["answer"]}


def quarters_over(today: dt.date) -> list[str]:
    """The latest quarters that are over, the newest first."""
    count = today.year * 4 + (today.month - 1) // 3
    return [f"{n // 4}Q{n % 4 + 1}" for n in range(count - 1, count - 1 - N_QUARTERS, -1)]


def spoken(quarter: str) -> str:
    """2026Q3 as people write it: Q3 2026."""
    return f"{quarter[4:]} {quarter[:4]}"
