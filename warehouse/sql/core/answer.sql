-- one row per wave, item and respondent about one pair or none: the answer that counts, which is the latest
--
-- A respondent is a person, else a side of a pair, else whoever gave one response that names nobody.
with event as (
    select * from staging.event where event_type = 'survey.answered'
),

party as (
    select * from core.pair_party
),

said as (
    select
        event.pair_id,
        event.actor_id as person_id,
        coalesce(event.party, party.side, event.actor_role) as side,
        event.correlation_id,
        event.wave,
        event.instrument,
        event.item,
        event.score,
        event.score_max,
        coalesce(event.survey_mode = 'aggregate_only', false) as is_aggregate_only,
        event.evidence,
        event.occurred_at,
        event.occurred_on,
        event.order_key
    from event
    left join party on event.pair_id = party.pair_id and event.actor_id = party.person_id
),

named as (
    select
        *,
        coalesce(person_id, pair_id || '/' || side, correlation_id) as respondent_id
    from said
)

select
    respondent_id,
    person_id,
    pair_id,
    wave,
    instrument,
    item,
    max_by(side, order_key) as side,
    max_by(score, order_key) as score,
    max_by(score_max, order_key) as score_max,
    max_by(is_aggregate_only, order_key) as is_aggregate_only,
    max_by(evidence, order_key) as evidence,
    max(occurred_at) as answered_at,
    max(occurred_on) as answered_on
from named
where respondent_id is not null
group by respondent_id, person_id, pair_id, wave, instrument, item
