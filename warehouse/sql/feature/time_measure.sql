-- one row per number about time and pair, session or answer that counts in it
with scheduling as (
    select * from feature.scheduling
),

side as (
    select * from feature.side_hour
),

overlap as (
    select * from feature.overlap
),

lifecycle as (
    select * from core.lifecycle where accepted_at is not null
),

ending as (
    select * from core.ending
),

answer as (
    select * from core.local_answer
),

session as (
    select * from core.session where held_at is not null
),

session_key as (
    select * from core.session_key
),

event as (
    select * from staging.event where event_type in ('session.late', 'session.overran')
),

run as (
    select * from ref.run
),

current_pair as (
    select lifecycle.pair_id
    from lifecycle
    left join ending on lifecycle.pair_id = ending.pair_id
    where ending.ended_at is null and lifecycle.network_at is null
),

disturbed as (
    select distinct
        event.pair_id,
        coalesce(session_key.key_id, event.session_id) as session_id,
        case when event.event_type = 'session.overran' then 'overran' else 'late_' || event.party end
            as practice
    from event
    left join session_key
        on event.pair_id = session_key.pair_id and event.session_id = session_key.session_id
),

measured as (
    select
        'overlap_hours' as practice,
        overlap.pair_id,
        false as is_reached,
        1 as n_units,
        overlap.overlap_hours as amount
    from overlap
    inner join current_pair on overlap.pair_id = current_pair.pair_id
    union all
    select
        'overlap_short' as practice,
        overlap.pair_id,
        overlap.is_overlap_short as is_reached,
        1 as n_units,
        null as amount
    from overlap
    inner join current_pair on overlap.pair_id = current_pair.pair_id
    union all
    select
        'off_minutes_' || side.side as practice,
        side.pair_id,
        part.is_off as is_reached,
        case
            when part.is_off then side.off_minutes else side.session_minutes - side.off_minutes
        end as n_units,
        null as amount
    from side
    cross join (values (true), (false)) as part (is_off)
    union all
    select
        'off_answers_' || side.side as practice,
        side.pair_id,
        part.is_off as is_reached,
        case when part.is_off then side.n_answers_off else side.n_answers - side.n_answers_off end as n_units,
        null as amount
    from side
    cross join (values (true), (false)) as part (is_off)
    union all
    select
        'reply_hours_' || side as practice,
        pair_id,
        false as is_reached,
        1 as n_units,
        reply_work_hours as amount
    from answer
    union all
    select
        'virtual' as practice,
        pair_id,
        mode in ('video', 'call') as is_reached,
        1 as n_units,
        null as amount
    from session
    where mode is not null
    union all
    select
        'light' as practice,
        session.pair_id,
        session.minutes <= run.light_minutes as is_reached,
        1 as n_units,
        null as amount
    from session
    cross join run
    where session.minutes is not null
    union all
    select
        'moved_again' as practice,
        scheduling.pair_id,
        scheduling.push_streak > 0 as is_reached,
        1 as n_units,
        null as amount
    from scheduling
    inner join current_pair on scheduling.pair_id = current_pair.pair_id
    union all
    select
        'notice_hours' as practice,
        pair_id,
        false as is_reached,
        1 as n_units,
        notice_hours as amount
    from scheduling
    where notice_hours is not null
    union all
    select
        kind.practice,
        session.pair_id,
        disturbed.session_id is not null as is_reached,
        1 as n_units,
        null as amount
    from session
    cross join (values ('late_mentor'), ('late_mentee'), ('overran')) as kind (practice)
    left join disturbed
        on
            session.pair_id = disturbed.pair_id
            and session.session_id = disturbed.session_id
            and kind.practice = disturbed.practice
    union all
    select
        'hours_off' as practice,
        pair_id,
        n_joins_hours_off > 0 as is_reached,
        1 as n_units,
        null as amount
    from scheduling
    where mentor_present_rate is not null
    union all
    select
        'mentor_present' as practice,
        pair_id,
        false as is_reached,
        1 as n_units,
        mentor_present_rate as amount
    from scheduling
    where mentor_present_rate is not null
)

select
    practice,
    pair_id,
    is_reached,
    n_units,
    amount::double as amount
from measured
where n_units > 0
