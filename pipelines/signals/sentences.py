"""Sentences: each kind of reason in words a program manager can act on.

A sentence says who, what and since when, against what is usual for this pair. It never blames: a silent
person "has not answered", a message that did not arrive is a data problem, a natural end is a success.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipelines.signals.states import RATING_MAX
from warehouse.policy import Policy
from warehouse.words import BAND

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SUCCESSES = ("goals_met", "term_completed", "needs_evolved", "moved_to_network")
SIDE_WORDS = {"mentor": "Mentor", "mentee": "Mentee", "both": "Both sides"}
PEER_WORDS = {"mentor": "Second peer", "mentee": "First peer", "both": "Both peers"}
COMPONENT_WORDS = {
    "cadence": "keeping the rhythm",
    "responsiveness": "answering each other",
    "reliability": "reliability and preparation",
    "felt_quality": "how it feels to the two",
    "progress": "progress of goals and advice",
    "growth": "introductions, advocacy and stretch",
}


TEXT_READ = dict.fromkeys(
    (
        "state",
        "band_raw",
        "waiting_on",
        "owed_by",
        "weakest",
        "end_reason",
        "fit_side",
        "leave_side",
        "no_show_side",
    ),
    "object",
)
READ = (
    *TEXT_READ,
    "is_peer", "is_labelled", "is_auto_closed", "is_outreach_bounced",
    "silence_days", "tau_days", "agreed_days", "gap_1", "age_days", "n_contacts", "coverage", "health",
    "health_fall",
    "owed_n", "owed_days", "silent_days", "checkin_days", "no_show_streak", "push_streak", "asked_days",
    "n_goals", "n_goals_done", "last_rating", "last_gap_days", "not_started_days",
    "owed_since", "accepted_at", "last_contact_at", "outreach_sent_at", "proposed_at", "declined_at",
    "closing_since", "ended_at", "network_at", "next_session_at", "label_at",
)  # fmt: skip
"""The facts that sentences speak of; texts as plain objects, which are ten times faster to walk over."""


@dataclass(frozen=True)
class Teller:
    """One sentence per kind of reason: each method is named by the code of what it tells."""

    as_of: dt.datetime
    policy: Policy

    def safety_flag(self, pair: Any) -> str:
        return "A participant asked the program for help: an open safety flag."

    def too_early(self, pair: Any) -> str:
        if pair.age_days < self.policy.too_early_days and pair.n_contacts < self.policy.too_early_contacts:
            begun = (
                "no contact yet" if pair.n_contacts == 0 else f"{_count(pair.n_contacts, 'contact')} so far"
            )
            return f"Too early to tell: accepted {self._ago(pair.age_days)}, {begun}."
        return f"Too little is known: only {pair.coverage:.0%} of what a judgement needs is on record."

    def network(self, pair: Any) -> str:
        return f"In touch without a program since {self._day(pair.network_at)}: no clock runs."

    def ended(self, pair: Any) -> str:
        if pair.end_reason in SUCCESSES and not pair.is_auto_closed:
            return f"Came to its natural end on {self._day(pair.ended_at)}: a success."
        how = "Closed by a time-out" if pair.is_auto_closed else "Ended"
        return f"{how} on {self._day(pair.ended_at)}."

    def declined(self, pair: Any) -> str:
        return f"The proposal was declined on {self._day(pair.declined_at)}."

    def closing(self, pair: Any) -> str:
        return f"Coming to its end since {self._day(pair.closing_since)}."

    def paused(self, pair: Any) -> str:
        return "Paused by agreement: the clock stands still."

    def no_contact_feed(self, pair: Any) -> str:
        return (
            "No contact was recorded for any pair of this cohort: connect a calendar, meeting or message "
            "feed before judging."
        )

    def data_late(self, pair: Any) -> str:
        return "The contact feed of this pair is late: silence cannot be told from missing data."

    def delivery_problem(self, pair: Any) -> str:
        if pair.is_outreach_bounced and pd.isna(pair.accepted_at):
            return "The outreach could not be delivered: a data problem, nobody is to blame."
        return "The latest messages could not be delivered: a data problem, nobody is to blame."

    def no_reply_to_outreach(self, pair: Any) -> str:
        return (
            f"Outreach of {self._day(pair.outreach_sent_at)} has no reply ({_count(pair.asked_days, 'day')})."
        )

    def proposed(self, pair: Any) -> str:
        if pd.isna(pair.proposed_at) and not pd.isna(pair.outreach_sent_at):
            return f"Outreach was sent on {self._day(pair.outreach_sent_at)}; no reply yet."
        since = "" if pd.isna(pair.proposed_at) else f" on {self._day(pair.proposed_at)}"
        return f"Proposed{since}; not accepted yet."

    def probably_finished(self, pair: Any) -> str:
        rating = 1 + pair.last_rating * (RATING_MAX - 1)
        return (
            f"{pair.n_goals_done:.0f} of {pair.n_goals:.0f} goals done, lowest last rating {rating:.2g} of "
            f"{RATING_MAX}, no contact for {_count(pair.silence_days, 'day')}: probably finished."
        )

    def never_started(self, pair: Any) -> str:
        unanswered = "" if pd.isna(pair.owed_by) else f" {self._unanswered(pair)}."
        return (
            f"Accepted {self._ago(pair.age_days)} and not started: a first contact is expected within "
            f"{pair.not_started_days:.0f} days.{unanswered}"
        )

    def presumed_ghosted(self, pair: Any) -> str:
        if pair.owed_by == "both":
            return self.waiting(pair)
        if pair.checkin_days >= self.policy.presumed_checkin_days:
            worse = f", nor a check-in of the program for {_count(pair.checkin_days, 'day')}"
        else:
            worse = f" and was last heard of {self._ago(pair.silent_days)}"
        return f"{self._unanswered(pair)}{worse}; {self._usual(pair)}."

    def suspected_ghosting(self, pair: Any) -> str:
        return self.waiting(pair)

    def faded(self, pair: Any) -> str:
        return self.stalled(pair)

    def stalled(self, pair: Any) -> str:
        return f"No contact for {_count(pair.silence_days, 'day')} and nobody has asked; {self._usual(pair)}."

    def poor_fit(self, pair: Any) -> str:
        return f"{side_in_words(pair.is_peer, pair.fit_side)} rated the fit as poor."

    def waiting(self, pair: Any) -> str:
        return f"{self._unanswered(pair)}; {self._usual(pair)}."

    def on_leave(self, pair: Any) -> str:
        verb = "are" if pair.leave_side == "both" else "is"
        return f"{side_in_words(pair.is_peer, pair.leave_side)} {verb} on leave: nobody is late."

    def long_silence(self, pair: Any) -> str:
        return f"No contact for {_count(pair.silence_days, 'day')}; {self._usual(pair)}."

    def low_score(self, pair: Any) -> str:
        weakest = COMPONENT_WORDS[pair.weakest]
        return f"Health is {pair.health:.0f} of 100; most points are missing in {weakest}."

    def score_fell(self, pair: Any) -> str:
        return (
            f"Health fell by {pair.health_fall:.0f} points in {self.policy.fall_days} days; most points are "
            f"missing in {COMPONENT_WORDS[pair.weakest]}."
        )

    def settling(self, pair: Any) -> str:
        n_days = _count(self.policy.band_leave_days, "day")
        return f"By today's facts: {BAND[pair.band_raw]}. The band changes after {n_days} in a row."

    def resumed(self, pair: Any) -> str:
        gap = _count(pair.last_gap_days, "day")
        return f"In touch again since {self._day(pair.last_contact_at)}, after {gap} of silence."

    def in_rhythm(self, pair: Any) -> str:
        if pair.n_contacts == 0:
            return f"Accepted {self._ago(pair.age_days)}; a first contact is on its way."
        return f"Last contact {self._ago(pair.silence_days)}; {self._usual(pair)}."

    def unanswered(self, pair: Any) -> str:
        return self.waiting(pair)

    def no_shows(self, pair: Any) -> str:
        missed = _count(pair.no_show_streak, "session")
        return f"{side_in_words(pair.is_peer, pair.no_show_side)} missed the last {missed} without notice."

    def time_constraint(self, pair: Any) -> str:
        return f"The last {_count(pair.push_streak, 'session')} were moved: time may be tight."

    def renegotiate_cadence(self, pair: Any) -> str:
        return (
            f"Agreed every {_count(pair.agreed_days, 'day')}, the last gap was {_count(pair.gap_1, 'day')}: "
            "the agreed rhythm no longer fits."
        )

    def natural_end_asked(self, pair: Any) -> str:
        return "A side said that the relationship has reached its natural end."

    def session_confirmed(self, pair: Any) -> str:
        return f"The next session is confirmed for {self._day(pair.next_session_at)}."

    def confirmed(self, pair: Any) -> str:
        """A state that a program manager confirmed: the rules' facts need not hold for it."""
        when = "" if pd.isna(pair.label_at) else f" on {self._day(pair.label_at)}"
        if pd.isna(pair.waiting_on):
            return f"Confirmed by a program manager{when}."
        verb = "do" if pair.waiting_on == "both" else "does"
        silent = side_in_words(pair.is_peer, pair.waiting_on)
        return f"{silent} {verb} not answer, as a program manager confirmed{when}."

    def _unanswered(self, pair: Any) -> str:
        since = f"since {self._day(pair.owed_since)} ({_count(pair.owed_days, 'day')})"
        silent = side_in_words(pair.is_peer, pair.owed_by)
        if pair.owed_by == "both":
            return f"{silent} are waiting for an answer {since}"
        return f"{silent} has not answered {_count(pair.owed_n, 'message')} {since}"

    def _usual(self, pair: Any) -> str:
        return f"this pair is usually in touch every {_count(round(pair.tau_days), 'day')}"

    def _ago(self, days: float) -> str:
        return "today" if days < 1 else f"{_count(days, 'day')} ago"

    def _day(self, at: dt.datetime) -> str:
        if pd.isna(at):
            return "an unknown day"
        year = "" if at.year == self.as_of.year else f" {at.year}"
        return f"{at.day} {MONTHS[at.month - 1]}{year}"


def _count(n: float, noun: str) -> str:
    if pd.isna(n):
        return f"some {noun}s"
    return f"{n:.0f} {noun}" if round(n) == 1 else f"{n:.0f} {noun}s"


def side_in_words(is_peer: bool, side: str) -> str:
    """A side as a program manager reads it; peers have no mentor among them."""
    return (PEER_WORDS if is_peer else SIDE_WORDS)[side]
