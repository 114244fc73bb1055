-- one row per alert of a pair: why and when it was raised, what was decided about it, when it was over
with event as (
    select * from staging.event where pair_id is not null and alert_id is not null
),

run as (
    select * from ref.run
),

alert as (
    select
        pair_id,
        alert_id,
        min(occurred_at) filter (where event_type = 'ops.alert_raised') as raised_at,
        max(alert_state) filter (where event_type = 'ops.alert_raised') as reason,
        max(signal) filter (where event_type = 'ops.alert_raised') as signal,
        max(onset_on) filter (where event_type = 'ops.alert_raised') as onset_on,
        max(model) filter (where event_type = 'ops.alert_raised') as model,
        max(arm) filter (where event_type = 'ops.alert_raised') as arm,
        max(occurred_at) filter (where event_type = 'ops.alert_closed') as closed_at,
        max_by(reason, order_key) filter (where event_type = 'ops.alert_closed') as closed_for,
        max_by(event_type, order_key) filter (
            where event_type in ('ops.alert_acknowledged', 'ops.alert_snoozed', 'ops.alert_dismissed')
        ) as decided,
        max_by(until_on, order_key) filter (where event_type = 'ops.alert_snoozed') as snoozed_until_on,
        max_by(reason, order_key) filter (where event_type = 'ops.alert_dismissed') as dismissed_for
    from event
    group by pair_id, alert_id
)

select
    alert.pair_id,
    alert.alert_id,
    coalesce(alert.signal, 'state') as signal,
    alert.reason,
    alert.onset_on,
    alert.model,
    alert.arm,
    alert.raised_at,
    alert.closed_at,
    alert.closed_for,
    alert.snoozed_until_on,
    alert.dismissed_for,
    case
        when alert.closed_for = 'withdrawn' then 'withdrawn'
        when alert.closed_at is not null then 'closed'
        when alert.decided = 'ops.alert_dismissed' then 'dismissed'
        when alert.decided = 'ops.alert_snoozed' and alert.snoozed_until_on > run.as_of::date then 'snoozed'
        when alert.decided = 'ops.alert_acknowledged' then 'acknowledged'
        when
            alert.arm = 'holdout'
            and run.as_of::date < (alert.raised_at + run.holdout_days * interval 1 day)::date
            then 'held_back'
        else 'open'
    end as status
from alert
cross join run
where alert.raised_at is not null
