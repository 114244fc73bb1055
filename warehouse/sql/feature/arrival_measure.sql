-- one row per pair, date on which events of it were recorded and whether they were late: how many
--
-- Late is more than seven days after it happened.
with event as (
    select * from staging.event where pair_id is not null
),

judged as (
    select
        pair_id,
        recorded_at::date as recorded_on,
        recorded_at > occurred_at + interval 7 day as is_late
    from event
)

select
    'late_events' as kpi,
    pair_id,
    recorded_on as counts_on,
    case when is_late then recorded_on end as reached_on,
    count(*)::integer as n_units,
    null::double as amount,
    null::text as evidence
from judged
group by pair_id, recorded_on, is_late
