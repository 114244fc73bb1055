-- one row per respondent, pair, wave, instrument and subscale: the mean of its answered items
--
-- With fewer answered items than the instrument asks for there is a row and no score.
with item as (
    select * from feature.survey_item
),

grade as (
    select * from ref.grade
),

scored as (
    select
        item.respondent_id,
        item.person_id,
        item.pair_id,
        item.side,
        item.wave,
        item.instrument,
        item.version,
        item.subscale,
        max(item.answered_on) as answered_on,
        bool_or(item.is_aggregate_only) as is_aggregate_only,
        max(grade.ordinal) as grade,
        max(item.small_group) as small_group,
        item.scale_min,
        item.scale_max,
        case
            when count(*) >= item.min_items then round(sum(item.score)::double / count(*)::double, 6)
        end as score,
        count(*)::integer as n_items,
        item.n_items_of
    from item
    left join grade on item.evidence = grade.evidence
    group by
        item.respondent_id,
        item.person_id,
        item.pair_id,
        item.side,
        item.wave,
        item.instrument,
        item.version,
        item.subscale,
        item.scale_min,
        item.scale_max,
        item.n_items_of,
        item.min_items
)

select
    scored.respondent_id,
    scored.person_id,
    scored.pair_id,
    scored.side,
    scored.wave,
    scored.instrument,
    scored.version,
    scored.subscale,
    scored.answered_on,
    scored.is_aggregate_only,
    scored.small_group,
    grade.evidence,
    scored.scale_min,
    scored.scale_max,
    scored.score,
    scored.n_items,
    scored.n_items_of
from scored
left join grade on scored.grade = grade.ordinal
