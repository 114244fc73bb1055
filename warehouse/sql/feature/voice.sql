-- one row per pair and side: how well it says the two fit, and whether it asks for a natural end
--
-- What was promised to be shown for groups only is not said about a pair.
with event as (
    select * from staging.event where pair_id is not null
),

party as (
    select * from core.pair_party
),

said as (
    select
        event.pair_id,
        coalesce(event.party, party.side, event.actor_role) as side,
        event.occurred_at,
        event.order_key,
        event.fit,
        case when event.item = 'go_on' then event.choice end as go_on
    from event
    left join party on event.pair_id = party.pair_id and event.actor_id = party.person_id
    where
        event.event_type in ('match.fit_rated', 'survey.choice_made')
        and coalesce(event.survey_mode, 'coordinator_visible') <> 'aggregate_only'
)

select
    pair_id,
    side,
    max_by(fit, order_key) filter (where fit is not null) as fit,
    coalesce(max_by(go_on, order_key) filter (where go_on is not null) = 'natural_end', false)
        as is_natural_end_asked
from said
where side in ('mentor', 'mentee')
group by pair_id, side
