-- one row per yes to a match: of the mentor, the mentee, both, or the program; and until when it stood
with event as (
    select * from staging.event where pair_id is not null
),

party as (
    select * from core.pair_party
),

-- Whose yes it is: of the side that acts, else of whoever is named, else (the program's) for both.
said as (
    select
        event.event_id,
        event.pair_id,
        event.occurred_at,
        coalesce(
            party.side,
            case when event.actor_role in ('mentor', 'mentee') then event.actor_role end,
            case when event.event_type = 'match.proposed' then 'program' end,
            case when event.mentor_id is null and event.mentee_id is not null then 'mentee' end,
            case when event.mentee_id is null and event.mentor_id is not null then 'mentor' end,
            'both'
        ) as side
    from event
    left join party on event.pair_id = party.pair_id and event.actor_id = party.person_id
    where event.event_type in ('match.proposed', 'match.accepted')
),

refused as (
    select pair_id, party as side, occurred_at
    from event
    where event_type = 'match.declined'
),

-- A side takes its own yes back, and no other.
taken as (
    select
        said.event_id,
        min(refused.occurred_at) as taken_back_at
    from said
    inner join refused
        on
            said.pair_id = refused.pair_id
            and said.side = refused.side
            and said.occurred_at < refused.occurred_at
    group by said.event_id
)

select
    said.event_id,
    said.pair_id,
    said.occurred_at,
    said.side,
    taken.taken_back_at
from said
left join taken on said.event_id = taken.event_id
