-- one row per pair, person and way in which an event names them: on which side, and how surely
with event as (
    select * from staging.event where pair_id is not null
),

voice as (
    select
        pair_id,
        mentee_id,
        mentor_id,
        actor_id,
        actor_role,
        case when event_type in ('exchange.message_sent', 'outreach.sent') then to_id end as to_id,
        min(occurred_at) as first_at
    from event
    group by
        pair_id,
        mentee_id,
        mentor_id,
        actor_id,
        actor_role,
        case when event_type in ('exchange.message_sent', 'outreach.sent') then to_id end
),

-- Who is named or acts, strongest evidence first; a peer's side stays open until the end.
named as (
    select pair_id, mentee_id as person_id, 'mentee' as side, 1 as strength, first_at
    from voice
    union all
    select pair_id, mentor_id as person_id, 'mentor' as side, 1 as strength, first_at
    from voice
    union all
    select pair_id, actor_id as person_id, actor_role as side, 2 as strength, first_at
    from voice
    where actor_role in ('mentor', 'mentee')
    union all
    select
        pair_id,
        to_id as person_id,
        case actor_role when 'mentor' then 'mentee' else 'mentor' end as side,
        3 as strength,
        first_at
    from voice
    where actor_role in ('mentor', 'mentee')
    union all
    select pair_id, actor_id as person_id, null as side, 4 as strength, first_at
    from voice
    where actor_role = 'peer'
    union all
    select pair_id, to_id as person_id, null as side, 5 as strength, first_at
    from voice
    where actor_role = 'peer'
)

select
    pair_id,
    person_id,
    side,
    strength,
    min(first_at) as first_at
from named
where person_id is not null
group by pair_id, person_id, side, strength
