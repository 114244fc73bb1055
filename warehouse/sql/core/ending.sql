-- one row per pair that has ended and was not reopened: the one reason, and how it was said
with event as (
    select * from staging.event where pair_id is not null
),

lifecycle as (
    select * from core.lifecycle
),

parting as (
    select * from core.parting where event_type in ('match.declined', 'participant.withdrew')
),

history as (
    select * from core.contact_history
),

told as (
    select
        pair_id,
        event_type,
        order_key,
        occurred_at,
        end_reason,
        initiator,
        coalesce(actor_id, party, initiator, actor_role) as speaker,
        is_acknowledged,
        is_goodbye_held,
        is_auto_closed,
        item,
        choice
    from event
    where event_type in ('relationship.ended', 'survey.choice_made')
    union all
    -- A no after the yes, or a side that left the program: before any contact it never started.
    select
        parting.pair_id,
        parting.event_type,
        {
            'occurred_at': parting.occurred_at,
            'recorded_at': parting.recorded_at,
            'event_id': parting.event_id
        } as order_key,
        parting.occurred_at,
        case
            when coalesce(history.first_contact_at > parting.occurred_at, true) then 'never_started'
            else parting.end_reason
        end as end_reason,
        parting.party as initiator,
        parting.party as speaker,
        null as is_acknowledged,
        null as is_goodbye_held,
        null as is_auto_closed,
        null as item,
        null as choice
    from parting
    left join history on parting.pair_id = history.pair_id
),

-- Contact that came after somebody had left the program ended by nothing.
since as (
    select told.*
    from told
    inner join lifecycle on told.pair_id = lifecycle.pair_id
    where
        (lifecycle.reopened_at is null or told.occurred_at > lifecycle.reopened_at)
        and (told.event_type <> 'participant.withdrew' or told.occurred_at >= lifecycle.accepted_at)
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
    where event_type <> 'survey.choice_made'
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
