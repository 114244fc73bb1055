"""What must hold between the fields of one event, beyond the type of each.

One function per rule; `RULES` says which event types it applies to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from warehouse.errors import EventRejected


def two_people(data: dict[str, Any]) -> None:
    """A mentor cannot be their own mentee."""
    if data.get("mentor_id") is not None and data.get("mentor_id") == data.get("mentee_id"):
        raise EventRejected("domain.self_pair", "mentor_id", "mentor and mentee are the same person")


def ordered_dates(data: dict[str, Any]) -> None:
    """What starts must start before it ends."""
    starts, ends = data.get("starts_on"), data.get("ends_on")
    if starts is not None and ends is not None and ends < starts:
        raise EventRejected("domain.interval", "ends_on", f"{ends} is before {starts}")


def score_on_scale(data: dict[str, Any]) -> None:
    """An answer lies on its own scale."""
    top = data.get("score_max", 5)
    if not 1 <= data["score"] <= top:
        raise EventRejected("field.range", "score", f"{data['score']} is not between 1 and {top}")


def auto_close_is_no_success(data: dict[str, Any]) -> None:
    """A relationship closed by a time-out cannot claim a success."""
    if data.get("is_auto_closed") and data["end_reason"] in SUCCESSES:
        raise EventRejected("domain.auto_close", "end_reason", "closed by a time-out, so no success")


SUCCESSES = frozenset({"goals_met", "term_completed", "needs_evolved", "moved_to_network"})
"""End reasons that are a natural end: the relationship did what it was for (definitions 6.4)."""

RULES: dict[str, tuple[Callable[[dict[str, Any]], None], ...]] = {
    "match.accepted": (two_people,),
    "match.proposed": (two_people,),
    "participant.availability_declared": (ordered_dates,),
    "program.break_declared": (ordered_dates,),
    "program.term_opened": (ordered_dates,),
    "relationship.ended": (auto_close_is_no_success,),
    "survey.answered": (score_on_scale,),
    "growth.feedback_received_ok": (score_on_scale,),
}
