-- one row per pair: what people and machines have said about it - flags, failed deliveries, labels
with event as (
    select * from staging.event where pair_id is not null
),

touch as (
    select * from core.touch
),

touched as (
    select
        pair_id,
        max(touched_at) as last_touch_at
    from touch
    group by pair_id
),

flag as (
    select
        pair_id,
        flag_id,
        bool_or(event_type = 'survey.flag_raised' and severity = 'safety') as is_safety,
        bool_or(event_type = 'survey.flag_resolved') as is_resolved
    from event
    where event_type in ('survey.flag_raised', 'survey.flag_resolved')
    group by pair_id, flag_id
),

flagged as (
    select
        pair_id,
        bool_or(is_safety and not is_resolved) as has_safety_flag
    from flag
    group by pair_id
),

told as (
    select
        pair_id,
        max(occurred_at) filter (where event_type = 'exchange.delivery_failed') as failed_at,
        max_by(label, order_key) filter (where event_type = 'ops.label_confirmed')
            as confirmed_label,
        max_by(coalesce(party, ''), order_key) filter (where event_type = 'ops.label_confirmed')
            as confirmed_party,
        max(occurred_at) filter (where event_type = 'ops.label_confirmed') as label_at
    from event
    where event_type in ('exchange.delivery_failed', 'ops.label_confirmed')
    group by pair_id
)

select
    pair.pair_id,
    coalesce(flagged.has_safety_flag, false) as has_safety_flag,
    -- The last act failed to arrive and nothing was tried, or came, since.
    coalesce(told.failed_at >= coalesce(touched.last_touch_at, told.failed_at), false) as is_delivery_failed,
    told.confirmed_label,
    nullif(told.confirmed_party, '') as confirmed_party,
    told.label_at
from core.pair as pair
left join flagged on pair.pair_id = flagged.pair_id
left join told on pair.pair_id = told.pair_id
left join touched on pair.pair_id = touched.pair_id
