-- one row per mentor who carries a pair, or can: their load, for the program's own people alone
with load as (
    select * from feature.mentor_load
),

community as (
    select * from feature.community
),

side as (
    select * from feature.side_hour where side = 'mentor'
),

burdened as (
    select
        home.person_id,
        sum(side.session_minutes)::integer as session_minutes,
        sum(side.off_minutes)::integer as off_minutes
    from core.home as home
    inner join side on home.pair_id = side.pair_id and home.side = side.side
    group by home.person_id
)

select
    load.mentor_id,
    person.time_zone,
    load.n_pairs,
    load.capacity,
    load.load_rate,
    load.is_overloaded,
    load.minutes_28d,
    burdened.session_minutes,
    burdened.off_minutes,
    coalesce(community.n_mentored, 0) as n_mentored,
    coalesce(community.n_partners, 0) as n_partners,
    coalesce(community.has_become_mentor, false) or person.was_mentee as was_mentee,
    coalesce(community.generation, 0) as generation
from load
inner join core.person as person on load.mentor_id = person.person_id
left join community on load.mentor_id = community.person_id
left join burdened on load.mentor_id = burdened.person_id
