-- one row per pair and period in which its clock stands still: paused, or ended (until reopened)
with event as (
    select * from staging.event where pair_id is not null
),

step as (
    select
        pair_id,
        event_type,
        occurred_on as starts_on,
        until_on,
        lead(occurred_on) over (partition by pair_id order by order_key asc nulls last) as next_on
    from event
    where
        event_type in (
            'relationship.paused',
            'relationship.resumed',
            'relationship.light_mode_set',
            'relationship.closing_started',
            'relationship.ended',
            'relationship.reopened'
        )
),

-- Until further notice: an end that moved with the run would be another one every day.
still as (
    select
        pair_id,
        starts_on,
        coalesce(least(until_on, (next_on - interval 1 day)::date), '9999-01-01'::date) as ends_on
    from step
    where event_type in ('relationship.paused', 'relationship.ended')
)

select
    pair_id,
    starts_on,
    ends_on
from still
where starts_on <= ends_on
