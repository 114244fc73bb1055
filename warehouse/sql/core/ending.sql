-- one row per pair that has ended and was not reopened: the one reason, and how it was said
with event as (
    select * from staging.event where pair_id is not null
),

lifecycle as (
    select * from core.lifecycle
),

parting as (
    select * from core.parting where event_type = 'match.declined'
),

history as (
    select * from core.contact_history
),

since as (
    select
        event.pair_id,
        event.event_type,
        event.order_key,
        event.occurred_at,
        -- A no after the yes: before any contact it never started; else why, if that is a reason for an end.
        case
            when parting.event_id is null then event.end_reason
            when coalesce(history.first_contact_at > event.occurred_at, true) then 'never_started'
            when
                event.reason in (
                    'mismatch.chemistry', 'mismatch.expertise', 'mismatch.goals', 'mismatch.logistics',
                    'mismatch.culture', 'time_constraints', 'life_event', 'left_organisation'
                )
                then event.reason
            else 'unknown'
        end as end_reason,
        case when parting.event_id is null then event.initiator else event.party end as initiator,
        coalesce(event.actor_id, event.party, event.initiator, event.actor_role) as speaker,
        event.is_acknowledged,
        event.is_goodbye_held,
        event.is_auto_closed,
        event.item,
        event.choice
    from event
    inner join lifecycle on event.pair_id = lifecycle.pair_id
    left join parting on event.pair_id = parting.pair_id and event.event_id = parting.event_id
    left join history on event.pair_id = history.pair_id
    where
        (event.event_type in ('relationship.ended', 'survey.choice_made') or parting.event_id is not null)
        and (lifecycle.reopened_at is null or event.occurred_at > lifecycle.reopened_at)
),

-- It ended when that was first said: who tells of it later tells of the same end, and may know its reason.
-- What a person says goes before a time-out, whichever came first.
ended as (
    select
        pair_id,
        min(occurred_at) as ended_at,
        coalesce(
            max_by(end_reason, order_key) filter (
                where end_reason <> 'unknown' and not coalesce(is_auto_closed, false)
            ),
            max_by(end_reason, order_key) filter (where end_reason <> 'unknown'),
            'unknown'
        ) as end_reason,
        coalesce(
            max_by(initiator, order_key) filter (
                where end_reason <> 'unknown' and not coalesce(is_auto_closed, false)
            ),
            max_by(initiator, order_key) filter (where end_reason <> 'unknown'),
            max_by(initiator, order_key)
        ) as initiator,
        bool_or(coalesce(is_acknowledged, false)) as is_acknowledged,
        bool_or(coalesce(is_goodbye_held, false)) as is_goodbye_held,
        coalesce(min(order_key) filter (where is_auto_closed) = min(order_key), false) as is_auto_closed
    from since
    where event_type in ('relationship.ended', 'match.declined')
    group by pair_id
),

-- What the two said themselves when they left; who does not know has said nothing.
asked as (
    select
        pair_id,
        count(*)::integer as n_answers
    from since
    where event_type = 'survey.choice_made' and item = 'end_reason' and choice <> 'unknown'
    group by pair_id
),

-- The last word of each who gave a reason. Who does not know contradicts nobody, and neither does a time-out.
word as (
    select
        pair_id,
        speaker,
        max_by(coalesce(end_reason, choice), order_key) as reason
    from since
    where
        (event_type = 'relationship.ended' or item = 'end_reason')
        and coalesce(end_reason, choice) <> 'unknown'
        and not coalesce(is_auto_closed, false)
    group by pair_id, speaker
),

-- Two successes, or two mismatches, do not contradict each other.
given as (
    select
        pair_id,
        count(
            distinct case
                when reason in ('goals_met', 'term_completed', 'needs_evolved', 'moved_to_network')
                    then 'success'
                when reason like 'mismatch.%' then 'mismatch'
                else reason
            end
        )::integer as n_reasons
    from word
    group by pair_id
)

select
    ended.pair_id,
    ended.ended_at,
    -- What only the pair can know is unknown when the program says it without a word of theirs.
    case
        when
            ended.initiator = 'pm'
            and not (ended.is_acknowledged or ended.is_goodbye_held or coalesce(asked.n_answers, 0) > 0)
            and (
                ended.end_reason in ('goals_met', 'needs_evolved', 'moved_to_network', 'time_constraints')
                or ended.end_reason like 'mismatch.%'
            )
            then 'unknown'
        else ended.end_reason
    end as end_reason,
    ended.initiator as end_initiator,
    ended.is_acknowledged as is_end_acknowledged,
    ended.is_goodbye_held,
    ended.is_auto_closed,
    coalesce(given.n_reasons, 0) > 1 as is_end_disputed
from ended
left join asked on ended.pair_id = asked.pair_id
left join given on ended.pair_id = given.pair_id
