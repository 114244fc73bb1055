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
    "late_cancel_mentor": "Called off late by the mentor",
    "late_cancel_mentee": "Called off late by the mentee",
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

PARKED = {"ref.pending": "Awaited", "ref.unknown": "Unknown"}
"""Of a pair that sends events though nobody announced it, by how long it has."""

PARKED_REMEDY = (
    "Announce the pair, with the list of matches or as a relationship that started: its events count from "
    "the next build on. Where its id is wrong, retract the events and send them under the right one."
)
"""What to do about such a pair."""

RISK_TARGET = {"silence": "Falling silent", "exit": "Leaving formally"}
"""What a backtest foresees; the two are never mixed."""

RISK_METHOD = {
    "risk": "Kinkeeper's model",
    "other_cohorts": "Model, other cohorts only",
    "recency": "Days since last contact",
    "recency_rate": "The same, calibrated",
    "silence_ratio": "Silence in usual gaps",
    "alive": "Probability alive (BG/NBD)",
    "last_seen": "Days since either was seen",
    "silent_14d": "Rule: silent 14 days",
    "silent_28d": "Rule: silent 28 days",
    "silent_30d": "Rule: silent 30 days",
    "silent_90d": "Rule: silent 90 days",
}
"""What is compared in a backtest, in the order of the table."""

RISK_TIER = {"usual": "Usual", "raised": "Raised", "high": "High"}
"""How likely silence is, without a number: of the pairs a model learnt from, the top 5% and 20%."""

RISK_BASIS = {
    "model": "the program's own model",
    "recency": "length of the silence alone: too little history for more",
    "prior": "the model that ships with Kinkeeper",
}

MODEL_LIMITS = (
    "It predicts silence, not formal exit, and not whether the silence is good or bad.",
    "Pairs with fewer dates of contact than the policy asks for are judged by the shipped prior.",
    "It has not seen programs with another rhythm than those it learnt from.",
    "Nothing about who the people are goes in; differences between groups still need an audit.",
)
PRIOR_LIMITS = (
    "Fitted on synthetic pairs, whose silences were planted: an order of risk, no probability.",
    "It knows only how long the silence is in the pair's own gaps.",
)
"""What a model is not good for, on its card."""

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
TYPE = {
    "formal": "Formal",
    "informal": "Informal",
    "peer": "Peer",
    "reverse": "Reverse",
    "virtual": "Virtual",
}
"""The five types of the guide; a pair may be of several."""

FORM = {"formal": "Formal", "informal": "Informal"}
MODALITY = {"in_person": "In person", "virtual": "Virtual", "mixed": "In person and virtual"}

SURVEY_SIDE = {"mentee": "Mentees", "mentor": "Mentors"}
WAVE = {"pre": "Before", "post": "After"}
"""Waves that have a name of their own; others are called as the program calls them."""

FIT = {"good": "Good", "deciding": "Still deciding", "poor": "Poor"}

