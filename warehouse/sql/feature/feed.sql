-- one row per pair: whether its contact would be seen at all, and whether its sources are late
with pair as (
    select * from core.pair
),

touch as (
    select * from core.touch
),

event as (
    select * from staging.event
),

run as (
    select * from ref.run
),

used as (
    select distinct
        touch.pair_id,
        pair.cohort_id,
        touch.source
    from touch
    inner join pair on touch.pair_id = pair.pair_id
),

newest as (
    select
        source,
        max(occurred_at) as newest_at
    from event
    group by source
),

-- A source that feeds one pair alone cannot be told apart from that pair's own silence.
source as (
    select
        used.source,
        newest.newest_at,
        count(distinct used.pair_id) > 1
        and date_diff('day', newest.newest_at::date, run.as_of::date) > run.feed_late_days as is_late
    from used
    cross join run
    inner join newest on used.source = newest.source
    group by used.source, newest.newest_at, run.as_of, run.feed_late_days
),

by_pair as (
    select
        used.pair_id,
        bool_and(source.is_late) as is_late
    from used
    inner join source on used.source = source.source
    group by used.pair_id
),

by_cohort as (
    select
        used.cohort_id,
        bool_and(source.is_late) as is_late
    from used
    inner join source on used.source = source.source
    group by used.cohort_id
)

select
    pair.pair_id,
    by_cohort.cohort_id is not null as has_contact_feed,
    coalesce(by_pair.is_late, by_cohort.is_late, false) as is_feed_late
from pair
left join by_pair on pair.pair_id = by_pair.pair_id
left join by_cohort on pair.cohort_id = by_cohort.cohort_id
