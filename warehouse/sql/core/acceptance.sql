-- one row per pair that became a relationship: since when, and whether an event says so
with event as (
    select * from staging.event where pair_id is not null
),

assent as (
    select * from core.assent
),

history as (
    select * from core.contact_history
),

declined as (
    select
        pair_id,
        max(occurred_at) as declined_at
    from event
    where event_type = 'match.declined'
    group by pair_id
),

-- Whoever said no after all they said to each other has not become a pair by it.
met as (
    select
        history.pair_id,
        history.first_contact_at as contacted_at
    from history
    left join declined on history.pair_id = declined.pair_id
    where declined.declined_at is null or declined.declined_at <= history.last_contact_at
)

select
    coalesce(assent.pair_id, met.pair_id) as pair_id,
    case when assent.is_said then assent.agreed_at else least(assent.agreed_at, met.contacted_at) end
        as accepted_at,
    assent.pair_id is null as is_acceptance_inferred
from assent
full join met on assent.pair_id = met.pair_id
