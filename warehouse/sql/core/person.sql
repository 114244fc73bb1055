-- one row per person (pseudonym) the program knows or a pair names
with event as (
    select * from staging.event where person_id is not null and event_type like 'participant.%'
),

party as (
    select distinct person_id from core.pair_party
),

told as (
    select
        person_id,
        min(occurred_at) filter (where event_type = 'participant.registered') as registered_at,
        max_by(role, order_key) filter (where role is not null) as role,
        max_by(time_zone, order_key) filter (where time_zone is not null) as time_zone,
        max_by(country, order_key) filter (where country is not null) as country,
        max_by(subdivision, order_key) filter (where subdivision is not null) as subdivision,
        max_by(capacity, order_key) filter (where capacity is not null) as capacity,
        coalesce(bool_or(was_mentee), false) as was_mentee,
        max_by(is_voluntary, order_key) filter (where is_voluntary is not null) as is_voluntary,
        min(occurred_on) filter (where event_type = 'participant.trained') as trained_on,
        max(occurred_at) filter (where event_type = 'participant.withdrew') as withdrew_at,
        max(occurred_at) filter (
            where event_type in ('participant.registered', 'participant.resumed')
        ) as came_at
    from event
    group by person_id
)

select
    coalesce(told.person_id, party.person_id) as person_id,
    told.role,
    told.time_zone,
    told.country,
    told.subdivision,
    told.capacity,
    coalesce(told.was_mentee, false) as was_mentee,
    told.is_voluntary,
    told.trained_on,
    told.registered_at,
    case when coalesce(told.came_at <= told.withdrew_at, true) then told.withdrew_at end as withdrew_at
from told
full join party on told.person_id = party.person_id
