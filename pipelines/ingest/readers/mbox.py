"""E-mail headers out of an mbox file: who wrote to whom and when, as lines.

Bodies are passed over line by line and never kept; neither are subjects and names. What goes to many at once
is a broadcast, what a machine sent is marked so.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any, BinaryIO

from warehouse.errors import FileRefused

MAX_HEADERS = 256 << 10
MAX_LINE = 1 << 20
MAX_ADDRESSED = 5
"""Up to so many people are written to; more of them are a mailing."""

_BEGIN = re.compile(rb"From (?:\S+ +)?.*\d{1,2}:\d{2}")
_MESSAGE_ID = re.compile(r"<([^<>\s]+)>")
_BULK = frozenset({"bulk", "list", "junk", "auto_reply"})


def mbox_lines(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """One line a message, in the order of the file.

    Keys: id, at, kind (message, reply, crowd, auto, failed), from, to (a list), reply_to, n_recipients.
    Refuses with `mbox.no_messages` what does not begin as an mbox file does.
    """
    lines = [_line(message) for message in _headers(file)]
    wrote = {line["id"]: line["from"] for line in lines}
    for line in lines:
        # An answer is one to a message of somebody else that we have seen: else it is another message.
        begun_by = wrote.get(line.get("reply_to", ""))
        if (
            line["kind"] == "message"
            and begun_by is not None
            and begun_by != line["from"]
            and begun_by in line["to"]
        ):
            line["kind"] = "reply"
        yield line


def _headers(file: BinaryIO) -> Iterator[Message]:
    """The headers of each message; a body ends where a line begins the next message after an empty one."""
    file.seek(0)
    held: list[bytes] | None = None
    size, is_after_empty, is_in_head = 0, True, False
    while line := file.readline(MAX_LINE):
        if is_after_empty and not is_in_head and _BEGIN.match(line):
            if held is not None:
                yield _parsed(held)
            held, size, is_in_head = [], 0, True
        elif held is None:
            if line.strip():
                raise FileRefused(
                    "mbox.no_messages", "the file does not begin with a From line: is it an mbox file?"
                )
        elif is_in_head:
            size += len(line)
            is_in_head = bool(line.strip())
            if is_in_head and size <= MAX_HEADERS:
                held.append(line)
        is_after_empty = not line.strip()
    if held is None:
        raise FileRefused("mbox.no_messages", "the file holds no messages: was the export stopped?")
    yield _parsed(held)


def _parsed(lines: list[bytes]) -> Message:
    return BytesHeaderParser().parsebytes(b"".join(lines))


def _line(message: Message) -> dict[str, Any]:
    sender = next(iter(_addresses(message, "From", "Sender")), "")
    to = [address for address in _addresses(message, "To", "Cc", "Bcc") if address != sender]
    failed = _addresses(message, "X-Failed-Recipients")
    at = _instant(message)
    line: dict[str, Any] = {
        "id": _id(_told(message, "Message-ID") or f"{at} {sender} {to}"),
        "at": at,
        "kind": _kind(message, len(to)),
        "from": sender,
        "to": to,
        "n_recipients": len(to),
    }
    if failed and to:
        line |= {"kind": "failed", "from": to[0], "to": failed}
    if reply_to := _answered(message):
        line["reply_to"] = reply_to
    return line


def _kind(message: Message, n_recipients: int) -> str:
    said = {name: _told(message, name).lower() for name in ("Auto-Submitted", "Precedence", "Content-Type")}
    is_auto = (
        said["Auto-Submitted"] not in ("", "no")
        or said["Precedence"] in _BULK
        or said["Content-Type"].startswith(("multipart/report", "text/calendar"))
        or any(message.get(name) is not None for name in ("List-Id", "List-Unsubscribe", "X-Autoreply"))
    )
    if is_auto:
        return "auto"
    return "crowd" if n_recipients > MAX_ADDRESSED else "message"


def _addresses(message: Message, *names: str) -> list[str]:
    """The bare addresses in some headers, in lower case, each once; names are dropped here."""
    told = [_decoded(value) for name in names for value in message.get_all(name, [])]
    found = (address.strip().lower() for _, address in getaddresses(told))
    return list(dict.fromkeys(address for address in found if "@" in address))


def _told(message: Message, name: str) -> str:
    return _decoded(message.get(name, "")).strip()


def _decoded(value: Any) -> str:
    text = str(value).replace("\r", " ").replace("\n", " ")
    try:
        return str(make_header(decode_header(text)))
    except (MessageError, LookupError, ValueError):
        return text


def _answered(message: Message) -> str | None:
    """The id of the message this one answers: the first of In-Reply-To, else the last of References."""
    direct = _MESSAGE_ID.findall(_told(message, "In-Reply-To"))
    before = _MESSAGE_ID.findall(_told(message, "References"))
    answered = direct[0] if direct else before[-1] if before else None
    return None if answered is None else _id(f"<{answered}>")


def _id(text: str) -> str:
    """A message's own id, hashed: it may hold any character, and an address."""
    found = _MESSAGE_ID.search(text)
    return "m-" + hashlib.sha256((found[1] if found else text).encode()).hexdigest()[:32]


def _instant(message: Message) -> str:
    """The date header in RFC 3339; empty where it is none. `-0000` says a time in UTC."""
    try:
        at = parsedate_to_datetime(_told(message, "Date"))
    except (TypeError, ValueError, IndexError):
        return ""
    return (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).isoformat()
