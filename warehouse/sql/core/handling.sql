-- one row per pair on whose alerts somebody decided: what was decided last, and until when it holds
with event as (
    select * from staging.event where pair_id is not null and alert_id is not null
),

run as (
    select * from ref.run
),

raised as (
    select
        pair_id,
        alert_id,
        max(alert_state) as alert_state
    from event
    where event_type = 'ops.alert_raised'
    group by pair_id, alert_id
),

decided as (
    select
        event.pair_id,
        event.event_id,
        event.alert_id,
        event.event_type,
        event.until_on,
        event.reason,
        event.occurred_at,
        row_number() over (
            partition by event.pair_id
            order by event.order_key desc nulls last
        )::integer as nth
    from event
    where event.event_type in ('ops.alert_acknowledged', 'ops.alert_snoozed', 'ops.alert_dismissed')
)

select
    decided.pair_id,
    decided.event_id,
    decided.alert_id,
    raised.alert_state,
    case decided.event_type
        when 'ops.alert_acknowledged' then 'acknowledged'
        when 'ops.alert_snoozed' then 'snoozed'
        else 'dismissed'
    end as handling,
    case decided.event_type
        when 'ops.alert_snoozed' then decided.until_on
        when 'ops.alert_dismissed'
            then (decided.occurred_at + run.dismissed_days * interval 1 day)::date
    end as until_on,
    decided.reason,
    decided.occurred_at as handled_at
from decided
cross join run
left join raised on decided.pair_id = raised.pair_id and decided.alert_id = raised.alert_id
where decided.nth = 1
