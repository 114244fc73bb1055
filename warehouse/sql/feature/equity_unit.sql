-- one row per number that groups of people are compared by, pair, and whether it was reached: how often
--
-- A pair is in one group of each field. No field of these is ever an input of a risk.
with member as (
    select * from feature.group_pair where cohort_id is null and not is_hidden
),

pair as (
    select * from core.pair
),

person as (
    select * from core.person
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
),

placed as (
    select
        member.program_id,
        member.pair_id,
        pair.mentee_id,
        pair.mentor_id,
        pair.form,
        pair.direction,
        pair.modality,
        mentee.country as mentee_country,
        mentor.country as mentor_country,
        case
            when mentee.country = mentor.country then 'same_country'
            when mentee.country <> mentor.country then 'two_countries'
        end as borders
    from member
    inner join pair on member.pair_id = pair.pair_id
    left join person as mentee on pair.mentee_id = mentee.person_id
    left join person as mentor on pair.mentor_id = mentor.person_id
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
