-- one row per respondent, pair, wave, instrument and subscale: the mean of its answered items
--
-- With fewer answered items than the instrument asks for there is a row and no score.
select
    respondent_id,
    person_id,
    pair_id,
    side,
    wave,
    instrument,
    version,
    subscale,
    max(answered_on) as answered_on,
    bool_or(is_aggregate_only) as is_aggregate_only,
    case
    max(
        case evidence
            when 'observed' then 1
            when 'attested2' then 2
            when 'attested1' then 3
            when 'inferred' then 4
            when 'assumed' then 5
        end
    )::integer
        when 1 then 'observed'
        when 2 then 'attested2'
        when 3 then 'attested1'
        when 4 then 'inferred'
        when 5 then 'assumed'
    end as evidence,
    scale_min,
    scale_max,
    case when count(*) >= min_items then round(sum(score)::double / count(*)::double, 6) end as score,
    count(*)::integer as n_items,
    n_items_of
from feature.survey_item
group by
    respondent_id,
    person_id,
    pair_id,
    side,
    wave,
    instrument,
    version,
    subscale,
    scale_min,
    scale_max,
    n_items_of,
    min_items
