-- one row per source of contact that is late: when its newest event happened
--
-- A source that feeds one pair alone cannot be told apart from that pair's own silence.
with origin as (
    select * from core.pair_source
),

source_day as (
    select * from core.source_day
),

run as (
    select * from ref.run
),

used as (
    select
        source,
        count(distinct pair_id)::bigint as n_pairs
    from origin
    group by source
),

newest as (
    select
        source,
        max(last_occurred_at) as newest_at
    from source_day
    group by source
)

select
    used.source,
    newest.newest_at
from used
cross join run
inner join newest on used.source = newest.source
where
    used.n_pairs > 1
    and date_diff('day', newest.newest_at::date, run.as_of::date) > run.feed_late_days
