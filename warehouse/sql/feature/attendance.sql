-- one row per pair and side with a streak: its latest consecutive sessions missed without notice
with session as (
    select * from core.session where status in ('held', 'no_show')
),

side_day as (
    select * from core.side_day
),

run as (
    select * from ref.run
),

due as (
    select
        session.pair_id,
        side.side,
        session.session_id,
        coalesce(session.held_at, session.missed_at) as due_at,
        session.status = 'no_show' and session.missed_by in (side.side, 'both') as is_missed
    from session
    cross join (values ('mentor'), ('mentee')) as side (side)
),

-- How often the side has come since: 0 for the sessions of the present streak.
counted as (
    select
        pair_id,
        side,
        due_at,
        is_missed,
        sum(case when is_missed then 0 else 1 end) over (
            partition by pair_id, side
            order by due_at desc nulls last, session_id desc nulls last
            rows between unbounded preceding and current row
        )::integer as n_come_since
    from due
),

streak as (
    select
        pair_id,
        side,
        count(*)::integer as no_show_streak,
        max(due_at)::date as last_on
    from counted
    where is_missed and n_come_since = 0
    group by pair_id, side
)

select
    streak.pair_id,
    streak.side,
    streak.no_show_streak,
    (today.side_day - missed.side_day)::integer as no_show_days
from streak
cross join run
inner join side_day as missed
    on streak.pair_id = missed.pair_id and streak.side = missed.side and streak.last_on = missed.on_date
inner join side_day as today
    on streak.pair_id = today.pair_id and streak.side = today.side and run.as_of::date = today.on_date
