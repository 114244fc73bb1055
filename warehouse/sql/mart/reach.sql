-- one row per program and step from those who could take part to the relationships that started
--
-- What not one event of the program tells of is taken as not recorded: n is NULL.
with event as (
    select * from staging.event
    where
        program_id is not null
        and event_type in (
            'participant.invited', 'participant.registered', 'participant.capacity_set',
            'program.term_opened', 'relationship.started'
        )
),

pair as (
    select * from core.pair where program_id is not null
),

acceptance as (
    select * from core.acceptance
),

person as (
    select * from core.person where withdrew_at is null
),

run as (
    select * from ref.run
),

latest_capacity as (
    select
        program_id,
        person_id,
        max_by(capacity, order_key) as capacity
    from event
    where event_type = 'participant.capacity_set' and capacity is not null
    group by program_id, person_id
),

-- Whoever left the program offers no place.
capacity as (
    select
        latest.program_id,
        sum(latest.capacity)::bigint as n_places
    from latest_capacity as latest
    inner join person on latest.person_id = person.person_id
    group by latest.program_id
),

latest_plan as (
    select
        program_id,
        coalesce(cohort_id, term) as cohort_id,
        max_by(planned_pairs, order_key) as n_pairs
    from event
    where event_type = 'program.term_opened' and planned_pairs is not null
    group by program_id, coalesce(cohort_id, term)
),

plan as (
    select
        program_id,
        sum(n_pairs)::bigint as n_pairs
    from latest_plan
    group by program_id
),

program as (
    select program_id from event
    union
    select program_id from pair
),

counted as (
    select
        program_id,
        count(distinct case when event_type = 'participant.invited' then person_id end)::bigint as n_invited,
        count(
            distinct case
                when event_type = 'participant.registered' and role in ('mentor', 'mentee', 'peer')
                    then person_id
            end
        )::bigint as n_registered,
        count(distinct case when event_type = 'relationship.started' then pair_id end)::bigint as n_started
    from event
    group by program_id
),

known as (
    select
        program.program_id,
        counted.n_invited,
        counted.n_registered,
        counted.n_started
    from program
    left join counted on program.program_id = counted.program_id
),

matched as (
    select
        pair.program_id,
        count(distinct pair.pair_id)::bigint as n_proposed,
        count(distinct acceptance.pair_id)::bigint as n_accepted
    from pair
    left join acceptance on pair.pair_id = acceptance.pair_id
    group by pair.program_id
),

step as (
    select
        known.program_id,
        1 as ordinal,
        'eligible' as step,
        nullif(run.eligible_people, 0)::bigint as n
    from known
    cross join run
    union all
    select
        program_id,
        2 as ordinal,
        'invited' as step,
        nullif(n_invited, 0) as n
    from known
    union all
    select
        program_id,
        3 as ordinal,
        'registered' as step,
        nullif(n_registered, 0) as n
    from known
    union all
    select
        known.program_id,
        4 as ordinal,
        'capacity' as step,
        capacity.n_places as n
    from known
    left join capacity on known.program_id = capacity.program_id
    union all
    select
        known.program_id,
        5 as ordinal,
        'planned' as step,
        plan.n_pairs as n
    from known
    left join plan on known.program_id = plan.program_id
    union all
    select
        known.program_id,
        6 as ordinal,
        'proposed' as step,
        nullif(matched.n_proposed, 0) as n
    from known
    left join matched on known.program_id = matched.program_id
    union all
    select
        known.program_id,
        7 as ordinal,
        'accepted' as step,
        nullif(matched.n_accepted, 0) as n
    from known
    left join matched on known.program_id = matched.program_id
    union all
    select
        program_id,
        8 as ordinal,
        'started' as step,
        nullif(n_started, 0) as n
    from known
)

select
    program_id,
    ordinal,
    step,
    n
from step
