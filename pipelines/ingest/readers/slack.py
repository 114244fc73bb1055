"""A Slack export, a zip or its folder: who wrote to whom and when; no text, no file, no reaction is kept.

The export holds users.json, lists of conversations, and a folder of day files for each conversation. A
conversation of two people is a pair's; what is said before more of them is said to nobody in particular.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from pipelines.ingest.readers.zips import Files, JsonFolder, open_zip, unzipped
from warehouse.errors import FileRefused

TWO = 2
LISTS = ("channels.json", "groups.json", "dms.json", "mpims.json")
_HUMAN_SUBTYPES = frozenset({"", "file_share", "me_message", "thread_broadcast", "reply_broadcast"})
"""Messages that a person wrote; every other subtype is a notice of Slack's."""


@dataclass(frozen=True, slots=True)
class _Workspace:
    """Users by id, by what they are named (their address, else their id), who are bots, and conversations."""

    called: dict[str, str]
    bots: frozenset[str]
    members: dict[str, frozenset[str]]


def slack_lines(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """One line a message, in the order of conversations and days.

    Keys: id, at, kind (message, reply, crowd, bot, system), from, to, thread. Refuses with the reasons of
    `open_zip` and with `slack.no_export` where the zip is another one.
    """
    with open_zip(file.read()) as archive:
        yield from _lines(archive)


def slack_folder_lines(folder: Path) -> Iterator[dict[str, Any]]:
    """The same of an export that was unpacked."""
    return _lines(JsonFolder(folder))


def is_export_folder(path: Path) -> bool:
    """Whether a folder is an export that was unpacked."""
    return path.is_dir() and all(
        any((path / name).is_file() for name in names) for names in (("users.json",), LISTS)
    )


def _lines(archive: Files) -> Iterator[dict[str, Any]]:
    top = _top(archive)
    workspace = _workspace(archive, top)
    for name in sorted(archive.namelist()):
        folder = PurePosixPath(name).parent
        if PurePosixPath(name).suffix == ".json" and folder.parent == top and folder != top:
            yield from _day(_json(archive, name), folder.name, workspace)


def _top(archive: Files) -> PurePosixPath:
    """The folder that holds users.json: the zip's own, or the one that was packed."""
    found = [
        PurePosixPath(name).parent for name in archive.namelist() if PurePosixPath(name).name == "users.json"
    ]
    if not found:
        raise FileRefused("slack.no_export", "the zip holds no users.json: is it a Slack export?")
    return min(found, key=lambda folder: len(folder.parts))


def _workspace(archive: Files, top: PurePosixPath) -> _Workspace:
    users = [
        user for user in _json(archive, str(top / "users.json")) if isinstance(user, dict) and "id" in user
    ]
    bots = frozenset(user["id"] for user in users if user.get("is_bot") or user["id"] == "USLACKBOT")
    called = {user["id"]: str((user.get("profile") or {}).get("email") or user["id"]) for user in users}
    members: dict[str, frozenset[str]] = {}
    for name in LISTS:
        if str(top / name) in archive.namelist():
            for one in _json(archive, str(top / name)):
                who = frozenset(one.get("members") or ()) - bots
                members |= {str(key): who for key in (one.get("id"), one.get("name")) if key}
    return _Workspace(called, bots, members)


def _day(messages: list[Any], conversation: str, workspace: _Workspace) -> Iterator[dict[str, Any]]:
    members = workspace.members.get(conversation, frozenset())
    for message in messages:
        if isinstance(message, dict) and message.get("type", "message") == "message":
            yield _line(message, conversation, members, workspace)


def _line(
    message: dict[str, Any], conversation: str, members: frozenset[str], workspace: _Workspace
) -> dict[str, Any]:
    sender = str(message.get("user") or "")
    ts = str(message.get("ts") or "")
    others = members - {sender}
    line = {
        "id": f"{conversation}-{ts}",
        "at": _instant(ts),
        "kind": _kind(message, sender, members, workspace),
        "from": workspace.called.get(sender, sender),
    }
    if len(members) == TWO and len(others) == 1:
        (other,) = others
        line["to"] = workspace.called.get(other, other)
    if line["kind"] == "reply":
        line["thread"] = f"{conversation}-{message['thread_ts']}"
    return line


def _kind(message: dict[str, Any], sender: str, members: frozenset[str], workspace: _Workspace) -> str:
    if message.get("bot_id") or message.get("subtype") == "bot_message" or sender in workspace.bots:
        return "bot"
    if (message.get("subtype") or "") not in _HUMAN_SUBTYPES or not sender:
        return "system"
    if len(members) != TWO or sender not in members:
        return "crowd"
    begun_by = message.get("parent_user_id")
    is_answer = message.get("thread_ts") not in (None, message.get("ts")) and begun_by in members - {sender}
    return "reply" if is_answer else "message"


def _instant(ts: str) -> str:
    """Slack's seconds since 1970 with microseconds, as RFC 3339; empty where they are none."""
    seconds, _, micros = ts.partition(".")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 12):
        return ""
    whole = dt.datetime.fromtimestamp(int(seconds), dt.UTC)
    fraction = int(micros[:6].ljust(6, "0")) if micros.isascii() and micros.isdigit() else 0
    return whole.replace(microsecond=fraction).isoformat()


def _json(archive: Files, name: str) -> list[Any]:
    try:
        content = json.loads(unzipped(archive, name))
    except KeyError:
        raise FileRefused("slack.no_export", "a list of the export is missing: export it again") from None
    except (ValueError, RecursionError):
        raise FileRefused("slack.damaged", "a file of the export is no JSON: export it again") from None
    if not isinstance(content, list):
        raise FileRefused("slack.damaged", "a file of the export is no list: is it a Slack export?")
    return content
