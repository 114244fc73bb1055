-- one row per pair: what every screen says about it
with judged as (
    select * from signal.pair
),

risk as (
    select * from signal.pair_risk
),

feature as (
    select * from feature.pair
),

pair as (
    select * from core.pair
),

person as (
    select * from core.person
),

owed as (
    select
        pair_id,
        'mentor' as side,
        mentor_owes_n as n_unanswered,
        mentor_owes_days as waiting_days
    from feature
    union all
    select
        pair_id,
        'mentee' as side,
        mentee_owes_n as n_unanswered,
        mentee_owes_days as waiting_days
    from feature
),

waited as (
    select
        judged.pair_id,
        max(owed.n_unanswered)::integer as n_unanswered,
        max(owed.waiting_days)::integer as waiting_days
    from judged
    inner join owed
        on judged.pair_id = owed.pair_id and judged.waiting_on in (owed.side, 'both')
    group by judged.pair_id
)

select
    feature.pair_id,
    feature.program_id,
    feature.cohort_id,
    feature.form,
    feature.direction,
    feature.modality,
    feature.mentee_id,
    feature.mentor_id,
    pair.n_people,
    mentee.time_zone as mentee_time_zone,
    mentor.time_zone as mentor_time_zone,
    feature.accepted_at,
    feature.started_at,
    feature.cadence_days as agreed_cadence_days,
    feature.planned_end_on,
    judged.stage,
    judged.state,
    judged.band,
    judged.band_raw,
    judged.waiting_on,
    coalesce(waited.n_unanswered, 0) as n_unanswered,
    waited.waiting_days,
    feature.last_contact_at,
    feature.last_mentee_touch_at,
    feature.last_mentor_touch_at,
    mentee_written.written_on as mentee_written_on,
    mentor_written.written_on as mentor_written_on,
    feature.is_mentee_on_leave,
    feature.is_mentor_on_leave,
    feature.next_session_at,
    feature.silence_days::double as silence_days,
    judged.tau_days,
    judged.sigma,
    judged.silence_ratio,
    judged.surprise,
    judged.tau_days as expected_days,
    judged.health,
    judged.health_low,
    judged.health_high,
    judged.health_change_28d,
    judged.health_frozen_on,
    judged.coverage,
    risk.risk_30d,
    risk.risk_60d,
    risk.risk_own,
    risk.risk_horizon_days,
    risk.risk_tier,
    risk.risk_basis,
    risk.is_risk_calibrated,
    feature.n_contacts,
    feature.n_sessions_held,
    feature.n_no_shows,
    feature.ended_at,
    feature.end_reason,
    -- A natural end is a success; nobody knows when the reason is unknown or disputed.
    case
        when feature.ended_at is null or feature.is_end_disputed or feature.end_reason = 'unknown' then null
        else
            feature.end_reason in ('goals_met', 'term_completed', 'needs_evolved', 'moved_to_network')
            and not feature.is_auto_closed
    end as is_success,
    judged.ghosted_on,
    judged.is_ghosting_final,
    judged.reason,
    judged.reason_message,
    judged.next_step,
    judged.next_step_message,
    rhythm.last_contact_evidence as evidence_grade
from feature
inner join judged on feature.pair_id = judged.pair_id
inner join pair on feature.pair_id = pair.pair_id
inner join feature.rhythm as rhythm on feature.pair_id = rhythm.pair_id
left join risk on feature.pair_id = risk.pair_id
left join waited on feature.pair_id = waited.pair_id
left join feature.written as mentee_written
    on feature.pair_id = mentee_written.pair_id and mentee_written.side = 'mentee'
left join feature.written as mentor_written
    on feature.pair_id = mentor_written.pair_id and mentor_written.side = 'mentor'
left join person as mentee on feature.mentee_id = mentee.person_id
left join person as mentor on feature.mentor_id = mentor.person_id
