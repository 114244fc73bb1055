"""Old versions of an event type, read for ever: each step turns version n into n + 1.

A step is a plain function from payload to payload. The log keeps what was received; steps run when an
event is decoded and whenever the typed projection is rebuilt.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from warehouse.events.base import CATALOGUE, EventType

Step = Callable[[dict[str, Any]], dict[str, Any]]


def unchanged(data: dict[str, Any]) -> dict[str, Any]:
    """The newer version has one field more, which may be left out."""
    return data


UPCASTERS: dict[tuple[str, int], Step] = {
    ("followup.resource_shared", 1): unchanged,
    ("growth.feedback_given", 1): unchanged,
    ("participant.registered", 1): unchanged,
    ("survey.sent", 1): unchanged,
}


def is_still_current(name: str, version: int) -> bool:
    """Whether the newest version of a type would have written the same: it may only say more."""
    while (name, version) in UPCASTERS:
        if UPCASTERS[name, version] is not unchanged:
            return False
        version += 1
    return (name, version + 1) not in CATALOGUE


def upcast(name: str, version: int, data: dict[str, Any]) -> tuple[EventType, dict[str, Any]]:
    """The payload as the newest version of its type would have written it, and that version."""
    while (name, version) in UPCASTERS:
        data = UPCASTERS[name, version](dict(data))
        version += 1
    return CATALOGUE[name, version], data
