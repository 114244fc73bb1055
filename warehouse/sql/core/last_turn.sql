-- one row per pair and side that ever turned to the other: when it last did
with moment as (
    select * from core.moment
),

day as (
    select * from core.event_day
),

latest as (
    select
        pair_id,
        max(case when is_mentor_touch then touched_at end) as mentor_at,
        max(case when is_mentee_touch then touched_at end) as mentee_at
    from moment
    group by pair_id
),

touched as (
    select pair_id, 'mentor' as side, mentor_at as last_touch_at
    from latest
    where mentor_at is not null
    union all
    select pair_id, 'mentee' as side, mentee_at as last_touch_at
    from latest
    where mentee_at is not null
)

select
    touched.pair_id,
    touched.side,
    touched.last_touch_at,
    case touched.side when 'mentor' then day.mentor_day else day.mentee_day end as last_touch_day
from touched
inner join day on touched.pair_id = day.pair_id and touched.last_touch_at::date = day.on_date
