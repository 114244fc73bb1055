-- one row per number that groups of people are compared by, pair, and whether it was reached: how often
with placed as (
    select * from feature.equity_pair
),

kpi as (
    select * from ref.kpi where is_compared
),

run as (
    select * from ref.run
),

dated as (
    select kpi, pair_id, counts_on, reached_on, n_units, amount
    from feature.start_measure
    union all
    select kpi, pair_id, counts_on, reached_on, n_units, amount
    from feature.exchange_measure
    union all
    select kpi, pair_id, counts_on, reached_on, n_units, amount
    from feature.ending_measure
    union all
    select kpi, pair_id, counts_on, reached_on, n_units, amount
    from feature.support_measure
    union all
    select kpi, pair_id, counts_on, reached_on, n_units, amount
    from feature.standing_measure
    where moment = 'now'
),

unit as (
    select
        dated.kpi,
        dated.pair_id,
        coalesce(dated.reached_on <= run.as_of::date, false) as is_reached,
        dated.n_units,
        dated.amount
    from dated
    cross join run
    inner join kpi on dated.kpi = kpi.kpi
    where dated.counts_on <= run.as_of::date
)

select
    placed.program_id,
    placed.pair_id,
    placed.mentee_id,
    placed.mentor_id,
    placed.mentee_country,
    placed.mentor_country,
    placed.borders,
    placed.direction,
    placed.form,
    placed.modality,
    unit.kpi,
    unit.is_reached,
    sum(unit.n_units)::bigint as n_units,
    sum(round(1000.0 * unit.amount)::bigint)::bigint as thousandths
from placed
inner join unit on placed.pair_id = unit.pair_id
group by
    placed.program_id,
    placed.pair_id,
    placed.mentee_id,
    placed.mentor_id,
    placed.mentee_country,
    placed.mentor_country,
    placed.borders,
    placed.direction,
    placed.form,
    placed.modality,
    unit.kpi,
    unit.is_reached
