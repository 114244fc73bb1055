-- one row per pair and side whose time zone is known: what the relationship asks of its evenings and weekends
with home as (
    select * from core.home
),

session as (
    select * from core.local_session
),

answer as (
    select * from core.local_answer
),

met as (
    select
        pair_id,
        side,
        count(*)::integer as n_sessions,
        sum(minutes)::integer as session_minutes,
        sum(off_minutes)::integer as off_minutes,
        count(*) filter (where is_off_hours)::integer as n_sessions_off
    from session
    group by pair_id, side
),

answered as (
    select
        pair_id,
        side,
        count(*)::integer as n_answers,
        count(*) filter (where is_off_hours)::integer as n_answers_off,
        median(reply_work_hours)::double as reply_work_hours
    from answer
    group by pair_id, side
)

select
    home.pair_id,
    home.side,
    home.time_zone,
    home.country,
    coalesce(met.n_sessions, 0) as n_sessions,
    coalesce(met.session_minutes, 0) as session_minutes,
    coalesce(met.off_minutes, 0) as off_minutes,
    coalesce(met.n_sessions_off, 0) as n_sessions_off,
    coalesce(answered.n_answers, 0) as n_answers,
    coalesce(answered.n_answers_off, 0) as n_answers_off,
    round(answered.reply_work_hours, 2) as reply_work_hours
from home
left join met on home.pair_id = met.pair_id and home.side = met.side
left join answered on home.pair_id = answered.pair_id and home.side = answered.side
