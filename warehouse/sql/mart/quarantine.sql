-- one row per source and reason for which lines are held back
select
    held.source,
    held.code,
    count(*)::integer as n_rows,
    min(held.seen_at) as first_seen_at,
    max(held.seen_at) as last_seen_at,
    count(*) filter (where held.status = 'open')::integer as n_open,
    count(*) filter (
        where held.status = 'open' and delivery.status = 'refused'
    )::integer as n_open_in_refused_files,
    count(*) filter (where held.status = 'waived')::integer as n_waived,
    min(held.seen_at) filter (where held.status = 'open') as open_since_at,
    min(held.field) as sample_field,
    min(held.hint) as hint,
    min(held.shape) filter (where held.status = 'open') as sample_shape
from log.quarantine as held
inner join log.ledger as delivery on held.file_id = delivery.file_id
group by held.source, held.code
