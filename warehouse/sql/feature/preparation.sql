-- one row per accepted pair: how its sessions are prepared and followed up, and what was agreed for them
with event as (
    select * from staging.event where pair_id is not null
),

message as (
    select * from core.message_channel
),

lifecycle as (
    select * from core.lifecycle where accepted_at is not null
),

party as (
    select * from core.pair_party
),

session as (
    select * from core.session where held_at is not null
),

run as (
    select * from ref.run
),

told as (
    select
        event.pair_id,
        count(*) filter (where event.event_type = 'prep.questions_prepared')::integer as n_question_lists,
        count(*) filter (
            where event.event_type = 'prep.questions_prepared' and event.n_questions >= run.prepared_questions
        )::integer as n_full_question_lists,
        count(*) filter (where event.event_type = 'prep.notes_kept')::integer as n_notes,
        count(*) filter (where event.event_type = 'prep.agenda_shared')::integer as n_agendas,
        count(*) filter (
            where event.event_type = 'prep.agenda_shared'
            and coalesce(
                event.by_party,
                party.side,
                case when event.actor_role in ('mentor', 'mentee') then event.actor_role end
            ) = 'mentee'
        )::integer as n_mentee_agendas,
        count(*) filter (where event.event_type = 'session.proposed')::integer as n_proposed,
        count(*) filter (
            where event.event_type = 'session.proposed'
            and coalesce(
                party.side,
                case when event.actor_role in ('mentor', 'mentee') then event.actor_role end
            ) = 'mentee'
        )::integer as n_mentee_proposed,
        count(*) filter (where event.event_type = 'followup.thanks_sent')::integer as n_thanks,
        count(*) filter (where event.event_type = 'followup.thanks_sent' and event.is_specific)::integer
            as n_specific_thanks,
        count(*) filter (where event.event_type = 'followup.takeaway_recorded')::integer as n_takeaways,
        coalesce(
            bool_or(
                event.event_type = 'relationship.expectations_agreed' and event.is_confidentiality_stated
            ),
            false
        ) as is_confidentiality_stated,
        min(event.occurred_on) filter (where event.event_type = 'relationship.expectations_agreed')
            as expectations_on
    from event
    cross join run
    left join party on event.pair_id = party.pair_id and event.actor_id = party.person_id
    where
        event.event_type like 'prep.%'
        or event.event_type like 'followup.%'
        or event.event_type in ('session.proposed', 'relationship.expectations_agreed')
    group by event.pair_id
),

ready as (
    select * from core.prepared
),

readied as (
    select pair_id, count(*)::integer as n_prepared
    from ready
    group by pair_id
),

held as (
    select pair_id, count(*)::integer as n_held
    from session
    group by pair_id
),

written as (
    select
        pair_id,
        count(*)::integer as n_messages,
        count(*) filter (where is_elsewhere)::integer as n_messages_elsewhere
    from message
    group by pair_id
)

select
    lifecycle.pair_id,
    coalesce(held.n_held, 0) as n_held,
    coalesce(readied.n_prepared, 0) as n_prepared,
    coalesce(told.n_question_lists, 0) as n_question_lists,
    coalesce(told.n_full_question_lists, 0) as n_full_question_lists,
    coalesce(told.n_notes, 0) as n_notes,
    coalesce(told.n_agendas, 0) as n_agendas,
    coalesce(told.n_mentee_agendas, 0) as n_mentee_agendas,
    coalesce(told.n_proposed, 0) as n_proposed,
    coalesce(told.n_mentee_proposed, 0) as n_mentee_proposed,
    coalesce(told.n_thanks, 0) as n_thanks,
    coalesce(told.n_specific_thanks, 0) as n_specific_thanks,
    coalesce(told.n_takeaways, 0) as n_takeaways,
    coalesce(told.is_confidentiality_stated, false) as is_confidentiality_stated,
    told.expectations_on,
    coalesce(written.n_messages, 0) as n_messages,
    coalesce(written.n_messages_elsewhere, 0) as n_messages_elsewhere
from lifecycle
left join told on lifecycle.pair_id = told.pair_id
left join held on lifecycle.pair_id = held.pair_id
left join readied on lifecycle.pair_id = readied.pair_id
left join written on lifecycle.pair_id = written.pair_id