PRACTICE = {
    "overlap_hours": "Hours that suit both",
    "overlap_short": "Too few hours that suit both",
    "off_minutes_mentee": "Session minutes off-hours, mentee",
    "off_minutes_mentor": "Session minutes off-hours, mentor",
    "off_answers_mentee": "Answers off-hours, mentee",
    "off_answers_mentor": "Answers off-hours, mentor",
    "reply_hours_mentee": "Mentee's time to reply",
    "reply_hours_mentor": "Mentor's time to reply",
    "virtual": "Sessions by video or call",
    "light": "Short sessions",
    "moved_again": "Moved since the last session",
    "notice_hours": "Notice of a change",
    "late_mentee": "Mentee came late",
    "late_mentor": "Mentor came late",
    "overran": "Ran over",
    "hours_off": "Joined whole hours off",
    "mentor_present": "Mentor there for the whole session",
    "overloaded": "Mentor carries more than they can",
    "days_to_match": "Registered to accepted",
    "outreach_reply": "First messages answered",
    "outreach_match": "First messages that led to a relationship",
    "checklist": "Parts of a good first message",
    "reporting_line": "One reports to the other",
    "need_distance": "Need the mentor does not cover",
    "fit_mentee": "Good fit after the first session, mentee",
    "fit_mentor": "Good fit after the first session, mentor",
    "mismatch_days": "Mismatch recognised after",
    "mismatch_acknowledged": "Mismatch acknowledged",
    "rematched": "Matched again after a mismatch",
    "move_on_days": "Unanswered until moved on",
    "trained": "Both finished a training",
    "goals_long": "Has a long-term goal",
    "skills_gained": "Missing skills gained",
    "goals_done": "Short-term goals reached",
    "prepared": "Sessions prepared",
    "questions": "Enough open questions",
    "notes": "Notes kept",
    "takeaways": "Takeaway noted",
    "agenda_by_mentee": "Agenda by the mentee",
    "drive": "Sessions proposed by the mentee",
    "specific_thanks": "Thanks that say what for",
    "confidentiality": "Confidentiality talked about",
    "elsewhere": "Messages off the agreed channels",
    "checkin_answered": "Check-ins of a side answered",
    "full_feedback": "Feedback with situation, behaviour, impact",
    "feedback_helpful": "Feedback found helpful",
    "stretch_done": "Stretch tasks done",
    "led_to": "Introductions that led to something",
    "advocated": "Mentor spoke up for the mentee",
    "days_to_advocacy": "Accepted to first advocacy",
    "failure_shared": "Mentor told of a failure",
    "heard": "Felt heard",
    "guides": "Mentor guides and does not direct",
    "present": "Mentor is present",
    "safe": "Safe to speak",
    "culture": "Understood across cultures",
    "confidence": "Mentee more confident",
    "mentor_gain": "Mentor gains from it",
    "pays_forward": "Mentee became a mentor",
    "linked": "Linked beyond this pair",
    "stays_in_touch": "In touch after a natural end",
}

CHOICE = {
    "reply_by_ask": "First messages answered, by what was asked",
    "reply_by_minutes": "First messages answered, by minutes asked",
    "reply_by_letter": "First messages answered, by how it was written",
    "reply_by_checklist": "First messages answered, by parts of the checklist",
    "reply_by_source": "First messages answered, by where the mentor was found",
    "match_by_source": "Relationships from first messages, by where the mentor was found",
    "match_by_platform": "Relationships from first messages, by platform",
    "sustained_by_source": "Sustained relationships, by where the mentor was found",
    "fit_by_mode": "Good fit after the first session, by who chose",
    "fit_by_need": "Good fit after the first session, by need covered",
    "fit_by_guidance": "Good fit after the first session, by kind of guidance looked for",
    "fit_by_place": "Good fit after the first session, by countries",
    "fit_by_training": "Good fit after the first session, by training",
    "mismatch_reason": "Mismatches by reason",
    "sustained_by_form": "Sustained relationships, by form",
    "sustained_by_direction": "Sustained relationships, by direction",
    "sustained_by_modality": "Sustained relationships, by modality",
    "sustained_by_voluntary": "Sustained relationships, by how the mentor came to it",
    "reply_by_distance": "Asks answered in time, by hours between the clocks",
    "sessions_by_mode": "Sessions by mode",
    "guidance_kind": "Goals by kind of guidance",
    "goal_kind": "Goals by what they are about",
    "done_by_kind": "Goals reached, by what they are about",
    "reply_by_channel": "Asks answered in time, by channel agreed or not",
    "feedback_parts": "Feedback by what it told",
    "full_feedback_by_direction": "Full feedback, by receiver",
    "full_feedback_by_tone": "Full feedback, by tone",
    "helpful_by_direction": "Feedback found helpful, by receiver",
}

