-- one row per event by which a pair was over: an end, a move to the network, or a no after it was agreed
with event as (
    select * from staging.event where pair_id is not null
),

assent as (
    select * from core.assent
)

select
    event.event_id,
    event.pair_id,
    event.event_type,
    event.occurred_at,
    event.recorded_at
from event
left join assent on event.pair_id = assent.pair_id
where
    event.event_type in ('relationship.ended', 'relationship.moved_to_network')
    or (event.event_type = 'match.declined' and event.occurred_at > assent.agreed_at)
