-- one row per pair and side: when it last turned to the other, and for how many of its active days not
with last_turn as (
    select * from core.last_turn
),

begun as (
    select * from core.begun
),

today as (
    select * from core.today
),

-- What the clock of each side shows today, and showed when the pair was accepted.
clock as (
    select
        today.pair_id,
        side.side,
        case side.side when 'mentor' then today.mentor_day else today.mentee_day end as today_day,
        case side.side when 'mentor' then begun.mentor_day else begun.mentee_day end as accepted_day
    from today
    cross join (values ('mentor'), ('mentee')) as side (side)
    left join begun on today.pair_id = begun.pair_id
)

select
    clock.pair_id,
    clock.side,
    last_turn.last_touch_at,
    (clock.today_day - greatest(last_turn.last_touch_day, clock.accepted_day))::integer as silence_days
from clock
left join last_turn on clock.pair_id = last_turn.pair_id and clock.side = last_turn.side
