-- one row per pair that planned or held a session, or sent an update: how it copes with little time
with session as (
    select * from core.session
),

session_key as (
    select * from core.session_key
),

reliable as (
    select * from feature.session
),

event as (
    select * from staging.event where pair_id is not null
),

pair as (
    select * from core.pair
),

run as (
    select * from ref.run
),

held as (
    select
        session.pair_id,
        count(*) filter (where session.minutes <= run.light_minutes)::integer as n_light_sessions,
        sum(session.minutes)::integer as held_minutes
    from session
    cross join run
    where session.held_at is not null
    group by session.pair_id
),

told as (
    select
        pair_id,
        count(*) filter (where event_type = 'session.rescheduled')::integer as n_moved,
        (
            median(notice_hours) filter (where event_type in ('session.rescheduled', 'session.cancelled'))
        )::double as notice_hours,
        count(*) filter (where event_type = 'exchange.async_update_sent')::integer as n_updates,
        count(*) filter (where event_type = 'session.late' and party = 'mentor')::integer as n_mentor_late,
        count(*) filter (where event_type = 'session.late' and party = 'mentee')::integer as n_mentee_late,
        coalesce(sum(minutes) filter (where event_type = 'session.late'), 0)::integer as late_minutes,
        count(*) filter (where event_type = 'session.overran')::integer as n_overran,
        coalesce(sum(minutes) filter (where event_type = 'session.overran'), 0)::integer as overran_minutes,
        count(*) filter (where event_type = 'session.shortened')::integer as n_shortened
    from event
    where event_type like 'session.%' or event_type = 'exchange.async_update_sent'
    group by pair_id
),

-- When each person entered and left, as the meeting tool says.
attended as (
    select
        event.pair_id,
        coalesce(session_key.key_id, event.session_id) as session_id,
        event.person_id,
        event.person_id = pair.mentor_id as is_mentor,
        min(event.occurred_at) filter (where event.event_type = 'session.joined') as joined_at,
        max(event.occurred_at) filter (where event.event_type = 'session.left') as left_at
    from event
    inner join pair on event.pair_id = pair.pair_id
    left join session_key
        on event.pair_id = session_key.pair_id and event.session_id = session_key.session_id
    where event.event_type in ('session.joined', 'session.left')
    group by
        event.pair_id,
        coalesce(session_key.key_id, event.session_id),
        event.person_id,
        event.person_id = pair.mentor_id
),

watched as (
    select
        attended.pair_id,
        attended.is_mentor,
        session.minutes,
        date_diff('day', attended.joined_at::date, attended.left_at::date) * 1440
        + (hour(attended.left_at) * 60 + minute(attended.left_at))
        - (hour(attended.joined_at) * 60 + minute(attended.joined_at)) as present_minutes,
        date_diff('day', session.starts_at::date, attended.joined_at::date) * 1440
        + (hour(attended.joined_at) * 60 + minute(attended.joined_at))
        - (hour(session.starts_at) * 60 + minute(session.starts_at)) as after_minutes
    from attended
    inner join session on attended.pair_id = session.pair_id and attended.session_id = session.session_id
),

-- Who comes a whole number of hours off, give or take a few minutes, read the invitation in another zone.
measured as (
    select
        watched.pair_id,
        count(*) filter (
            where
            watched.after_minutes not between -30 and 30
            and watched.after_minutes - 60 * round(watched.after_minutes / 60.0)
            between -run.zone_slip_minutes and run.zone_slip_minutes
        )::integer as n_joins_hours_off,
        sum(watched.minutes) filter (
            where watched.is_mentor and watched.present_minutes is not null
        )::integer as watched_minutes,
        sum(least(watched.minutes, watched.present_minutes)) filter (
            where watched.is_mentor and watched.present_minutes is not null
        )::integer as present_minutes
    from watched
    cross join run
    group by watched.pair_id
)

select
    pair.pair_id,
    coalesce(told.n_moved, 0) as n_moved,
    coalesce(reliable.push_streak, 0) as push_streak,
    told.notice_hours,
    coalesce(held.held_minutes, 0) as held_minutes,
    coalesce(held.n_light_sessions, 0) as n_light_sessions,
    coalesce(told.n_updates, 0) as n_updates,
    coalesce(told.n_mentor_late, 0) as n_mentor_late,
    coalesce(told.n_mentee_late, 0) as n_mentee_late,
    coalesce(told.late_minutes, 0) as late_minutes,
    coalesce(told.n_overran, 0) as n_overran,
    coalesce(told.overran_minutes, 0) as overran_minutes,
    coalesce(told.n_shortened, 0) as n_shortened,
    coalesce(measured.n_joins_hours_off, 0) as n_joins_hours_off,
    round(1.0 * measured.present_minutes / nullif(measured.watched_minutes, 0), 6)::double
        as mentor_present_rate
from pair
left join held on pair.pair_id = held.pair_id
left join told on pair.pair_id = told.pair_id
left join reliable on pair.pair_id = reliable.pair_id
left join measured on pair.pair_id = measured.pair_id
where held.pair_id is not null or told.pair_id is not null or reliable.pair_id is not null
