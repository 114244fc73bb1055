-- one row per pair and absence that one of its people declared: leave, stepping back, being back
with event as (
    select *
    from staging.event
    where
        coalesce(visibility, 'coordinator') <> 'self'
        and (
            (event_type = 'participant.availability_declared' and kind = 'leave')
            or event_type in ('participant.paused', 'participant.resumed')
        )
),

party as (
    select * from core.pair_party
)

select
    party.pair_id,
    party.side,
    event.event_type,
    event.occurred_at,
    event.recorded_at,
    event.starts_on,
    event.ends_on,
    event.source
from event
inner join party on event.person_id = party.person_id
