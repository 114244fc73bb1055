-- one row per event of a pair that a program manager may see, for its timeline
with event as (
    select *
    from staging.event
    where
        pair_id is not null
        and event_type <> 'participant.withdrew'
        and coalesce(visibility, 'coordinator') <> 'self'
),

-- Who leaves the program leaves all their pairs, whichever the event names.
departure as (
    select * from core.departure
),

withdrawal as (
    select * from core.withdrawal where coalesce(visibility, 'coordinator') <> 'self'
),

word as (
    select * from ref.event_word
),

party as (
    select * from core.pair_party
),

pair as (
    select * from core.pair
),

ending as (
    select * from core.ending
),

told_of as (
    select
        event_id, order_key, pair_id, occurred_at, recorded_at, event_type, source, evidence, minutes,
        person_id, actor_id, actor_role, party, by_party
    from event
    union all
    select
        withdrawal.event_id,
        {
            'occurred_at': withdrawal.occurred_at,
            'recorded_at': withdrawal.recorded_at,
            'event_id': withdrawal.event_id
        } as order_key,
        departure.pair_id,
        withdrawal.occurred_at,
        withdrawal.recorded_at,
        'participant.withdrew' as event_type,
        withdrawal.source,
        withdrawal.evidence,
        null as minutes,
        withdrawal.person_id,
        null as actor_id,
        null as actor_role,
        departure.side as party,
        null as by_party
    from departure
    inner join withdrawal on departure.event_id = withdrawal.event_id
),

sided as (
    select
        event.event_id,
        event.order_key,
        event.pair_id,
        event.occurred_at,
        event.recorded_at,
        event.event_type,
        event.source,
        event.evidence,
        event.minutes,
        pair.direction,
        ending.ended_at,
        word.lane,
        word.words,
        case
            when event.event_type in ('session.held', 'session.date_passed') then null
            when coalesce(event.party, event.by_party) = 'both' then null
            when coalesce(event.party, event.by_party) is not null then coalesce(event.party, event.by_party)
            when event.actor_role in ('pm', 'system', 'sponsor') then null
            when party.side is not null then party.side
            when event.actor_role in ('mentor', 'mentee') then event.actor_role
        end as side
    from told_of as event
    inner join pair on event.pair_id = pair.pair_id
    left join ending on event.pair_id = ending.pair_id
    left join word on event.event_type = word.event_type
    left join party
        on
            event.pair_id = party.pair_id
            and coalesce(event.person_id, event.actor_id) = party.person_id
),

named as (
    select
        event_id,
        order_key,
        pair_id,
        occurred_at,
        recorded_at,
        event_type,
        source,
        evidence,
        side,
        -- What the two did after their end is a late fact or a reopening nobody told; what was asked or said
        -- about the end is neither.
        coalesce(occurred_at > ended_at and lane in ('session', 'side'), false) as is_after_end,
        coalesce(case when lane = 'side' then side else lane end, 'program') as lane,
        case
            when side is null then ''
            when direction = 'peer' and side = 'mentee' then 'First peer'
            when direction = 'peer' then 'Second peer'
            when direction = 'reverse' and side = 'mentee' then 'Senior mentee'
            when direction = 'reverse' then 'Junior mentor'
            when side = 'mentee' then 'Mentee'
            else 'Mentor'
        end as who,
        coalesce(words, event_type) as words,
        words is not null as is_ours,
        case when event_type = 'session.held' then minutes::varchar end as minutes
    from sided
),

worded as (
    select
        *,
        case when who = '' then upper(substr(words, 1, 1)) || substr(words, 2) else words end as phrase
    from named
),

-- The same twice: in English, and as the message that other languages are told from (warehouse/messages.py).
-- A type of event without words of ours is a text of the data.
told as (
    select
        *,
        case when who = '' then phrase else who || ': ' || phrase end
        || coalesce(' (' || minutes || ' min)', '') as summary,
        case when is_ours then '{"say":"' || phrase || '"}' else '"' || phrase || '"' end as what
    from worded
),

sided_act as (
    select
        *,
        case
            when who = '' then what
            else '{"say":"{who}: {what}","who":{"say":"' || who || '"},"what":' || what || '}'
        end as act
    from told
),

timed as (
    select
        *,
        coalesce(
            '{"say":"{what} ({minutes} min)","what":' || act || ',"minutes":' || minutes || '}', act
        ) as timed_act
    from sided_act
)

select
    pair_id,
    event_id,
    occurred_at,
    recorded_at,
    event_type,
    lane,
    side,
    summary || case when is_after_end then ', after the end' else '' end as summary,
    case
        when is_after_end then '{"say":"{what}, after the end","what":' || timed_act || '}'
        else timed_act
    end as summary_message,
    is_after_end,
    evidence,
    source,
    row_number() over (partition by pair_id order by order_key asc nulls last)::bigint as position
from timed
