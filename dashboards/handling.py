"""What was decided about alerts, as of this very moment: the publication's answer and what was done since.

A decision is kept in the operational store and shows at once; the log has it with the next build. Here the
two are laid over each other. Doing that twice changes nothing, so nobody has to know which is the case.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from dashboards import data
from dashboards.data import Row
from dashboards.screen import Scene, setting
from warehouse.actions import SOURCE, Action, Alert, standing
from warehouse.events.codec import event_id

DECIDES = {
    "ops.alert_acknowledged": "acknowledged",
    "ops.alert_snoozed": "snoozed",
    "ops.alert_dismissed": "dismissed",
}


@dataclass(frozen=True)
class Handling:
    """The last decision about a pair's alert; a quiet pair is off the list until `until_on`."""

    kind: str
    until_on: dt.date | None
    is_quiet: bool


@dataclass(frozen=True)
class Handlings:
    """All of them by pair; `woken` are pairs that the publication still keeps off its list."""

    by_pair: Mapping[str, Handling]
    woken: tuple[str, ...]

    @property
    def quiet(self) -> tuple[str, ...]:
        """The pairs that are off the list."""
        return tuple(pair_id for pair_id, handling in self.by_pair.items() if handling.is_quiet)


def handlings(scene: Scene) -> Handlings:
    """The decisions that stand, seen from a scene: of a past day those that were known then."""
    published = data.handlings(scene.publication)
    recent = [] if scene.is_past else setting().actions.since(scene.run["known_at"])
    undone = {str(event_id(SOURCE, action.takes_back)) for action in recent if action.takes_back}
    found = {row["pair_id"]: _published(row) for row in published if str(row["event_id"]) not in undone}
    decided = [action for action in standing(recent) if action.event in DECIDES]
    reasons = data.foremost_reasons(scene.publication, sorted({action.pair_id for action in decided}))
    for action in decided:
        if (reason := reasons.get(action.pair_id)) is not None:  # else it is not the caller's to see
            found[action.pair_id] = _decided(action, reason, scene.run)
    woken = [
        row["pair_id"]
        for row in published
        if row["is_quiet"] and not (row["pair_id"] in found and found[row["pair_id"]].is_quiet)
    ]
    return Handlings(found, tuple(woken))


def alert_of(reason: Row) -> Alert:
    """The alert that a pair's foremost reason is."""
    return Alert(reason["pair_id"], reason["code"], reason["since_on"])


def _published(row: Row) -> Handling:
    return Handling(row["handling"], row["until_on"], row["is_quiet"])


def _decided(action: Action, reason: Row, run: Row) -> Handling:
    kind, until_on = DECIDES[action.event], None
    if kind == "snoozed":
        until_on = dt.date.fromisoformat(action.data["until_on"])
    elif kind == "dismissed":
        until_on = (action.happened_at + dt.timedelta(days=run["dismissed_days"])).date()
    is_same = action.data["alert_id"] == alert_of(reason).alert_id
    is_quiet = is_same and until_on is not None and run["as_of"].date() < until_on
    return Handling(kind, until_on, is_quiet)
