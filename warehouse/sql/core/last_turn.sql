-- one row per pair and side that ever turned to the other: when it last did
with dialogue as (
    select * from core.dialogue
),

clock as (
    select * from core.clock
),

turned as (
    select
        pair_id,
        'mentor' as side,
        mentor_turned_at as last_touch_at
    from dialogue
    where mentor_turned_at is not null
    union all
    select
        pair_id,
        'mentee' as side,
        mentee_turned_at as last_touch_at
    from dialogue
    where mentee_turned_at is not null
),

timed as (
    select
        turned.pair_id,
        turned.side,
        turned.last_touch_at,
        date_diff('day', '2000-01-01'::date, turned.last_touch_at::date) as day_no,
        case turned.side when 'mentor' then clock.mentor_off else clock.mentee_off end as off
    from turned
    left join clock on turned.pair_id = clock.pair_id
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
