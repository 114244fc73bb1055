-- one row per pair, kind of contact and late source it came from: since when nothing has come
with touch as (
    select * from core.touch
),

late as (
    select * from feature.late_source
),

kind as (
    select distinct
        pair_id,
        source,
        case
            when event_type like 'session.%' then 'session'
            when event_type like 'exchange.%' then 'exchange'
            else 'practice'
        end as family
    from touch
)

select
    kind.pair_id,
    kind.family,
    kind.source,
    late.newest_at
from kind
inner join late on kind.source = late.source
