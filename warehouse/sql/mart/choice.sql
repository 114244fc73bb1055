-- one row per program, number told by kind, and kind in it
--
-- Kinds of too few pairs, people or mentors are hidden; where one alone would be, so is the smallest other.
with member as (
    select * from feature.group_pair where cohort_id is null and not is_hidden
),

choice as (
    select * from ref.choice
),

pair as (
    select * from core.pair
),

run as (
    select * from ref.run
),

counted as (
    select
        member.program_id,
        measure.choice,
        measure.kind,
        count(*)::integer as n,
        count(distinct measure.pair_id)::integer as n_pairs,
        count(*) filter (where measure.is_reached)::integer as n_reached,
        count(distinct measure.pair_id)::integer < max(run.small_group)
        or count(distinct pair.mentee_id)::integer < max(run.small_group)
        or count(distinct pair.mentor_id)::integer in (1, 2)
        -- That all, or none, of a kind said something would tell what each of them said.
        or (
            bool_or(choice.is_said)
            and count(*) filter (where measure.is_reached)::integer in (0, count(*)::integer)
        ) as is_small
    from feature.choice_measure as measure
    cross join run
    inner join choice on measure.choice = choice.choice
    inner join member on measure.pair_id = member.pair_id
    inner join pair on measure.pair_id = pair.pair_id
    group by member.program_id, measure.choice, measure.kind
),

ranked as (
    select
        program_id,
        choice,
        kind,
        n,
        n_pairs,
        n_reached,
        is_small,
        sum(case when is_small then 1 else 0 end) over (partition by program_id, choice)::integer as n_small,
        row_number() over (
            partition by program_id, choice, is_small
            order by n_pairs asc nulls last, kind asc nulls last
        )::integer as smallness
    from counted
),

shown as (
    select
        ranked.program_id,
        choice.ordinal,
        choice.section,
        ranked.choice,
        ranked.kind,
        ranked.n,
        ranked.n_pairs,
        ranked.n_reached,
        1.0 * ranked.n_reached / ranked.n as p,
        3.841459 / ranked.n as z2_n,
        ranked.is_small or (ranked.n_small = 1 and ranked.smallness = 1) as is_hidden
    from ranked
    inner join choice on ranked.choice = choice.choice
)

-- Wilson 1927, 95%.
select
    program_id,
    ordinal,
    section,
    choice,
    kind,
    is_hidden,
    case when not is_hidden then n end as n,
    case when not is_hidden then n_pairs end as n_pairs,
    case when not is_hidden then n_reached end as n_reached,
    case when not is_hidden then round(p, 6) end as rate,
    case
        when not is_hidden
            then
                round(
                    greatest(
                        0.0, (p + z2_n / 2 - pow(z2_n * p * (1 - p) + z2_n * z2_n / 4, 0.5)) / (1 + z2_n)
                    ),
                    6
                )
    end as low,
    case
        when not is_hidden
            then
                round(
                    least(
                        1.0, (p + z2_n / 2 + pow(z2_n * p * (1 - p) + z2_n * z2_n / 4, 0.5)) / (1 + z2_n)
                    ),
                    6
                )
    end as high
from shown
