"""Which kinds of contact a reason rests on: where the source of one is late, the reason may be wrong."""

from __future__ import annotations

from collections.abc import Mapping

ALL = ("session", "exchange", "practice")
"""What a silence is broken by."""

RESTS_ON: Mapping[str, tuple[str, ...]] = {
    "never_started": ALL,
    "probably_finished": ALL,
    "presumed_ghosted": ALL,
    "suspected_ghosting": ALL,
    "faded": ALL,
    "stalled": ALL,
    "waiting": ALL,
    "unanswered": ALL,
    "long_silence": ALL,
    "in_rhythm": ALL,
    "resumed": ALL,
    "low_score": ALL,
    "score_fell": ALL,
    "renegotiate_cadence": ALL,
    "agree_cadence": ALL,
    "delivery_problem": ("exchange",),
    "no_shows": ("session",),
    "time_constraint": ("session",),
    "session_confirmed": ("session",),
}
"""Code of a reason or a state -> kinds of contact; the others rest on what people say or on dates."""
