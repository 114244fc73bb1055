-- one row per time that a pair which was over began anew: reopened, or accepted again by both
with event as (
    select * from staging.event where pair_id is not null and event_type = 'relationship.reopened'
),

parting as (
    select distinct pair_id, occurred_at
    from core.parting
),

yes as (
    select * from core.yes
),

over as (
    select
        pair_id,
        occurred_at as over_at,
        lead(occurred_at) over (partition by pair_id order by occurred_at asc nulls last) as next_at
    from parting
),

-- What each side said first after one end and before the next: a yes of before no longer counts.
again as (
    select
        over.pair_id,
        over.over_at,
        min(case when yes.side in ('mentor', 'both') then yes.occurred_at end) as mentor_at,
        min(case when yes.side in ('mentee', 'both') then yes.occurred_at end) as mentee_at
    from over
    inner join yes
        on
            over.pair_id = yes.pair_id
            and over.over_at < yes.occurred_at
            and (over.next_at is null or yes.occurred_at < over.next_at)
    group by over.pair_id, over.over_at
)

select
    pair_id,
    occurred_at as reopened_at,
    recorded_at,
    event_id,
    false as is_accepted
from event
union all
select
    pair_id,
    greatest(mentor_at, mentee_at) as reopened_at,
    null as recorded_at,
    null as event_id,
    true as is_accepted
from again
where mentor_at is not null and mentee_at is not null
