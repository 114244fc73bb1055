-- one row per pair: whether its contact would be seen at all, and whether its sources are late
with pair as (
    select * from core.pair
),

origin as (
    select * from core.pair_source
),

late as (
    select * from feature.late_source
),

used as (
    select distinct
        origin.pair_id,
        pair.cohort_id,
        origin.source
    from origin
    inner join pair on origin.pair_id = pair.pair_id
),

by_pair as (
    select
        used.pair_id,
        bool_and(late.source is not null) as is_late
    from used
    left join late on used.source = late.source
    group by used.pair_id
),

by_cohort as (
    select
        used.cohort_id,
        bool_and(late.source is not null) as is_late
    from used
    left join late on used.source = late.source
    group by used.cohort_id
)

select
    pair.pair_id,
    by_cohort.cohort_id is not null as has_contact_feed,
    coalesce(by_pair.is_late, by_cohort.is_late, false) as is_feed_late
from pair
left join by_pair on pair.pair_id = by_pair.pair_id
left join by_cohort on pair.cohort_id = by_cohort.cohort_id
