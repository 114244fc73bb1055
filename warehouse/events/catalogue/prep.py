"""Prep: getting ready for a session."""

from __future__ import annotations

from warehouse.events.base import Annotated, Count, Hours, Id, Party, event, note


@event("prep.agenda_shared")
class PrepAgendaShared:
    """A side sent the agenda; the habit to aim for is 24 hours ahead."""

    session_id: Id
    hours_before: Annotated[Hours, note("hours before the session's start")]
    by_party: Party | None = None


@event("prep.questions_prepared")
class PrepQuestionsPrepared:
    """The mentee wrote down open questions; three to five are a good number."""

    session_id: Id
    n_questions: Count


@event("prep.notes_kept")
class PrepNotesKept:
    """Somebody kept notes; only the fact is recorded."""

    session_id: Id
    by_party: Party | None = None
