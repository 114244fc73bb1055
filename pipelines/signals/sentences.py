"""Sentences: each kind of reason in words a program manager can act on.

A sentence says who, what and since when, against what is usual for this pair. It never blames: a silent
person "has not answered", a message that did not arrive is a data problem, a natural end is a success.

Each is a message (`warehouse.messages`): a template and its values, so that screens tell it in the reader's
language. A part that would bend with a side, as a verb does, is a template of its own.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipelines.signals.states import RATING_MAX
from warehouse.messages import Message, counted, message, on_day
from warehouse.policy import Policy
from warehouse.words import BAND

SUCCESSES = ("goals_met", "term_completed", "needs_evolved", "moved_to_network")
SIDE_WORDS = {"mentor": "Mentor", "mentee": "Mentee", "both": "Both sides"}
SIDE_WORDS_OF = {
    "peer": {"mentor": "Second peer", "mentee": "First peer", "both": "Both peers"},
    "reverse": {"mentor": "Junior mentor", "mentee": "Senior mentee", "both": "Both sides"},
}
"""What the sides are called where of two peers none is mentor, or where the junior one mentors."""
COMPONENT_WORDS = {
    "cadence": "keeping the rhythm",
    "responsiveness": "answering each other",
    "reliability": "reliability and preparation",
    "felt_quality": "how it feels to the two",
    "progress": "progress of goals and advice",
    "growth": "introductions, advocacy and stretch",
}
UNKNOWN = {
    "contact": "some contacts",
    "day": "some days",
    "message": "some messages",
    "session": "some sessions",
}
"""What is said where nobody knows how many."""

CONFIRMED = "as a program manager confirmed"
CONFIRMED_ON = "as a program manager confirmed on {day}"


TEXT_READ = dict.fromkeys(
    (
        "state",
        "band_raw",
        "direction",
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
    "is_labelled", "is_auto_closed", "is_outreach_bounced",
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

    def safety_flag(self, pair: Any) -> Message:
        return message("A participant asked the program for help: an open safety flag.")

    def too_early(self, pair: Any) -> Message:
        if pair.age_days < self.policy.too_early_days and pair.n_contacts < self.policy.too_early_contacts:
            ago = self._ago(pair.age_days)
            if pair.n_contacts == 0:
                return message("Too early to tell: accepted {ago}, no contact yet.", ago=ago)
            contacts = _how_many(pair.n_contacts, "contact")
            return message(
                "Too early to tell: accepted {ago}, {contacts} so far.", ago=ago, contacts=contacts
            )
        return message(
            "Too little is known: only {coverage:.0%} of what a judgement needs is on record.",
            coverage=pair.coverage,
        )

    def network(self, pair: Any) -> Message:
        since = self._day(pair.network_at)
        return message("In touch without a program since {day}: no clock runs.", day=since)

    def ended(self, pair: Any) -> Message:
        day = self._day(pair.ended_at)
        if pair.is_auto_closed:
            return message("Closed by a time-out on {day}.", day=day)
        if pair.end_reason in SUCCESSES:
            return message("Came to its natural end on {day}: a success.", day=day)
        return message("Ended on {day}.", day=day)

    def declined(self, pair: Any) -> Message:
        return message("The proposal was declined or called off on {day}.", day=self._day(pair.declined_at))

    def closing(self, pair: Any) -> Message:
        return message("Coming to its end since {day}.", day=self._day(pair.closing_since))

    def paused(self, pair: Any) -> Message:
        return message("Paused by agreement: the clock stands still.")

    def no_contact_feed(self, pair: Any) -> Message:
        return message(
            "No contact was recorded for any pair of this cohort: connect a calendar, meeting or message "
            "feed before judging."
        )

    def data_late(self, pair: Any) -> Message:
        return message("The contact feed of this pair is late: silence cannot be told from missing data.")

    def delivery_problem(self, pair: Any) -> Message:
        if pair.is_outreach_bounced and pd.isna(pair.accepted_at):
            return message("The outreach could not be delivered: a data problem, nobody is to blame.")
        return message("The latest messages could not be delivered: a data problem, nobody is to blame.")

    def no_reply_to_outreach(self, pair: Any) -> Message:
        sent, days = self._day(pair.outreach_sent_at), _how_many(pair.asked_days, "day")
        return message("Outreach of {day} has no reply ({days}).", day=sent, days=days)

    def proposed(self, pair: Any) -> Message:
        if not pd.isna(pair.proposed_at):
            return message("Proposed on {day}; not accepted yet.", day=self._day(pair.proposed_at))
        if not pd.isna(pair.outreach_sent_at):
            return message("Outreach was sent on {day}; no reply yet.", day=self._day(pair.outreach_sent_at))
        return message("Proposed; not accepted yet.")

    def probably_finished(self, pair: Any) -> Message:
        return message(
            "{done:.0f} of {goals:.0f} goals done, lowest last rating {rating:.2g} of {most}, no contact for "
            "{days}: probably finished.",
            done=pair.n_goals_done,
            goals=pair.n_goals,
            rating=1 + pair.last_rating * (RATING_MAX - 1),
            most=RATING_MAX,
            days=_how_many(pair.silence_days, "day"),
        )

    def never_started(self, pair: Any) -> Message:
        started = message(
            "Accepted {ago} and not started: a first contact is expected within {days:.0f} days.",
            ago=self._ago(pair.age_days),
            days=pair.not_started_days,
        )
        if pd.isna(pair.owed_by):
            return started
        return message("{started} {unanswered}.", started=started, unanswered=self._unanswered(pair))

    def presumed_ghosted(self, pair: Any) -> Message:
        if pair.owed_by == "both":
            return self.waiting(pair)
        told = {"unanswered": self._unanswered(pair), "usual": self._usual(pair)}
        if pair.checkin_days >= self.policy.presumed_checkin_days:
            days = _how_many(pair.checkin_days, "day")
            return message(
                "{unanswered}, nor a check-in of the program for {days}; {usual}.", **told, days=days
            )
        ago = self._ago(pair.silent_days)
        return message("{unanswered} and was last heard of {ago}; {usual}.", **told, ago=ago)

    def suspected_ghosting(self, pair: Any) -> Message:
        return self.waiting(pair)

    def faded(self, pair: Any) -> Message:
        return self.stalled(pair)

    def stalled(self, pair: Any) -> Message:
        days = _how_many(pair.silence_days, "day")
        usual = self._usual(pair)
        return message("No contact for {days} and nobody has asked; {usual}.", days=days, usual=usual)

    def poor_fit(self, pair: Any) -> Message:
        return message("{who} rated the fit as poor.", who=_who(pair, pair.fit_side))

    def waiting(self, pair: Any) -> Message:
        told = {"unanswered": self._unanswered(pair), "usual": self._usual(pair)}
        return message("{unanswered}; {usual}.", **told)

    def on_leave(self, pair: Any) -> Message:
        who = _who(pair, pair.leave_side)
        if pair.leave_side == "both":
            return message("{who} are on leave: nobody is late.", who=who)
        return message("{who} is on leave: nobody is late.", who=who)

    def long_silence(self, pair: Any) -> Message:
        days = _how_many(pair.silence_days, "day")
        return message("No contact for {days}; {usual}.", days=days, usual=self._usual(pair))

    def low_score(self, pair: Any) -> Message:
        return message(
            "Health is {health:.0f} of 100; most points are missing in {weakest}.",
            health=pair.health,
            weakest=message(COMPONENT_WORDS[pair.weakest]),
        )

    def score_fell(self, pair: Any) -> Message:
        return message(
            "Health fell by {points:.0f} points in {days} days; most points are missing in {weakest}.",
            points=pair.health_fall,
            days=self.policy.fall_days,
            weakest=message(COMPONENT_WORDS[pair.weakest]),
        )

    def settling(self, pair: Any) -> Message:
        return message(
            "By today's facts: {band}. The band changes after {days} in a row.",
            band=message(BAND[pair.band_raw]),
            days=_how_many(self.policy.band_leave_days, "day"),
        )

    def resumed(self, pair: Any) -> Message:
        since, gap = self._day(pair.last_contact_at), _how_many(pair.last_gap_days, "day")
        return message("In touch again since {day}, after {gap} of silence.", day=since, gap=gap)

    def in_rhythm(self, pair: Any) -> Message:
        if pair.n_contacts == 0:
            ago = self._ago(pair.age_days)
            return message("Accepted {ago}; a first contact is on its way.", ago=ago)
        ago = self._ago(pair.silence_days)
        return message("Last contact {ago}; {usual}.", ago=ago, usual=self._usual(pair))

    def unanswered(self, pair: Any) -> Message:
        return self.waiting(pair)

    def no_shows(self, pair: Any) -> Message:
        return message(
            "{who} missed the last {sessions} without notice.",
            who=_who(pair, pair.no_show_side),
            sessions=_how_many(pair.no_show_streak, "session"),
        )

    def time_constraint(self, pair: Any) -> Message:
        sessions = _how_many(pair.push_streak, "session")
        return message("The last {sessions} were moved: time may be tight.", sessions=sessions)

    def renegotiate_cadence(self, pair: Any) -> Message:
        return message(
            "Agreed every {agreed}, the last gap was {gap}: the agreed rhythm no longer fits.",
            agreed=_how_many(pair.agreed_days, "day"),
            gap=_how_many(pair.gap_1, "day"),
        )

    def agree_cadence(self, pair: Any) -> Message:
        return message(
            "No rhythm is agreed and the last gap was {gap}: the two could agree on one that fits.",
            gap=_how_many(pair.gap_1, "day"),
        )

    def natural_end_asked(self, pair: Any) -> Message:
        return message("A side said that the relationship has reached its natural end.")

    def session_confirmed(self, pair: Any) -> Message:
        return message("The next session is confirmed for {day}.", day=self._day(pair.next_session_at))

    def confirmed(self, pair: Any) -> Message:
        """A state that a program manager confirmed: the rules' facts need not hold for it."""
        is_dated = not pd.isna(pair.label_at)
        when = {"day": self._day(pair.label_at)} if is_dated else {}
        if pd.isna(pair.waiting_on):
            confirmed = (
                "Confirmed by a program manager on {day}." if is_dated else "Confirmed by a program manager."
            )
            return message(confirmed, **when)
        told = {
            "who": _who(pair, pair.waiting_on),
            "confirmed": message(CONFIRMED_ON if is_dated else CONFIRMED, **when),
        }
        if pair.waiting_on == "both":
            return message("{who} do not answer, {confirmed}.", **told)
        return message("{who} does not answer, {confirmed}.", **told)

    def _unanswered(self, pair: Any) -> Message:
        told = {
            "who": _who(pair, pair.owed_by),
            "day": self._day(pair.owed_since),
            "days": _how_many(pair.owed_days, "day"),
        }
        if pair.owed_by == "both":
            return message("{who} are waiting for an answer since {day} ({days})", **told)
        messages = _how_many(pair.owed_n, "message")
        return message("{who} has not answered {messages} since {day} ({days})", **told, messages=messages)

    def _usual(self, pair: Any) -> Message:
        days = _how_many(round(pair.tau_days), "day")
        return message("this pair is usually in touch every {days}", days=days)

    def _ago(self, days: float) -> Message:
        return message("today") if days < 1 else message("{days} ago", days=_how_many(days, "day"))

    def _day(self, at: dt.datetime) -> Message:
        if pd.isna(at):
            return message("an unknown day")
        return on_day(at, has_year=at.year != self.as_of.year)


def _how_many(n: float, noun: str) -> Message:
    return message(UNKNOWN[noun]) if pd.isna(n) else counted(round(n), noun)


def _who(pair: Any, side: str) -> Message:
    """A side as a program manager reads it."""
    return message(SIDE_WORDS_OF.get(pair.direction, SIDE_WORDS)[side])
