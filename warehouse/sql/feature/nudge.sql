-- one row per pair and side that has not turned to the other since the program checked in with it
with checkin as (
    select * from core.checkin
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

unanswered as (
    select
        silence.pair_id,
        silence.side,
        min(checkin.occurred_at)::date as first_on
    from checkin
    inner join silence
        on
            checkin.pair_id = silence.pair_id
            and (checkin.party is null or checkin.party = silence.side)
            and (silence.last_touch_at is null or checkin.occurred_at > silence.last_touch_at)
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
