-- one row per program and age of current pairs in steps of ninety days: how well those pairs are
--
-- Ages that too few stand behind are absent.
with pair as (
    select * from mart.pair where stage in ('accepted', 'forming', 'active', 'light_mode')
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
    cross join run
    where
        pair.health is not null
        and pair.coverage >= run.too_early_coverage
        and pair.state not in ('data_late', 'no_contact_feed')
)

select
    aged.program_id,
    aged.n_quarters,
    count(*)::bigint as n_pairs,
    round(median(aged.health)::double, 6) as median_health,
    count(*) filter (where aged.is_in_need)::bigint as n_in_need
from aged
cross join run
group by aged.program_id, aged.n_quarters
having
    count(*) >= max(run.small_group)
    and greatest(count(distinct aged.mentor_id), count(distinct aged.mentee_id)) >= max(run.small_group)
    and count(distinct aged.mentor_id)::bigint not in (1, 2)
