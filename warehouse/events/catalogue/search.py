"""Search: where mentors were looked for."""

from __future__ import annotations

from warehouse.events.base import Annotated, Id, Literal, Word, event, note


@event("search.source_recorded")
class SearchSourceRecorded:
    """Where a mentee found, or looked for, a mentor."""

    channel_source: Literal[
        "internal_directory", "alumni", "association", "event", "platform", "social", "network"
    ]
    platform: Annotated[Word, note("which platform, when the source is one")] | None = None
    gathering_id: Annotated[Id, note("which conference, webinar or workshop")] | None = None
