-- one row per current pair whose mentor named a capacity: whether that is overrun
with lifecycle as (
    select * from core.lifecycle where accepted_at is not null
),

ending as (
    select * from core.ending
),

pair as (
    select * from core.pair
),

load as (
    select * from feature.mentor_load where capacity is not null
)

select
    'overloaded' as practice,
    pair.pair_id,
    load.is_overloaded as is_reached,
    1 as n_units,
    null::double as amount
from lifecycle
inner join pair on lifecycle.pair_id = pair.pair_id
inner join load on pair.mentor_id = load.mentor_id
left join ending on lifecycle.pair_id = ending.pair_id
where ending.ended_at is null and lifecycle.network_at is null
