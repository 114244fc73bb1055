"""The planted answers follow from the definitions: worked out again, from the facts, by another hand.

The small judge below knows nothing of SQL or signals. It counts contact in two ways, once only what was
asked and answered, once every change of turn, and as of two days: no planted answer may depend on either.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from math import exp, log
from typing import get_args

import pytest

from pipelines.sample import PLANTED, Planted, planted_table
from pipelines.sample.days import Days
from pipelines.sample.diary import Fact
from pipelines.sample.program import tell
from warehouse.events.catalogue.relationship import EndReason

UNTILS = [
    dt.date(2026, 11, 24),
    dt.date(2026, 11, 28),
    dt.date(2026, 1, 9),
    dt.date(2025, 12, 27),
    dt.date(2025, 7, 1),
]
DAY = dt.timedelta(days=1)

ASKS = ("exchange.message_sent", "exchange.checkin_sent", "session.proposed", "session.rescheduled")
ANSWERABLE = (*ASKS, "exchange.async_update_sent")
TOUCHES = (
    *ANSWERABLE,
    "exchange.message_replied",
    "session.confirmed",
    "session.cancelled",
    "session.joined",
    "prep.agenda_shared",
    "followup.thanks_sent",
    "followup.resource_shared",
    "followup.advice_given",
    "followup.advice_reported_back",
)
BY_CLOCK = {
    "in_rhythm",
    "waiting",
    "suspected_ghosting",
    "presumed_ghosted",
    "stalled",
    "faded",
    "never_started",
}
"""States that follow from contact, turns and clocks alone."""

NOT_BY_CLOCK = {"pair-label-confirmed", "pair-too-early"}
STATES = BY_CLOCK | {
    "no_reply_to_outreach",
    "probably_finished",
    "delivery_problem",
    "resumed",
    "data_late",
    "no_contact_feed",
    "paused",
    "closing",
    "ended",
    "network",
    "proposed",
    "declined",
}
BANDS = {"on_track", "watch", "needs_check_in", "too_early", "paused", "closing", "ended"}


@dataclass(frozen=True)
class Touch:
    """One side turned to the other; a session is a touch of both."""

    at: dt.datetime
    side: str
    is_asking: bool
    is_answerable: bool


@cache
def book_until(until: dt.date) -> tuple[dict[str, list[Fact]], list[Fact]]:
    """The facts of each pair and those of no pair, without what was taken back."""
    book, _ = tell(Days(until), 7)
    retracted = {
        fact.payload["retracted_id"] for fact in book.facts if fact.event_type == "ops.event_retracted"
    }
    by_pair: dict[str, list[Fact]] = {}
    for fact in sorted(book.facts, key=lambda fact: fact.at):
        if fact.id not in retracted:
            by_pair.setdefault(fact.pair_id or "", []).append(fact)
    return by_pair, by_pair.pop("")


def span(starts_on: str, ends_on: str) -> set[dt.date]:
    start, end = dt.date.fromisoformat(starts_on), dt.date.fromisoformat(ends_on)
    return {start + n * DAY for n in range((end - start).days + 1)}


class Judge:
    """One pair as of one date."""

    def __init__(self, until: dt.date, pair_id: str, as_of: dt.date, is_loose: bool) -> None:
        by_pair, others = book_until(until)
        self.facts, self.as_of = by_pair[pair_id], as_of
        self.people = {self._side(fact): fact.actor_id for fact in self.facts}
        breaks = [fact.payload for fact in others if fact.event_type == "program.break_declared"]
        self.breaks = set().union(*(span(each["starts_on"], each["ends_on"]) for each in breaks))
        self.away = {side: self._leave(side, others) for side in ("mentee", "mentor")}
        self.touches = [touch for fact in self.facts for touch in self._touches(fact)]
        self.contacts = sorted(self._loose() if is_loose else self._strict())

    def _side(self, fact: Fact) -> str | None:
        accepted = [each.payload for each in self.facts if each.event_type == "match.accepted"]
        if accepted and fact.actor_id == accepted[0]["mentor_id"]:
            return "mentor"
        if accepted and fact.actor_id == accepted[0]["mentee_id"]:
            return "mentee"
        return None

    def _leave(self, side: str, others: list[Fact]) -> set[dt.date]:
        leaves = [
            fact.payload
            for fact in others
            if fact.event_type == "participant.availability_declared"
            and fact.payload["kind"] == "leave"
            and fact.payload["person_id"] == self.people.get(side)
        ]
        return set().union(*(span(each["starts_on"], each["ends_on"]) for each in leaves))

    def _touches(self, fact: Fact) -> list[Touch]:
        if fact.event_type == "session.held":
            return [Touch(fact.at, side, False, False) for side in ("mentee", "mentor")]
        side = self._side(fact)
        if side is None or fact.event_type not in TOUCHES:
            return []
        return [Touch(fact.at, side, fact.event_type in ASKS, fact.event_type in ANSWERABLE)]

    def _held(self) -> set[dt.date]:
        return {fact.at.date() for fact in self.facts if fact.event_type == "session.held"}

    def _strict(self) -> set[dt.date]:
        answers = set()
        for touch in self.touches:
            later = [each.at for each in self.touches if each.at > touch.at and each.side != touch.side]
            if touch.is_answerable and later:
                answers.add(min(later).date())
        return self._held() | answers

    def _loose(self) -> set[dt.date]:
        turns = zip(self.touches, self.touches[1:], strict=False)
        return self._held() | {
            after.at.date() for before, after in turns if before.side != after.side and before.at < after.at
        }

    def active_days(self, since: dt.date, until: dt.date, *sides: str) -> int:
        off = self.breaks.union(*(self.away[side] for side in sides))
        return sum(since + n * DAY not in off for n in range(1, (until - since).days + 1))

    @property
    def tau(self) -> float:
        agreed = [
            f.payload["cadence_days"] for f in self.facts if f.event_type == "relationship.cadence_agreed"
        ]
        steps = list(zip(self.contacts, self.contacts[1:], strict=False))[-6:]
        gaps = [max(1, self.active_days(a, b, "mentee", "mentor")) for a, b in steps]
        prior = agreed[-1] if agreed else 30
        tau = exp((3 * log(prior) + sum(map(log, gaps))) / (3 + len(gaps)))
        return min(120.0, max(7.0, tau))

    @property
    def accepted_on(self) -> dt.date:
        return max(fact.at.date() for fact in self.facts if fact.event_type == "match.accepted")

    @property
    def silence_days(self) -> int:
        last = self.contacts[-1] if self.contacts else self.accepted_on
        return self.active_days(last, self.as_of, "mentee", "mentor")

    @property
    def rho(self) -> float:
        ratio = self.silence_days / self.tau
        return min(1.0, ratio) if self._is_session_near() else ratio

    def _is_session_near(self) -> bool:
        starts = [
            dt.date.fromisoformat(fact.payload["starts_at"][:10])
            for fact in self.facts
            if fact.event_type == "session.confirmed"
        ]
        return any(0 < (start - self.as_of).days <= 1.5 * self.tau for start in starts)

    def owed(self, side: str) -> list[Touch]:
        """Acts of the other side that this side has not answered: turns it owes."""
        last = max((touch.at for touch in self.touches if touch.side == side), default=None)
        return [
            touch
            for touch in self.touches
            if touch.is_asking and touch.side != side and (last is None or touch.at >= last)
        ]

    def state_of(self, side: str) -> str | None:
        """What the turns owed by one side amount to."""
        owed = self.owed(side)
        if not owed or self.as_of in self.away[side]:
            return None
        waiting_days = self.active_days(owed[0].at.date(), self.as_of, side)
        is_old = waiting_days >= max(7, 0.5 * self.tau)
        if len({touch.at.date() for touch in owed}) >= 2 and is_old and self.rho >= 1.5:
            return "presumed_ghosted" if self._is_gone(side) else "suspected_ghosting"
        return "waiting" if waiting_days > min(7, 0.5 * self.tau) else None

    def _is_gone(self, side: str) -> bool:
        last = max(touch.at for touch in self.touches if touch.side == side)
        silent = self.active_days(last.date(), self.as_of, side) >= max(28, 3 * self.tau)
        nudges = [f.at for f in self.facts if f.event_type == "ops.nudge_sent" and f.payload["party"] == side]
        nudged = [at for at in nudges if at > last and self.active_days(at.date(), self.as_of, side) >= 14]
        missed = [
            f.at
            for f in self.facts
            if f.event_type == "session.no_show" and f.payload["party"] == side and f.at > last
        ]
        twice = len(missed) >= 2 and self.active_days(max(missed).date(), self.as_of, side) >= 14
        return silent or bool(nudged) or twice

    def verdict(self) -> tuple[str, str | None]:
        """State and who is waited for, by the clocks alone."""
        if not self.contacts:
            return "never_started", None
        found = {side: self.state_of(side) for side in ("mentee", "mentor")}
        for state in ("presumed_ghosted", "suspected_ghosting", "waiting"):
            sides = [side for side in found if found[side] == state]
            if sides:
                return state, sides[0] if len(sides) == 1 else "both"
        is_away = any(self.as_of in days for days in self.away.values())
        if self.rho >= 2 and not is_away and not self.owed("mentee") and not self.owed("mentor"):
            return ("faded" if self.rho >= 4 and self.silence_days >= 60 else "stalled"), None
        return "in_rhythm", None


def clocked() -> list[Planted]:
    """The planted pairs whose state is a matter of clocks alone."""
    found = [
        each for each in PLANTED if each.expected["state"] in BY_CLOCK and each.pair_id not in NOT_BY_CLOCK
    ]
    assert len(found) > 10
    return found


@pytest.mark.parametrize("until", UNTILS, ids=str)
@pytest.mark.parametrize("is_loose", [False, True], ids=["asked-and-answered", "any-turn"])
@pytest.mark.parametrize("days_later", [0, 2])
def test_a_planted_state_follows_from_the_clocks(until: dt.date, is_loose: bool, days_later: int) -> None:
    for planted in clocked():
        judge = Judge(until, planted.pair_id, until + days_later * DAY, is_loose)
        told = (planted.expected["state"], planted.expected["waiting_on"])
        assert judge.verdict() == told, planted.pair_id


@pytest.mark.parametrize("until", UNTILS, ids=str)
@pytest.mark.parametrize("days_later", [0, 2])
def test_a_planted_band_is_not_against_its_silence(until: dt.date, days_later: int) -> None:
    for planted in clocked():
        rho = Judge(until, planted.pair_id, until + days_later * DAY, is_loose=False).rho
        band = planted.expected.get("band")
        if band == "on_track":
            assert rho < 1.5, planted.pair_id
        if band == "watch":
            assert 1.5 < rho < 2, planted.pair_id
        if planted.expected["state"] in ("stalled", "faded"):
            assert rho > 2.2, planted.pair_id


@pytest.mark.parametrize("until", UNTILS, ids=str)
def test_meeting_days_alone_give_a_metronome_its_own_rhythm(until: dt.date) -> None:
    assert Judge(until, "pair-on-track", until, is_loose=True).tau == pytest.approx(7)
    assert Judge(until, "pair-on-track-60-days", until, is_loose=True).tau == pytest.approx(60)
    assert Judge(until, "pair-stalled", until, is_loose=True).rho == pytest.approx(36 / 14, abs=0.1)


def test_every_state_and_every_band_has_a_planted_pair() -> None:
    assert {planted.expected["state"] for planted in PLANTED} == STATES
    assert {planted.expected["band"] for planted in PLANTED if "band" in planted.expected} == BANDS


def test_every_end_reason_has_a_planted_pair() -> None:
    reasons = [planted.expected["end_reason"] for planted in PLANTED if "end_reason" in planted.expected]
    assert sorted(reasons) == sorted(get_args(EndReason))


def test_a_natural_end_is_a_success_and_a_time_out_never_is() -> None:
    success = {
        p.expected["end_reason"]: p.expected.get("is_success") for p in PLANTED if "end_reason" in p.expected
    }
    assert [reason for reason, is_success in success.items() if is_success] == [
        "goals_met",
        "term_completed",
        "needs_evolved",
        "moved_to_network",
    ]
    by_time_out = next(planted for planted in PLANTED if planted.pair_id == "pair-ended-auto-closed")
    assert by_time_out.expected["is_success"] is False


def test_planted_pairs_have_names_of_their_own_and_a_story() -> None:
    ids = [planted.pair_id for planted in PLANTED]
    assert len(set(ids)) == len(ids)
    assert all(planted.story.endswith(".") and "\n" not in planted.story for planted in PLANTED)
    by_pair, _ = book_until(UNTILS[0])
    assert set(ids) <= by_pair.keys()


def test_nobody_of_a_planted_pair_is_in_another_pair() -> None:
    by_pair, _ = book_until(UNTILS[0])
    planted = {each.pair_id for each in PLANTED}
    pairs_of: dict[str, set[str]] = {}
    for pair_id, facts in by_pair.items():
        for fact in facts:
            if fact.actor_role in ("mentor", "mentee", "peer") and fact.actor_id:
                pairs_of.setdefault(fact.actor_id, set()).add(pair_id)
    assert not [pairs for pairs in pairs_of.values() if pairs & planted and len(pairs) > 1]


def test_the_table_of_planted_pairs_names_each_of_them() -> None:
    table = planted_table()
    assert all(f"| `{planted.pair_id}` |" in table for planted in PLANTED)
    assert len(table.splitlines()) == len(PLANTED) + 2
