-- one row per pair and period in which its clock stands still: paused, or over (until it began anew)
with event as (
    select * from staging.event where pair_id is not null
),

told as (
    select pair_id, event_type, occurred_at, recorded_at, event_id, until_on
    from event
    where
        event_type in (
            'relationship.paused',
            'relationship.resumed',
            'relationship.light_mode_set',
            'relationship.closing_started'
        )
    union all
    select pair_id, 'over' as event_type, occurred_at, recorded_at, event_id, null as until_on
    from core.parting
    union all
    select pair_id, 'anew' as event_type, reopened_at as occurred_at, recorded_at, event_id, null as until_on
    from core.reopening
),

step as (
    select
        pair_id,
        event_type,
        occurred_at::date as starts_on,
        until_on,
        lead(occurred_at::date) over (
            partition by pair_id
            order by occurred_at asc nulls last, recorded_at asc nulls last, event_id asc nulls last
        ) as next_on
    from told
),

-- Until further notice: an end that moved with the run would be another one every day.
still as (
    select
        pair_id,
        starts_on,
        coalesce(least(until_on, (next_on - interval 1 day)::date), '9999-01-01'::date) as ends_on
    from step
    where event_type in ('relationship.paused', 'over')
)

select
    pair_id,
    starts_on,
    ends_on
from still
where starts_on <= ends_on
