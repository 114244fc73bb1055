-- one row per pair and side that ever turned to the other: when it last did
with dialogue as (
    select * from core.dialogue where last_touch_at is not null
),

clock as (
    select * from core.clock
),

timed as (
    select
        dialogue.pair_id,
        dialogue.side,
        dialogue.last_touch_at,
        date_diff('day', '2000-01-01'::date, dialogue.last_touch_at::date) as day_no,
        case dialogue.side when 'mentor' then clock.mentor_off else clock.mentee_off end as off
    from dialogue
    left join clock on dialogue.pair_id = clock.pair_id
)

select
    pair_id,
    side,
    last_touch_at,
    (
        day_no - greatest(
            0, list_max(list_transform(off, lambda each: each.shift + least(day_no, each.until_day)))
        )
    )::integer as last_touch_day
from timed
