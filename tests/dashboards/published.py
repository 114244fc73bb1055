"""A published file as the contract describes it, filled with a small invented program.

Every state, band, stage, direction and end reason occurs, and one pair carries text that would be
harmful if a screen ever read it as HTML. Everything is drawn from one seed.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import random
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from warehouse import publish
from warehouse.models import SQL_FOLDER
from warehouse.policy import Policy

AS_OF = dt.datetime(2026, 11, 23, 6, 0)
HOSTILE_PAIR = "pair-hostile"
LATE_SOURCE = "calendar"
"""What feeds the pairs with `late` in their ids."""
HOSTILE_TEXT = "<img src=x onerror=alert(1)><script>alert(2)</script><a href='javascript:alert(3)'>click</a>"

Row = dict[str, Any]

POLICY: Row = Policy().as_columns()
SQL_TYPES = {str: "varchar", bool: "boolean", int: "int", float: "double"}

SCHEMA = """
create schema ref; create schema mart;
create table ref.run (
    build_id varchar, as_of timestamp, known_at timestamp, policy_fingerprint varchar, program_label varchar,
    n_events_in_log bigint, $policy
);
create table mart.pair (
    pair_id varchar, program_id varchar, cohort_id varchar, form varchar, direction varchar, modality varchar,
    mentee_id varchar, mentor_id varchar, n_people int, mentee_time_zone varchar, mentor_time_zone varchar,
    accepted_at timestamp, started_at timestamp, agreed_cadence_days int, planned_end_on date, stage varchar,
    state varchar, band varchar, waiting_on varchar, n_unanswered int, waiting_days int,
    last_contact_at timestamp, last_mentee_touch_at timestamp, last_mentor_touch_at timestamp,
    next_session_at timestamp, silence_days double, tau_days double, sigma double, silence_ratio double,
    surprise double, expected_days double, health double, coverage double, risk_30d double, risk_60d double,
    risk_own double, n_contacts int,
    risk_tier varchar, risk_basis varchar, is_risk_calibrated boolean,
    n_sessions_held int, n_no_shows int, ended_at timestamp, end_reason varchar, is_success boolean,
    ghosted_on date, reason varchar, reason_message varchar, next_step varchar, next_step_message varchar,
    evidence_grade varchar,
    band_raw varchar, health_low double, health_high double, health_change_28d double,
    health_frozen_on date, is_ghosting_final boolean, mentee_written_on date, mentor_written_on date,
    is_mentee_on_leave boolean, is_mentor_on_leave boolean
);
create table mart.pair_risk_reason (
    pair_id varchar, ordinal int, code varchar, reason varchar, reason_message varchar, log_odds double
);
create table mart.alert (
    pair_id varchar, alert_id varchar, signal varchar, reason varchar, model varchar, raised_at timestamp,
    closed_at timestamp, snoozed_until_on date, status varchar, verdict varchar, outcome varchar,
    lead_days int
);
create table mart.alert_precision (
    judged_by varchar, n int, n_right int, value double, low double, high double
);
create table mart.nudge_effect (
    program_id varchar, comparison varchar, n_treated int, n_treated_back int, n_others int,
    n_others_back int, value double, low double, high double
);
create table mart.backtest (
    target varchar, method varchar, metric varchar, value double, low double, high double, n_rows int,
    n_pairs int, n_weeks int, from_on date, to_on date
);
create table mart.backtest_bin (
    target varchar, method varchar, bin int, n int, predicted_rate double, observed_rate double,
    low double, high double
);
create table mart.backtest_lead (target varchar, method varchar, lead_days double, n_silences int);
create table mart.backtest_week (
    target varchar, method varchar, on_date date, n_pairs int, n_silent int, n_alerts int, n_right int
);
create table mart.backtest_group (
    target varchar, method varchar, field varchar, group_value varchar, metric varchar, n int, n_pairs int,
    value double, low double, high double
);
create table mart.risk_model (
    basis varchar, sha256 varchar, is_synthetic boolean, is_calibrated boolean, trained_from date,
    trained_to date, n_windows int, n_pairs int, n_silent int, base_rate double,
    average_precision double, brier double,
    calibration_slope double, limits varchar
);
create table mart.pair_day (
    pair_id varchar, day date, stage varchar, state varchar, band_raw varchar, band varchar,
    waiting_on varchar, health double, coverage double, health_frozen_on date, tau_days double,
    silence_ratio double
);
create table mart.listed (
    pair_id varchar, priority double, cohort_id varchar, band varchar, state varchar,
    waiting_on varchar, silence_days double, silence_ratio double, expected_days double, health double,
    coverage double, risk_30d double, reason varchar, next_step varchar, stage varchar, direction varchar,
    last_contact_at timestamp, next_session_at timestamp, mentee_id varchar, mentor_id varchar
);
create table mart.pair_reason (
    pair_id varchar, ordinal int, code varchar, reason varchar, reason_message varchar, value double,
    expected double, since_on date
);
create table mart.pair_threshold (
    pair_id varchar, ordinal int, code varchar, leads_to varchar, value double, threshold double,
    is_crossed boolean, is_counted boolean
);
create table mart.pair_pattern (
    pair_id varchar, n_contacts_1w int, n_contacts_4w int, n_contacts_8w int, n_contacts_26w int,
    n_active_weeks int, n_weeks int, gap_median double, gap_p90 double, silence_in_gaps double,
    unanswered_streak int
);
create table mart.pair_gap (pair_id varchar, family varchar, source varchar, newest_at timestamp);
create table mart.pair_absence (
    pair_id varchar, side varchar, event_type varchar, occurred_at timestamp, recorded_at timestamp,
    starts_on date, ends_on date, source varchar
);
create table mart.handling (
    pair_id varchar, event_id varchar, alert_id varchar, alert_state varchar, handling varchar, until_on date,
    reason varchar, handled_at timestamp, is_current boolean, is_quiet boolean
);
create table mart.health_part (
    pair_id varchar, component varchar, score double, evidence double, weight double, points double,
    points_possible double, contribution double
);
create table mart.pair_event (
    pair_id varchar, event_id varchar, occurred_at timestamp, recorded_at timestamp, event_type varchar,
    lane varchar, side varchar, summary varchar, summary_message varchar, evidence varchar, source varchar,
    position bigint
);
create table mart.pair_retraction (
    pair_id varchar, event_id varchar, event_type varchar, source varchar, occurred_at timestamp,
    recorded_at timestamp, taken_back_by varchar, taken_back_at timestamp, reason varchar,
    replacement_event_id varchar
);
create table mart.cohort (
    cohort_id varchar, program_id varchar, n_pairs int, n_active int, n_on_track int, n_watch int,
    n_needs_check_in int, n_too_early int, n_paused int, n_closing int, n_ended int, n_ended_success int,
    n_never_started int, median_silence_ratio double, n_sessions_held int, first_accepted_on date,
    last_accepted_on date, is_told boolean
);
create table mart.ending_curve (
    program_id varchar, cohort_id varchar, is_whole boolean, curve varchar, day int, rate double, low double,
    high double, n_at_risk int, n_ended int
);
create table mart.ending_comparison (
    program_id varchar, cohort_id varchar, outcome varchar, from_day int, age_days int, n_pairs int,
    n_others int, n_ended int, n_others_ended int, rate double, low double, high double, others_rate double,
    others_low double, others_high double, p_value double, verdict varchar, sentence varchar,
    sentence_message varchar
);
create table mart.funnel (
    program_id varchar, cohort_id varchar, ordinal int, step varchar, is_recorded boolean, is_hidden boolean,
    from_step varchar, n_entered int, n_reached int, rate double, low double, high double,
    median_days double, n_timed int
);
create table mart.kpi (
    program_id varchar, cohort_id varchar, ordinal int, topic varchar, kpi varchar, unit varchar,
    of_what varchar, of_last_days int, n bigint, n_pairs bigint, value double, low double, high double,
    worst_evidence varchar, value_before double, n_before bigint, caveat varchar
);
create table mart.equity_value (
    program_id varchar, field varchar, group_value varchar, ordinal int, kpi varchar, unit varchar,
    of_what varchar, n bigint, n_pairs bigint, value double, low double, high double
);
create table mart.equity_gap (
    program_id varchar, field varchar, ordinal int, kpi varchar, unit varchar, of_what varchar, n_groups int,
    n_hidden int, lowest_group varchar, highest_group varchar, lowest double, highest double, gap double,
    gap_low double, gap_high double, p_value double, p_adjusted double, verdict varchar
);
create table mart.survey_response (
    program_id varchar, instrument varchar, instrument_title varchar, wave varchar, side varchar,
    sent_on date, is_open boolean, is_hidden boolean, n int, n_reached int, value double, low double,
    high double
);
create table mart.survey_score (
    program_id varchar, field varchar, group_value varchar, instrument varchar, instrument_title varchar,
    subscale varchar, scale_title varchar, ordinal int, side varchar, from_on date, until_on date,
    is_hidden boolean, n int, n_pairs int, value double, low double, high double, scale_min int,
    scale_max int, worst_evidence varchar, wave_before varchar, n_before int, value_before double
);
create table mart.survey_share (
    program_id varchar, instrument varchar, instrument_title varchar, wave varchar, side varchar,
    item varchar, item_title varchar, ordinal int, step int, step_title varchar, n int, n_all int
);
create table mart.survey_change (
    program_id varchar, field varchar, group_value varchar, instrument varchar, instrument_title varchar,
    subscale varchar, scale_title varchar, ordinal int, side varchar, is_hidden boolean, n_before int,
    n_paired int, n_lost int, mean_before double, mean_after double, value double, low double, high double,
    effect double, effect_low double, effect_high double, stayed double, stayed_low double,
    stayed_high double, n_outside int, outside double, difference double, difference_low double,
    difference_high double,
    scale_min int, scale_max int, worst_evidence varchar
);
create table mart.match_month (
    program_id varchar, month varchar, n_months int, n_pairs bigint, n_active bigint, rate double
);
create table mart.health_age (
    program_id varchar, n_quarters int, n_pairs bigint, median_health double, n_in_need bigint
);
create table mart.band_flow (
    program_id varchar, from_on date, until_on date, band_from varchar, band_to varchar, n_pairs bigint
);
create table mart.practice (
    program_id varchar, cohort_id varchar, ordinal int, section varchar, practice varchar, unit varchar,
    of_what varchar, is_hidden boolean, n bigint, n_pairs bigint, value double, low double, high double,
    worst_evidence varchar, value_before double, n_before bigint
);
create table mart.choice (
    program_id varchar, ordinal int, section varchar, choice varchar, kind varchar, is_hidden boolean, n int,
    n_pairs int, n_reached int, rate double, low double, high double
);
create table mart.mentor (
    program_id varchar, mentor_id varchar, time_zone varchar, n_pairs int, capacity int, load_rate double,
    is_overloaded boolean, minutes_28d int, session_minutes int, off_minutes int, n_mentored int,
    n_partners int, was_mentee boolean, generation int
);
create table mart.pair_practice (
    pair_id varchar, mentee_country varchar, mentor_country varchar, overlap_hours double,
    is_overlap_short boolean, is_short_of_time boolean, session_minutes int, mentee_off_minutes int,
    mentor_off_minutes int, mentee_answers_off int, mentor_answers_off int, mentee_reply_work_hours double,
    mentor_reply_work_hours double, next_holiday_on date, next_holiday_of varchar, n_moved int,
    push_streak int, notice_hours double, n_light_sessions int, n_updates int, n_mentee_late int,
    n_mentor_late int, late_minutes int, n_overran int, overran_minutes int, n_shortened int,
    n_joins_hours_off int, mentor_present_rate double, match_mode varchar, channel_source varchar,
    is_reporting_line boolean, guidance varchar, days_to_match int, mentee_first_fit varchar,
    mentor_first_fit varchar, n_wanted int, n_offered int, need_distance double, mismatch varchar,
    mismatch_days int, is_mismatch_acknowledged boolean, is_rematched boolean, n_held int, n_prepared int,
    n_question_lists int, n_full_question_lists int, n_notes int, n_agendas int, n_mentee_agendas int,
    n_proposed int, n_mentee_proposed int, n_thanks int, n_specific_thanks int, n_takeaways int,
    is_confidentiality_stated boolean, n_messages int, n_messages_elsewhere int, n_short_goals int,
    n_long_goals int, n_skill_goals int, n_skills_gained int, n_goals_done int, n_goals_dropped int,
    n_guidance_kinds int, n_feedback int, n_full_feedback int, n_corrective int, n_stretch int,
    n_stretch_done int, n_introductions int, n_introductions_led int, n_advocacy int, n_endorsements int,
    days_to_advocacy int, n_failures_shared int
);
create table mart.policy (
    program_id varchar, set_at timestamp, recorded_at timestamp, policy_fingerprint varchar,
    changes varchar[], settings varchar[], source varchar
);
create table mart.week (
    cohort_id varchar, week_on date, n_sessions_held int, n_contacts int, n_pairs_in_contact int,
    n_pairs_alive int
);
create table mart.ledger (
    file_id varchar, name varchar, source varchar, mapping varchar, landed_at timestamp, status varchar,
    lines_in bigint, accepted bigint, duplicate bigint, quarantined bigint, n_events bigint, notes varchar
);
create table mart.quarantine (
    source varchar, code varchar, n_rows bigint, first_seen_at timestamp, last_seen_at timestamp,
    n_open bigint, n_open_in_refused_files bigint, n_waived bigint, open_since_at timestamp,
    sample_field varchar, hint varchar, sample_shape varchar
);
create table mart.parked (
    pair_id varchar, source varchar, program_id varchar, code varchar, n_events int,
    first_recorded_at timestamp
);
create table mart.quarantine_line (
    quarantine_id varchar, file_id varchar, file_name varchar, source varchar, code varchar, ordinal int,
    line bigint, field varchar, hint varchar, shape varchar, seen_at timestamp, is_whole_file boolean,
    later_file_at timestamp
);
create table mart.source (
    source varchar, n_events bigint, first_occurred_at timestamp, last_occurred_at timestamp,
    last_recorded_at timestamp, expected_every_days double, days_since_last int, freshness varchar,
    n_pairs_unjudged bigint
);
create table mart.check_result (
    table_name varchar, rule varchar, is_blocking boolean, is_ok boolean, n_checked bigint, n_failed bigint,
    detail varchar
);
create table ref.drift (
    table_name varchar, rule varchar, is_blocking boolean, is_ok boolean, n_checked bigint, n_failed bigint,
    detail varchar
);
"""

RECORDS = """
create table mart.pair_record as
select
    pair_id, event_id, 'per_0123456789abcdef' as actor_id, 'mentee' as actor_role,
    lpad('1', 64, '0') as file_id,
    case
        when lane = 'session' then 'mode = video; minutes = ' || 30 + position % 60
        when pair_id = 'pair-hostile' then 'topic = ' || summary
    end as fields
