-- one row per number about time and session or answer that counts in it
with answer as (
    select * from core.local_answer
),

local_session as (
    select * from core.local_session where minutes > 0
),

session as (
    select * from core.session where held_at is not null
),

event as (
    select * from staging.event where event_type in ('session.late', 'session.overran')
),

session_key as (
    select * from core.session_key
),

run as (
    select * from ref.run
),

attested as (
    select * from core.attested
),

held as (
    select
        session.pair_id,
        session.session_id,
        session.held_at::date as held_on,
        session.mode,
        session.minutes,
        attested.evidence
    from session
    left join attested
        on session.pair_id = attested.pair_id and session.session_id = attested.session_id
),

told as (
    select
        event.pair_id,
        coalesce(session_key.key_id, event.session_id) as session_id,
        case when event.event_type = 'session.overran' then 'overran' else 'late_' || event.party end
            as practice,
        event.occurred_on
    from event
    left join session_key
        on event.pair_id = session_key.pair_id and event.session_id = session_key.session_id
),

disturbed as (
    select pair_id, session_id, practice, min(occurred_on) as told_on
    from told
    group by pair_id, session_id, practice
),

measured as (
    select
        'off_minutes_' || local_session.side as practice,
        local_session.pair_id,
        local_session.held_on as counts_on,
        case when part.is_off then local_session.held_on end as reached_on,
        case
            when part.is_off then local_session.off_minutes
            else local_session.minutes - local_session.off_minutes
        end as n_units,
        null as amount,
        held.evidence
    from local_session
    inner join held
        on local_session.pair_id = held.pair_id and local_session.session_id = held.session_id
    cross join (values (true), (false)) as part (is_off)
    union all
    select
        'off_answers_' || side as practice,
        pair_id,
        answered_on as counts_on,
        case when is_off_hours then answered_on end as reached_on,
        1 as n_units,
        null as amount,
        null::text as evidence
    from answer
    union all
    select
        'reply_hours_' || side as practice,
        pair_id,
        answered_on as counts_on,
        null as reached_on,
        1 as n_units,
        reply_work_hours as amount,
        null::text as evidence
    from answer
    union all
    select
        'virtual' as practice,
        pair_id,
        held_on as counts_on,
        case when mode in ('video', 'call') then held_on end as reached_on,
        1 as n_units,
        null as amount,
        evidence
    from held
    where mode is not null
    union all
    select
        'light' as practice,
        held.pair_id,
        held.held_on as counts_on,
        case when held.minutes <= run.light_minutes then held.held_on end as reached_on,
        1 as n_units,
        null as amount,
        held.evidence
    from held
    cross join run
    where held.minutes is not null
    union all
    select
        kind.practice,
        held.pair_id,
        held.held_on as counts_on,
        case when disturbed.told_on is not null then greatest(held.held_on, disturbed.told_on) end
            as reached_on,
        1 as n_units,
        null as amount,
        held.evidence
    from held
    cross join (values ('late_mentor'), ('late_mentee'), ('overran')) as kind (practice)
    left join disturbed
        on
            held.pair_id = disturbed.pair_id
            and held.session_id = disturbed.session_id
            and kind.practice = disturbed.practice
)

select
    practice,
    pair_id,
    counts_on::date as counts_on,
    reached_on::date as reached_on,
    n_units,
    amount::double as amount,
    evidence
from measured
where n_units > 0