KIND = {
    "conversation": "A conversation",
    "mentor": "A mentor",
    "up_to_15": "Up to 15 minutes",
    "up_to_20": "16 to 20 minutes",
    "longer": "Longer",
    "not_said": "Not said",
    "specific": "For this person",
    "generic": "For anybody",
    "few_parts": "Up to 2 of 5 parts",
    "most_parts": "3 or 4 of 5 parts",
    "all_parts": "All 5 parts",
    "internal_directory": "Own organisation",
    "alumni": "Alumni",
    "association": "Association",
    "event": "Event",
    "platform": "Platform",
    "social": "Social media",
    "network": "Network",
    "assigned": "Assigned",
    "suggested": "Suggested",
    "chosen": "Chosen",
    "covered": "At least half covered",
    "hardly_covered": "Less than half covered",
    "same_country": "One country",
    "other_country": "Two countries",
    "both_trained": "All trained",
    "not_both_trained": "Not all trained",
    "mismatch.chemistry": "Chemistry",
    "mismatch.expertise": "Expertise",
    "mismatch.goals": "Goals",
    "mismatch.logistics": "Logistics",
    "mismatch.culture": "Culture",
    "formal": "Formal",
    "informal": "Informal",
    "standard": "Mentoring",
    "peer": "Peer mentoring",
    "reverse": "Reverse mentoring",
    "in_person": "In person",
    "virtual": "Virtual",
    "mixed": "In person and virtual",
    "video": "Video",
    "call": "Call",
    "async": "In writing",
    "near": "Less than 3 hours apart",
    "apart": "3 to 8 hours apart",
    "far_apart": "8 hours apart and more",
    "technical": "Technical",
    "career": "Career",
    "political": "Political",
    "emotional": "Emotional",
    "skill": "Missing skill",
    "confidence": "Confidence",
    "project": "Project",
    "other": "Something else",
    "agreed_channel": "Agreed channel",
    "elsewhere": "Another channel",
    "volunteered": "Offered it",
    "appointed": "Appointed",
    "situation": "Situation",
    "behaviour": "Behaviour",
    "impact": "Impact",
    "intent": "Intent",
    "to_mentee": "To the mentee",
    "to_mentor": "To the mentor",
    "reinforcing": "Reinforcing",
    "corrective": "Corrective",
}

EVIDENCE = {
    "observed": "Observed",
    "attested2": "Attested by both",
    "attested1": "Attested by one",
    "inferred": "Inferred",
    "assumed": "Assumed",
}

VIEW = {
    "week": "Today",
    "new": "New this week",
    "watchlist": "Whole watchlist",
    "snoozed": "Snoozed",
    "all": "Every pair",
}
"""The lists of the watchlist."""

ROLE = {
    "program_manager": "Program manager",
    "cohort_viewer": "Cohort viewer",
    "admin": "Administrator",
    "auditor": "Auditor",
    "this machine": "This machine",
    "none": "Nobody",
}
OUTCOME = {"done": "Done", "denied": "Denied", "failed": "Failed", "locked": "Locked"}

HELD = {
    "file": "The file cannot be taken: empty, too large, still changing, or not what its name says.",
    "gzip": "A compressed file is damaged or unpacks to far too much.",
    "zip": "A zip file is damaged, asks for a password, or unpacks to far too much.",
    "xlsx": "A workbook is damaged, or it is not clear which of its sheets is meant.",
    "slack": "A zip is no Slack export, or a part of it is missing.",
    "mbox": "A mailbox holds no messages, or is no mbox file.",
    "csv": "The table's header, quotes, line ends or number of columns are wrong.",
    "ics": "A calendar, an entry of one or a series cannot be read.",
    "report": "A meeting report is another one, or tells too little of who was there.",
    "parquet": "A Parquet file or one of its row groups cannot be read.",
    "row": "One row is far too long.",
    "text": "Characters that cannot be read or must not stand in a text.",
    "json": "A line is no JSON object, or leaves in doubt what it means.",
    "envelope": "The frame of the event is of another standard.",
    "type": "The event does not say what it is.",
    "schema": "An unknown event type or version, or a column that is missing or of the wrong kind.",
    "id": "The event's id is missing or not fit to be compared.",
    "subject": "The event must be about a pair and does not say which.",
    "webhook": "A call over the web holds no events, or too many.",
    "encoding": "The body of a call over the web is not UTF-8.",
    "person": "It names somebody who is unknown, could be several people, or is to be ignored.",
    "pair": "The people it names have no relationship in the log, or several at that time.",
    "time": "A time that is missing its offset, does not exist, exists twice, or lies in the future.",
    "number": "A number outside what can be stored.",
    "field": "A field is missing, of the wrong kind, out of range or not among its choices.",
    "mapping": "The mapping has no rule for the row, or gives two events one id.",
    "domain": "The fields contradict each other, such as an end before its beginning.",
    "event": "A conflict with an event that came before.",
}
"""Why a line or a file is held back, by what its code begins with; its hint is written by whoever read it."""

DELIVERY = {"accepted": "Accepted", "refused": "Refused", "redriven": "Tried again"}
GAP = {
    "session": "Sessions",
    "exchange": "Messages",
    "practice": "Preparation and follow-ups",
}
"""Kinds of contact that a source tells of."""

