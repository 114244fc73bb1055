-- one row per pair, moment and practice; of practices told by their median, per amount as well
with quarter as (
    select * from feature.quarter
),

practice as (
    select * from ref.practice
),

grade as (
    select * from ref.grade
),

dated as (
    select practice, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.time_measure
    union all
    select practice, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.goal_measure
    union all
    select practice, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.preparation_measure
    union all
    select practice, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.growth_measure
    union all
    select practice, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.agreement_measure
    union all
    select practice, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.community_measure
    union all
    select practice, pair_id, counts_on, reached_on, n_units, amount, evidence
    from feature.opinion_measure
),

counting as (
    select
        dated.practice,
        quarter.moment,
        dated.pair_id,
        coalesce(dated.reached_on <= quarter.until_on, false) as is_reached,
        dated.n_units,
        dated.amount,
        dated.evidence
    from dated
    inner join quarter on dated.counts_on <= quarter.until_on
    union all
    select
        practice,
        moment,
        pair_id,
        is_reached,
        n_units,
        amount,
        null::text as evidence
    from feature.present_measure
),

-- Amounts are whole thousandths, so that sums are exact in any order.
counted as (
    select
        counting.practice,
        counting.moment,
        counting.pair_id,
        counting.is_reached,
        counting.n_units,
        round(1000.0 * counting.amount)::bigint as thousandths,
        case when practice.kind = 'median' then round(1000.0 * counting.amount)::bigint end as amount,
        grade.ordinal as grade
    from counting
    inner join practice on counting.practice = practice.practice
    left join grade on counting.evidence = grade.evidence
)

select
    practice,
    moment,
    pair_id,
    amount,
    sum(n_units)::bigint as n,
    sum(case when is_reached then n_units else 0 end)::bigint as n_reached,
    sum(thousandths)::bigint as total,
    sum(thousandths * thousandths)::bigint as squares,
    max(grade)::integer as grade
from counted
group by practice, moment, pair_id, amount
