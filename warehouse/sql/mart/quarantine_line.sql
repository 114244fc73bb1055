-- one row per line that waits in quarantine, the oldest twenty of each source and reason
with held as (
    select * from log.quarantine
    where status = 'open'
),

delivery as (
    select * from log.ledger
),

later as (
    select * from log.ledger
    where status = 'accepted'
),

-- Later in the log, whatever our clock said; it decides only where the later file brought no event.
delivered_again as (
    select
        delivery.file_id,
        min(later.landed_at) as later_file_at
    from delivery
    inner join later
        on
            delivery.source = later.source
            and delivery.name = later.name
            and (
                delivery.last_position < later.last_position
                or (
                    delivery.last_position = later.last_position
                    and delivery.landed_at < later.landed_at
                )
            )
    where delivery.status = 'refused'
    group by delivery.file_id
),

waiting as (
    select
        held.quarantine_id,
        held.file_id,
        delivery.name as file_name,
        held.source,
        held.code,
        row_number() over (
            partition by held.source, held.code
            order by held.seen_at asc nulls last, held.quarantine_id asc nulls last
        )::integer as ordinal,
        held.line,
        held.field,
        held.hint,
        held.shape,
        held.seen_at,
        delivery.status = 'refused' as is_whole_file,
        delivered_again.later_file_at
    from held
    inner join delivery on held.file_id = delivery.file_id
    left join delivered_again on held.file_id = delivered_again.file_id
    where delivery.status <> 'refused' or held.line = 0
)

select
    waiting.quarantine_id,
    waiting.file_id,
    waiting.file_name,
    waiting.source,
    waiting.code,
    waiting.ordinal,
    waiting.line,
    waiting.field,
    waiting.hint,
    waiting.shape,
    waiting.seen_at,
    waiting.is_whole_file,
    waiting.later_file_at
from waiting
where waiting.ordinal <= 20
