-- one row per program, month of acceptance and age in steps of thirty days that all its pairs have reached
--
-- Months that too few stand behind are absent. No total of them is told, so nothing can be subtracted.
with member as (
    select * from feature.group_pair where cohort_id is null and not is_hidden
),

life as (
    select * from core.life
),

pair as (
    select * from core.pair
),

run as (
    select * from ref.run
),

lived as (
    select
        member.program_id,
        life.pair_id,
        pair.mentor_id,
        pair.mentee_id,
        substring(life.accepted_on::text, 1, 7) as month,
        life.accepted_on,
        date_diff(
            'day', life.accepted_on::date, coalesce(life.closed_on, '9999-12-31'::date)::date
        ) as age_days
    from member
    inner join life on member.pair_id = life.pair_id
    inner join pair on member.pair_id = pair.pair_id
),

month as (
    select
        lived.program_id,
        lived.month,
        count(*)::bigint as n_pairs,
        floor(
            date_diff('day', max(lived.accepted_on)::date, max(run.as_of::date)::date) / 30.0
        )::integer as n_steps
    from lived
    cross join run
    group by lived.program_id, lived.month
    having
        count(*)::bigint >= max(run.small_group)
        and greatest(count(distinct lived.mentor_id), count(distinct lived.mentee_id)) >= max(run.small_group)
        and count(distinct lived.mentor_id)::bigint not in (1, 2)
),

step as (
    select
        program_id,
        month,
        n_pairs,
        unnest(generate_series(0, n_steps)) as n_months
    from month
    where n_steps >= 0
)

select
    step.program_id,
    step.month,
    step.n_months::integer as n_months,
    step.n_pairs,
    count(*) filter (where lived.age_days > 30 * step.n_months)::bigint as n_active,
    round(
        1.0 * (count(*) filter (where lived.age_days > 30 * step.n_months))::bigint / step.n_pairs, 6
    ) as rate
from step
inner join lived on step.program_id = lived.program_id and step.month = lived.month
group by step.program_id, step.month, step.n_months, step.n_pairs
