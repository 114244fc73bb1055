-- one row per group (a program, or one of its cohorts) and step of a relationship
--
-- A step is compared with the one before it that the program records at all, whatever else a pair skipped.
with member as (
    select * from feature.group_pair
),

step as (
    select * from ref.funnel_step
),

reached as (
    select * from feature.step
),

run as (
    select * from ref.run
),

known as (
    select distinct
        program_id,
        pair_id
    from member
),

-- A step that not one pair of the program has reached is taken as not recorded.
recorded as (
    select
        known.program_id,
        step.ordinal,
        step.step,
        count(reached.pair_id) > 0 as is_recorded
    from known
    cross join step
    left join reached on known.pair_id = reached.pair_id and step.step = reached.step
    group by known.program_id, step.ordinal, step.step
),

chained as (
    select
        program_id,
        ordinal,
        step,
        is_recorded,
        max(case when is_recorded then ordinal end) over (
            partition by program_id
            order by ordinal asc nulls last
            rows between unbounded preceding and 1 preceding
        )::integer as from_ordinal
    from recorded
),

linked as (
    select
        chained.program_id,
        chained.ordinal,
        chained.step,
        chained.is_recorded,
        before.step as from_step
    from chained
    left join step as before on chained.from_ordinal = before.ordinal
),

timed as (
    select
        member.program_id,
        member.cohort_id,
        member.is_hidden,
        linked.ordinal,
        linked.step,
        linked.is_recorded,
        linked.from_step,
        linked.from_step is null or before.reached_at is not null as is_entered,
        reached.reached_at is not null as is_reached,
        case
            when before.reached_at <= reached.reached_at
                then date_diff('day', before.reached_at::date, reached.reached_at::date)
        end as n_days
    from member
    inner join linked on member.program_id = linked.program_id
    left join reached as before on member.pair_id = before.pair_id and linked.from_step = before.step
    left join reached on member.pair_id = reached.pair_id and linked.step = reached.step
),

counted as (
    select
        program_id,
        cohort_id,
        ordinal,
        step,
        is_recorded,
        from_step,
        is_hidden,
        count(*) filter (where is_entered)::integer as n_entered,
        count(*) filter (where is_entered and is_reached)::integer as n_reached,
        median(n_days) filter (where is_entered and is_reached)::double as median_days,
        count(n_days) filter (where is_entered and is_reached)::integer as n_timed
    from timed
    group by program_id, cohort_id, ordinal, step, is_recorded, from_step, is_hidden
),

shown as (
    select
        counted.program_id,
        counted.cohort_id,
        counted.ordinal,
        counted.step,
        counted.is_recorded,
        counted.from_step,
        counted.n_entered,
        counted.n_reached,
        counted.median_days,
        counted.n_timed,
        run.small_group,
        counted.is_hidden or counted.n_entered between 1 and run.small_group - 1 as is_hidden,
        1.0 * counted.n_reached / nullif(counted.n_entered, 0) as p,
        3.841459 / nullif(counted.n_entered, 0) as z2_n
    from counted
    cross join run
)

-- Wilson 1927, 95%.
select
    program_id,
    cohort_id,
    ordinal,
    step,
    is_recorded,
    is_hidden,
    from_step,
    case when is_recorded and not is_hidden then n_entered end as n_entered,
    case when is_recorded and not is_hidden then n_reached end as n_reached,
    case when is_recorded and not is_hidden then round(p, 6) end as rate,
    case
        when is_recorded and not is_hidden
            then
                round(
                    greatest(
                        0.0, (p + z2_n / 2 - pow(z2_n * p * (1 - p) + z2_n * z2_n / 4, 0.5)) / (1 + z2_n)
                    ),
                    6
                )
    end as low,
    case
        when is_recorded and not is_hidden
            then
                round(
                    least(
                        1.0, (p + z2_n / 2 + pow(z2_n * p * (1 - p) + z2_n * z2_n / 4, 0.5)) / (1 + z2_n)
                    ),
                    6
                )
    end as high,
    case when is_recorded and not is_hidden and n_timed >= small_group then median_days end as median_days,
    case when is_recorded and not is_hidden and n_timed >= small_group then n_timed end as n_timed
from shown
