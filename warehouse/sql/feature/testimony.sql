-- one row per pair, date and kind of what managers said about a silence: in touch elsewhere, or explained
--
-- For labels only: no feature reads it. A contact that was told of fills a window; a silence that is
-- explained (an absence, a pause on purpose) makes a window say nothing.
with event as (
    select * from staging.event where pair_id is not null and alert_id is not null
),

said as (
    select
        pair_id,
        occurred_on,
        recorded_at,
        case
            when reason like '%absence%' or reason like 'fine%' then 'explained'
            when reason like '%wrong: they%' then 'in_touch'
        end as kind
    from event
    where event_type in ('ops.alert_dismissed', 'ops.alert_snoozed')
)

select
    pair_id,
    occurred_on::date as said_on,
    kind,
    min(recorded_at) as known_at
from said
where kind is not null
group by pair_id, occurred_on::date, kind
