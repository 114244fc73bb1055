"""The sentences of a report: its sections, what each measure means, what is asked for which shortfall."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Theme:
    """A section about measures: which, what it is called, its level, and what is said where there are none."""

    key: str
    title: str
    level: str
    measures: tuple[str, ...]
    none: str


L1 = "Kirkpatrick level 1: reaction"
L2_3 = "Kirkpatrick levels 2 and 3: learning and behaviour"
L4 = "Kirkpatrick level 4: results"

HEALTH = Theme(
    "health",
    "Relationship health",
    "",
    ("active", "on_track", "needs_check_in", "unresponsive", "health", "sustained", "adherence"),
    "No relationship of this program was running at the end of the quarter, or too few were.",
)
ENDINGS = Theme(
    "endings",
    "How relationships end",
    "",
    ("natural_end", "early_end", "mismatch_end", "mismatch_days", "complete_closure"),
    "Too few relationships have ended to tell how they end.",
)
EARLY_WARNING = Theme(
    "early_warning",
    "Early warning",
    "",
    (
        "ghosting_mentor",
        "ghosting_mentee",
        "limbo_days",
        "checkin_effect",
        "alerts_opened",
        "alerts_acted",
        "alerts_in_time",
        "alerts_snoozed",
        "alerts_dismissed",
    ),
    "Alerts, what was done about them and what came of it are not recorded in this program yet.",
)
EXPERIENCE = Theme(
    "experience",
    "Experience of both sides",
    L1,
    ("fit_good", "pulse_mentee", "pulse_mentor", "response_mentee", "response_mentor", "survey_response"),
    "No survey was answered by enough people to tell how either side felt.",
)
LEARNING = Theme(
    "learning",
    "Learning and behaviour",
    L2_3,
    ("expectations_agreed", "goals_set", "goals_achieved", "advice_reported", "agenda_on_time", "thanks_on_time"),
    "Neither goals nor advice are recorded in this program yet.",
)
NETWORK = Theme(
    "network",
    "Network and sponsorship",
    L2_3,
    ("introductions", "advocacy"),
    "Introductions and advocacy are not recorded in this program yet.",
)
MENTORS = Theme(
    "mentors",
    "Mentors",
    "",
    ("reply_mentor", "reply_days_mentor", "no_show_mentor", "mentor_load", "mentor_return", "pays_forward"),
    "Nothing is recorded yet about the load of mentors and what they get out of it.",
)
OPERATION = Theme(
    "operation",
    "Program operation",
    "",
    ("time_to_match", "time_to_first_contact", "activation", "support_contact", "late_cancel"),
    "Time to match and support contacts are not recorded in this program yet.",
)
DATA = Theme("data", "Missing data", "", ("unattested", "late_events"), "")

THEMES = (HEALTH, ENDINGS, EARLY_WARNING, EXPERIENCE, LEARNING, NETWORK, MENTORS, OPERATION)

RESULTS_NONE = (
    "Not yet measurable: retention, promotion and mobility need data of people who took no part, and a year. "
    "People choose to be mentored, so a comparison would have to say how the two groups differed before."
)
COST_NONE = (
    "The cost is not told: write program_cost (and currency) into program.toml, and the report divides it by "
    "the relationships that lasted and by those that came to a natural end."
)
VOICES_NONE = (
    "No quotes: only words with their author's consent to be quoted stand here, and none are stored."
)
EQUITY_NONE = "Too few pairs in the groups recorded to compare them without telling on somebody."
ALL_RECORDED = "Everything this report tells of is recorded."

MEANING = {
    "time_to_match": "Days from registration to the accepted match.",
    "activation": "Accepted pairs in mutual contact within the days the policy allows.",
    "time_to_first_contact": "Days from acceptance to the first mutual contact.",
    "expectations_agreed": "Pairs that agreed on expectations.",
    "goals_set": "Pairs that set a goal in time.",
    "sustained": "Accepted pairs that have held three sessions.",
    "active": "Current pairs that are not silent beyond their own rhythm.",
    "on_track": "Current pairs whose health and rhythm are as they should be.",
    "needs_check_in": "Current pairs the program should turn to.",
    "unresponsive": "Current pairs of which one side does not answer.",
    "health": "Score of 0 to 100 of how good a relationship is; median of the current pairs.",
    "adherence": "Agreed windows of contact in which there was one.",
    "reply_mentor": "What was asked of mentors and answered in time.",
    "reply_mentee": "What was asked of mentees and answered in time.",
    "reply_days_mentor": "Median active days to a mentor's answer.",
    "reply_days_mentee": "Median active days to a mentee's answer.",
    "no_show_mentor": "Sessions due to which the mentor did not come, without notice.",
    "no_show_mentee": "Sessions due to which the mentee did not come, without notice.",
    "late_cancel": "Sessions called off with less notice than the policy asks for.",
    "agenda_on_time": "Sessions held whose agenda was shared a day before.",
    "thanks_on_time": "Sessions held that were thanked for within a day.",
    "advice_reported": "Advice whose outcome the mentee reported back.",
    "fit_good": "First ratings of the fit that were good.",
    "pulse_mentor": "Mean answer of mentors to pulses, from 0 to 1.",
    "pulse_mentee": "Mean answer of mentees to pulses, from 0 to 1.",
    "introductions": "Introductions per 100 pairs.",
    "advocacy": "Acts of advocacy per 100 pairs.",
    "natural_end": "Ends that were natural: goals met, term completed, needs evolved, in touch on their own.",
    "early_end": "Ends before their time, whoever or whatever caused them.",
    "mismatch_end": "Ends because the two did not fit.",
    "mismatch_days": "Median days until a mismatch ended a relationship.",
    "complete_closure": "Ends with a reason, a goodbye and a next step.",
    "unattested": "Sessions whose date passed and that nobody attests: left out of every headline.",
    "late_events": "Events the program learnt of late.",
}

ASKS: dict[str, tuple[bool, str]] = {
    "needs_check_in": (False, "Make time to turn to every pair that needs a check-in"),
    "early_end": (False, "Act on the first reason for which relationships end early"),
    "complete_closure": (True, "Close every relationship with a goodbye, a reason and a next step"),
    "activation": (True, "Help new pairs to a first contact in time"),
    "sustained": (True, "Stand by new pairs until their third session"),
    "expectations_agreed": (True, "Have every pair agree on expectations at the start"),
    "goals_set": (True, "Have every pair set its goals in the first weeks"),
    "adherence": (True, "Help pairs to keep, or to renew, the rhythm they agreed on"),
    "agenda_on_time": (True, "Have mentees share their agenda a day before a session"),
    "advice_reported": (True, "Ask mentees to report back what came of the advice"),
}
"""Measures whose shortfall asks for something -> whether more is better, and what is asked."""

MORE_IS_WORSE = frozenset(
    {
        "needs_check_in",
        "unresponsive",
        "early_end",
        "mismatch_end",
        "no_show_mentor",
        "no_show_mentee",
        "late_cancel",
        "time_to_match",
        "time_to_first_contact",
        "reply_days_mentor",
        "reply_days_mentee",
        "unattested",
        "late_events",
        "ghosting_mentor",
        "ghosting_mentee",
        "limbo_days",
    }
)
"""Measures of which less is better; of `mismatch_days`, and of what is not named here, neither is."""
NEITHER = frozenset({"mismatch_days", "alerts_opened", "alerts_snoozed"})