FRESHNESS = {"fresh": "Fresh", "late": "Late", "stale": "Stale"}
UNJUDGED = {"data_late": "Cannot be judged", "no_contact_feed": "Cannot be judged"}
QUARANTINE_ACTION = {"redrive": "Try again", "correct": "Try again, corrected", "waive": "Waive"}
PERSON_KIND = {"email": "Address", "name": "Name", "id": "Id of its source"}
PERSON_ANSWER_WORD = {
    "link": "Somebody known",
    "create": "A new person",
    "ignore": "Ignore",
    "undo": "Take the answer back",
}

ACT = {
    "contact": "Log a support contact",
    "acknowledge": "Take it on",
    "snooze": "Snooze",
    "dismiss": "Dismiss",
    "draft": "Copy a draft",
    "label": "Confirm or correct the state",
}
"""What can be done about a pair on the screens."""

SIGN = {
    "safety_flag": "An open safety flag",
    "poor_fit": "A side says that the two do not fit",
    "not_started_days": "Accepted, and no contact yet",
    "unanswered_acts": "Days with an act that is not answered",
    "unanswered_days": "An answer is owed",
    "no_shows": "No-shows in a row, without notice",
    "silence": "Silence, for a check-in",
    "silence_watch": "Silence, to be watched",
    "health": "Health, for a check-in",
    "health_watch": "Health, to be watched",
}
"""What a band rests on, each with a threshold of the policy."""

HANDLING = {"acknowledged": "Taken on", "snoozed": "Snoozed", "dismissed": "Dismissed"}
OWNER = {"me": "Me", "other": "Somebody else", "nobody": "Nobody yet"}
"""Who took on a pair's alert, as whoever looks would say it."""

ALERT_STATUS = {
    "open": "Open",
    "acknowledged": "Taken on",
    "snoozed": "Snoozed",
    "held_back": "Held back",
    "dismissed": "Dismissed",
    "closed": "Over",
    "withdrawn": "Taken back",
}
ALERT_OUTCOME = {"silent": "Stayed silent", "in_touch": "In touch again"}
ALERT_VERDICT = {"right": "Right", "wrong": "Wrong"}
ALERT_REASON = {
    "safety_flag": "Safety flag",
    "suspected_ghosting": "Unresponsive, suspected",
    "presumed_ghosted": "Unresponsive, presumed",
    "waiting": "Somebody is waiting",
    "stalled": "Stalled",
    "probably_finished": "Probably finished",
    "delivery_problem": "Cannot reach",
    "long_silence": "Long silence",
    "poor_fit": "Poor fit",
    "low_score": "Low health",
    "score_fell": "Health fell",
    "risk_silence": "Risk: length of the silence",
    "risk_rhythm": "Risk: uneven rhythm",
    "risk_history": "Risk: short history",
    "risk_activity": "Risk: less contact",
    "risk_mentee": "Risk: quiet mentee",
    "risk_mentor": "Risk: quiet mentor",
    "risk_commitments": "Risk: missed commitments",
    "risk_cohort": "Risk: quiet cohort",
}
"""Why an alert was raised, in the words of a list; of other states the state's own name."""

CHANNEL = {"call": "Call", "email": "E-mail", "message": "Message", "meeting": "Talk in person"}
SNOOZE_REASON = {
    "date agreed": "A date is agreed",
    "known absence": "A known absence",
    "waits for an answer": "I wait for an answer",
    "other": "Another reason",
}
DISMISS_REASON = {
    "wrong: they are in touch": "Wrong: they are in touch elsewhere",
    "wrong: known absence": "Wrong: a known absence",
    "wrong: data": "Wrong: the data are late or mistaken",
    "fine: on purpose": "Fine: they are silent on purpose",
    "right but not useful": "Right, but nothing can be done",
}

_PARTY = {"mentor": "mentor", "mentee": "mentee", "both": "both"}
_PARTY_OF = {
    "peer": {"mentor": "second peer", "mentee": "first peer", "both": "both"},
    "reverse": {"mentor": "junior mentor", "mentee": "senior mentee", "both": "both"},
}


def alert_reason(code: str) -> str:
    """Why an alert was raised."""
    return ALERT_REASON.get(code) or STATE.get(code) or code.replace("_", " ").capitalize()


def party(side: str, direction: str | None = None) -> str:
    """What a side is called inside a sentence: peers have no mentor among them, and a junior may mentor."""
    return _PARTY_OF.get(direction or "", _PARTY).get(side, side)


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
