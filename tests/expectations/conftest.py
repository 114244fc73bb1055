from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from warehouse.events.base import typed_columns

# A small, sound home: two pairs, one of which ended well, as the tables of the contract would hold them.
TABLES = """
create schema log;
create table log.event as
    select n as position, uuid() as event_id, 'session.held' as event_type, 1 as version, 'p1' as pair_id,
        'observed' as evidence, 'coordinator' as visibility, 'mentee' as actor_role,
        timestamp '2026-01-01' + n * interval 1 day as occurred_at,
        timestamp '2026-01-01' + n * interval 1 day as recorded_at
    from range(1, 4) as t(n);
create table log.ledger as
    select 'f1' as file_id, 3::bigint as n_events, 1 as quarantined, timestamp '2026-01-05' as landed_at;
create table log.quarantine as select 'f1' as file_id, 'open' as status;

create schema ref; create schema staging; create schema core; create schema feature;
create schema signal; create schema mart;
create table ref.run as
    select timestamp '2026-03-01' as as_of, 7 as cadence_min_days, 120 as cadence_max_days,
        14 as feed_late_days;
create table staging.event as select pair_id from (values ('p1'), ('p2'), (null)) as t(pair_id);

create table core.pair as
    select pair_id, 'formal' as form, null::varchar as direction, 'virtual' as modality
    from (values ('p1'), ('p2')) as t(pair_id);
create table core.session as
    select 'p1' as pair_id, session_id, status, held_at, 'video' as mode, null::varchar as missed_by
    from (values ('s1', 'held', timestamp '2026-01-02'), ('s2', 'no_show', null))
        as t(session_id, status, held_at);
create table core.contact as
    select 'p1' as pair_id, timestamp '2026-01-02' as contacted_at, 'observed' as evidence;

create table feature.pair as
    select pair_id, 60 as age_days, 30 as silence_days, 0 as mentor_owes_days, 0 as mentee_owes_days,
        30 as mentor_silence_days, 30 as mentee_silence_days,
        null::integer as mentor_no_show_days, null::integer as mentee_no_show_days,
        null::integer as mentor_checkin_unanswered_days, null::integer as mentee_checkin_unanswered_days,
        null::integer as mentor_rated_days, null::integer as mentee_rated_days, 14 as last_gap_days,
        2 as n_contacts, 1 as n_sessions_held, 6 as n_windows, 3 as n_windows_met, 1 as n_no_shows,
        0 as n_late_cancels, 0 as push_streak, 0 as n_agendas, 0 as n_thanks, 2 as n_goals, 1 as n_goals_done,
        1 as n_advice_due, 1 as n_advice_reported, 0 as n_growth, 0 as mentor_owes_n, 0 as mentee_owes_n,
        2 as mentor_asked, 1 as mentee_asked, 2 as mentor_answered, 1 as mentee_answered,
        0 as mentor_no_show_streak, 0 as mentee_no_show_streak,
        0.75 as mentor_rating, null::double as mentee_rating, 0.75 as mentor_last_rating,
        null::double as mentee_last_rating, 0.5 as progress, 0.5 as expected_progress,
        14 as gap_1, null::integer as gap_2, null::integer as gap_3, null::integer as gap_4,
        null::integer as gap_5, null::integer as gap_6,
        false as is_paused, false as is_light_mode, false as has_safety_flag, true as has_contact_feed,
        false as is_feed_late, case when pair_id = 'p2' then 'goals_met' end as end_reason,
        null::varchar as last_gap_party, timestamp '2026-01-01' as first_contact_at,
        timestamp '2026-01-02' as last_contact_at, timestamp '2025-12-30' as proposed_at,
        timestamp '2025-12-31' as accepted_at, 'prog' as program_id, false as is_acceptance_inferred,
        case when pair_id = 'p2' then timestamp '2026-02-01' end as ended_at, false as is_auto_closed
    from core.pair;

create table signal.pair as
    select pair_id, case pair_id when 'p1' then 'active' else 'ended' end as stage,
        case pair_id when 'p1' then 'suspected_ghosting' else 'ended' end as state,
        case pair_id when 'p1' then 'needs_check_in' else 'ended' end as band,
        case pair_id when 'p1' then 'mentor' end as waiting_on,
        14.0::double as tau_days, 0.5::double as sigma, 2.1::double as silence_ratio, 0.9::double as surprise,
        62.5::double as health, null::date as health_frozen_on, 0.8::double as coverage,
        3.0::double as priority,
        'reason' as reason, 'next step' as next_step
    from core.pair;
create table signal.health_part as
    select pair_id, points from core.pair cross join (values (40.0::double), (22.5)) as t(points);
create table signal.frozen_part as from signal.health_part limit 0;

create table mart.pair as
    select s.pair_id, s.stage, s.state, s.band, s.waiting_on, s.silence_ratio, s.surprise, s.health,
        s.coverage, null::double as risk_30d, s.reason, s.next_step, f.silence_days, f.n_contacts,
        f.n_sessions_held, f.n_no_shows, p.form, p.direction, p.modality, f.end_reason, f.accepted_at,
        f.ended_at,
        case when f.ended_at is not null then true end as is_success,
        s.health - 5 as health_low, s.health + 5 as health_high
    from signal.pair as s
    inner join feature.pair as f on f.pair_id = s.pair_id
    inner join core.pair as p on p.pair_id = s.pair_id;
create table mart.pair_day as
    select pair_id, day::date as day, stage, state, band, band as band_raw
    from mart.pair
    cross join (select unnest([date '2026-02-27', date '2026-02-28', date '2026-03-01']) as day);
create table mart.listed as from signal.pair where pair_id = 'p1';
create table mart.handling as
    select 'p9' as pair_id, 'acknowledged' as handling, true as is_current, false as is_quiet;
create table signal.holdout as select 'p9' as pair_id, date '2026-03-01' as held_until_on;
create table mart.cohort as
    select 'c1' as cohort_id, 'program' as program_id, 2 as n_pairs, 1 as n_active, 0 as n_on_track,
        0 as n_watch, 1 as n_needs_check_in, 0 as n_too_early, 0 as n_paused, 0 as n_closing, 1 as n_ended,
        1 as n_ended_success, 0 as n_never_started, 1 as n_sessions_held, 2.1 as median_silence_ratio,
        date '2025-12-31' as first_accepted_on, date '2025-12-31' as last_accepted_on;
create table mart.ending_curve as
    select 'program' as program_id, cohort_id, true as is_whole, curve, 30 as day, 0.5 as rate, 0.1 as low,
        0.9 as high, 2 as n_at_risk, 1 as n_ended
    from (values ('c1'), (null)) as g(cohort_id)
    cross join (values ('still_active'), ('natural')) as t(curve);
create table mart.ending_comparison as
    select 'program' as program_id, 'c1' as cohort_id, 'early' as outcome, 0.5 as rate, 0.1 as low,
        0.9 as high, 0.4 as p_value, 'alike' as verdict, 'sentence' as sentence;
create table mart.funnel as
    select 'program' as program_id, cohort_id, 'first_talk' as step, true as is_recorded, false as is_hidden,
        'goals' as from_step, 9 as n_entered, 6 as n_reached, 5 as n_timed, 0.67 as rate, 0.4 as low,
        0.9 as high, 12.5 as median_days
    from (values ('c1'), (null)) as g(cohort_id);
create table mart.kpi as
    select 'program' as program_id, cohort_id, 'activation' as kpi, 'rate' as unit, 'pairs' as of_what,
        9 as n, 9 as n_pairs, 0.67 as value, 0.4 as low, 0.9 as high, 0.5 as value_before,
        'attested1' as worst_evidence, 'start' as topic, null::varchar as caveat
    from (values ('c1'), (null)) as g(cohort_id);
create table mart.practice as
    select 'program' as program_id, cohort_id, 'growth' as section, 'prepared' as practice, 'rate' as unit,
        'sessions held' as of_what, false as is_hidden, 20 as n, 9 as n_pairs, 0.67 as value, 0.4 as low,
        0.9 as high, 'observed' as worst_evidence, 12 as n_before, 0.5 as value_before
    from (values ('c1'), (null)) as g(cohort_id);
create table mart.choice as
    select 'program' as program_id, 'matching' as section, 'reply_by_ask' as choice, kind,
        false as is_hidden, 20 as n, 9 as n_pairs, 12 as n_reached, 0.6 as rate, 0.4 as low, 0.8 as high
    from (values ('conversation'), ('mentor')) as k(kind);
create table mart.mentor as
    select 'program' as program_id, 'm1' as mentor_id, 2 as n_pairs, false as is_overloaded,
        30 as minutes_28d, 90 as session_minutes, 30 as off_minutes, 1 as generation;
create table mart.pair_practice as
    select pair_id, 2.5::double as overlap_hours, 0.25::double as need_distance,
        0.9::double as mentor_present_rate, 'good' as mentee_first_fit, null::varchar as mentor_first_fit,
        'both' as next_holiday_of, 90 as session_minutes, 30 as mentee_off_minutes, 0 as mentor_off_minutes,
        3 as n_held, 2 as n_prepared, 1 as n_skill_goals, 1 as n_skills_gained,
        2.5::double as mentor_reply_work_hours, null::double as mentee_reply_work_hours
    from core.pair;
create table mart.equity_value as
    select 'program' as program_id, 'form' as field, 'formal' as group_value, 'activation' as kpi,
        'rate' as unit, 'pairs' as of_what, 9 as n, 9 as n_pairs, 0.67 as value, 0.4 as low, 0.9 as high;
create table mart.equity_gap as
    select 'program' as program_id, 'form' as field, 'activation' as kpi, 'rate' as unit,
        'pairs' as of_what, 2 as n_groups, 0 as n_hidden, 0.1 as gap, -0.2 as gap_low, 0.4 as gap_high,
        0.4 as p_value, 0.8 as p_adjusted, 'chance' as verdict;
create table mart.parked as
    select 'p8' as pair_id, 'ref.pending' as code, 'platform' as source, 'program' as program_id,
        1 as n_events;
create table mart.survey_response as
    select 'program' as program_id, 'pulse' as instrument, '2026-01' as wave, 'mentee' as side,
        false as is_open, false as is_hidden, 9 as n, 6 as n_reached, 0.67 as value, 0.4 as low, 0.9 as high;
create table mart.survey_score as
    select 'program' as program_id, 'wave' as field, '2026-01' as group_value, 'pulse' as instrument,
        'total' as subscale, 'mentee' as side, false as is_hidden, 6 as n, 1 as scale_min, 5 as scale_max,
        4.0 as value, 3.5 as low, 4.5 as high, 'observed' as worst_evidence;
create table mart.survey_share as
    select 'program' as program_id, 'pulse' as instrument, '2026-01' as wave, 'mentee' as side, 'fit' as item,
        step, 3 as n, 6 as n_all
    from (values (1), (2)) as s(step);
create table mart.survey_change as
    select 'program' as program_id, 'program' as field, '' as group_value, 'pulse' as instrument,
        'total' as subscale, 'mentee' as side, false as is_hidden, 9 as n_before, 6 as n_paired, 0.5 as value,
        0.1 as low, 0.9 as high;
create table mart.ledger as
    select 'f1' as file_id, 'platform' as source, timestamp '2026-01-05' as landed_at, 'accepted' as status,
        4 as lines_in, 3 as accepted, 0 as duplicate, 1 as quarantined, 3 as n_events;
create table mart.source as
    select 'platform' as source, 3 as n_events, timestamp '2026-01-02' as first_occurred_at,
        timestamp '2026-01-04' as last_occurred_at, 1 as expected_every_days, 1 as days_since_last,
        'fresh' as freshness, 0 as n_pairs_unjudged;
"""


@pytest.fixture(scope="session")
def tables() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute(TABLES)
        add_typed_events(con)
        yield con


@pytest.fixture
def sound(tables: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to tables that break no rule; what a test does to them is taken back after it."""
    tables.begin()
    yield tables
    tables.rollback()


def add_typed_events(con: duckdb.DuckDBPyConnection) -> None:
    """The typed projection of the log: the same events with a column for each payload field."""
    payload = ", ".join(f"null::{sql_type} as {name}" for name, sql_type in typed_columns().items())
    con.execute(
        f"""
        create table log.typed_event as
        select
            *, 'platform' as source, 'e' || position as source_event_id, 'f1' as file_id,
            {payload.replace("null::VARCHAR as session_id", "'s' || position as session_id")}
        from log.event
        """
    )
