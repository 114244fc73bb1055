-- one row per pair, source and kind of contact that came from it
with touch as (
    select * from core.touch
)

select distinct
    pair_id,
    source,
    case
        when event_type like 'session.%' then 'session'
        when event_type like 'exchange.%' then 'exchange'
        else 'practice'
    end as family
from touch
