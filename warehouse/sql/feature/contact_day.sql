-- one row per pair and date of mutual contact: several contacts on one day count once
with contact as (
    select distinct
        pair_id,
        contacted_on
    from core.contact
),

day as (
    select * from core.event_day
),

placed as (
    select
        contact.pair_id,
        contact.contacted_on,
        day.pair_day,
        lead(day.pair_day) over (
            partition by contact.pair_id
            order by contact.contacted_on desc nulls last
        ) as before_day,
        row_number() over (
            partition by contact.pair_id
            order by contact.contacted_on desc nulls last
        )::integer as recency
    from contact
    inner join day on contact.pair_id = day.pair_id and contact.contacted_on = day.on_date
)

select
    pair_id,
    contacted_on,
    pair_day,
    -- Nobody meets twice in no time: two dates inside one pause still lie a day apart.
    case when before_day is not null then greatest(1, pair_day - before_day)::integer end as gap_days,
    recency
from placed
