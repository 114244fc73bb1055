-- one row per pair that needs a look
with pair as (
    select * from mart.pair
),

judged as (
    select * from signal.pair
),

handling as (
    select * from mart.handling
),

holdout as (
    select * from signal.holdout
)

select
    pair.pair_id,
    judged.priority,
    pair.cohort_id,
    pair.band,
    pair.state,
    pair.waiting_on,
    pair.silence_days,
    pair.silence_ratio,
    pair.expected_days,
    pair.health,
    pair.coverage,
    pair.risk_30d,
    pair.reason,
    pair.next_step,
    pair.stage,
    pair.direction,
    pair.last_contact_at,
    pair.next_session_at,
    pair.mentee_id,
    pair.mentor_id
from pair
inner join judged on pair.pair_id = judged.pair_id
left join handling on pair.pair_id = handling.pair_id
left join holdout on pair.pair_id = holdout.pair_id
where
    (pair.band in ('needs_check_in', 'watch') or pair.state = 'no_contact_feed')
    and not coalesce(handling.is_quiet, false)
    and holdout.pair_id is null
