"""The sentences of a report: its sections, what each measure means, what is asked for which shortfall."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.report.facts import PRACTICE
from warehouse.words import BAND, CHOICE, EQUITY_FIELD, KPI
from warehouse.words import PRACTICE as PRACTICE_NAMES


@dataclass(frozen=True, slots=True)
class Theme:
    """A section about measures: which, its title and level, and what is said where there are none."""

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
    (
        "on_track",
        "watch",
        "needs_check_in",
        "unresponsive",
        "active",
        "too_early",
        "paused",
        "closing",
        "health",
        "health_tenth",
        "sustained",
        "adherence",
    ),
    "No relationship of this program was running at the end of the quarter, or too few were.",
)
ENDINGS = Theme(
    "endings",
    "How relationships end",
    "",
    (
        "natural_end",
        "natural_at_term",
        "early_end",
        "mismatch_end",
        "mismatch_days",
        "complete_closure",
    ),
    "Too few relationships have ended to tell how they end.",
)
EARLY_WARNING = Theme(
    "early_warning",
    "Early warning",
    "",
    (
        "alerts",
        "alert_opened",
        "alert_acted",
        "alert_in_time",
        "alert_snoozed",
        "alert_wrong",
        "nudge_resumed",
        "nudge_effect",
        "ghosting_mentor",
        "ghosting_mentee",
        "limbo",
    ),
    "Alerts, what was done about them and what came of it are not recorded in this program yet.",
)
EXPERIENCE = Theme(
    "experience",
    "Experience of both sides",
    L1,
    (
        "fit_good",
        "pulse_mentee",
        "pulse_mentor",
        "pulse_lower",
        "practice.heard",
        "practice.safe",
        "response_mentee",
        "response_mentor",
    ),
    "No survey was answered by enough people to tell how either side felt.",
)
LEARNING = Theme(
    "learning",
    "Learning and behaviour",
    L2_3,
    (
        "advice_reported",
        "expectations_agreed",
        "goals_set",
        "practice.goals_done",
        "practice.skills_gained",
        "practice.stretch_done",
        "practice.confidence",
        "agenda_on_time",
        "thanks_on_time",
    ),
    "Neither goals nor advice are recorded in this program yet.",
)
NETWORK = Theme(
    "network",
    "Network and sponsorship",
    L2_3,
    (
        "introductions",
        "advocacy",
        "practice.led_to",
        "practice.advocated",
        "practice.days_to_advocacy",
        "practice.linked",
        "practice.stays_in_touch",
    ),
    "Introductions and advocacy are not recorded in this program yet.",
)
MENTORS = Theme(
    "mentors",
    "Mentors",
    "",
    (
        "mentor_return",
        "practice.mentor_gain",
        "practice.overloaded",
        "practice.off_minutes_mentor",
        "practice.off_answers_mentor",
        "pays_forward",
        "reply_mentor",
        "reply_days_mentor",
        "no_show_mentor",
    ),
    "Nothing is recorded yet about the load of mentors and what they get out of it.",
)
EQUITY = Theme(
    "equity",
    "Equity, cross-culture and time zones",
    "",
    (
        "practice.overlap_hours",
        "practice.overlap_short",
        "practice.off_minutes_mentee",
        "practice.off_answers_mentee",
        "practice.culture",
        "practice.trained",
    ),
    "Too few pairs in the groups recorded to compare them without telling on somebody.",
)
CHOICES = ("fit_by_place", "fit_by_training", "reply_by_distance", "sustained_by_modality")
"""What is told by kind of pair beside the gaps between groups."""
OPERATION = Theme(
    "operation",
    "Program operation",
    "",
    (
        "activation",
        "time_to_match",
        "time_to_first_contact",
        "support_coverage",
        "reply_mentee",
        "reply_days_mentee",
        "no_show_mentee",
        "late_cancel",
    ),
    "Time to match and support contacts are not recorded in this program yet.",
)
DATA = Theme("data", "Missing data", "", ("unattested", "late_events", "quarantined"), "")

THEMES = (HEALTH, ENDINGS, EARLY_WARNING, EXPERIENCE, LEARNING, NETWORK, MENTORS, OPERATION)
PRACTICES = frozenset(
    code for theme in (*THEMES, EQUITY) for code in theme.measures if code.startswith(PRACTICE)
)
"""The practices of the guide that a report tells of, among all that are measured."""

RESULTS_NONE = (
    "Not yet measurable: retention, promotion and mobility need data of people who took no part, and a year. "
    "People choose to be mentored, so a comparison would have to say how the two groups differed before."
)
COST_NONE = (
    "The cost is not told: write program_cost (and currency) into program.toml, and the report divides it by "
    "the sustained relationships and by those that came to a natural end."
)
VOICES_NONE = (
    "No quotes: only words with their author's consent to be quoted stand here, and none are stored."
)
BACKTEST_NONE = (
    "How often alerts are right, and how early they come, was not measured by the end of the quarter: "
    "the command kinkeeper backtest measures both on the program's own past."
)
ALL_RECORDED = "Everything this report tells of is recorded."

MEANING = {
    "time_to_match": "Median days from the mentee's registration to the acceptance",
    "activation": "Accepted pairs in mutual contact within the days the policy allows",
    "time_to_first_contact": "Median days from the acceptance to the first mutual contact",
    "expectations_agreed": "Pairs that agreed on expectations within the days the policy allows",
    "goals_set": "Pairs that set a goal within the days the policy allows",
    "sustained": "Accepted pairs that have held the sessions of a sustained relationship",
    "active": "Current pairs that are not silent beyond their own rhythm",
    "on_track": "Current pairs whose health and rhythm are as they should be",
    "watch": "Current pairs that are worth an eye",
    "needs_check_in": "Current pairs the program should turn to",
    "too_early": "Current pairs too young, or of which too little is known, to be judged",
    "paused": "Current pairs that paused by agreement",
    "closing": "Current pairs that have begun to close",
    "unresponsive": "Current pairs of which one side does not answer",
    "health": "Median score, from 0 to 100, of how good current relationships are",
    "health_tenth": "Score that a tenth of the current pairs stays below",
    "ghosting_mentor": "Mentors who turned unresponsive, per 100 months of a pair",
    "ghosting_mentee": "Mentees who turned unresponsive, per 100 months of a pair",
    "limbo": "Median active days from the first unanswered turn until it went on, ended or was matched anew",
    "adherence": "Latest agreed windows of contact in which there was one",
    "reply_mentor": "What was asked of mentors and answered in time",
    "reply_mentee": "What was asked of mentees and answered in time",
    "reply_days_mentor": "Median days to a mentor's answer; 0 is the same day",
    "reply_days_mentee": "Median days to a mentee's answer; 0 is the same day",
    "no_show_mentor": "Sessions held or missed to which the mentor did not come",
    "no_show_mentee": "Sessions held or missed to which the mentee did not come",
    "late_cancel": "Sessions called off with less notice than the policy asks for",
    "late_cancel_mentor": "The same, called off by the mentor",
    "late_cancel_mentee": "The same, called off by the mentee",
    "agenda_on_time": "Held sessions whose agenda was shared the policy's hours ahead",
    "thanks_on_time": "Held sessions with thanks within the policy's hours",
    "advice_reported": "Pieces of advice of which the mentee reported back what came of them",
    "fit_good": "First ratings of the fit that were good, of both sides",
    "pulse_mentor": "Mean of all answers of mentors to pulses, from 0% to 100%",
    "pulse_mentee": "Mean of all answers of mentees to pulses, from 0% to 100%",
    "pulse_lower": "Mean pulse of the less content side of each pair",
    "response_mentor": "Surveys sent to mentors that were answered",
    "response_mentee": "Surveys sent to mentees that were answered",
    "introductions": "Introductions made per 100 accepted pairs",
    "advocacy": "Endorsements, nominations and other advocacy per 100 accepted pairs",
    "natural_end": "Ends that were natural: goals met, term completed, needs evolved, in touch on their own",
    "natural_at_term": "Pairs that come to a natural end by their planned term, others counted as competing",
    "early_end": "Ends before their time, whatever caused them",
    "mismatch_end": "Ends because the two did not fit",
    "mismatch_days": "Median days until a mismatch was recognised; early is good",
    "complete_closure": "Ends with a reason, a goodbye and a next step",
    "mentor_return": "Mentors who took on another relationship after one ended",
    "pays_forward": "Mentees who became mentors",
    "support_coverage": "Months of a pair in which the program reached it as often as it means to",
    "alerts": "Alerts per 100 pairs",
    "alert_opened": "Alerts that somebody took on",
    "alert_acted": "Alerts after which somebody did something",
    "alert_in_time": "Alerts taken on within the days the policy allows",
    "alert_snoozed": "Alerts that were put off",
    "alert_wrong": "Alerts that were found wrong",
    "nudge_resumed": "Reminders asking whether all is well after which the pair was back in contact",
    "nudge_effect": "Pairs back in contact after such a reminder, less those of the hold-out that got none",
    "unattested": "Sessions whose date passed and that nobody attests: left out of every headline",
    "late_events": "Events recorded later than the policy allows",
    "quarantined": "Lines of data that could not become events",
    "practice.heard": "Mean of mentees' answers on being heard, from 0% to 100%",
    "practice.safe": "Mean of mentees' answers on speaking safely, from 0% to 100%",
    "practice.goals_done": "Short-term goals reached",
    "practice.skills_gained": "Goals about a missing skill that were reached",
    "practice.stretch_done": "Tasks beyond the usual work that were completed",
    "practice.confidence": "Mean of mentees' answers on confidence, from 0% to 100%",
    "practice.led_to": "Introductions that led to something",
    "practice.advocated": "Pairs whose mentor spoke up for the mentee",
    "practice.days_to_advocacy": "Median days from the acceptance until the mentor first spoke up",
    "practice.linked": "Pairs whose people are linked to further people of the program",
    "practice.stays_in_touch": "Natural ends after which the two stayed in touch",
    "practice.mentor_gain": "Mean of mentors' answers on what they gain from it, from 0% to 100%",
    "practice.overloaded": "Current pairs whose mentor carries more than they said they can",
    "practice.off_minutes_mentor": "Session minutes outside the mentor's usual hours",
    "practice.off_answers_mentor": "Mentors' answers sent outside their usual hours",
    "practice.off_minutes_mentee": "Session minutes outside the mentee's usual hours",
    "practice.off_answers_mentee": "Mentees' answers sent outside their usual hours",
    "practice.overlap_hours": "Median hours a week that suit both sides of a current pair",
    "practice.overlap_short": "Current pairs with fewer hours that suit both than a session needs",
    "practice.culture": "Mean of answers on being understood across cultures, from 0% to 100%",
    "practice.trained": "Pairs of whom both finished a training",
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
        "late_cancel_mentor",
        "late_cancel_mentee",
        "time_to_match",
        "time_to_first_contact",
        "reply_days_mentor",
        "reply_days_mentee",
        "unattested",
        "late_events",
        "ghosting_mentor",
        "ghosting_mentee",
        "limbo",
        "alert_wrong",
        "quarantined",
        "practice.overloaded",
        "practice.overlap_short",
        "practice.off_minutes_mentor",
        "practice.off_minutes_mentee",
        "practice.off_answers_mentor",
        "practice.off_answers_mentee",
        "practice.days_to_advocacy",
    }
)
"""Measures of which less is better; of `mismatch_days`, and of what is not named here, neither is."""
NEITHER = frozenset({"mismatch_days", "alerts", "alert_snoozed", "too_early", "paused", "closing"})

REACH = {
    "eligible": "People who could take part",
    "invited": "People invited",
    "registered": "People registered",
    "capacity": "Places that mentors offer",
    "planned": "Pairs planned",
    "proposed": "Pairs proposed",
    "accepted": "Pairs accepted",
    "started": "Pairs started",
}
"""What each step of `mart.reach` is called."""

_OF_CHOICE, _OF_GROUPS, _OF_SCALE = "choice.", "equity.", "scale."
_SCALE = {"change": "Answered twice: {}", "beside": "Outside, answered twice: {}"}
_COUNTED = {"end": "Ends", "flow": "From band to band", "cost": "Cost is told over"}


def choice_code(choice: str) -> str:
    """What a number told by kind is called among the measures."""
    return _OF_CHOICE + choice


def groups_code(field: str, kpi: str) -> str:
    """What a measure of groups of people is called among the measures."""
    return f"{_OF_GROUPS}{field}.{kpi}"


def scale_code(what: str, instrument: str, subscale: str, side: str) -> str:
    """What the number of those is called who answered a scale twice: in the program or beside it."""
    return f"{_OF_SCALE}{what}.{instrument}, {subscale}, {side or 'all'}"


def name(code: str) -> str:
    """What a measure is called: "Sustained", "Hours that suit both", "Sustained, by form"."""
    if code.startswith(PRACTICE):
        return PRACTICE_NAMES[code.removeprefix(PRACTICE)]
    if code.startswith(_OF_CHOICE):
        return CHOICE[code.removeprefix(_OF_CHOICE)]
    if code.startswith(_OF_GROUPS):
        field, _, kpi = code.removeprefix(_OF_GROUPS).partition(".")
        return f"{KPI.get(kpi, kpi)}, by {EQUITY_FIELD.get(field, field).lower()}"
    if code.startswith(_OF_SCALE):
        what, _, scale = code.removeprefix(_OF_SCALE).partition(".")
        return _SCALE[what].format(scale)
    of, is_count, kind = code.partition(":")
    if is_count:  # of one kind; an end says before its reason whether it was natural
        return f"{_COUNTED.get(of, of[:1].upper() + of[1:])}: {BAND.get(kind, kind.rpartition(':')[2])}"
    return KPI.get(code, code)
