-- one row per pair that became a relationship: since when, and whether an event says so
with event as (
    select * from staging.event where pair_id is not null
),

assent as (
    select * from core.assent
),

party as (
    select * from core.pair_party
),

history as (
    select * from core.contact_history
),

known as (
    select
        pair_id,
        bool_or(side = 'mentor') as has_mentor,
        bool_or(side = 'mentee') as has_mentee
    from party
    group by pair_id
),

-- Accepted once every side that is known is in.
both_in as (
    select
        assent.pair_id,
        greatest(assent.mentor_at, assent.mentee_at) as accepted_at
    from assent
    left join known on assent.pair_id = known.pair_id
    where
        (assent.mentor_at is not null or not coalesce(known.has_mentor, true))
        and (assent.mentee_at is not null or not coalesce(known.has_mentee, true))
),

begun as (
    select
        pair_id,
        min(occurred_at) as begun_at
    from event
    where
        event_type in (
            'relationship.started', 'relationship.expectations_agreed', 'relationship.cadence_agreed',
            'relationship.paused', 'relationship.light_mode_set', 'relationship.closing_started'
        )
    group by pair_id
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
    coalesce(both_in.pair_id, begun.pair_id, met.pair_id) as pair_id,
    coalesce(both_in.accepted_at, least(begun.begun_at, met.contacted_at)) as accepted_at,
    both_in.accepted_at is null and begun.begun_at is null as is_acceptance_inferred
from both_in
full join begun on both_in.pair_id = begun.pair_id
full join met on coalesce(both_in.pair_id, begun.pair_id) = met.pair_id
