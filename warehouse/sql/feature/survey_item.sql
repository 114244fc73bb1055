-- one row per respondent, pair, wave, instrument, subscale and item: what an answer scores in that subscale
--
-- An answer on a scale of another length than the instrument's is none of its answers and is left out.
with answer as (
    select * from core.answer
),

item as (
    select * from ref.instrument_item
),

promised as (
    select * from core.wave
),

placed as (
    select
        answer.respondent_id,
        answer.person_id,
        answer.pair_id,
        answer.side,
        answer.wave,
        answer.instrument,
        item.version,
        item.subscale,
        answer.item,
        answer.is_aggregate_only,
        answer.evidence,
        answer.answered_on,
        item.is_reversed,
        item.scale_min,
        item.scale_max,
        item.n_items_of,
        item.min_items,
        promised.small_group,
        answer.score + item.scale_min - 1 as answer
    from answer
    inner join item on answer.instrument = item.instrument and answer.item = item.item
    left join promised on answer.wave = promised.wave and answer.instrument = promised.instrument
    where answer.score_max = item.scale_max - item.scale_min + 1
)

select
    respondent_id,
    person_id,
    pair_id,
    side,
    wave,
    instrument,
    version,
    subscale,
    item,
    is_aggregate_only,
    evidence,
    answered_on,
    scale_min,
    scale_max,
    n_items_of,
    min_items,
    small_group,
    (case when is_reversed then scale_min + scale_max - answer else answer end)::integer as score
from placed
