"""What must be true of each table, row by row, as plain data; rules between tables are in set_rules.py.

Great Expectations loads what it checks, so only tables with a row per pair, cohort or file are read
whole; of those with a row per event it sees the distinct codes and the last delivery, and SQL checks the
rest.
"""

from __future__ import annotations

from typing import get_args

from expectations.rules import Suite, between, filled, in_order, key, not_above, not_empty, one_of, warn
from warehouse import words
from warehouse.events.base import CATALOGUE, Evidence, Party, Role, Visibility, fields, latest
from warehouse.events.catalogue.session import SessionMode

EVENT_TYPES = {name for name, _version in CATALOGUE}
SIDES = get_args(Party)
WAITING_ON = (*SIDES, "both")
EVIDENCE = get_args(Evidence)
LEDGER_STATUS = ("accepted", "refused", "redriven")
OUTCOMES = ("still_active", "early", "natural")
VERDICTS = ("more", "fewer", "alike", "too_few", "alone", "hidden")
SECTIONS = ("time", "matching", "growth")
SESSION_STATUS = ("proposed", "confirmed", "held", "no_show", "cancelled", "date_passed")

DATES = "Look at both dates of these pairs in the source; deliver the right one, or retract the wrong event."
"""What to do where a source's dates are in an order that cannot be; the pipeline does not correct them."""

_CODES = "select distinct event_type, version, evidence, visibility, actor_role from log.event"

LOG_EVENT = Suite(
    "log.event",
    (
        *one_of("event_type", EVENT_TYPES),
        *one_of("evidence", EVIDENCE),
        *one_of("visibility", get_args(Visibility)),
        *one_of("actor_role", get_args(Role), is_optional=True),
        *between("version", 1),
        *not_empty(),
    ),
    reads=_CODES,
    of_new=f"{_CODES} where position > $position",
)

MAX_DELIVERED = 20_000
"""How many of the last delivered events Great Expectations looks at: they are loaded as a frame."""

_LAST_DELIVERED = f"""
select * from log.typed_event
where
    position > (select max(position) - {MAX_DELIVERED} from log.typed_event)
    and file_id in (
        select file_id from log.ledger
        where landed_at > (select max(landed_at) - interval 1 day from log.ledger)
    )
"""


def _codes() -> dict[str, set[str]]:
    """Field -> its codes, over all types of event that have it."""
    codes: dict[str, set[str]] = {}
    for kind in latest():
        for field in fields(kind):
            if field.choices and not field.is_list:
                codes.setdefault(field.name, set()).update(field.choices)
    return codes


DELIVERY = Suite(
    "log.typed_event",
    (
        *key("position"),
        *key("event_id"),
        *key("source", "source_event_id"),
        *filled("occurred_at", "recorded_at", "file_id"),
        *one_of("event_type", EVENT_TYPES),
        *one_of("evidence", EVIDENCE),
        *one_of("visibility", get_args(Visibility)),
        *one_of("actor_role", get_args(Role), is_optional=True),
        *between("version", 1),
        *(rule for name, codes in sorted(_codes().items()) for rule in one_of(name, codes, is_optional=True)),
        *between("score", 1, is_optional=True),
        *not_above("score", "score_max"),
        *in_order("starts_on", "ends_on"),
        *between("progress", 0, 1, is_optional=True),
        *between("minutes", 0, 24 * 60, is_optional=True),
        *between("cadence_days", 1, 366, is_optional=True),
        *(
            rule
            for column in ("hours_before", "hours_after", "notice_hours", "capacity")
            for rule in between(column, 0, is_optional=True)
        ),
    ),
    reads=_LAST_DELIVERED,
)
"""What the codec promises of every event, asked again of those of the last day on which files landed."""

CORE_PAIR = Suite(
    "core.pair",
    (
        *key("pair_id"),
        *one_of("form", words.FORM, is_optional=True),
        *one_of("direction", words.DIRECTION, is_optional=True),
        *one_of("modality", words.MODALITY, is_optional=True),
        *not_empty(),
    ),
)

CORE_SESSION = Suite(
    "core.session",
    (
        *one_of("status", SESSION_STATUS),
        *one_of("mode", get_args(SessionMode), is_optional=True),
        *one_of("missed_by", WAITING_ON, is_optional=True),
    ),
    reads="select distinct status, mode, missed_by from core.session",
)

CORE_CONTACT = Suite(
    "core.contact", one_of("evidence", EVIDENCE), reads="select distinct evidence from core.contact"
)

