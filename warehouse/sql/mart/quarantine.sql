-- one row per source and reason for which lines are held back
select
    held.source,
    held.code,
    count(*)::integer as n_rows,
    min(held.seen_at) as first_seen_at,
    max(held.seen_at) as last_seen_at,
    count(*) filter (where held.status = 'open')::integer as n_open,
    min(held.field) as sample_field,
    min(held.hint) as hint
from log.quarantine as held
group by held.source, held.code
