-- one row per event by which a side turned to the other ('both' for a session the two held)
with fact as (
    select * from staging.event where pair_id is not null
),

session_key as (
    select * from core.session_key
),

telling as (
    select
        fact.event_id,
        row_number() over (
            partition by
                fact.pair_id,
                fact.event_type,
                coalesce(session_key.key_id, fact.session_id),
                case when fact.event_type <> 'session.held' then fact.actor_id end,
                case when fact.event_type <> 'session.held' then fact.starts_at end
            order by
                fact.occurred_at asc nulls last, fact.recorded_at asc nulls last, fact.event_id asc nulls last
        )::integer as nth
    from fact
    left join session_key
        on fact.pair_id = session_key.pair_id and fact.session_id = session_key.session_id
    where
        fact.event_type in ('session.held', 'session.proposed', 'session.confirmed', 'session.rescheduled')
        and (fact.event_type <> 'session.held' or fact.evidence <> 'assumed')
),

-- One meeting is one contact, and an invitation or a yes one touch, however many sources tell of it.
told_again as (
    select event_id from telling where nth > 1
),

event as (
    select fact.*
    from fact
    left join told_again on fact.event_id = told_again.event_id
    where
        told_again.event_id is null
        -- A session nobody attested is no contact.
        and (fact.event_type <> 'session.held' or fact.evidence <> 'assumed')
),

touch_kind as (
    select * from ref.touch_kind
),

party as (
    select * from core.pair_party
),

sided as (
    select
        event.event_id,
        event.pair_id,
        event.event_type,
        event.source,
        event.evidence,
        event.occurred_at as touched_at,
        event.occurred_on as touched_on,
        case
            when event.event_type = 'session.held' then 'both'
            -- Who turned up waits for who did not.
            when event.event_type = 'session.no_show' and event.party = 'mentor' then 'mentee'
            when event.event_type = 'session.no_show' and event.party = 'mentee' then 'mentor'
            when event.event_type = 'session.no_show' then null
            when event.event_type = 'session.joined' then party.side
            when event.by_party in ('mentor', 'mentee') then event.by_party
            when event.actor_role in ('pm', 'system', 'sponsor') then null
            when party.side is not null then party.side
            when event.actor_role in ('mentor', 'mentee') then event.actor_role
        end as side,
        -- Unknown counts as asking; a meeting moved without a new date invites to nothing.
        coalesce(event.is_reply_expected, true)
        and (event.event_type <> 'session.rescheduled' or event.starts_at is not null) as is_open,
        touch_kind.is_asking,
        touch_kind.is_answerable,
        touch_kind.is_answer,
        touch_kind.is_contact
    from event
    inner join touch_kind on event.event_type = touch_kind.event_type
    left join party
        on
            event.pair_id = party.pair_id
            and coalesce(event.person_id, event.actor_id) = party.person_id
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
    is_asking and is_open as is_asking,
    is_answerable and is_open as is_answerable,
    is_answer,
    is_contact
from sided
where side is not null
