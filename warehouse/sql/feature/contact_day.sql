-- one row per pair and date of mutual contact: several contacts on one day count once
with history as (
    select * from core.contact_history
),

met as (
    select
        pair_id,
        unnest(days) as day
    from history
)

select
    met.pair_id,
    day.contacted_on,
    day.pair_day,
    day.gap_days,
    day.recency
from met
