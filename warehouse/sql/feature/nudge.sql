-- one row per pair and side that has not turned to the other since the program checked in with it
with event as (
    select * from staging.event where pair_id is not null
),

silence as (
    select * from feature.silence
),

side_day as (
    select * from core.side_day
),

run as (
    select * from ref.run
),

-- What arrived: nudges that went out, and contacts not marked as failed.
sent as (
    select pair_id, occurred_at, party
    from event
    where
        (event_type = 'ops.nudge_sent' and coalesce(arm, 'treated') = 'treated')
        or (event_type = 'ops.support_contact_made' and coalesce(is_reached, true))
),

unanswered as (
    select
        silence.pair_id,
        silence.side,
        min(sent.occurred_at)::date as first_on
    from sent
    inner join silence
        on
            sent.pair_id = silence.pair_id
            and (sent.party is null or sent.party = silence.side)
            and (silence.last_touch_at is null or sent.occurred_at > silence.last_touch_at)
    group by silence.pair_id, silence.side
)

select
    unanswered.pair_id,
    unanswered.side,
    (today.side_day - checked_in.side_day)::integer as checkin_unanswered_days
from unanswered
cross join run
inner join side_day as checked_in
    on
        unanswered.pair_id = checked_in.pair_id
        and unanswered.side = checked_in.side
        and unanswered.first_on = checked_in.on_date
inner join side_day as today
    on unanswered.pair_id = today.pair_id and unanswered.side = today.side and run.as_of::date = today.on_date
