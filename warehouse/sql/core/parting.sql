-- one row per event by which a pair was over: an end, the network, a no after it was agreed, a leaving
with event as (
    select * from staging.event where pair_id is not null
),

assent as (
    select * from core.assent
),

departure as (
    select * from core.departure
),

withdrawal as (
    select * from core.withdrawal
),

step as (
    select
        event.event_id,
        event.pair_id,
        event.event_type,
        event.occurred_at,
        event.recorded_at,
        coalesce(event.initiator, event.party) as party,
        event.end_reason,
        event.reason,
        event.is_auto_closed
    from event
    left join assent on event.pair_id = assent.pair_id
    where
        event.event_type in (
            'relationship.ended', 'relationship.moved_to_network', 'relationship.reopened', 'match.accepted'
        )
        or (event.event_type = 'match.declined' and event.occurred_at > assent.agreed_at)
    union all
    -- Contact alone may have founded a pair: it is over as well when a side leaves the program.
    select
        departure.event_id,
        departure.pair_id,
        'participant.withdrew' as event_type,
        withdrawal.occurred_at,
        withdrawal.recorded_at,
        departure.side as party,
        null as end_reason,
        withdrawal.reason,
        null as is_auto_closed
    from departure
    inner join withdrawal on departure.event_id = withdrawal.event_id
    left join assent on departure.pair_id = assent.pair_id
    where coalesce(withdrawal.occurred_at >= assent.agreed_at, true)
),

ordered as (
    select
        *,
        lag(event_type) over (
            partition by pair_id
            order by occurred_at asc nulls last, recorded_at asc nulls last, event_id asc nulls last
        ) as type_before
    from step
)

select
    event_id,
    pair_id,
    event_type,
    occurred_at,
    recorded_at,
    party,
    -- Whoever leaves may say why; only some of it is a reason for an end.
    case
        when event_type in ('relationship.ended', 'relationship.moved_to_network') then end_reason
        when
            reason in (
                'mismatch.chemistry', 'mismatch.expertise', 'mismatch.goals', 'mismatch.logistics',
                'mismatch.culture', 'time_constraints', 'life_event', 'left_organisation', 'conduct'
            )
            then reason
        else 'unknown'
    end as end_reason,
    is_auto_closed
from ordered
where
    event_type in ('relationship.ended', 'relationship.moved_to_network', 'match.declined')
    -- What is over does not end once more because somebody leaves the program later.
    or (
        event_type = 'participant.withdrew'
        and coalesce(type_before in ('relationship.reopened', 'match.accepted'), true)
    )
