-- one row per pair and session: planned, held, missed or called off, with its agenda and thanks
with fact as (
    select * from staging.event where pair_id is not null and session_id is not null
),

session_key as (
    select * from core.session_key
),

appointment as (
    select * from core.appointment
),

party as (
    select * from core.pair_party
),

run as (
    select * from ref.run
),

event as (
    select
        fact.pair_id,
        coalesce(session_key.key_id, fact.session_id) as session_id,
        fact.session_id as told_as,
        fact.source,
        fact.event_type,
        fact.occurred_at,
        fact.order_key,
        fact.evidence,
        fact.person_id,
        fact.actor_id,
        fact.actor_role,
        fact.by_party,
        fact.minutes,
        fact.mode,
        fact.party,
        fact.notice_hours,
        fact.hours_before,
        fact.hours_after
    from fact
    left join session_key
        on fact.pair_id = session_key.pair_id and fact.session_id = session_key.session_id
),

part as (
    select
        pair_id,
        session_id,
        source,
        told_as,
        min(occurred_at) as began_at,
        max_by(minutes, order_key) as minutes,
        max(case when evidence = 'observed' then 1 else 0 end) as is_observed
    from event
    where event_type = 'session.held' and minutes is not null
    group by pair_id, session_id, source, told_as
),

ordered as (
    select
        pair_id,
        session_id,
        source,
        minutes,
        is_observed,
        began_at,
        max(began_at + minutes / 60.0 * interval 1 hour) over (
            partition by pair_id, session_id, source
            order by began_at asc nulls last, told_as asc nulls last
            rows between unbounded preceding and 1 preceding
        ) as before_until
    from part
),

-- A call that broke off and was taken up again took the time of both parts; told twice, it took it once.
-- Minutes are rounded, so two of them may overlap.
account as (
    select
        pair_id,
        session_id,
        source,
        sum(minutes)::integer as minutes,
        max(is_observed) as is_observed
    from ordered
    where before_until is null or began_at >= before_until - 2 / 60.0 * interval 1 hour
    group by pair_id, session_id, source
),

length as (
    select
        pair_id,
        session_id,
        max_by(minutes, (is_observed, minutes)) as minutes
    from account
    group by pair_id, session_id
),

-- When each side was last in the call.
gone as (
    select
        event.pair_id,
        event.session_id,
        max(case when party.side = 'mentor' then event.occurred_at end) as mentor_at,
        max(case when party.side = 'mentee' then event.occurred_at end) as mentee_at
    from event
    inner join party on event.pair_id = party.pair_id and event.person_id = party.person_id
    where event.event_type = 'session.left'
    group by event.pair_id, event.session_id
),

-- The program calls off for neither side.
called_off as (
    select
        event.pair_id,
        event.session_id,
        event.order_key,
        case
            when event.by_party is not null then event.by_party
            when event.actor_role in ('pm', 'system', 'sponsor') then null
            when party.side is not null then party.side
            when event.actor_role in ('mentor', 'mentee') then event.actor_role
        end as side
    from event
    left join party
        on event.pair_id = party.pair_id and coalesce(event.person_id, event.actor_id) = party.person_id
    where event.event_type = 'session.cancelled'
),

canceller as (
    select
        pair_id,
        session_id,
        max_by(side, order_key) as side
    from called_off
    where side is not null
    group by pair_id, session_id
),

told as (
    select
        pair_id,
        session_id,
        min(occurred_at) filter (where event_type = 'session.held' and evidence <> 'assumed') as held_at,
        max_by(minutes, order_key) filter (where event_type = 'session.proposed' and minutes is not null)
            as planned_minutes,
        max_by(mode, order_key) filter (
            where event_type = 'session.held' and mode is not null
        ) as mode,
        max_by(event_type, order_key) filter (
            where event_type in (
                'session.proposed', 'session.confirmed', 'session.rescheduled',
                'session.cancelled', 'session.no_show'
            )
        ) as last_step,
        max_by(party, order_key) filter (where event_type = 'session.no_show') as missed_by,
        max(occurred_at) filter (where event_type = 'session.no_show') as missed_at,
        max(occurred_at) filter (where event_type = 'session.cancelled') as cancelled_at,
        max(occurred_at) filter (where event_type = 'session.cancelled' and evidence <> 'inferred')
            as told_off_at,
        max_by(notice_hours, order_key) filter (
            where event_type = 'session.cancelled' and notice_hours is not null
        ) as notice_hours,
        bool_or(event_type = 'session.held' and evidence = 'assumed') as is_assumed,
        max(occurred_at) filter (where event_type = 'session.date_passed') as passed_at,
        max(hours_before) filter (where event_type = 'prep.agenda_shared') as agenda_hours,
        min(hours_after) filter (where event_type = 'followup.thanks_sent') as thanks_hours
    from event
    group by pair_id, session_id
),

due as (
    select
        told.pair_id,
        told.session_id,
        appointment.starts_at
        + (told.planned_minutes - run.left_early_minutes) / 60.0 * interval 1 hour as early_at
    from told
    cross join run
    inner join appointment
        on told.pair_id = appointment.pair_id and told.session_id = appointment.session_id
    where told.planned_minutes is not null and told.held_at is not null
)

select
    told.pair_id,
    told.session_id,
    coalesce(told.held_at, appointment.starts_at) as starts_at,
    told.held_at,
    length.minutes,
    told.mode,
    case
        when told.held_at is not null then 'held'
        when told.last_step = 'session.no_show' then 'no_show'
        when told.last_step = 'session.cancelled' then 'cancelled'
        -- That a date passed says nothing against what anybody saw, nor of a later date.
        when told.is_assumed or told.passed_at >= coalesce(appointment.starts_at, told.passed_at)
            then 'date_passed'
        when appointment.is_confirmed then 'confirmed'
        else 'proposed'
    end as status,
    case
        when gone.mentor_at <= due.early_at and gone.mentee_at <= due.early_at then 'both'
        when gone.mentor_at <= due.early_at then 'mentor'
        when gone.mentee_at <= due.early_at then 'mentee'
    end as left_early_by,
    told.missed_by,
    told.missed_at,
    told.cancelled_at,
    canceller.side as cancelled_by,
    told.cancelled_at is not null
    and coalesce(
        told.notice_hours < run.late_cancel_hours,
        told.told_off_at > appointment.starts_at - run.late_cancel_hours * interval 1 hour,
        false
    ) as is_late_cancel,
    told.agenda_hours,
    told.thanks_hours
from told
cross join run
left join appointment on told.pair_id = appointment.pair_id and told.session_id = appointment.session_id
left join length on told.pair_id = length.pair_id and told.session_id = length.session_id
left join gone on told.pair_id = gone.pair_id and told.session_id = gone.session_id
left join due on told.pair_id = due.pair_id and told.session_id = due.session_id
left join canceller on told.pair_id = canceller.pair_id and told.session_id = canceller.session_id