from mart.pair_event
where lane <> 'survey'
"""
LIVES = """
create table mart.pair_life as
select
    pair_id, strftime(accepted_at, '%Y-%m') as month, accepted_at::date as accepted_on,
    ended_at::date as closed_on, null::int as entered_day,
    date_diff('day', accepted_at, coalesce(ended_at, timestamp '2026-11-23'))::int as left_day,
    case when is_success then 'natural' when ended_at is not null then 'other' end as cause
from mart.pair
where accepted_at is not null
"""

# state, band, stage, who owes an answer, silence ratio
STATES: tuple[tuple[str, str, str, str | None, float | None], ...] = (
    ("presumed_ghosted", "needs_check_in", "active", "mentor", 4.4),
    ("suspected_ghosting", "needs_check_in", "active", "mentor", 2.3),
    ("suspected_ghosting", "needs_check_in", "active", "mentee", 1.9),
    ("never_started", "needs_check_in", "accepted", None, 1.6),
    ("stalled", "needs_check_in", "active", None, 2.6),
    ("faded", "needs_check_in", "active", None, 4.9),
    ("waiting", "watch", "active", "mentor", 1.1),
    ("waiting", "watch", "active", "both", 1.7),
    ("probably_finished", "watch", "active", None, 1.8),
    ("delivery_problem", "watch", "active", None, 1.5),
    ("resumed", "on_track", "active", None, 0.3),
    ("data_late", "too_early", "active", None, 1.9),
    ("no_contact_feed", "too_early", "accepted", None, None),
    ("paused", "paused", "paused", None, 1.2),
    ("closing", "closing", "closing", None, 0.6),
    ("in_rhythm", "on_track", "light_mode", None, 0.8),
    ("in_rhythm", "too_early", "forming", None, 0.5),
    ("proposed", "too_early", "proposed", None, None),
    ("no_reply_to_outreach", "too_early", "outreach", None, None),
)

SUCCESS = {"goals_met", "term_completed", "needs_evolved", "moved_to_network"}
EARLY = {
    "mismatch.chemistry", "mismatch.expertise", "mismatch.goals", "mismatch.logistics", "mismatch.culture",
    "ghosted_by_mentor", "ghosted_by_mentee", "faded", "time_constraints", "never_started", "conduct",
}  # fmt: skip
NEUTRAL = {"life_event", "left_organisation", "program_ended", "unknown"}
END_WEIGHTS = {
    "goals_met": 9,
    "term_completed": 8,
    "needs_evolved": 4,
    "moved_to_network": 3,
    "time_constraints": 3,
}

ZONES = (
    "Asia/Kolkata",
    "America/Los_Angeles",
    "Africa/Lagos",
    "Europe/London",
    "America/Sao_Paulo",
    "Asia/Tokyo",
)
COHORTS = (("2025-autumn", 14), ("2026-spring", 8), ("2026-summer", 4))
COMPONENTS = (
    ("cadence", 25),
    ("responsiveness", 20),
    ("felt_quality", 20),
    ("reliability", 15),
    ("progress", 15),
    ("growth", 5),
)

USUALLY = "this pair is usually in touch every {usual} days."
REASONS = {
    "presumed_ghosted": "{who} has not answered 3 messages since {since} ({days} days); " + USUALLY,
    "suspected_ghosting": "{who} has not answered 2 messages since {since} ({days} days); " + USUALLY,
    "never_started": "The two accepted on {since} and have not been in touch since ({days} days).",
    "stalled": "No contact for {days} days, about twice the usual {usual}; nobody has asked for anything.",
    "faded": "No contact for {days} days where {usual} are usual, and nobody has asked for anything.",
    "waiting": "{who} owes an answer since {since} ({days} days).",
    "probably_finished": "All goals are reached, both ratings are high and the term is nearly over.",
    "delivery_problem": "The last 2 messages to the mentee could not be delivered.",
    "ended": "Came to its end.",
    "data_late": "The calendar feed is late, so silence cannot be told from missing data.",
    "no_contact_feed": "No contact was recorded for any pair of this cohort: connect a feed before judging.",
}
NEXT = {
    "presumed_ghosted": "Second and last check-in with the silent side, then offer the other a new match.",
    "suspected_ghosting": "Ask the silent side privately: overwhelmed, lighter mode, or a kind end?",
    "never_started": "Introduce the two again and propose two times for a first talk.",
    "stalled": "Suggest a ten-minute call to both.",
    "faded": "Ask both whether they want to close, pause or begin again.",
    "waiting": "Send the waiting side the gentle check-in draft.",
    "probably_finished": "Invite the two to close well.",
    "delivery_problem": "Check the mentee's address.",
    "data_late": "See data quality: the feed must arrive first.",
    "no_contact_feed": "Connect a contact feed.",
}


class Writer:
    """Collects rows table by table."""

    def __init__(self, seed: int = 7) -> None:
        self.draw = random.Random(seed)
        self.rows: dict[str, list[Row]] = {}
        self.position = 0

    def add(self, table: str, **row: Any) -> None:
        self.rows.setdefault(table, []).append(row)

    def person(self) -> str:
        return f"per_{self.draw.getrandbits(64):016x}"


def write_publication(
    home: Path,
    *,
    build_id: str = "build-1",
    known_at: dt.datetime = AS_OF,
    program_label: str | None = "Synthetic sample program",
    n_quiet_pairs: int = 60,
    is_quiet: bool = False,
    is_blind: bool = False,
    is_empty: bool = False,
) -> Path:
    """Write one publication and point to it; answers the file.

    `is_quiet` leaves out every pair in trouble, `is_blind` holds pairs of a late feed alone and `is_empty`
    leaves all tables but ref.run empty.
    """
    writer = Writer()
    writer.add(
        "ref.run",
        build_id=build_id,
        as_of=AS_OF,
        known_at=known_at,
        policy_fingerprint="0123456789abcdef",
        program_label=program_label,
        n_events_in_log=0 if is_empty else 12418,
        **POLICY,
    )
    if is_blind:
        fill_blind(writer)
    elif not is_empty:
        fill(writer, n_quiet_pairs, is_quiet=is_quiet)
    folder = home / "published"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{build_id}.duckdb"
    save(file, writer.rows)
    pointer = publish.Publication(
        build_id=build_id,
        file=file.name,
        as_of=f"{AS_OF.isoformat()}Z",
        known_at=f"{known_at.isoformat()}Z",
        policy_fingerprint="0123456789abcdef",
        mart_hash="0" * 64,
        tables={table: len(rows) for table, rows in writer.rows.items() if table != "ref.run"},
    )
    (folder / publish.POINTER).write_text(json.dumps(dataclasses.asdict(pointer)), "utf-8")
    return file


def write_past(home: Path, as_of: dt.datetime, known_at: dt.datetime, *sql: str) -> Path:
    """Put a publication of another day beside the newest: the same tables, changed by some statements."""
    folder = home / "published"
    newest = folder / json.loads((folder / publish.POINTER).read_text("utf-8"))["file"]
    build_id = f"past-{as_of:%Y%m%d}-{known_at:%Y%m%d}"
    file = folder / publish.PAST / f"{build_id}.duckdb"
    file.parent.mkdir(exist_ok=True)
    shutil.copy(newest, file)
    with duckdb.connect(str(file)) as con:
        con.execute(
            "update ref.run set as_of = $as_of, known_at = $known_at, build_id = $build_id",
            {"as_of": as_of, "known_at": known_at, "build_id": build_id},
        )
        for statement in sql:
            con.execute(statement)
    return file


def save(file: Path, rows: dict[str, list[Row]]) -> None:
    with duckdb.connect(str(file)) as con:
        policy = ", ".join(f"{name} {SQL_TYPES[type(value)]}" for name, value in POLICY.items())
        con.execute(SCHEMA.replace("$policy", policy))
        for table, content in rows.items():
            frame = pd.DataFrame(content)
            con.execute(f"insert into {table} by name select * from frame")
            assert len(frame) > 0
        ranked = (SQL_FOLDER / "mart" / "watchlist.sql").read_text("utf-8")
        con.execute(f"create view mart.watchlist as {ranked}")
        activity = (SQL_FOLDER / "mart" / "pair_activity.sql").read_text("utf-8")
        con.execute(f"create table mart.pair_activity as {activity}")
        con.execute(RECORDS)
        con.execute(LIVES)
        con.execute(
            "create table mart.band_day as select program_id, day, d.band, count(*)::int as n_pairs "
            "from mart.pair_day as d inner join mart.pair using (pair_id) group by all"
        )


def fill_blind(writer: Writer) -> None:
    mentors = [writer.person() for _ in range(3)]
    for at in range(6):
        add_pair(writer, f"pair-late-{at:02d}", mentors, "data_late", "too_early", "active", None, 1.9)
    add_sources(writer)


def add_policies(writer: Writer) -> None:
    """The policy as it came, and that of the run, which looks at fewer pairs a week."""
    settings = [f"{name} = {json.dumps(value)}" for name, value in POLICY.items()]
    then = [said.replace("budget = 10", "budget = 12") for said in settings]
    change = ["attention_budget: 12 -> 10"]
    for day, fingerprint, changes, said in (
        (dt.datetime(2026, 3, 2, 9), "fedcba9876543210", None, then),
        (dt.datetime(2026, 10, 5, 9), "0123456789abcdef", change, settings),
    ):
        writer.add(
            "mart.policy",
            program_id="sample",
            set_at=day,
            recorded_at=day,
            policy_fingerprint=fingerprint,
            changes=changes,
            settings=said,
            source="kinkeeper/policy",
        )


def fill(writer: Writer, n_quiet_pairs: int, *, is_quiet: bool) -> None:
    add_policies(writer)
    mentors = [writer.person() for _ in range(14)]
    if not is_quiet:
        for at, (state, band, stage, waiting_on, ratio) in enumerate(STATES * 2):
            add_pair(
                writer,
                f"pair-{state.replace('_', '-')}-{at:02d}",
                mentors,
                state,
                band,
                stage,
                waiting_on,
                ratio,
            )
        add_pair(
            writer, HOSTILE_PAIR, mentors, "suspected_ghosting", "needs_check_in", "active", "mentor", 2.1
        )
        make_hostile(writer)
    for at in range(n_quiet_pairs):
        ratio = round(writer.draw.uniform(0.1, 1.3), 2)
        add_pair(writer, f"pair-{at:03d}", mentors, "in_rhythm", "on_track", "active", None, ratio)
    reasons = sorted(SUCCESS | EARLY | NEUTRAL)
    weighted = reasons + [reason for reason, n in END_WEIGHTS.items() for _ in range(n)]
    for at, reason in enumerate(weighted):
        add_pair(
            writer, f"pair-ended-{at:02d}", mentors, "ended", "ended", "ended", None, None, end_reason=reason
        )
    add_pair(
        writer,
        "pair-network",
        mentors,
        "network",
        "ended",
        "network",
        None,
        None,
        end_reason="moved_to_network",
    )
    add_pair(
        writer, "pair-declined", mentors, "declined", "ended", "declined", None, None, end_reason="unknown"
    )
    add_watchlist(writer)
    add_cohorts(writer)
    add_weeks(writer)
    add_endings(writer)
    add_record(writer)
    add_alerts(writer)
    add_lifecycle(writer)
    add_practices(writer)
    add_books(writer)


PRACTICES: tuple[tuple[str, str, str, str, int, float, float, float], ...] = (
    ("time", "overlap_short", "rate", "current pairs", 90, 0.44, 0.35, 0.55),
    ("time", "off_minutes_mentee", "rate", "session minutes", 4200, 0.39, 0.31, 0.46),
    ("time", "off_minutes_mentor", "rate", "session minutes", 4200, 0.12, 0.08, 0.17),
    ("time", "reply_hours_mentor", "working hours", "answers", 300, 6, 4, 9),
    ("matching", "outreach_reply", "rate", "first messages", 57, 0.89, 0.79, 0.95),
    ("matching", "fit_mentee", "rate", "pairs", 131, 0.88, 0.82, 0.92),
    ("growth", "prepared", "rate", "sessions held", 1082, 0.84, 0.82, 0.86),
    ("growth", "led_to", "rate", "introductions", 29, 0.41, 0.26, 0.59),
)
"""section, practice, unit, of what, how many, value and limits, for the whole program."""

CHOICES = (
    ("matching", "reply_by_ask", "conversation", 42, 39),
    ("matching", "reply_by_ask", "mentor", 15, 12),
    ("matching", "fit_by_place", "same_country", None, None),
    ("matching", "fit_by_place", "other_country", None, None),
    ("time", "sessions_by_mode", "video", 100, 60),
    ("growth", "goal_kind", "skill", 40, 12),
)


def add_practices(writer: Writer) -> None:
    """Numbers about practices, mentors one of whom carries too many, and what pairs do; nothing is drawn."""
    for ordinal, (section, practice, unit, of_what, n, value, low, high) in enumerate(PRACTICES, 1):
        about = {"program_id": "sample", "ordinal": ordinal, "section": section, "practice": practice}
        about |= {"unit": unit, "of_what": of_what}
        told = {"n": n, "n_pairs": min(n, 90), "value": value, "low": low, "high": high}
        told |= {"worst_evidence": "attested2", "value_before": value * 0.9, "n_before": n}
        writer.add("mart.practice", cohort_id=None, is_hidden=False, **about, **told)
        writer.add("mart.practice", cohort_id="pilot", is_hidden=True, **about, **dict.fromkeys(told))
    writer.add("mart.practice", cohort_id=None, is_hidden=True, **(about | {"practice": "heard"}))
    for ordinal, (section, choice, kind, n, n_reached) in enumerate(CHOICES, 1):
        rate = None if n is None or n_reached is None else n_reached / n
        limits = {"rate": rate, "low": rate and rate * 0.9, "high": rate and min(1, rate * 1.1)}
        about = {"program_id": "sample", "ordinal": ordinal, "section": section, "choice": choice}
        told = {"n": n, "n_pairs": n, "n_reached": n_reached, **limits}
        writer.add("mart.choice", kind=kind, is_hidden=n is None, **about, **told)
    pairs = writer.rows["mart.pair"]
    mentors = sorted({row["mentor_id"] for row in pairs if row["mentor_id"]})
    for at, mentor_id in enumerate(mentors):
        load = {"n_pairs": 3, "capacity": 2 if at == 0 else 4, "load_rate": 1.5 if at == 0 else 0.75}
        spent = {"minutes_28d": 45, "session_minutes": 200, "off_minutes": 50}
        about = {
            "program_id": "sample",
            "mentor_id": mentor_id,
            "time_zone": "Europe/London",
            "is_overloaded": at == 0,
        }
        links = {"n_mentored": 3, "n_partners": 3, "was_mentee": False, "generation": 1}
        writer.add("mart.mentor", **about, **load, **spent, **links)
    for at, row in enumerate(pairs):
        lived = practice_of(at)
        is_tight = lived["is_overlap_short"] or lived.get("push_streak", 0) > 1
        is_short = is_tight and row["stage"] in ("accepted", "forming", "active", "light_mode")
        writer.add("mart.pair_practice", pair_id=row["pair_id"], is_short_of_time=is_short, **lived)
        if row["n_contacts"]:
            writer.add("mart.pair_pattern", pair_id=row["pair_id"], **pattern_of(at))


def pattern_of(at: int) -> Row:
    """How one pair meets; every fifth met once."""
    counts = dict(zip((1, 4, 8, 26), (0, 2, 3, 11), strict=True))
    recent = {f"n_contacts_{weeks}w": n for weeks, n in counts.items()}
    gaps: Row = {"gap_median": 14.0, "gap_p90": 26.4, "silence_in_gaps": 1.5}
    lived = {"n_active_weeks": 10, "n_weeks": 24, "unanswered_streak": at % 3}
    return recent | lived | (dict.fromkeys(gaps) if at % 5 == 4 else gaps)


def practice_of(at: int) -> Row:
    """What one pair does; every third has nothing to tell but that it exists."""
    if at % 3 == 2:
        return {"overlap_hours": None, "is_overlap_short": False, "is_rematched": False, "n_held": None}
    return {
        "overlap_hours": float(at % 5),
        "is_overlap_short": at % 5 < 2,
        "session_minutes": 90,
        "mentee_off_minutes": 60,
        "mentor_off_minutes": 30,
        "mentor_reply_work_hours": 2.5,
        "next_holiday_on": dt.date(2026, 11, 26),
        "next_holiday_of": "mentor",
        "push_streak": at % 3,
        "match_mode": "chosen",
        "n_wanted": 4,
        "n_offered": 3,
        "mentee_first_fit": "good",
        "is_rematched": False,
        "n_held": 4,
        "n_prepared": 3,
        "n_short_goals": 1,
        "n_introductions": 2,
        "n_introductions_led": 1,
    }


def risk_of(ratio: float | None, has_ended: bool) -> Row:
    """Risk by the silence ratio; percentages held, so they are shown."""
    if has_ended or ratio is None:
        return {"is_risk_calibrated": None}
    rate = round(min(0.06 * (1 + ratio**2), 0.9), 3)
    tier = "high" if rate > 0.5 else "raised" if rate > 0.2 else "usual"
    about = {"risk_tier": tier, "risk_basis": "model", "is_risk_calibrated": True}
    return about | {"risk_30d": rate, "risk_60d": round(rate * 0.8, 3), "risk_own": rate}


def add_pair(
    writer: Writer,
    pair_id: str,
    mentors: list[str],
    state: str,
    band: str,
    stage: str,
    waiting_on: str | None,
    ratio: float | None,
    end_reason: str | None = None,
) -> None:
    draw = writer.draw
    cohort, months = draw.choice(COHORTS)
    usual = draw.choice((9.0, 14.0, 16.0, 28.0, 41.0))
    direction = draw.choice(("standard", "standard", "standard", "peer", "reverse"))
    accepted = AS_OF - dt.timedelta(days=30 * months - draw.randint(0, 40), hours=draw.randint(0, 12))
    silence = None if ratio is None else max(round(ratio * usual), 1)
    ended = accepted + dt.timedelta(days=draw.randint(60, 30 * months - 41)) if end_reason else None
    is_begun = stage not in ("outreach", "proposed", "declined", "accepted")
    until = ended or (AS_OF - dt.timedelta(days=silence or 1))
    sides = ("First peer", "Second peer") if direction == "peer" else ("Mentee", "Mentor")
    who = {"mentee": sides[0], "mentor": sides[1], "both": "Each side", None: ""}[waiting_on]
    words = {"who": who, "since": f"{until:%-d %b}", "days": silence, "usual": f"{usual:.0f}"}
    health = (
        None
        if not is_begun
        else round(draw.uniform(74, 93) if band in ("on_track", "ended") else draw.uniform(31, 66))
    )
    n_sessions = add_events(writer, pair_id, accepted, until, usual, waiting_on) if is_begun else 0
    writer.add(
        "mart.pair",
        pair_id=pair_id,
        program_id="sample",
        cohort_id=None if state == "no_contact_feed" else cohort,
        form=draw.choice(("formal", "informal")),
        direction=direction,
        modality=draw.choice(("in_person", "virtual", "mixed")),
        mentee_id=writer.person(),
        mentor_id=None if state == "no_contact_feed" else draw.choice(mentors),
        n_people=2,
        mentee_time_zone=draw.choice(ZONES),
        mentor_time_zone=draw.choice((*ZONES, None)),
        accepted_at=None if stage in ("outreach", "proposed", "declined") else accepted,
        agreed_cadence_days=int(usual),
        planned_end_on=(accepted + dt.timedelta(days=270)).date(),
        stage=stage,
        state=state,
        band=band,
        waiting_on=waiting_on,
        n_unanswered=2 if waiting_on else 0,
        waiting_days=silence if waiting_on else None,
        last_contact_at=until if is_begun else None,
        last_mentee_touch_at=until + dt.timedelta(days=6 * (waiting_on == "mentor")) if is_begun else None,
        last_mentor_touch_at=until + dt.timedelta(days=6 * (waiting_on == "mentee")) if is_begun else None,
        next_session_at=AS_OF + dt.timedelta(days=3, hours=9)
        if band == "on_track" and draw.random() < 0.6
        else None,
        silence_days=None if ended else silence,
        tau_days=usual,
        silence_ratio=None if ended else ratio,
        surprise=None if ended or ratio is None else round(min(0.5 + ratio / 9, 0.995), 3),
        expected_days=usual if is_begun else None,
        health=health,
        coverage=None if health is None else round(draw.uniform(0.55, 1), 2),
        n_contacts=n_sessions * 2,
        **risk_of(ratio, ended is not None),
        n_sessions_held=n_sessions,
        n_no_shows=draw.choice((0, 0, 1)),
        ended_at=ended,
        end_reason=end_reason,
        is_success=None if end_reason is None or end_reason in NEUTRAL else end_reason in SUCCESS,
        reason=REASONS.get(state, "In touch as usual for this pair.").format(**words),
        next_step=NEXT.get(state),
        evidence_grade="attested1",
    )
    add_reasons(writer, pair_id, state, words, usual, until)
    if health is not None:
        add_health(writer, pair_id, health)
        add_days(writer, pair_id, state, band, stage, health)
        add_signs(writer, pair_id)


def add_events(
    writer: Writer, pair_id: str, start: dt.datetime, until: dt.datetime, usual: float, waiting_on: str | None
) -> int:
    draw = writer.draw

    def tell(at: dt.datetime, event_type: str, lane: str, summary: str, evidence: str = "observed") -> None:
        writer.position += 1
        writer.add(
            "mart.pair_event",
            pair_id=pair_id,
            event_id=f"event-{writer.position}",
            occurred_at=at,
            recorded_at=at + dt.timedelta(hours=draw.randint(0, 30)),
            event_type=event_type,
            lane=lane,
            side=lane if lane in ("mentee", "mentor") else None,
            summary=summary,
            evidence=evidence,
            source="sample-pulse"
            if lane == "survey"
            else LATE_SOURCE
            if "late" in pair_id
            else "sample-platform",
            position=writer.position,
        )

    tell(start, "match.accepted", "program", "Both accepted the match")
    at, n_sessions = start + dt.timedelta(days=4), 0
    while at < until:
        tell(at - dt.timedelta(days=3), "exchange.message_sent", "mentee", "Mentee wrote")
        tell(at - dt.timedelta(days=2), "exchange.message_replied", "mentor", "Mentor answered")
        chance = draw.random()
        if chance < 0.08:
            tell(at, "session.cancelled", "session", "Session cancelled by mentor, 30 hours before")
        elif chance < 0.12:
            tell(at, "session.no_show", "session", "Mentee did not come")
        else:
            n_sessions += 1
            tell(at, "session.held", "session", "Session held, 45 minutes", "attested1")
            tell(
                at + dt.timedelta(hours=9),
                "followup.thanks_sent",
                "mentee",
                "Mentee said thank you after 9 hours",
            )
        if n_sessions % 3 == 1:
            tell(
                at + dt.timedelta(days=1),
                "growth.feedback_given",
                "feedback",
                "Mentor gave feedback, 3 of 3 parts",
            )
            tell(at + dt.timedelta(days=2), "survey.answered", "survey", "Pulse answered: 4 of 5")
        at += dt.timedelta(days=max(usual * draw.lognormvariate(0, 0.25), 2), hours=draw.randint(-6, 6))
    if waiting_on:
        lane = "mentee" if waiting_on == "mentor" else "mentor"
        tell(until + dt.timedelta(days=3), "exchange.message_sent", lane, f"{lane.title()} wrote")
        tell(
            until + dt.timedelta(days=6),
            "exchange.checkin_sent",
            lane,
            f"{lane.title()} asked whether all is well",
        )
        tell(until + dt.timedelta(days=7), "ops.nudge_sent", "program", "Program sent a reminder")
    return n_sessions


def add_reasons(
    writer: Writer, pair_id: str, state: str, words: Row, usual: float, since: dt.datetime
) -> None:
    if state in REASONS:
        text = REASONS[state].format(**words)
        writer.add(
            "mart.pair_reason",
            pair_id=pair_id,
            ordinal=1,
            code=state,
            reason=text,
            value=words["days"],
            expected=usual,
            since_on=since.date(),
        )
    if state in ("suspected_ghosting", "presumed_ghosted"):
        writer.add(
            "mart.pair_reason",
            pair_id=pair_id,
            ordinal=2,
            code="push_streak",
            reason="The last 2 sessions were moved or called off.",
            value=2,
            expected=None,
            since_on=since.date(),
        )


def add_signs(writer: Writer, pair_id: str) -> None:
    """Two of the signs a band rests on: one that is crossed, one that does not count now."""
    shown = (("silence", 2.6, 2.0, True, True), ("health", 40.0, 55.0, True, False))
    for ordinal, (code, value, threshold, is_crossed, is_counted) in enumerate(shown, start=7):
        writer.add(
            "mart.pair_threshold",
            pair_id=pair_id,
            ordinal=ordinal,
            code=code,
            leads_to="needs_check_in",
            value=value,
            threshold=threshold,
            is_crossed=is_crossed,
            is_counted=is_counted,
        )


def add_days(writer: Writer, pair_id: str, state: str, band: str, stage: str, health: float) -> None:
    """Ten days on track with a score of 80, then ten as it is today."""
    for n in range(20, 0, -1):
        writer.add(
            "mart.pair_day",
            pair_id=pair_id,
            day=(AS_OF - dt.timedelta(days=n - 1)).date(),
            stage=stage,
            state="in_rhythm" if n > 10 else state,
            band_raw="on_track" if n > 10 else band,
            band="on_track" if n > 10 else band,
            health=80.0 if n > 10 else health,
            coverage=0.9,
        )


def add_health(writer: Writer, pair_id: str, health: float) -> None:
    for component, weight in COMPONENTS:
        evidence = 0.0 if component == "growth" else round(writer.draw.uniform(0.4, 1), 2)
        score = min(max(health / 100 + writer.draw.uniform(-0.18, 0.18), 0), 1)
        possible = weight * evidence
        writer.add(
            "mart.health_part",
            pair_id=pair_id,
            component=component,
            score=score,
            evidence=evidence,
            weight=weight,
            points=score * possible,
            points_possible=possible,
            contribution=None if evidence == 0 else weight * (score - 0.75) / 4,
        )


def make_hostile(writer: Writer) -> None:
    pair = writer.rows["mart.pair"][-1]
    pair |= {
        "reason": HOSTILE_TEXT,
        "next_step": HOSTILE_TEXT,
        "cohort_id": "2026-spring",
        "direction": "standard",
    }
    for table, column in (("mart.pair_reason", "reason"), ("mart.pair_event", "summary")):
        for row in writer.rows[table]:
            if row["pair_id"] == HOSTILE_PAIR:
                row[column] = HOSTILE_TEXT
    events = [row for row in writer.rows["mart.pair_event"] if row["pair_id"] == HOSTILE_PAIR]
    writer.add(
        "mart.pair_retraction",
        pair_id=HOSTILE_PAIR,
        event_id="event-gone",
        event_type="session.held",
        source="sample-platform",
        occurred_at=events[-1]["occurred_at"],
        recorded_at=events[-1]["recorded_at"],
        taken_back_by="ops.event_corrected",
        taken_back_at=AS_OF - dt.timedelta(days=2),
        reason=HOSTILE_TEXT,
        replacement_event_id=events[-1]["event_id"],
    )


def add_watchlist(writer: Writer) -> None:
    listed = [
        row
        for row in writer.rows["mart.pair"]
        if row["band"] in ("needs_check_in", "watch") or row["state"] == "no_contact_feed"
    ]
    order = {"needs_check_in": 0, "watch": 1, "too_early": 2}
    listed.sort(key=lambda row: (order[row["band"]], -(row["silence_ratio"] or 0), row["pair_id"]))
    columns = [
        "pair_id",
        "cohort_id",
        "band",
        "state",
        "waiting_on",
        "silence_days",
        "silence_ratio",
        "expected_days",
        "health",
        "coverage",
        "reason",
        "next_step",
        "stage",
        "direction",
        "last_contact_at",
        "next_session_at",
        "mentee_id",
        "mentor_id",
    ]
    for rank, row in enumerate(listed, 1):
        writer.add("mart.listed", priority=1 / rank, **{column: row[column] for column in columns})


def add_cohorts(writer: Writer) -> None:
    for cohort, _ in COHORTS:
        rows = [row for row in writer.rows["mart.pair"] if row["cohort_id"] == cohort]
        accepted = sorted(row["accepted_at"].date() for row in rows if row["accepted_at"] is not None)
        ratios = sorted(row["silence_ratio"] for row in rows if row["silence_ratio"] is not None)
        bands = {
            f"n_{band}": sum(row["band"] == band for row in rows)
            for band in ("on_track", "watch", "needs_check_in", "too_early", "paused", "closing", "ended")
        }
        writer.add(
            "mart.cohort",
            cohort_id=cohort,
            program_id="sample",
            n_pairs=len(rows),
            n_active=bands["n_on_track"] + bands["n_watch"] + bands["n_needs_check_in"],
            n_ended_success=sum(bool(row["is_success"]) for row in rows),
            n_never_started=sum(row["state"] == "never_started" for row in rows),
            median_silence_ratio=ratios[len(ratios) // 2],
            n_sessions_held=sum(row["n_sessions_held"] for row in rows),
            first_accepted_on=accepted[0],
            last_accepted_on=accepted[-1],
            is_told=len(rows) >= 5,
            **bands,
        )


def add_weeks(writer: Writer) -> None:
    for cohort, months in COHORTS:
        monday = AS_OF.date() - dt.timedelta(days=30 * months)
        monday -= dt.timedelta(days=monday.weekday())
        at = 0
        while monday <= AS_OF.date():
            alive = min(8 + 3 * at, 42)
            held = round(
                alive
                * writer.draw.uniform(0.32, 0.48)
                * (0.35 if (monday.month, monday.day > 20) == (12, True) else 1)
            )
            held = held if monday + dt.timedelta(days=6) <= AS_OF.date() else held // 4
            writer.add(
                "mart.week",
                cohort_id=cohort,
                week_on=monday,
                n_sessions_held=held,
                n_contacts=round(held * 1.7),
                n_pairs_in_contact=min(round(held * 1.25), alive),
                n_pairs_alive=alive,
            )
            monday, at = monday + dt.timedelta(days=7), at + 1


def add_quarantine(writer: Writer) -> None:
    problems = (
        ("time.no_offset", 2, "time", "add an offset, or declare the source's zone in its mapping"),
        ("event.unknown_type", 1, "type", "the catalogue has no such event type: see docs/events.md"),
        ("value.range", 1, "score", "a score lies between 1 and score_max"),
        ("json.not_lines", 1, None, "the file is one JSON document: write one object a line"),
        ("time.future", 1, "time", "it claims to have happened more than 24 hours after it was received"),
    )
    shape = '{"id": "aaa-9999", "time": "9999-99-99a99:99:99", "data": {"minutes": 99}}'
    for at, (code, n, field, hint) in enumerate(problems):
        is_whole_file = code == "json.not_lines"
        first_seen_at = AS_OF - dt.timedelta(days=2)
        writer.add(
            "mart.quarantine",
            source="sample-platform",
            code=code,
            n_rows=n + 1,
            first_seen_at=first_seen_at,
            last_seen_at=AS_OF,
            n_open=n,
            n_open_in_refused_files=int(is_whole_file),
            n_waived=1,
            open_since_at=first_seen_at,
            sample_field=field,
            hint=hint,
            sample_shape=None if is_whole_file else shape,
        )
        for ordinal in range(1, n + 1):
            line = 0 if is_whole_file else 10 * at + ordinal
            writer.add(
                "mart.quarantine_line",
                quarantine_id=f"file{at}-{line}",
                file_id=f"file{at}",
                file_name="[red] events-with-problems.ndjson",
                source="sample-platform",
                code=code,
                ordinal=ordinal,
                line=line,
                field=field,
                hint=hint,
                shape="" if is_whole_file else shape,
                seen_at=first_seen_at,
                is_whole_file=is_whole_file,
                later_file_at=AS_OF if is_whole_file else None,
            )


def add_parked(writer: Writer) -> None:
    for pair_id, code, n_events, n_days in (
        ("pair-7413", "ref.unknown", 12, 19),
        ("pair-9120", "ref.pending", 1, 2),
    ):
        writer.add(
            "mart.parked",
            pair_id=pair_id,
            source="sample-platform",
            program_id="sample",
            code=code,
            n_events=n_events,
            first_recorded_at=AS_OF - dt.timedelta(days=n_days),
        )


def add_books(writer: Writer) -> None:
    deliveries = [
        ("sample-platform", f"events-2026-{month:02d}.ndjson", 780 + 13 * month) for month in range(1, 12)
    ]
    deliveries += [("sample-pulse", f"pulse-2026-{month:02d}.csv", 96 + month) for month in range(1, 12)]
    deliveries += [
        ("sample-roster", "participants.csv", 212),
        ("sample-platform", "events-with-problems.ndjson", 25),
    ]
    for at, (source, name, lines) in enumerate(deliveries):
        quarantined = 6 if "problems" in name else 0
        duplicate = 4 if source == "sample-platform" else 0
        writer.add(
            "mart.ledger",
            file_id=f"{at:064x}",
            name=name,
            source=source,
            mapping=None if source == "sample-platform" else "mapping.toml",
            landed_at=AS_OF - dt.timedelta(hours=at),
            status="accepted" if not quarantined else "partly accepted",
            lines_in=lines,
            accepted=lines - duplicate - quarantined,
            duplicate=duplicate,
            quarantined=quarantined,
            n_events=lines - duplicate - quarantined,
        )
    add_quarantine(writer)
    add_parked(writer)
    add_equity(writer)
    add_surveys(writer)
    add_cohort_lives(writer)
    add_sources(writer)
    add_checks(writer)
    add_drift(writer)


ENDING_SENTENCES = {
    "early": "By day 166, 8% (3% to 17%) had ended early, of the others at the same age 16% (8% to 26%): "
    "no more of a difference than chance explains.",
    "natural": "Too few pairs to tell. By day 166, 3 of 52 had come to a natural end, and 1 of 84 others.",
    "still_active": "By day 166, 86% (73% to 93%) were still active, of the others at the same age 62% "
    "(51% to 70%): more, and chance hardly explains it.",
}
TOO_SMALL = "Too small to show: fewer than 5 pairs, 5 people or 3 mentors."


def add_groups(writer: Writer) -> None:
    """Two groups judged alike, one of which fell silent more often than was said; of one no alert is told."""
    numbers = {
        "formal": {"alert_rate": 0.06, "alert_precision": 0.5, "observed_rate": 0.12, "predicted_rate": 0.11},
        "informal": {"alert_rate": 0.05, "observed_rate": 0.3, "predicted_rate": 0.1},
    }
    for group, metrics in numbers.items():
        for metric, value in metrics.items():
            has_limits = metric != "predicted_rate"
            writer.add(
                "mart.backtest_group",
                target="silence",
                method="risk",
                field="form",
                group_value=group,
                metric=metric,
                n=400,
                n_pairs=45,
                value=value,
                low=value * 0.8 if has_limits else None,
                high=value * 1.2 if has_limits else None,
            )


def add_record(writer: Writer) -> None:
    """A backtest that says: better than recency, too sure of itself; and the shipped model in use."""
    values = {
        "risk": {"average_precision": 0.6, "precision_top": 0.7, "precision_top_10": 0.6}
        | {"precision_top_20": 0.45, "brier": 0.08, "calibration_slope": 0.7, "median_lead_days": 13.0}
        | {"attention": 10.0, "precision_attention": 0.55, "recall_attention": 0.8},
        "recency": {"average_precision": 0.4, "precision_top": 0.5, "median_lead_days": float("nan")},
    }
    for method, metrics in values.items():
        for metric, value in metrics.items():
            writer.add(
                "mart.backtest",
                target="silence",
                method=method,
                metric=metric,
                value=value,
                low=value * 0.9,
                high=value * 1.1,
                n_rows=867,
                n_pairs=97,
                n_weeks=3,
                from_on=dt.date(2026, 7, 12),
                to_on=dt.date(2026, 7, 26),
            )
    for place in range(1, 6):
        rate = 0.1 * place
        writer.add(
            "mart.backtest_bin",
            target="silence",
            method="risk",
            bin=place,
            n=170,
            predicted_rate=rate,
            observed_rate=rate * 0.8,
            low=rate * 0.6,
            high=rate,
        )
    for lead, n in ((None, 18), (10.0, 4), (15.0, 6)):
        writer.add("mart.backtest_lead", target="silence", method="risk", lead_days=lead, n_silences=n)
    for week in range(3):
        on = dt.date(2026, 7, 12) + dt.timedelta(days=7 * week)
        numbers = {"n_pairs": 58, "n_silent": 7, "n_alerts": 3, "n_right": week}
        writer.add("mart.backtest_week", target="silence", method="risk", on_date=on, **numbers)
    add_groups(writer)
    writer.add(
        "mart.risk_model",
        basis="prior",
        sha256="6b89c3007d67" + "0" * 52,
        is_synthetic=True,
        is_calibrated=False,
        trained_from=dt.date(2025, 10, 30),
        trained_to=dt.date(2026, 9, 24),
        n_windows=1906,
        n_pairs=97,
        n_silent=234,
        base_rate=0.123,
        average_precision=0.59,
        brier=0.079,
        calibration_slope=1.01,
        limits="An order of risk, no probability.\nIt knows only the silence.",
    )


def add_alerts(writer: Writer) -> None:
    """Alerts of every status, judged and followed; some were held back at random."""
    pairs = [row["pair_id"] for row in writer.rows["mart.pair"] if row["mentor_id"]]
    kinds = (
        ("open", "state", "waiting", None, None, 12),
        ("snoozed", "state", "stalled", None, None, 4),
        ("acknowledged", "risk", "risk_silence", None, None, 16),
        ("dismissed", "state", "suspected_ghosting", "wrong", "in_touch", None),
        ("closed", "state", "presumed_ghosted", "right", "silent", 0),
        ("withdrawn", "state", "waiting", None, "in_touch", None),
        ("held_back", "state", "waiting", None, None, 9),
    )
    for at, (status, signal, reason, verdict, outcome, lead) in enumerate(kinds):
        raised_at = AS_OF - dt.timedelta(days=3 * at + 1)
        is_over = status in ("closed", "withdrawn")
        writer.add(
            "mart.alert",
            pair_id=pairs[at % len(pairs)],
            alert_id=f"alr_{at}",
            signal=signal,
            reason=reason,
            model="6b89c3007d67" + "0" * 52,
            raised_at=raised_at,
            closed_at=raised_at + dt.timedelta(days=2) if is_over else None,
            snoozed_until_on=(AS_OF + dt.timedelta(days=2)).date() if status == "snoozed" else None,
            status=status,
            verdict=verdict,
            outcome=outcome,
            lead_days=lead,
        )
    for judged_by, n, right in (("managers", 40, 28), ("outcome", 60, 33)):
        value = right / n
        row = {"n": n, "n_right": right, "value": value, "low": value - 0.13, "high": value + 0.12}
        writer.add("mart.alert_precision", judged_by=judged_by, **row)
    for comparison, numbers in (
        ("holdout", (70, 56, 80, 48, 20.0, 5.24, 33.39)),
        ("acted", (30, 21, 50, 25, 20.0, -2.0, 39.0)),
    ):
        names = ("n_treated", "n_treated_back", "n_others", "n_others_back", "value", "low", "high")
        about = dict(zip(names, numbers, strict=True))
        writer.add("mart.nudge_effect", program_id="sample", comparison=comparison, **about)


def add_endings(writer: Writer) -> None:
    shares = {"natural": 0.3, "mismatch": 0.12, "ghosted_by_mentor": 0.05, "faded": 0.04, "unclear": 0.01}
    for cohort, last in ((None, 336), ("2025-autumn", 336), ("2026-spring", 180)):
        for day in (*range(0, last, 30), last):
            past = day / 336
            rates = {name: round(share * past**2, 6) for name, share in shares.items()}
            for curve, rate in {"still_active": 1 - sum(rates.values()), **rates}.items():
                has_interval = 0 < rate < 1
                writer.add(
                    "mart.ending_curve",
                    program_id="sample",
                    cohort_id=cohort,
                    is_whole=True,
                    curve=curve,
                    day=day,
                    rate=rate,
                    low=round(rate * 0.7, 6) if has_interval else None,
                    high=round(rate + (1 - rate) * 0.1, 6) if has_interval else None,
                    n_at_risk=round(120 - 110 * past),
                    n_ended=round(60 * rate),
                )
    for cohort in ("2025-autumn", "2026-spring", "pilot"):
        for outcome, sentence in ENDING_SENTENCES.items():
            is_small = cohort == "pilot"
            writer.add(
                "mart.ending_comparison",
                program_id="sample",
                cohort_id=cohort,
                outcome=outcome,
                n_pairs=3 if is_small else 52,
                verdict="hidden" if is_small else "alike",
                sentence=TOO_SMALL if is_small else sentence,
            )


def add_lifecycle(writer: Writer) -> None:
    """Three steps and three measures of all, and of one cohort; a second cohort is too small."""
    for cohort in (None, "2026-spring", "pilot"):
        group = {"program_id": "sample", "cohort_id": cohort}
        add_steps(writer, group, is_small=cohort == "pilot")
        if cohort != "pilot":
            add_measures(writer, group)


def add_steps(writer: Writer, group: Row, *, is_small: bool) -> None:
    steps: tuple[tuple[str, str | None, int | None, int | None], ...] = (
        ("goals", None, 120, 90),
        ("search", "goals", None, None),
        ("first_talk", "goals", 90, 72),
        ("thanks", "first_talk", 72, 60),
        ("pays_forward", "thanks", 3, 1),
    )
    for at, (step, before, entered, reached) in enumerate(steps, 1):
        is_shown = not is_small and entered is not None and entered >= 5
        row = {
            "n_entered": entered,
            "n_reached": reached,
            "rate": (reached or 0) / (entered or 1),
            "low": 0.6,
            "high": 0.9,
            "median_days": 12.5 if before else None,
            "n_timed": 50 if before else None,
        }
        writer.add(
            "mart.funnel",
            **group,
            ordinal=at,
            step=step,
            is_recorded=step != "search",
            is_hidden=is_small or (step != "search" and not is_shown),
            from_step=before,
            **{name: value if is_shown else None for name, value in row.items()},
        )


def add_measures(writer: Writer, group: Row) -> None:
    measures: tuple[tuple[str, str, str, float, float | None, float | None], ...] = (
        ("start", "activation", "rate", "pairs", 0.73, 0.65, 0.8),
        ("contact", "ghosting_mentor", "per 100 pair-months", "pair-months", 5.0, 1.6, 11.7),
        ("voices", "introductions", "per 100 pairs", "pairs", 26.5, 18.5, 36.6),
        ("endings", "mismatch_days", "days", "ends", 104.0, None, None),
        ("program", "nudge_resumed", "rate", "reminders", 0.6, 0.4, 0.8),
    )
    for at, (topic, kpi, unit, of_what, value, low, high) in enumerate(measures, 1):
        writer.add(
            "mart.kpi",
            **group,
            ordinal=at,
            topic=topic,
            kpi=kpi,
            unit=unit,
            of_what=of_what,
            of_last_days=35 if unit == "per 100 pair-months" else None,
            n=135,
            n_pairs=130,
            value=value,
            low=low,
            high=high,
            worst_evidence="attested2" if kpi == "activation" else None,
            value_before=0.71 if kpi == "activation" else None,
            n_before=113 if kpi == "activation" else None,
            caveat="observational" if kpi == "nudge_resumed" else None,
        )


def add_equity(writer: Writer) -> None:
    """A gap beyond chance, one that chance explains, and one that too few stand behind."""
    for field, (low_group, high_group), verdict in (
        ("borders", ("two_countries", "same_country"), "gap"),
        ("mentee_country", ("DE", "NG"), "chance"),
        ("form", ("formal", "informal"), "too_few"),
    ):
        about = {
            "program_id": "sample",
            "field": field,
            "ordinal": 2,
            "kpi": "activation",
            "unit": "rate",
            "of_what": "pairs",
        }
        if verdict == "too_few":
            writer.add("mart.equity_gap", **about, n_groups=0, n_hidden=2, verdict=verdict)
            continue
        gap = {"lowest": 0.6, "highest": 0.8, "gap": 0.2, "gap_low": 0.05, "gap_high": 0.33}
        groups = {"lowest_group": low_group, "highest_group": high_group, "n_groups": 2, "n_hidden": 0}
        p_value = 0.004 if verdict == "gap" else 0.4
        tested = {"p_value": p_value, "p_adjusted": 2 * p_value, "verdict": verdict}
        writer.add("mart.equity_gap", **about, **groups, **gap, **tested)
        for group, value in ((low_group, 0.6), (high_group, 0.8)):
            limits = {"value": value, "low": value - 0.1, "high": value + 0.1}
            writer.add("mart.equity_value", **about, group_value=group, n=40, n_pairs=40, **limits)


def add_surveys(writer: Writer) -> None:
    """A pulse of two waves with a hidden side, and an outcome that rose beside people outside."""
    for instrument, title, waves in (
        ("pulse", "Quick pulse", ("2026-10", "2026-09")),
        ("benefits-mentee", "What it brings the mentee", ("post", "pre")),
    ):
        about = {"program_id": "sample", "instrument": instrument, "instrument_title": title}
        sides = ("mentee", "mentor") if instrument == "pulse" else ("mentee",)
        for at, wave in enumerate(waves):
            on = (AS_OF - dt.timedelta(days=30 * at + 10)).date()
            for side in sides:
                add_survey_wave(
                    writer, about | {"side": side}, wave, on, is_hidden=(at, side) == (1, "mentor")
                )
        for field, group, is_hidden in (
            ("cohort_id", "2026-spring", False),
            ("cohort_id", "pilot", True),
            ("form", "formal", False),
        ):
            add_scale(writer, about | {"side": "mentee", "is_hidden": is_hidden}, field, group, AS_OF.date())
    add_changes(writer, about | {"side": "mentee"})


def add_survey_wave(writer: Writer, about: Row, wave: str, on: dt.date, *, is_hidden: bool) -> None:
    hides = about | {"is_hidden": is_hidden}
    answers = {"n": 40, "n_reached": 12, "value": 0.3, "low": 0.18, "high": 0.45}
    told = {} if is_hidden else answers
    writer.add("mart.survey_response", **hides, wave=wave, sent_on=on, is_open=wave == "2026-10", **told)
    add_scale(writer, hides, "wave", wave, on)
    words = ("Strongly disagree", "Disagree", "Neither", "Agree", "Strongly agree")
    for ordinal, item in enumerate(("fit", "heard")):
        for step, n in enumerate((0, 1, 2, 5, 4) if not is_hidden else (), 1):
            item_words = {"item": item, "item_title": f"Statement about {item}.", "ordinal": ordinal}
            step_words = {"step": step, "step_title": words[step - 1], "n": n, "n_all": 12}
            writer.add("mart.survey_share", **about, wave=wave, **item_words, **step_words)


def add_scale(writer: Writer, about: Row, field: str, group: str, on: dt.date) -> None:
    mean = {"n": 12, "n_pairs": 11, "value": 4.25, "low": 3.9, "high": 4.6, "worst_evidence": "attested1"}
    if group == "2026-10":
        mean |= {"wave_before": "2026-09", "n_before": 14, "value_before": 4.4}
    scale = {"subscale": "total", "scale_title": "Felt quality", "ordinal": 0, "scale_min": 1, "scale_max": 5}
    told = {} if about["is_hidden"] else mean
    writer.add(
        "mart.survey_score", **about, **scale, field=field, group_value=group, from_on=on, until_on=on, **told
    )


def add_changes(writer: Writer, about: Row) -> None:
    scale = {"subscale": "total", "scale_title": "All benefits", "ordinal": 0, "scale_min": 1, "scale_max": 5}
    number = {
        "n_before": 61, "n_paired": 22, "n_lost": 39, "mean_before": 3.08, "mean_after": 3.56, "value": 0.48,
        "low": 0.35, "high": 0.62, "effect": 0.44, "effect_low": 0.2, "effect_high": 0.68, "stayed": 0.08,
        "stayed_low": -0.3, "stayed_high": 0.46, "n_outside": 26, "outside": 0.04, "difference": 0.44,
        "difference_low": 0.27, "difference_high": 0.62, "worst_evidence": "attested1",
    }  # fmt: skip
    for field, group, told in (
        ("program", "", number),
        ("cohort_id", "2026-spring", number | {"n_outside": None, "effect": None}),
        ("cohort_id", "pilot", {}),
    ):
        named = {"field": field, "group_value": group, "is_hidden": not told}
        writer.add("mart.survey_change", **about, **scale, **named, **told)


def add_cohort_lives(writer: Writer) -> None:
    """Two months of beginnings, two ages and where pairs went."""
    for month, rates in (("2026-01", (1.0, 0.9, 0.75)), ("2026-03", (1.0, 0.95))):
        for n_months, rate in enumerate(rates):
            active = {"n_active": round(40 * rate), "rate": rate}
            writer.add(
                "mart.match_month", program_id="sample", month=month, n_months=n_months, n_pairs=40, **active
            )
    for n_quarters in (0, 1):
        ages = {"n_pairs": 20, "median_health": 81.0, "n_in_need": 3}
        writer.add("mart.health_age", program_id="sample", n_quarters=n_quarters, **ages)
    days: Row = {"program_id": "sample", "from_on": dt.date(2026, 10, 20), "until_on": AS_OF.date()}
    for before, after, n in (("new", "too_early", 3), ("on_track", "on_track", 30), ("on_track", "ended", 2)):
        writer.add("mart.band_flow", **days, band_from=before, band_to=after, n_pairs=n)


def add_sources(writer: Writer) -> None:
    writer.add(
        "mart.pair_gap",
        pair_id="pair-suspected-ghosting-01",
        family="exchange",
        source=LATE_SOURCE,
        newest_at=AS_OF - dt.timedelta(days=41),
    )
    for source, n, age, every, freshness, n_unjudged in (
        ("sample-platform", 10212, 0, 1.0, "fresh", 0),
        ("sample-pulse", 1994, 33, 30.0, "late", 0),
        ("sample-roster", 212, 260, None, "fresh", 0),
        (LATE_SOURCE, 310, 41, 7.0, "stale", 3),
    ):
        writer.add(
            "mart.source",
            source=source,
            n_events=n,
            first_occurred_at=AS_OF - dt.timedelta(days=420),
            last_occurred_at=AS_OF - dt.timedelta(days=age),
            last_recorded_at=AS_OF - dt.timedelta(days=age),
            expected_every_days=every,
            days_since_last=age,
            freshness=freshness,
            n_pairs_unjudged=n_unjudged,
        )


def add_checks(writer: Writer) -> None:
    rules = (
        ("core.pair", "one row a pair", True, True, 148, 0, None),
        ("core.contact", "a contact lies within the life of its pair", True, True, 2210, 0, None),
        ("mart.pair", "state is one of the known states", True, True, 148, 0, None),
        ("mart.pair", "silence is never negative", True, True, 148, 0, None),
        (
            "log.event",
            "no event happened after it was recorded",
            False,
            False,
            12418,
            3,
            "3 events of sample-platform",
        ),
        ("mart.ledger", "lines_in = accepted + duplicate + quarantined", True, True, 24, 0, None),
    )
    for table, rule, is_blocking, is_ok, n, failed, detail in rules:
        writer.add(
            "mart.check_result",
            table_name=table,
            rule=rule,
            is_blocking=is_blocking,
            is_ok=is_ok,
            n_checked=n,
            n_failed=failed,
            detail=detail,
        )


def add_drift(writer: Writer) -> None:
    """What moved since the publication before, and what did not."""
    for table, rule, n, moved, detail in (
        (
            "mart.pair",
            "mean health as in the last build",
            120,
            120,
            "Since 20 Nov 2026: Mean health 82 -> 64.",
        ),
        ("mart.pair", "as many pairs as in the last build", 120, 0, "Since 20 Nov 2026: 118 -> 120 pairs."),
    ):
        found = {
            "is_blocking": False,
            "is_ok": not moved,
            "n_checked": n,
            "n_failed": moved,
            "detail": detail,
        }
        writer.add("ref.drift", table_name=table, rule=rule, **found)
