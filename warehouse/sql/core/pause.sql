-- one row per pair and period in which its clock stands still: paused, or ended (until reopened)
with event as (
    select * from staging.event where pair_id is not null
),

run as (
    select * from ref.run
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
)

select
    step.pair_id,
    step.starts_on,
    least(step.until_on, (step.next_on - interval 1 day)::date, run.as_of::date) as ends_on
from step
cross join run
where
    step.event_type in ('relationship.paused', 'relationship.ended')
    and step.starts_on <= least(step.until_on, (step.next_on - interval 1 day)::date, run.as_of::date)
