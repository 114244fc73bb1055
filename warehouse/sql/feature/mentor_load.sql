-- one row per mentor of a pair, or with a capacity: how many pairs they carry now, and how many they can
with pair as (
    select * from core.pair
),

lifecycle as (
    select * from core.lifecycle where accepted_at is not null
),

ending as (
    select * from core.ending
),

person as (
    select * from core.person
),

session as (
    select * from core.session where held_at is not null
),

run as (
    select * from ref.run
),

carried as (
    select
        pair.mentor_id,
        pair.pair_id
    from pair
    inner join lifecycle on pair.pair_id = lifecycle.pair_id
    left join ending on pair.pair_id = ending.pair_id
    where ending.ended_at is null and lifecycle.network_at is null and pair.direction is distinct from 'peer'
),

met as (
    select
        session.pair_id,
        sum(session.minutes)::integer as minutes_28d
    from session
    cross join run
    where session.held_at::date > (run.as_of::date - interval 28 day)::date
    group by session.pair_id
),

loaded as (
    select
        carried.mentor_id,
        count(*)::integer as n_pairs,
        coalesce(sum(met.minutes_28d), 0)::integer as minutes_28d
    from carried
    left join met on carried.pair_id = met.pair_id
    where carried.mentor_id is not null
    group by carried.mentor_id
)

select
    person.person_id as mentor_id,
    coalesce(loaded.n_pairs, 0) as n_pairs,
    person.capacity,
    round(1.0 * coalesce(loaded.n_pairs, 0) / nullif(person.capacity, 0), 6)::double as load_rate,
    coalesce(loaded.n_pairs > person.capacity, false) as is_overloaded,
    coalesce(loaded.minutes_28d, 0) as minutes_28d
from person
left join loaded on person.person_id = loaded.mentor_id
where loaded.mentor_id is not null or (person.capacity is not null and person.withdrew_at is null)
