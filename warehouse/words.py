"""The words people read for the codes the tables carry.

Screens, the command line and the report say the same thing in the same words; docs/words.md explains
them. A silent person is "unresponsive" or somebody waits for them; a natural end is never a loss.
"""

from __future__ import annotations

BAND = {
    "on_track": "On track",
    "watch": "Watch",
    "needs_check_in": "Needs check-in",
    "too_early": "Too early to tell",
    "paused": "Paused",
    "closing": "Closing",
    "ended": "Ended",
}

STAGE = {
    "outreach": "Outreach",
    "proposed": "Proposed",
    "accepted": "Accepted",
    "forming": "Forming",
    "active": "Active",
    "paused": "Paused",
    "light_mode": "Light mode",
    "closing": "Closing",
    "ended": "Ended",
    "network": "In touch without the program",
    "declined": "Declined",
}

STATE = {
    "no_reply_to_outreach": "No reply to outreach",
    "never_started": "Not started",
    "waiting": "Waiting on mentor/mentee",
    "suspected_ghosting": "Needs check-in: mentor/mentee unresponsive",
    "presumed_ghosted": "Presumed ghosted (mentor/mentee)",
    "stalled": "Stalled: nobody has asked",
    "faded": "Faded",
    "probably_finished": "Probably finished: invite closure",
    "delivery_problem": "Cannot reach: data problem",
    "resumed": "Resumed",
    "data_late": "Unknown (data late)",
    "no_contact_feed": "Unknown (no contact feed)",
    "in_rhythm": "In rhythm",
    "paused": "Paused",
    "closing": "Closing",
    "ended": "Ended",
    "network": "In touch without the program",
    "proposed": "Proposed",
    "declined": "Declined",
}
"""The names on screen; `state_words` puts the party into those that leave it open."""

PARTY_SLOT = "mentor/mentee"

END_REASON = {
    "goals_met": "Goals met",
    "term_completed": "Term completed",
    "needs_evolved": "Needs evolved",
    "moved_to_network": "Stay in touch without the program",
    "mismatch.chemistry": "Mismatch: chemistry",
    "mismatch.expertise": "Mismatch: expertise",
    "mismatch.goals": "Mismatch: goals",
    "mismatch.logistics": "Mismatch: logistics",
    "mismatch.culture": "Mismatch: culture",
    "ghosted_by_mentor": "Mentor unresponsive",
    "ghosted_by_mentee": "Mentee unresponsive",
    "faded": "Faded",
    "time_constraints": "Time constraints",
    "life_event": "Life event",
    "left_organisation": "Left the organisation",
    "program_ended": "Program ended",
    "conduct": "Conduct",
    "never_started": "Never started",
    "unknown": "Not said",
}

ENDING_CURVE = {
    "still_active": "Still active",
    "natural": "Natural end",
    "ghosted_by_mentor": "Mentor unresponsive",
    "ghosted_by_mentee": "Mentee unresponsive",
    "faded": "Faded",
    "mismatch": "Mismatch",
    "other": "Other early end",
    "unclear": "Not said",
}

FUNNEL_STEP = {
    "goals": "Goals set",
    "search": "Search",
    "outreach": "First message sent",
    "reply": "First message answered",
    "first_talk": "First talk",
    "thanks": "Thanks on time",
    "cadence_agreed": "Cadence agreed",
    "agenda": "Agenda on time",
    "next_session": "Next session",
    "advice": "Advice given",
    "advice_applied": "Advice applied",
    "reported_back": "Reported back",
    "feedback": "Feedback given",
    "growth": "Stretch, introduction or advocacy",
    "closing": "Closing begun",
    "natural_end": "Natural end",
    "network": "In touch without the program",
    "pays_forward": "Pays it forward",
}

