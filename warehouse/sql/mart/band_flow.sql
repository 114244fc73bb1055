-- one row per program, band at the start of the quarter (or history where later) and band now: pairs
with shown as (
    select * from signal.pair_day
),

quarter as (
    select * from feature.quarter
),

pair as (
    select * from core.pair
),

span as (
    select
        min(shown.day) as first_on,
        max(shown.day) as last_on
    from shown
    inner join quarter on quarter.moment = 'before' and shown.day >= quarter.until_on
),

began as (
    select
        shown.pair_id,
        shown.band,
        span.first_on
    from shown
    inner join span on shown.day = span.first_on
),

stands as (
    select
        shown.pair_id,
        shown.band,
        span.first_on,
        span.last_on
    from shown
    inner join span on shown.day = span.last_on
)

select
    pair.program_id,
    stands.first_on as from_on,
    stands.last_on as until_on,
    coalesce(began.band, 'new') as band_from,
    stands.band as band_to,
    count(*)::bigint as n_pairs
from stands
inner join pair on stands.pair_id = pair.pair_id
left join began on stands.pair_id = began.pair_id
where coalesce(began.band, 'new') <> 'ended'
group by pair.program_id, stands.first_on, stands.last_on, coalesce(began.band, 'new'), stands.band
