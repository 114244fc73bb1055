-- one row per scored answer about a pair: from 0, what its side likes least, to 1
with event as (
    select * from staging.event where pair_id is not null and event_type = 'survey.answered' and score_max > 1
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
    event.party,
    event.actor_id,
    event.actor_role,
    event.occurred_at,
    event.occurred_on,
    event.evidence,
    event.wave,
    event.survey_mode,
    event.item,
    (
        1.0
        * case when reversed.item is null then event.score - 1 else event.score_max - event.score end
        / (event.score_max - 1)
    )::double as score_rate
from event
left join reversed on event.instrument = reversed.instrument and event.item = reversed.item
