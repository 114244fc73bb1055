-- one row per event of a pair that no longer counts at the run: what it was, and what took it back
with run as (
    select * from ref.run
),

retraction as (
    select * from staging.retraction
),

act as (
    select
        fact.source,
        fact.source_event_id,
        fact.event_type,
        fact.recorded_at,
        fact.retracted_source,
        fact.retracted_id,
        fact.replacement_id,
        fact.reason
    from log.typed_event as fact
    cross join run
    where
        fact.event_type in ('ops.event_retracted', 'ops.event_corrected')
        and fact.retracted_id is not null
        and fact.recorded_at <= run.known_at
),

standing as (
    select act.*
    from act
    left join act as undone
        on act.source = undone.retracted_source and act.source_event_id = undone.retracted_id
    where undone.retracted_id is null
),

taken_back as (
    select
        fact.pair_id,
        fact.event_id,
        fact.event_type,
        fact.source,
        fact.occurred_at,
        fact.recorded_at,
        standing.event_type as taken_back_by,
        standing.recorded_at as taken_back_at,
        standing.reason,
        standing.retracted_source,
        standing.replacement_id,
        row_number() over (
            partition by fact.event_id
            order by standing.recorded_at asc nulls last, standing.source_event_id asc nulls last
        )::integer as ordinal
    from log.typed_event as fact
    cross join run
    inner join retraction on fact.position = retraction.position
    inner join standing
        on fact.source = standing.retracted_source and fact.source_event_id = standing.retracted_id
    where
        fact.pair_id is not null
        and coalesce(fact.visibility, 'coordinator') <> 'self'
        and fact.occurred_at <= run.as_of
        and fact.recorded_at <= run.known_at
),

replacement as (
    select
        taken_back.event_id,
        fact.event_id as replacement_event_id
    from log.typed_event as fact
    inner join taken_back
        on fact.source = taken_back.retracted_source and fact.source_event_id = taken_back.replacement_id
    where taken_back.ordinal = 1
)

select
    taken_back.pair_id,
    taken_back.event_id,
    taken_back.event_type,
    taken_back.source,
    taken_back.occurred_at,
    taken_back.recorded_at,
    taken_back.taken_back_by,
    taken_back.taken_back_at,
    taken_back.reason,
    replacement.replacement_event_id
from taken_back
left join replacement on taken_back.event_id = replacement.event_id
where taken_back.ordinal = 1
