"""The event catalogue: fourteen families, one module each, one frozen dataclass per event type.

Importing this package fills `warehouse.events.base.CATALOGUE`. A new type needs a class here, a line in
CHANGELOG.md and nothing else: the codec, the log's columns and docs/events.md follow from it.
"""

from __future__ import annotations

from warehouse.events.catalogue import (
    exchange,
    followup,
    goal,
    growth,
    match,
    ops,
    outreach,
    participant,
    prep,
    program,
    relationship,
    search,
    session,
    survey,
)

FAMILIES = (
    program,
    participant,
    goal,
    search,
    outreach,
    match,
    relationship,
    session,
    prep,
    exchange,
    followup,
    growth,
    survey,
    ops,
)
