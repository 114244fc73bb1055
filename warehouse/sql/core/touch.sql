-- one row per event by which a side turned to the other ('both' for a session the two held)
with event as (
    select * from staging.event where pair_id is not null
),

-- Read once more rather than kept: what is told of sessions is a small part of all.
meeting as (
    select *
    from staging.event
    where
        pair_id is not null
        and event_type in ('session.held', 'session.proposed', 'session.confirmed', 'session.rescheduled')
),

session_key as (
    select * from core.session_key
),

touch_kind as (
    select * from ref.touch_kind
),

party as (
    select * from core.pair_party
),

-- Sessions of which the same may have been told more than once: few are worth looking into.
told_often as (
    select distinct pair_id, key_id
    from session_key
    where n_tellings > 1 or key_id <> session_id
),

told as (
    select
        meeting.event_id,
        row_number() over (
            partition by
                meeting.pair_id,
                meeting.event_type,
                session_key.key_id,
                case when meeting.event_type <> 'session.held' then meeting.actor_id end,
                case when meeting.event_type <> 'session.held' then meeting.starts_at end
            order by
                meeting.occurred_at asc nulls last,
                meeting.recorded_at asc nulls last,
                meeting.event_id asc nulls last
        )::integer as nth
    from meeting
    inner join session_key
        on meeting.pair_id = session_key.pair_id and meeting.session_id = session_key.session_id
    inner join told_often
        on session_key.pair_id = told_often.pair_id and session_key.key_id = told_often.key_id
    where meeting.event_type <> 'session.held' or meeting.evidence <> 'assumed'
),

-- One meeting is one contact, and an invitation or a yes one touch, however many sources tell of it.
told_again as (
    select event_id from told where nth > 1
),

-- Whose role on an act may not tell their side: the pair knows them on the other one, too.
doubted as (
    select * from core.pair_party where not is_undisputed
),

-- What a touch is to the side that turns, and to the other: even turns, odd is told, in the order in which
-- what is of one instant is read. 0 can be an answer, 2 cannot, 3 is asked, 5 may answer, 6 replies or meets,
-- 7 is nothing to it.
kind as (
    select
        event_type,
        case when is_contact then 6 when is_answer then 0 else 2 end as to_own,
        case when not is_answerable then 7 when is_asking then 3 else 5 end as to_other
    from touch_kind
),

turned as (
    select
        event.event_id,
        event.pair_id,
        event.event_type,
        event.source,
        event.evidence,
        event.occurred_at,
        event.actor_role,
        event.party,
        event.by_party,
        -- Who acts as mentor or mentee is looked up only among the doubted; anybody else among all.
        case
            when event.person_id is null and event.actor_role in ('mentor', 'mentee') then event.actor_id
        end as doubted_id,
        case
            when event.person_id is not null then event.person_id
            when event.actor_role is null or event.actor_role not in ('mentor', 'mentee') then event.actor_id
        end as person_id,
        kind.to_own,
        -- Unknown counts as asking; a meeting moved without a new date invites to nothing.
        case
            when not event.is_reply_expected then 7
            when event.event_type = 'session.rescheduled' and event.starts_at is null then 7
            else kind.to_other
        end as to_other
    from event
    inner join kind on event.event_type = kind.event_type
    -- A session nobody attested is no contact.
    where event.event_type <> 'session.held' or event.evidence <> 'assumed'
),

sided as (
    select
        turned.event_id,
        turned.pair_id,
        turned.event_type,
        turned.source,
        turned.evidence,
        turned.occurred_at as touched_at,
        case
            when turned.event_type = 'session.held' then 'both'
            -- Who turned up waits for who did not.
            when turned.event_type = 'session.no_show' and turned.party = 'mentor' then 'mentee'
            when turned.event_type = 'session.no_show' and turned.party = 'mentee' then 'mentor'
            when turned.event_type = 'session.no_show' then null
            when turned.event_type = 'session.joined' then party.side
            when turned.by_party in ('mentor', 'mentee') then turned.by_party
            when turned.actor_role in ('pm', 'system', 'sponsor') then null
            when party.side is not null then party.side
            when doubted.side is not null then doubted.side
            when turned.actor_role in ('mentor', 'mentee') then turned.actor_role
        end as side,
        turned.to_own,
        turned.to_other
    from turned
    left join told_again on turned.event_id = told_again.event_id
    left join party on turned.pair_id = party.pair_id and turned.person_id = party.person_id
    left join doubted on turned.pair_id = doubted.pair_id and turned.doubted_id = doubted.person_id
    where told_again.event_id is null
)

select
    event_id,
    pair_id,
    event_type,
    source,
    evidence,
    touched_at,
    side,
    case when side = 'mentee' then to_other else to_own end as to_mentor,
    case when side = 'mentor' then to_other else to_own end as to_mentee
from sided
where side is not null
