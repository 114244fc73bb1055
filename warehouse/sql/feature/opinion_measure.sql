-- one row per number about what people said and answer that counts in it
with event as (
    select * from staging.event where pair_id is not null
),

item as (
    select
        case
            when item = 'useful' and party = 'mentor' then 'mentor_gain'
            when item = 'confidence' and party <> 'mentee' then null
            when item in ('heard', 'guides', 'present', 'safe', 'culture', 'confidence') then item
        end as practice,
        pair_id,
        occurred_on,
        evidence,
        score_rate as amount
    from core.item_score
),

measured as (
    select
        practice,
        pair_id,
        occurred_on as counts_on,
        amount,
        evidence
    from item
    where practice is not null
    union all
    select
        'feedback_helpful' as practice,
        pair_id,
        occurred_on as counts_on,
        (score - 1) / 4.0 as amount,
        evidence
    from event
    where event_type = 'growth.feedback_received_ok'
)

select
    practice,
    pair_id,
    counts_on::date as counts_on,
    null::date as reached_on,
    1 as n_units,
    amount::double as amount,
    evidence
from measured
