-- one row per yes to a match: of the mentor, the mentee, both, or the program that proposed it
with event as (
    select * from staging.event where pair_id is not null
),

party as (
    select * from core.pair_party
)

-- Whose yes it is: of the side that acts, else of whoever is named, else (the program's) for both.
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
