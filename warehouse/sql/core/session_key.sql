-- one row per pair and session id that a source gave: the session it is counted as
--
-- A call in a report is the session that was planned around its start, by a source of another kind or over
-- the same call; else the first call around that time. What was planned is never joined with another plan.
with event as (
    select * from staging.event where pair_id is not null and session_id is not null
),

run as (
    select * from ref.run
),

told as (
    select
        pair_id,
        session_id,
        max_by(starts_at, order_key) filter (where starts_at is not null) as planned_at,
        max_by(minutes, order_key) filter (
            where event_type = 'session.proposed' and minutes is not null
        ) as planned_minutes,
        min(occurred_at) filter (
            where
            event_type in ('session.held', 'session.no_show', 'session.joined')
            and evidence <> 'assumed'
        ) as began_at,
        min(source) as source,
        max(correlation_id) as call_id,
        max(case when event_type = 'session.joined' then 1 else 0 end) as is_watched,
        greatest(
            count(*) filter (where event_type = 'session.held' and evidence <> 'assumed'),
            count(*) filter (where event_type = 'session.proposed'),
            count(*) filter (where event_type = 'session.confirmed'),
            count(*) filter (where event_type = 'session.rescheduled')
        )::integer as n_tellings
    from event
    where event_type like 'session.%'
    group by pair_id, session_id
),

planned as (
    select * from told where planned_at is not null
),

-- A call nobody planned under its own id.
seen as (
    select
        told.pair_id,
        told.session_id,
        told.began_at,
        told.source,
        told.call_id,
        told.is_watched,
        run.session_match_hours as around
    from told
    cross join run
    where told.planned_at is null and told.began_at is not null
),

-- The latest plan that was due when the call began, a little early allowed; else the next one.
plan_choice as (
    select
        seen.pair_id,
        seen.session_id,
        planned.session_id as key_id,
        row_number() over (
            partition by seen.pair_id, seen.session_id
            order by
                case
                    when planned.planned_at <= seen.began_at + seen.around / 2 * interval 1 hour
                        then planned.planned_at
                end desc nulls last,
                planned.planned_at asc nulls last,
                planned.session_id asc nulls last
        )::integer as choice
    from seen
    inner join planned on seen.pair_id = planned.pair_id
    where
        -- A calendar sees no calls; any other source knows its own sessions apart.
        (seen.source <> planned.source or seen.call_id = planned.call_id or planned.session_id like 'ics-%')
        and seen.began_at >= planned.planned_at - seen.around * interval 1 hour
        and seen.began_at <= planned.planned_at
        + greatest(seen.around, coalesce(planned.planned_minutes, 0) / 60.0) * interval 1 hour
),

by_plan as (
    select * from plan_choice where choice = 1
),

-- The first of several calls around one time: a call that broke off, or two reports of one call.
call_choice as (
    select
        later.pair_id,
        later.session_id,
        earlier.session_id as key_id,
        row_number() over (
            partition by later.pair_id, later.session_id
            order by earlier.began_at asc nulls last, earlier.session_id asc nulls last
        )::integer as choice
    from seen as later
    inner join seen as earlier on later.pair_id = earlier.pair_id
    where
        -- Of one source, calls over one link, or one that a second report tells without its link.
        (
            later.source <> earlier.source
            or later.call_id = earlier.call_id
            or (
                later.is_watched + earlier.is_watched = 2
                and (later.call_id is null or earlier.call_id is null)
            )
        )
        and (
            earlier.began_at < later.began_at
            or (earlier.began_at = later.began_at and earlier.session_id < later.session_id)
        )
        and earlier.began_at >= later.began_at - later.around * interval 1 hour
),

by_call as (
    select * from call_choice where choice = 1
)

select
    told.pair_id,
    told.session_id,
    coalesce(by_plan.key_id, plan_of_call.key_id, by_call.key_id, told.session_id) as key_id,
    told.n_tellings
from told
left join by_plan on told.pair_id = by_plan.pair_id and told.session_id = by_plan.session_id
left join by_call on told.pair_id = by_call.pair_id and told.session_id = by_call.session_id
left join by_plan as plan_of_call
    on by_call.pair_id = plan_of_call.pair_id and by_call.key_id = plan_of_call.session_id
