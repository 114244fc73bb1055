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

told as (
    select
        meeting.event_id,
        meeting.pair_id,
        meeting.event_type,
        coalesce(session_key.key_id, meeting.session_id) as key_id,
        case when meeting.event_type <> 'session.held' then meeting.actor_id end as told_by,
        case when meeting.event_type <> 'session.held' then meeting.starts_at end as starts_at,
        meeting.occurred_at,
        meeting.recorded_at
    from meeting
    left join session_key
        on meeting.pair_id = session_key.pair_id and meeting.session_id = session_key.session_id
    where meeting.event_type <> 'session.held' or meeting.evidence <> 'assumed'
),

-- Few are told of twice; only these are worth putting in an order.
repeated as (
    select pair_id, event_type, key_id, told_by, starts_at
    from told
    group by pair_id, event_type, key_id, told_by, starts_at
    having count(*) > 1
),

telling as (
    select
        told.event_id,
        row_number() over (
            partition by told.pair_id, told.event_type, told.key_id, told.told_by, told.starts_at
            order by
                told.occurred_at asc nulls last, told.recorded_at asc nulls last, told.event_id asc nulls last
        )::integer as nth
    from told
    inner join repeated on told.pair_id = repeated.pair_id and told.event_type = repeated.event_type
    where
        not (told.key_id is distinct from repeated.key_id)
        and not (told.told_by is distinct from repeated.told_by)
        and not (told.starts_at is distinct from repeated.starts_at)
),

-- One meeting is one contact, and an invitation or a yes one touch, however many sources tell of it.
told_again as (
    select event_id from telling where nth > 1
),

turned as (
    select
        event.event_id,
        event.pair_id,
        event.event_type,
        event.source,
        event.evidence,
        event.occurred_at,
        event.occurred_on,
        coalesce(event.person_id, event.actor_id) as person_id,
        event.actor_role,
        event.party,
        event.by_party,
        -- Unknown counts as asking; a meeting moved without a new date invites to nothing.
        coalesce(event.is_reply_expected, true)
        and (event.event_type <> 'session.rescheduled' or event.starts_at is not null) as is_open,
        touch_kind.is_asking,
        touch_kind.is_answerable,
        touch_kind.is_answer,
        touch_kind.is_contact
    from event
    inner join touch_kind on event.event_type = touch_kind.event_type
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
        turned.occurred_on as touched_on,
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
            when turned.actor_role in ('mentor', 'mentee') then turned.actor_role
        end as side,
        turned.is_asking and turned.is_open as is_asking,
        turned.is_answerable and turned.is_open as is_answerable,
        turned.is_answer,
        turned.is_contact
    from turned
    left join told_again on turned.event_id = told_again.event_id
    left join party on turned.pair_id = party.pair_id and turned.person_id = party.person_id
    where told_again.event_id is null
)

select
    event_id,
    pair_id,
    event_type,
    source,
    evidence,
    touched_at,
    touched_on,
    side,
    is_asking,
    is_answerable,
    is_answer,
    is_contact
from sided
where side is not null
