-- one row per pair, moment and number; of numbers told by their median or a tenth, per amount as well
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

-- Of numbers that stand in tables of all pairs core.pair says whose they are.
counting as (
    select
        dated.kpi,
        quarter.moment,
        dated.pair_id,
        coalesce(dated.reached_on <= quarter.until_on, false) as is_reached,
        dated.n_units,
        dated.amount,
        dated.evidence
    from dated
    inner join pair on dated.pair_id = pair.pair_id
    inner join quarter on dated.counts_on <= quarter.until_on
    union all
    select kpi, moment, pair_id, reached_on is not null as is_reached, n_units, amount, evidence
    from feature.standing_measure
    union all
    select kpi, moment, pair_id, reached_on is not null as is_reached, n_units, amount, evidence
    from feature.history_measure
),

-- Amounts are whole thousandths: sums of them are the same in any order.
measured as (
    select
        counting.kpi,
        counting.moment,
        counting.pair_id,
        counting.is_reached,
        counting.n_units,
        round(1000.0 * counting.amount)::bigint as thousandths,
        kpi.kind in ('median', 'tenth') as is_apart,
        grade.ordinal as grade
    from counting
    inner join kpi on counting.kpi = kpi.kpi
    left join grade on counting.evidence = grade.evidence
),

summed as (
    select
        kpi,
        moment,
        pair_id,
        is_apart,
        case when is_apart then thousandths end as amount,
        count(thousandths)::bigint as n_amounts,
        sum(n_units)::bigint as n,
        sum(case when is_reached then n_units else 0 end)::bigint as n_reached,
        count(*) filter (where is_reached)::bigint as n_acts,
        coalesce(sum(thousandths), 0)::bigint as total,
        coalesce(sum(case when is_reached then thousandths end), 0)::bigint as total_reached,
        coalesce(sum(thousandths * thousandths), 0)::bigint as squares,
        max(grade)::integer as grade
    from measured
    group by kpi, moment, pair_id, is_apart, case when is_apart then thousandths end
),

-- Of the rows of a pair one counts it.
counted as (
    select
        summed.*,
        1 as n_pairs
    from summed
    where not is_apart
    union all
    select
        summed.*,
        case
            when row_number() over (partition by kpi, moment, pair_id order by amount asc nulls last) = 1
                then 1
            else 0
        end as n_pairs
    from summed
    where is_apart
)

select
    kpi,
    moment,
    pair_id,
    amount,
    n_pairs,
    n_amounts,
    n,
    n_reached,
    n_acts,
    total,
    total_reached,
    squares,
    grade
from counted
