-- one row per program and age of current pairs in steps of ninety days: how well those pairs are
--
-- Of pairs that count in their program. Ages that too few stand behind are absent, and so is the smallest
-- other where these together would be too few: the measures of the program give their sum away.
with pair as (
    select * from mart.pair where stage in ('accepted', 'forming', 'active', 'light_mode')
),

member as (
    select * from feature.group_pair where cohort_id is null and not is_hidden
),

run as (
    select * from ref.run
),

aged as (
    select
        pair.program_id,
        pair.pair_id,
        pair.mentor_id,
        pair.mentee_id,
        floor(date_diff('day', pair.accepted_at::date, run.as_of::date) / 90.0)::integer as n_quarters,
        pair.health,
        pair.band = 'needs_check_in' as is_in_need
    from pair
    inner join member on pair.pair_id = member.pair_id
    cross join run
    where
        pair.health is not null
        and pair.coverage >= run.too_early_coverage
        and pair.state not in ('data_late', 'no_contact_feed')
),

counted as (
    select
        aged.program_id,
        aged.n_quarters,
        count(*)::bigint as n_pairs,
        median(aged.health)::double as median_health,
        count(*) filter (where aged.is_in_need)::bigint as n_in_need,
        count(*) >= max(run.small_group)
        and greatest(count(distinct aged.mentor_id), count(distinct aged.mentee_id)) >= max(run.small_group)
        and count(distinct aged.mentor_id)::bigint not in (1, 2) as is_enough
    from aged
    cross join run
    group by aged.program_id, aged.n_quarters
),

ranked as (
    select
        program_id,
        n_quarters,
        n_pairs,
        median_health,
        n_in_need,
        is_enough,
        sum(case when is_enough then 0 else n_pairs end) over (partition by program_id)::bigint as n_left_out,
        row_number() over (
            partition by program_id, is_enough
            order by n_pairs asc nulls last, n_quarters asc nulls last
        )::integer as smallness
    from counted
)

select
    ranked.program_id,
    ranked.n_quarters,
    ranked.n_pairs,
    round(ranked.median_health, 6) as median_health,
    ranked.n_in_need
from ranked
cross join run
where
    ranked.is_enough
    and (ranked.smallness > 1 or ranked.n_left_out = 0 or ranked.n_left_out >= run.small_group)
