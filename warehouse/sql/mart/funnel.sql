-- one row per group (a program, or one of its cohorts) and step of a relationship
--
-- A step is compared with the one before it that the program records at all, whatever else a pair skipped.
-- The rules of pipelines/signals/disclosure.py in SQL: a cell that too few stand behind is hidden, and so is
-- the smallest other cohort where a subtraction from the program would tell it.
with member as (
    select * from feature.group_pair
),

step as (
    select * from ref.funnel_step
),

reached as (
    select * from feature.step
),

party as (
    select * from core.pair
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
        coalesce(member.cohort_id, '') as cohort_key,
        member.pair_id,
        party.mentee_id,
        party.mentor_id,
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
    inner join party on member.pair_id = party.pair_id
    left join reached as before on member.pair_id = before.pair_id and linked.from_step = before.step
    left join reached on member.pair_id = reached.pair_id and linked.step = reached.step
),

counted as (
    select
        program_id,
        cohort_id,
        cohort_key,
        ordinal,
        step,
        is_recorded,
        from_step,
        is_hidden,
        count(distinct mentor_id) filter (where is_entered)::bigint as n_mentors,
        count(distinct mentee_id) filter (where is_entered)::bigint as n_mentees,
        count(*) filter (where is_entered)::integer as n_entered,
        count(*) filter (where is_entered and is_reached)::integer as n_reached,
        median(n_days) filter (where is_entered and is_reached)::double as median_days,
        count(n_days) filter (where is_entered and is_reached)::integer as n_timed
    from timed
    group by program_id, cohort_id, cohort_key, ordinal, step, is_recorded, from_step, is_hidden
),

-- Nobody is nobody's secret: a step that no pair entered stands there as none.
judged as (
    select
        counted.program_id,
        counted.cohort_key,
        counted.step,
        counted.n_entered,
        counted.is_hidden or (
            counted.n_entered > 0 and (
                counted.n_entered < run.small_group
                or greatest(counted.n_mentors, counted.n_mentees) < run.small_group
                or counted.n_mentors in (1, 2)
            )
        ) as is_too_few
    from counted
    cross join run
),

homed as (
    select
        pair_id,
        program_id,
        cohort_id
    from member
    where cohort_id is not null and not is_hidden
),

-- What is left of a program's step once the cohorts told of are taken away.
remainder as (
    select
        timed.program_id,
        timed.step,
        count(*)::bigint as n_entered,
        count(distinct timed.mentor_id)::bigint as n_mentors,
        count(distinct timed.mentee_id)::bigint as n_mentees
    from timed
    left join homed on timed.pair_id = homed.pair_id and timed.program_id = homed.program_id
    left join judged
        on
            homed.program_id = judged.program_id
            and homed.cohort_id = judged.cohort_key
            and timed.step = judged.step
            and not judged.is_too_few
    where timed.cohort_key = '' and timed.is_entered and judged.step is null
    group by timed.program_id, timed.step
),

given_away as (
    select
        remainder.program_id,
        remainder.step
    from remainder
    cross join run
    where
        remainder.n_entered < run.small_group
        or greatest(remainder.n_mentors, remainder.n_mentees) < run.small_group
        or remainder.n_mentors in (1, 2)
),

ranked as (
    select
        judged.program_id,
        judged.cohort_key,
        judged.step,
        row_number() over (
            partition by judged.program_id, judged.step
            order by judged.n_entered asc nulls last, judged.cohort_key asc nulls last
        )::bigint as nth
    from judged
    inner join given_away on judged.program_id = given_away.program_id and judged.step = given_away.step
    where judged.cohort_key <> '' and judged.n_entered > 0 and not judged.is_too_few
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
        judged.is_too_few or ranked.step is not null as is_hidden,
        1.0 * counted.n_reached / nullif(counted.n_entered, 0) as p,
        3.841459 / nullif(counted.n_entered, 0) as z2_n
    from counted
    cross join run
    inner join judged
        on
            counted.program_id = judged.program_id
            and counted.cohort_key = judged.cohort_key
            and counted.step = judged.step
    left join ranked
        on
            counted.program_id = ranked.program_id
            and counted.cohort_key = ranked.cohort_key
            and counted.step = ranked.step
            and ranked.nth = 1
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
