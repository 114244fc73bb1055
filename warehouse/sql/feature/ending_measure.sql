-- one row per number about endings and ended pair that counts in it
with ending as (
    select * from core.ending
),

lifecycle as (
    select * from core.lifecycle where accepted_at is not null
),

event as (
    select * from staging.event where event_type = 'match.rematched'
),

match as (
    select * from feature.match where mismatch is not null
),

rematched as (
    select
        pair_id,
        min(occurred_on) as rematched_on
    from event
    group by pair_id
),

ended as (
    select
        ending.pair_id,
        ending.ended_at::date as ended_on,
        ending.end_reason like 'mismatch.%' and not ending.is_end_disputed as is_mismatch,
        ending.end_reason in ('goals_met', 'term_completed', 'needs_evolved', 'moved_to_network')
        and not ending.is_auto_closed
        and not ending.is_end_disputed as is_natural,
        ending.end_reason = 'unknown' or ending.is_end_disputed as is_unclear,
        ending.is_goodbye_held
        and ending.end_reason <> 'unknown'
        and (
            ending.end_reason = 'moved_to_network'
            or lifecycle.network_at is not null
            or rematched.rematched_on is not null
        ) as is_complete
    from ending
    inner join lifecycle on ending.pair_id = lifecycle.pair_id
    left join rematched on ending.pair_id = rematched.pair_id
),

measured as (
    select
        'natural_end' as kpi,
        pair_id,
        ended_on,
        is_natural as is_reached,
        null as amount
    from ended
    union all
    select
        'early_end' as kpi,
        pair_id,
        ended_on,
        not is_natural and not is_unclear as is_reached,
        null as amount
    from ended
    union all
    select
        'mismatch_end' as kpi,
        pair_id,
        ended_on,
        is_mismatch as is_reached,
        null as amount
    from ended
    union all
    select
        'mismatch_days' as kpi,
        ended.pair_id,
        ended.ended_on,
        false as is_reached,
        match.mismatch_days as amount
    from ended
    inner join match on ended.pair_id = match.pair_id
    union all
    select
        'complete_closure' as kpi,
        pair_id,
        ended_on,
        is_complete as is_reached,
        null as amount
    from ended
)

select
    kpi,
    pair_id,
    ended_on as counts_on,
    case when is_reached then ended_on end as reached_on,
    1 as n_units,
    amount::double as amount,
    null::text as evidence
from measured
