-- one row per source, Kinkeeper's own notes left out: how much it sent, how often it does, whether it is late
with source_day as (
    select * from core.source_day
    where source <> 'kinkeeper' and source not like 'kinkeeper/%'
),

origin as (
    select * from core.pair_source
),

pair as (
    select * from mart.pair
),

run as (
    select * from ref.run
),

unjudged as (
    select
        origin.source,
        count(distinct origin.pair_id)::bigint as n_pairs
    from origin
    inner join pair on origin.pair_id = pair.pair_id
    where pair.state = 'data_late'
    group by origin.source
),

counted as (
    select
        source,
        sum(n_events)::bigint as n_events,
        min(first_occurred_at) as first_occurred_at,
        max(last_occurred_at) as last_occurred_at,
        max(last_recorded_at) as last_recorded_at
    from source_day
    group by source
),

gap as (
    select
        source,
        date_diff(
            'day',
            (lag(occurred_on) over (partition by source order by occurred_on asc nulls last))::date,
            occurred_on::date
        ) as gap_days
    from source_day
),

usual as (
    select
        source,
        greatest(1, ceil(median(gap_days)))::integer as expected_every_days
    from gap
    where gap_days is not null
    group by source
),

aged as (
    select
        counted.source,
        counted.n_events,
        counted.first_occurred_at,
        counted.last_occurred_at,
        counted.last_recorded_at,
        usual.expected_every_days,
        date_diff('day', counted.last_occurred_at::date, run.as_of::date)::integer as days_since_last,
        coalesce(unjudged.n_pairs, 0) as n_pairs_unjudged,
        run.feed_late_days
    from counted
    cross join run
    left join usual on counted.source = usual.source
    left join unjudged on counted.source = unjudged.source
)

select
    source,
    n_events,
    first_occurred_at,
    last_occurred_at,
    last_recorded_at,
    expected_every_days,
    days_since_last,
    -- Late: twice its usual interval has passed; stale: so has the time after which a feed is given up.
    case
        when days_since_last <= 2 * coalesce(expected_every_days, feed_late_days) then 'fresh'
        when days_since_last <= greatest(feed_late_days, 4 * coalesce(expected_every_days, 0)) then 'late'
        else 'stale'
    end as freshness,
    n_pairs_unjudged
from aged
