-- one row per pair and first message: what it asked for, where its receiver was found, and what came of it
with event as (
    select * from staging.event where pair_id is not null
),

lifecycle as (
    select * from core.lifecycle
),

run as (
    select * from ref.run
),

told as (
    select
        pair_id,
        outreach_id,
        min(occurred_at) filter (where event_type = 'outreach.sent') as sent_at,
        max_by(ask_kind, order_key) filter (where event_type = 'outreach.sent') as ask_kind,
        max_by(minutes_asked, order_key) filter (where event_type = 'outreach.sent') as minutes_asked,
        max_by(is_personalised, order_key) filter (where event_type = 'outreach.sent') as is_personalised,
        max_by(n_checklist, order_key) filter (where event_type = 'outreach.sent') as n_checklist,
        min(occurred_at) filter (where event_type in ('outreach.replied', 'outreach.declined')) as replied_at,
        coalesce(bool_or(event_type = 'outreach.declined'), false) as is_declined,
        coalesce(bool_or(event_type = 'outreach.bounced'), false) as is_bounced
    from event
    where outreach_id is not null
    group by pair_id, outreach_id
),

-- Where the receiver was found: the latest word on it before the message.
searched as (
    select
        told.pair_id,
        told.outreach_id,
        max_by(event.channel_source, event.order_key) as channel_source,
        max_by(event.platform, event.order_key) filter (where event.platform is not null) as platform
    from told
    inner join event
        on
            told.pair_id = event.pair_id
            and event.event_type = 'search.source_recorded'
            and event.occurred_at <= told.sent_at
    group by told.pair_id, told.outreach_id
)

select
    told.pair_id,
    told.outreach_id,
    told.sent_at,
    told.ask_kind,
    told.minutes_asked,
    told.is_personalised,
    told.n_checklist,
    searched.channel_source,
    searched.platform,
    case
        when told.is_declined then 'declined'
        when told.replied_at is not null then 'replied'
        when told.is_bounced then 'bounced'
        when date_diff('day', told.sent_at::date, run.as_of::date) >= run.outreach_days then 'no_reply'
        else 'open'
    end as outcome,
    told.replied_at::date as replied_on,
    date_diff('day', told.sent_at::date, told.replied_at::date)::integer as reply_days,
    coalesce(lifecycle.accepted_at >= told.sent_at, false) as is_relationship
from told
cross join run
left join searched on told.pair_id = searched.pair_id and told.outreach_id = searched.outreach_id
left join lifecycle on told.pair_id = lifecycle.pair_id
where told.sent_at is not null
