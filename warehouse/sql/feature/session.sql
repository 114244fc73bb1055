-- one row per pair that planned or held a session: how reliable and how well prepared its sessions are
with session as (
    select * from core.session
),

plan as (
    select
        pair_id,
        event_type,
        occurred_at,
        occurred_on,
        evidence,
        starts_at,
        lag(starts_at) over (
            partition by pair_id, session_id
            order by occurred_at asc nulls last, recorded_at asc nulls last, event_id asc nulls last
        ) as planned_before
    from staging.event
    where event_type in ('session.proposed', 'session.rescheduled')
),

-- A later revision of a calendar entry is a move only where the time it was planned for changed.
event as (
    select * from plan
    where
        event_type = 'session.rescheduled'
        and (evidence <> 'inferred' or starts_at <> planned_before)
),

run as (
    select * from ref.run
),

counted as (
    select
        session.pair_id,
        count(*) filter (where session.status = 'held')::integer as n_sessions_held,
        max(session.held_at) filter (
            where session.minutes is null or session.minutes > run.short_call_minutes
        ) as last_full_at,
        count(*) filter (where session.status = 'no_show')::integer as n_no_shows,
        count(*) filter (where session.is_late_cancel and session.status = 'cancelled')::integer
            as n_late_cancels,
        count(session.agenda_hours)::integer as n_agendas,
        count(*) filter (where session.agenda_hours >= run.agenda_hours)::integer as n_agendas_on_time,
        count(session.thanks_hours)::integer as n_thanks,
        count(*) filter (where session.thanks_hours <= run.thanks_hours)::integer as n_thanks_on_time
    from session
    cross join run
    group by session.pair_id
),

-- A short call is a full contact, but it does not show that the two have time again.
pushed as (
    select
        counted.pair_id,
        count(*)::integer as push_streak
    from counted
    cross join run
    inner join event on counted.pair_id = event.pair_id
    where
        (counted.last_full_at is null or event.occurred_at > counted.last_full_at)
        and event.occurred_on >= (run.as_of::date - run.push_days * interval 1 day)::date
    group by counted.pair_id
)

select
    counted.pair_id,
    counted.n_sessions_held,
    counted.n_no_shows,
    counted.n_late_cancels,
    coalesce(pushed.push_streak, 0) as push_streak,
    counted.n_agendas,
    counted.n_agendas_on_time,
    counted.n_thanks,
    counted.n_thanks_on_time
from counted
left join pushed on counted.pair_id = pushed.pair_id
