-- one row per program and mentor who carries a pair of it, or can: their load over all programs
with load as (
    select * from feature.mentor_load
),

community as (
    select * from feature.community
),

side as (
    select * from feature.side_hour where side = 'mentor'
),

pair as (
    select distinct
        program_id,
        mentor_id
    from core.pair
    where mentor_id is not null
),

run as (
    select * from ref.run
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
    coalesce(pair.program_id, run.program_id) as program_id,
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
cross join run
inner join core.person as person on load.mentor_id = person.person_id
left join pair on load.mentor_id = pair.mentor_id
left join community on load.mentor_id = community.person_id
left join burdened on load.mentor_id = burdened.person_id
