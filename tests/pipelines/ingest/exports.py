"""Makes the exports that are no text: workbooks and Slack's zip, with the quirks their tools have."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from typing import Any


def workbook(
    *sheets: tuple[str, list[list[Any]]], hidden: str | None = None, merged: str | None = None
) -> bytes:
    """An XLSX of some sheets; one may be hidden, and cells of the first merged."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        if title == hidden:
            sheet.sheet_state = "hidden"
    if merged:
        book.worksheets[0].merge_cells(merged)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


PEOPLE = [
    ["Mentoring programme, spring", None, None],
    ["Exported", dt.datetime(2026, 3, 1, 9, 0)],
    ["Employee ID", "Full Name", "E-mail", "Mentoring Role", "Start Date", "Time Zone", "Notes"],
    [731, "Ana Silva", "ana@example.org", "Mentee", dt.datetime(2026, 1, 5), "Europe/Lisbon", "=1+1"],
    ["00732", "Bo Ng", "bo@example.org", "Mentor", "2026-01-06", "", None],
    [None, None, None, None, None],
    ["00733", "Cy", "", "Mentor", dt.date(2026, 1, 7)],
]

USERS = [
    {"id": "U1", "name": "ana", "is_bot": False, "profile": {"real_name": "Ana", "email": "ana@example.org"}},
    {"id": "U2", "name": "bo", "is_bot": False, "profile": {"real_name": "Bo", "email": "Bo@Example.org"}},
    {"id": "U3", "name": "pm", "is_bot": False, "profile": {"email": "pm@example.org"}},
    {"id": "U9", "name": "nudge", "is_bot": True, "profile": {"bot_id": "B9"}},
]
ASKED_AT = 1770109200  # 2026-02-03T09:00:00Z


def said(user: str | None, after: int, text: str = "Confidential words", **more: Any) -> dict[str, Any]:
    """One message, some seconds after the first."""
    message = {"type": "message", "user": user, "text": text, "ts": f"{ASKED_AT + after}.000100", **more}
    return {key: value for key, value in message.items() if value is not None}


TALK = {
    "D1/2026-02-03.json": [
        said("U1", 0, thread_ts=f"{ASKED_AT}.000100", reply_count=1),
        said("U2", 3600, thread_ts=f"{ASKED_AT}.000100", parent_user_id="U1"),
        said("U9", 3700, subtype="bot_message", bot_id="B9"),
        said("U1", 3800, subtype="channel_topic", topic="Secret"),
    ],
    "D1/2026-02-04.json": [said("U2", 90000, files=[{"name": "secret.pdf", "title": "Secret"}])],
    "pair-room/2026-02-05.json": [said("U2", 180000), said(None, 180001, subtype="bot_message", bot_id="B9")],
    "general/2026-02-03.json": [said("U1", 10), said("U3", 11)],
}


def slack(talk: dict[str, list[dict[str, Any]]] | None = None, *, below: str = "", **lists: Any) -> bytes:
    """A Slack export; `below` is a folder it was packed in, `lists` replaces users, dms and so on."""
    contents: dict[str, Any] = {
        "users": USERS,
        "channels": [{"id": "C1", "name": "general", "members": ["U1", "U2", "U3"]}],
        "groups": [{"id": "G1", "name": "pair-room", "members": ["U1", "U2", "U9"]}],
        "dms": [{"id": "D1", "created": 1, "members": ["U1", "U2"]}],
        **lists,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            if content is not None:
                archive.writestr(f"{below}{name}.json", json.dumps(content))
        for name, messages in (TALK if talk is None else talk).items():
            archive.writestr(f"{below}{name}", json.dumps(messages))
    return out.getvalue()
