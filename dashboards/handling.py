"""What was decided about alerts, as of this very moment: the publication's answer and what was done since.

A decision is kept in the operational store and shows at once; the log has it with the next build. Here the
two are laid over each other. Doing that twice changes nothing, so nobody has to know which is the case.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboards import data
from dashboards.access import caller
from dashboards.data.publication import Publication, Row
from dashboards.data.watchlist import Beside
from dashboards.screen import Scene, setting
from warehouse.actions import SOURCE, Action, Alert, standing
from warehouse.events.codec import event_id
from warehouse.owning import takers

TAKEN = "acknowledged"
DECIDES = {
    "ops.alert_acknowledged": TAKEN,
    "ops.alert_snoozed": "snoozed",
    "ops.alert_dismissed": "dismissed",
}


@dataclass(frozen=True)
class Handling:
    """The last decision about a pair's alert, and the account of whoever made it; empty where nobody knows.

    A current one is about the alert that the pair has now; a quiet pair is off the list until `until_on`.
    """

    kind: str
    until_on: dt.date | None
    is_current: bool
    is_quiet: bool
    by: str

    @property
    def is_taken(self) -> bool:
        """Whether somebody has taken on the alert that the pair has now."""
        return self.kind == TAKEN and self.is_current

    @property
    def is_mine(self) -> bool:
        """Whether the caller made it."""
        return self.by == caller().account_id


@dataclass(frozen=True)
class Handlings:
    """Which pairs are off the list, and what was decided about any.

    `recent` is newer than the publication, and events in `undone` no longer count; `takers` are the accounts
    by whose events alerts were taken on. `quiet` pairs are off the list; `woken` ones are on it again, though
    the publication still keeps them off.
    """

    publication: Publication
    recent: Mapping[str, Handling]
    undone: frozenset[str]
    takers: Mapping[str, str]
    quiet: tuple[str, ...]
    woken: tuple[str, ...]

    def of(self, pair_ids: Sequence[str]) -> dict[str, Handling]:
        """The decisions that stand about some pairs, by pair."""
        found = self._standing(data.watchlist.handlings(self.publication, pair_ids))
        return {pair_id: found[pair_id] for pair_id in pair_ids if pair_id in found}

    def taken(self) -> dict[str, Handling]:
        """The pairs whose alert somebody has taken on, with that decision."""
        found = self._standing(data.watchlist.taken_on(self.publication))
        return {pair_id: handling for pair_id, handling in found.items() if handling.is_taken}

    def beside(self, people: Sequence[str]) -> Beside:
        """What a list rests on beside the tables; `people` are those whose names are looked for."""
        taken = self.taken()
        mine = [pair_id for pair_id, handling in taken.items() if handling.is_mine]
        return Beside(people, self.quiet, self.woken, list(taken), mine)

    def _standing(self, published: Sequence[Row]) -> dict[str, Handling]:
        """What the publication says, as far as it still counts, under what was decided since."""
        found = {
            row["pair_id"]: Handling(
                row["handling"],
                row["until_on"],
                row["is_current"],
                row["is_quiet"],
                self.takers.get(row["event_id"], ""),
            )
            for row in published
            if row["event_id"] not in self.undone
        }
        return {**found, **self.recent}


def handlings(scene: Scene) -> Handlings:
    """The decisions that stand, seen from a scene: of a past day those that were known then."""
    actions = [] if scene.is_past else setting().actions.since(scene.run["known_at"])
    undone = frozenset(str(event_id(SOURCE, action.takes_back)) for action in actions if action.takes_back)
    decided = [action for action in standing(actions) if action.event in DECIDES]
    reasons = data.pair.foremost_reasons(scene.publication, sorted({action.pair_id for action in decided}))
    recent = {
        action.pair_id: _decided(action, reasons[action.pair_id], scene.run)
        for action in decided
        if action.pair_id in reasons  # else it is not the caller's to see
    }
    published = data.watchlist.quiet_handlings(scene.publication)
    still = {row["pair_id"] for row in published if row["event_id"] not in undone} - recent.keys()
    quiet = still | {pair_id for pair_id, handling in recent.items() if handling.is_quiet}
    woken = {row["pair_id"] for row in published} - quiet
    found = takers(setting().actions)
    return Handlings(scene.publication, recent, undone, found, tuple(sorted(quiet)), tuple(sorted(woken)))


def alert_of(reason: Row) -> Alert:
    """The alert that a pair's foremost reason is."""
    return Alert(reason["pair_id"], reason["code"], reason["since_on"])


def _decided(action: Action, reason: Row, run: Row) -> Handling:
    kind, until_on = DECIDES[action.event], None
    if kind == "snoozed":
        until_on = dt.date.fromisoformat(action.data["until_on"])
    elif kind == "dismissed":
        until_on = (action.happened_at + dt.timedelta(days=run["dismissed_days"])).date()
    is_same = action.data["alert_id"] == alert_of(reason).alert_id
    is_quiet = is_same and until_on is not None and run["as_of"].date() < until_on
    return Handling(kind, until_on, is_same, is_quiet, action.account_id)
