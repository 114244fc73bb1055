-- one row per source and date on which something it tells of happened: how many events, and when
with event as (
    select * from staging.event
)

select
    source,
    occurred_on,
    count(*)::bigint as n_events,
    min(occurred_at) as first_occurred_at,
    max(occurred_at) as last_occurred_at,
    max(recorded_at) as last_recorded_at
from event
group by source, occurred_on