_ACTIVE_DAYS = (
    "age_days",
    "silence_days",
    "mentor_owes_days",
    "mentee_owes_days",
    "mentor_silence_days",
    "mentee_silence_days",
    "mentor_no_show_days",
    "mentee_no_show_days",
    "mentor_checkin_unanswered_days",
    "mentee_checkin_unanswered_days",
    "mentor_rated_days",
    "mentee_rated_days",
    "last_gap_days",
)
_COUNTS = (
    "n_contacts",
    "n_sessions_held",
    "n_windows",
    "n_windows_met",
    "n_no_shows",
    "n_late_cancels",
    "push_streak",
    "n_agendas",
    "n_thanks",
    "n_goals",
    "n_goals_done",
    "n_advice_due",
    "n_advice_reported",
    "n_growth",
    "mentor_owes_n",
    "mentee_owes_n",
    "mentor_asked",
    "mentee_asked",
    "mentor_answered",
    "mentee_answered",
    "mentor_no_show_streak",
    "mentee_no_show_streak",
)
_RATES = (
    "mentor_rating",
    "mentee_rating",
    "mentor_last_rating",
    "mentee_last_rating",
    "progress",
    "expected_progress",
)
_GAPS = tuple(f"gap_{number}" for number in range(1, 7))
_FLAGS = ("is_paused", "is_light_mode", "has_safety_flag", "has_contact_feed", "is_feed_late")

FEATURE_PAIR = Suite(
    "feature.pair",
    (
        *key("pair_id"),
        *(rule for column in _ACTIVE_DAYS for rule in between(column, 0, is_optional=True)),
        *(rule for column in _COUNTS for rule in between(column, 0)),
        *(rule for column in _RATES for rule in between(column, 0, 1, is_optional=True)),
        *(rule for column in _GAPS for rule in between(column, 1, is_optional=True)),
        *filled(*_FLAGS),
        *one_of("end_reason", words.END_REASON, is_optional=True),
        *one_of("last_gap_party", SIDES, is_optional=True),
        *in_order("first_contact_at", "last_contact_at"),
        *warn(in_order("proposed_at", "accepted_at"), DATES),
        *warn(in_order("accepted_at", "ended_at"), DATES),
        *not_empty(),
    ),
)

_JUDGED = (
    *one_of("stage", words.STAGE),
    *one_of("state", words.STATE),
    *one_of("band", words.BAND),
    *one_of("waiting_on", WAITING_ON, is_optional=True),
    *between("silence_ratio", 0, is_optional=True),
    *between("health", 0, 100, is_optional=True),
    *between("coverage", 0, 1, is_optional=True),
    *filled("reason", "next_step"),
)
"""What the signals say of a pair, wherever it is repeated."""

SIGNAL_PAIR = Suite(
    "signal.pair",
    (
        *key("pair_id"),
        *_JUDGED,
        *between("surprise", 0, 1, is_optional=True),
        *filled("priority"),
        *not_empty(),
    ),
)

MART_PAIR = Suite(
    "mart.pair",
    (
        *key("pair_id"),
        *between("risk_30d", 0, 1, is_optional=True),
        *_JUDGED,
        *between("surprise", 0, 1, is_optional=True),
        *between("silence_days", 0, is_optional=True),
        *between("n_contacts", 0),
        *between("n_sessions_held", 0),
        *between("n_no_shows", 0),
        *one_of("form", words.FORM, is_optional=True),
        *one_of("direction", words.DIRECTION, is_optional=True),
        *one_of("modality", words.MODALITY, is_optional=True),
        *one_of("end_reason", words.END_REASON, is_optional=True),
        *warn(in_order("accepted_at", "ended_at"), DATES),
        *not_empty(),
    ),
)

MART_PAIR_DAY = Suite(
    "mart.pair_day",
    (
        *one_of("stage", words.STAGE),
        *one_of("state", words.STATE),
        *one_of("band", words.BAND),
        *one_of("band_raw", words.BAND),
    ),
    reads="select distinct stage, state, band, band_raw from mart.pair_day",
)

MART_HANDLING = Suite(
    "mart.handling", (*key("pair_id"), *one_of("handling", words.HANDLING), *filled("is_current", "is_quiet"))
)

MART_LISTED = Suite("mart.listed", (*key("pair_id"), *filled("priority"), *_JUDGED))

_COHORT_COUNTS = (
    "n_pairs",
    "n_active",
    "n_on_track",
    "n_watch",
    "n_needs_check_in",
    "n_too_early",
    "n_paused",
    "n_closing",
    "n_ended",
    "n_ended_success",
    "n_never_started",
    "n_sessions_held",
)

