-- one row per pair that needs a look, the most urgent first
with listed as (
    select * from mart.listed
)

select
    row_number() over (
        order by
            listed.priority desc nulls last,
            listed.silence_ratio desc nulls last,
            listed.pair_id asc nulls last
    )::integer as rank,
    listed.priority,
    listed.pair_id,
    listed.cohort_id,
    listed.band,
    listed.state,
    listed.waiting_on,
    listed.silence_days,
    listed.silence_ratio,
    listed.expected_days,
    listed.health,
    listed.coverage,
    listed.risk_30d,
    listed.reason,
    listed.next_step,
    listed.stage,
    listed.direction,
    listed.last_contact_at,
    listed.next_session_at,
    listed.mentee_id,
    listed.mentor_id
from listed
