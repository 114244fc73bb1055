-- one row per pair and side: when it last turned to the other, and for how many of its active days not
with moment as (
    select * from core.moment
),

lifecycle as (
    select * from core.lifecycle
),

side_day as (
    select * from core.side_day
),

run as (
    select * from ref.run
),

touched as (
    select pair_id, 'mentor' as side, max(touched_at) as last_touch_at
    from moment
    where is_mentor_touch
    group by pair_id
    union all
    select pair_id, 'mentee' as side, max(touched_at) as last_touch_at
    from moment
    where is_mentee_touch
    group by pair_id
)

select
    today.pair_id,
    today.side,
    touched.last_touch_at,
    (today.side_day - greatest(last_touch.side_day, begun.side_day))::integer as silence_days
from side_day as today
inner join run on today.on_date = run.as_of::date
left join touched on today.pair_id = touched.pair_id and today.side = touched.side
left join lifecycle on today.pair_id = lifecycle.pair_id
left join side_day as last_touch
    on
        today.pair_id = last_touch.pair_id
        and today.side = last_touch.side
        and touched.last_touch_at::date = last_touch.on_date
left join side_day as begun
    on
        today.pair_id = begun.pair_id
        and today.side = begun.side
        and lifecycle.accepted_at::date = begun.on_date