MART_COHORT = Suite(
    "mart.cohort",
    (
        *(rule for column in _COHORT_COUNTS for rule in between(column, 0)),
        *between("median_silence_ratio", 0, is_optional=True),
        *in_order("first_accepted_on", "last_accepted_on"),
        *not_empty(),
    ),
)

_SHARE = (*between("low", 0, 1, is_optional=True), *between("high", 0, 1, is_optional=True))

MART_ENDING_CURVE = Suite(
    "mart.ending_curve",
    (
        *filled("program_id", "is_whole"),
        *one_of("curve", words.ENDING_CURVE),
        *between("day", 0),
        *between("rate", 0, 1),
        *_SHARE,
        *not_above("low", "rate"),
        *not_above("rate", "high"),
        *between("n_at_risk", 0),
        *between("n_ended", 0),
    ),
)

MART_ENDING_COMPARISON = Suite(
    "mart.ending_comparison",
    (
        *key("program_id", "cohort_id", "outcome"),
        *one_of("outcome", OUTCOMES, is_optional=True),
        *one_of("verdict", VERDICTS),
        *between("rate", 0, 1, is_optional=True),
        *_SHARE,
        *between("p_value", 0, 1, is_optional=True),
        *filled("sentence"),
    ),
)

MART_FUNNEL = Suite(
    "mart.funnel",
    (
        *filled("program_id", "is_recorded", "is_hidden"),
        *one_of("step", words.FUNNEL_STEP),
        *one_of("from_step", words.FUNNEL_STEP, is_optional=True),
        *between("n_entered", 0, is_optional=True),
        *not_above("n_reached", "n_entered"),
        *not_above("n_timed", "n_reached"),
        *between("rate", 0, 1, is_optional=True),
        *_SHARE,
        *not_above("low", "rate"),
        *not_above("rate", "high"),
        *between("median_days", 0, is_optional=True),
    ),
)

MART_KPI = Suite(
    "mart.kpi",
    (
        *filled("program_id", "unit", "of_what"),
        *one_of("kpi", words.KPI),
        *one_of("topic", words.KPI_TOPIC),
        *one_of("caveat", words.KPI_CAVEAT, is_optional=True),
        *between("n", 1),
        *between("n_pairs", 1, is_optional=True),
        *between("value", -100),
        *between("value_before", -100, is_optional=True),
        *not_above("low", "value"),
        *not_above("value", "high"),
        *one_of("worst_evidence", EVIDENCE, is_optional=True),
    ),
)

_PRACTICE = (
    *filled("program_id", "is_hidden"),
    *one_of("section", SECTIONS),
    *between("n", 1, is_optional=True),
    *between("n_pairs", 1, is_optional=True),
    *not_above("n_pairs", "n"),
)

MART_PRACTICE = Suite(
    "mart.practice",
    (
        *_PRACTICE,
        *one_of("practice", words.PRACTICE),
        *one_of("worst_evidence", EVIDENCE, is_optional=True),
        *between("value", 0, is_optional=True),
        *between("value_before", 0, is_optional=True),
        *between("n_before", 1, is_optional=True),
        *not_above("low", "value"),
        *not_above("value", "high"),
    ),
)

MART_EQUITY_VALUE = Suite(
    "mart.equity_value",
    (
        *filled("program_id", "group_value", "unit", "of_what", "value"),
        *one_of("field", words.EQUITY_FIELD),
        *one_of("kpi", words.KPI),
        *between("n", 1),
        *between("n_pairs", 1),
        *not_above("low", "value"),
        *not_above("value", "high"),
    ),
)

MART_CHOICE = Suite(
    "mart.choice",
    (
        *_PRACTICE,
        *one_of("choice", words.CHOICE),
        *between("rate", 0, 1, is_optional=True),
        *_SHARE,
        *not_above("n_reached", "n"),
        *not_above("low", "rate"),
        *not_above("rate", "high"),
    ),
)

MART_MENTOR = Suite(
    "mart.mentor",
    (
        *filled("program_id", "mentor_id", "is_overloaded"),
        *between("n_pairs", 0),
        *between("minutes_28d", 0),
        *between("generation", 0, 4),
        *not_above("off_minutes", "session_minutes"),
    ),
)

