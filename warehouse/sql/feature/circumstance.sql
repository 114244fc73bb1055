-- one row per pair: how the two were brought together, and what surrounds them
--
-- What the hazard of an end is judged by beside what the two do. NULL wherever it is not known.
with pair as (
    select * from core.pair
),

party as (
    select * from core.pair_party
),

lifecycle as (
    select * from core.lifecycle where accepted_at is not null
),

match as (
    select * from feature.match
),

load as (
    select * from feature.mentor_load
),

overlap as (
    select * from feature.overlap
),

side_hour as (
    select * from feature.side_hour
),

support as (
    select * from staging.event
    where
        event_type = 'ops.support_contact_made'
        and pair_id is not null
        and coalesce(is_reached, true)
),

nudge as (
    select * from staging.event
    where
        event_type = 'ops.nudge_sent'
        and pair_id is not null
        and coalesce(arm, 'treated') = 'treated'
),

run as (
    select * from ref.run
),

begun as (
    select
        party.pair_id,
        party.person_id,
        lifecycle.accepted_at
    from party
    inner join lifecycle on party.pair_id = lifecycle.pair_id
),

-- Relationships that a person had begun before this one.
earlier as (
    select
        own.pair_id,
        own.person_id,
        count(another.pair_id)::integer as n_before
    from begun as own
    left join begun as another
        on own.person_id = another.person_id and another.accepted_at < own.accepted_at
    group by own.pair_id, own.person_id
),

met as (
    select
        pair_id,
        sum(session_minutes)::integer as minutes,
        sum(off_minutes)::integer as off_minutes
    from side_hour
    group by pair_id
),

supported as (
    select
        support.pair_id,
        count(*) filter (
            where date_diff('day', support.occurred_on::date, run.as_of::date) < 28
        )::integer as n_contacts_28d
    from support
    cross join run
    group by support.pair_id
),

nudged as (
    select
        pair_id,
        max(occurred_on) as last_on
    from nudge
    group by pair_id
)

select
    pair.pair_id,
    load.n_pairs as n_mentor_pairs,
    overlap.overlap_hours,
    round(1.0 * met.off_minutes / nullif(met.minutes, 0), 6)::double as off_hours_rate,
    match.days_to_match,
    match.match_mode = 'chosen' as is_mentor_chosen,
    mentee.n_before as n_mentee_pairs_before,
    mentor.n_before as n_mentor_pairs_before,
    coalesce(supported.n_contacts_28d, 0) as n_support_contacts_28d,
    date_diff('day', nudged.last_on::date, run.as_of::date)::integer as nudged_days
from pair
cross join run
left join match on pair.pair_id = match.pair_id
left join load on pair.mentor_id = load.mentor_id
left join overlap on pair.pair_id = overlap.pair_id
left join met on pair.pair_id = met.pair_id
left join earlier as mentee on pair.pair_id = mentee.pair_id and pair.mentee_id = mentee.person_id
left join earlier as mentor on pair.pair_id = mentor.pair_id and pair.mentor_id = mentor.person_id
left join supported on pair.pair_id = supported.pair_id
left join nudged on pair.pair_id = nudged.pair_id
