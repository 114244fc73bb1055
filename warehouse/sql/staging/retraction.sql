-- one row per event of the log that no longer counts at the run
with run as (
    select * from ref.run
),

known as (
    select
        fact.position,
        fact.source,
        fact.source_event_id,
        fact.retracted_source,
        fact.retracted_id
    from log.typed_event as fact
    cross join run
    where
        fact.event_type in ('ops.event_retracted', 'ops.event_corrected')
        -- All of these name one. It is said for speed: stretches of the log where none is are not read.
        and fact.retracted_id is not null
        and fact.recorded_at <= run.known_at
),

-- A retraction may itself be taken back, once: then the event counts again.
standing as (
    select
        known.retracted_source,
        known.retracted_id
    from known
    left join known as undone
        on
            known.source = undone.retracted_source
            and known.source_event_id = undone.retracted_id
    where undone.position is null
)

select distinct fact.position
from log.typed_event as fact
inner join standing
    on
        fact.source = standing.retracted_source
        and fact.source_event_id = standing.retracted_id
