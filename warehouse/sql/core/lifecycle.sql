-- one row per pair: where it stands between first message and network
with event as (
    select * from staging.event where pair_id is not null
),

acceptance as (
    select * from core.acceptance
),

touch as (
    select * from core.touch
),

run as (
    select * from ref.run
),

-- Whoever leaves the program says no to all that waits for an answer, and calls off what they asked.
refusal as (
    select pair_id, event_type, occurred_at
    from event
    where event_type in ('outreach.declined', 'outreach.bounced', 'outreach.expired', 'match.declined')
    union all
    select pair_id, 'participant.withdrew' as event_type, left_at as occurred_at
    from core.departure
),

refused as (
    select
        pair_id,
        max(occurred_at) as refused_at,
        max(occurred_at) filter (
            where event_type not in ('outreach.bounced', 'outreach.expired')
        ) as declined_at
    from refusal
    group by pair_id
),

-- Who was refused, or not reached, and writes again waits from then on.
asked_again as (
    select
        event.pair_id,
        min(event.occurred_at) as sent_at
    from event
    inner join refused on event.pair_id = refused.pair_id and event.occurred_at > refused.refused_at
    where event.event_type = 'outreach.sent'
    group by event.pair_id
),

reopened as (
    select
        pair_id,
        max(reopened_at) as reopened_at,
        max(reopened_at) filter (where is_accepted) as accepted_anew_at
    from core.reopening
    group by pair_id
),

told as (
    select
        pair_id,
        min(occurred_at) filter (where event_type = 'outreach.sent') as outreach_sent_at,
        max(occurred_at) filter (where event_type = 'outreach.sent') as outreach_last_at,
        max(occurred_at) filter (where event_type = 'outreach.bounced') as bounced_at,
        max(occurred_at) filter (where event_type = 'match.proposed') as match_proposed_at,
        max(occurred_at) filter (where event_type = 'outreach.replied') as replied_at,
        max(occurred_at) filter (where event_type in ('match.proposed', 'outreach.sent')) as last_asked_at,
        min(occurred_at) filter (where event_type = 'relationship.started') as started_at,
        max(occurred_at) filter (where event_type = 'relationship.paused') as paused_at,
        max(occurred_at) filter (where event_type = 'relationship.closing_started') as closing_at,
        max(occurred_at) filter (where event_type = 'relationship.moved_to_network') as network_at,
        max_by(event_type, order_key) filter (
            where event_type in (
                'relationship.paused', 'relationship.light_mode_set',
                'relationship.resumed', 'relationship.reopened'
            )
        ) as mode,
        max(occurred_at) filter (
            where event_type in ('relationship.paused', 'relationship.light_mode_set')
        ) as mode_at,
        max_by(coalesce(until_on, '9999-12-31'::date), order_key) filter (
            where event_type in ('relationship.paused', 'relationship.light_mode_set')
        ) as until_on
    from event
    where event_type like 'outreach.%' or event_type like 'match.%' or event_type like 'relationship.%'
    group by pair_id
),

-- A pause or a light mode that was agreed before an end does not come back with what follows it.
stood as (
    select
        told.*,
        reopened.reopened_at,
        reopened.accepted_anew_at,
        case
            when told.until_on >= run.as_of::date and coalesce(told.mode_at >= reopened.reopened_at, true)
                then told.mode
        end as mode_now
    from told
    cross join run
    left join reopened on told.pair_id = reopened.pair_id
),

written as (
    select
        pair_id,
        min(touched_at) as touched_at
    from touch
    group by pair_id
)

select
    pair.pair_id,
    -- Messages of one side alone are an outreach.
    coalesce(
        asked_again.sent_at,
        told.outreach_sent_at,
        case
            when acceptance.accepted_at is null and told.match_proposed_at is null then written.touched_at
        end
    ) as outreach_sent_at,
    coalesce(told.bounced_at >= told.outreach_last_at, false) as is_outreach_bounced,
    -- Whoever answered an outreach is being talked to: no longer "no reply".
    coalesce(
        told.match_proposed_at,
        case when coalesce(told.replied_at >= asked_again.sent_at, true) then told.replied_at end
    ) as proposed_at,
    -- Asked again, the answer is open again.
    case
        when refused.declined_at < told.last_asked_at then null
        when acceptance.accepted_at is null or refused.declined_at >= acceptance.accepted_at
            then refused.declined_at
    end as declined_at,
    acceptance.accepted_at,
    coalesce(acceptance.is_acceptance_inferred, false) as is_acceptance_inferred,
    told.started_at,
    coalesce(told.mode_now = 'relationship.paused', false) as is_paused,
    case when told.mode_now = 'relationship.paused' then told.paused_at end as paused_since,
    coalesce(told.mode_now = 'relationship.light_mode_set', false) as is_light_mode,
    case when told.reopened_at is null or told.closing_at > told.reopened_at then told.closing_at end
        as closing_since,
    case when told.reopened_at is null or told.network_at > told.reopened_at then told.network_at end
        as network_at,
    told.reopened_at,
    coalesce(told.accepted_anew_at, acceptance.accepted_at) as last_accepted_at
from core.pair as pair
left join stood as told on pair.pair_id = told.pair_id
left join acceptance on pair.pair_id = acceptance.pair_id
left join refused on pair.pair_id = refused.pair_id
left join asked_again on pair.pair_id = asked_again.pair_id
left join written on pair.pair_id = written.pair_id