KPI = {
    "time_to_match": "Time to match",
    "activation": "In contact in time",
    "time_to_first_contact": "Time to first contact",
    "expectations_agreed": "Expectations agreed",
    "goals_set": "Goals set in time",
    "sustained": "Sustained",
    "active": "Not silent",
    "on_track": "Current pairs on track",
    "watch": "Current pairs to watch",
    "needs_check_in": "Current pairs in need",
    "too_early": "Current pairs too early to tell",
    "paused": "Current pairs paused",
    "closing": "Current pairs closing",
    "unresponsive": "A side unresponsive",
    "health": "Median health",
    "health_tenth": "Health that a tenth stays below",
    "ghosting_mentor": "Mentors who turn unresponsive",
    "ghosting_mentee": "Mentees who turn unresponsive",
    "limbo": "Time in limbo",
    "adherence": "Agreed cadence kept",
    "reply_mentor": "Mentor answers in time",
    "reply_mentee": "Mentee answers in time",
    "reply_days_mentor": "Time to the mentor's answer",
    "reply_days_mentee": "Time to the mentee's answer",
    "no_show_mentor": "Mentor did not come",
    "no_show_mentee": "Mentee did not come",
    "late_cancel": "Called off late",
    "agenda_on_time": "Agenda shared in time",
    "thanks_on_time": "Thanks sent in time",
    "advice_reported": "Advice reported back",
    "fit_good": "Good fit at first",
    "pulse_mentor": "Mean pulse of mentors",
    "pulse_mentee": "Mean pulse of mentees",
    "pulse_lower": "Mean pulse of the less content side",
    "response_mentor": "Surveys answered by mentors",
    "response_mentee": "Surveys answered by mentees",
    "introductions": "Introductions",
    "advocacy": "Advocacy",
    "natural_end": "Natural ends",
    "natural_at_term": "Natural end by the planned term",
    "early_end": "Early ends",
    "mismatch_end": "Mismatches",
    "mismatch_days": "Time to a mismatch",
    "complete_closure": "Closed completely",
    "mentor_return": "Mentors who return",
    "pays_forward": "Mentees who become mentors",
    "support_coverage": "Support contact in time",
    "alerts": "Alerts",
    "alert_opened": "Alerts taken on",
    "alert_acted": "Alerts acted on",
    "alert_in_time": "Alerts taken on in time",
    "alert_snoozed": "Alerts put off",
    "alert_wrong": "Alerts found wrong",
    "nudge_resumed": "Back after a reminder",
    "nudge_effect": "Effect of reminders",
    "unattested": "Sessions nobody attests",
    "late_events": "Events recorded late",
    "quarantined": "Lines quarantined",
}

KPI_TOPIC = {
    "start": "Getting started",
    "standing": "How current pairs stand",
    "contact": "Contact and silence",
    "sessions": "Sessions and advice",
    "voices": "What the two say and pass on",
    "endings": "How it ends, and who returns",
    "program": "What the program does",
    "data": "How good the data are",
}

KPI_CAVEAT = {"observational": "No hold-out: some would have come back on their own."}

EQUITY_FIELD = {
    "mentee_country": "Country of the mentee",
    "mentor_country": "Country of the mentor",
    "borders": "Across borders",
    "direction": "Kind of mentoring",
    "form": "Form",
    "modality": "How they meet",
}
BORDERS = {"same_country": "Same country", "two_countries": "Two countries"}
EQUITY_VERDICT = {
    "gap": "More than chance",
    "chance": "No more than chance",
    "too_few": "Too few pairs to tell",
}

LANE = {
    "session": "Session",
    "mentee": "Mentee",
    "mentor": "Mentor",
    "feedback": "Feedback",
    "survey": "Survey",
    "program": "Program",
}

COMPONENT = {
    "cadence": "Cadence",
    "responsiveness": "Responsiveness",
    "reliability": "Reliability and preparation",
    "felt_quality": "Felt quality",
    "progress": "Progress",
    "growth": "Growth",
}

DIRECTION = {"standard": "Mentoring", "peer": "Peer mentoring", "reverse": "Reverse mentoring"}
FORM = {"formal": "Formal", "informal": "Informal"}
MODALITY = {"in_person": "In person", "virtual": "Virtual", "mixed": "In person and virtual"}

EVIDENCE = {
    "observed": "Observed",
    "attested2": "Attested by both",
    "attested1": "Attested by one",
    "inferred": "Inferred",
    "assumed": "Assumed",
}

FRESHNESS = {"fresh": "Fresh", "late": "Late", "stale": "Stale"}
UNJUDGED = {"data_late": "Cannot be judged", "no_contact_feed": "Cannot be judged"}
QUARANTINE_ACTION = {"redrive": "Try again", "correct": "Try again, corrected", "waive": "Waive"}

_PARTY = {"mentor": "mentor", "mentee": "mentee", "both": "both"}
_PEER_PARTY = {"mentor": "second peer", "mentee": "first peer", "both": "both"}


def party(side: str, direction: str | None = None) -> str:
    """What a side is called inside a sentence; peers have no mentor among them."""
    return (_PEER_PARTY if direction == "peer" else _PARTY).get(side, side)


def band_words(band: str, state: str) -> str:
    """A band's name on screen; a pair whose contact nobody can see is not called early."""
    return UNJUDGED.get(state, BAND[band]) if band == "too_early" else BAND[band]


def state_words(state: str, waiting_on: str | None = None, direction: str | None = None) -> str:
    """A state's name on screen, naming who owes the answer where that is known."""
    words = STATE[state]
    if waiting_on is None or PARTY_SLOT not in words:
        return words
    if state == "waiting" and waiting_on == "both":
        return "Both waiting"
    return words.replace(PARTY_SLOT, party(waiting_on, direction))
