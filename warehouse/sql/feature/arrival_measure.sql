-- one row per pair, date on which events of it were recorded and whether they were late: how many
--
-- Late is more than `event_late_days` after it happened.
with event as (
    select * from staging.event where pair_id is not null
),

run as (
    select * from ref.run
),

judged as (
    select
        event.pair_id,
        event.recorded_at::date as recorded_on,
        event.recorded_at > event.occurred_at + run.event_late_days * interval 1 day as is_late
    from event
    cross join run
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
