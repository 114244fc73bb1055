-- one row per moment and pair that was current then, whose mentor named a capacity: whether that was overrun
--
-- The capacity is the one named last; the pairs are those of the moment.
with life as (
    select * from core.life
),

pair as (
    select * from core.pair
),

person as (
    select * from core.person where capacity is not null
),

quarter as (
    select * from feature.quarter
),

stood as (
    select
        quarter.moment,
        pair.pair_id,
        pair.mentor_id,
        case when pair.direction = 'peer' then 0 else 1 end as n_carried
    from life
    inner join quarter
        on
            life.accepted_on <= quarter.until_on
            and (life.closed_on is null or life.closed_on > quarter.until_on)
    inner join pair on life.pair_id = pair.pair_id
),

carried as (
    select
        moment,
        mentor_id,
        sum(n_carried)::bigint as n_pairs
    from stood
    group by moment, mentor_id
)

select
    'overloaded' as practice,
    stood.moment,
    stood.pair_id,
    carried.n_pairs > person.capacity as is_reached,
    1 as n_units,
    null::double as amount
from stood
inner join person on stood.mentor_id = person.person_id
inner join carried on stood.moment = carried.moment and stood.mentor_id = carried.mentor_id
