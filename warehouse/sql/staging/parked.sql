-- one row per pair and source whose events wait: nobody announced it, though its program announces its pairs
with run as (
    select * from ref.run
),

retraction as (
    select * from staging.retraction
),

-- What founds a pair: a match, a first message, or the word that it began or of what kind it is.
announcement as (
    select distinct
        fact.pair_id,
        coalesce(fact.program_id, run.program_id) as program_id,
        fact.event_type in ('match.proposed', 'match.accepted', 'outreach.sent') as is_listed
    from log.typed_event as fact
    cross join run
    left join retraction on fact.position = retraction.position
    where
        fact.event_type in (
            'match.proposed', 'match.accepted', 'outreach.sent', 'relationship.started',
            'relationship.type_set', 'relationship.expectations_agreed', 'relationship.cadence_agreed'
        )
        and fact.recorded_at <= run.known_at
        and retraction.position is null
),

announced as (
    select distinct pair_id
    from announcement
),

-- Where nobody matches anybody, whoever meets is a pair: there no pair waits for a word.
announcing as (
    select distinct program_id
    from announcement
    where is_listed
),

unannounced as (
    select
        fact.pair_id,
        fact.source,
        fact.program_id,
        fact.occurred_at,
        fact.recorded_at
    from log.typed_event as fact
    cross join run
    left join retraction on fact.position = retraction.position
    left join announced on fact.pair_id = announced.pair_id
    where
        fact.pair_id is not null
        and fact.recorded_at <= run.known_at
        and retraction.position is null
        and announced.pair_id is null
),

place as (
    select
        pair_id,
        max_by(program_id, (occurred_at, program_id)) filter (where program_id is not null) as program_id
    from unannounced
    group by pair_id
),

waiting as (
    select
        pair_id,
        source,
        count(*)::integer as n_events,
        min(recorded_at) as first_recorded_at
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
