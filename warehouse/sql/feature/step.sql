-- one row per pair and step of its life that it reached: when it first did
with event as (
    select * from staging.event where event_type not like 'exchange.%' and event_type not like 'session.%'
),

ending as (
    select * from core.ending
),

pair as (
    select * from core.pair
),

lifecycle as (
    select * from core.lifecycle
),

run as (
    select * from ref.run
),

session as (
    select
        pair_id,
        held_at,
        row_number() over (
            partition by pair_id
            order by held_at asc nulls last, session_id asc nulls last
        )::bigint as nth
    from core.session
    where held_at is not null
),

told as (
    select
        event.pair_id,
        event.occurred_at,
        case
            when event.event_type = 'goal.set' then 'goals'
            when event.event_type = 'search.source_recorded' then 'search'
            when event.event_type = 'outreach.sent' then 'outreach'
            when event.event_type = 'outreach.replied' then 'reply'
            when event.event_type = 'followup.thanks_sent' and event.hours_after <= run.thanks_hours
                then 'thanks'
            when event.event_type = 'relationship.cadence_agreed' then 'cadence_agreed'
            when event.event_type = 'prep.agenda_shared' and event.hours_before >= run.agenda_hours
                then 'agenda'
            when event.event_type = 'followup.advice_given' then 'advice'
            when event.event_type = 'followup.advice_applied' then 'advice_applied'
            when event.event_type = 'followup.advice_reported_back' then 'reported_back'
            when event.event_type = 'growth.feedback_given' then 'feedback'
            when
                event.event_type in (
                    'growth.stretch_assigned', 'growth.stretch_done', 'growth.introduction_made',
                    'growth.advocated', 'growth.endorsed', 'growth.award_nominated'
                )
                then 'growth'
            when event.event_type = 'relationship.closing_started' then 'closing'
        end as step
    from event
    cross join run
    where event.pair_id is not null
),

reached as (
    select
        pair_id,
        step,
        occurred_at
    from told
    where step is not null
    union all
    select
        pair_id,
        case when nth = 1 then 'first_talk' else 'next_session' end as step,
        held_at as occurred_at
    from session
    union all
    select
        pair_id,
        'natural_end' as step,
        ended_at as occurred_at
    from ending
    where
        end_reason in ('goals_met', 'term_completed', 'needs_evolved', 'moved_to_network')
        and not is_auto_closed
        and not is_end_disputed
    union all
    select
        pair_id,
        'network' as step,
        network_at as occurred_at
    from lifecycle
    where network_at is not null
    union all
    -- A mentee of this pair who has become a mentor since.
    select
        pair.pair_id,
        'pays_forward' as step,
        event.occurred_at
    from pair
    inner join lifecycle on pair.pair_id = lifecycle.pair_id
    inner join event
        on
            pair.mentee_id = event.person_id
            and event.event_type = 'participant.registered'
            and event.role = 'mentor'
            and event.occurred_at > lifecycle.accepted_at
)

select
    pair_id,
    step,
    min(occurred_at) as reached_at
from reached
group by pair_id, step
