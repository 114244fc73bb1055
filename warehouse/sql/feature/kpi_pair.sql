-- one row per pair, moment and number with dates; of numbers told by their median, per amount as well
with pair as (
    select * from core.pair
),

quarter as (
    select * from feature.quarter
),

kpi as (
    select * from ref.kpi
),

grade as (
    select * from ref.grade
),

dated as (
    select kpi, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.start_measure
    union all
    select kpi, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.session_measure
    union all
    select kpi, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.exchange_measure
    union all
    select kpi, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.ending_measure
    union all
    select kpi, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.arrival_measure
    union all
    select kpi, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.limbo_measure
    union all
    select kpi, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.survey_measure
    union all
    select kpi, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.support_measure
    union all
    select kpi, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.return_measure
),

-- Amounts are whole thousandths. Of numbers that stand in tables of all pairs core.pair says whose they are.
counting as (
    select
        dated.kpi,
        quarter.moment,
        dated.pair_id,
        coalesce(dated.reached_on <= quarter.until_on, false) as is_reached,
        dated.n_units,
        round(1000.0 * dated.amount)::bigint as thousandths,
        case when kpi.kind in ('median', 'tenth') then round(1000.0 * dated.amount)::bigint end as amount,
        grade.ordinal as grade
    from dated
    inner join pair on dated.pair_id = pair.pair_id
    inner join quarter on dated.counts_on <= quarter.until_on
    inner join kpi on dated.kpi = kpi.kpi
    left join grade on dated.evidence = grade.evidence
)

select
    kpi,
    moment,
    pair_id,
    amount,
    count(amount)::bigint as n_amounts,
    sum(n_units)::bigint as n,
    sum(case when is_reached then n_units else 0 end)::bigint as n_reached,
    count(*) filter (where is_reached)::bigint as n_acts,
    sum(thousandths)::bigint as total,
    sum(case when is_reached then thousandths else 0 end)::bigint as total_reached,
    sum(thousandths * thousandths)::bigint as squares,
    max(grade)::integer as grade
from counting
group by kpi, moment, pair_id, amount
