-- one row per pair, source and program that events name: whether these announce the pair, and how many
with run as (
    select * from ref.run
),

retraction as (
    select * from staging.retraction
)

select
    fact.pair_id,
    fact.source,
    fact.program_id,
    -- What founds a pair: a match, a first message, or the word that it began or of what kind it is.
    coalesce(
        bool_or(
            fact.event_type in (
                'match.proposed', 'match.accepted', 'outreach.sent', 'relationship.started',
                'relationship.type_set', 'relationship.expectations_agreed', 'relationship.cadence_agreed'
            )
        ),
        false
    ) as is_announced,
    coalesce(
        bool_or(fact.event_type in ('match.proposed', 'match.accepted', 'outreach.sent')), false
    ) as is_listed,
    count(*)::integer as n_events,
    min(fact.recorded_at) as first_recorded_at,
    max(fact.occurred_at) as last_at
from log.typed_event as fact
cross join run
left join retraction on fact.position = retraction.position
where
    fact.pair_id is not null
    and fact.recorded_at <= run.known_at
    and retraction.position is null
group by fact.pair_id, fact.source, fact.program_id