MART_PAIR_PRACTICE = Suite(
    "mart.pair_practice",
    (
        *key("pair_id"),
        *between("overlap_hours", 0, 168, is_optional=True),
        *between("need_distance", 0, 1, is_optional=True),
        *between("mentor_present_rate", 0, 1, is_optional=True),
        *one_of("mentee_first_fit", words.FIT, is_optional=True),
        *one_of("mentor_first_fit", words.FIT, is_optional=True),
        *one_of("next_holiday_of", WAITING_ON, is_optional=True),
        *not_above("mentee_off_minutes", "session_minutes"),
        *not_above("mentor_off_minutes", "session_minutes"),
        *not_above("n_prepared", "n_held"),
        *not_above("n_skills_gained", "n_skill_goals"),
        *between("mentor_reply_work_hours", 0, is_optional=True),
        *between("mentee_reply_work_hours", 0, is_optional=True),
    ),
)

MART_EQUITY_GAP = Suite(
    "mart.equity_gap",
    (
        *filled("program_id", "unit", "of_what"),
        *one_of("field", words.EQUITY_FIELD),
        *one_of("kpi", words.KPI),
        *one_of("verdict", words.EQUITY_VERDICT),
        *between("n_groups", 0),
        *between("n_hidden", 0),
        *between("gap", 0, is_optional=True),
        *between("p_adjusted", 0, 1, is_optional=True),
        *not_above("gap_low", "gap"),
        *not_above("gap", "gap_high"),
        *not_above("p_value", "p_adjusted"),
    ),
)

MART_PARKED = Suite(
    "mart.parked",
    (*filled("pair_id", "source", "program_id"), *one_of("code", words.PARKED), *between("n_events", 1)),
)

MART_SURVEY_RESPONSE = Suite(
    "mart.survey_response",
    (
        *filled("program_id", "instrument", "wave", "side", "is_hidden", "is_open"),
        *between("n", 1, is_optional=True),
        *between("value", 0, 1, is_optional=True),
        *not_above("n_reached", "n"),
        *not_above("low", "value"),
        *not_above("value", "high"),
    ),
)

MART_SURVEY_SCORE = Suite(
    "mart.survey_score",
    (
        *filled("program_id", "instrument", "subscale", "group_value", "is_hidden"),
        *one_of("field", ("wave", "cohort_id", "form")),
        *one_of("side", ("", *words.SURVEY_SIDE)),
        *one_of("worst_evidence", EVIDENCE, is_optional=True),
        *not_above("scale_min", "low"),
        *not_above("low", "value"),
        *not_above("value", "high"),
        *not_above("high", "scale_max"),
    ),
)

MART_SURVEY_SHARE = Suite(
    "mart.survey_share",
    (
        *filled("program_id", "instrument", "wave", "item", "step"),
        *between("n", 0),
        *not_above("n", "n_all"),
    ),
)

MART_SURVEY_CHANGE = Suite(
    "mart.survey_change",
    (
        *filled("program_id", "instrument", "subscale", "is_hidden"),
        *one_of("field", ("program", "cohort_id")),
        *one_of("side", ("", *words.SURVEY_SIDE)),
        *not_above("n_paired", "n_before"),
        *not_above("low", "value"),
        *not_above("value", "high"),
    ),
)

MART_LEDGER = Suite(
    "mart.ledger",
    (
        *key("file_id"),
        *filled("source", "landed_at"),
        *one_of("status", LEDGER_STATUS),
        *(
            rule
            for column in ("lines_in", "accepted", "duplicate", "quarantined", "n_events")
            for rule in between(column, 0)
        ),
    ),
)

MART_SOURCE = Suite(
    "mart.source",
    (
        *key("source"),
        *one_of("freshness", words.FRESHNESS),
        *between("n_events", 1),
        *between("expected_every_days", 1, is_optional=True),
        *between("days_since_last", 0),
        *in_order("first_occurred_at", "last_occurred_at"),
    ),
)

SUITES: tuple[Suite, ...] = (
    LOG_EVENT,
    DELIVERY,
    CORE_PAIR,
    CORE_SESSION,
    CORE_CONTACT,
    FEATURE_PAIR,
    SIGNAL_PAIR,
    MART_PAIR,
    MART_PAIR_DAY,
    MART_HANDLING,
    MART_LISTED,
    MART_COHORT,
    MART_ENDING_CURVE,
    MART_ENDING_COMPARISON,
    MART_FUNNEL,
    MART_KPI,
    MART_PRACTICE,
    MART_CHOICE,
    MART_MENTOR,
    MART_PAIR_PRACTICE,
    MART_EQUITY_VALUE,
    MART_EQUITY_GAP,
    MART_PARKED,
    MART_SURVEY_RESPONSE,
    MART_SURVEY_SCORE,
    MART_SURVEY_SHARE,
    MART_SURVEY_CHANGE,
    MART_LEDGER,
    MART_SOURCE,
)
