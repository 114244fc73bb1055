-- one row per message on a named channel, in a pair that agreed on channels: whether it came another way
with event as (
    select * from staging.event where pair_id is not null
),

agreed as (
    select pair_id, max_by(channels, order_key) filter (where channels is not null) as channels
    from event
    where event_type = 'relationship.expectations_agreed'
    group by pair_id
),

preferred as (
    select pair_id, unnest(channels) as channel
    from agreed
),

listed as (
    select distinct pair_id
    from preferred
)

select
    event.event_id,
    event.pair_id,
    event.event_type,
    event.occurred_at,
    event.occurred_on,
    event.evidence,
    preferred.channel is null as is_elsewhere
from event
inner join listed on event.pair_id = listed.pair_id
left join preferred on event.pair_id = preferred.pair_id and event.channel = preferred.channel
where
    event.event_type in (
        'exchange.message_sent', 'exchange.message_replied', 'exchange.async_update_sent',
        'exchange.checkin_sent'
    )
    and event.channel is not null
