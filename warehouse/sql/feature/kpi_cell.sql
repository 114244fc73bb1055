-- one row per program, cohort or none, moment, number, amount where they are told apart, and evidence grade
--
-- What the pairs of a cohort, or those of a program that are in none, add to a number.
with member as (
    select * from feature.group_pair where not is_hidden
),

homed as (
    select
        program.pair_id,
        program.program_id,
        cohort.cohort_id
    from member as program
    left join member as cohort on program.pair_id = cohort.pair_id and cohort.cohort_id is not null
    where program.cohort_id is null
)

select
    homed.program_id,
    homed.cohort_id,
    adding.kpi,
    adding.moment,
    adding.amount,
    adding.grade,
    count(*)::bigint as n_rows,
    sum(adding.n_pairs)::bigint as n_pairs,
    sum(adding.n_amounts)::bigint as n_amounts,
    sum(adding.n)::bigint as n,
    sum(adding.n_reached)::bigint as n_reached,
    sum(adding.n_acts)::bigint as n_acts,
    sum(adding.total)::bigint as total,
    sum(adding.total_reached)::bigint as total_reached,
    sum(adding.squares)::bigint as squares
from homed
inner join feature.kpi_pair as adding on homed.pair_id = adding.pair_id
group by homed.program_id, homed.cohort_id, adding.kpi, adding.moment, adding.amount, adding.grade
