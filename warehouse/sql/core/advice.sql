-- one row per pair and piece of advice: given, applied, reported back, and the sessions held since
with event as (
    select * from staging.event where pair_id is not null
),

session as (
    select * from core.session
),

told as (
    select
        pair_id,
        advice_id,
        min(occurred_at) filter (where event_type = 'followup.advice_given') as given_at,
        min(occurred_at) filter (where event_type = 'followup.advice_applied') as applied_at,
        min(occurred_at) filter (where event_type = 'followup.advice_reported_back') as reported_at
    from event
    where advice_id is not null
    group by pair_id, advice_id
),

-- Advice and sessions on one line of time; a session at the very instant comes first.
line as (
    select pair_id, null as advice_id, held_at as happened_at, 1 as n_sessions
    from session
    where held_at is not null
    union all
    select pair_id, advice_id, given_at as happened_at, 0 as n_sessions
    from told
    where given_at is not null
),

counted as (
    select
        pair_id,
        advice_id,
        (
            sum(n_sessions) over (partition by pair_id)
            - sum(n_sessions) over (
                partition by pair_id
                order by happened_at asc nulls last, n_sessions desc nulls last, advice_id asc nulls last
                rows between unbounded preceding and current row
            )
        )::integer as n_sessions_since
    from line
)

select
    told.pair_id,
    told.advice_id,
    told.given_at,
    told.applied_at,
    told.reported_at,
    coalesce(counted.n_sessions_since, 0) as n_sessions_since
from told
left join counted on told.pair_id = counted.pair_id and told.advice_id = counted.advice_id
