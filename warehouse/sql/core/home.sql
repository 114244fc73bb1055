-- one row per pair and side whose time zone is known: where its (first) person lives
with pair as (
    select * from core.pair
),

person as (
    select * from core.person where time_zone is not null
),

side as (
    select pair_id, 'mentor' as side, mentor_id as person_id
    from pair
    union all
    select pair_id, 'mentee' as side, mentee_id as person_id
    from pair
)

select
    side.pair_id,
    side.side,
    person.person_id,
    person.time_zone,
    coalesce(person.country, '') as country,
    case when person.country is null then '' else coalesce(person.subdivision, '') end as subdivision
from side
inner join person on side.person_id = person.person_id
