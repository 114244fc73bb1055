-- one row per pair and source whose events wait: nobody announced it, though its program announces its pairs
with run as (
    select * from ref.run
),

retraction as (
    select * from staging.retraction
),

announcement as (
    select * from staging.announcement
),

announced as (
    select distinct pair_id
    from announcement
    where is_announced
),

-- A first message may be of no pair yet.
listing as (
    select program_id
    from announcement
    where is_listed
    union
    select fact.program_id
    from log.typed_event as fact
    cross join run
    left join retraction on fact.position = retraction.position
    where
        fact.pair_id is null
        and fact.event_type in ('match.proposed', 'match.accepted', 'outreach.sent')
        and fact.recorded_at <= run.known_at
        and retraction.position is null
),

-- Where nobody matches anybody, whoever meets is a pair: there no pair waits for a word.
announcing as (
    select distinct coalesce(listing.program_id, run.program_id) as program_id
    from listing
    cross join run
),

unannounced as (
    select announcement.*
    from announcement
    left join announced on announcement.pair_id = announced.pair_id
    where announced.pair_id is null
),

place as (
    select
        pair_id,
        max_by(program_id, (last_at, program_id)) filter (where program_id is not null) as program_id
    from unannounced
    group by pair_id
),

waiting as (
    select
        pair_id,
        source,
        sum(n_events)::integer as n_events,
        min(first_recorded_at) as first_recorded_at
    from unannounced
    group by pair_id, source
)

select
    waiting.pair_id,
    waiting.source,
    announcing.program_id,
    waiting.n_events,
    waiting.first_recorded_at
from waiting
cross join run
inner join place on waiting.pair_id = place.pair_id
inner join announcing on coalesce(place.program_id, run.program_id) = announcing.program_id
