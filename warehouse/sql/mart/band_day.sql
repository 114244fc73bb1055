-- one row per program, day of the history and band: how many pairs were shown in it
with pair_day as (
    select * from mart.pair_day
),

pair as (
    select
        pair_id,
        program_id
    from core.pair
)

select
    pair.program_id,
    pair_day.day,
    pair_day.band,
    count(*)::integer as n_pairs
from pair_day
inner join pair on pair_day.pair_id = pair.pair_id
group by pair.program_id, pair_day.day, pair_day.band
