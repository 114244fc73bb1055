-- one row per answer of one side about the relationship, on a scale from 0 to 1 in millionths
--
-- Waves named pre and post measure an outcome, not the relationship, and are left out. So are answers that
-- were promised to be shown for groups only: a pair's health would tell them.
with event as (
    select * from staging.event where pair_id is not null
),

party as (
    select * from core.pair_party
),

-- Items that an instrument words the other way round: who agrees with them is not content.
reversed as (
    select distinct instrument, item
    from ref.instrument_item
    where is_reversed
)

select
    event.event_id,
    event.pair_id,
    coalesce(event.party, party.side, event.actor_role) as side,
    event.occurred_at as rated_at,
    event.occurred_on as rated_on,
    round(
        1000000.0
        * case when reversed.item is null then event.score - 1 else event.score_max - event.score end
        / (event.score_max - 1)
    )::bigint as rating_ppm
from event
left join reversed on event.instrument = reversed.instrument and event.item = reversed.item
left join party on event.pair_id = party.pair_id and event.actor_id = party.person_id
where
    event.event_type = 'survey.answered'
    and event.score_max > 1
    and event.wave not in ('pre', 'post')
    and coalesce(event.survey_mode, 'coordinator_visible') <> 'aggregate_only'
    and coalesce(event.party, party.side, event.actor_role) in ('mentor', 'mentee')
