-- one row per pair and date of mutual contact: several contacts on one day count once
with history as (
    select * from core.contact_history
),

met as (
    select
        pair_id,
        unnest(list_transform(generate_series(1, array_length(dates)), lambda place: {
            'contacted_on': list_extract(dates, place),
            'pair_day': list_extract(pair_days, place),
            'gap_days': list_extract(gaps, place),
            'recency': place::integer
        })) as day
    from history
)

select
    met.pair_id,
    day.contacted_on,
    day.pair_day,
    day.gap_days,
    day.recency
from met
