-- one row per number about how sessions are prepared and kept, and session or act that counts in it
with event as (
    select * from staging.event where pair_id is not null
),

accepted as (
    select
        pair_id,
        accepted_at::date as accepted_on
    from core.lifecycle
    where accepted_at is not null
),

pair as (
    select * from core.pair
),

party as (
    select * from core.pair_party
),

session as (
    select * from core.session where held_at is not null
),

attested as (
    select * from core.attested
),

ready as (
    select * from core.prepared
),

run as (
    select * from ref.run
),

held as (
    select
        session.pair_id,
        session.session_id,
        session.held_at::date as held_on,
        attested.evidence,
        row_number() over (
            partition by session.pair_id
            order by session.held_at asc nulls last, session.session_id asc nulls last
        )::bigint as nth
    from session
    inner join accepted on session.pair_id = accepted.pair_id
    left join attested
        on session.pair_id = attested.pair_id and session.session_id = attested.session_id
),

-- Acts that are done well or not, each on its own day.
act as (
    select
        case event.event_type
            when 'prep.questions_prepared' then 'questions'
            when 'prep.agenda_shared' then 'agenda_by_mentee'
            when 'session.proposed' then 'drive'
            when 'followup.thanks_sent' then 'specific_thanks'
        end as practice,
        event.pair_id,
        event.occurred_on,
        event.evidence,
        case event.event_type
            when 'prep.questions_prepared' then event.n_questions >= run.prepared_questions
            when 'prep.agenda_shared'
                then
                    coalesce(
                        event.by_party,
                        party.side,
                        case when event.actor_role in ('mentor', 'mentee') then event.actor_role end
                    ) = 'mentee'
            when 'session.proposed'
                then
                    coalesce(
                        party.side,
                        case when event.actor_role in ('mentor', 'mentee') then event.actor_role end
                    ) = 'mentee'
            when 'followup.thanks_sent' then event.is_specific
        end as is_so
    from event
    cross join run
    inner join accepted on event.pair_id = accepted.pair_id
    inner join pair on event.pair_id = pair.pair_id
    left join party
        on
            event.pair_id = party.pair_id
            and event.actor_id = party.person_id
            and event.event_type in ('prep.agenda_shared', 'session.proposed')
    where
        event.event_type in (
            'prep.questions_prepared', 'prep.agenda_shared', 'session.proposed', 'followup.thanks_sent'
        )
        -- Of two peers neither is meant to drive.
        and (
            event.event_type not in ('prep.agenda_shared', 'session.proposed')
            or pair.direction is distinct from 'peer'
        )
),

-- The nth note, or takeaway, is of the nth session held.
kept as (
    select
        case event_type when 'prep.notes_kept' then 'notes' else 'takeaways' end as practice,
        pair_id,
        occurred_on,
        row_number() over (
            partition by event_type, pair_id
            order by occurred_on asc nulls last
        )::bigint as nth
    from event
    where event_type in ('prep.notes_kept', 'followup.takeaway_recorded')
),

measured as (
    select
        'prepared' as practice,
        held.pair_id,
        held.held_on as counts_on,
        case when ready.ready_on is not null then greatest(held.held_on, ready.ready_on) end as reached_on,
        held.evidence
    from held
    left join ready on held.pair_id = ready.pair_id and held.session_id = ready.session_id
    union all
    select
        practice,
        pair_id,
        occurred_on as counts_on,
        case when is_so then occurred_on end as reached_on,
        evidence
    from act
    union all
    select
        kind.practice,
        held.pair_id,
        held.held_on as counts_on,
        case when kept.nth is not null then greatest(held.held_on, kept.occurred_on) end as reached_on,
        held.evidence
    from held
    cross join (values ('notes'), ('takeaways')) as kind (practice)
    left join kept
        on kind.practice = kept.practice and held.pair_id = kept.pair_id and held.nth = kept.nth
)

select
    practice,
    pair_id,
    counts_on::date as counts_on,
    reached_on::date as reached_on,
    1 as n_units,
    null::double as amount,
    evidence
from measured
