-- one row per pair: when the program learnt of it
with event as (
    select * from staging.event where pair_id is not null
)

select
    pair_id,
    min(recorded_at)::date as learnt_on
from event
group by pair_id
