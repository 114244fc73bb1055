-- one row per pair and session that was planned: when it is to be and whether both said yes to that
with event as (
    select * from staging.event where pair_id is not null and session_id is not null
),

touch as (
    select * from core.touch
),

step as (
    select
        event.pair_id,
        event.session_id,
        event.event_type,
        event.occurred_at,
        event.order_key,
        event.starts_at,
        touch.side,
        max(case when event.event_type <> 'session.confirmed' then event.occurred_at end)
            over (partition by event.pair_id, event.session_id) as invited_at
    from event
    left join touch on event.event_id = touch.event_id
    where event.event_type in ('session.proposed', 'session.rescheduled', 'session.confirmed')
),

-- What was said before the latest invitation, or the latest new date, no longer counts.
standing as (
    select
        pair_id,
        session_id,
        event_type,
        occurred_at,
        order_key,
        starts_at,
        side
    from step
    where invited_at is null or occurred_at >= invited_at
)

select
    pair_id,
    session_id,
    max_by(starts_at, order_key) filter (where starts_at is not null) as starts_at,
    -- A confirmation that names no side comes from a calendar and speaks for both.
    coalesce(bool_or(side = 'mentor'), false) and coalesce(bool_or(side = 'mentee'), false)
    or bool_or(side is null and event_type = 'session.confirmed') as is_confirmed
from standing
group by pair_id, session_id
