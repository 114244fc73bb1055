-- one row per pair and session: planned, held, missed or called off, with its agenda and thanks
with event as (
    select * from staging.event where pair_id is not null and session_id is not null
),

appointment as (
    select * from core.appointment
),

run as (
    select * from ref.run
),

told as (
    select
        pair_id,
        session_id,
        min(occurred_at) filter (where event_type = 'session.held' and evidence <> 'assumed') as held_at,
        max_by(minutes, order_key) filter (
            where event_type = 'session.held' and minutes is not null
        ) as minutes,
        max_by(mode, order_key) filter (
            where event_type = 'session.held' and mode is not null
        ) as mode,
        max_by(event_type, order_key) filter (
            where event_type in (
                'session.proposed', 'session.confirmed', 'session.rescheduled',
                'session.cancelled', 'session.no_show', 'session.date_passed'
            )
        ) as last_step,
        max_by(party, order_key) filter (where event_type = 'session.no_show') as missed_by,
        max(occurred_at) filter (where event_type = 'session.no_show') as missed_at,
        max(occurred_at) filter (where event_type = 'session.cancelled') as cancelled_at,
        max_by(notice_hours, order_key) filter (
            where event_type = 'session.cancelled' and notice_hours is not null
        ) as notice_hours,
        bool_or(event_type = 'session.held' and evidence = 'assumed') as is_assumed,
        max(hours_before) filter (where event_type = 'prep.agenda_shared') as agenda_hours,
        min(hours_after) filter (where event_type = 'followup.thanks_sent') as thanks_hours
    from event
    group by pair_id, session_id
)

select
    told.pair_id,
    told.session_id,
    coalesce(told.held_at, appointment.starts_at) as starts_at,
    told.held_at,
    told.minutes,
    told.mode,
    case
        when told.held_at is not null then 'held'
        when told.last_step = 'session.no_show' then 'no_show'
        when told.last_step = 'session.cancelled' then 'cancelled'
        when told.last_step = 'session.date_passed' or told.is_assumed then 'date_passed'
        when appointment.is_confirmed then 'confirmed'
        else 'proposed'
    end as status,
    told.missed_by,
    told.missed_at,
    told.cancelled_at,
    told.cancelled_at is not null
    and coalesce(
        told.notice_hours < run.late_cancel_hours,
        told.cancelled_at > appointment.starts_at - run.late_cancel_hours * interval 1 hour,
        false
    ) as is_late_cancel,
    told.agenda_hours,
    told.thanks_hours
from told
cross join run
left join appointment on told.pair_id = appointment.pair_id and told.session_id = appointment.session_id
